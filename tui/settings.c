/* SPDX-License-Identifier: MIT */
/* The table of settings, and values with their origin. */
#include "tui/settings.h"

#include "base/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct setting settings_table[SETTING_COUNT] = {
#define X(id, name, values, fallback, help)                                    \
	[SETTING_##id] = {name, values, fallback, help},
	SETTINGS(X)
#undef X
};

static void put(struct settings *settings, int id, const char *value)
{
	snprintf(settings->values[id].value, sizeof(settings->values[id].value),
		 "%s", value);
}

void settings_init(struct settings *settings)
{
	int i;

	memset(settings, 0, sizeof(*settings));
	for (i = 0; i < SETTING_COUNT; i++)
		put(settings, i, settings_table[i].fallback);
}

int settings_find(const char *name)
{
	int i;

	if (strcmp(name, "colours") == 0)
		name = "colors";
	for (i = 0; i < SETTING_COUNT; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			return i;
	return -1;
}

static bool unknown(const char *name, struct error *err)
{
	const char *known[SETTING_COUNT], *near;
	int i;

	for (i = 0; i < SETTING_COUNT; i++)
		known[i] = settings_table[i].name;
	near = nearest_word(name, known, SETTING_COUNT);
	if (near)
		return error_set(err, ERROR_INVALID,
				 "no setting is called \"%.60s\": did you mean "
				 "\"%s\"?",
				 name, near);
	return error_set(err, ERROR_INVALID,
			 "no setting is called \"%.60s\" (trialdeck config "
			 "shows all)",
			 name);
}

/* Spellings that mean a choice: color- for colour-, yes for on. */
static const char *spelled(const char *value, char *room, size_t size)
{
	if (strncmp(value, "color-", 6) == 0) {
		snprintf(room, size, "colour-%s", value + 6);
		return room;
	}
	if (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0)
		return "on";
	if (strcmp(value, "no") == 0 || strcmp(value, "false") == 0)
		return "off";
	return value;
}

static bool is_choice(const char *values, const char *value)
{
	size_t len = strlen(value);

	while (*values) {
		size_t n = strcspn(values, " ");

		if (n == len && strncmp(values, value, n) == 0)
			return true;
		values += n;
		values += strspn(values, " ");
	}
	return false;
}

bool settings_check(const char *name, const char *value,
		    enum setting_id *ret_id, struct error *err)
{
	int id = settings_find(name);
	char room[64];

	if (id < 0)
		return unknown(name, err);
	if (!is_choice(settings_table[id].values,
		       spelled(value, room, sizeof(room))))
		return error_set(err, ERROR_INVALID,
				 "%s is one of %s, not \"%.60s\"",
				 settings_table[id].name,
				 settings_table[id].values, value);
	*ret_id = (enum setting_id)id;
	return true;
}

bool settings_set(struct settings *settings, const char *name,
		  const char *value, enum setting_origin origin, int line,
		  const char *from, struct error *err)
{
	enum setting_id id;
	char room[64];

	if (!settings_check(name, value, &id, err))
		return false;
	if (settings->values[id].origin > origin)
		return true;
	put(settings, id, spelled(value, room, sizeof(room)));
	settings->values[id].origin = origin;
	settings->values[id].line = line;
	snprintf(settings->values[id].from, sizeof(settings->values[id].from),
		 "%s", from ? from : "");
	return true;
}

void settings_read_environment(struct settings *settings)
{
	const char *no_color = getenv("NO_COLOR");
	struct error ignored;

	if (no_color && *no_color)
		settings_set(settings, "colors", "none", ORIGIN_ENVIRONMENT, 0,
			     "NO_COLOR", &ignored);
}

const char *settings_get(const struct settings *settings, enum setting_id id)
{
	return settings->values[id].value;
}

bool settings_is(const struct settings *settings, enum setting_id id,
		 const char *value)
{
	return strcmp(settings->values[id].value, value) == 0;
}

void settings_format_origin(const struct settings *settings, enum setting_id id,
			    char *ret, size_t size)
{
	switch (settings->values[id].origin) {
	case ORIGIN_FILE:
		snprintf(ret, size, "the file, line %d",
			 settings->values[id].line);
		break;
	case ORIGIN_SESSION:
		snprintf(ret, size, "this session");
		break;
	case ORIGIN_DEFAULT:
		snprintf(ret, size, "built in");
		break;
	default:
		snprintf(ret, size, "%s", settings->values[id].from);
	}
}
