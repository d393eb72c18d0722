/* SPDX-License-Identifier: MIT */
/*
 * From a parameters object back to a point of the space: for imported and
 * customised trials, and to check what a database holds.  Exact for choices
 * and integers; log kinds come back within a rounding of what was drawn, and
 * quantised ones as their quantised value.
 */
#include "model/space.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "model/space_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(const struct parameter *p, const char *what,
		   struct error *err)
{
	return error_set(err, ERROR_INVALID, "parameter \"%.100s\" %s", p->path,
			 what);
}

/* Python's ==, as far as options go: 1 equals 1.0. */
static bool equals_number(const char *json, double value)
{
	char *end;
	double number;

	if (*json != '-' && (*json < '0' || *json > '9'))
		return false;
	number = strtod(json, &end);
	return !*end && number == value;
}

static bool find_option(const struct parameter *p, const cJSON *value,
			double *ret, struct error *err)
{
	const char *text = cJSON_IsString(value) ? value->valuestring : NULL;
	char *json;
	bool found = false;

	if (p->is_nested) {
		for (size_t i = 0; text && i < p->option_count; i++) {
			if (strcmp(text, p->options[i].name))
				continue;
			*ret = (double)i;
			return true;
		}
		return refuse(p, "has no option of this _name", err);
	}
	json = space_json_print(value);
	for (size_t i = 0; !found && i < p->option_count; i++) {
		found = !strcmp(json, p->options[i].json);
		if (found)
			*ret = (double)i;
	}
	for (size_t i = 0;
	     space_json_is_number(value) && !found && i < p->option_count;
	     i++) {
		found = equals_number(p->options[i].json, value->valuedouble);
		if (found)
			*ret = (double)i;
	}
	free(json);
	return found || refuse(p, "has a value that is not an option", err);
}

static bool find_number(const struct parameter *p, const cJSON *value,
			double *ret, struct error *err)
{
	double x = value->valuedouble;

	if (!space_json_is_number(value))
		return refuse(p, "must be a number", err);
	if (p->kind == PARAMETER_RANDINT) {
		if (x != rint(x) || x < p->low || x >= p->high)
			return refuse(p, "must be an integer of its range",
				      err);
		*ret = x - p->low;
		return true;
	}
	if (parameter_is_log(p)) {
		if (x <= 0)
			return refuse(p, "must be above 0", err);
		x = log(x);
	}
	*ret = x;
	return true;
}

/* Every member must be a parameter of this parent and option. */
static bool check_members(const struct space *space, const cJSON *object,
			  int parent, int option, struct error *err)
{
	const char **names = xcalloc(space->count, sizeof(*names));
	size_t count = 0;
	const cJSON *item;
	bool ok = true;

	for (size_t i = 0; i < space->count; i++)
		if (space->parameters[i].parent == parent &&
		    (parent < 0 ||
		     space->parameters[i].parent_option == option))
			names[count++] = space->parameters[i].name;
	cJSON_ArrayForEach (item, object) {
		const char *near;
		bool known = parent >= 0 && !strcmp(item->string, "_name");

		for (size_t i = 0; !known && i < count; i++)
			known = !strcmp(names[i], item->string);
		if (known)
			continue;
		near = nearest_word(item->string, names, count);
		ok = error_set(err, ERROR_INVALID,
			       "unknown parameter \"%.100s\"%s%.100s%s",
			       item->string, near ? ", did you mean \"" : "",
			       near ? near : "", near ? "\"?" : "");
		break;
	}
	free(names);
	return ok;
}

static bool parse_members(const struct space *space, const cJSON *object,
			  int parent, double *point, struct error *err)
{
	int option = parent < 0 ? 0 : (int)point[parent];

	if (!check_members(space, object, parent, option, err))
		return false;
	for (size_t i = (size_t)(parent + 1); i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		const cJSON *value;

		if (p->parent < parent)
			break;
		if (p->parent != parent || !space_is_active(space, point, i))
			continue;
		value = cJSON_GetObjectItemCaseSensitive(object, p->name);
		if (!value)
			return refuse(p, "is missing", err);
		if (p->is_nested) {
			const cJSON *name = cJSON_GetObjectItemCaseSensitive(
				value, "_name");

			if (!cJSON_IsObject(value) || !name)
				return refuse(p, "must be an object with _name",
					      err);
			if (!find_option(p, name, &point[i], err) ||
			    !parse_members(space, value, (int)i, point, err))
				return false;
		} else if (p->kind == PARAMETER_CHOICE) {
			if (!find_option(p, value, &point[i], err))
				return false;
		} else if (!find_number(p, value, &point[i], err)) {
			return false;
		}
	}
	return true;
}

/* Of a list: was the object handed out whole?  Neither the order of its members
 * nor how its numbers are written is of any account. */
static bool find_whole(const struct space *space, const cJSON *root,
		       double *point)
{
	const struct parameter *p = &space->parameters[0];
	struct error ignored;
	bool found = false;
	cJSON *plain;
	char *text;

	if (!space->is_list)
		return false;
	if (find_option(p, root, point, &ignored))
		return true;
	text = space_json_print(root);
	plain = cJSON_Parse(text);
	for (size_t i = 0; !found && i < p->option_count; i++) {
		cJSON *option = cJSON_Parse(p->options[i].json);

		found = cJSON_Compare(option, plain, true);
		if (found)
			*point = (double)i;
		cJSON_Delete(option);
	}
	cJSON_Delete(plain);
	free(text);
	return found;
}

bool space_parse_point(const struct space *space, const char *json,
		       double *ret_point, struct error *err)
{
	cJSON *root = space_json_parse(json, err);
	double *point = xcalloc(space->count, sizeof(*point));
	bool ok = false;

	for (size_t i = 0; i < space->count; i++)
		point[i] = NAN;
	if (!root)
		error_prefix(err, "parameters");
	else if (!cJSON_IsObject(root))
		error_set(err, ERROR_INVALID,
			  "parameters are %s, expect an object",
			  space_json_kind(root));
	else
		ok = find_whole(space, root, point) ||
		     parse_members(space, root, -1, point, err);
	if (ok)
		memcpy(ret_point, point, space->count * sizeof(*point));
	free(point);
	cJSON_Delete(root);
	return ok;
}
