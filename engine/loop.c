/* SPDX-License-Identifier: MIT */
/*
 * One wait for everything.
 *
 * A single poll() waits for curl's sockets, our descriptors, a wake descriptor
 * for other threads and the next timer.  curl tells which sockets it waits for
 * and when it wants to be called; only transfers whose socket is ready are
 * looked at (its own curl_multi_perform asks the kernel about each of them,
 * every time).  A turn is: wait, let curl work, call the owners of finished
 * transfers, call ready watches, call due timers, call the woken hook if
 * somebody woke us, call the turn hook.  A transfer that was added makes curl's
 * own timeout zero, so its request is on the wire with the next turn, which
 * follows at once.
 *
 * Watches and timers that are removed while callbacks run are only marked, and
 * freed at the end of the turn, so that a callback may remove any of them.
 */
#include "engine/loop.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/wake.h"
#include "engine/timers.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define NEVER INT64_MAX

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

/* What curl waits for. */
struct socket {
	curl_socket_t fd;
	short events;
};

struct loop {
	CURLM *multi;
	struct socket *sockets;
	size_t socket_count, socket_capacity;
	int64_t curl_at_ns; /* when curl wants to be called, or NEVER */
	int running;	    /* transfers; curl wants to tell */
	struct loop_watch *watches;
	struct timers timers;
	int wake_fd;
	struct pollfd *waiting; /* scratch: wake_fd, sockets, watches */
	size_t waiting_count, waiting_capacity;
	loop_timer_fn *turn, *woken;
	void *turn_arg, *woken_arg;
	bool has_removed;
	bool is_quitting;
	atomic_bool was_woken;
};

/* The one this thread runs. */
static _Thread_local const struct loop *own;

/* ---- what curl calls ---------------------------------------------------- */

static short to_poll_events(int what)
{
	return (short)((what & CURL_POLL_IN ? POLLIN : 0) |
		       (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		     void *mark)
{
	struct loop *loop = arg;
	size_t i = 0;

	(void)easy, (void)mark;
	while (i < loop->socket_count && loop->sockets[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE) {
		if (i < loop->socket_count)
			loop->sockets[i] = loop->sockets[--loop->socket_count];
		return 0;
	}
	if (i == loop->socket_count) {
		ARRAY_RESERVE(loop->sockets, loop->socket_count,
			      loop->socket_capacity);
		loop->socket_count++;
	}
	loop->sockets[i] = (struct socket){fd, to_poll_events(what)};
	return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *arg)
{
	struct loop *loop = arg;

	(void)multi;
	loop->curl_at_ns = timeout_ms < 0
				   ? NEVER
				   : clock_mono_ns() + timeout_ms * NS_PER_MS;
	return 0;
}

/* ---- making one --------------------------------------------------------- */

struct loop *loop_new(struct error *err)
{
	struct loop *loop;
	int wake_fd = wake_open(err);
	CURLM *multi;

	if (wake_fd < 0)
		return NULL;
	multi = curl_multi_init();
	if (!multi) {
		close(wake_fd);
		error_set(err, ERROR_SYSTEM, "create the HTTP handle");
		return NULL;
	}
	loop = xcalloc(1, sizeof(*loop));
	loop->multi = multi;
	loop->wake_fd = wake_fd;
	loop->curl_at_ns = NEVER;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop);
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
	close(loop->wake_fd);
	free(loop->sockets);
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
	/* whoever was first has signalled; in a turn it is looked at anyway */
	if (!atomic_exchange(&loop->was_woken, true) && own != loop)
		wake_signal(loop->wake_fd);
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

static int timeout_ms(struct loop *loop)
{
	const struct loop_timer *first = timers_first(&loop->timers);
	int64_t at_ns = loop->curl_at_ns;
	int64_t left;

	if (atomic_load(&loop->was_woken))
		return 0;
	if (first && first->at_ns < at_ns)
		at_ns = first->at_ns;
	if (at_ns == NEVER)
		return 60000;
	left = at_ns - clock_mono_ns();
	if (left <= 0)
		return 0;
	if (left > 60 * NS_PER_S)
		return 60000;
	return (int)((left + NS_PER_MS - 1) / NS_PER_MS); /* never early */
}

static void wait_for(struct loop *loop, int fd, short events)
{
	ARRAY_RESERVE(loop->waiting, loop->waiting_count,
		      loop->waiting_capacity);
	loop->waiting[loop->waiting_count++] =
		(struct pollfd){.fd = fd, .events = events};
}

/* Sockets, in order; then watches, in order. */
static void collect_waiting(struct loop *loop)
{
	loop->waiting_count = 0;
	wait_for(loop, loop->wake_fd, POLLIN);
	for (size_t i = 0; i < loop->socket_count; i++)
		wait_for(loop, loop->sockets[i].fd, loop->sockets[i].events);
	for (struct loop_watch *w = loop->watches; w; w = w->next)
		wait_for(loop, w->fd, w->events);
}

/* A connection that is broken is told by reading or writing. */
static int to_curl_events(const struct pollfd *ready)
{
	short broken = ready->revents & (POLLERR | POLLHUP);
	int what = 0;

	if (ready->revents & POLLIN || (broken && ready->events & POLLIN))
		what |= CURL_CSELECT_IN;
	if (ready->revents & POLLOUT || (broken && ready->events & POLLOUT))
		what |= CURL_CSELECT_OUT;
	if (ready->revents & POLLNVAL)
		what |= CURL_CSELECT_ERR;
	return what;
}

/* The `count` that were waited for; curl may have others by now, and passes
 * over those it has no more. */
static void let_curl_work(struct loop *loop, size_t count)
{
	for (size_t i = 1; i <= count; i++) {
		const struct pollfd *ready = &loop->waiting[i];
		int what = to_curl_events(ready);

		if (what)
			curl_multi_socket_action(loop->multi, ready->fd, what,
						 &loop->running);
	}
	if (loop->curl_at_ns > clock_mono_ns())
		return;
	loop->curl_at_ns = NEVER;
	curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0,
				 &loop->running);
}

/* watch is the first that was waited for, at `first`.  New ones are put in
 * front, so those from here on are exactly the same, in the same order. */
static void call_ready(struct loop *loop, struct loop_watch *watch,
		       size_t first)
{
	for (size_t i = first; i < loop->waiting_count;
	     i++, watch = watch->next) {
		short revents = loop->waiting[i].revents;

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

static void run_turn(struct loop *loop)
{
	struct loop_watch *first = loop->watches;
	size_t sockets = loop->socket_count;

	collect_waiting(loop);
	if (poll(loop->waiting, loop->waiting_count, timeout_ms(loop)) < 0)
		for (size_t i = 0; i < loop->waiting_count; i++)
			loop->waiting[i].revents = 0; /* a signal */
	if (loop->waiting[0].revents)
		wake_drain(loop->wake_fd);
	let_curl_work(loop, sockets);
	call_finished(loop);
	call_ready(loop, first, 1 + sockets);
	call_due_timers(loop);
	if (atomic_exchange(&loop->was_woken, false) && loop->woken)
		loop->woken(loop->woken_arg);
	if (loop->turn)
		loop->turn(loop->turn_arg);
	sweep_removed(loop);
}

void loop_run(struct loop *loop)
{
	const struct loop *outer = own;

	loop->is_quitting = false;
	own = loop;
	while (!loop->is_quitting)
		run_turn(loop);
	own = outer;
}
