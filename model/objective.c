/* SPDX-License-Identifier: MIT */
/* Objectives and constraints of classArgs. */
#include "model/objective.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODE "classArgs.optimize_mode"
#define CONSTRAINTS "classArgs.constraints"

static bool read_mode(const cJSON *node, enum objective_mode *ret)
{
	const char *text = cJSON_IsString(node) ? node->valuestring : "";

	if (!strcmp(text, "maximize"))
		*ret = OBJECTIVE_MAXIMIZE;
	else if (!strcmp(text, "minimize"))
		*ret = OBJECTIVE_MINIMIZE;
	else
		return false;
	return true;
}

static bool read_name(const cJSON *node, char ret[METRIC_NAME_MAX + 1],
		      const char *key, struct error *err)
{
	size_t len = strlen(node->string);

	if (!len || len > METRIC_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "%s: the name of a metric has 1 to %d bytes",
				 key, METRIC_NAME_MAX);
	memcpy(ret, node->string, len + 1);
	return true;
}

static bool read_objectives(const cJSON *object, struct objectives *ret,
			    struct error *err)
{
	const cJSON *node;

	ret->count = 0;
	cJSON_ArrayForEach (node, object) {
		struct objective objective;

		if (ret->count == OBJECTIVES_MAX)
			return error_set(err, ERROR_INVALID,
					 MODE ": at most %d metrics",
					 OBJECTIVES_MAX);
		if (!read_name(node, objective.metric, MODE, err))
			return false;
		if (!read_mode(node, &objective.mode))
			return error_set(err, ERROR_INVALID,
					 MODE ": \"%s\" must be maximize or "
					      "minimize",
					 objective.metric);
		for (size_t i = 0; i < ret->count; i++)
			if (!strcmp(ret->items[i].metric, objective.metric))
				return error_set(err, ERROR_INVALID,
						 MODE ": \"%s\" is there "
						      "twice",
						 objective.metric);
		ret->items[ret->count++] = objective;
		if (!strcmp(objective.metric, METRIC_OBJECTIVE)) {
			memmove(&ret->items[1], &ret->items[0],
				(ret->count - 1) * sizeof(objective));
			ret->items[0] = objective;
		}
	}
	return ret->count ||
	       error_set(err, ERROR_INVALID,
			 MODE ": names no metric: {accuracy: maximize}");
}

/* "<= 4" */
static bool read_bound(const cJSON *node, struct constraint *ret)
{
	const char *text = cJSON_IsString(node) ? node->valuestring : "";
	char *end;

	text += strspn(text, " ");
	if (strncmp(text, "<=", 2) != 0 && strncmp(text, ">=", 2) != 0)
		return false;
	ret->is_least = *text == '>';
	text += 2;
	ret->bound = strtod(text, &end);
	return end != text && !end[strspn(end, " ")] && isfinite(ret->bound);
}

static bool read_constraints(const cJSON *object, struct objectives *ret,
			     struct error *err)
{
	const cJSON *node;

	if (!object || cJSON_IsNull(object))
		return true;
	if (!cJSON_IsObject(object))
		return error_set(err, ERROR_INVALID,
				 CONSTRAINTS ": must be like {memory: \"<= "
					     "4\"}");
	cJSON_ArrayForEach (node, object) {
		struct constraint *constraint;

		if (ret->constraint_count == CONSTRAINTS_MAX)
			return error_set(err, ERROR_INVALID,
					 CONSTRAINTS ": at most %d",
					 CONSTRAINTS_MAX);
		constraint = &ret->constraints[ret->constraint_count++];
		if (!read_name(node, constraint->metric, CONSTRAINTS, err))
			return false;
		if (!read_bound(node, constraint))
			return error_set(err, ERROR_INVALID,
					 CONSTRAINTS ": \"%s\" must be like "
						     "\"<= 4\" or \">= 0.5\"",
					 constraint->metric);
	}
	return true;
}

bool objectives_parse(const char *class_args, enum objective_mode mode,
		      struct objectives *ret, struct error *err)
{
	cJSON *root = class_args ? cJSON_Parse(class_args) : NULL;
	const cJSON *node =
		cJSON_GetObjectItemCaseSensitive(root, "optimize_mode");
	bool ok = true;

	memset(ret, 0, sizeof(*ret));
	ret->count = 1;
	ret->items[0] = (struct objective){METRIC_OBJECTIVE, mode};
	if (cJSON_IsObject(node))
		ok = read_objectives(node, ret, err);
	else if (node && !cJSON_IsNull(node))
		ok = read_mode(node, &ret->items[0].mode) ||
		     error_set(err, ERROR_INVALID,
			       MODE ": must be maximize, minimize, or a metric "
				    "with one of them each");
	ok = ok && read_constraints(cJSON_GetObjectItemCaseSensitive(
					    root, "constraints"),
				    ret, err);
	cJSON_Delete(root);
	return ok;
}

double constraint_violation(const struct constraint *constraint,
			    struct metric_value value)
{
	double by;

	if (!value.is_set || isnan(value.number))
		return 1 + fabs(constraint->bound);
	by = constraint->is_least ? constraint->bound - value.number
				  : value.number - constraint->bound;
	return by > 0 ? fmin(by, 1e300) : 0;
}
