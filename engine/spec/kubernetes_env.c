/* SPDX-License-Identifier: MIT */
/*
 * The environment of trials: a mapping NAME: value, or Kubernetes' own list of
 * EnvVar; what comes from Secrets and ConfigMaps; and the names of Secrets
 * that images are pulled with.
 */
#include "engine/spec/kubernetes.h"

#include "engine/pod/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT offsetof(struct kubernetes_scratch, text)
#define TRUTH offsetof(struct kubernetes_scratch, truth)

/* clang-format off */
static const struct key data_ref_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .least = RULE_SUBDOMAIN,
	 .target = TEXT, .read = kubernetes_read_word},
	{"key", VALUE_OWN, KEY_REQUIRED, .least = RULE_DATA_KEY,
	 .target = TEXT, .read = kubernetes_read_word},
	{"optional", VALUE_BOOL, .target = TRUTH},
	{0},
};
static const struct form data_ref_form = {data_ref_keys, NULL};

static const struct key field_ref_keys[] = {
	{"apiVersion", VALUE_TEXT, .least = 1, .target = TEXT},
	{"fieldPath", VALUE_TEXT, KEY_REQUIRED, .least = 1, .target = TEXT,
	 .help = "such as fieldPath: spec.nodeName"},
	{0},
};
static const struct form field_ref_form = {field_ref_keys, NULL};

static const struct key resource_ref_keys[] = {
	{"containerName", VALUE_OWN, .least = RULE_LABEL, .target = TEXT,
	 .read = kubernetes_read_word},
	{"resource", VALUE_TEXT, KEY_REQUIRED, .least = 1, .target = TEXT,
	 .help = "such as resource: limits.memory"},
	{"divisor", .type = VALUE_TREE},
	{0},
};
static const struct form resource_ref_form = {resource_ref_keys, NULL};

#define SOURCES                                                                \
	{"secretKeyRef", VALUE_SECTION, .section = &data_ref_form},            \
	{"configMapKeyRef", VALUE_SECTION, .section = &data_ref_form},         \
	{"fieldRef", VALUE_SECTION, .section = &field_ref_form},               \
	{"resourceFieldRef", VALUE_SECTION, .section = &resource_ref_form}

static const struct key source_keys[] = {SOURCES, {0}};
static const struct form source_form = {source_keys, NULL};

/* NAME: {valueFrom: {secretKeyRef: ...}}, or without valueFrom */
static const struct key named_keys[] = {
	{"valueFrom", VALUE_SECTION, .section = &source_form}, SOURCES, {0}};
static const struct form named_form = {named_keys, NULL};

static const struct key item_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .least = RULE_VARIABLE,
	 .target = TEXT, .read = kubernetes_read_word},
	{"value", .type = VALUE_TREE},
	{"valueFrom", VALUE_SECTION, .section = &source_form},
	{0},
};
static const struct form item_form = {item_keys, NULL};

static const struct key all_ref_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .least = RULE_SUBDOMAIN,
	 .target = TEXT, .read = kubernetes_read_word},
	{"optional", VALUE_BOOL, .target = TRUTH},
	{0},
};
static const struct form all_ref_form = {all_ref_keys, NULL};

static const struct key from_keys[] = {
	{"prefix", VALUE_OWN, .least = RULE_VARIABLE, .target = TEXT,
	 .read = kubernetes_read_word},
	{"configMapRef", VALUE_SECTION, .section = &all_ref_form},
	{"secretRef", VALUE_SECTION, .section = &all_ref_form},
	{0},
};
static const struct form from_form = {from_keys, NULL};

static const struct key pull_secret_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .least = RULE_SUBDOMAIN,
	 .target = TEXT, .read = kubernetes_read_word},
	{0},
};
static const struct form pull_secret_form = {pull_secret_keys, NULL};
/* clang-format on */

static size_t count_values(const struct node *node)
{
	size_t count = 0;

	for (size_t i = 0; i < node->count; i++)
		count += node->entries[i].value->kind != NODE_NULL;
	return count;
}

/* {secretKeyRef: ...}, with or without valueFrom around it; checked before. */
static bool add_source(struct reader *reader, const struct node *node,
		       struct strbuf *out)
{
	const struct node_entry *inner = node_find(node, "valueFrom");
	const struct node *bad;

	if (inner && node->count == 1)
		node = inner->value;
	if (node->kind != NODE_MAPPING || count_values(node) != 1 ||
	    node_find(node, "valueFrom")) {
		reader_fail(reader, node->mark,
			    "must be one of secretKeyRef, configMapKeyRef, "
			    "fieldRef and resourceFieldRef");
		return false;
	}
	strbuf_adds(out, ",\"valueFrom\":");
	if (node_add_json(out, node, &bad))
		return true;
	reader_fail(reader, bad->mark, "must be a finite number");
	return false;
}

static bool add_plain(struct reader *reader, const struct node *node,
		      struct strbuf *out)
{
	bool is_number = node->kind == NODE_INTEGER || node->kind == NODE_FLOAT;

	/* 1.10 and 1e-4 are kept as they are spelled */
	if (!(is_number && isfinite(node->number)) &&
	    !value_is_text(reader, node))
		return false;
	strbuf_adds(out, ",\"value\":");
	strbuf_add_json_string(out, node->text);
	return true;
}

static bool begin_variable(struct reader *reader, struct mark mark,
			   const char *name, struct strbuf *out)
{
	if (pod_environment_is_ours(name)) {
		reader_fail(reader, mark,
			    "'%.64s' is set for every trial already: use "
			    "another name",
			    name);
		return false;
	}
	strbuf_adds(out, out->len ? "," : "[");
	strbuf_adds(out, "{\"name\":");
	strbuf_add_json_string(out, name);
	return true;
}

static bool map_variable(struct reader *reader, const struct node_entry *entry,
			 struct strbuf *out)
{
	bool is_plain = entry->value->kind != NODE_MAPPING;

	if (!kubernetes_key_check(reader, entry, RULE_VARIABLE) ||
	    (!is_plain &&
	     !kubernetes_form_check(reader, &named_form, entry->value)) ||
	    !begin_variable(reader, entry->mark, entry->key, out))
		return false;
	return is_plain ? add_plain(reader, entry->value, out)
			: add_source(reader, entry->value, out);
}

static bool map_variables(struct reader *reader, const struct node *node,
			  struct strbuf *out)
{
	bool ok = true;

	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);

		if (entry->value->kind != NODE_NULL) {
			if (map_variable(reader, entry, out))
				strbuf_addch(out, '}');
			else
				ok = false;
		}
		reader_leave(reader, len);
	}
	return ok;
}

static bool list_variable(struct reader *reader, const struct node *node,
			  struct strbuf *out)
{
	const struct node_entry *name, *value, *from;

	if (!kubernetes_form_check(reader, &item_form, node))
		return false;
	name = node_find(node, "name");
	value = node_find(node, "value");
	from = node_find(node, "valueFrom");
	if (value && value->value->kind == NODE_NULL)
		value = NULL;
	if (from && from->value->kind == NODE_NULL)
		from = NULL;
	if (value && from) {
		reader_fail(reader, from->mark,
			    "excludes value: keep one of them");
		return false;
	}
	if (!begin_variable(reader, name->value->mark, name->value->text, out))
		return false;
	if (value)
		return add_plain(reader, value->value, out);
	return !from || add_source(reader, from->value, out);
}

/* The name of a list's item, or NULL; an item with so many keys is refused
 * later. */
static const struct node *item_name(const struct node *item)
{
	const struct node_entry *name =
		item->count < 8 ? node_find(item, "name") : NULL;

	return name && name->value->kind == NODE_STRING ? name->value : NULL;
}

/* The last of two would win, and nobody could see it. */
static bool is_repeated(struct reader *reader, const struct node *list,
			size_t index)
{
	const struct node *name = item_name(list->items[index]);

	for (size_t i = 0; name && i < index; i++) {
		const struct node *other = item_name(list->items[i]);

		if (!other || strcmp(other->text, name->text) != 0)
			continue;
		reader_fail(reader, name->mark,
			    "'%.64s' is there already, in line %d", name->text,
			    other->mark.line);
		return true;
	}
	return false;
}

static bool list_variables(struct reader *reader, const struct node *node,
			   struct strbuf *out)
{
	bool ok = true;

	for (size_t i = 0; i < node->count; i++) {
		size_t len = kubernetes_enter_item(reader, i);

		if (!is_repeated(reader, node, i) &&
		    list_variable(reader, node->items[i], out))
			strbuf_addch(out, '}');
		else
			ok = false;
		reader_leave(reader, len);
	}
	return ok;
}

static void finish_list(struct reader *reader, const struct node *node, bool ok,
			struct strbuf *out, char **slot)
{
	if (out->len)
		strbuf_addch(out, ']');
	if (ok && out->len)
		kubernetes_store(reader, node, out, slot);
	strbuf_release(out);
}

void kubernetes_read_env(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = false;

	(void)key;
	if (node->kind == NODE_MAPPING && node->count <= KUBERNETES_ENTRIES_MAX)
		ok = map_variables(reader, node, &out);
	else if (node->kind == NODE_MAPPING)
		reader_fail(reader, node->mark, "has more than %d entries",
			    KUBERNETES_ENTRIES_MAX);
	else if (node->kind != NODE_SEQUENCE)
		value_fail(reader, node,
			   "a mapping (NAME: value) or a list of {name, "
			   "value}");
	else if (kubernetes_is_list(reader, node, ""))
		ok = list_variables(reader, node, &out);
	finish_list(reader, node, ok, &out, slot);
}

static bool add_env_from(struct reader *reader, const struct node *node,
			 struct strbuf *out)
{
	const struct node_entry *prefix;
	const struct node *bad;

	if (!kubernetes_form_check(reader, &from_form, node))
		return false;
	prefix = node_find(node, "prefix");
	if (count_values(node) !=
	    (prefix && prefix->value->kind != NODE_NULL ? 2u : 1u)) {
		reader_fail(reader, node->mark,
			    "must have one of configMapRef and secretRef");
		return false;
	}
	strbuf_adds(out, out->len ? "," : "[");
	return node_add_json(out, node, &bad); /* text and truths only */
}

void kubernetes_read_env_from(struct reader *reader, const struct key *key,
			      const struct node *node, void *slot)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	(void)key;
	if (!kubernetes_is_list(reader, node, "[{secretRef: {name: keys}}]"))
		return;
	for (size_t i = 0; i < node->count; i++) {
		size_t len = kubernetes_enter_item(reader, i);

		ok &= add_env_from(reader, node->items[i], &out);
		reader_leave(reader, len);
	}
	finish_list(reader, node, ok, &out, slot);
}

static bool add_pull_secret(struct reader *reader, const struct node *node,
			    struct strbuf *out)
{
	if (node->kind == NODE_MAPPING) {
		if (!kubernetes_form_check(reader, &pull_secret_form, node))
			return false;
		node = node_find(node, "name")->value;
	} else if (!kubernetes_word_check(reader, node, RULE_SUBDOMAIN)) {
		return false;
	}
	strbuf_adds(out, out->len ? ",{\"name\":" : "[{\"name\":");
	strbuf_add_json_string(out, node->text);
	strbuf_addch(out, '}');
	return true;
}

void kubernetes_read_pull_secrets(struct reader *reader, const struct key *key,
				  const struct node *node, void *slot)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	(void)key;
	if (node->kind == NODE_STRING) {
		ok = add_pull_secret(reader, node, &out);
	} else if (kubernetes_is_list(reader, node, "[registry-login]")) {
		for (size_t i = 0; i < node->count; i++) {
			size_t len = kubernetes_enter_item(reader, i);

			ok &= add_pull_secret(reader, node->items[i], &out);
			reader_leave(reader, len);
		}
	}
	finish_list(reader, node, ok, &out, slot);
}
