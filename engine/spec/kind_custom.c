/* SPDX-License-Identifier: MIT */
/*
 * Keys of kind custom: the user's own object, and what it takes to follow one
 * whose kind nobody here knows.  Names are Katib's (kubernetes.md 7.2).
 *
 *     kind: custom
 *     manifest: training.yaml
 *     successCondition: status.phase == Done
 *     failureCondition: status.phase in (Failed, Lost)
 *     primaryPodLabels: {role: master}
 *     primaryContainerName: main
 */
#include "engine/spec/cluster.h"

#include "base/mem.h"
#include "engine/kind/condition.h"
#include "engine/kind/custom.h"
#include "engine/spec/custom.h"
#include "engine/spec/kinds.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/manifest.h"
#include "engine/spec/write.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.custom.member)
#define IN_MANIFEST(key)                                                       \
	{                                                                      \
		key, VALUE_REFUSED,                                            \
			.help = "is the manifest's affair: write it into the " \
				"pods there"                                   \
	}

/* Canonical texts say it. */
static void read_keeper(struct reader *reader, const struct key *key,
			const struct node *node, void *slot)
{
	(void)key;
	(void)slot;
	if (value_is_text(reader, node) && strcmp(node->text, "none") != 0)
		reader_fail(reader, node->mark,
			    "must be none: kind custom runs what its manifest "
			    "says, and metrics are read in the primary pod's "
			    "log");
}

/* clang-format off */
static const struct key custom_keys[] = {
	{"manifest", VALUE_TREE, KEY_REQUIRED, .place = PLACE(manifest),
	 .help = "the object that a trial is, or the path of a file with it"},
	{"successCondition", VALUE_TEXT, .least = 1,
	 .most = CONDITION_BYTES_MAX, .target = CONFIG(success_condition),
	 .place = PLACE(success)},
	{"failureCondition", VALUE_TEXT, .least = 1,
	 .most = CONDITION_BYTES_MAX, .target = CONFIG(failure_condition),
	 .place = PLACE(failure)},
	{"primaryPodLabels", VALUE_OWN, .target = CONFIG(primary_pod_labels),
	 .place = PLACE(labels), .read = custom_read_labels},
	{"primaryContainerName", VALUE_OWN, .least = RULE_LABEL,
	 .target = CONFIG(primary_container), .place = PLACE(container),
	 .read = kubernetes_read_word},
	{"trialParameters", VALUE_TREE, .place = PLACE(parameters)},
	{"keeper", VALUE_OWN, .read = read_keeper},
	IN_MANIFEST("image"),
	IN_MANIFEST("resources"),
	IN_MANIFEST("imagePullPolicy"),
	IN_MANIFEST("imagePullSecrets"),
	IN_MANIFEST("env"),
	IN_MANIFEST("envFrom"),
	IN_MANIFEST("volumes"),
	IN_MANIFEST("nodeSelector"),
	IN_MANIFEST("tolerations"),
	IN_MANIFEST("affinity"),
	IN_MANIFEST("topologySpreadConstraints"),
	IN_MANIFEST("priorityClassName"),
	IN_MANIFEST("serviceAccountName"),
	IN_MANIFEST("serviceAccount"),
	IN_MANIFEST("schedulerName"),
	IN_MANIFEST("runtimeClassName"),
	IN_MANIFEST("securityContext"),
	IN_MANIFEST("podSecurityContext"),
	IN_MANIFEST("activeDeadlineSeconds"),
	IN_MANIFEST("ttlSecondsAfterFinished"),
	IN_MANIFEST("podTemplate"),
	IN_MANIFEST("storage"),
	{0},
};
/* clang-format on */
static const struct form custom_form = {custom_keys, &kubernetes_service_form};

/* --- what the object does not need -------------------------------------- */

static void check_rest(struct reader *reader, struct draft *draft)
{
	const struct place *gpus =
		draft->service.trial_gpu_number_place.node
			? &draft->service.trial_gpu_number_place
			: &draft->trial_gpu_number_place;

	if (draft->trial_command_place.node)
		reader_fail_at(reader, &draft->trial_command_place,
			       "kind custom runs what its manifest says: write "
			       "the command there, and remove it here");
	if (gpus->node)
		reader_fail_at(reader, gpus,
			       "is the manifest's affair: write it into the "
			       "pods' resources there");
	draft->config.kubernetes.keeper = KEEPER_NONE;
}

/* --- conditions --------------------------------------------------------- */

static void check_condition(struct reader *reader, const struct place *place,
			    const char *text, enum condition_use use)
{
	struct condition *condition;
	struct error err;

	if (!text)
		return;
	condition = condition_parse(text, use, &err);
	if (!condition)
		reader_fail_at(reader, place, "%s", err.text);
	condition_free(condition);
}

static void settle_conditions(struct reader *reader, struct draft *draft,
			      struct manifest *manifest,
			      const struct manifest_object *object)
{
	const struct custom_known *known =
		custom_known_find(object->api_version, object->kind);
	struct kubernetes_config *config = &draft->config.kubernetes;
	const struct custom_draft *custom = &draft->kubernetes.custom;

	check_condition(reader, &custom->success, config->success_condition,
			CONDITION_SUCCESS);
	check_condition(reader, &custom->failure, config->failure_condition,
			CONDITION_FAILURE);
	if (known && !config->success_condition)
		config->success_condition = xstrdup(known->success);
	if (known && !config->failure_condition)
		config->failure_condition = xstrdup(known->failure);
	if ((config->success_condition || custom->success.node) &&
	    (config->failure_condition || custom->failure.node))
		return;
	manifest_fail(manifest, object, "kind",
		      "when a %.64s has ended is not known: write "
		      "successCondition and failureCondition, such as "
		      "successCondition: status.phase == Succeeded",
		      object->kind);
}

/* --- the object --------------------------------------------------------- */

static const struct node *find_namespace(const struct manifest_object *object)
{
	const struct node *node =
		node_follow(object->node, "metadata.namespace", '.', NULL);

	return node && node->kind == NODE_STRING &&
			       !strstr(node->text, "${trial.namespace}")
		       ? node
		       : NULL;
}

/* It is said elsewhere now, and may be said otherwise on the command line. */
static void drop_namespace(struct kubernetes_config *config)
{
	cJSON *tree = config->manifest ? cJSON_Parse(config->manifest) : NULL;
	char *printed;

	cJSON_DeleteItemFromObjectCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(tree, "metadata"),
		"namespace");
	printed = tree ? cJSON_PrintUnformatted(tree) : NULL;
	if (printed) {
		free(config->manifest);
		config->manifest = xstrdup(printed);
	}
	cJSON_free(printed);
	cJSON_Delete(tree);
}

/* What the manifest says holds where the file says nothing. */
static void settle_namespace(struct manifest *manifest,
			     const struct manifest_object *object,
			     struct kubernetes_config *config)
{
	const struct node *node = find_namespace(object);

	if (!node)
		return;
	if (config->namespace && strcmp(config->namespace, node->text) != 0)
		manifest_fail(manifest, object, "metadata.namespace",
			      "is \"%.64s\", and trainingService.namespace is "
			      "\"%.64s\": keep one of them",
			      node->text, config->namespace);
	else if (kubernetes_rule_breach(RULE_LABEL, node->text))
		manifest_fail(manifest, object, "metadata.namespace",
			      "must be %s, got \"%.64s\"",
			      kubernetes_rule_breach(RULE_LABEL, node->text),
			      node->text);
	else if (!config->namespace)
		config->namespace = xstrdup(node->text);
	drop_namespace(config);
}

static void settle_object(struct reader *reader, struct draft *draft,
			  struct manifest *manifest,
			  const struct manifest_object *object)
{
	struct kubernetes_config *config = &draft->config.kubernetes;
	struct placeholder_names *names = placeholder_names_new(draft->space);

	if (manifest_check(manifest, object, names))
		config->manifest = manifest_json(manifest, object);
	custom_translate(manifest, object, draft, reader, names);
	placeholder_names_free(names);
	settle_namespace(manifest, object, config);
	settle_conditions(reader, draft, manifest, object);
	if (config->manifest)
		custom_settle_pods(manifest, object, draft);
}

static void custom_check(struct reader *reader, struct draft *draft)
{
	const struct place *place = &draft->kubernetes.custom.manifest;
	const struct manifest_object *object = NULL;
	struct manifest manifest;

	check_rest(reader, draft);
	if (!place->node)
		return; /* reported */
	if (manifest_open(&manifest, reader, place))
		object = manifest_one(&manifest, NULL);
	if (object)
		settle_object(reader, draft, &manifest, object);
	manifest_close(&manifest);
	spec_kind_try(reader, draft, place);
}

/* --- writing ------------------------------------------------------------ */

static void custom_write(const struct kubernetes_config *config,
			 struct strbuf *out)
{
	write_json(out, "manifest", config->manifest);
	write_text(out, "successCondition", config->success_condition);
	write_text(out, "failureCondition", config->failure_condition);
	write_json(out, "primaryPodLabels", config->primary_pod_labels);
	write_text(out, "primaryContainerName", config->primary_container);
}

const struct spec_kind spec_custom = {
	.name = "custom",
	.form = &custom_form,
	.has_own_commands = true,
	.check = custom_check,
	.write = custom_write,
};
