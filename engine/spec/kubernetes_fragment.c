/* SPDX-License-Identifier: MIT */
/*
 * Pieces of a pod in Kubernetes' own words.
 *
 * Their keys are held against tables so that a slip of the pen is found before
 * the API server drops it silently; what is deeper or newer than the tables can
 * be said in podTemplate.
 */
#include "engine/spec/kubernetes.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT offsetof(struct kubernetes_scratch, text)
#define TRUTH offsetof(struct kubernetes_scratch, truth)
#define COUNT offsetof(struct kubernetes_scratch, count)

static const char *const toleration_operators[] = {"Exists", "Equal", "Lt",
						   "Gt", NULL};
static const char *const effects[] = {"NoSchedule", "PreferNoSchedule",
				      "NoExecute", NULL};
static const char *const unsatisfiable[] = {"DoNotSchedule", "ScheduleAnyway",
					    NULL};
static const char *const spread_policies[] = {"Honor", "Ignore", NULL};
static const char *const group_changes[] = {"OnRootMismatch", "Always", NULL};

/* clang-format off */
static const struct key toleration_keys[] = {
	{"key", VALUE_OWN, .least = RULE_KEY, .target = TEXT,
	 .read = kubernetes_read_word},
	{"operator", VALUE_WORD, .words = toleration_operators,
	 .target = TEXT},
	{"value", VALUE_OWN, .least = RULE_VALUE, .target = TEXT,
	 .read = kubernetes_read_word},
	{"effect", VALUE_WORD, .words = effects, .target = TEXT},
	{"tolerationSeconds", VALUE_COUNT, .least = INT64_MIN,
	 .most = INT64_MAX, .target = COUNT},
	{0},
};
const struct form kubernetes_toleration_form = {toleration_keys, NULL};

static const struct key affinity_keys[] = {
	{"nodeAffinity", .type = VALUE_MAP},
	{"podAffinity", .type = VALUE_MAP},
	{"podAntiAffinity", .type = VALUE_MAP},
	{0},
};
const struct form kubernetes_affinity_form = {affinity_keys, NULL};

static const struct key spread_keys[] = {
	{"maxSkew", VALUE_COUNT, KEY_REQUIRED, 1, INT32_MAX, .target = COUNT},
	{"topologyKey", VALUE_OWN, KEY_REQUIRED, .least = RULE_KEY,
	 .target = TEXT, .read = kubernetes_read_word,
	 .help = "such as topologyKey: kubernetes.io/hostname"},
	{"whenUnsatisfiable", VALUE_WORD, KEY_REQUIRED,
	 .words = unsatisfiable, .target = TEXT,
	 .help = "DoNotSchedule or ScheduleAnyway"},
	{"labelSelector", .type = VALUE_MAP},
	{"minDomains", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"matchLabelKeys", .type = VALUE_TREE},
	{"nodeAffinityPolicy", VALUE_WORD, .words = spread_policies,
	 .target = TEXT},
	{"nodeTaintsPolicy", VALUE_WORD, .words = spread_policies,
	 .target = TEXT},
	{0},
};
const struct form kubernetes_spread_form = {spread_keys, NULL};

static const struct key security_keys[] = {
	{"allowPrivilegeEscalation", VALUE_BOOL, .target = TRUTH},
	{"appArmorProfile", .type = VALUE_MAP},
	{"capabilities", .type = VALUE_MAP},
	{"privileged", VALUE_BOOL, .target = TRUTH},
	{"procMount", VALUE_TEXT, .least = 1, .target = TEXT},
	{"readOnlyRootFilesystem", VALUE_BOOL, .target = TRUTH},
	{"runAsGroup", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"runAsNonRoot", VALUE_BOOL, .target = TRUTH},
	{"runAsUser", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"seLinuxOptions", .type = VALUE_MAP},
	{"seccompProfile", .type = VALUE_MAP},
	{"windowsOptions", VALUE_REFUSED,
	 .help = "trials are Linux containers: remove it"},
	{"fsGroup", VALUE_REFUSED,
	 .help = "belongs to the pod: write it in podSecurityContext"},
	{0},
};
const struct form kubernetes_security_form = {security_keys, NULL};

static const struct key pod_security_keys[] = {
	{"appArmorProfile", .type = VALUE_MAP},
	{"fsGroup", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"fsGroupChangePolicy", VALUE_WORD, .words = group_changes,
	 .target = TEXT},
	{"runAsGroup", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"runAsNonRoot", VALUE_BOOL, .target = TRUTH},
	{"runAsUser", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"seLinuxChangePolicy", VALUE_TEXT, .least = 1, .target = TEXT},
	{"seLinuxOptions", .type = VALUE_MAP},
	{"seccompProfile", .type = VALUE_MAP},
	{"supplementalGroups", .type = VALUE_TREE},
	{"supplementalGroupsPolicy", VALUE_TEXT, .least = 1, .target = TEXT},
	{"sysctls", .type = VALUE_TREE},
	{"windowsOptions", VALUE_REFUSED,
	 .help = "trials are Linux containers: remove it"},
	{"capabilities", VALUE_REFUSED,
	 .help = "belongs to the container: write it in securityContext"},
	{"privileged", VALUE_REFUSED,
	 .help = "belongs to the container: write it in securityContext"},
	{0},
};
const struct form kubernetes_pod_security_form = {pod_security_keys, NULL};

static const struct key template_metadata_keys[] = {
	{"labels", VALUE_OWN, .target = TEXT, .read = kubernetes_read_labels},
	{"annotations", VALUE_OWN, .target = TEXT,
	 .read = kubernetes_read_annotations},
	{0},
};
static const struct form template_metadata_form = {template_metadata_keys,
						   NULL};
static const struct key template_keys[] = {
	{"metadata", VALUE_SECTION, .section = &template_metadata_form},
	{"spec", .type = VALUE_MAP},
	{0},
};
const struct form kubernetes_template_form = {template_keys, NULL};
/* clang-format on */

bool kubernetes_form_check(struct reader *reader, const struct form *form,
			   const struct node *node)
{
	struct kubernetes_scratch scratch = {0};
	size_t before = reader->problems->count;
	bool is_loose = reader->is_loose;

	/* what is passed on as it is must be spelled as Kubernetes has it */
	reader->is_loose = false;
	form_read(reader, form, node, node->mark, &scratch);
	reader->is_loose = is_loose;
	free(scratch.text);
	return reader->problems->count == before;
}

void kubernetes_store(struct reader *reader, const struct node *node,
		      struct strbuf *out, char **slot)
{
	if (out->len > KUBERNETES_FRAGMENT_MAX) {
		reader_fail(reader, node->mark, "larger than %d KiB",
			    KUBERNETES_FRAGMENT_MAX >> 10);
		strbuf_release(out);
		return;
	}
	free(*slot);
	*slot = strbuf_detach(out);
}

char *kubernetes_fragment(struct reader *reader, const struct node *node)
{
	struct strbuf out = STRBUF_INIT;
	const struct node *bad;
	char *text = NULL;

	if (node->bytes > KUBERNETES_FRAGMENT_MAX)
		reader_fail(reader, node->mark, "larger than %d KiB",
			    KUBERNETES_FRAGMENT_MAX >> 10);
	else if (!node_add_json(&out, node, &bad))
		reader_fail(reader, bad->mark, "must be a finite number");
	else
		kubernetes_store(reader, node, &out, &text);
	strbuf_release(&out);
	return text;
}

static void keep(struct reader *reader, const struct node *node, char **slot)
{
	char *text = kubernetes_fragment(reader, node);

	if (!text)
		return;
	free(*slot);
	*slot = text;
}

void kubernetes_read_object(struct reader *reader, const struct key *key,
			    const struct node *node, void *slot)
{
	if (kubernetes_form_check(reader, key->section, node) && node->count)
		keep(reader, node, slot);
}

bool kubernetes_is_list(struct reader *reader, const struct node *node,
			const char *example)
{
	char what[160];

	if (node->kind != NODE_SEQUENCE) {
		snprintf(what, sizeof(what), "a list, such as %s", example);
		return value_fail(reader, node, what);
	}
	if (node->count <= KUBERNETES_ENTRIES_MAX)
		return true;
	reader_fail(reader, node->mark, "has more than %d entries",
		    KUBERNETES_ENTRIES_MAX);
	return false;
}

size_t kubernetes_enter_item(struct reader *reader, size_t index)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", index);
	return reader_enter(reader, text);
}

void kubernetes_read_list(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot)
{
	bool ok = true;

	if (!kubernetes_is_list(reader, node, key->help))
		return;
	for (size_t i = 0; i < node->count; i++) {
		size_t len = kubernetes_enter_item(reader, i);

		ok &= kubernetes_form_check(reader, key->section,
					    node->items[i]);
		reader_leave(reader, len);
	}
	if (ok && node->count)
		keep(reader, node, slot);
}
