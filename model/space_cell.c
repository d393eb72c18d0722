/* SPDX-License-Identifier: MIT */
/*
 * One value out of a stored parameters object, for a table cell.
 *
 * Lists draw thousands of these while somebody scrolls, so nothing is parsed
 * into a tree: a cursor (json_walk.h) skips what it is not looking for.
 */
#include "model/space.h"

#include "model/json_walk.h"

#include <stdlib.h>
#include <string.h>

/* The value of an object's member, or NULL. */
static const char *find_member(const char *object, const char *name)
{
	const char *at = json_walk_space(object);

	if (*at != '{')
		return NULL;
	at++;
	for (;;) {
		const char *key = json_walk_space(at);
		const char *end;

		if (*key != '"')
			return NULL;
		end = json_walk_string(key);
		if (!end)
			return NULL;
		at = json_walk_space(end);
		if (*at != ':')
			return NULL;
		at = json_walk_space(at + 1);
		if (json_walk_equals(key, end, name))
			return at;
		at = json_walk_value(at);
		if (!at)
			return NULL;
		at = json_walk_space(at);
		if (*at != ',')
			return NULL;
		at++;
	}
}

static const char *find_value(const struct space *space, const char *json,
			      size_t i)
{
	const struct parameter *p = &space->parameters[i];
	const struct parameter *parent;
	const char *object, *name, *end;

	if (p->parent < 0)
		return find_member(json, p->name);
	parent = &space->parameters[p->parent];
	object = find_value(space, json, (size_t)p->parent);
	name = object ? find_member(object, "_name") : NULL;
	if (!name || *name != '"')
		return NULL;
	end = json_walk_string(name);
	if (!end || !json_walk_equals(name, end,
				      parent->options[p->parent_option].name))
		return NULL;
	return find_member(object, p->name);
}

void space_format_cell(const struct space *space, const char *json, size_t i,
		       struct strbuf *out)
{
	const char *at = find_value(space, json, i);
	const char *end;

	if (!at && space->is_list)
		at = json_walk_space(json);
	if (at && space->parameters[i].is_nested)
		at = find_member(at, "_name");
	end = at ? json_walk_value(at) : NULL;
	if (!end)
		return;
	if (*at == '"')
		json_walk_decode(at, end, out);
	else
		strbuf_add(out, at, (size_t)(end - at));
}
