/* SPDX-License-Identifier: MIT */
/*
 * Kueue's Workload of a job: why it is still in the queue.  Pure.
 * Source: Kueue's API reference, kueue.x-k8s.io/v1beta1 and v1beta2, whose
 * conditions are the same.
 */
#ifndef ENGINE_POD_WORKLOAD_H
#define ENGINE_POD_WORKLOAD_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct workload_view {
	char job_uid[64];
	char job_name[254]; /* empty: only the uid is known */
	/* one safe line for people; empty once it has been let go: "queued by
	 * Kueue in gpu-queue: insufficient unused quota for nvidia.com/gpu in
	 * flavor a100, 4 more needed" */
	char reason[400];
};

/* False: it is of no job. */
bool workload_read(const cJSON *workload, struct workload_view *ret);

#endif
