/* SPDX-License-Identifier: MIT */
/* The life of a call: tries, waits, its end. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/kube/client_private.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000
#define REPLY_MAX (16u << 20)
#define WAIT_MAX_S 300	   /* of what Retry-After asks for */
#define PAUSE_ALL_MAX_S 60 /* the same, for all calls */
#define KEEP_PENDING_BYTES (64u << 10)

int kube_backoff_ms(int *failures)
{
	int64_t delay_ms = 800;
	struct random random;
	uint64_t seed;

	if (*failures > 5)
		*failures = 5;
	delay_ms <<= *failures;
	++*failures;
	random_secret(&seed, sizeof(seed));
	random_seed(&random, seed, 0);
	/* three quarters to five quarters, so that clients drift apart */
	delay_ms =
		(int64_t)((double)delay_ms * (0.75 + random_unit(&random) / 2));
	return delay_ms > 30000 ? 30000 : (int)delay_ms;
}

/* --- making and freeing --------------------------------------------------- */

static struct kube_call *call_new(struct kube_client *client, const char *path)
{
	struct kube_call *call = xcalloc(1, sizeof(*call));

	call->client = client;
	call->path = xstrdup(path);
	strbuf_init(&call->reply);
	strbuf_init(&call->warnings);
	strbuf_init(&call->pending);
	call->next = client->calls;
	if (call->next)
		call->next->previous = call;
	client->calls = call;
	return call;
}

static void call_free(struct kube_call *call)
{
	strbuf_release(&call->reply);
	strbuf_release(&call->warnings);
	strbuf_release(&call->pending);
	free(call->path);
	free(call->body);
	free(call->content_type);
	free(call);
}

static void leave_queue(struct kube_call *call)
{
	struct kube_client *client = call->client;

	if (call->queue_next)
		call->queue_next->queue_prev = call->queue_prev;
	else
		client->queue_tail = call->queue_prev;
	if (call->queue_prev)
		call->queue_prev->queue_next = call->queue_next;
	else
		client->queue_head = call->queue_next;
	call->queue_next = call->queue_prev = NULL;
}

/* Out of the client's hands: no timer, no transfer, in no list. */
static void call_detach(struct kube_call *call)
{
	struct kube_client *client = call->client;

	if (call->state == CALL_QUEUED)
		leave_queue(call);
	call->state = CALL_OVER;
	kube_transfer_end(call);
	loop_cancel(client->loop, call->timer);
	loop_cancel(client->loop, call->limit);
	loop_cancel(client->loop, call->drain);
	call->timer = call->limit = call->drain = NULL;
	if (call->next)
		call->next->previous = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		client->calls = call->next;
}

/* The data function may cancel its own stream: its caller frees it then. */
void kube_call_discard(struct kube_call *call)
{
	call_detach(call);
	if (!call->is_calling)
		call_free(call);
}

void kube_cancel(struct kube_call *call)
{
	struct kube_client *client;

	if (!call || call->state == CALL_OVER)
		return;
	client = call->client;
	kube_call_discard(call);
	kube_client_pump(client);
}

/* --- the end -------------------------------------------------------------- */

static void finish_stream(struct kube_call *call,
			  const struct kube_outcome *outcome)
{
	bool is_refusal = outcome->code && outcome->code / 100 != 2;

	call_detach(call);
	call->stream.ended(call->arg, outcome->code,
			   is_refusal ? &outcome->status : NULL, &outcome->err);
	call_free(call);
}

static void finish_call(struct kube_call *call,
			const struct kube_outcome *outcome)
{
	struct kube_reply reply = {
		.code = outcome->code,
		.body = call->reply.data,
		.len = call->reply.len,
		.status = outcome->status,
		.err = outcome->err,
		.warning = call->warnings.len ? call->warnings.data : NULL,
	};

	call_detach(call);
	call->fn(&reply, call->arg);
	call_free(call);
}

/* Nothing of the client may be touched behind this: it may be closed. */
static void finish(struct kube_call *call, const struct kube_outcome *outcome)
{
	if (call->is_stream)
		finish_stream(call, outcome);
	else
		finish_call(call, outcome);
}

static void on_ending(void *arg)
{
	struct kube_call *call = arg;
	struct kube_outcome outcome = {.err = call->last};

	call->timer = NULL;
	finish(call, &outcome);
}

/* give_up_ms is over.  A running try ends by curl's timeout. */
static void on_limit(void *arg)
{
	struct kube_call *call = arg;
	struct kube_outcome outcome = {.err = call->last};

	call->limit = NULL;
	if (call->state == CALL_RUNNING)
		return;
	if (outcome.err.code == ERROR_NONE)
		error_set(&outcome.err, ERROR_TIMEOUT,
			  "API server %s: the request could not be sent in "
			  "time",
			  call->client->config->server);
	strbuf_clear(&call->reply);
	finish(call, &outcome);
}

/* --- tries ---------------------------------------------------------------- */

static void on_paused(void *arg)
{
	struct kube_call *call = arg;
	struct kube_client *client = call->client;

	call->timer = NULL;
	kube_client_enqueue(call);
	kube_client_pump(client);
}

/* May it be tried again, as far as its caller's patience goes? */
static bool is_patient(const struct kube_call *call, int64_t delay_ms)
{
	if (call->is_single || call->is_stream)
		return false;
	return !call->deadline_ns ||
	       clock_mono_ns() + delay_ms * NS_PER_MS < call->deadline_ns;
}

static int64_t delay_after(struct kube_call *call, int retry_after_s)
{
	int64_t delay_ms = kube_backoff_ms(&call->failures);

	if (retry_after_s > WAIT_MAX_S)
		retry_after_s = WAIT_MAX_S;
	return retry_after_s > 0 ? retry_after_s * 1000LL : delay_ms;
}

static void pause_call(struct kube_call *call, int64_t delay_ms)
{
	call->state = CALL_PAUSED;
	call->client->totals.retries++;
	call->timer = loop_after(call->client->loop, delay_ms, on_paused, call);
}

static bool may_repeat(const struct kube_call *call,
		       const struct kube_outcome *outcome)
{
	if (!outcome->may_pass)
		return false;
	return outcome->is_untouched || call->method == KUBE_GET ||
	       call->method == KUBE_DELETE;
}

/* The first 401 only says that the credential is to be renewed. */
static bool renew(struct kube_call *call, const struct kube_outcome *outcome)
{
	struct kube_client *client = call->client;

	if (outcome->code != 401)
		return false;
	kube_auth_refused(client->auth);
	if (call->was_refused)
		return false;
	call->was_refused = true;
	client->totals.retries++;
	kube_call_start(call);
	return true;
}

/* The server asks for a pause: everybody keeps it. */
static void keep_pause(struct kube_client *client,
		       const struct kube_outcome *outcome)
{
	int pause_s = outcome->status.retry_after_s;

	if (outcome->code != 429 || !pause_s)
		return;
	if (pause_s > PAUSE_ALL_MAX_S)
		pause_s = PAUSE_ALL_MAX_S;
	limit_pause(&client->limit, clock_mono_ns() + pause_s * NS_PER_S);
}

/* Hand on what came.  False: the call is gone. */
static bool hand_on(struct kube_call *call)
{
	struct kube_outcome cut = {.code = call->code};
	struct strbuf *pending = &call->pending;
	bool ok = true;

	if (call->code / 100 != 2)
		return true;
	call->is_calling = true;
	if (!call->was_accepted) {
		call->was_accepted = true;
		kube_client_good(call->client);
		ok = call->stream.data(call->arg, "", 0);
	}
	if (ok && call->state != CALL_OVER && pending->len)
		ok = call->stream.data(call->arg, pending->data, pending->len);
	call->is_calling = false;
	if (call->state == CALL_OVER) {
		call_free(call);
		return false;
	}
	if (pending->capacity > KEEP_PENDING_BYTES)
		strbuf_release(pending);
	strbuf_clear(pending);
	if (!ok)
		finish_stream(call, &cut);
	return ok;
}

void kube_call_drain(struct kube_call *call)
{
	hand_on(call);
}

static void on_done(int result, void *arg)
{
	struct kube_call *call = arg;
	struct kube_outcome outcome;
	int64_t delay_ms;

	call->transfer = NULL;
	kube_outcome_read(call, result, &outcome);
	kube_transfer_end(call);
	if (renew(call, &outcome))
		return;
	kube_client_pump(call->client);
	if (call->is_stream && !hand_on(call))
		return;
	kube_outcome_judge(call, &outcome);
	keep_pause(call->client, &outcome);
	call->last = outcome.err;
	if (may_repeat(call, &outcome)) {
		delay_ms = delay_after(call, outcome.status.retry_after_s);
		if (is_patient(call, delay_ms)) {
			call->was_asked = outcome.status.retry_after_s > 0;
			pause_call(call, delay_ms);
			return;
		}
	}
	finish(call, &outcome);
}

static void fail_start(struct kube_call *call, const struct error *err)
{
	struct kube_client *client = call->client;
	int64_t delay_ms = kube_backoff_ms(&call->failures);

	call->last = *err;
	error_prefix(&call->last, "API server %s", client->config->server);
	kube_client_trouble(client, true, 401, call->last.text);
	strbuf_clear(&call->reply);
	call->was_asked = false;
	if (is_patient(call, delay_ms)) {
		pause_call(call, delay_ms);
		return;
	}
	call->state = CALL_ENDING;
	call->timer = loop_after(client->loop, 0, on_ending, call);
}

static void on_silence(void *arg)
{
	struct kube_call *call = arg;
	int64_t silent_ms = (clock_mono_ns() - call->heard_ns) / NS_PER_MS;
	int limit_ms = call->stream.silence_ms;
	struct kube_outcome outcome = {0};

	call->timer = NULL;
	if (silent_ms < limit_ms) {
		call->timer =
			loop_after(call->client->loop, limit_ms - silent_ms,
				   on_silence, call);
		return;
	}
	call->client->pool++; /* the connection may be dead */
	error_set(&outcome.err, ERROR_TIMEOUT,
		  "API server %s: nothing came for %d s",
		  call->client->config->server, limit_ms / 1000);
	finish(call, &outcome);
}

void kube_call_start(struct kube_call *call)
{
	struct kube_client *client = call->client;
	struct error err;

	switch (kube_transfer_start(call, on_done, &err)) {
	case KUBE_AUTH_WAITING:
		call->state = CALL_AUTH;
		return;
	case KUBE_AUTH_FAILED:
		fail_start(call, &err);
		return;
	case KUBE_AUTH_READY:
		break;
	}
	call->state = CALL_RUNNING;
	client->totals.requests++;
	if (call->is_stream && call->stream.silence_ms > 0 && !call->timer)
		call->timer = loop_after(client->loop, call->stream.silence_ms,
					 on_silence, call);
}

void kube_call_hurry(struct kube_call *call)
{
	struct loop *loop = call->client->loop;

	if (call->state != CALL_PAUSED || call->was_asked)
		return;
	loop_cancel(loop, call->timer);
	call->timer = loop_after(loop, 0, on_paused, call);
}

/* --- asking --------------------------------------------------------------- */

struct kube_call *kube_call(struct kube_client *client,
			    const struct kube_request *request,
			    kube_reply_fn *fn, void *arg)
{
	struct kube_call *call = call_new(client, request->path);
	int give_up_ms = request->give_up_ms;

	call->method = request->method;
	if (request->body) {
		call->body = xmalloc(request->body_len + 1);
		memcpy(call->body, request->body, request->body_len);
		call->body_len = request->body_len;
	}
	call->content_type = xstrdup_or_null(request->content_type);
	call->timeout_ms =
		request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
	call->max_bytes = request->max_bytes ? request->max_bytes : REPLY_MAX;
	call->is_single = give_up_ms < 0;
	call->is_brief = request->is_brief;
	call->fn = fn;
	call->arg = arg;
	if (give_up_ms > 0) {
		call->deadline_ns = clock_mono_ns() + give_up_ms * NS_PER_MS;
		call->limit =
			loop_after(client->loop, give_up_ms, on_limit, call);
	}
	kube_client_enqueue(call);
	kube_client_pump(client);
	return call;
}

struct kube_call *kube_stream(struct kube_client *client,
			      const struct kube_stream_request *request)
{
	struct kube_call *call = call_new(client, request->path);

	call->is_stream = true;
	call->stream = *request;
	call->stream.path = NULL;
	call->arg = request->arg;
	call->max_bytes = REPLY_MAX;
	client->totals.streams++;
	kube_call_start(call);
	return call;
}
