/* SPDX-License-Identifier: MIT */
/*
 * A job's log: the logs of its pods' containers, merged.
 *
 * A stream costs a connection to a kubelet, so one is open only while somebody
 * looks at the log, while it is the way of the metrics, or while the job is
 * being killed (the log goes with the pod).  Otherwise the log is read once,
 * when the job has ended.  Either way each container's log is read from where
 * it was left, over restarts of the container, of connections, and ours.
 */
#include "engine/platform/kubernetes/podlog_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/interest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_EVERY_NS (5 * NS_PER_S)
/* Lines of several pods wait this long for earlier ones of another: while they
 * are followed, and while what there is is read. */
#define HOLD_FOLLOWED_MS 300
#define HOLD_COLLECTED_MS 2000
#define HOLD_MAX_BYTES (4u << 20)
/* Containers of a job that has few. */
#define STREAMS_FEW 8

/* ---- streams ------------------------------------------------------------ */

static void on_ended(void *arg, const struct error *err)
{
	struct source *source = arg;

	source->is_over = true;
	source->was_whole = !err->code;
	if (err->code == ERROR_NOT_FOUND)
		source->at.is_complete = true; /* there is no more of it */
	else if (err->code)
		snprintf(source->log->trouble, sizeof(source->log->trouble),
			 "%.255s", err->text);
	source->log->file.is_dirty = true;
	podlog_want_step(source->log);
}

bool podlog_is_leading(const struct source *source)
{
	const struct pod_view *lead = source->log->job->pod;

	return lead && !strcmp(source->at.pod, lead->name);
}

/* Of a job that is over, pods may run on that nobody waits for: what they have
 * printed so far is what is kept. */
static bool is_snapshot(const struct source *source)
{
	const struct podlog *log = source->log;

	return log->is_collecting && !source->is_ended &&
	       !log->job->platform->kind->ends_with_pod &&
	       !(source->is_main && podlog_is_leading(source) &&
		 log->job->has_status &&
		 log->job->status.phase >= KIND_SUCCEEDED);
}

static void open_stream(struct source *source)
{
	struct k8s_job *job = source->log->job;
	struct platform *platform = job->platform;
	bool is_all = source->is_ended || is_snapshot(source);
	struct kube_logs_options options = {
		.client = platform->client,
		.namespace = platform->namespace,
		.pod = source->at.pod,
		.container = source->at.container,
		.is_previous = source->is_previous,
		.is_follow = !is_all,
		.place = source->at.place,
		.line = podlog_line,
		.ended = on_ended,
		.arg = source,
	};

	source->is_snapshot = is_all && !source->is_ended;
	source->stream = kube_logs_open(&options);
	if (source->stream)
		platform->streams++;
}

void podlog_close_stream(struct source *source)
{
	if (!source->stream)
		return;
	kube_logs_close(source->stream);
	source->stream = NULL;
	source->is_over = false;
	source->log->job->platform->streams--;
}

static bool is_wanted(const struct podlog *log)
{
	return log->is_pinned || log->is_collecting ||
	       log->wanted_until_ns > clock_mono_ns();
}

/* Its metrics have no other way. */
static bool is_only_way(const struct source *source)
{
	return source->log->is_metric_pinned && podlog_brings_metrics(source);
}

/* Whether somebody looks or not. */
static bool is_needed(const struct source *source)
{
	return !source->log->is_abandoned &&
	       (source->is_leaving || is_only_way(source));
}

/* A job of a hundred pods must not take the streams of all others. */
static bool may_open(const struct source *source)
{
	const struct podlog *log = source->log;

	return log->count < STREAMS_FEW || is_only_way(source) ||
	       log->job->platform->streams < K8S_STREAMS_MAX;
}

void podlog_adjust(struct podlog *log)
{
	bool wanted = is_wanted(log);
	int64_t now = clock_mono_ns();

	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (source->at.is_complete || source->is_unproven ||
		    (!wanted && !is_needed(source)))
			podlog_close_stream(source);
		else if (!source->stream && now >= source->not_before_ns &&
			 may_open(source))
			open_stream(source);
	}
}

/* A stream is over: was that all there will ever be? */
static void judge_source(struct source *source)
{
	const struct k8s_job *job = source->log->job;
	bool has_ended =
		source->is_ended || source->is_snapshot || job->is_gone ||
		(job->has_status && job->status.phase >= KIND_SUCCEEDED);

	if (source->was_whole && has_ended)
		source->at.is_complete = true;
	else /* the tick comes back to it, and so do news of its end */
		source->not_before_ns =
			clock_mono_ns() +
			kube_backoff_ms(&source->failures) * NS_PER_MS;
	podlog_close_stream(source);
}

bool podlog_is_complete(const struct podlog *log)
{
	if (log->is_abandoned)
		return true;
	for (size_t i = 0; i < log->count; i++)
		if (!log->sources[i]->at.is_complete &&
		    !log->sources[i]->is_unproven)
			return false;
	return true;
}

bool podlog_has_metrics(const struct podlog *log)
{
	if (log->is_abandoned)
		return true;
	for (size_t i = 0; i < log->count; i++)
		if (podlog_brings_metrics(log->sources[i]) &&
		    !log->sources[i]->is_unproven &&
		    !log->sources[i]->at.is_complete)
			return false;
	return true;
}

bool podlog_has_moved(struct podlog *log)
{
	bool has_moved = log->has_moved;

	log->has_moved = false;
	return has_moved;
}

bool podlog_is_collecting(const struct podlog *log)
{
	return log->is_collecting;
}

static void stage(struct podlog *log)
{
	const struct logfile_source **places =
		xcalloc(log->count + 1, sizeof(const struct logfile_source *));

	for (size_t i = 0; i < log->count; i++)
		places[i] = &log->sources[i]->at;
	logfile_stage(&log->file, places, log->count);
	free(places);
	log->saved_ns = clock_mono_ns();
}

static void on_save(void *arg)
{
	struct podlog *log = arg;

	log->saving = NULL;
	logfile_save(&log->file);
}

/* The metrics that were in these lines are committed at this turn's end. */
static void save_next_turn(struct podlog *log)
{
	/* an end that has been told is on disk before the rest of its log is
	 * asked for, and nobody reads that log again: no place is needed */
	if (log->job->phase == K8S_OVER)
		return;
	stage(log);
	if (!log->saving)
		log->saving = loop_after(log->job->platform->context.loop, 0,
					 on_save, log);
}

static void end_collecting(struct podlog *log)
{
	struct platform *platform = log->job->platform;

	if (!log->is_collecting)
		return;
	log->is_collecting = false;
	platform->collections--;
	k8s_settle_soon(platform);
}

static void tell_trouble(struct podlog *log)
{
	struct k8s_job *job = log->job;

	if (log->trouble[0])
		k8s_tell_event(job->platform, job, EVENT_WARNING, "log-read",
			       "read the log of %s: %s", job->name,
			       log->trouble);
	log->trouble[0] = '\0';
}

static void on_held(void *arg)
{
	struct podlog *log = arg;

	log->holding = NULL;
	podlog_want_step(log);
}

/* Do the lines that are there wait for others, to be put in order? */
static bool is_holding(struct podlog *log)
{
	int64_t hold_ms =
		log->is_collecting ? HOLD_COLLECTED_MS : HOLD_FOLLOWED_MS;
	int64_t now_ns = clock_mono_ns();

	if (!log->has_many || !log->file.pending.len ||
	    log->file.pending.len >= HOLD_MAX_BYTES ||
	    podlog_is_complete(log)) {
		log->held_ns = 0;
		return false;
	}
	if (!log->held_ns)
		log->held_ns = now_ns;
	if (now_ns - log->held_ns >= hold_ms * NS_PER_MS) {
		log->held_ns = 0;
		return false;
	}
	if (!log->holding)
		log->holding = loop_after(log->job->platform->context.loop,
					  hold_ms, on_held, log);
	return true;
}

static void flush(struct podlog *log)
{
	struct k8s_job *job = log->job;
	bool was_broken = log->file.is_broken;
	struct error err = {0};

	if (!is_holding(log) && !logfile_flush(&log->file, &err) && !was_broken)
		k8s_tell_event(job->platform, job, EVENT_WARNING, "log-write",
			       "keep the log: %s", err.text);
	podlog_step_previous(log);
}

/* Behind the callbacks, where streams may be closed and the job be freed. */
static void on_step(void *arg)
{
	struct podlog *log = arg;
	struct k8s_job *job = log->job;
	bool was_collecting = log->is_collecting;

	log->step = NULL;
	tell_trouble(log);
	for (size_t i = 0; i < log->count; i++)
		if (log->sources[i]->is_over)
			judge_source(log->sources[i]);
	flush(log);
	if (log->is_collecting && podlog_is_complete(log)) {
		end_collecting(log);
		save_next_turn(log);
	}
	podlog_adjust(log);
	if (job->phase == K8S_COLLECTING) {
		if (job->has_farewell ||
		    (was_collecting && podlog_has_metrics(log)))
			k8s_finish_collected(job);
	} else if (was_collecting && !log->is_collecting) {
		k8s_settle(job); /* may free the job, and us */
	}
}

void podlog_want_step(struct podlog *log)
{
	if (!log->step)
		log->step = loop_after(log->job->platform->context.loop, 0,
				       on_step, log);
}

/* ---- the outside ------------------------------------------------------- */

struct podlog *podlog_new(struct k8s_job *job)
{
	struct podlog *log = xcalloc(1, sizeof(*log));

	log->job = job;
	log->has_many = !job->platform->kind->ends_with_pod;
	log->scans_metrics = k8s_scans_logs(job->platform);
	/* of an attempt that begins nothing is known */
	logfile_open(&log->file, job->directory, "stdout",
		     job->is_resumed ? podlog_add_known : NULL, log);
	return log;
}

void podlog_free(struct podlog *log)
{
	struct error ignored;

	if (!log)
		return;
	loop_cancel(log->job->platform->context.loop, log->step);
	loop_cancel(log->job->platform->context.loop, log->saving);
	loop_cancel(log->job->platform->context.loop, log->holding);
	logfile_flush(&log->file, &ignored); /* what was held */
	podlog_free_previous(log);
	end_collecting(log);
	for (size_t i = 0; i < log->count; i++) {
		podlog_close_stream(log->sources[i]);
		strbuf_release(&log->sources[i]->piece);
		free(log->sources[i]->at.counters);
		free(log->sources[i]);
	}
	free(log->sources);
	logfile_release(&log->file);
	free(log);
}

void podlog_follow(struct podlog *log, bool is_pinned)
{
	struct platform *platform = log->job->platform;

	if (is_pinned)
		log->is_pinned = true;
	else if (platform->streams >= K8S_STREAMS_MAX && !is_wanted(log))
		return;
	log->wanted_until_ns =
		clock_mono_ns() + (int64_t)INTEREST_AGE_MS * NS_PER_MS;
	podlog_adjust(log);
}

void podlog_follow_metrics(struct podlog *log)
{
	if (log->is_metric_pinned || log->is_abandoned)
		return;
	log->is_metric_pinned = true;
	podlog_adjust(log);
}

void podlog_collect(struct podlog *log)
{
	if (log->is_collecting)
		return;
	log->is_collecting = true;
	log->job->platform->collections++;
	for (size_t i = 0; i < log->count; i++) {
		log->sources[i]->not_before_ns = 0;
		if (is_snapshot(log->sources[i]))
			podlog_close_stream(log->sources[i]);
	}
	podlog_adjust(log);
	podlog_want_step(log);
}

void podlog_abandon(struct podlog *log)
{
	log->is_abandoned = true;
	log->is_pinned = log->is_metric_pinned = false;
	log->wanted_until_ns = 0;
	end_collecting(log);
	podlog_adjust(log);
}

void podlog_tick(struct podlog *log)
{
	podlog_adjust(log);
	if (log->file.is_dirty &&
	    clock_mono_ns() - log->saved_ns >= SAVE_EVERY_NS)
		save_next_turn(log);
}
