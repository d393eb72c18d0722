/* SPDX-License-Identifier: MIT */
/*
 * TensorBoard in the cluster: one pod that mounts the experiment's storage,
 * reads outputs and serves them until it is stopped or its time is up.
 *
 * A bare Pod: nothing brings it back, so nothing is left behind for longer than
 * its deadline, and starting another one sweeps away those that have ended.
 * Blocking, with a loop of its own; thread: any, with nothing else on it.
 */
#ifndef ENGINE_PLATFORM_KUBERNETES_BOARD_H
#define ENGINE_PLATFORM_KUBERNETES_BOARD_H

#include "base/error.h"
#include "model/experiment.h"

#include <stddef.h>
#include <stdint.h>

#define BOARD_PORT 6006
#define BOARD_LABEL "trialdeck-tensorboard"
#define BOARD_CONTAINER "tensorboard"

/* A folder to show: path below the storage's root. */
struct board_run {
	const char *name, *path;
};

struct board_options {
	const struct experiment *experiment;
	const struct experiment_config *config;
	const char *image;
	const char *command; /* shell line in place of "tensorboard"; or NULL */
	const struct board_run *runs;
	size_t count;
	int64_t deadline_s;
	int wait_s; /* for it to run */
	/* Why it waits, when that changes; or NULL. */
	void (*waiting)(void *arg, const char *reason);
	void *arg;
};

struct board_place {
	char pod[64];
	char namespace[64];
};

/* Replace what is there of this experiment.  Fails with the reason why it does
 * not run; the pod is removed then. */
bool board_start(const struct board_options *options, struct board_place *ret,
		 struct error *err);
/* Remove it; *ret_was_there. */
bool board_stop(const struct experiment *experiment,
		const struct experiment_config *config, bool *ret_was_there,
		struct error *err);

/* The pod, in board_pod.c.  Caller frees with cJSON_Delete. */
struct cJSON;
struct cJSON *board_pod(const struct board_options *options, const char *name);

#endif
