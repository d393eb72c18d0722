/* SPDX-License-Identifier: MIT */
/*
 * One wait for everything.
 *
 * curl's multi handle is the poll: curl_multi_poll takes our descriptors
 * beside its own sockets and can be woken from any thread, so HTTP transfers,
 * children, the side port's queue and timers share a single call.  A turn is:
 * wait, let curl work, call the owners of finished transfers, call ready
 * watches, call due timers, call the woken hook if somebody woke us, call the
 * turn hook.  A transfer that was added makes curl's own timeout zero, so its
 * request is on the wire with the next turn, which follows at once.
 *
 * Watches and timers that are removed while callbacks run are only marked, and
 * freed at the end of the turn, so that a callback may remove any of them.
 */
#include "engine/loop.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/timers.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

struct loop_watch {
	struct loop_watch *next;
	int fd;
	short events;
	bool is_removed;
	loop_fd_fn *fn;
	void *arg;
};

struct loop_transfer {
	CURL *easy;
	loop_transfer_fn *fn;
	void *arg;
};

struct loop {
	CURLM *multi;
	struct loop_watch *watches;
	struct timers timers;
	struct curl_waitfd *waiting; /* scratch, one a watch */
	size_t waiting_capacity;
	loop_timer_fn *turn, *woken;
	void *turn_arg, *woken_arg;
	bool has_removed;
	bool is_quitting;
	atomic_bool was_woken;
};

struct loop *loop_new(struct error *err)
{
	struct loop *loop;
	CURLM *multi = curl_multi_init();

	if (!multi) {
		error_set(err, ERROR_SYSTEM, "create the HTTP handle");
		return NULL;
	}
	loop = xcalloc(1, sizeof(*loop));
	loop->multi = multi;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->watches) {
		struct loop_watch *next = loop->watches->next;

		free(loop->watches);
		loop->watches = next;
	}
	timers_release(&loop->timers);
	curl_multi_cleanup(loop->multi);
	free(loop->waiting);
	free(loop);
}

struct loop_watch *loop_watch_fd(struct loop *loop, int fd, short events,
				 loop_fd_fn *fn, void *arg)
{
	struct loop_watch *watch = xcalloc(1, sizeof(*watch));

	watch->fd = fd;
	watch->events = events;
	watch->fn = fn;
	watch->arg = arg;
	watch->next = loop->watches;
	loop->watches = watch;
	return watch;
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	if (!watch)
		return;
	watch->is_removed = true;
	loop->has_removed = true;
}

static void sweep_removed(struct loop *loop)
{
	struct loop_watch **at = &loop->watches;

	if (!loop->has_removed)
		return;
	while (*at) {
		struct loop_watch *watch = *at;

		if (watch->is_removed) {
			*at = watch->next;
			free(watch);
		} else {
			at = &watch->next;
		}
	}
	loop->has_removed = false;
}

struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms,
			      loop_timer_fn *fn, void *arg)
{
	return timers_add(&loop->timers, clock_mono_ns() + delay_ms * NS_PER_MS,
			  fn, arg);
}

/* A timer whose function runs is out of the heap and freed behind it. */
void loop_cancel(struct loop *loop, struct loop_timer *timer)
{
	if (!timer || timer->place == TIMER_OUT)
		return;
	timers_remove(&loop->timers, timer);
	free(timer);
}

void loop_set_turn(struct loop *loop, loop_timer_fn *fn, void *arg)
{
	loop->turn = fn;
	loop->turn_arg = arg;
}

void loop_set_woken(struct loop *loop, loop_timer_fn *fn, void *arg)
{
	loop->woken = fn;
	loop->woken_arg = arg;
}

void loop_quit(struct loop *loop)
{
	loop->is_quitting = true;
}

void loop_wake(struct loop *loop)
{
	atomic_store(&loop->was_woken, true);
	curl_multi_wakeup(loop->multi);
}

void *loop_curl(struct loop *loop)
{
	return loop->multi;
}

struct loop_transfer *loop_transfer(struct loop *loop, void *easy,
				    loop_transfer_fn *fn, void *arg)
{
	struct loop_transfer *transfer = xcalloc(1, sizeof(*transfer));

	transfer->easy = easy;
	transfer->fn = fn;
	transfer->arg = arg;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_multi_add_handle(loop->multi, easy);
	return transfer;
}

void loop_transfer_cancel(struct loop *loop, struct loop_transfer *transfer)
{
	if (!transfer)
		return;
	curl_multi_remove_handle(loop->multi, transfer->easy);
	free(transfer);
}

/* Removing a handle takes its message out of the queue as well, so a function
 * that cancels another transfer never has it finish afterwards. */
static void call_finished(struct loop *loop)
{
	struct loop_transfer *transfer;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left))) {
		int result = (int)message->data.result;
		CURL *easy = message->easy_handle;
		char *private = NULL;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
		curl_multi_remove_handle(loop->multi, easy);
		transfer = (struct loop_transfer *)(void *)private;
		if (!transfer)
			continue;
		transfer->fn(result, transfer->arg);
		free(transfer);
	}
}

static int timeout_ms(const struct loop *loop)
{
	const struct loop_timer *first = timers_first(&loop->timers);
	int64_t left;

	if (!first)
		return 60000;
	left = first->at_ns - clock_mono_ns();
	if (left <= 0)
		return 0;
	if (left > 60 * NS_PER_S)
		return 60000;
	return (int)((left + NS_PER_MS - 1) / NS_PER_MS); /* never early */
}

static unsigned int collect_waiting(struct loop *loop)
{
	size_t count = 0;

	for (struct loop_watch *w = loop->watches; w; w = w->next) {
		ARRAY_RESERVE(loop->waiting, count, loop->waiting_capacity);
		loop->waiting[count].fd = w->fd;
		loop->waiting[count].events =
			(short)((w->events & POLLIN ? CURL_WAIT_POLLIN : 0) |
				(w->events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
		loop->waiting[count].revents = 0;
		count++;
	}
	return (unsigned int)count;
}

static short to_poll_events(short revents)
{
	return (short)((revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
		       (revents & CURL_WAIT_POLLOUT ? POLLOUT : 0) |
		       (revents & CURL_WAIT_POLLPRI ? POLLPRI : 0));
}

/* watch is the first that was waited for.  New ones are put in front, so the
 * `count` from here on are exactly those, in the same order. */
static void call_ready(struct loop *loop, struct loop_watch *watch,
		       unsigned int count)
{
	for (unsigned int i = 0; i < count; i++, watch = watch->next) {
		short revents = to_poll_events(loop->waiting[i].revents);

		if (revents && !watch->is_removed)
			watch->fn(watch->fd, revents, watch->arg);
	}
}

static void call_due_timers(struct loop *loop)
{
	int64_t now = clock_mono_ns();

	struct loop_timer *timer;

	while ((timer = timers_first(&loop->timers)) && timer->at_ns <= now) {
		timers_remove(&loop->timers, timer);
		timer->fn(timer->arg);
		free(timer);
	}
}

void loop_run(struct loop *loop)
{
	loop->is_quitting = false;
	while (!loop->is_quitting) {
		struct loop_watch *first = loop->watches;
		unsigned int count = collect_waiting(loop);
		int running;

		curl_multi_poll(loop->multi, loop->waiting, count,
				timeout_ms(loop), NULL);
		curl_multi_perform(loop->multi, &running);
		call_finished(loop);
		call_ready(loop, first, count);
		call_due_timers(loop);
		if (atomic_exchange(&loop->was_woken, false) && loop->woken)
			loop->woken(loop->woken_arg);
		if (loop->turn)
			loop->turn(loop->turn_arg);
		sweep_removed(loop);
	}
}
