/* SPDX-License-Identifier: MIT */
/*
 * Conditions on an object: is it done, has it failed?  Two ways to write them:
 *
 * Katib's, a GJSON path that holds when it finds something:
 *     status.conditions.#(type=="Complete")#|#(status=="True")#
 * Argo's, a label selector whose keys are such paths:
 *     status.phase in (Done, Failed), status.replicaStatuses.Worker.failed > 0
 * An operator outside of brackets tells them apart.
 *
 * Of GJSON there are names (with * and ?, and \ before what would mean
 * something), indices, # (the length; #.x: x of each), #(x == "y") (the first
 * that matches), #(...)# (all of them), the operators == = != < <= > >= % !%
 * (the last two with * and ?) or none (x is there), | (on the whole, where .
 * is for each), [x, y] (a list of what they find) and @this.  Nothing, null,
 * false, 0, "", [] and {} are nothing found.  Of selectors all that Kubernetes
 * has: = == != < > in notin, a key alone, ! before it.
 *
 * Objects and conditions are hostile: depth and cost are bounded, and what
 * would cost more does not hold.  Sources: kubernetes.md 6.6, 7.2; GJSON's
 * documentation of its syntax.  Pure.  Thread: any.
 */
#ifndef ENGINE_KIND_CONDITION_H
#define ENGINE_KIND_CONDITION_H

#include "base/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define CONDITION_BYTES_MAX 2048
#define CONDITION_DEPTH_MAX 8 /* of queries within queries */

/* What the commas of a selector mean, as Argo has it: one of a failure's
 * suffices, of a success's all are needed. */
enum condition_use { CONDITION_SUCCESS, CONDITION_FAILURE };

struct condition;

/* The caller frees it.  NULL: err says what is wrong, and at which character:
 * "character 8, at '(type==...': ...". */
struct condition *condition_parse(const char *text, enum condition_use use,
				  struct error *err);
void condition_free(struct condition *condition); /* NULL ok */

/* What the first thing found says of itself; "" where it does not. */
struct condition_found {
	char reason[128];
	char message[512]; /* as it came, cut; make it safe */
	char time[40];	   /* lastTransitionTime */
};

/* ret may be NULL; it is complete either way. */
bool condition_holds(const struct condition *condition, const cJSON *object,
		     struct condition_found *ret);

#endif
