/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a process on the engine's loop, ours or an adopted one: by pidfd
 * where the kernel has them, else by looking twice a second.
 */
#ifndef ENGINE_PLATFORM_LOCAL_CHILD_H
#define ENGINE_PLATFORM_LOCAL_CHILD_H

#include "engine/loop.h"

#include <stdbool.h>
#include <sys/types.h>

struct local_child;

/* status as waitpid gives it; -1 when it was not our child. */
typedef void local_child_fn(int status, void *arg);

/* Call fn once when the process is gone, never from inside this call; the
 * handle is freed then.  The pid is only trusted together with its start time
 * (see local_start_time): another process of that number counts as gone. */
struct local_child *local_child_watch(struct loop *loop, pid_t pid,
				      unsigned long long start_time,
				      local_child_fn *fn, void *arg);
/* Stop waiting.  The process runs on. */
void local_child_forget(struct local_child *child);
/* Send a signal, never to a stranger of the same number. */
void local_child_signal(const struct local_child *child, int signal);

#endif
