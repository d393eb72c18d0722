/* SPDX-License-Identifier: MIT */
/* Placeholders filled in; placeholder_scan.c finds them. */
#include "engine/kind/placeholder_private.h"

#include "base/mem.h"
#include "engine/kind/placeholder.h"
#include "model/json_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One filling of one tree. */
struct filling {
	const struct placeholder_values *values;
	cJSON *parameters; /* parsed when first needed */
	size_t bytes;	   /* of texts so far */
};

/* --- values ------------------------------------------------------------- */

static const cJSON *get_parameters(struct filling *filling, struct error *err)
{
	const char *json = filling->values->trial->parameters;

	if (filling->parameters)
		return filling->parameters;
	filling->parameters = json ? json_parse(json, strlen(json), err)
				   : cJSON_CreateObject();
	if (!filling->parameters) {
		error_prefix(err, "the trial's parameters");
		return NULL;
	}
	if (cJSON_IsObject(filling->parameters))
		return filling->parameters;
	error_set(err, ERROR_INVALID,
		  "the trial's parameters are no JSON object");
	return NULL;
}

/* Follow a dotted path; at every level the longest name is tried first, since
 * a parameter's own name may hold dots. */
static const cJSON *find_path(const cJSON *object, const char *path)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, path);

	for (size_t len = strlen(path); !item && len; len--) {
		char *head;

		if (path[len] != '.')
			continue;
		head = xstrndup(path, len);
		item = cJSON_GetObjectItemCaseSensitive(object, head);
		free(head);
		item = cJSON_IsObject(item) ? find_path(item, path + len + 1)
					    : NULL;
	}
	return item;
}

static cJSON *text_or_empty(const char *text)
{
	return cJSON_CreateString(text ? text : "");
}

/* What a placeholder stands for; the caller deletes it. */
static cJSON *get_value(struct filling *filling,
			const struct placeholder *placeholder,
			struct error *err)
{
	const struct placeholder_values *values = filling->values;
	const cJSON *parameters, *item;

	switch (placeholder->word) {
	case WORD_TRIAL_ID:
		return text_or_empty(values->trial->id);
	case WORD_TRIAL_NAME:
		return text_or_empty(values->name);
	case WORD_TRIAL_SEQUENCE:
		return cJSON_CreateNumber((double)values->trial->sequence);
	case WORD_TRIAL_ATTEMPT:
		return cJSON_CreateNumber(values->attempt->number);
	case WORD_TRIAL_NAMESPACE:
		return text_or_empty(values->namespace ? values->namespace
						       : "default");
	case WORD_EXPERIMENT_ID:
		return text_or_empty(values->experiment->id);
	case WORD_EXPERIMENT_NAME:
		return text_or_empty(values->experiment->name);
	case WORD_TRIAL_PARAMETERS:
		break;
	}
	parameters = get_parameters(filling, err);
	if (!parameters)
		return NULL;
	if (!*placeholder->parameter)
		return cJSON_Duplicate(parameters, true);
	item = find_path(parameters, placeholder->parameter);
	return item ? cJSON_Duplicate(item, true) : cJSON_CreateNull();
}

/* As in commands: the choice's name, texts without quotes, JSON. */
static void add_value_text(struct strbuf *out, const cJSON *value, bool is_all)
{
	const cJSON *name =
		is_all ? NULL
		       : cJSON_GetObjectItemCaseSensitive(value, "_name");
	char *printed;

	if (cJSON_IsObject(value) && name)
		value = name;
	if (cJSON_IsNull(value))
		return;
	if (cJSON_IsString(value)) {
		strbuf_adds(out, value->valuestring);
		return;
	}
	printed = cJSON_PrintUnformatted(value);
	strbuf_adds(out, printed ? printed : "");
	cJSON_free(printed);
}

/* --- texts -------------------------------------------------------------- */

static bool fill_text(struct filling *filling, const char *text,
		      struct strbuf *out, struct error *err)
{
	struct placeholder placeholder;
	const char *at = text;
	size_t before = out->len;

	while (*at) {
		const char *start = at;
		cJSON *value;

		switch (placeholder_next(&at, &placeholder, err)) {
		case FOUND_NONE:
			strbuf_adds(out, start);
			break;
		case FOUND_ESCAPE: /* without its first $ */
			strbuf_add(out, start,
				   (size_t)(placeholder.start - start));
			strbuf_add(out, placeholder.start + 1,
				   (size_t)(at - placeholder.start - 1));
			break;
		case FOUND_PLACEHOLDER:
			strbuf_add(out, start,
				   (size_t)(placeholder.start - start));
			value = get_value(filling, &placeholder, err);
			if (!value)
				return false;
			add_value_text(out, value,
				       placeholder.word ==
						       WORD_TRIAL_PARAMETERS &&
					       !*placeholder.parameter);
			cJSON_Delete(value);
			break;
		case FOUND_WRONG:
			return false;
		}
		if (filling->bytes + out->len - before > PLACEHOLDER_BYTES_MAX)
			return error_set(err, ERROR_LIMIT,
					 "with its placeholders filled in the "
					 "object is larger than %u KiB",
					 PLACEHOLDER_BYTES_MAX >> 10);
	}
	filling->bytes += out->len - before;
	return true;
}

bool placeholder_fill_text(const char *text,
			   const struct placeholder_values *values,
			   struct strbuf *out, struct error *err)
{
	struct filling filling = {.values = values};
	bool ok = fill_text(&filling, text, out, err);

	cJSON_Delete(filling.parameters);
	return ok;
}

/* --- trees -------------------------------------------------------------- */

/* Where Kubernetes wants text whatever it looks like. */
static bool is_in(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static const char *const text_maps[] = {
	"labels",	"annotations", "matchLabels",
	"nodeSelector", "stringData",  NULL,
};
static const char *const text_lists[] = {"command", "args", NULL};
static const char *const texts[] = {"name",  "namespace",  "generateName",
				    "image", "workingDir", NULL};

/* owner: key of the object or list that item is in; outer: of what that is
 * in. */
static bool wants_text(const cJSON *item, const char *owner, const char *outer)
{
	if (!item->string)
		return is_in(owner, text_lists);
	return is_in(owner, text_maps) || is_in(item->string, texts) ||
	       (!strcmp(item->string, "value") && outer &&
		!strcmp(outer, "env"));
}

static cJSON *fill_string(struct filling *filling, const cJSON *item,
			  bool is_text, struct error *err)
{
	struct placeholder placeholder;
	const char *at = item->valuestring;
	struct strbuf out = STRBUF_INIT;
	cJSON *filled = NULL;

	if (!is_text &&
	    placeholder_next(&at, &placeholder, err) == FOUND_PLACEHOLDER &&
	    placeholder.start == item->valuestring && !*at &&
	    !placeholder.is_text) {
		/* what it comes to is counted as text would be */
		if (fill_text(filling, item->valuestring, &out, err))
			filled = get_value(filling, &placeholder, err);
	} else if (fill_text(filling, item->valuestring, &out, err)) {
		filled = cJSON_CreateString(out.data);
	}
	strbuf_release(&out);
	return filled;
}

static cJSON *fill_tree(struct filling *filling, const cJSON *tree,
			const char *owner, const char *outer, int depth,
			struct error *err);

static cJSON *fill_members(struct filling *filling, const cJSON *tree,
			   const char *owner, int depth, struct error *err)
{
	cJSON *copy = cJSON_IsArray(tree) ? cJSON_CreateArray()
					  : cJSON_CreateObject();
	/* an item of a list is in what the list is in: env[0].value */
	const char *key = tree->string ? tree->string : owner;
	const cJSON *item;

	cJSON_ArrayForEach (item, tree) {
		cJSON *filled =
			fill_tree(filling, item, key, owner, depth + 1, err);

		if (!filled) {
			cJSON_Delete(copy);
			return NULL;
		}
		if (item->string)
			cJSON_AddItemToObject(copy, item->string, filled);
		else
			cJSON_AddItemToArray(copy, filled);
	}
	return copy;
}

static cJSON *fill_tree(struct filling *filling, const cJSON *tree,
			const char *owner, const char *outer, int depth,
			struct error *err)
{
	if (depth > JSON_DEPTH_MAX) {
		error_set(err, ERROR_LIMIT, "nested deeper than %d",
			  JSON_DEPTH_MAX);
		return NULL;
	}
	if (cJSON_IsString(tree))
		return fill_string(filling, tree,
				   wants_text(tree, owner, outer), err);
	if (cJSON_IsObject(tree) || cJSON_IsArray(tree))
		return fill_members(filling, tree, owner, depth, err);
	return cJSON_Duplicate(tree, false);
}

cJSON *placeholder_fill(const cJSON *tree,
			const struct placeholder_values *values,
			struct error *err)
{
	struct filling filling = {.values = values};
	cJSON *filled = fill_tree(&filling, tree, NULL, NULL, 1, err);

	cJSON_Delete(filling.parameters);
	return filled;
}
