/* SPDX-License-Identifier: MIT */
/*
 * Reports become metric rows, rows become summaries.
 *
 * This is the hot path: per metric it costs two table look-ups, one
 * prepared insert and a few assignments.  The summary in the trial row is
 * derived data: it is written at most every 50 ms, and after a crash it is made
 * again from the metric rows, so that a burst of metrics costs one trial row,
 * not many.
 */
#include "engine/state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAITED_TOLD_S 5 /* less is no waiting */
#define SUMMARY_DELAY_MS 50
#define LOG_FILE_MAX (256LL * 1024 * 1024)

static void summaries_due(void *arg)
{
	struct engine *engine = arg;
	bool is_quiet = engine->metrics_total == engine->metrics_settling;
	struct error err;

	engine->summaries = NULL;
	attempts_write_changes(engine, true);
	if (!is_quiet)
		ingest_want_summaries(engine);
	else if (turn_begin(engine) &&
		 !store_metrics_settle(engine->store, &err))
		turn_fail(engine, &err);
}

void ingest_want_summaries(struct engine *engine)
{
	if (engine->summaries)
		return;
	engine->metrics_settling = engine->metrics_total;
	engine->summaries = loop_after(engine->loop, SUMMARY_DELAY_MS,
				       summaries_due, engine);
}

void ingest_tidy(struct engine *engine)
{
	struct error err;

	if (!store_metrics_are_many(engine->store) || !turn_begin(engine))
		return;
	if (!store_metrics_settle(engine->store, &err))
		turn_fail(engine, &err);
}

/* ---- summaries --------------------------------------------------------------
 */

static bool append_from_store(const struct metric *metric, void *arg)
{
	struct live *live = arg;

	if (metric->sequence != (int64_t)live->history_count) {
		live->has_gap = true;
		return false;
	}
	ARRAY_RESERVE(live->history, live->history_count,
		      live->history_capacity);
	live->history[live->history_count++] = metric->value;
	return true;
}

static void judge(struct engine *engine, struct live *live)
{
	char reason[sizeof(live->kill_reason)];

	if (live->kill_as != TRIAL_UNKNOWN || !advice_wants_stop(engine, live))
		return;
	memcpy(reason, live->kill_reason, sizeof(reason));
	status_event(engine, live, EVENT_INFO, "trial-stopped-early",
		     "trial %s (#%lld) after %zu results: %s", live->trial.id,
		     (long long)live->trial.sequence, live->history_count,
		     reason);
	attempts_kill(engine, live, TRIAL_EARLY_STOPPED, reason);
}

/* The assessor sees results in order: those behind a gap wait for it. */
static void extend_history(struct engine *engine, struct live *live,
			   const struct metric *metric)
{
	struct error err;

	if (!engine->assessor || !append_from_store(metric, live))
		return;
	if (live->has_gap) {
		live->has_gap = false;
		if (!store_series_each(engine->store, live->trial.key,
				       live->attempt.number, METRIC_OBJECTIVE,
				       metric->sequence, append_from_store,
				       live, &err))
			turn_fail(engine, &err);
	}
	judge(engine, live);
}

static void summarize(struct engine *engine, struct live *live,
		      const struct metric *metric, bool is_newest)
{
	struct metric_value value = {true, metric->value};

	if (strcmp(metric->name, METRIC_OBJECTIVE))
		return;
	live_summarized(engine, live);
	if (metric->type == METRIC_FINAL) {
		if (!live->trial.final.is_set)
			live->trial.final = value;
		return;
	}
	live->trial.intermediates++;
	if (is_newest)
		live->trial.last = value;
	if (objective_is_better(engine->experiment.objective, value,
				live->trial.best))
		live->trial.best = value;
	if (metric->source == 0)
		extend_history(engine, live, metric);
}

/* Where the primary objective is a metric of another name, its results are the
 * trial's as well: of reports that have no "default" of their own. */
static void add_primary(struct engine *engine, struct metrics *metrics)
{
	const char *name = advice_primary(engine);
	size_t count = metrics->count;

	if (!strcmp(name, METRIC_OBJECTIVE))
		return;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(metrics->items[i].name, METRIC_OBJECTIVE))
			return;
	for (size_t i = 0; i < count; i++) {
		struct metric *copy;

		if (strcmp(metrics->items[i].name, name) != 0)
			continue;
		copy = metrics_add(metrics);
		*copy = metrics->items[i];
		copy->text = xstrdup_or_null(copy->text);
		snprintf(copy->name, sizeof(copy->name), "%s",
			 METRIC_OBJECTIVE);
	}
}

static bool add_metrics(struct engine *engine, struct live *live,
			struct metrics *metrics, struct error *err)
{
	int64_t now = clock_wall_ns();

	add_primary(engine, metrics);
	for (size_t i = 0; i < metrics->count; i++) {
		struct metric *metric = &metrics->items[i];
		bool is_new, is_newest;

		if (!metric->at_ns)
			metric->at_ns = now;
		if (!store_metric_number(engine->store, live->trial.key,
					 live->attempt.number, metric,
					 &is_newest, err) ||
		    !store_metric_add(engine->store, live->trial.key,
				      live->attempt.number, metric, &is_new,
				      err)) {
			/* What breaks a limit is the report's own fault. */
			if (err->code != ERROR_LIMIT &&
			    err->code != ERROR_INVALID)
				turn_fail(engine, err);
			return false;
		}
		if (is_new) {
			engine->metrics_total++;
			summarize(engine, live, metric, is_newest);
		}
	}
	return true;
}

bool ingest_metrics(struct engine *engine, struct live *live,
		    struct metrics *metrics, struct error *err)
{
	bool ok;

	if (!turn_begin(engine)) {
		*err = engine->failure;
		return false;
	}
	ok = add_metrics(engine, live, metrics, err);
	if (ok)
		python_heard(engine, live, metrics);
	if (engine->metrics_total != engine->metrics_settling)
		ingest_want_summaries(engine);
	return ok;
}

bool ingest_reload(struct engine *engine, struct live *live, struct error *err)
{
	live_reset_metrics(live);
	return store_trial_summarize(engine->store, &live->trial,
				     engine->experiment.objective, err) &&
	       (!engine->assessor ||
		store_series_each(engine->store, live->trial.key,
				  live->attempt.number, METRIC_OBJECTIVE, -1,
				  append_from_store, live, err));
}

/* ---- reports
 * ------------------------------------------------------------------ */

/* Append a chunk of log that came over HTTP; offsets make it once only. */
static bool append_log(struct live *live, const struct report *report,
		       struct error *err)
{
	char *path =
		xasprintf("%s/%s.http", live->attempt.directory, report->role);
	/* the folder is the trial's: a pipe in the way must not stop us */
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			      O_NONBLOCK,
		      0600);
	const char *text = report->text;
	size_t len = report->len;
	struct stat st;
	bool ok = true;

	if (fd < 0 || fstat(fd, &st) < 0) {
		ok = error_set_errno(err, "open log %s", path);
	} else if (!S_ISREG(st.st_mode)) {
		ok = error_set(err, ERROR_INVALID, "log %s is no file", path);
	} else if (report->offset >= 0 && report->offset < st.st_size) {
		size_t there = (size_t)(st.st_size - report->offset);

		if (there > len)
			there = len;
		text += there;
		len -= there;
	}
	if (ok && len && st.st_size < LOG_FILE_MAX &&
	    write(fd, text, len) != (ssize_t)len)
		ok = error_set_errno(err, "write log %s", path);
	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

void ingest_complain(struct engine *engine, struct live *live, const char *kind,
		     const char *text)
{
	if (live->has_complaint)
		return;
	live->has_complaint = true;
	status_event(engine, live, EVENT_WARNING, kind, "trial %s: %s",
		     live->trial.id, text);
}

static void version_checked(struct engine *engine, struct live *live,
			    const struct report *report)
{
	if (report->text && strcmp(report->text, "VCSuccess"))
		ingest_complain(engine, live, "version-check", report->text);
}

/* Status of the answer, with err set when it is not 200. */
/* What its keeper says of the files that its command left. */
static void outputs_said(struct engine *engine, const struct live *live,
			 const struct report_outputs *outputs)
{
	struct strbuf note = STRBUF_INIT;

	if (outputs->is_said && outputs->waited_s >= WAITED_TOLD_S)
		status_event(engine, live, EVENT_INFO, "outputs",
			     "its pod waited %lld s with the files it left, "
			     "until they could be sent here",
			     (long long)outputs->waited_s);
	if (!outputs->is_said || !outputs->left_out)
		return;
	utf8_sanitize(&note, outputs->note, strlen(outputs->note), false);
	status_event(engine, live, EVENT_WARNING, "outputs",
		     "%lld of the files it left did not come: %s",
		     (long long)outputs->left_out, note.data);
	strbuf_release(&note);
}

static int take_report(struct engine *engine, struct report *report,
		       struct error *err)
{
	struct live *live = live_find(engine, report->trial);

	if (!engine->is_up) {
		*err = engine->failure;
		return 503;
	}
	if (!live || live->attempt.number != report->attempt) {
		error_set(err, ERROR_NOT_FOUND, "the trial is over");
		return 404;
	}
	switch (report->kind) {
	case REPORT_METRICS:
		if (!ingest_metrics(engine, live, &report->metrics, err))
			return engine->has_failed ? 503 : 400;
		break;
	case REPORT_LOG:
		if (!append_log(live, report, err))
			return 503;
		break;
	case REPORT_VERSION:
		version_checked(engine, live, report);
		break;
	case REPORT_STATUS: /* how it ended the platform tells */
		outputs_said(engine, live, &report->outputs);
		if (engine->platform_ops->farewell)
			engine->platform_ops->farewell(
				engine->platform, report->trial,
				report->attempt, report->pod,
				report->exit_code);
		break;
	}
	return 200;
}

void ingest_reports(struct engine *engine)
{
	struct report *report = sideport_take(engine->sideport);

	while (report) {
		struct report *next = report->next;
		struct error err;
		int status = take_report(engine, report, &err);

		if (status == 200) {
			report->next = engine->reports;
			engine->reports = report;
		} else {
			sideport_answer(engine->sideport, report, status,
					err.text);
		}
		report = next;
	}
}

void ingest_answer(struct engine *engine, bool is_committed)
{
	while (engine->reports) {
		struct report *report = engine->reports;

		engine->reports = report->next;
		report->next = NULL;
		engine->reports_total++;
		if (is_committed)
			sideport_answer(engine->sideport, report, 200, NULL);
		else
			sideport_answer(engine->sideport, report, 503,
					engine->failure.text);
	}
}
