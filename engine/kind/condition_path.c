/* SPDX-License-Identifier: MIT */
/* What a path leads to in an object. */
#include "engine/kind/condition_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- values ------------------------------------------------------------- */

static bool may_go_on(struct walk *walk)
{
	return ++walk->cost < CONDITION_COST_MAX;
}

/* * and ?, and \ before either.  The star that was met last takes one more
 * whenever the rest does not fit. */
static bool is_like(struct walk *walk, const char *text, const char *pattern)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		bool is_escaped = *pattern == '\\' && pattern[1];
		const char *wanted = pattern + is_escaped;

		if (!may_go_on(walk))
			return false;
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == '?' || (*wanted && *wanted == *text)) {
			pattern = wanted + 1;
			text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool text_number(const char *text, double *ret)
{
	char *end;

	if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
		return false;
	*ret = strtod(text, &end);
	return end != text && !*end;
}

/* order: below, above or 0 */
static bool holds(enum operation operation, int order)
{
	switch (operation) {
	case OP_EQUAL:
		return order == 0;
	case OP_UNEQUAL:
		return order != 0;
	case OP_LESS:
		return order < 0;
	case OP_LESS_EQUAL:
		return order <= 0;
	case OP_GREATER:
		return order > 0;
	case OP_GREATER_EQUAL:
		return order >= 0;
	default:
		return false;
	}
}

static bool number_matches(double value, enum operation operation,
			   const char *text)
{
	double number;

	if (!text_number(text, &number))
		return operation == OP_UNEQUAL;
	return holds(operation, (value > number) - (value < number));
}

/* false is less than true. */
static bool truth_matches(bool value, enum operation operation,
			  const char *text)
{
	bool is_true = !strcmp(text, "true");

	if (!is_true && strcmp(text, "false") != 0)
		return operation == OP_UNEQUAL;
	return holds(operation, value - is_true);
}

bool value_matches(struct walk *walk, const cJSON *value,
		   enum operation operation, const char *text)
{
	if (!value)
		return false;
	if (operation == OP_EXISTS)
		return true;
	if (cJSON_IsString(value)) {
		if (operation == OP_LIKE)
			return is_like(walk, value->valuestring, text);
		if (operation == OP_UNLIKE)
			return !is_like(walk, value->valuestring, text);
		return holds(operation, strcmp(value->valuestring, text));
	}
	if (cJSON_IsNumber(value))
		return number_matches(value->valuedouble, operation, text);
	if (cJSON_IsBool(value))
		return truth_matches(cJSON_IsTrue(value), operation, text);
	return false;
}

/* --- steps -------------------------------------------------------------- */

static cJSON *make(struct walk *walk, cJSON *item)
{
	if (!walk->made)
		walk->made = cJSON_CreateArray();
	cJSON_AddItemToArray(walk->made, item);
	return item;
}

static const cJSON *get_member(struct walk *walk, const struct step *step,
			       const cJSON *value)
{
	bool is_pattern = step->type == STEP_PATTERN;
	const cJSON *item;

	cJSON_ArrayForEach (item, value) {
		if (!may_go_on(walk))
			return NULL;
		if (is_pattern ? is_like(walk, item->string, step->name)
			       : !strcmp(step->name, item->string))
			return item;
	}
	return NULL;
}

static const cJSON *get_item(struct walk *walk, const char *name,
			     const cJSON *list)
{
	const cJSON *item = list->child;
	long index;

	if (!*name || strspn(name, "0123456789") != strlen(name) ||
	    strlen(name) > 6)
		return NULL;
	for (index = strtol(name, NULL, 10); item && index; index--) {
		if (!may_go_on(walk))
			return NULL;
		item = item->next;
	}
	return item;
}

static const cJSON *get(struct walk *walk, const struct step *step,
			const cJSON *value)
{
	if (cJSON_IsObject(value))
		return get_member(walk, step, value);
	if (cJSON_IsArray(value) && step->type == STEP_NAME)
		return get_item(walk, step->name, value);
	return NULL;
}

static bool is_match(struct walk *walk, const struct step *step,
		     const cJSON *item)
{
	const struct path *path = step->paths;

	if (path->count)
		item = path_follow(walk, path, item);
	return value_matches(walk, item, step->operation,
			     step->value ? step->value : "");
}

static const cJSON *walk_steps(struct walk *walk, const struct step *step,
			       const struct step *end, const cJSON *value);

/* Where the part that is for each item ends. */
static const struct step *part_end(const struct step *step,
				   const struct step *end)
{
	while (step < end && !step->is_piped)
		step++;
	return step;
}

/* The items of a list, or the matching ones; of each, what the steps behind
 * lead to. */
static const cJSON *for_each(struct walk *walk, const struct step *step,
			     const struct step *end, const cJSON *list)
{
	cJSON *found = make(walk, cJSON_CreateArray());
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const cJSON *value = item;

		if (!may_go_on(walk))
			return NULL;
		if (step->type == STEP_ALL && !is_match(walk, step, item))
			continue;
		if (step + 1 < end)
			value = walk_steps(walk, step + 1, end, item);
		if (value)
			cJSON_AddItemReferenceToArray(found, (cJSON *)value);
	}
	return found;
}

static const cJSON *get_first(struct walk *walk, const struct step *step,
			      const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (!may_go_on(walk) || is_match(walk, step, item))
			break;
	return walk->cost < CONDITION_COST_MAX ? item : NULL;
}

static const cJSON *get_length(struct walk *walk, const cJSON *list)
{
	int length = cJSON_GetArraySize(list);

	walk->cost += length;
	return make(walk, cJSON_CreateNumber(length));
}

static const cJSON *make_list(struct walk *walk, const struct step *step,
			      const cJSON *value)
{
	cJSON *list = make(walk, cJSON_CreateArray());

	for (size_t i = 0; i < step->path_count; i++) {
		const cJSON *item = path_follow(walk, &step->paths[i], value);

		if (item)
			cJSON_AddItemReferenceToArray(list, (cJSON *)item);
	}
	return list;
}

static const cJSON *walk_steps(struct walk *walk, const struct step *step,
			       const struct step *end, const cJSON *value)
{
	while (step < end && value && may_go_on(walk)) {
		const struct step *next = step + 1;

		switch (step->type) {
		case STEP_THIS:
			break;
		case STEP_NAME:
		case STEP_PATTERN:
			value = get(walk, step, value);
			break;
		case STEP_LIST:
			value = make_list(walk, step, value);
			break;
		case STEP_FIRST:
			value = cJSON_IsArray(value)
					? get_first(walk, step, value)
					: NULL;
			break;
		case STEP_LENGTH:
		case STEP_ALL:
			next = part_end(next, end);
			if (!cJSON_IsArray(value))
				value = NULL;
			else if (step->type == STEP_LENGTH && next == step + 1)
				value = get_length(walk, value);
			else
				value = for_each(walk, step, next, value);
			break;
		}
		step = next;
	}
	return walk->cost < CONDITION_COST_MAX ? value : NULL;
}

const cJSON *path_follow(struct walk *walk, const struct path *path,
			 const cJSON *value)
{
	return walk_steps(walk, path->steps, path->steps + path->count, value);
}
