/* SPDX-License-Identifier: MIT */
/*
 * A trial's life: queued, submitted, running, ended, and perhaps again.
 *
 * Intent first: an attempt's row is committed as submitted before its job is
 * made, and the job's name follows from trial and attempt; so after a crash
 * every submitted attempt is simply submitted again and the platform adopts
 * what exists.  A queued attempt has submitted_ns 0.
 */
#include "engine/state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEWS_DELAY_MS 50

static void replace_text(char **at, const char *text)
{
	char *copy = text && *text ? xstrdup(text) : NULL;

	free(*at);
	*at = copy;
}

static void fail_turn_unless(struct engine *engine, bool ok,
			     const struct error *err)
{
	if (!ok)
		turn_fail(engine, err);
}

static void write_attempt(struct engine *engine, struct live *live)
{
	struct error err;

	if (!turn_begin(engine))
		return;
	engine->is_versioned = true;
	live->has_attempt_changes = false;
	fail_turn_unless(
		engine,
		store_attempt_update(engine->store, &live->attempt, &err),
		&err);
}

/* The trial's row tells of its newest attempt. */
static void copy_to_trial(struct engine *engine, struct live *live)
{
	const struct attempt *attempt = &live->attempt;
	struct trial *trial = &live->trial;

	trial->state = attempt->state;
	trial->attempt = attempt->number;
	trial->exit_code = attempt->exit_code;
	trial->submitted_ns = attempt->submitted_ns;
	trial->started_ns = attempt->started_ns;
	trial->ended_ns = attempt->ended_ns;
	replace_text(&trial->reason, attempt->reason);
	live_changed(engine, live);
}

void attempts_write(struct engine *engine, struct live *live)
{
	copy_to_trial(engine, live);
	write_attempt(engine, live);
}

static void news_due(void *arg)
{
	struct engine *engine = arg;

	engine->news = NULL;
	turn_begin(engine); /* its end writes them */
}

static void want_news(struct engine *engine)
{
	if (!engine->news && !engine->is_in_turn)
		engine->news = loop_after(engine->loop, NEWS_DELAY_MS, news_due,
					  engine);
}

void attempts_tell(struct engine *engine, struct live *live)
{
	copy_to_trial(engine, live);
	live->has_attempt_changes = true;
	want_news(engine);
}

void attempts_tell_place(struct engine *engine, const struct trial_place *place)
{
	ARRAY_RESERVE(engine->places, engine->place_count,
		      engine->place_capacity);
	engine->places[engine->place_count++] = *place;
	want_news(engine);
}

void attempts_set_reason(struct engine *engine, struct live *live,
			 const char *reason)
{
	const char *now = live->attempt.reason;

	if (!strcmp(now ? now : "", reason ? reason : ""))
		return;
	replace_text(&live->attempt.reason, reason);
	attempts_tell(engine, live);
}

struct live *attempts_find(struct engine *engine, int64_t trial, int attempt)
{
	struct live *live = live_find(engine, trial);

	return live && live->attempt.number == attempt ? live : NULL;
}

static void new_attempt(struct engine *engine, struct live *live, int number)
{
	struct attempt *attempt = &live->attempt;
	char name[32];
	char *trials;
	char *own;

	attempt_release(attempt);
	memset(attempt, 0, sizeof(*attempt));
	attempt->trial = live->trial.key;
	attempt->number = number;
	attempt->state = TRIAL_WAITING;
	attempt->exit_code = -1;
	random_secret_hex(attempt->token, sizeof(attempt->token) - 1);
	trials = xasprintf("%s/trials/%s", engine->experiment.directory,
			   live->trial.id);
	snprintf(name, sizeof(name), "%d", number);
	own = xasprintf("%s/%s", trials, name);
	free(trials);
	attempt->directory = own;
	live->is_submitted = false;
	live->wants_submit = false;
	live->may_run = false;
	live->kill_as = TRIAL_UNKNOWN;
	live->kill_reason[0] = '\0';
	live_reset_metrics(live);
	memset(&live->trial.final, 0, sizeof(live->trial.final));
	memset(&live->trial.last, 0, sizeof(live->trial.last));
	memset(&live->trial.best, 0, sizeof(live->trial.best));
	live->trial.intermediates = 0;
	engine->queued_count++;
}

static bool add_with_fresh_id(struct engine *engine, struct trial *trial,
			      struct error *err)
{
	/* 5 characters collide now and then; the store says so. */
	for (int tries = 0; tries < 20; tries++) {
		uint64_t bits;

		random_secret(&bits, sizeof(bits));
		trial_id_format(trial->id, bits);
		if (store_trial_add(engine->store, trial, err))
			return true;
		if (err->code != ERROR_CONFLICT)
			return false;
	}
	return false;
}

struct live *attempts_add_trial(struct engine *engine, char *parameters,
				char source)
{
	struct live *live = live_add(engine);
	struct trial *trial = &live->trial;
	struct error err;
	bool ok;

	trial->experiment = engine->experiment.key;
	trial->sequence = engine->experiment.next_sequence++;
	trial->state = TRIAL_WAITING;
	trial->attempt = 1;
	trial->exit_code = -1;
	trial->source = source;
	trial->parameters = parameters;
	engine->has_experiment_changes = true;
	if (!turn_begin(engine))
		return live;
	engine->is_versioned = true;
	ok = add_with_fresh_id(engine, trial, &err);
	if (ok) {
		live_index(engine, live);
		new_attempt(engine, live, 1);
		ok = store_attempt_add(engine->store, &live->attempt, &err);
	}
	fail_turn_unless(engine, ok, &err);
	return live;
}

void attempts_submit(struct engine *engine, struct live *live)
{
	live->attempt.submitted_ns = clock_wall_ns();
	replace_text(&live->attempt.reason, NULL);
	live->is_submitted = true;
	engine->queued_count--;
	engine->live_count++;
	attempts_write(engine, live);
	outputs_submitted(engine, live);
	turn_after(engine, AFTER_SUBMIT, live->trial.key, live->attempt.number,
		   false);
}

static void write_row(struct engine *engine, struct live *live)
{
	struct error err;

	if (!turn_begin(engine))
		return;
	engine->is_versioned = true;
	live->has_row_changes = live->has_summary_changes = false;
	fail_turn_unless(engine,
			 store_trial_update(engine->store, &live->trial, &err),
			 &err);
}

void attempts_queue_again(struct engine *engine, struct live *live,
			  const char *reason)
{
	struct error err;

	new_attempt(engine, live, live->trial.attempt + 1);
	replace_text(&live->attempt.reason, reason);
	if (turn_begin(engine))
		fail_turn_unless(
			engine,
			store_attempt_add(engine->store, &live->attempt, &err),
			&err);
	attempts_write(engine, live);
	write_row(engine, live);
}

/* Is it worth another attempt?  Says so in *ret_reason. */
static bool wants_retry(struct engine *engine, struct live *live,
			const struct attempt_end *end, const char **ret_reason)
{
	if (end->retry == RETRY_NEVER ||
	    engine->experiment.state == EXPERIMENT_STOPPING)
		return false;
	if (end->retry == RETRY_PLATFORM) {
		*ret_reason = "interrupted, waiting to be run again";
		return ++live->interruptions <=
		       engine->config.kubernetes.infrastructure_retries;
	}
	*ret_reason = "failed, waiting to be tried again";
	return ++live->failures <= engine->experiment.max_retries;
}

/* The attempt is over.  Retry, or let the trial rest. */
void attempts_finish(struct engine *engine, struct live *live,
		     const struct attempt_end *end)
{
	struct attempt *attempt = &live->attempt;
	int64_t key = live->trial.key;
	const char *again;
	bool is_retried = wants_retry(engine, live, end, &again);

	attempt->state = end->state;
	if (is_retried && end->retry == RETRY_PLATFORM)
		attempt->state = TRIAL_SYS_CANCELED; /* no failure of its own */
	attempt->exit_code = end->exit_code;
	attempt->ended_ns = end->ended_ns ? end->ended_ns : clock_wall_ns();
	replace_text(&attempt->reason, end->reason);
	if (live->is_submitted)
		engine->live_count--;
	else
		engine->queued_count--;
	if (engine->sideport)
		sideport_forbid(engine->sideport, key, attempt->number);
	parts_settle(engine, live);
	attempts_write(engine, live);
	outputs_ended(engine, live);
	if (end->state == TRIAL_FAILED)
		status_event(engine, live, EVENT_WARNING,
			     is_retried && end->retry == RETRY_PLATFORM
				     ? "trial-interrupted"
				     : "trial-failed",
			     "trial %s (#%lld), attempt %d: %s", live->trial.id,
			     (long long)live->trial.sequence, attempt->number,
			     end->reason && *end->reason ? end->reason
							 : "failed");
	if (is_retried) {
		write_row(engine, live);
		attempts_queue_again(engine, live, again);
		return;
	}
	advice_ended(engine, live);
	if (live->trial.final.is_set &&
	    objective_is_better(engine->experiment.objective, live->trial.final,
				engine->experiment.best)) {
		engine->experiment.best = live->trial.final;
		engine->experiment.best_trial = key;
	}
	engine->has_experiment_changes = true;
	engine->finished_count++;
	write_row(engine, live);
	commands_kill_progress(engine, live);
	live_remove(engine, live);
}

void attempts_kill(struct engine *engine, struct live *live,
		   enum trial_state state, const char *reason)
{
	if (live->kill_as == TRIAL_UNKNOWN) {
		live->kill_as = state;
		snprintf(live->kill_reason, sizeof(live->kill_reason), "%s",
			 reason);
	}
	if (!live->is_submitted) {
		attempts_finish(engine, live,
				&(struct attempt_end){.state = state,
						      .exit_code = -1,
						      .reason = reason});
		return;
	}
	turn_after(engine, AFTER_KILL, live->trial.key, live->attempt.number,
		   false);
}

/* ---- maxTrialDuration ---------------------------------------------------- */

static bool has_deadline(const struct live *live)
{
	return live->attempt.started_ns && live->kill_as == TRIAL_UNKNOWN;
}

static void deadline_passed(void *arg)
{
	struct engine *engine = arg;
	int64_t limit_ns = engine->experiment.max_trial_duration_s * NS_PER_S;
	int64_t now = clock_wall_ns();
	struct live *next;

	engine->deadline = NULL;
	for (struct live *live = engine->first; live; live = next) {
		next = live->later;
		if (has_deadline(live) &&
		    now - live->attempt.started_ns >= limit_ns)
			attempts_kill(engine, live, TRIAL_EARLY_STOPPED,
				      "ran longer than maxTrialDuration");
	}
	attempts_arm_deadline(engine);
}

void attempts_arm_deadline(struct engine *engine)
{
	int64_t limit_ns = engine->experiment.max_trial_duration_s * NS_PER_S;
	int64_t earliest = INT64_MAX;
	int64_t left_ms;

	loop_cancel(engine->loop, engine->deadline);
	engine->deadline = NULL;
	if (!limit_ns)
		return;
	for (struct live *live = engine->first; live; live = live->later)
		if (has_deadline(live) && live->attempt.started_ns < earliest)
			earliest = live->attempt.started_ns;
	if (earliest == INT64_MAX)
		return;
	left_ms = (earliest + limit_ns - clock_wall_ns()) / NS_PER_MS + 1;
	engine->deadline = loop_after(engine->loop, left_ms > 0 ? left_ms : 0,
				      deadline_passed, engine);
}

/* ---- the end of a turn ------------------------------------------------------
 */

static void write_places(struct engine *engine)
{
	struct error err;

	if (!engine->place_count || !turn_begin(engine))
		return;
	engine->is_versioned = true;
	for (size_t i = 0; i < engine->place_count && !engine->has_failed; i++)
		fail_turn_unless(engine,
				 store_place_set(engine->store,
						 &engine->places[i], &err),
				 &err);
	engine->place_count = 0;
}

static void write_summaries(struct engine *engine)
{
	for (size_t i = 0; i < engine->summarized_count; i++) {
		struct live *live = live_find(engine, engine->summarized[i]);

		if (live && live->has_summary_changes)
			write_row(engine, live);
	}
	engine->summarized_count = 0;
}

void attempts_write_changes(struct engine *engine, bool with_summaries)
{
	struct live *live = engine->changed;

	loop_cancel(engine->loop, engine->news);
	engine->news = NULL;
	engine->changed = NULL;
	while (live) {
		struct live *next = live->next_changed;

		live->is_changed = false;
		if (live->has_attempt_changes)
			write_attempt(engine, live);
		if (live->has_row_changes)
			write_row(engine, live);
		live = next;
	}
	write_places(engine);
	if (with_summaries)
		write_summaries(engine);
}
