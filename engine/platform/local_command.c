/* SPDX-License-Identifier: MIT */
/*
 * Placeholders in the user's command.
 *
 * The values come from tuners, from imported trials, from people: a value must
 * reach the program as it is and must never be read as shell.  Most values are
 * numbers and plain words, which mean the same in every context.  For the rest
 * the command is followed as the shell would read it, to know whether the
 * placeholder stands bare, inside '...' or inside "...", and the value is
 * quoted for that place.  That walk is sure only for commands without nested
 * contexts; where such are used, a value that needs quoting is refused with
 * advice instead of guessed at.
 */
#include "engine/platform/local.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum context { BARE, SINGLE, DOUBLE, COMMENT };

struct walk {
	enum context context;
	bool is_word;	 /* inside a word: a # is no comment */
	bool is_escaped; /* the character before was a backslash */
};

static void walk_step(struct walk *walk, char c)
{
	if (walk->is_escaped) {
		walk->is_escaped = false;
		walk->is_word = c != '\n' || walk->is_word;
		return;
	}
	switch (walk->context) {
	case BARE:
		if (c == '\\')
			walk->is_escaped = true;
		else if (c == '\'')
			walk->context = SINGLE;
		else if (c == '"')
			walk->context = DOUBLE;
		else if (c == '#' && !walk->is_word)
			walk->context = COMMENT;
		walk->is_word = !strchr(" \t\n;&|()<>", c);
		break;
	case SINGLE:
		if (c == '\'')
			walk->context = BARE;
		break;
	case DOUBLE:
		if (c == '\\')
			walk->is_escaped = true;
		else if (c == '"')
			walk->context = BARE;
		break;
	case COMMENT:
		if (c == '\n') {
			walk->context = BARE;
			walk->is_word = false;
		}
		break;
	}
}

/* Words that mean themselves in any context of any shell. */
static bool is_harmless(const char *value)
{
	return *value && *value != '-' &&
	       value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789_.,:/@%+-")] == '\0';
}

static bool is_number(const char *value)
{
	char *end;

	if (!*value || value[strspn(value, "0123456789.eE+-")])
		return false;
	strtod(value, &end);
	return !*end;
}

/* Does the command use a construct in which the walk loses its way? */
static const char *find_nesting(const char *command)
{
	static const char *const marks[] = {"`",  "$(", "${", "$'",  "$\"",
					    "<<", "((", "[[", "eval"};

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (strstr(command, marks[i]))
			return marks[i];
	return NULL;
}

static void add_quoted(struct strbuf *out, const char *value,
		       enum context context)
{
	if (context == BARE)
		strbuf_addch(out, '\'');
	for (; *value; value++) {
		if (context == DOUBLE) {
			if (strchr("\\\"$`", *value))
				strbuf_addch(out, '\\');
			strbuf_addch(out, *value);
		} else if (*value == '\'') {
			strbuf_adds(out, "'\\''");
		} else {
			strbuf_addch(out, *value);
		}
	}
	if (context == BARE)
		strbuf_addch(out, '\'');
}

static bool add_value(struct strbuf *out, const char *command, const char *name,
		      const char *value, const struct walk *walk,
		      struct error *err)
{
	const char *nesting;

	if (is_harmless(value) || is_number(value)) {
		strbuf_adds(out, value);
		return true;
	}
	nesting = find_nesting(command);
	if (nesting || walk->context == COMMENT || walk->is_escaped)
		return error_set(err, ERROR_INVALID,
				 "trialCommand: the value of {{%s}} needs "
				 "quoting, which is not sure in a command "
				 "with %s; use the variable "
				 "TRIALDECK_PARAM_... instead",
				 name,
				 nesting		    ? nesting
				 : walk->context == COMMENT ? "a comment"
							    : "a backslash");
	add_quoted(out, value, walk->context);
	return true;
}

/* Follow a dotted path; at every level the longest name is tried first, since
 * a parameter's own name may hold dots. */
static const cJSON *find_path(const cJSON *object, const char *path)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, path);
	size_t len = strlen(path);

	if (item)
		return item;
	while (len--) {
		char *head;

		if (path[len] != '.')
			continue;
		head = xstrndup(path, len);
		item = cJSON_GetObjectItemCaseSensitive(object, head);
		free(head);
		if (cJSON_IsObject(item))
			item = find_path(item, path + len + 1);
		else
			item = NULL;
		if (item)
			return item;
	}
	return NULL;
}

/* The text a value becomes; the caller frees. */
static char *value_text(const cJSON *item)
{
	const cJSON *name;
	char *printed, *text;

	if (cJSON_IsObject(item)) {
		name = cJSON_GetObjectItemCaseSensitive(item, "_name");
		if (name)
			return value_text(name);
	}
	if (cJSON_IsString(item))
		return xstrdup(item->valuestring);
	printed = cJSON_PrintUnformatted(item);
	text = xstrdup(printed ? printed : "");
	cJSON_free(printed);
	return text;
}

static bool add_placeholder(struct strbuf *out, const char *command,
			    const cJSON *parameters, const char *name,
			    const struct walk *walk, struct error *err)
{
	const cJSON *item = find_path(parameters, name);
	char *text;
	bool ok;

	if (!item)
		return error_set(err, ERROR_INVALID,
				 "trialCommand: {{%s}} names no parameter "
				 "(write {{{{ for a literal {{)",
				 name);
	text = value_text(item);
	ok = add_value(out, command, name, text, walk, err);
	free(text);
	return ok;
}

/* The name between the braces at `at`, without blanks; NULL when the braces
 * are never closed.  *ret_end is behind them. */
static char *take_name(const char *at, const char **ret_end)
{
	const char *start = at + 2, *end = strstr(start, "}}");

	if (!end)
		return NULL;
	*ret_end = end + 2;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return xstrndup(start, (size_t)(end - start));
}

static bool format(const char *command, const cJSON *parameters,
		   struct strbuf *out, struct error *err)
{
	struct walk walk = {.context = BARE};
	const char *at = command;
	bool ok = true;

	while (*at && ok) {
		char *name;

		if (!strncmp(at, "{{{{", 4)) {
			strbuf_adds(out, "{{");
			walk_step(&walk, '{');
			at += 4;
			continue;
		}
		if (strncmp(at, "{{", 2) != 0) {
			walk_step(&walk, *at);
			strbuf_addch(out, *at++);
			continue;
		}
		name = take_name(at, &at);
		if (!name)
			return error_set(err, ERROR_INVALID,
					 "trialCommand: {{ without }} (write "
					 "{{{{ for a literal {{)");
		ok = add_placeholder(out, command, parameters, name, &walk,
				     err);
		walk_step(&walk, 'x');
		free(name);
	}
	return ok;
}

bool local_command_format(const char *command, const char *parameters,
			  struct strbuf *out, struct error *err)
{
	cJSON *tree;
	bool ok;

	if (!strstr(command, "{{")) {
		strbuf_adds(out, command);
		return true;
	}
	tree = cJSON_Parse(parameters);
	if (!cJSON_IsObject(tree))
		ok = error_set(err, ERROR_INVALID,
			       "the trial's parameters are no JSON object");
	else
		ok = format(command, tree, out, err);
	cJSON_Delete(tree);
	return ok;
}
