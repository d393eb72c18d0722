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
/* The attempt is over, and with it whatever was not: what ran becomes `state`,
 * what waited skipped, both for this reason where they have none.  Did
 * anything change? */
bool part_list_settle(struct part_list *list, enum part_state state,
		      int64_t ended_ns, const char *reason);
/* Is all that is known of them the same? */
bool part_is_same(const struct trial_part *a, const struct trial_part *b);
/* Is there nothing under it?  index is below count. */
bool part_list_is_leaf(const struct part_list *list, size_t index);

/* Does it have a log?  Leaves do that have or had a pod. */
bool part_has_log(const struct part_list *list, size_t index);
/* Are they steps of a workflow, rather than pods and the roles they play? */
bool part_list_has_steps(const struct part_list *list);

/* "running"; static storage. */
const char *part_state_name(enum part_state state);
bool part_state_parse(const char *name, enum part_state *ret);

/* Of the leaves, which are what runs; skipped ones do not count. */
struct part_counts {
	int total; /* omitted ones included */
	int states[PART_STATE_COUNT];
};

void part_list_count(const struct part_list *list, struct part_counts *ret);

/* Lines of an attempt that consists of parts stand in one log, each behind the
 * name of the part it comes from, cut to PART_MARK_NAME bytes: "[worker-1] step
 * 3"; of a container other than the command's "[worker-1/proxy] ...".  Bytes of
 * that mark, its blank included; 0: the line has none. */
#define PART_MARK_NAME 60
#define PART_MARK_MAX 96
size_t part_mark_length(const char *line, size_t len);

#endif
