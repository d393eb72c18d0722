/* SPDX-License-Identifier: MIT */
/*
 * Handing out this machine's GPUs.
 *
 * A GPU has maxTrialNumberPerGpu slots.  Unless useActiveGpu is set, a GPU on
 * which somebody else computes is left alone; nvidia-smi is asked for that,
 * beside the loop and at most every few seconds.
 */
#ifndef ENGINE_PLATFORM_LOCAL_GPU_H
#define ENGINE_PLATFORM_LOCAL_GPU_H

#include "base/error.h"
#include "base/strbuf.h"
#include "engine/loop.h"
#include "model/experiment.h"

struct local_gpus;

/* Ask nvidia-smi once (with a time limit) which GPUs there are; gpuIndices
 * limits them.  folder: processes of attempts below it are not foreign.
 * changed is called from the loop when GPUs may have become free. */
bool local_gpus_open(const struct experiment_config *config, struct loop *loop,
		     const char *folder, loop_timer_fn *changed, void *arg,
		     struct local_gpus **ret, struct error *err);
void local_gpus_close(struct local_gpus *gpus); /* NULL ok */

size_t local_gpus_count(const struct local_gpus *gpus);
/* Append "0,2" for `want` free GPUs and take a slot of each, or return false:
 * none is free, or it is not known yet (changed follows). */
bool local_gpus_take(struct local_gpus *gpus, size_t want, struct strbuf *list);
/* Take (or give back) the slots of a list that was handed out before. */
void local_gpus_hold(struct local_gpus *gpus, const char *list);
void local_gpus_return(struct local_gpus *gpus, const char *list);
/* Append "waiting for a GPU (2 of 2 in use)". */
void local_gpus_describe(const struct local_gpus *gpus, size_t want,
			 struct strbuf *out);

#endif
