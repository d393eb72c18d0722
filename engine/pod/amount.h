/* SPDX-License-Identifier: MIT */
/*
 * Amounts of CPU, memory and GPUs in the API's objects.
 *
 * What a pod takes of its node (kube-scheduler's rule): the sum of its
 * containers, or what its init containers need at any moment if that is more;
 * init containers that stay (restartPolicy Always) count beside all that start
 * after them; then the overhead of its runtime.  A container that names only a
 * limit requests that much.  GPUs are all resources that are whole devices or
 * slices of GPUs, by number.
 *
 * Pure.  What cannot be read counts as nothing.
 */
#ifndef ENGINE_POD_AMOUNT_H
#define ENGINE_POD_AMOUNT_H

#include "model/cluster.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define AMOUNT_UNKNOWN                                                         \
	(struct cluster_amount)                                                \
	{                                                                      \
		-1, -1, -1                                                     \
	}

/* Is it one ("nvidia.com/gpu", "amd.com/gpu", "nvidia.com/mig-1g.5gb")? */
bool amount_is_gpu(const char *resource);

/* A map of quantities ("cpu", "memory", ...): what is missing is 0. */
void amount_read(const cJSON *quantities, struct cluster_amount *ret);

/* What a pod requests of its node. */
void pod_requests_read(const cJSON *pod, struct cluster_amount *ret);

/* An item of metrics.k8s.io's PodMetricsList or NodeMetricsList: whose it is
 * and what is used; gpus is -1.  False: it is none. */
bool pod_usage_read(const cJSON *item, char *ret_name, size_t size,
		    struct cluster_amount *ret);
bool node_usage_read(const cJSON *item, char *ret_name, size_t size,
		     struct cluster_amount *ret);

#endif
