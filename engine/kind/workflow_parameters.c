/* SPDX-License-Identifier: MIT */
/*
 * Arguments of a workflow, from the parameters of a trial.
 *
 * As `argo submit -p` does it: what is given comes first, then the declared
 * ones that were not; a name nobody declared is added all the same.  Values are
 * text.  Names of search spaces come from Python and have '_' where workflows
 * have '-', so either stands for the other when the exact name is not there.
 */
#include "engine/kind/workflow.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- what is declared -------------------------------------------------------
 */

static cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const cJSON *workflow_declared(const cJSON *manifest)
{
	const cJSON *list = member(
		member(member(manifest, "spec"), "arguments"), "parameters");

	return cJSON_IsArray(list) ? list : NULL;
}

bool workflow_lacks_value(const cJSON *declared)
{
	static const char *const keys[] = {"value", "default", "valueFrom"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const cJSON *item = member(declared, keys[i]);

		if (item && !cJSON_IsNull(item))
			return false;
	}
	return true;
}

bool workflow_is_by_template(const cJSON *manifest)
{
	return cJSON_IsObject(
		member(member(manifest, "spec"), "workflowTemplateRef"));
}

static bool is_same_but_dashes(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

const char *workflow_match(const cJSON *manifest, const char *parameter)
{
	const cJSON *declared = workflow_declared(manifest);
	const char *near = NULL;
	const cJSON *item;

	cJSON_ArrayForEach (item, declared) {
		const char *name = kind_text(item, "name");

		if (!*name)
			continue;
		if (!strcmp(name, parameter))
			return name;
		if (!near && is_same_but_dashes(name, parameter))
			near = name;
	}
	return near;
}

/* --- what is mentioned ------------------------------------------------------
 */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* workflow.parameters.NAME, in {{...}} or in an expression, or with the name in
 * brackets and quotes. */
static bool text_mentions(const char *text, const char *name)
{
	static const char word[] = "workflow.parameters";
	size_t len = strlen(name);

	while ((text = strstr(text, word))) {
		text += sizeof(word) - 1;
		while (*text && strchr(".[\"' ", *text))
			text++;
		if (!strncmp(text, name, len) && !is_name_char(text[len]))
			return true;
	}
	return false;
}

bool workflow_mentions(const cJSON *manifest, const char *name)
{
	const cJSON *item;

	if (cJSON_IsString(manifest))
		return text_mentions(manifest->valuestring, name);
	cJSON_ArrayForEach (item, manifest)
		if (workflow_mentions(item, name))
			return true;
	return false;
}

/* --- values -----------------------------------------------------------------
 */

/* The caller frees. */
static char *value_text(const cJSON *item)
{
	const cJSON *name = cJSON_IsObject(item) ? member(item, "_name") : NULL;
	char *printed, *text;

	if (name) /* of a nested choice, as in commands */
		return value_text(name);
	if (cJSON_IsString(item))
		return xstrdup(item->valuestring);
	printed = cJSON_PrintUnformatted(item);
	text = xstrdup(printed ? printed : "");
	cJSON_free(printed);
	return text;
}

static void add_argument(cJSON *list, const char *name, const cJSON *value)
{
	cJSON *argument = cJSON_CreateObject();
	char *text = value_text(value);

	cJSON_AddStringToObject(argument, "name", name);
	cJSON_AddStringToObject(argument, "value", text);
	cJSON_AddItemToArray(list, argument);
	free(text);
}

static bool has_argument(const cJSON *list, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (!strcmp(kind_text(item, "name"), name))
			return true;
	return false;
}

/* The trial's own, where the workflow declares them; a stored template is not
 * seen from here, and gets all of them. */
static bool add_by_name(cJSON *list, const cJSON *workflow,
			const char *trial_parameters, struct error *err)
{
	cJSON *tree = cJSON_Parse(trial_parameters);
	bool is_open = workflow_is_by_template(workflow);
	const cJSON *item;

	if (!cJSON_IsObject(tree)) {
		cJSON_Delete(tree);
		return error_set(err, ERROR_CORRUPT,
				 "the trial's parameters are no JSON object");
	}
	cJSON_ArrayForEach (item, tree) {
		const char *name = workflow_match(workflow, item->string);

		if (!name && is_open)
			name = item->string;
		if (name && !has_argument(list, name))
			add_argument(list, name, item);
	}
	cJSON_Delete(tree);
	return true;
}

/* The declared ones that were given nothing, in their order. */
static void add_rest(cJSON *list, cJSON *declared)
{
	int given = cJSON_GetArraySize(list);
	cJSON *item, *next;

	for (item = declared->child; item; item = next) {
		const char *name = kind_text(item, "name");

		next = item->next;
		if (given && *name && has_argument(list, name))
			cJSON_Delete(
				cJSON_DetachItemViaPointer(declared, item));
	}
	while (declared->child)
		cJSON_AddItemToArray(list,
				     cJSON_DetachItemFromArray(declared, 0));
}

static cJSON *object_in(cJSON *parent, const char *key)
{
	cJSON *item = member(parent, key);

	if (cJSON_IsObject(item))
		return item;
	cJSON_DeleteItemFromObjectCaseSensitive(parent, key);
	return cJSON_AddObjectToObject(parent, key);
}

bool workflow_parameters_apply(cJSON *workflow, const cJSON *overrides,
			       const char *trial_parameters, struct error *err)
{
	cJSON *list = cJSON_CreateArray();
	cJSON *arguments, *declared;
	const cJSON *item;

	if (overrides) {
		cJSON_ArrayForEach (item, overrides)
			add_argument(list, item->string, item);
	} else if (!add_by_name(list, workflow, trial_parameters, err)) {
		cJSON_Delete(list);
		return false;
	}
	arguments = object_in(object_in(workflow, "spec"), "arguments");
	declared = cJSON_DetachItemFromObjectCaseSensitive(arguments,
							   "parameters");
	if (cJSON_IsArray(declared))
		add_rest(list, declared);
	cJSON_Delete(declared);
	cJSON_AddItemToObject(arguments, "parameters", list);
	return true;
}

/* --- the file's own numbers -------------------------------------------------
 */

static void settle_text(cJSON *parameter, const char *key)
{
	const cJSON *item = member(parameter, key);
	char *text;

	if (!cJSON_IsNumber(item) && !cJSON_IsBool(item))
		return;
	text = value_text(item);
	cJSON_ReplaceItemInObjectCaseSensitive(parameter, key,
					       cJSON_CreateString(text));
	free(text);
}

static void settle_parameter(cJSON *parameter)
{
	cJSON *list = member(parameter, "enum");

	settle_text(parameter, "value");
	settle_text(parameter, "default");
	for (int i = 0; cJSON_IsArray(list) && i < cJSON_GetArraySize(list);
	     i++) {
		const cJSON *item = cJSON_GetArrayItem(list, i);
		char *text = value_text(item);

		if (!cJSON_IsString(item))
			cJSON_ReplaceItemInArray(list, i,
						 cJSON_CreateString(text));
		free(text);
	}
}

void workflow_texts_settle(cJSON *tree)
{
	cJSON *item, *parameter;

	cJSON_ArrayForEach (item, tree) {
		if (item->string && !strcmp(item->string, "parameters") &&
		    cJSON_IsArray(item)) {
			cJSON_ArrayForEach (parameter, item)
				if (cJSON_IsObject(parameter))
					settle_parameter(parameter);
		}
		if (cJSON_IsObject(item) || cJSON_IsArray(item))
			workflow_texts_settle(item);
	}
}
