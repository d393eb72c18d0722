/* SPDX-License-Identifier: MIT */
/*
 * What an attempt consists of: the pods of its roles, or the steps of its
 * workflow, as a tree written down in order with depths.
 */
#ifndef MODEL_PART_H
#define MODEL_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts of one attempt that are kept; the rest is counted in the last. */
#define PARTS_MAX 500

enum part_state {
	PART_WAITING,
	PART_RUNNING,
	PART_SUCCEEDED,
	PART_FAILED,
	PART_SKIPPED,
	PART_SUSPENDED,
	PART_STATE_COUNT
};

/* Texts are safe to draw: UTF-8 without control characters. */
struct trial_part {
	int depth;     /* 0: top */
	char name[64]; /* "worker-0", "train-model" */
	char sort[32]; /* what it is: "pod", "Steps", "DAG", "Suspend" */
	enum part_state state;
	bool is_leader; /* its log brings the metrics */
	char pod[254];	/* "": it is none, or there is none yet */
	char node[64];
	int restarts;
	int exit_code;		      /* -1 unknown */
	int64_t started_ns, ended_ns; /* wall time, 0 unknown */
	char reason[256];	      /* why it waits or failed */
};

struct part_list {
	struct trial_part *items;
	size_t count;
	size_t capacity;
	size_t omitted; /* beyond PARTS_MAX */
};

/* A new part at the end, zeroed but for exit_code -1; NULL when the list is
 * full. */
struct trial_part *part_list_add(struct part_list *list);
void part_list_release(struct part_list *list);
/* "running"; static storage. */
const char *part_state_name(enum part_state state);

#endif
