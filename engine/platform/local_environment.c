/* SPDX-License-Identifier: MIT */
/* The environment of a trial. */
#include "engine/platform/local.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* The kernel refuses single strings of 128 KiB and more. */
#define VALUE_MAX 100000
#define NAME_MAX_BYTES 200
#define DEPTH_MAX 16

void environment_release(struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		free(environment->items[i]);
	free(environment->items);
	*environment = (struct environment){0};
}

static char **find(struct environment *environment, const char *name,
		   size_t len)
{
	for (size_t i = 0; i < environment->count; i++)
		if (!strncmp(environment->items[i], name, len) &&
		    environment->items[i][len] == '=')
			return &environment->items[i];
	return NULL;
}

/* Takes item. */
static void push(struct environment *environment, char *item)
{
	if (environment->count + 2 > environment->capacity) {
		environment->capacity = 2 * environment->capacity + 64;
		environment->items = xrealloc(
			environment->items,
			environment->capacity * sizeof(*environment->items));
	}
	environment->items[environment->count++] = item;
	environment->items[environment->count] = NULL;
}

void environment_set(struct environment *environment, const char *name,
		     const char *value)
{
	char **old = find(environment, name, strlen(name));
	char *item = xasprintf("%s=%s", name, value);

	if (!old) {
		push(environment, item);
		return;
	}
	free(*old);
	*old = item;
}

void environment_inherit(struct environment *environment, char *const *from)
{
	for (; *from; from++)
		if (strncmp(*from, "TRIALDECK_", 10) != 0 &&
		    strncmp(*from, "NNI_", 4) != 0)
			push(environment, xstrdup(*from));
}

static char upper(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return c;
	return '_';
}

/* First come, first served where two names become one. */
static void add_value(struct environment *environment, const char *name,
		      const cJSON *item)
{
	char *printed = NULL;
	const char *value;

	if (cJSON_IsString(item))
		value = item->valuestring;
	else
		value = printed = cJSON_PrintUnformatted(item);
	if (value && strlen(value) <= VALUE_MAX &&
	    !find(environment, name, strlen(name)))
		push(environment, xasprintf("%s=%s", name, value));
	cJSON_free(printed);
}

static void add_members(struct environment *environment, const char *prefix,
			const cJSON *object, int depth)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		char *name;

		/* the chosen option's name is the nested choice's value */
		if (depth && !strcmp(item->string, "_name")) {
			add_value(environment, prefix, item);
			continue;
		}
		name = xasprintf("%s_%s", prefix, item->string);
		for (size_t i = strlen(prefix); name[i]; i++)
			name[i] = upper(name[i]);
		if (strlen(name) > NAME_MAX_BYTES)
			name[NAME_MAX_BYTES] = '\0';
		if (!cJSON_IsObject(item))
			add_value(environment, name, item);
		else if (depth < DEPTH_MAX)
			add_members(environment, name, item, depth + 1);
		free(name);
	}
}

void environment_add_parameters(struct environment *environment,
				const char *parameters)
{
	cJSON *tree = cJSON_Parse(parameters);

	if (cJSON_IsObject(tree))
		add_members(environment, "TRIALDECK_PARAM", tree, 0);
	cJSON_Delete(tree);
}
