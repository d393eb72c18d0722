/* SPDX-License-Identifier: MIT */
/*
 * What a workflow's status means.
 *
 * People want the step that is to blame, not "child 'wf-123' failed": that
 * sentence names the next node to look at, until one is reached that ran.
 * Steps that were allowed to fail are never named by it.  Where there is no
 * such sentence (DAGs, old controllers) the pod that failed first is taken.
 */
#include "engine/kind/workflow.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps within steps, and references of messages, that are followed. */
#define DEPTH_MAX 64
/* An id in a message: a name of an object, a dash and a number. */
#define ID_SIZE 300

/* --- who is to blame --------------------------------------------------------
 */

/* "child 'wf-1234' failed" */
static int named_child(const struct workflow_nodes *nodes, const char *message)
{
	static const char before[] = "child '", after[] = "' failed";
	const char *start = strstr(message, before);
	const char *end = start ? strstr(start, after) : NULL;
	char id[ID_SIZE];
	size_t len;

	if (!end)
		return -1;
	start += sizeof(before) - 1;
	len = (size_t)(end - start);
	if (len >= sizeof(id))
		return -1;
	memcpy(id, start, len);
	id[len] = '\0';
	return workflow_node_find(nodes, id);
}

static bool is_below(const struct workflow_nodes *nodes, int index, int top)
{
	for (int i = 0; i < DEPTH_MAX && index >= 0; i++) {
		if (index == top)
			return true;
		index = nodes->items[index].parent;
	}
	return false;
}

/* A failed attempt of what succeeded in another is nobody's fault. */
static bool is_forgiven(const struct workflow_nodes *nodes, int index)
{
	for (int i = 0; i < DEPTH_MAX && index >= 0; i++) {
		const struct workflow_node *node = &nodes->items[index];

		if (workflow_node_is(node, "Retry") &&
		    !workflow_node_has_failed(node))
			return true;
		index = node->parent;
	}
	return false;
}

/* Nodes below which another one has failed: not to blame themselves. */
static bool *find_excused(const struct workflow_nodes *nodes)
{
	bool *excused = xcalloc(nodes->count + 1, sizeof(*excused));

	for (size_t i = 0; i < nodes->count; i++) {
		const struct workflow_node *node = &nodes->items[i];

		if (workflow_node_is_row(node))
			excused[i] = true;
		if (node->parent >= 0 && workflow_node_has_failed(node))
			excused[node->parent] = true;
	}
	return excused;
}

static bool is_before(const struct workflow_node *a,
		      const struct workflow_node *b)
{
	int64_t left = a->ended_ns ? a->ended_ns : INT64_MAX;
	int64_t right = b->ended_ns ? b->ended_ns : INT64_MAX;

	return left < right || (left == right && strcmp(a->name, b->name) < 0);
}

/* An attempt is called after its step: "train(1)" is "train". */
static const struct workflow_node *step_of(const struct workflow_nodes *nodes,
					   const struct workflow_node *node)
{
	const struct workflow_node *parent =
		node->parent >= 0 ? &nodes->items[node->parent] : node;

	return workflow_node_is(parent, "Retry") ? parent : node;
}

/* Of attempts the last one has the last word. */
static bool is_better(const struct workflow_nodes *nodes, int a, int b)
{
	const struct workflow_node *left = &nodes->items[a];
	const struct workflow_node *right = &nodes->items[b];
	const struct workflow_node *step = step_of(nodes, left);

	if (step == step_of(nodes, right) && step != left)
		return is_before(right, left);
	return is_before(step, step_of(nodes, right));
}

static int first_failed(const struct workflow_nodes *nodes, int top)
{
	bool *excused = find_excused(nodes);
	int best = -1;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct workflow_node *node = &nodes->items[i];

		if (excused[i] || !workflow_node_has_failed(node) ||
		    workflow_node_is_exit(nodes, node) ||
		    (top >= 0 && !is_below(nodes, (int)i, top)) ||
		    is_forgiven(nodes, (int)i))
			continue;
		if (best < 0 || is_better(nodes, (int)i, best))
			best = (int)i;
	}
	free(excused);
	return best;
}

static int find_culprit(const struct workflow_nodes *nodes)
{
	int at = workflow_node_find(nodes, nodes->name);
	int found;

	for (int i = 0; at >= 0 && i < DEPTH_MAX; i++) {
		int next = named_child(nodes, nodes->items[at].message);

		if (next < 0 || next == at)
			break;
		at = next;
	}
	found = first_failed(nodes, at);
	return found >= 0 || at < 0 ? found : first_failed(nodes, -1);
}

/* --- the reason -------------------------------------------------------------
 */

/* What a message says, without what goes without saying: that it was the main
 * container, and that the command failed on its own ("Error").  The words of
 * several generations: "failed with exit code 3", "Error (exit code 3)",
 * "main: Error (exit code 3): last lines". */
static void add_message(struct strbuf *out, const struct workflow_node *node)
{
	static const char *const before[] = {"main: ", "failed with ",
					     "Error (exit code "};
	const char *message = node->message;
	const char *close;
	size_t len;

	for (size_t i = 0; i < COUNT_OF(before); i++) {
		len = strlen(before[i]);
		close = strchr(message, ')');
		if (strncmp(message, before[i], len) != 0 ||
		    (before[i][0] == 'E' && !close))
			continue;
		message += len;
		if (before[i][0] != 'E')
			continue;
		strbuf_adds(out, "exit code ");
		strbuf_add(out, message, (size_t)(close - message));
		message = close + 1;
	}
	strbuf_adds(out, message);
	len = out->len;
	while (len && strchr(": ", out->data[len - 1]))
		len--;
	strbuf_truncate(out, len);
	if (!len && node->exit_code >= 0)
		strbuf_addf(out, "exit code %d", node->exit_code);
	else if (!len)
		strbuf_adds(out, "failed");
}

static void set_reason(struct kind_status *status,
		       const struct workflow_nodes *nodes,
		       const struct workflow_node *node)
{
	struct strbuf message = STRBUF_INIT;
	char label[128];

	workflow_node_label(step_of(nodes, node), label, sizeof(label));
	add_message(&message, node);
	kind_set_reason(status, label, message.data);
	strbuf_release(&message);
}

/* --- whose fault ------------------------------------------------------------
 */

static bool has_word(const char *message, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(message, *words))
			return true;
	return false;
}

/* What Argo says of pods that others took away. */
static bool is_of_the_cluster(const char *message)
{
	static const char *const words[] = {
		"pod deleted",	    "evicted",
		"preempt",	    "node lost",
		"node shutdown",    "nodeshutdown",
		"NodeLost",	    "node was low on resource",
		"DisruptionTarget", NULL};

	return has_word(message, words);
}

/* What the next trial would fail with, too: the workflow has not even begun. */
static bool is_of_the_file(const struct workflow_nodes *nodes,
			   const char *message)
{
	static const char *const words[] = {
		"invalid spec", "invalid workflow",  "not found", "is required",
		"forbidden",	"failed to resolve", NULL};

	return !nodes->count && has_word(message, words);
}

static void read_failure(const struct workflow_nodes *nodes, const char *phase,
			 const char *message, struct kind_status *ret)
{
	int culprit = find_culprit(nodes);
	const struct workflow_node *node =
		culprit >= 0 ? &nodes->items[culprit] : NULL;

	if (node && (node->parent >= 0 || !*message))
		set_reason(ret, nodes, node);
	else
		kind_set_reason(ret, *message ? "" : phase, message);
	if (node)
		ret->exit_code = node->exit_code;
	if (is_of_the_cluster(node ? node->message : message))
		ret->blame = POD_BLAME_INFRASTRUCTURE;
	else if (is_of_the_file(nodes, message))
		ret->blame = POD_BLAME_CONFIG;
}

/* Somebody's word ended it: that is the reason, not what it did to pods. */
static bool read_shutdown(const cJSON *spec, struct kind_status *ret)
{
	const char *shutdown = kind_text(spec, "shutdown");

	if (!strcmp(shutdown, "Stop"))
		kind_set_reason(ret, "stopped in order", "");
	else if (!strcmp(shutdown, "Terminate"))
		kind_set_reason(ret, "terminated", "");
	else
		return false;
	return true;
}

/* --- while it lives ---------------------------------------------------------
 */

static void set_waiting(struct kind_status *status,
			const struct workflow_nodes *nodes,
			const struct workflow_node *node, const char *otherwise)
{
	char label[128];

	workflow_node_label(step_of(nodes, node), label, sizeof(label));
	kind_set_reason(status, label,
			*node->message ? node->message : otherwise);
}

/* Why it does not go on: somebody holds it, a gate waits for people, a pod
 * waits for the cluster. */
static void read_waiting(const struct workflow_nodes *nodes, const cJSON *spec,
			 const char *message, struct kind_status *ret)
{
	const struct workflow_node *gate = NULL, *pending = NULL;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct workflow_node *node = &nodes->items[i];

		if (workflow_node_is(node, "Suspend") &&
		    workflow_node_is_live(node)) {
			if (!gate || strcmp(node->name, gate->name) < 0)
				gate = node;
		} else if (!strcmp(node->phase, "Pending") && *node->message) {
			if (!pending || strcmp(node->name, pending->name) < 0)
				pending = node;
		}
	}
	ret->is_suspended =
		gate ||
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec, "suspend"));
	if (gate)
		set_waiting(ret, nodes, gate, "waits to be resumed");
	else if (ret->is_suspended)
		kind_set_reason(ret, "suspended", "");
	else if (pending)
		set_waiting(ret, nodes, pending, "pending");
	else
		kind_set_reason(ret, "", message);
}

bool workflow_read(const struct kubernetes_config *config, const cJSON *object,
		   struct kind_status *ret)
{
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(object, "spec");
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");
	const char *phase = kind_text(status, "phase");
	const char *message = kind_text(status, "message");
	struct workflow_nodes nodes;

	(void)config;
	*ret = (struct kind_status){.phase = KIND_WAITING, .exit_code = -1};
	if (!cJSON_IsObject(
		    cJSON_GetObjectItemCaseSensitive(object, "metadata")))
		return false;
	ret->started_ns = pod_time(kind_text(status, "startedAt"));
	workflow_nodes_read(object, &nodes);
	if (!strcmp(phase, "Succeeded")) {
		ret->phase = KIND_SUCCEEDED;
	} else if (!strcmp(phase, "Failed") || !strcmp(phase, "Error")) {
		ret->phase = KIND_FAILED;
		if (!read_shutdown(spec, ret))
			read_failure(&nodes, phase, message, ret);
	} else {
		if (!strcmp(phase, "Running"))
			ret->phase = KIND_RUNNING;
		read_waiting(&nodes, spec, message, ret);
	}
	if (ret->phase >= KIND_SUCCEEDED)
		ret->ended_ns = pod_time(kind_text(status, "finishedAt"));
	workflow_nodes_release(&nodes);
	return true;
}
