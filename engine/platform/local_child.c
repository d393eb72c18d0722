/* SPDX-License-Identifier: MIT */
/* Waiting for a process on the engine's loop. */
#include "engine/platform/local_child.h"

#include "base/mem.h"
#include "engine/platform/local.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 500

struct local_child {
	struct loop *loop;
	pid_t pid;
	unsigned long long start_time;
	int pidfd; /* -1: none */
	struct loop_watch *watch;
	struct loop_timer *timer;
	local_child_fn *fn;
	void *arg;
};

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

static int send_by_pidfd(int pidfd, int signal)
{
#ifdef SYS_pidfd_send_signal
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
#else
	(void)pidfd, (void)signal;
	return -1;
#endif
}

void local_child_forget(struct local_child *child)
{
	if (!child)
		return;
	loop_unwatch(child->loop, child->watch);
	loop_cancel(child->loop, child->timer);
	if (child->pidfd >= 0)
		close(child->pidfd);
	free(child);
}

static void finish(struct local_child *child)
{
	local_child_fn *fn = child->fn;
	void *arg = child->arg;
	int status = -1;

	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		status = -1;
	local_child_forget(child);
	fn(status, arg);
}

static void on_pidfd(int fd, short events, void *arg)
{
	(void)fd, (void)events;
	finish(arg);
}

/* Start time 0 is what a process has that was gone already when asked. */
static bool is_alive(const struct local_child *child)
{
	return child->start_time &&
	       local_start_time(child->pid) == child->start_time;
}

static void look(void *arg)
{
	struct local_child *child = arg;

	child->timer = NULL;
	if (is_alive(child))
		child->timer = loop_after(child->loop, LOOK_MS, look, child);
	else
		finish(child);
}

struct local_child *local_child_watch(struct loop *loop, pid_t pid,
				      unsigned long long start_time,
				      local_child_fn *fn, void *arg)
{
	struct local_child *child = xcalloc(1, sizeof(*child));

	*child = (struct local_child){.loop = loop,
				      .pid = pid,
				      .start_time = start_time,
				      .pidfd = open_pidfd(pid),
				      .fn = fn,
				      .arg = arg};
	/* asked only now: from here on the descriptor holds the identity */
	if (!is_alive(child))
		child->timer = loop_after(loop, 0, look, child);
	else if (child->pidfd >= 0)
		child->watch = loop_watch_fd(loop, child->pidfd, POLLIN,
					     on_pidfd, child);
	else
		child->timer = loop_after(loop, LOOK_MS, look, child);
	return child;
}

void local_child_signal(const struct local_child *child, int signal)
{
	if (!is_alive(child))
		return;
	if (child->pidfd < 0 || send_by_pidfd(child->pidfd, signal) < 0)
		kill(child->pid, signal);
}
