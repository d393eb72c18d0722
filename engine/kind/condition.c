/* SPDX-License-Identifier: MIT */
/* Conditions made and judged. */
#include "engine/kind/condition_private.h"

#include "base/mem.h"
#include "engine/kind/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- making ------------------------------------------------------------- */

struct condition *condition_parse(const char *text, enum condition_use use,
				  struct error *err)
{
	struct condition *condition = xcalloc(1, sizeof(*condition));
	size_t len = strlen(text);
	struct parser parser = {
		.text = text, .at = text, .end = text + len, .err = err};
	bool ok;

	condition->use = use;
	condition->is_selector = selector_is(text);
	parser_skip_blanks(&parser);
	while (parser.end > parser.at && strchr(" \t\r\n", parser.end[-1]))
		parser.end--;
	if (len > CONDITION_BYTES_MAX)
		ok = error_set(err, ERROR_INVALID,
			       "must have at most %d bytes, has %zu",
			       CONDITION_BYTES_MAX, len);
	else if (condition->is_selector)
		ok = selector_parse(&parser, condition);
	else
		ok = path_parse(&parser, "", &condition->path);
	if (ok)
		return condition;
	condition_free(condition);
	return NULL;
}

void condition_free(struct condition *condition)
{
	if (!condition)
		return;
	path_release(&condition->path);
	for (size_t i = 0; i < condition->requirement_count; i++) {
		struct requirement *requirement = &condition->requirements[i];

		path_release(&requirement->path);
		for (size_t j = 0; j < requirement->value_count; j++)
			free(requirement->values[j]);
		free(requirement->values);
	}
	free(condition->requirements);
	free(condition);
}

/* --- judging ------------------------------------------------------------ */

static bool is_something(const cJSON *value)
{
	if (!value || cJSON_IsNull(value) || cJSON_IsFalse(value))
		return false;
	if (cJSON_IsString(value))
		return *value->valuestring;
	if (cJSON_IsNumber(value))
		return value->valuedouble != 0;
	return cJSON_IsTrue(value) || value->child;
}

/* Text against text, but 1 and "1" and 1.0 are the same. */
static bool is_equal(struct walk *walk, const cJSON *value, const char *text)
{
	double number, wanted;

	if (cJSON_IsString(value) && text_number(text, &wanted) &&
	    text_number(value->valuestring, &number))
		return number == wanted;
	return value_matches(walk, value, OP_EQUAL, text);
}

static bool is_in(struct walk *walk, const cJSON *value,
		  const struct requirement *requirement)
{
	for (size_t i = 0; i < requirement->value_count; i++)
		if (is_equal(walk, value, requirement->values[i]))
			return true;
	return false;
}

/* Order is one of numbers. */
static bool is_ordered(struct walk *walk, const cJSON *value,
		       const struct requirement *requirement)
{
	double number;
	cJSON *as_number;
	bool holds;

	if (!cJSON_IsString(value))
		return value_matches(walk, value, requirement->operation,
				     requirement->values[0]);
	if (!text_number(value->valuestring, &number))
		return false;
	as_number = cJSON_CreateNumber(number);
	holds = value_matches(walk, as_number, requirement->operation,
			      requirement->values[0]);
	cJSON_Delete(as_number);
	return holds;
}

static bool requirement_holds(struct walk *walk,
			      const struct requirement *requirement,
			      const cJSON *value)
{
	switch (requirement->operation) {
	case OP_EXISTS:
		return value;
	case OP_ABSENT:
		return !value;
	case OP_EQUAL:
	case OP_IN:
		return value && is_in(walk, value, requirement);
	case OP_UNEQUAL:
	case OP_NOT_IN: /* what is not there is not in it either */
		return !value || !is_in(walk, value, requirement);
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
		return value && is_ordered(walk, value, requirement);
	case OP_LIKE:
	case OP_UNLIKE:
		return value_matches(walk, value, requirement->operation,
				     requirement->values[0]);
	}
	return false;
}

static bool selector_holds(struct walk *walk, const struct condition *condition,
			   const cJSON *object)
{
	bool is_failure = condition->use == CONDITION_FAILURE;

	for (size_t i = 0; i < condition->requirement_count; i++) {
		const struct requirement *requirement =
			&condition->requirements[i];
		const cJSON *value =
			path_follow(walk, &requirement->path, object);

		/* too much work to say */
		if (walk->cost >= CONDITION_COST_MAX)
			return false;
		if (requirement_holds(walk, requirement, value) == is_failure)
			return is_failure;
	}
	return !is_failure;
}

static void copy(char *ret, size_t size, const cJSON *found, const char *key)
{
	snprintf(ret, size, "%s", kind_text(found, key));
}

static void read_found(const cJSON *found, struct condition_found *ret)
{
	if (cJSON_IsArray(found))
		found = found->child;
	if (!cJSON_IsObject(found))
		return;
	copy(ret->reason, sizeof(ret->reason), found, "reason");
	copy(ret->message, sizeof(ret->message), found, "message");
	copy(ret->time, sizeof(ret->time), found, "lastTransitionTime");
}

bool condition_holds(const struct condition *condition, const cJSON *object,
		     struct condition_found *ret)
{
	struct walk walk = {0};
	const cJSON *found;
	bool holds;

	if (ret)
		*ret = (struct condition_found){0};
	if (condition->is_selector) {
		holds = selector_holds(&walk, condition, object);
	} else {
		found = path_follow(&walk, &condition->path, object);
		holds = is_something(found);
		if (holds && ret)
			read_found(found, ret);
	}
	cJSON_Delete(walk.made);
	return holds;
}
