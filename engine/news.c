/* SPDX-License-Identifier: MIT */
/*
 * What the platform tells: jobs made, started, waiting, ended, and what else
 * is worth knowing about them.
 */
#include "engine/state.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* So many trials in a row that cannot start are no accident. */
#define CONFIG_FAILURES_MAX 3

static void on_created(void *arg, int64_t trial, int attempt, const char *job)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);

	if (!live)
		return;
	free(live->attempt.job);
	live->attempt.job = xstrdup(job);
	attempts_tell(engine, live);
}

static void on_started(void *arg, int64_t trial, int attempt, int64_t at_ns)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);

	if (!live)
		return;
	live->attempt.state = TRIAL_RUNNING;
	live->attempt.started_ns = at_ns;
	free(live->attempt.reason);
	live->attempt.reason = NULL;
	attempts_tell(engine, live);
	attempts_arm_deadline(engine);
}

static void on_waiting(void *arg, int64_t trial, int attempt,
		       const char *reason)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);

	if (live)
		attempts_set_reason(engine, live, reason);
}

/* Trials that cannot start use up the search without searching. */
static void count_config_failure(struct engine *engine, const char *reason)
{
	if (++engine->config_failures < CONFIG_FAILURES_MAX ||
	    engine->experiment.is_paused)
		return;
	engine->config_failures = 0;
	engine->experiment.is_paused = true;
	schedule_knobs_changed(engine);
	status_event(engine, NULL, EVENT_ERROR, "paused",
		     "paused: %d trials in a row could not start (%s); mend "
		     "it, then unpause",
		     CONFIG_FAILURES_MAX, reason);
}

static void on_ended(void *arg, int64_t trial, int attempt,
		     const struct job_end *news)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);
	struct attempt_end end = {
		.exit_code = news->exit_code,
		.ended_ns = news->ended_ns,
		.reason = news->reason,
	};
	char reason[sizeof(live->kill_reason)];

	if (!live)
		return;
	if (live->kill_as != TRIAL_UNKNOWN) {
		memcpy(reason, live->kill_reason, sizeof(reason));
		end.reason = reason;
		end.state = live->kill_as;
	} else if (news->exit_code == 0) {
		end.state = TRIAL_SUCCEEDED;
		engine->config_failures = 0;
	} else {
		end.state = TRIAL_FAILED;
		end.retry = news->blame == JOB_BLAME_PLATFORM ? RETRY_PLATFORM
							      : RETRY_TRIAL;
		if (news->blame == JOB_BLAME_CONFIG)
			count_config_failure(engine, news->reason);
		else if (news->blame == JOB_BLAME_TRIAL)
			engine->config_failures = 0;
	}
	attempts_finish(engine, live, &end);
}

static void on_report(void *arg, int64_t trial, int attempt, const char *json,
		      size_t len, bool is_nni)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);
	struct metrics metrics = {0};
	struct error err;
	bool is_request = false;
	bool ok;

	if (!live)
		return;
	ok = is_nni ? metrics_parse_nni(&metrics, json, len, live->trial.id,
					&is_request, &err)
		    : metrics_parse_body(&metrics, json, len, &err);
	if (ok)
		ok = ingest_metrics(engine, live, &metrics, &err);
	if (!ok && !engine->has_failed)
		ingest_complain(engine, live, "report-refused", err.text);
	metrics_release(&metrics);
}

static void on_fault(void *arg, const char *text)
{
	struct engine *engine = arg;
	bool is_news = status_fault_of(engine, FAULT_PLATFORM, text);

	if (text && is_news)
		status_event(engine, NULL, EVENT_WARNING, "fault", "%s", text);
}

/* ---- the cluster -------------------------------------------------------- */

struct same_event {
	const char *kind, *text;
	int attempt;
	bool is_found;
};

static bool is_other_event(const struct event *event, void *arg)
{
	struct same_event *same = arg;

	same->is_found = event->attempt == same->attempt &&
			 !strcmp(event->kind, same->kind) && event->text &&
			 !strcmp(event->text, same->text);
	return !same->is_found;
}

/* The cluster repeats itself, and says it all again after a reconnect. */
static void on_event(void *arg, int64_t trial, int attempt,
		     enum event_level level, const char *kind, const char *text)
{
	struct engine *engine = arg;
	struct live *live =
		trial ? attempts_find(engine, trial, attempt) : NULL;
	struct same_event same = {.kind = kind, .text = text};
	struct error err;

	if ((trial && !live) || !turn_begin(engine))
		return;
	same.attempt = live ? attempt : 0;
	if (!store_events_each(engine->store, engine->experiment.key, trial, 0,
			       100, is_other_event, &same, &err)) {
		turn_fail(engine, &err);
		return;
	}
	if (!same.is_found)
		status_event(engine, live, level, kind, "%s", text);
}

static void on_placed(void *arg, const struct trial_place *place)
{
	struct engine *engine = arg;

	if (attempts_find(engine, place->trial, place->attempt))
		attempts_tell_place(engine, place);
}

static void on_parts(void *arg, int64_t trial, int attempt,
		     const struct part_list *parts)
{
	struct engine *engine = arg;
	struct live *live = attempts_find(engine, trial, attempt);

	if (live)
		parts_told(engine, live, parts);
}

static void on_acted(void *arg, int64_t command, const char *problem)
{
	acts_told(arg, command, problem);
}

static void on_cluster(void *arg, const struct cluster_node *nodes,
		       size_t count, const char *problem)
{
	struct engine *engine = arg;
	int64_t key = engine->experiment.key;
	struct error err;
	bool ok;

	if (!turn_begin(engine))
		return;
	engine->is_versioned = true;
	ok = problem ? store_cluster_failed(engine->store, key, problem, &err)
		     : store_cluster_replace(engine->store, key, nodes, count,
					     &err);
	if (!ok)
		turn_fail(engine, &err);
}

const struct platform_callbacks news_callbacks = {
	.created = on_created,
	.started = on_started,
	.waiting = on_waiting,
	.ended = on_ended,
	.report = on_report,
	.fault = on_fault,
	.event = on_event,
	.placed = on_placed,
	.parts = on_parts,
	.acted = on_acted,
	.cluster = on_cluster,
};
