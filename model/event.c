/* SPDX-License-Identifier: MIT */
/*
 * Commands as people write them: verbs, knobs and their values, durations.
 */
#include "model/event.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A hundred years: in nanoseconds it still fits an int64. */
#define DURATION_MAX_S (INT64_C(36525) * 86400)

/* The numbers of the verbs are stored in databases: never reorder. */
static const char *const verb_names[COMMAND_VERB_COUNT] = {
	[COMMAND_KILL] = "kill",	   [COMMAND_RESTART] = "restart",
	[COMMAND_PAUSE] = "pause",	   [COMMAND_RESUME] = "resume",
	[COMMAND_STOP] = "stop",	   [COMMAND_SET] = "set",
	[COMMAND_ADD_TRIAL] = "add-trial", [COMMAND_ACT] = "act",
	[COMMAND_CHANGE] = "change",
};

#define DIGITS "0123456789"

enum knob_kind { KNOB_COUNT, KNOB_DURATION };

static const struct {
	const char *name;
	enum knob_kind kind;
	int64_t least; /* 0: "none" is allowed, and means 0 */
	int64_t most;
} knobs[] = {
	{"concurrency", KNOB_COUNT, 1, 100000},
	{"max-trials", KNOB_COUNT, 0, UINT32_MAX},
	{"max-duration", KNOB_DURATION, 0, DURATION_MAX_S},
	{"max-trial-duration", KNOB_DURATION, 0, DURATION_MAX_S},
	{"max-retries", KNOB_COUNT, 0, 1000},
};

void event_release(struct event *event)
{
	free(event->text);
	memset(event, 0, sizeof(*event));
}

void command_release(struct command *command)
{
	free(command->argument);
	free(command->asked_by);
	free(command->outcome);
	memset(command, 0, sizeof(*command));
}

const char *command_verb_name(enum command_verb verb)
{
	return verb < COMMAND_VERB_COUNT ? verb_names[verb] : "unknown";
}

bool command_verb_parse(const char *name, enum command_verb *ret_verb)
{
	for (size_t i = 0; i < COUNT_OF(verb_names); i++) {
		if (strcmp(verb_names[i], name))
			continue;
		*ret_verb = (enum command_verb)i;
		return true;
	}
	return false;
}

/* Seconds in one unit, or 0 for a letter that is none. */
static double unit_seconds(char unit)
{
	switch (tolower((unsigned char)unit)) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

static const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

bool duration_parse(const char *text, int64_t *ret_seconds, struct error *err)
{
	const char *start = skip_blanks(text);
	size_t whole = strspn(start, DIGITS);
	bool has_point = start[whole] == '.';
	size_t parts = has_point ? strspn(start + whole + 1, DIGITS) : 0;
	const char *end = start + whole + has_point + parts;
	double seconds, unit = 1;

	/* strtod alone would take "inf", "nan" and hexadecimal as well */
	if (!(whole + parts) || end - start > 40)
		return error_set(err, ERROR_INVALID,
				 "\"%.40s\" is not a duration: write a number "
				 "and a unit, as in 90s, 1.5h or 2d",
				 text);
	seconds = strtod(start, NULL);
	end = skip_blanks(end);
	if (*end) {
		unit = unit_seconds(*end);
		if (!unit || *skip_blanks(end + 1))
			return error_set(err, ERROR_INVALID,
					 "\"%.40s\" has the bad unit \"%.8s\": "
					 "use s, m, h or d",
					 text, end);
	} else if (has_point) {
		return error_set(err, ERROR_INVALID,
				 "\"%.40s\" needs a unit: s, m, h or d", text);
	}
	seconds = ceil(seconds * unit);
	if (seconds > (double)DURATION_MAX_S)
		return error_set(err, ERROR_INVALID,
				 "\"%.40s\" is longer than a hundred years",
				 text);
	*ret_seconds = (int64_t)seconds;
	return true;
}

static bool count_parse(const char *text, int64_t *ret_count)
{
	char *end;
	long long count;

	errno = 0;
	count = strtoll(text, &end, 10);
	if (errno || end == text || *end || count < 0 ||
	    !isdigit((unsigned char)*text))
		return false;
	*ret_count = count;
	return true;
}

static bool unknown_knob(const char *name, struct error *err)
{
	const char *names[COUNT_OF(knobs)];
	const char *near;

	for (size_t i = 0; i < COUNT_OF(knobs); i++)
		names[i] = knobs[i].name;
	near = nearest_word(name, names, COUNT_OF(names));
	if (near)
		return error_set(err, ERROR_INVALID,
				 "unknown setting \"%.40s\": did you mean "
				 "\"%s\"?",
				 name, near);
	return error_set(err, ERROR_INVALID,
			 "unknown setting \"%.40s\": there are concurrency, "
			 "max-trials, max-duration, max-trial-duration and "
			 "max-retries",
			 name);
}

static bool knob_parse_value(size_t knob, const char *text, int64_t *ret_value,
			     struct error *err)
{
	int64_t least = knobs[knob].least;
	int64_t value;

	if (!strcasecmp(text, "none") || !strcasecmp(text, "unlimited")) {
		if (least)
			return error_set(err, ERROR_INVALID,
					 "%s cannot be \"%s\"",
					 knobs[knob].name, text);
		*ret_value = 0;
		return true;
	}
	if (knobs[knob].kind == KNOB_DURATION) {
		if (!duration_parse(text, &value, err))
			return error_prefix(err, "%s", knobs[knob].name);
	} else if (!count_parse(text, &value)) {
		return error_set(err, ERROR_INVALID,
				 "%s: \"%.40s\" is not a whole number",
				 knobs[knob].name, text);
	}
	if (value < least || value > knobs[knob].most)
		return error_set(err, ERROR_INVALID,
				 "%s: %s is out of range: %lld to %lld",
				 knobs[knob].name, text, (long long)least,
				 (long long)knobs[knob].most);
	*ret_value = value;
	return true;
}

bool knob_parse(const char *assignment, char *ret_name, size_t name_size,
		int64_t *ret_value, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	char name[64];
	int64_t value = 0;

	if (!equals || equals == assignment)
		return error_set(err, ERROR_INVALID,
				 "\"%.60s\" is not of the form name=value",
				 assignment);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment),
		 assignment);
	for (size_t i = 0; i < COUNT_OF(knobs); i++) {
		if (strcmp(knobs[i].name, name))
			continue;
		if (!knob_parse_value(i, equals + 1, &value, err))
			return false;
		snprintf(ret_name, name_size, "%s", name);
		*ret_value = value;
		return true;
	}
	return unknown_knob(name, err);
}
