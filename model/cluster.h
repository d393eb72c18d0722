/* SPDX-License-Identifier: MIT */
/*
 * The cluster as far as an experiment's owner wants to see it: nodes with what
 * they have and what is taken, and where each live trial is.
 *
 * Amounts: CPU in thousandths of a core, memory in bytes, GPUs by number; -1
 * where nobody could say (no rights, no metrics server).
 */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

struct cluster_amount {
	int64_t cpu_milli, memory_bytes, gpus;
};

#define CLUSTER_AMOUNT_UNKNOWN ((struct cluster_amount){-1, -1, -1})

struct cluster_node {
	char name[64];
	bool is_ready;
	bool is_cordoned;
	char gpu_model[64];
	char taints[128]; /* "dedicated=ml:NoSchedule, ..." */
	struct cluster_amount allocatable;
	struct cluster_amount requested; /* by all pods on it */
	struct cluster_amount used;	 /* metrics.k8s.io; gpus always -1 */
	int64_t pods, pods_max;
	int64_t trials; /* of this experiment */
	int64_t at_ns;	/* wall time of the look */
};

/* The last looks at the nodes. */
struct cluster_look {
	int64_t at_ns;	   /* of the one that succeeded; 0: none yet */
	int64_t failed_ns; /* of the one that failed since; 0: none did */
	char problem[256]; /* ... and why: "list nodes: forbidden" */
};

/* Where a trial's newest attempt is, or was when it ended. */
struct trial_place {
	int64_t trial; /* key */
	int attempt;
	char pod[254];
	char node[64];
	int restarts;
	struct cluster_amount requested;
	struct cluster_amount used;
	int64_t at_ns;
};

#endif
