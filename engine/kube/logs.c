/* SPDX-License-Identifier: MIT */
/*
 * Follows one container's log.
 *
 * When is a followed log over?  A server ends a stream when the container has
 * ended, but also when a kubelet restarts or a proxy is tired, and the two look
 * alike.  So the log is asked for again from the place it was left at: of a
 * container that has ended comes nothing new and the end at once, and that is
 * the end; of one that runs the stream stays open.
 */
#include "engine/kube/logs.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/client_private.h"
#include "engine/kube/log_lines.h"
#include "engine/kube/status_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A proxy that drops a connection silently is noticed by asking again; a quiet
 * container costs a request each time. */
#define SILENCE_MS 300000
#define SHORT_LIFE_NS (2 * NS_PER_S)
#define NOISES_MAX 5
/* A container that has not started is asked for every three seconds. */
#define WAITING_FAILURES_MAX 2
#define WAIT_MAX_S 300

struct kube_logs {
	struct kube_logs_options user;
	char *namespace, *pod, *container;
	struct kube_call *call;
	struct loop_timer *timer;
	struct kube_waiter waiter;
	int inside; /* callbacks that run; freed only outside of them */
	bool is_closed;

	struct log_lines lines;
	struct kube_log_place place;
	int64_t place_ns;
	bool is_resuming; /* what comes may have been had */
	int passed;	  /* lines of the place's timestamp dropped so far */
	bool is_dropping; /* the parts of a line that was had */
	size_t told;	  /* bytes told of a line that has not ended */
	size_t skip;	  /* of them to come again */

	int64_t started_ns;
	bool was_ended;	 /* the stream before this one ended cleanly */
	bool has_taken;	 /* a line on this stream */
	char noise[256]; /* what a kubelet said in place of the log */
	int noises;	 /* in a row */
	int failures;
};

static void ask(struct kube_logs *logs);

static void logs_free(struct kube_logs *logs)
{
	log_lines_release(&logs->lines);
	free(logs->namespace);
	free(logs->pod);
	free(logs->container);
	free(logs);
}

static void leave(struct kube_logs *logs)
{
	if (!--logs->inside && logs->is_closed)
		logs_free(logs);
}

/* --- lines ---------------------------------------------------------------- */

/* Was this line had before the connection was made again? */
static bool was_had(struct kube_logs *logs, const struct log_line *line)
{
	if (!logs->is_resuming)
		return false;
	if (line->at_ns < logs->place_ns)
		return true;
	if (line->at_ns == logs->place_ns && logs->passed < logs->place.lines) {
		logs->passed += !line->is_part;
		return true;
	}
	logs->is_resuming = false;
	return false;
}

static void advance(struct kube_logs *logs, const struct log_line *line)
{
	struct kube_log_place *place = &logs->place;

	if (line->at_ns == logs->place_ns && *place->timestamp) {
		place->lines++;
		return;
	}
	snprintf(place->timestamp, sizeof(place->timestamp), "%s",
		 line->timestamp);
	place->lines = 1;
	logs->place_ns = line->at_ns;
}

/* Without what was told of it before the connection was lost. */
static void tell(struct kube_logs *logs, const struct log_line *line)
{
	size_t skip = logs->skip < line->len ? logs->skip : line->len;

	logs->skip -= skip;
	if (line->is_part && skip == line->len)
		return;
	if (line->is_part) {
		logs->told += line->len - skip;
	} else {
		logs->told = logs->skip = 0;
		advance(logs, line);
	}
	logs->has_taken = true;
	logs->user.line(logs->user.arg, line->text + skip, line->len - skip,
			line->is_part, &logs->place);
}

static bool on_line(void *arg, const struct log_line *line)
{
	struct kube_logs *logs = arg;

	if (!*line->timestamp) {
		if (!*logs->noise)
			kube_copy_text(logs->noise, sizeof(logs->noise),
				       line->text, line->len);
		return true;
	}
	if (!logs->is_dropping && was_had(logs, line))
		logs->is_dropping = true;
	if (logs->is_dropping) {
		/* only the last part of a line is counted */
		logs->is_dropping = line->is_part;
		return true;
	}
	tell(logs, line);
	return !logs->is_closed;
}

static bool on_data(void *arg, const char *data, size_t len)
{
	struct kube_logs *logs = arg;
	bool more;

	logs->inside++;
	more = log_lines_feed(&logs->lines, data, len, on_line, logs);
	leave(logs);
	return more;
}

/* --- the end of a stream -------------------------------------------------- */

static void finish(struct kube_logs *logs, const struct error *err)
{
	if (!logs->is_closed)
		logs->user.ended(logs->user.arg, err);
}

static void on_timer(void *arg)
{
	struct kube_logs *logs = arg;

	logs->timer = NULL;
	kube_client_unwait(logs->user.client, &logs->waiter);
	ask(logs);
}

static void ask_after(struct kube_logs *logs, int64_t delay_ms)
{
	if (logs->is_closed)
		return;
	logs->timer = loop_after(kube_client_loop(logs->user.client), delay_ms,
				 on_timer, logs);
}

static void on_hurry(void *arg)
{
	struct kube_logs *logs = arg;

	if (!logs->timer)
		return;
	loop_cancel(kube_client_loop(logs->user.client), logs->timer);
	ask_after(logs, 0);
}

static void back_off(struct kube_logs *logs, const struct kube_status *status)
{
	int64_t delay_ms = kube_backoff_ms(&logs->failures);
	int asked_s = status ? status->retry_after_s : 0;

	if (asked_s > WAIT_MAX_S)
		asked_s = WAIT_MAX_S;
	if (asked_s > 0)
		delay_ms = asked_s * 1000LL;
	else if (!logs->is_closed)
		kube_client_wait(logs->user.client, &logs->waiter);
	ask_after(logs, delay_ms);
}

/* In place of the log the kubelet said why there is none: the container was
 * removed, or its file is not there, yet or any more. */
static void made_noise(struct kube_logs *logs)
{
	struct error err;

	if (++logs->noises < NOISES_MAX &&
	    strncmp(logs->noise, "unable to retrieve", 18) != 0) {
		back_off(logs, NULL);
		return;
	}
	error_set(&err, ERROR_NOT_FOUND, "no log: %s", logs->noise);
	finish(logs, &err);
}

static void ended_cleanly(struct kube_logs *logs)
{
	bool was_short = clock_mono_ns() - logs->started_ns < SHORT_LIFE_NS;
	bool is_over = !logs->user.is_follow || logs->user.is_previous ||
		       (logs->was_ended && was_short && !logs->has_taken);
	struct error none = {.code = ERROR_NONE};

	logs->failures = 0;
	logs->was_ended = true;
	if (is_over)
		log_lines_end(&logs->lines, on_line, logs);
	else
		log_lines_forget(&logs->lines);
	if (*logs->noise && !logs->has_taken) {
		made_noise(logs);
		return;
	}
	logs->noises = 0;
	if (is_over)
		finish(logs, &none);
	else
		ask_after(logs, 0);
}

static bool is_waiting(const struct kube_status *status)
{
	return status->code == 400 &&
	       strstr(status->message, "waiting to start") != NULL;
}

static bool is_gone(const struct kube_status *status)
{
	return status->code == 404 ||
	       (status->code == 400 &&
		(strstr(status->message, "not found") ||
		 strstr(status->message, "is terminated") ||
		 strstr(status->message, "is not valid for pod")));
}

static void refused(struct kube_logs *logs, const struct kube_status *status,
		    const struct error *err)
{
	struct error gone;

	if (is_waiting(status) && logs->failures > WAITING_FAILURES_MAX)
		logs->failures = WAITING_FAILURES_MAX;
	if (is_waiting(status) || status->code == 401 || status->code == 408 ||
	    status->code == 429 || status->code >= 500) {
		back_off(logs, status);
	} else if (is_gone(status)) {
		error_set(&gone, ERROR_NOT_FOUND, "%s", status->message);
		finish(logs, &gone);
	} else {
		finish(logs, err);
	}
}

static void on_ended(void *arg, int code, const struct kube_status *status,
		     const struct error *err)
{
	struct kube_logs *logs = arg;

	(void)code;
	logs->call = NULL;
	logs->inside++;
	if (status) {
		refused(logs, status, err);
	} else if (err->code == ERROR_NONE) {
		ended_cleanly(logs);
	} else {
		log_lines_forget(&logs->lines);
		logs->was_ended = false;
		if (logs->has_taken)
			logs->failures = 0;
		back_off(logs, NULL);
	}
	leave(logs);
}

/* --- asking --------------------------------------------------------------- */

/* Servers cut the fraction off on its way to the kubelet, so do we. */
static void add_since(const struct kube_logs *logs, struct strbuf *path)
{
	struct strbuf since = STRBUF_INIT;

	if (!*logs->place.timestamp)
		return;
	clock_format_iso(&since, logs->place_ns - logs->place_ns % NS_PER_S);
	strbuf_truncate(&since, strcspn(since.data, "."));
	strbuf_addch(&since, 'Z');
	strbuf_adds(path, "&sinceTime=");
	kube_encode(path, since.data);
	strbuf_release(&since);
}

static void ask(struct kube_logs *logs)
{
	struct strbuf path = STRBUF_INIT;
	struct kube_stream_request request = {
		.silence_ms = SILENCE_MS,
		.data = on_data,
		.ended = on_ended,
		.arg = logs,
	};

	strbuf_adds(&path, "/api/v1/namespaces/");
	kube_encode(&path, logs->namespace);
	strbuf_adds(&path, "/pods/");
	kube_encode(&path, logs->pod);
	strbuf_adds(&path, "/log?timestamps=true&container=");
	kube_encode(&path, logs->container);
	if (logs->user.is_follow)
		strbuf_adds(&path, "&follow=true");
	if (logs->user.is_previous)
		strbuf_adds(&path, "&previous=true");
	if (logs->user.tail_lines > 0)
		strbuf_addf(&path, "&tailLines=%d", logs->user.tail_lines);
	add_since(logs, &path);
	request.path = path.data;
	logs->is_resuming = *logs->place.timestamp != '\0';
	logs->passed = 0;
	logs->is_dropping = false;
	logs->skip = logs->told;
	logs->has_taken = false;
	*logs->noise = '\0';
	logs->started_ns = clock_mono_ns();
	logs->call = kube_stream(logs->user.client, &request);
	strbuf_release(&path);
}

struct kube_logs *kube_logs_open(const struct kube_logs_options *options)
{
	struct kube_logs *logs = xcalloc(1, sizeof(*logs));
	struct kube_log_place *place = &logs->place;

	logs->user = *options;
	logs->namespace = xstrdup(options->namespace);
	logs->pod = xstrdup(options->pod);
	logs->container = xstrdup(options->container);
	*place = options->place;
	place->timestamp[sizeof(place->timestamp) - 1] = '\0';
	/* a place that is none is the beginning */
	if (!clock_parse_iso(place->timestamp, &logs->place_ns)) {
		memset(place, 0, sizeof(*place));
		logs->place_ns = 0;
	}
	logs->waiter.hurry = on_hurry;
	logs->waiter.arg = logs;
	log_lines_init(&logs->lines);
	ask(logs);
	return logs;
}

void kube_logs_close(struct kube_logs *logs)
{
	if (!logs || logs->is_closed)
		return;
	logs->is_closed = true;
	kube_cancel(logs->call);
	loop_cancel(kube_client_loop(logs->user.client), logs->timer);
	kube_client_unwait(logs->user.client, &logs->waiter);
	logs->call = NULL;
	logs->timer = NULL;
	if (!logs->inside)
		logs_free(logs);
}
