/* SPDX-License-Identifier: MIT */
/*
 * Which of its job's pods one is: the role it plays, and its number among
 * those that play the same.
 *
 * Our own label says the role; operators say both in labels that changed with
 * their generations (kubernetes.md 4.5, 5.6, 6.4), and in the pod's name.
 * Pure.
 */
#ifndef ENGINE_POD_ROLE_H
#define ENGINE_POD_ROLE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#define POD_INDEX_MAX 99999

struct pod_role {
	char name[64]; /* safe; "" when nothing says it */
	int index;     /* -1: it has no number */
};

/* job: its object's name, which names of pods begin with. */
void pod_role_read(const cJSON *pod, const char *job, struct pod_role *ret);
/* As people call it: "worker-1", "launcher", "train-model". */
void pod_role_format(const struct pod_role *role, char *ret, size_t size);

#endif
