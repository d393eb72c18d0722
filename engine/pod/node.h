/* SPDX-License-Identifier: MIT */
/* The digest of a node, for the cluster view. */
#ifndef ENGINE_POD_NODE_H
#define ENGINE_POD_NODE_H

#include "model/cluster.h"

#include <cjson/cJSON.h>

/* Name (cut as pod_view's, so that they compare), state, GPU model, taints and
 * what is allocatable.  What a node does not know of itself is left unknown:
 * requested, used and pods are -1, trials and at_ns 0.  False: it is no node.
 * Pure. */
bool cluster_node_read(const cJSON *node, struct cluster_node *ret);

#endif
