/* SPDX-License-Identifier: MIT */
/*
 * The engine's one wait: descriptors, timers and HTTP transfers together.
 *
 * Everything is called on the thread that runs loop_run, but for loop_wake.
 * Callbacks may add and remove watches and timers freely, themselves included.
 */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include "base/error.h"

#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;
struct loop_transfer;

typedef void loop_fd_fn(int fd, short events, void *arg);
typedef void loop_timer_fn(void *arg);
typedef void loop_transfer_fn(int result, void *arg); /* CURLcode */

struct loop *loop_new(struct error *err);
void loop_free(struct loop *loop);

/* Call fn whenever one of events (POLLIN, POLLOUT) is ready.  The descriptor
 * stays the caller's: remove the watch, then close. */
struct loop_watch *loop_watch_fd(struct loop *loop, int fd, short events,
				 loop_fd_fn *fn, void *arg);
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Call fn once after delay_ms (never early).  The timer is gone when fn runs.
 */
struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms,
			      loop_timer_fn *fn, void *arg);
void loop_cancel(struct loop *loop, struct loop_timer *timer); /* NULL ok */

/* Called once a turn, after all callbacks and before waiting again. */
void loop_set_turn(struct loop *loop, loop_timer_fn *fn, void *arg);
/* Called when loop_wake was. */
void loop_set_woken(struct loop *loop, loop_timer_fn *fn, void *arg);

void loop_run(struct loop *loop);
void loop_quit(struct loop *loop); /* thread: engine */
void loop_wake(struct loop *loop); /* thread: any */

/* The curl multi handle of this loop (CURLM *), for HTTP clients. */
void *loop_curl(struct loop *loop);
/* Start a transfer (CURL *, whose CURLOPT_PRIVATE is the loop's from here on);
 * fn is called once when it is over, the handle is the caller's again then and
 * the transfer is gone.  Not from inside curl's own callbacks: those must set a
 * timer of 0 ms, which is due in the same turn. */
struct loop_transfer *loop_transfer(struct loop *loop, void *easy,
				    loop_transfer_fn *fn, void *arg);
/* Take the handle out; fn will not be called.  NULL ok. */
void loop_transfer_cancel(struct loop *loop, struct loop_transfer *transfer);

#endif
