/* SPDX-License-Identifier: MIT */
/*
 * From a search space's JSON to its flat list of parameters.
 *
 * What NNI only logs (nni.md 3.4) is refused here, in its words where it has
 * some, and so is what it would stumble over later: empty choices, names that
 * occur twice, ranges that overflow.  Every refusal leaves the path to the
 * place in ret_path.
 */
#include "model/space.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "model/space_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integers up to here are exact in a double. */
#define EXACT_MAX 9007199254740992.0

struct parse {
	struct space *space;
	size_t capacity, option_total;
	struct strbuf path;  /* "layer/_value/1/kernel" */
	struct strbuf names; /* "layer.kernel", as errors and columns say it */
	struct error *err;
};

/* Refuse parameter p->names: "search space "lr" (uniform) must ...". */
static bool refuse(struct parse *parse, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct parse *parse, const char *format, ...)
{
	char what[300];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return error_set(parse->err, ERROR_INVALID,
			 "search space \"%.100s\" %s", parse->names.data, what);
}

static void enter(struct strbuf *path, const char *separator, const char *step)
{
	if (path->len)
		strbuf_adds(path, separator);
	strbuf_adds(path, step);
}

static void enter_index(struct strbuf *path, size_t index)
{
	strbuf_addf(path, "/%zu", index);
}

static bool is_named_object(const cJSON *option)
{
	return cJSON_IsObject(option) &&
	       cJSON_GetObjectItemCaseSensitive(option, "_name");
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A text that occurs twice, or NULL.  Sorts the array. */
static const char *find_twice(const char **texts, size_t count)
{
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(texts[i - 1], texts[i]))
			return texts[i];
	return NULL;
}

static bool parse_members(struct parse *parse, const cJSON *object, int parent,
			  int option, int depth);

/* The numbers of _value, of which there must be `want`. */
static bool parse_numbers(struct parse *parse, const char *type,
			  const cJSON *value, int want, double *ret)
{
	size_t len = parse->path.len;
	const cJSON *item;
	int count = 0;

	if (cJSON_GetArraySize(value) != want)
		return refuse(parse, "(%s) must have %d values, not %d", type,
			      want, cJSON_GetArraySize(value));
	cJSON_ArrayForEach (item, value) {
		if (!space_json_is_number(item)) {
			enter_index(&parse->path, (size_t)count);
			return refuse(parse,
				      "(%s) must have number values, not %s",
				      type, space_json_kind(item));
		}
		ret[count++] = item->valuedouble;
	}
	strbuf_truncate(&parse->path, len);
	return true;
}

static bool parse_randint(struct parse *parse, struct parameter *p,
			  const cJSON *value)
{
	double bounds[2];

	if (!parse_numbers(parse, "randint", value, 2, bounds))
		return false;
	p->low = ceil(bounds[0]) + 0.0;
	p->high = ceil(bounds[1]) + 0.0;
	if (fabs(p->low) > EXACT_MAX || fabs(p->high) > EXACT_MAX ||
	    p->high - p->low > EXACT_MAX)
		return refuse(parse, "(randint) must have values below 2^53");
	if (p->low >= p->high)
		return refuse(parse, "(randint) must have high > low");
	p->option_count = (size_t)(p->high - p->low);
	return true;
}

static bool parse_range(struct parse *parse, struct parameter *p,
			const cJSON *value)
{
	const char *type = parameter_kind_name(p->kind);
	bool is_quantised = *type == 'q';
	double numbers[3];

	if (!parse_numbers(parse, type, value, is_quantised ? 3 : 2, numbers))
		return false;
	if (is_quantised) {
		p->q = numbers[2];
		if (p->q <= 0) {
			enter_index(&parse->path, 2);
			return refuse(parse, "(%s) must have q > 0", type);
		}
	}
	if (parameter_is_normal(p)) {
		p->mu = numbers[0];
		p->sigma = numbers[1];
		if (p->sigma > 0)
			return true;
		enter_index(&parse->path, 1);
		return refuse(parse, "(%s) must have sigma > 0", type);
	}
	p->low = numbers[0];
	p->high = numbers[1];
	if (p->low >= p->high)
		return refuse(parse, "(%s) must have high > low", type);
	if (parameter_is_log(p) && p->low <= 0) {
		enter_index(&parse->path, 0);
		return refuse(parse, "(%s) must have low > 0", type);
	}
	if (!isfinite(p->high - p->low))
		return refuse(parse, "(%s) has a range too wide for a number",
			      type);
	return true;
}

/* Read the options of a choice; its parameters' parameters come later. */
static bool parse_options(struct parse *parse, struct parameter *p,
			  const cJSON *value)
{
	size_t count = (size_t)cJSON_GetArraySize(value);
	size_t named = 0;
	size_t i = 0;
	const cJSON *item;

	if (count == 0)
		return refuse(parse, "(choice) must have at least one option");
	parse->option_total += count;
	if (parse->option_total > SPACE_OPTIONS_MAX)
		return refuse(parse,
			      "(choice) brings the search space to more than "
			      "%d options",
			      SPACE_OPTIONS_MAX);
	cJSON_ArrayForEach (item, value)
		named += is_named_object(item);
	if (named && named < count)
		return refuse(parse,
			      "(choice) has some options with \"_name\" and "
			      "some without: all of them or none");
	p->is_nested = named > 0;
	p->options = xcalloc(count, sizeof(*p->options));
	p->option_count = count;
	cJSON_ArrayForEach (item, value) {
		struct option *option = &p->options[i++];
		const cJSON *name = item;

		if (p->is_nested) {
			name = cJSON_GetObjectItemCaseSensitive(item, "_name");
			if (!cJSON_IsString(name)) {
				enter_index(&parse->path, i - 1);
				return refuse(parse,
					      "(choice) has an option whose "
					      "\"_name\" is not a string");
			}
		} else {
			option->json = space_json_print(item);
		}
		option->name = xstrdup(cJSON_IsString(name) ? name->valuestring
							    : option->json);
	}
	return true;
}

static bool parse_nested(struct parse *parse, int choice, const cJSON *value,
			 int depth)
{
	const struct parameter *p = &parse->space->parameters[choice];
	const char **names = xcalloc(p->option_count, sizeof(*names));
	size_t len = parse->path.len;
	const char *twice;
	const cJSON *item;
	int option = 0;

	for (size_t i = 0; i < p->option_count; i++)
		names[i] = p->options[i].name;
	twice = find_twice(names, p->option_count);
	free(names);
	if (twice)
		return refuse(parse,
			      "(choice) has two options named \"%.100s\"",
			      twice);
	cJSON_ArrayForEach (item, value) {
		enter_index(&parse->path, (size_t)option);
		if (!parse_members(parse, item, choice, option, depth + 1))
			return false;
		strbuf_truncate(&parse->path, len);
		option++;
	}
	return true;
}

/* Find the kind and the value of a specification; nothing else may be in it. */
static bool parse_type(struct parse *parse, const cJSON *spec,
		       enum parameter_kind *ret_kind, const cJSON **ret_value)
{
	static const char *const members[] = {"_type", "_value"};
	const char *names[PARAMETER_KIND_COUNT];
	const cJSON *type = NULL;
	const cJSON *value = NULL;
	const cJSON *item;
	const char *near;

	if (!cJSON_IsObject(spec))
		return refuse(parse,
			      "is %s, expect an object with \"_type\" "
			      "and \"_value\"",
			      space_json_kind(spec));
	cJSON_ArrayForEach (item, spec) {
		const cJSON **slot = !strcmp(item->string, "_type")    ? &type
				     : !strcmp(item->string, "_value") ? &value
								       : NULL;

		if (slot && !*slot) {
			*slot = item;
			continue;
		}
		enter(&parse->path, "/", item->string);
		if (slot)
			return refuse(parse, "has \"%s\" twice", item->string);
		near = nearest_word(item->string, members, 2);
		return refuse(parse, "has an unknown member \"%.60s\"%s%s%s",
			      item->string, near ? ", did you mean \"" : "",
			      near ? near : "", near ? "\"?" : "");
	}
	if (!type || !value)
		return refuse(parse, "does not have \"%s\"",
			      type ? "_value" : "_type");
	if (!cJSON_IsString(type) ||
	    !parameter_kind_parse(type->valuestring, ret_kind)) {
		const char *word = cJSON_IsString(type) ? type->valuestring
							: space_json_kind(type);

		for (int i = 0; i < PARAMETER_KIND_COUNT; i++)
			names[i] = parameter_kind_name((enum parameter_kind)i);
		near = nearest_word(word, names, PARAMETER_KIND_COUNT);
		enter(&parse->path, "/", "_type");
		return refuse(parse, "has unsupported type \"%.60s\"%s%s%s",
			      word, near ? ", did you mean \"" : "",
			      near ? near : "", near ? "\"?" : "");
	}
	*ret_value = value;
	return true;
}

static bool parse_parameter(struct parse *parse, const cJSON *spec, int parent,
			    int option, int depth)
{
	struct space *space = parse->space;
	const cJSON *value = NULL;
	struct parameter *p;
	int index = (int)space->count;
	bool ok;

	if (space->count == SPACE_PARAMETERS_MAX)
		return error_set(parse->err, ERROR_LIMIT,
				 "search space has more than %d parameters",
				 SPACE_PARAMETERS_MAX);
	ARRAY_RESERVE(space->parameters, space->count, parse->capacity);
	p = &space->parameters[space->count++];
	*p = (struct parameter){.name = xstrdup(spec->string),
				.path = xstrdup(parse->names.data),
				.parent = parent,
				.parent_option = option};
	if (!*spec->string)
		return refuse(parse, "has an empty name");
	if (!parse_type(parse, spec, &p->kind, &value))
		return false;
	enter(&parse->path, "/", "_value");
	if (!cJSON_IsArray(value))
		return refuse(parse, "(%s) has %s as value, expect a list",
			      parameter_kind_name(p->kind),
			      space_json_kind(value));
	if (p->kind == PARAMETER_CHOICE)
		ok = parse_options(parse, p, value);
	else if (p->kind == PARAMETER_RANDINT)
		ok = parse_randint(parse, p, value);
	else
		ok = parse_range(parse, p, value);
	if (!ok || !p->is_nested)
		return ok;
	return parse_nested(parse, index, value, depth);
}

static bool check_names(struct parse *parse, const cJSON *object)
{
	size_t count = (size_t)cJSON_GetArraySize(object);
	const char *twice;
	const char **names;
	const cJSON *item;
	size_t i = 0;

	if (count > SPACE_PARAMETERS_MAX + 1)
		return error_set(parse->err, ERROR_LIMIT,
				 "search space has more than %d parameters",
				 SPACE_PARAMETERS_MAX);
	names = xcalloc(count, sizeof(*names));
	cJSON_ArrayForEach (item, object)
		names[i++] = item->string;
	twice = find_twice(names, count);
	if (twice) {
		enter(&parse->path, "/", twice);
		enter(&parse->names, ".", twice);
		refuse(parse, "is defined twice");
	}
	free(names);
	return !twice;
}

static bool parse_members(struct parse *parse, const cJSON *object, int parent,
			  int option, int depth)
{
	size_t path_len = parse->path.len;
	size_t names_len = parse->names.len;
	const cJSON *item;

	if (depth > SPACE_DEPTH_MAX)
		return refuse(parse, "is nested deeper than %d levels",
			      SPACE_DEPTH_MAX);
	if (!check_names(parse, object))
		return false;
	cJSON_ArrayForEach (item, object) {
		if (parent >= 0 && !strcmp(item->string, "_name"))
			continue;
		enter(&parse->path, "/", item->string);
		enter(&parse->names, ".", item->string);
		if (!parse_parameter(parse, item, parent, option, depth))
			return false;
		strbuf_truncate(&parse->path, path_len);
		strbuf_truncate(&parse->names, names_len);
	}
	return true;
}

/* "layer.Conv.kernel" */
static void add_long_path(const struct space *space, size_t i,
			  struct strbuf *out)
{
	const struct parameter *p = &space->parameters[i];

	if (p->parent >= 0) {
		const struct parameter *parent = &space->parameters[p->parent];

		add_long_path(space, (size_t)p->parent, out);
		strbuf_addf(out, ".%s.",
			    parent->options[p->parent_option].name);
	}
	strbuf_adds(out, p->name);
}

static int compare_paths(const void *a, const void *b)
{
	const struct parameter *const *p = a;
	const struct parameter *const *q = b;
	int order = strcmp((*p)->path, (*q)->path);

	return order ? order : (*p > *q) - (*p < *q);
}

/* Parameters of different options may share a path: say the option then.
 * Names with dots in them can still clash, and get a number. */
static void make_paths_unique(struct space *space)
{
	struct parameter **sorted = xcalloc(space->count, sizeof(*sorted));
	bool *clashes = xcalloc(space->count, sizeof(*clashes));
	struct strbuf path = STRBUF_INIT;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < space->count; i++)
			sorted[i] = &space->parameters[i];
		qsort(sorted, space->count, sizeof(*sorted), compare_paths);
		for (size_t i = 0; i + 1 < space->count; i++)
			clashes[i + 1] =
				!strcmp(sorted[i]->path, sorted[i + 1]->path);
		for (size_t i = 0; i < space->count; i++) {
			size_t index = (size_t)(sorted[i] - space->parameters);
			bool is_clash = clashes[i] || (i + 1 < space->count &&
						       clashes[i + 1]);

			if (!is_clash || (round == 0 && sorted[i]->parent < 0))
				continue;
			strbuf_clear(&path);
			add_long_path(space, index, &path);
			if (round > 0)
				strbuf_addf(&path, "#%zu.%d", index, round);
			free(sorted[i]->path);
			sorted[i]->path = xstrdup(path.data);
		}
	}
	strbuf_release(&path);
	free(clashes);
	free(sorted);
}

static bool is_list(const struct space *space)
{
	const struct parameter *p = &space->parameters[0];

	if (space->count != 1 || p->kind != PARAMETER_CHOICE || p->is_nested)
		return false;
	for (size_t i = 0; i < p->option_count; i++)
		if (*p->options[i].json != '{')
			return false;
	return true;
}

bool space_parse(const char *json, struct space **ret_space,
		 struct strbuf *ret_path, struct error *err)
{
	struct parse parse = {
		.path = STRBUF_INIT, .names = STRBUF_INIT, .err = err};
	cJSON *root = space_json_parse(json, err);
	bool ok = false;

	parse.space = xcalloc(1, sizeof(*parse.space));
	if (!root)
		error_prefix(err, "search space");
	else if (!cJSON_IsObject(root))
		error_set(err, ERROR_INVALID,
			  "search space is %s, expect an object",
			  space_json_kind(root));
	else if (!root->child)
		error_set(err, ERROR_INVALID, "search space is empty");
	else
		ok = parse_members(&parse, root, -1, 0, 1);
	if (ok) {
		parse.space->is_list = is_list(parse.space);
		make_paths_unique(parse.space);
		parse.space->json = space_json_print(root);
		*ret_space = parse.space;
	} else {
		space_free(parse.space);
		if (ret_path)
			strbuf_adds(ret_path, parse.path.data);
	}
	cJSON_Delete(root);
	strbuf_release(&parse.path);
	strbuf_release(&parse.names);
	return ok;
}
