/* SPDX-License-Identifier: MIT */
/* Kind custom: pods of the manifest, and who they are to the platform. */
#include "engine/spec/custom.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/kind/custom.h"
#include "engine/kind/manifest_pods.h"
#include "engine/spec/kubernetes.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define LABELS "primaryPodLabels"
#define CONTAINER "primaryContainerName"
#define CONTAINERS_MAX 64 /* names that are told apart */

/* --- reading labels ----------------------------------------------------- */

static bool read_label(struct reader *reader, const struct node_entry *entry,
		       struct strbuf *out)
{
	const struct node *value = entry->value;
	struct error err;

	if (!kubernetes_key_check(reader, entry, RULE_KEY) ||
	    !value_is_text(reader, value))
		return false;
	if (!custom_label_check(value->text, &err)) {
		reader_fail(reader, value->mark, "%s", err.text);
		return false;
	}
	if (!strstr(value->text, "${") &&
	    !kubernetes_word_check(reader, value, RULE_VALUE))
		return false;
	strbuf_addch(out, out->len ? ',' : '{');
	strbuf_add_json_string(out, entry->key);
	strbuf_addch(out, ':');
	strbuf_add_json_string(out, value->text);
	return true;
}

void custom_read_labels(struct reader *reader, const struct key *key,
			const struct node *node, void *slot)
{
	struct strbuf out = STRBUF_INIT;
	char **labels = slot;
	bool ok = true;

	(void)key;
	if (node->kind != NODE_MAPPING || !node->count) {
		value_fail(reader, node,
			   "a mapping of labels, such as {role: master}");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		size_t len = reader_enter(reader, node->entries[i].key);

		ok &= read_label(reader, &node->entries[i], &out);
		reader_leave(reader, len);
	}
	strbuf_addch(&out, '}');
	if (ok)
		kubernetes_store(reader, node, &out, labels);
	strbuf_release(&out);
}

/* --- the container ------------------------------------------------------ */

/* Names of all containers of the manifest's pods, each once; borrowed. */
static size_t list_containers(const struct manifest_pods *pods,
			      const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < pods->count; i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(
				pods->items[i].template, "spec"),
			"containers");
		const cJSON *item;

		cJSON_ArrayForEach (item, list) {
			const char *name = kind_text(item, "name");
			bool is_new = *name && count < CONTAINERS_MAX;

			for (size_t j = 0; is_new && j < count; j++)
				is_new = strcmp(names[j], name) != 0;
			if (is_new)
				names[count++] = name;
		}
	}
	return count;
}

static void join(struct strbuf *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && i < 10; i++)
		strbuf_addf(out, "%s%.63s",
			    !i		    ? ""
			    : i + 1 < count ? ", "
					    : " or ",
			    names[i]);
}

static bool has(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void fail_container(struct manifest *manifest, struct draft *draft,
			   const char *const *names, size_t count)
{
	const struct place *place = &draft->kubernetes.custom.container;
	const char *name = draft->config.kubernetes.primary_container;
	struct strbuf all = STRBUF_INIT;

	join(&all, names, count);
	reader_fail_at(&manifest->reader, place,
		       "the manifest has no container '%.63s': write %s", name,
		       all.data);
	strbuf_release(&all);
}

static void settle_container(struct manifest *manifest,
			     const struct manifest_object *object,
			     struct draft *draft,
			     const struct manifest_pods *pods,
			     const struct custom_known *known)
{
	struct kubernetes_config *config = &draft->config.kubernetes;
	const char *names[CONTAINERS_MAX] = {NULL};
	size_t count = list_containers(pods, names);
	struct strbuf all = STRBUF_INIT;

	join(&all, names, count);
	if (config->primary_container) {
		if (count && !has(names, count, config->primary_container))
			fail_container(manifest, draft, names, count);
	} else if (count == 1) {
		config->primary_container = xstrdup(names[0]);
	} else if (!count && known && known->container) {
		config->primary_container = xstrdup(known->container);
	} else if (!draft->kubernetes.custom.container.node) {
		manifest_fail(manifest, object, "spec",
			      "which container's log brings the metrics is not "
			      "known: write " CONTAINER ": %s",
			      count ? all.data : "NAME");
	}
	strbuf_release(&all);
}

/* --- labels ------------------------------------------------------------- */

/* Of the training operators' roles the one that leads. */
static const char *leading_role(const struct manifest_pods *pods)
{
	static const char *const roles[] = {"chief", "master", "launcher",
					    "worker"};

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		for (size_t j = 0; j < pods->count; j++)
			if (!strcmp(pods->items[j].role, roles[i]))
				return roles[i];
	return NULL;
}

static void list_roles(struct strbuf *out, const struct manifest_pods *pods)
{
	const char *names[CONTAINERS_MAX] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < pods->count && count < CONTAINERS_MAX; i++)
		if (*pods->items[i].role &&
		    !has(names, count, pods->items[i].role))
			names[count++] = pods->items[i].role;
	join(out, names, count);
}

static void fail_labels(struct manifest *manifest,
			const struct manifest_object *object,
			const struct manifest_pods *pods)
{
	struct strbuf roles = STRBUF_INIT;

	list_roles(&roles, pods);
	if (!pods->count)
		manifest_fail(
			manifest, object, "spec",
			"has no pod template that could carry our labels: "
			"say by which of theirs the pods are found, such "
			"as " LABELS ": {example.org/job-name: "
			"\"${trial.name}\"}");
	else
		manifest_fail(manifest, object, "spec",
			      "has %zu sorts of pods, and which of them brings "
			      "the metrics is not known: write " LABELS
			      ": {role: %s}",
			      pods->count, roles.len ? roles.data : "NAME");
	strbuf_release(&roles);
}

static void settle_labels(struct manifest *manifest,
			  const struct manifest_object *object,
			  struct draft *draft, const struct manifest_pods *pods,
			  const struct custom_known *known)
{
	struct kubernetes_config *config = &draft->config.kubernetes;
	const char *role = leading_role(pods);
	char *label;

	if (!config->primary_pod_labels && draft->kubernetes.custom.labels.node)
		return; /* reported */
	if (!config->primary_pod_labels && known && known->labels)
		config->primary_pod_labels = xstrdup(known->labels);
	if (!config->primary_pod_labels && pods->count > 1 && role)
		config->primary_pod_labels =
			xasprintf("{\"role\":\"%s\"}", role);
	label = kind_pod_label(&kind_custom, config);
	if (pods->count ? pods->count > 1 && !config->primary_pod_labels
			: !label)
		fail_labels(manifest, object, pods);
	free(label);
}

void custom_settle_pods(struct manifest *manifest,
			const struct manifest_object *object,
			struct draft *draft)
{
	const struct custom_known *known =
		custom_known_find(object->api_version, object->kind);
	cJSON *tree = cJSON_Parse(draft->config.kubernetes.manifest);
	struct manifest_pods pods;

	manifest_pods_find(tree, &pods);
	settle_container(manifest, object, draft, &pods, known);
	settle_labels(manifest, object, draft, &pods, known);
	manifest_pods_release(&pods);
	cJSON_Delete(tree);
}
