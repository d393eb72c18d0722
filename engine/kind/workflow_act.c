/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of a workflow (kubernetes.md 6.5), as merge patches.
 *
 * The object has no status subresource, so a gate is opened by writing its
 * node, under the version that was seen: whoever was faster wins, and the
 * platform looks again.  Argo's own `retry` takes a workflow apart and puts it
 * together again, differently in every version; here a workflow is run again
 * as a whole, by a new attempt, which is what Argo calls resubmit.
 */
#include "engine/kind/workflow.h"

#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MERGE_PATCH "application/merge-patch+json"
#define NS_PER_SECOND 1000000000LL

static void set_patch(struct kind_patch *ret, cJSON *tree)
{
	char *text = cJSON_PrintUnformatted(tree);
	struct strbuf body = STRBUF_INIT;

	strbuf_adds(&body, text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(tree);
	ret->content_type = MERGE_PATCH;
	ret->body = strbuf_detach(&body);
}

static bool is_over(const cJSON *object)
{
	const char *phase = kind_text(
		cJSON_GetObjectItemCaseSensitive(object, "status"), "phase");

	return !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed") ||
	       !strcmp(phase, "Error");
}

static bool is_held(const cJSON *object)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(object, "spec"), "suspend"));
}

/* --- resuming ---------------------------------------------------------------
 */

static void format_time(int64_t at_ns, char *ret, size_t size)
{
	time_t seconds = (time_t)(at_ns / NS_PER_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* A gate may wait for values as well; those with a default get it.  NULL: it
 * waits for none, or err says for which. */
static cJSON *supply(const cJSON *gate, struct error *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(gate, "outputs"),
		"parameters");
	cJSON *ret = cJSON_IsArray(list) ? cJSON_Duplicate(list, true) : NULL;
	bool is_changed = false;
	cJSON *item;

	cJSON_ArrayForEach (item, ret) {
		const cJSON *from =
			cJSON_GetObjectItemCaseSensitive(item, "valueFrom");
		const cJSON *value =
			cJSON_GetObjectItemCaseSensitive(from, "default");

		if (!cJSON_GetObjectItemCaseSensitive(from, "supplied"))
			continue;
		if (!value) {
			error_set(err, ERROR_INVALID,
				  "step %.100s wants a value for its output "
				  "%.100s: give it with argo node set",
				  kind_text(gate, "displayName"),
				  kind_text(item, "name"));
			is_changed = false;
			break;
		}
		cJSON_DeleteItemFromObjectCaseSensitive(item, "value");
		cJSON_AddItemToObject(item, "value",
				      cJSON_Duplicate(value, true));
		cJSON_DeleteItemFromObjectCaseSensitive(item, "valueFrom");
		is_changed = true;
	}
	if (is_changed)
		return ret;
	cJSON_Delete(ret);
	return NULL;
}

static bool add_gate(cJSON *nodes, const struct workflow_node *gate,
		     const char *now, struct error *err)
{
	cJSON *node = cJSON_AddObjectToObject(nodes, gate->id);
	struct error problem = {ERROR_NONE, ""};
	cJSON *values = supply(gate->json, &problem);

	if (problem.code) {
		*err = problem;
		return false;
	}
	cJSON_AddStringToObject(node, "phase", "Succeeded");
	cJSON_AddStringToObject(node, "finishedAt", now);
	cJSON_AddStringToObject(node, "message", "resumed by trialdeck");
	if (values)
		cJSON_AddItemToObject(cJSON_AddObjectToObject(node, "outputs"),
				      "parameters", values);
	return true;
}

/* Gates that wait, as members of status.nodes; *ret is NULL when there are
 * none. */
static bool find_gates(const struct workflow_nodes *nodes, const char *now,
		       cJSON **ret, struct error *err)
{
	bool ok = true;

	*ret = NULL;
	for (size_t i = 0; ok && i < nodes->count; i++) {
		const struct workflow_node *node = &nodes->items[i];

		if (!workflow_node_is(node, "Suspend") || !*node->id ||
		    strcmp(node->phase, "Running") != 0)
			continue;
		if (!*ret)
			*ret = cJSON_CreateObject();
		ok = add_gate(*ret, node, now, err);
	}
	if (!ok) {
		cJSON_Delete(*ret);
		*ret = NULL;
	}
	return ok;
}

static cJSON *resume_patch(const cJSON *object, cJSON *gates)
{
	cJSON *patch = cJSON_CreateObject();

	if (is_held(object))
		cJSON_AddNullToObject(cJSON_AddObjectToObject(patch, "spec"),
				      "suspend");
	if (!gates)
		return patch;
	cJSON_AddStringToObject(
		cJSON_AddObjectToObject(patch, "metadata"), "resourceVersion",
		kind_text(cJSON_GetObjectItemCaseSensitive(object, "metadata"),
			  "resourceVersion"));
	cJSON_AddItemToObject(cJSON_AddObjectToObject(patch, "status"), "nodes",
			      gates);
	return patch;
}

static bool resume(const cJSON *object, struct kind_patch *ret,
		   struct error *err)
{
	struct workflow_nodes nodes;
	bool is_elsewhere, ok;
	cJSON *gates;
	char now[32];

	format_time(ret->now_ns, now, sizeof(now));
	workflow_nodes_read(object, &nodes);
	is_elsewhere = nodes.unpacked || nodes.notice;
	ok = find_gates(&nodes, now, &gates, err);
	workflow_nodes_release(&nodes);
	if (!ok)
		return false;
	if (gates && is_elsewhere) {
		cJSON_Delete(gates);
		gates = NULL;
		if (!is_held(object))
			return error_set(
				err, ERROR_INVALID,
				"its steps are packed, so that its gates can "
				"only be opened by Argo: argo resume %.253s",
				kind_text(cJSON_GetObjectItemCaseSensitive(
						  object, "metadata"),
					  "name"));
	}
	if (!gates && !is_held(object))
		return error_set(err, ERROR_CONFLICT,
				 "the workflow is not suspended, and none of "
				 "its steps waits to be resumed");
	set_patch(ret, resume_patch(object, gates));
	return true;
}

/* --- ending -----------------------------------------------------------------
 */

/* Argo knows spec.shutdown since 2.7; all that is certain of older objects is
 * what they lack. */
static bool is_recent(const cJSON *object)
{
	static const char *const keys[] = {
		"progress", "conditions", "resourcesDuration",
		"artifactRepositoryRef", "taskResultsCompletionStatus"};
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");
	const cJSON *annotations = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(object, "metadata"),
		"annotations");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (cJSON_GetObjectItemCaseSensitive(status, keys[i]))
			return true;
	return *kind_text(annotations, "workflows.argoproj.io/pod-name-format");
}

static void end(const cJSON *object, const char *how, struct kind_patch *ret)
{
	cJSON *patch = cJSON_CreateObject();
	cJSON *spec = cJSON_AddObjectToObject(patch, "spec");

	cJSON_AddStringToObject(spec, "shutdown", how);
	if (!is_recent(object)) /* what `argo terminate` did until 2.6 */
		cJSON_AddNumberToObject(spec, "activeDeadlineSeconds", 0);
	set_patch(ret, patch);
}

bool workflow_act(enum kind_action action, const cJSON *object,
		  struct kind_patch *ret, struct error *err)
{
	cJSON *patch;

	if (action == KIND_RETRY)
		return error_set(err, ERROR_INVALID,
				 "a workflow is run again as a whole: restart "
				 "the trial when it is over");
	if (is_over(object))
		return error_set(err, ERROR_CONFLICT,
				 "the workflow is over already");
	switch (action) {
	case KIND_SUSPEND:
		if (is_held(object))
			return error_set(err, ERROR_CONFLICT,
					 "the workflow is suspended already");
		patch = cJSON_CreateObject();
		cJSON_AddTrueToObject(cJSON_AddObjectToObject(patch, "spec"),
				      "suspend");
		set_patch(ret, patch);
		return true;
	case KIND_RESUME:
		return resume(object, ret, err);
	case KIND_STOP:
		end(object, "Stop", ret);
		return true;
	case KIND_TERMINATE:
		end(object, "Terminate", ret);
		return true;
	case KIND_RETRY:
		break;
	}
	return error_set(err, ERROR_INVALID, "no such action");
}
