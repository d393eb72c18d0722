/* SPDX-License-Identifier: MIT */
/*
 * A job's log: the logs of its pods' containers, merged.
 *
 * A stream costs a connection to a kubelet, so one is open only while somebody
 * looks at the log, while it is the way of the metrics, or while the job is
 * being killed (the log goes with the pod).  Otherwise the log is read once,
 * when the job has ended.  Either way each container's log is read from where
 * it was left, over restarts of the container, of connections, and ours.
 *
 * The keeper's marked lines (keeper/echo.h) are no part of the log: they are
 * metrics that could not be delivered otherwise, and its last word.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/interest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_MAX 64
/* A metric in pieces: no more than the side port takes. */
#define PIECE_MAX_BYTES (2u << 20)
#define SAVE_EVERY_NS NS_PER_S

static const char marker[] = "@trialdeck:";

struct source {
	struct logfile_source at;
	struct podlog *log;
	bool is_main;
	bool is_ended;	  /* as of the pod's last news */
	bool is_over;	  /* its stream has ended: close it */
	bool was_whole;	  /* and everything had been told */
	bool is_previous; /* only the kubelet's second to last instance */
	struct kube_logs *stream;
	struct strbuf piece;
};

struct podlog {
	struct k8s_job *job;
	struct logfile file;
	struct source *sources[SOURCES_MAX];
	size_t count;
	bool is_pinned, is_collecting, is_counted, is_abandoned;
	bool has_many;		 /* lines need to say whose they are */
	int64_t wanted_until_ns; /* monotonic */
	int64_t saved_ns;
	struct loop_timer *step;
};

static void want_step(struct podlog *log);

/* ---- lines -------------------------------------------------------------- */

static void take_metric(struct source *source, const char *text, size_t len)
{
	struct k8s_job *job = source->log->job;
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (job->phase == K8S_OVER)
		return;
	if (source->piece.len) {
		strbuf_add(&source->piece, text, len);
		text = source->piece.data;
		len = source->piece.len;
	}
	callbacks->report(callbacks->arg, job->trial, job->attempt, text, len,
			  false);
	strbuf_clear(&source->piece);
}

static void take_end(struct source *source, const char *text, size_t len)
{
	struct k8s_job *job = source->log->job;
	cJSON *end = cJSON_ParseWithLength(text, len);
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(end, "code");

	if (cJSON_IsNumber(code) && code->valueint >= 0 &&
	    code->valueint <= 255) {
		job->has_farewell = true;
		job->farewell_code = code->valueint;
		want_step(source->log);
	}
	cJSON_Delete(end);
}

static bool take_word(const char **line, size_t *len, const char *word)
{
	size_t n = strlen(word);

	if (*len < n || memcmp(*line, word, n) != 0)
		return false;
	*line += n;
	*len -= n;
	return true;
}

static void take_marked(struct source *source, const char *line, size_t len)
{
	if (take_word(&line, &len, "metric "))
		take_metric(source, line, len);
	else if (take_word(&line, &len, "end "))
		take_end(source, line, len);
	else if (take_word(&line, &len, "more ") &&
		 source->piece.len + len <= PIECE_MAX_BYTES)
		strbuf_add(&source->piece, line, len);
}

static void on_line(void *arg, const char *line, size_t len, bool is_part,
		    const struct kube_log_place *place)
{
	struct source *source = arg;
	struct podlog *log = source->log;
	char prefix[400];

	source->at.place = *place;
	log->file.is_dirty = true;
	if (source->is_main && take_word(&line, &len, marker)) {
		take_marked(source, line, len);
		return;
	}
	snprintf(prefix, sizeof(prefix), "[%s] ", source->at.container);
	logfile_add(&log->file, log->has_many ? prefix : NULL, line, len,
		    is_part);
	want_step(log);
}

/* ---- streams ------------------------------------------------------------ */

static void on_ended(void *arg, const struct error *err)
{
	struct source *source = arg;

	source->is_over = true;
	source->was_whole = !err->code;
	if (err->code == ERROR_NOT_FOUND)
		source->at.is_complete = true; /* there is no more of it */
	want_step(source->log);
}

static void open_stream(struct source *source)
{
	struct k8s_job *job = source->log->job;
	struct platform *platform = job->platform;
	struct kube_logs_options options = {
		.client = platform->client,
		.namespace = platform->namespace,
		.pod = source->at.pod,
		.container = source->at.container,
		.is_previous = source->is_previous,
		.is_follow = !source->is_ended,
		.place = source->at.place,
		.line = on_line,
		.ended = on_ended,
		.arg = source,
	};

	source->stream = kube_logs_open(&options);
	if (source->stream)
		platform->streams++;
}

static void close_stream(struct source *source)
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

static void adjust_streams(struct podlog *log)
{
	bool wanted = is_wanted(log);

	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (source->at.is_complete || !wanted)
			close_stream(source);
		else if (!source->stream)
			open_stream(source);
	}
}

/* A stream is over: was that all there will ever be? */
static void judge_source(struct source *source)
{
	const struct k8s_job *job = source->log->job;
	bool has_ended =
		source->is_ended || job->is_gone ||
		(job->has_status && job->status.phase >= KIND_SUCCEEDED);

	if (source->was_whole && has_ended)
		source->at.is_complete = true;
	close_stream(source);
}

bool podlog_is_complete(const struct podlog *log)
{
	if (log->is_abandoned)
		return true;
	for (size_t i = 0; i < log->count; i++)
		if (!log->sources[i]->at.is_complete)
			return false;
	return true;
}

bool podlog_is_collecting(const struct podlog *log)
{
	return log->is_collecting;
}

static void save(struct podlog *log)
{
	const struct logfile_source *places[SOURCES_MAX];

	for (size_t i = 0; i < log->count; i++)
		places[i] = &log->sources[i]->at;
	logfile_save(&log->file, places, log->count);
	log->saved_ns = clock_mono_ns();
}

static void end_collecting(struct podlog *log)
{
	if (log->is_collecting)
		log->job->platform->collections--;
	log->is_collecting = false;
}

/* Behind the callbacks, where streams may be closed and the job be freed. */
static void on_step(void *arg)
{
	struct podlog *log = arg;
	struct k8s_job *job = log->job;
	struct error err = {0};
	bool was_collecting = log->is_collecting;

	log->step = NULL;
	if (!logfile_flush(&log->file, &err) && !log->file.is_broken) {
		log->file.is_broken = true;
		k8s_tell_event(job->platform, job, EVENT_WARNING, "log-write",
			       "keep the log: %s", err.text);
	}
	for (size_t i = 0; i < log->count; i++)
		if (log->sources[i]->is_over)
			judge_source(log->sources[i]);
	if (log->is_collecting && podlog_is_complete(log)) {
		end_collecting(log);
		save(log);
	}
	adjust_streams(log);
	if (job->phase == K8S_COLLECTING &&
	    (job->has_farewell || (was_collecting && !log->is_collecting)))
		k8s_finish_collected(job); /* may free the job, and us */
	else if (was_collecting && !log->is_collecting) {
		struct platform *platform = job->platform;

		k8s_settle(job);
		k8s_settle_all(platform);
	}
}

static void want_step(struct podlog *log)
{
	if (!log->step)
		log->step = loop_after(log->job->platform->context.loop, 0,
				       on_step, log);
}

/* ---- the outside -------------------------------------------------------- */

static struct source *add_source(struct podlog *log,
				 const struct logfile_source *at)
{
	struct source *source;

	if (log->count == SOURCES_MAX)
		return NULL;
	source = xcalloc(1, sizeof(*source));
	source->at = *at;
	source->log = log;
	source->is_main = !strcmp(at->container, POD_MAIN_CONTAINER);
	strbuf_init(&source->piece);
	log->sources[log->count++] = source;
	return source;
}

static void add_known(void *arg, const struct logfile_source *at)
{
	struct podlog *log = arg;
	struct source *source = add_source(log, at);

	/* of a pod we have not seen yet: whether it goes on it will say */
	if (source && !source->at.is_complete)
		source->is_ended = true;
}

struct podlog *podlog_new(struct k8s_job *job)
{
	struct podlog *log = xcalloc(1, sizeof(*log));

	log->job = job;
	logfile_open(&log->file, job->directory, add_known, log);
	return log;
}

void podlog_free(struct podlog *log)
{
	if (!log)
		return;
	loop_cancel(log->job->platform->context.loop, log->step);
	save(log);
	end_collecting(log);
	for (size_t i = 0; i < log->count; i++) {
		close_stream(log->sources[i]);
		strbuf_release(&log->sources[i]->piece);
		free(log->sources[i]);
	}
	logfile_release(&log->file);
	free(log);
}

static struct source *find_source(struct podlog *log, const char *pod,
				  const char *container, int instance)
{
	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (source->at.instance == instance &&
		    !strcmp(source->at.container, container) &&
		    !strcmp(source->at.pod, pod))
			return source;
	}
	return NULL;
}

/* The kubelet keeps the log of one instance before the present one. */
static void retire_instances(struct podlog *log, const char *pod,
			     const struct pod_container *container)
{
	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (strcmp(source->at.container, container->name) != 0 ||
		    strcmp(source->at.pod, pod) != 0 ||
		    source->at.instance >= container->restarts)
			continue;
		source->is_ended = true;
		if (source->at.instance < container->restarts - 1)
			source->at.is_complete = true;
		else if (!source->is_previous) {
			source->is_previous = true;
			close_stream(source);
		}
	}
}

void podlog_pod(struct podlog *log)
{
	const struct pod_view *pod = log->job->pod;

	if (pod->container_count > 1)
		log->has_many = true;
	for (int i = 0; i < pod->container_count; i++) {
		const struct pod_container *container = &pod->containers[i];
		struct logfile_source at = {.instance = container->restarts};
		struct source *source;

		if (!container->has_log)
			continue;
		retire_instances(log, pod->name, container);
		source = find_source(log, pod->name, container->name,
				     container->restarts);
		if (!source) {
			snprintf(at.pod, sizeof(at.pod), "%s", pod->name);
			snprintf(at.container, sizeof(at.container), "%s",
				 container->name);
			source = add_source(log, &at);
		}
		if (source)
			source->is_ended =
				container->state == POD_CONTAINER_TERMINATED;
	}
	adjust_streams(log);
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
	adjust_streams(log);
}

void podlog_collect(struct podlog *log)
{
	if (log->is_collecting)
		return;
	log->is_collecting = true;
	log->job->platform->collections++;
	adjust_streams(log);
	want_step(log);
}

void podlog_abandon(struct podlog *log)
{
	log->is_abandoned = true;
	log->is_pinned = false;
	log->wanted_until_ns = 0;
	end_collecting(log);
	adjust_streams(log);
}

void podlog_tick(struct podlog *log)
{
	adjust_streams(log);
	if (log->file.is_dirty &&
	    clock_mono_ns() - log->saved_ns >= SAVE_EVERY_NS)
		save(log);
}
