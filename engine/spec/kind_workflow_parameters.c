/* SPDX-License-Identifier: MIT */
/*
 * Kind workflow: does every parameter find its place?  One of the search space
 * that goes nowhere is a mistake: the tuner would turn a knob that nothing is
 * connected to.
 */
#include "engine/spec/kind_workflow.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/kind/placeholder.h"
#include "engine/kind/workflow.h"
#include "engine/spec/kinds.h"
#include "model/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "a, b and 3 more" of what is declared. */
static void list_declared(const cJSON *tree, struct strbuf *out)
{
	const cJSON *declared = workflow_declared(tree);
	const cJSON *item;
	int count = 0;

	cJSON_ArrayForEach (item, declared)
		if (*kind_text(item, "name") && count++ < 12)
			strbuf_addf(out, "%s%.64s", out->len ? ", " : "",
				    kind_text(item, "name"));
	if (count > 12)
		strbuf_addf(out, " and %d more", count - 12);
	if (!count)
		strbuf_adds(out, "none");
}

static const char *nearest_declared(const cJSON *tree, const char *name)
{
	const cJSON *declared = workflow_declared(tree);
	const char **names = xcalloc((size_t)cJSON_GetArraySize(declared) + 1,
				     sizeof(*names));
	const char *near;
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach (item, declared)
		names[count++] = kind_text(item, "name");
	near = nearest_word(name, names, count);
	free(names);
	return near;
}

/* Is ${trial.parameters.NAME}, or all of them, written anywhere? */
static bool is_placed(const char *json, const char *name)
{
	static const char mark[] = "${trial.parameters";
	size_t len = strlen(name);

	while ((json = strstr(json, mark))) {
		json += sizeof(mark) - 1;
		if (strchr("}|", *json))
			return true;
		if (*json == '.' && !strncmp(json + 1, name, len) &&
		    strchr(".}|", json[len + 1]))
			return true;
	}
	return false;
}

/* By name: every parameter of the search space must have somewhere to go. */
static void check_by_name(struct workflow_check *check)
{
	const struct space *space = check->draft->space;
	const struct place *place = &check->draft->kubernetes.workflow.manifest;
	struct strbuf declared = STRBUF_INIT;

	list_declared(check->tree, &declared);
	for (size_t i = 0; space && i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		const char *near;

		if (p->parent >= 0 || workflow_match(check->tree, p->name) ||
		    is_placed(check->draft->config.kubernetes.manifest,
			      p->name))
			continue;
		near = nearest_declared(check->tree, p->name);
		reader_fail_at(check->reader, place,
			       "the workflow has no parameter '%.64s' of the "
			       "search space%s%.64s%s (it has %.300s): write "
			       "parameters: {NAME: \"${trial.parameters.%.64s}"
			       "\"}, or the placeholder in the manifest",
			       p->name, near ? ", did you mean '" : "",
			       near ? near : "", near ? "'?" : "",
			       declared.data, p->name);
	}
	strbuf_release(&declared);
}

/* As written: placeholders exist, and names are those of the workflow. */
static void check_given(struct workflow_check *check)
{
	const struct place *place =
		&check->draft->kubernetes.workflow.parameters;
	struct strbuf declared = STRBUF_INIT;
	struct place at = *place;
	struct error err;

	list_declared(check->tree, &declared);
	for (size_t i = 0; i < place->node->count; i++) {
		const struct node_entry *entry = &place->node->entries[i];
		const char *near;

		at.mark = entry->mark;
		snprintf(at.path, sizeof(at.path), "%.60s.%.60s", place->path,
			 entry->key);
		if (entry->value->kind == NODE_STRING &&
		    !placeholder_check(entry->value->text, check->names, &err))
			reader_fail_at(check->reader, &at, "%s", err.text);
		if (workflow_is_by_template(check->tree) ||
		    workflow_mentions(check->tree, entry->key))
			continue;
		near = workflow_match(check->tree, entry->key);
		if (near && !strcmp(near, entry->key))
			continue;
		if (!near)
			near = nearest_declared(check->tree, entry->key);
		reader_fail_at(check->reader, &at,
			       "the workflow has no such parameter%s%.64s%s "
			       "(it has %.300s)",
			       near ? ", did you mean '" : "", near ? near : "",
			       near ? "'?" : "", declared.data);
	}
	strbuf_release(&declared);
}

static bool is_given(const struct workflow_check *check, const char *name)
{
	const struct node *given =
		check->draft->kubernetes.workflow.parameters.node;
	const struct space *space = check->draft->space;

	if (given)
		return node_find(given, name);
	for (size_t i = 0; space && i < space->count; i++) {
		const char *match =
			space->parameters[i].parent < 0
				? workflow_match(check->tree,
						 space->parameters[i].name)
				: NULL;

		if (match && !strcmp(match, name))
			return true;
	}
	return !space; /* reported, or unknown */
}

static void check_values(struct workflow_check *check)
{
	const cJSON *declared = workflow_declared(check->tree);
	char path[64], text[300];
	const cJSON *item;
	int index = 0;

	cJSON_ArrayForEach (item, declared) {
		const char *name = kind_text(item, "name");

		snprintf(path, sizeof(path), "spec.arguments.parameters.%d",
			 index++);
		if (!*name) {
			manifest_fail(
				&check->manifest, check->object, path,
				"must be a mapping with a name, such as {name: "
				"lr, value: 0.1}");
			continue;
		}
		if (!workflow_lacks_value(item) || is_given(check, name) ||
		    workflow_is_by_template(check->tree))
			continue;
		snprintf(text, sizeof(text),
			 "'%.64s' has no value, and the search space has no "
			 "such parameter: give it a value here, or write "
			 "parameters: {%.64s: ...}",
			 name, name);
		manifest_fail(&check->manifest, check->object, path, "%s",
			      text);
	}
}

void workflow_check_parameters(struct workflow_check *check)
{
	if (check->draft->kubernetes.workflow.parameters.node) {
		if (check->draft->config.kubernetes.parameters)
			check_given(check);
	} else if (!workflow_is_by_template(check->tree)) {
		check_by_name(check);
	}
	if (check->object)
		check_values(check);
}
