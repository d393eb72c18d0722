/* SPDX-License-Identifier: MIT */
/*
 * List and watch, for as long as it is open.
 *
 * Silence: a server that sends bookmarks does so about once a minute, the first
 * of a stream after up to two (measured on 1.20).  So a stream that says
 * nothing for 200 s is taken for dead, if the one before it had bookmarks.  A
 * server need not send any (none came before 1.15, and one that has just
 * started has nothing to mark): until one was seen only the end that we asked
 * for (timeoutSeconds) bounds the silence.  A peer that is gone is TCP's
 * business and noticed within a minute.  Cutting a stream that was alive costs
 * one request and nothing else.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/kube/watch_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES (64u << 20)
#define OBJECT_BYTES (4u << 20)
#define WATCH_MIN_S 300
#define WATCH_MAX_S 600
#define WATCH_MARGIN_MS 30000
#define SILENCE_MS 200000
#define POLL_MS 10000
#define SHORT_LIFE_NS NS_PER_S
#define TOO_NEW_MAX 5
#define WAIT_MAX_S 300

static void begin(struct kube_watch *watch);

/* --- telling -------------------------------------------------------------- */

void kube_watch_enter(struct kube_watch *watch)
{
	watch->inside++;
}

static void watch_free(struct kube_watch *watch)
{
	watch_lines_release(&watch->lines);
	kube_reader_release(&watch->reader);
	free(watch->token);
	free(watch->selectors);
	free(watch->path);
	free(watch);
}

void kube_watch_leave(struct kube_watch *watch)
{
	if (!--watch->inside && watch->is_closed)
		watch_free(watch);
}

void kube_watch_tell(struct kube_watch *watch, const char *text)
{
	char bounded[sizeof(watch->told)];

	snprintf(bounded, sizeof(bounded), "%s", text ? text : "");
	if (watch->is_closed || !strcmp(bounded, watch->told))
		return;
	memcpy(watch->told, bounded, sizeof(watch->told));
	if (watch->user.fault)
		watch->user.fault(watch->user.arg, text ? watch->told : NULL);
}

bool kube_watch_tell_object(struct kube_watch *watch, enum kube_change change,
			    const cJSON *object)
{
	if (!watch->is_closed)
		watch->user.object(watch->user.arg, change, object);
	return !watch->is_closed;
}

void kube_watch_tell_failure(struct kube_watch *watch, const char *verb,
			     const char *why)
{
	struct error err;

	error_set(&err, ERROR_UNAVAILABLE, "%s %s: %s", verb, watch->name, why);
	kube_watch_tell(watch, err.text);
}

/* --- waiting -------------------------------------------------------------- */

static void on_timer(void *arg)
{
	struct kube_watch *watch = arg;

	watch->timer = NULL;
	kube_client_unwait(watch->client, &watch->waiter);
	begin(watch);
}

void kube_watch_wait(struct kube_watch *watch, enum watch_step step,
		     int64_t delay_ms)
{
	if (watch->is_closed)
		return;
	watch->step = step;
	watch->timer = loop_after(kube_client_loop(watch->client), delay_ms,
				  on_timer, watch);
}

void kube_watch_back_off(struct kube_watch *watch, enum watch_step step,
			 const struct kube_status *status)
{
	int64_t delay_ms = kube_backoff_ms(&watch->failures);
	int asked_s = status ? status->retry_after_s : 0;

	if (asked_s > WAIT_MAX_S)
		asked_s = WAIT_MAX_S;
	if (asked_s > 0)
		delay_ms = asked_s * 1000LL;
	else if (!watch->is_closed)
		kube_client_wait(watch->client, &watch->waiter);
	kube_watch_wait(watch, step, delay_ms);
}

static void on_hurry(void *arg)
{
	struct kube_watch *watch = arg;

	if (!watch->timer)
		return;
	loop_cancel(kube_client_loop(watch->client), watch->timer);
	watch->timer = NULL;
	kube_watch_wait(watch, watch->step, 0);
}

/* --- watch ---------------------------------------------------------------- */

static void accepted(struct kube_watch *watch)
{
	watch->was_accepted = true;
	watch->is_polling = false;
	kube_watch_tell(watch, NULL);
}

static bool on_data(void *arg, const char *data, size_t len)
{
	struct kube_watch *watch = arg;
	bool more;

	kube_watch_enter(watch);
	if (!watch->was_accepted)
		accepted(watch);
	more = !watch->is_closed && watch_lines_feed(&watch->lines, data, len,
						     kube_watch_line, watch);
	kube_watch_leave(watch);
	return more;
}

static void begin_polling(struct kube_watch *watch,
			  const struct kube_status *status)
{
	watch->is_polling = true;
	snprintf(watch->polling, sizeof(watch->polling),
		 "watch %.60s: %.150s; looking every %d s instead", watch->name,
		 status->message, watch->poll_ms / 1000);
	kube_watch_tell(watch, watch->polling);
	kube_watch_wait(watch, STEP_LIST, watch->poll_ms);
}

static bool is_too_new(const struct kube_status *status)
{
	return status->code == 504 ||
	       !strcmp(status->cause, "ResourceVersionTooLarge");
}

static void refused(struct kube_watch *watch, const struct kube_status *status)
{
	if (status->code == 410) {
		kube_watch_expired(watch);
		return;
	}
	if (status->code == 403 || status->code == 405) {
		begin_polling(watch, status);
		return;
	}
	if (is_too_new(status) && ++watch->too_new <= TOO_NEW_MAX) {
		kube_watch_back_off(watch, STEP_WATCH, status);
		return;
	}
	kube_watch_tell_failure(watch, "watch", status->message);
	if (status->code == 429 || status->code == 401 ||
	    (status->code > 500 && !is_too_new(status)))
		kube_watch_back_off(watch, STEP_WATCH, status);
	else
		kube_watch_back_off(watch, STEP_LIST, status);
	if (is_too_new(status))
		watch->too_new = 0;
}

/* The end we asked for, a server that restarts, a proxy that is tired. */
static void broke_off(struct kube_watch *watch, const struct error *err)
{
	bool is_silence = err->code == ERROR_TIMEOUT && watch->was_accepted;
	bool was_short = !is_silence &&
			 clock_mono_ns() - watch->started_ns < SHORT_LIFE_NS;

	if (is_silence)
		watch->has_bookmarks = false;
	if (watch->was_accepted && (watch->has_seen || !was_short)) {
		watch->failures = 0;
		kube_watch_wait(watch, STEP_WATCH, 0);
		return;
	}
	if (err->code != ERROR_NONE)
		kube_watch_tell_failure(watch, "watch", err->text);
	else if (watch->failures > 2)
		kube_watch_tell_failure(watch, "watch",
					"it ends as soon as it begins");
	kube_watch_back_off(watch, STEP_WATCH, NULL);
}

static void on_ended(void *arg, int code, const struct kube_status *status,
		     const struct error *err)
{
	struct kube_watch *watch = arg;

	(void)code;
	watch->call = NULL;
	watch_lines_forget(&watch->lines);
	kube_watch_enter(watch);
	if (watch->verdict.is_set)
		refused(watch, &watch->verdict.status);
	else if (status)
		refused(watch, status);
	else
		broke_off(watch, err);
	kube_watch_leave(watch);
}

static int random_timeout_s(void)
{
	struct random random;
	uint64_t seed;

	random_secret(&seed, sizeof(seed));
	random_seed(&random, seed, 0);
	return WATCH_MIN_S +
	       (int)random_below(&random, WATCH_MAX_S - WATCH_MIN_S + 1);
}

static void ask_watch(struct kube_watch *watch)
{
	int timeout_s = random_timeout_s();
	struct strbuf path = STRBUF_INIT;
	struct kube_stream_request request = {
		.silence_ms = watch->has_bookmarks
				      ? watch->silence_ms
				      : timeout_s * 1000 + WATCH_MARGIN_MS,
		.data = on_data,
		.ended = on_ended,
		.arg = watch,
	};

	watch->was_accepted = watch->has_seen = false;
	watch->verdict.is_set = false;
	watch->started_ns = clock_mono_ns();
	strbuf_addf(&path,
		    "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d"
		    "&resourceVersion=",
		    watch->path, timeout_s);
	kube_encode(&path, watch->version);
	strbuf_adds(&path, watch->selectors);
	request.path = path.data;
	watch->call = kube_stream(watch->client, &request);
	strbuf_release(&path);
}

static void begin(struct kube_watch *watch)
{
	if (watch->step == STEP_WATCH)
		ask_watch(watch);
	else
		kube_watch_ask_page(watch);
}

/* --- open and close ------------------------------------------------------- */

static void add_selector(struct strbuf *out, const char *name,
			 const char *selector)
{
	if (!selector || !*selector)
		return;
	strbuf_addf(out, "&%s=", name);
	kube_encode(out, selector);
}

struct kube_watch *kube_watch_open(const struct kube_watch_options *options)
{
	struct kube_watch *watch = xcalloc(1, sizeof(*watch));
	struct strbuf selectors = STRBUF_INIT;
	const char *slash;

	watch->client = options->client;
	watch->user = *options;
	watch->path = xstrdup(options->path);
	slash = strrchr(watch->path, '/');
	watch->name = slash ? slash + 1 : watch->path;
	add_selector(&selectors, "labelSelector", options->label_selector);
	add_selector(&selectors, "fieldSelector", options->field_selector);
	watch->selectors =
		selectors.len ? strbuf_detach(&selectors) : xstrdup("");
	watch->object_max =
		options->object_max ? options->object_max : OBJECT_BYTES;
	watch->limit = PAGE_OBJECTS;
	watch->page_bytes = PAGE_BYTES;
	watch->poll_ms = POLL_MS;
	watch->silence_ms = SILENCE_MS;
	watch->waiter.hurry = on_hurry;
	watch->waiter.arg = watch;
	watch_lines_init(&watch->lines, watch->object_max);
	watch->reader.unread = options->unread;
	strbuf_init(&watch->reader.text);
	kube_watch_wait(watch, STEP_LIST, 0);
	return watch;
}

void kube_watch_close(struct kube_watch *watch)
{
	if (!watch || watch->is_closed)
		return;
	watch->is_closed = true;
	kube_cancel(watch->call);
	loop_cancel(kube_client_loop(watch->client), watch->timer);
	kube_client_unwait(watch->client, &watch->waiter);
	watch->call = NULL;
	watch->timer = NULL;
	if (!watch->inside)
		watch_free(watch);
}
