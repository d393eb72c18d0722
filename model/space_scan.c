/* SPDX-License-Identifier: MIT */
/* Points out of parameters objects, quickly. */
#include "model/space_scan.h"

#include "base/mem.h"
#include "model/json_walk.h"
#include "model/space_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

/* Options by their text: open addressing, at most half full. */
struct option_table {
	uint32_t *slots; /* index + 1 */
	size_t room;	 /* a power of two; 0: not a choice */
};

struct space_scan {
	const struct space *space;
	struct option_table *tables; /* one a parameter */
	struct strbuf text;
	size_t strange;
};

static uint32_t hash(const char *text, size_t len)
{
	uint32_t value = FNV_BASIS;

	for (size_t i = 0; i < len; i++)
		value = (value ^ (unsigned char)text[i]) * FNV_PRIME;
	return value;
}

static const char *option_text(const struct parameter *p, size_t i)
{
	return p->is_nested ? p->options[i].name : p->options[i].json;
}

static void fill_table(struct option_table *table, const struct parameter *p)
{
	table->room = 4;
	while (table->room < 2 * p->option_count)
		table->room *= 2;
	table->slots = xcalloc(table->room, sizeof(*table->slots));
	for (size_t i = 0; i < p->option_count; i++) {
		const char *text = option_text(p, i);
		size_t at = hash(text, strlen(text));

		while (table->slots[at & (table->room - 1)])
			at++;
		table->slots[at & (table->room - 1)] = (uint32_t)i + 1;
	}
}

struct space_scan *space_scan_new(const struct space *space)
{
	struct space_scan *scan = xcalloc(1, sizeof(*scan));

	scan->space = space;
	strbuf_init(&scan->text);
	scan->tables = xcalloc(space->count + 1, sizeof(*scan->tables));
	for (size_t i = 0; i < space->count; i++)
		if (space->parameters[i].kind == PARAMETER_CHOICE)
			fill_table(&scan->tables[i], &space->parameters[i]);
	return scan;
}

void space_scan_free(struct space_scan *scan)
{
	if (!scan)
		return;
	for (size_t i = 0; i < scan->space->count; i++)
		free(scan->tables[i].slots);
	free(scan->tables);
	strbuf_release(&scan->text);
	free(scan);
}

static bool find_option(const struct space_scan *scan, size_t i,
			const char *text, size_t len, double *ret)
{
	const struct parameter *p = &scan->space->parameters[i];
	const struct option_table *table = &scan->tables[i];

	for (size_t at = hash(text, len);; at++) {
		uint32_t slot = table->slots[at & (table->room - 1)];
		const char *option;

		if (!slot)
			return false;
		option = option_text(p, slot - 1);
		if (strlen(option) == len && !memcmp(option, text, len)) {
			*ret = slot - 1;
			return true;
		}
	}
}

/* Written another way: spaces, escapes, 1 for 1.0. */
static bool find_alike(struct space_scan *scan, size_t i, const char *text,
		       double *ret)
{
	const struct parameter *p = &scan->space->parameters[i];
	struct error ignored;
	cJSON *value = space_json_parse(text, &ignored);
	char *json = value ? space_json_print(value) : NULL;
	bool found = json && find_option(scan, i, json, strlen(json), ret);

	if (value && !found && space_json_is_number(value))
		for (size_t k = 0; !found && k < p->option_count; k++) {
			const char *option = p->options[k].json;
			char *end;
			double number = strtod(option, &end);

			found = end != option && !*end &&
				number == value->valuedouble;
			if (found)
				*ret = (double)k;
		}
	free(json);
	cJSON_Delete(value);
	return found;
}

static double read_option(struct space_scan *scan, size_t i, const char *at,
			  const char *end)
{
	double option;

	if (find_option(scan, i, at, (size_t)(end - at), &option))
		return option;
	strbuf_clear(&scan->text);
	strbuf_add(&scan->text, at, (size_t)(end - at));
	if (find_alike(scan, i, scan->text.data, &option))
		return option;
	scan->strange++;
	return NAN;
}

static double read_number(struct space_scan *scan, const struct parameter *p,
			  const char *at, const char *stop)
{
	char *end = NULL;
	double x = *at == '-' || (*at >= '0' && *at <= '9') ? strtod(at, &end)
							    : NAN;

	if (end == stop && p->kind == PARAMETER_RANDINT && x == rint(x) &&
	    x >= p->low && x < p->high)
		return x - p->low;
	if (end == stop && p->kind != PARAMETER_RANDINT && isfinite(x)) {
		if (!parameter_is_log(p))
			return x;
		if (x > 0)
			return log(x);
	}
	scan->strange++;
	return NAN;
}

static const char *scan_object(struct space_scan *scan, const char *at,
			       int parent, double *point);

/* A nested choice: {"_name": "...", members of that option}. */
static const char *scan_nested(struct space_scan *scan, const char *at,
			       size_t i, double *point)
{
	const char *member = json_walk_space(at);

	if (*member != '{')
		goto strange;
	/* its name first: what the others are depends on it */
	for (member++;;) {
		const char *key = json_walk_space(member), *end;
		bool is_name;

		if (*key != '"' || !(end = json_walk_string(key)))
			goto strange;
		is_name = json_walk_equals(key, end, "_name");
		member = json_walk_space(end);
		if (*member != ':')
			goto strange;
		member = json_walk_space(member + 1);
		end = json_walk_value(member);
		if (!end)
			return NULL;
		if (is_name && *member == '"') {
			strbuf_clear(&scan->text);
			json_walk_decode(member, end, &scan->text);
			if (!find_option(scan, i, scan->text.data,
					 scan->text.len, &point[i]))
				goto strange;
			return scan_object(scan, at, (int)i, point);
		}
		member = json_walk_space(end);
		if (*member != ',')
			goto strange;
		member++;
	}
strange:
	scan->strange++;
	return json_walk_value(at);
}

static bool is_member(const struct space_scan *scan, size_t i, int parent,
		      const double *point)
{
	const struct parameter *p = &scan->space->parameters[i];

	return p->parent == parent &&
	       (parent < 0 || p->parent_option == (int)point[parent]);
}

/* Objects have their members in the order of the space, nearly always: look
 * from `hint` on.  Returns the space's count when it is none. */
static size_t find_parameter(const struct space_scan *scan, const char *key,
			     const char *end, int parent, size_t hint,
			     const double *point)
{
	size_t count = scan->space->count;

	for (size_t n = 0; n < count; n++) {
		size_t i = (hint + n) % count;

		if (is_member(scan, i, parent, point) &&
		    json_walk_equals(key, end, scan->space->parameters[i].name))
			return i;
	}
	return count;
}

/* Past the object at `at`, or NULL. */
static const char *scan_object(struct space_scan *scan, const char *at,
			       int parent, double *point)
{
	size_t hint = (size_t)(parent + 1);

	at = json_walk_space(at);
	if (*at != '{')
		return NULL;
	at = json_walk_space(at + 1);
	while (*at == '"') {
		const char *key = at, *end = json_walk_string(at), *after;
		size_t i;

		at = end ? json_walk_space(end) : NULL;
		if (!at || *at != ':')
			return NULL;
		at = json_walk_space(at + 1);
		i = find_parameter(scan, key, end, parent, hint, point);
		if (i < scan->space->count) {
			const struct parameter *p = &scan->space->parameters[i];

			hint = i + 1;
			if (p->is_nested) {
				after = scan_nested(scan, at, i, point);
			} else {
				after = json_walk_value(at);
				if (!after)
					return NULL;
				point[i] = p->kind == PARAMETER_CHOICE
						   ? read_option(scan, i, at,
								 after)
						   : read_number(scan, p, at,
								 after);
			}
		} else {
			after = json_walk_value(at);
		}
		if (!after)
			return NULL;
		at = json_walk_space(after);
		if (*at == ',')
			at = json_walk_space(at + 1);
	}
	return *at == '}' ? at + 1 : NULL;
}

bool space_scan_point(struct space_scan *scan, const char *json,
		      double *ret_point, size_t *ret_strange)
{
	bool ok;

	for (size_t i = 0; i < scan->space->count; i++)
		ret_point[i] = NAN;
	scan->strange = 0;
	if (json && scan->space->is_list) { /* handed out whole, perhaps */
		struct error ignored;
		const char *at = json_walk_space(json);

		ok = *at == '{' && json_walk_value(at);
		if (!space_parse_point(scan->space, json, ret_point, &ignored))
			scan->strange = 1;
		if (ret_strange)
			*ret_strange = scan->strange;
		return ok;
	}
	ok = json && scan_object(scan, json, -1, ret_point);
	if (ret_strange)
		*ret_strange = scan->strange;
	return ok;
}
