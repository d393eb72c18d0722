/* SPDX-License-Identifier: MIT */
/* The client as a whole: its queue, its rate limit, what is wrong with it. */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/client_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_PER_S 200
#define DOUBTS_MAX 3
/* More at once are not answered sooner, but each costs some 50 kB, and a
 * connection where those are not shared. */
#define RUNNING_MAX 16
#define HTTP2_SINCE 0x080100 /* transfer.c says why */
#define CONNECTIONS_KEPT 64L

/* --- the queue ------------------------------------------------------------ */

void kube_client_enqueue(struct kube_call *call)
{
	struct kube_client *client = call->client;

	call->state = CALL_QUEUED;
	call->queued_ns = clock_mono_ns();
	call->queue_prev = client->queue_tail;
	call->queue_next = NULL;
	if (client->queue_tail)
		client->queue_tail->queue_next = call;
	else
		client->queue_head = call;
	client->queue_tail = call;
}

static struct kube_call *dequeue(struct kube_client *client, int64_t now_ns)
{
	struct kube_call *call = client->queue_head;

	client->queue_head = call->queue_next;
	if (client->queue_head)
		client->queue_head->queue_prev = NULL;
	else
		client->queue_tail = NULL;
	call->queue_next = call->queue_prev = NULL;
	client->totals.limited_ms += (now_ns - call->queued_ns) / NS_PER_MS;
	return call;
}

static void on_pump(void *arg)
{
	struct kube_client *client = arg;

	client->pump = NULL;
	kube_client_pump(client);
}

void kube_client_pump(struct kube_client *client)
{
	while (client->queue_head && !client->pump &&
	       client->running < RUNNING_MAX) {
		int64_t now_ns = clock_mono_ns();
		int64_t wait_ns = limit_take(&client->limit, now_ns);

		if (wait_ns)
			client->pump = loop_after(client->loop,
						  wait_ns / NS_PER_MS + 1,
						  on_pump, client);
		else
			kube_call_start(dequeue(client, now_ns));
	}
}

static void on_auth_ready(void *arg)
{
	struct kube_client *client = arg;

	for (struct kube_call *call = client->calls; call; call = call->next) {
		if (call->state != CALL_AUTH)
			continue;
		if (call->is_stream)
			kube_call_start(call);
		else
			kube_client_enqueue(call);
	}
	kube_client_pump(client);
}

/* --- faults --------------------------------------------------------------- */

static void on_telling(void *arg)
{
	struct kube_client *client = arg;

	client->telling = NULL;
	if (!strcmp(client->told, client->trouble))
		return;
	memcpy(client->told, client->trouble, sizeof(client->told));
	if (client->fault)
		client->fault(client->arg, *client->told ? client->told : NULL);
}

/* Trouble is found inside calls of ours, and told outside of them. */
static void tell_soon(struct kube_client *client)
{
	if (!client->telling)
		client->telling =
			loop_after(client->loop, 0, on_telling, client);
}

void kube_client_trouble(struct kube_client *client, bool is_sure, int code,
			 const char *text)
{
	bool is_known = *client->trouble != '\0';

	if (!is_sure && ++client->doubts < DOUBTS_MAX && !is_known)
		return;
	if (is_known && client->trouble_code == code)
		return;
	client->trouble_code = code;
	snprintf(client->trouble, sizeof(client->trouble), "%s", text);
	tell_soon(client);
}

void kube_client_good(struct kube_client *client)
{
	client->doubts = 0;
	if (!*client->trouble)
		return;
	*client->trouble = '\0';
	tell_soon(client);
	for (struct kube_call *call = client->calls; call; call = call->next)
		kube_call_hurry(call);
	while (client->waiters) {
		struct kube_waiter *waiter = client->waiters;

		kube_client_unwait(client, waiter);
		waiter->hurry(waiter->arg);
	}
}

void kube_client_wait(struct kube_client *client, struct kube_waiter *waiter)
{
	if (waiter->is_waiting)
		return;
	waiter->is_waiting = true;
	waiter->previous = NULL;
	waiter->next = client->waiters;
	if (waiter->next)
		waiter->next->previous = waiter;
	client->waiters = waiter;
}

void kube_client_unwait(struct kube_client *client, struct kube_waiter *waiter)
{
	if (!waiter->is_waiting)
		return;
	waiter->is_waiting = false;
	if (waiter->next)
		waiter->next->previous = waiter->previous;
	if (waiter->previous)
		waiter->previous->next = waiter->next;
	else
		client->waiters = waiter->next;
}

/* --- open and close ------------------------------------------------------- */

bool kube_client_open(const struct kube_client_options *options,
		      struct kube_client **ret, struct error *err)
{
	struct kube_client *client = xcalloc(1, sizeof(*client));
	double per_s = options->requests_per_s > 0 ? options->requests_per_s
						   : REQUESTS_PER_S;
	int burst = options->burst > 0 ? options->burst : (int)(2 * per_s);
	struct kube_auth_options auth = {
		.loop = options->loop,
		.config = options->config,
		.ready = on_auth_ready,
		.arg = client,
	};

	client->loop = options->loop;
	client->config = options->config;
	client->fault = options->fault;
	client->arg = options->arg;
	limit_init(&client->limit, per_s, burst, clock_mono_ns());
	if (!kube_auth_open(&auth, &client->auth, err)) {
		free(client);
		return false;
	}
	client->auth_generation = kube_auth_generation(client->auth);
	client->is_http2 =
		curl_version_info(CURLVERSION_NOW)->version_num >= HTTP2_SINCE;
	curl_multi_setopt(loop_curl(client->loop), CURLMOPT_PIPELINING,
			  CURLPIPE_MULTIPLEX);
	curl_multi_setopt(loop_curl(client->loop), CURLMOPT_MAXCONNECTS,
			  CONNECTIONS_KEPT);
	*ret = client;
	return true;
}

void kube_client_close(struct kube_client *client)
{
	if (!client)
		return;
	while (client->calls)
		kube_call_discard(client->calls);
	loop_cancel(client->loop, client->pump);
	loop_cancel(client->loop, client->telling);
	kube_auth_close(client->auth);
	for (size_t i = 0; i < client->spare_count; i++)
		curl_easy_cleanup(client->spares[i]);
	free(client);
}

struct loop *kube_client_loop(const struct kube_client *client)
{
	return client->loop;
}

const struct kube_config *kube_client_config(const struct kube_client *client)
{
	return client->config;
}

void kube_client_totals(const struct kube_client *client,
			struct kube_totals *ret)
{
	*ret = client->totals;
}

void kube_encode(struct strbuf *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("-._~", *p)) {
			strbuf_addch(out, (char)*p);
		} else {
			strbuf_addch(out, '%');
			strbuf_addch(out, hex[*p >> 4]);
			strbuf_addch(out, hex[*p & 15]);
		}
	}
}
