/* SPDX-License-Identifier: MIT */
/*
 * Argo's Workflow in trainingService: a manifest of the user's, or the name of
 * a template that is in the cluster, and what `argo submit` has flags for.
 *
 *     kind: workflow
 *     manifest: pipeline.yaml        # or workflowTemplateRef: {name: train}
 *     parameters: {model-learning-rate: "${trial.parameters.lr}"}
 *     serviceAccountName: argo
 *
 * All of it ends up in config.manifest, but for the parameters.
 */
#include "engine/spec/kind_workflow.h"

#include "base/mem.h"
#include "engine/spec/kinds.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#include <stdlib.h>

#define PLACE(member) KEY_PLACE(struct draft, kubernetes.workflow.member)
#define DRAFT(member) offsetof(struct draft, kubernetes.workflow.member)
#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)

/* --- parameters -------------------------------------------------------------
 */

/* Numbers and truth values are what `argo submit -p` takes, too. */
static bool add_value(struct reader *reader, const struct node *node,
		      struct strbuf *out)
{
	switch (node->kind) {
	case NODE_STRING:
		strbuf_add_json_string(out, node->text);
		return true;
	case NODE_BOOL:
		strbuf_adds(out, node->boolean ? "\"true\"" : "\"false\"");
		return true;
	case NODE_INTEGER:
	case NODE_FLOAT:
		strbuf_add_json_string(out, node->text);
		return true;
	default:
		return value_fail(reader, node,
				  "text, such as \"${trial.parameters.lr}\"");
	}
}

static void read_parameters(struct reader *reader, const struct key *key,
			    const struct node *node, void *slot)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	(void)key;
	if (node->kind != NODE_MAPPING) {
		value_fail(reader, node, "a mapping (parameter: value)");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);

		strbuf_addch(&out, i ? ',' : '{');
		strbuf_add_json_string(&out, entry->key);
		strbuf_addch(&out, ':');
		ok &= add_value(reader, entry->value, &out);
		reader_leave(reader, len);
	}
	strbuf_adds(&out, node->count ? "}" : "{}");
	if (ok)
		kubernetes_store(reader, node, &out, slot);
	else
		strbuf_release(&out);
}

/* --- keys -------------------------------------------------------------------
 */

#define PODS(name)                                                             \
	{                                                                      \
		name, VALUE_REFUSED,                                           \
			.help = "belongs to pods that trialdeck "              \
				"makes; a workflow brings its "                \
				"own: write it in the manifest's "             \
				"templates"                                    \
	}

/* clang-format off */
static const struct key reference_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .least = RULE_SUBDOMAIN,
	 .target = DRAFT(template_name), .read = kubernetes_read_word,
	 .help = "of a WorkflowTemplate, such as name: train"},
	{"clusterScope", VALUE_BOOL, .target = DRAFT(is_cluster_wide)},
	{0},
};
static const struct form reference_form = {reference_keys, NULL};

static const struct key workflow_keys[] = {
	{"manifest", VALUE_TREE, .place = PLACE(manifest)},
	{"workflowTemplateRef", VALUE_SECTION, .section = &reference_form,
	 .place = PLACE(reference)},
	{"parameters", VALUE_OWN, .target = CONFIG(parameters),
	 .place = PLACE(parameters), .read = read_parameters},
	{"entrypoint", VALUE_TEXT, .least = 1, .most = 253,
	 .target = DRAFT(entrypoint), .place = PLACE(entrypoint_place)},
	{"priority", VALUE_INT, .least = INT32_MIN, .most = INT32_MAX,
	 .target = DRAFT(priority), .place = PLACE(priority_place)},
	{"arguments", VALUE_REFUSED,
	 .help = "is called parameters here, a mapping: {name: value}"},
	{"templates", VALUE_REFUSED,
	 .help = "belongs into manifest: {spec: {templates: ...}}"},
	PODS("image"), PODS("imagePullPolicy"), PODS("resources"),
	PODS("env"), PODS("envFrom"), PODS("volumes"),
	PODS("topologySpreadConstraints"), PODS("runtimeClassName"),
	PODS("securityContext"), PODS("podTemplate"), PODS("queue"),
	PODS("storage"),
	{"trialCommand", VALUE_REFUSED, .help = WORKFLOW_COMMAND},
	{"command", VALUE_REFUSED, .help = WORKFLOW_COMMAND},
	{"trialGpuNumber", VALUE_REFUSED,
	 .help = "what a workflow's pods ask for stands in its templates: "
		 "remove it"},
	{0},
};
/* clang-format on */

static const struct form workflow_form = {workflow_keys,
					  &kubernetes_service_form};

static void workflow_write(const struct kubernetes_config *config,
			   struct strbuf *out)
{
	write_json(out, "manifest", config->manifest);
	write_json(out, "parameters", config->parameters);
}

const struct spec_kind spec_workflow = {
	.name = "workflow",
	.form = &workflow_form,
	.has_own_commands = true,
	.check = workflow_check,
	.write = workflow_write,
};
