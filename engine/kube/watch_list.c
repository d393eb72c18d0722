/* SPDX-License-Identifier: MIT */
/* The list a watch begins with, page by page. */
#include "base/mem.h"
#include "engine/kube/watch_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_TIMEOUT_MS 60000
#define POLLS_A_TRY 30

static void restart_list(struct kube_watch *watch)
{
	free(watch->token);
	watch->token = NULL;
}

/* Versions expire while we page, or before we watch: begin again at once, then
 * more slowly, and all in one page, which cannot expire. */
void kube_watch_expired(struct kube_watch *watch)
{
	restart_list(watch);
	if (++watch->expired == 1) {
		kube_watch_wait(watch, STEP_LIST, 0);
		return;
	}
	if (watch->step == STEP_PAGE)
		watch->limit = 0;
	kube_watch_back_off(watch, STEP_LIST, NULL);
}

static void list_failed(struct kube_watch *watch,
			const struct kube_reply *reply)
{
	bool may_pass = !reply->code || reply->code == 429 ||
			reply->code >= 500 || reply->code == 401;

	if (reply->code == 410) {
		kube_watch_expired(watch);
		return;
	}
	kube_watch_tell_failure(watch, "list", reply->err.text);
	if (reply->err.code == ERROR_LIMIT && watch->limit != 1) {
		watch->limit = watch->limit ? watch->limit / 5 : PAGE_OBJECTS;
		if (watch->limit < 1)
			watch->limit = 1;
		may_pass = false;
	}
	if (!may_pass)
		restart_list(watch);
	kube_watch_back_off(watch, watch->token ? STEP_PAGE : STEP_LIST,
			    &reply->status);
}

static bool on_listed_object(void *arg, const cJSON *object)
{
	return kube_watch_tell_object(arg, KUBE_ADDED, object);
}

static void tell_skipped(struct kube_watch *watch, size_t count)
{
	char text[256];

	if (!count)
		return;
	snprintf(text, sizeof(text),
		 "%.100s: %zu objects larger than %zu bytes are not shown",
		 watch->name, count, watch->object_max);
	kube_watch_tell(watch, text);
}

static void list_is_over(struct kube_watch *watch)
{
	watch->limit = PAGE_OBJECTS;
	if (watch->user.listed)
		watch->user.listed(watch->user.arg);
	if (!watch->is_polling) {
		kube_watch_wait(watch, STEP_WATCH, 0);
		return;
	}
	watch->failures = watch->expired = 0;
	kube_watch_tell(watch, watch->polling);
	if (++watch->polls % POLLS_A_TRY)
		kube_watch_wait(watch, STEP_LIST, watch->poll_ms);
	else
		kube_watch_wait(watch, STEP_WATCH, 0);
}

static void read_page(struct kube_watch *watch, const struct kube_reply *reply)
{
	struct kube_list list = {
		.object = on_listed_object,
		.arg = watch,
		.object_max = watch->object_max,
		.reader = &watch->reader,
	};
	struct error err;

	free(watch->token);
	watch->token = NULL;
	if (!kube_list_read(&list, reply->body, reply->len, &err)) {
		free(list.token);
		if (watch->is_closed)
			return;
		kube_watch_tell_failure(watch, "list", err.text);
		restart_list(watch);
		kube_watch_back_off(watch, STEP_LIST, NULL);
		return;
	}
	memcpy(watch->version, list.version, sizeof(watch->version));
	watch->token = list.token;
	tell_skipped(watch, list.skipped);
	if (watch->token)
		kube_watch_wait(watch, STEP_PAGE, 0);
	else if (!watch->is_closed)
		list_is_over(watch);
}

static void on_page(const struct kube_reply *reply, void *arg)
{
	struct kube_watch *watch = arg;

	watch->call = NULL;
	kube_watch_enter(watch);
	if (reply->err.code != ERROR_NONE)
		list_failed(watch, reply);
	else
		read_page(watch, reply);
	kube_watch_leave(watch);
}

/* Told before the server looks: what is made while the answer is on its way
 * may not be in it, and is not gone for that.  False: the watch is closed. */
static bool tell_listing(struct kube_watch *watch)
{
	bool goes_on;

	kube_watch_enter(watch);
	if (watch->user.listing)
		watch->user.listing(watch->user.arg);
	goes_on = !watch->is_closed;
	kube_watch_leave(watch);
	return goes_on;
}

void kube_watch_ask_page(struct kube_watch *watch)
{
	struct strbuf path = STRBUF_INIT;
	struct kube_request request = {
		.method = KUBE_GET,
		.timeout_ms = LIST_TIMEOUT_MS,
		.give_up_ms = -1, /* so that faults are told */
		.max_bytes = watch->page_bytes,
	};

	if (!watch->token && !tell_listing(watch))
		return;
	strbuf_addf(&path, "%s?", watch->path);
	if (watch->limit)
		strbuf_addf(&path, "limit=%d", watch->limit);
	strbuf_adds(&path, watch->selectors);
	if (watch->token) {
		strbuf_adds(&path, "&continue=");
		kube_encode(&path, watch->token);
	}
	request.path = path.data;
	watch->call = kube_call(watch->client, &request, on_page, watch);
	strbuf_release(&path);
}
