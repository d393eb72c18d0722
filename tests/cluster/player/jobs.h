/* SPDX-License-Identifier: MIT */
/*
 * The job controller and the scheduler, played: a Job of ours gets one pod, on
 * our node at once.  What becomes of objects whose owner is gone is the real
 * garbage collector's business.  Thread: the loop's.
 */
#ifndef TESTS_CLUSTER_PLAYER_JOBS_H
#define TESTS_CLUSTER_PLAYER_JOBS_H

#include "tests/cluster/player/http.h"

struct jobs;

struct jobs *jobs_play(struct http *http, const char *node);
/* Path of the job that a pod belongs to, or NULL.  The caller frees. */
char *job_path(const cJSON *pod);
/* Its pod has succeeded. */
void job_complete(struct jobs *jobs, const char *path);

#endif
