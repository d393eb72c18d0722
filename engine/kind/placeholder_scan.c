/* SPDX-License-Identifier: MIT */
/*
 * Placeholders found and checked.
 *
 * Objects carry shell lines, whose ${HOME} is not ours.  Ours begin with one of
 * two words and a dot; what nearly does is taken for a slip of the pen, and so
 * is ${lr} where the search space has an lr.
 */
#include "engine/kind/placeholder_private.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "engine/kind/placeholder.h"

#include <stdlib.h>
#include <string.h>

#define PARAMETERS "trial.parameters"
#define TEXT_SUFFIX "|text"
#define LISTED_MAX 10 /* parameters that an error names */

static const struct {
	const char *name;
	enum placeholder_word word;
} words[] = {
	{"trial.id", WORD_TRIAL_ID},
	{"trial.name", WORD_TRIAL_NAME},
	{"trial.sequence", WORD_TRIAL_SEQUENCE},
	{"trial.attempt", WORD_TRIAL_ATTEMPT},
	{"trial.namespace", WORD_TRIAL_NAMESPACE},
	{PARAMETERS, WORD_TRIAL_PARAMETERS},
	{"experiment.id", WORD_EXPERIMENT_ID},
	{"experiment.name", WORD_EXPERIMENT_NAME},
};

static const char *const heads[] = {"trial", "experiment"};

/* --- finding ------------------------------------------------------------ */

/* The next "${".  (Of strstr some implementations measure all of the text each
 * time.) */
static const char *find_open(const char *text)
{
	while ((text = strchr(text, '$')) && text[1] != '{')
		text++;
	return text;
}

/* The name that begins here and ends at a brace; false: there is none near
 * enough (texts are long, and every ${ in them is looked at). */
static bool copy_name(const char *text, char ret[PLACEHOLDER_NAME_MAX])
{
	size_t len = 0;

	while (text[len] && text[len] != '}')
		if (++len == PLACEHOLDER_NAME_MAX)
			return false;
	if (!text[len])
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

static enum placeholder_found fail_unknown(const char *name, struct error *err)
{
	const char *names[COUNT_OF(words)];
	const char *near;

	for (size_t i = 0; i < COUNT_OF(words); i++)
		names[i] = words[i].name;
	near = nearest_word(name, names, COUNT_OF(names));
	error_set(err, ERROR_INVALID,
		  "${%.64s} is no placeholder, %s${%s}%s (a literal ${ is "
		  "written $${)",
		  name, near ? "did you mean " : "they are such as ",
		  near ? near : PARAMETERS ".NAME", near ? "?" : "");
	return FOUND_WRONG;
}

/* Does it begin with one of our words and a dot, or nearly? */
static bool is_ours(const char *name)
{
	size_t len = strcspn(name, ".");
	char *head;
	bool is;

	if (name[len] != '.' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '.')
		return false;
	head = xstrndup(name, len);
	is = nearest_word(head, heads, COUNT_OF(heads)) != NULL;
	free(head);
	return is;
}

static enum placeholder_found read_name(char *name, struct placeholder *ret,
					struct error *err)
{
	size_t len = strlen(name), suffix = strlen(TEXT_SUFFIX);
	const char *parameter = name + strlen(PARAMETERS);

	ret->is_text =
		len > suffix && !strcmp(name + len - suffix, TEXT_SUFFIX);
	if (ret->is_text)
		name[len - suffix] = '\0';
	*ret->parameter = '\0';
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		ret->word = words[i].word;
		return FOUND_PLACEHOLDER;
	}
	if (strncmp(name, PARAMETERS ".", strlen(PARAMETERS) + 1) != 0 ||
	    !parameter[1])
		return fail_unknown(name, err);
	ret->word = WORD_TRIAL_PARAMETERS;
	memmove(ret->parameter, parameter + 1, strlen(parameter + 1) + 1);
	return FOUND_PLACEHOLDER;
}

enum placeholder_found
placeholder_next(const char **at, struct placeholder *ret, struct error *err)
{
	const char *open = *at;
	char name[PLACEHOLDER_NAME_MAX];

	while ((open = find_open(open))) {
		if (open > *at && open[-1] == '$') {
			ret->start = open - 1;
			*at = open + 2;
			return FOUND_ESCAPE;
		}
		if (copy_name(open + 2, name) && is_ours(name)) {
			ret->start = open;
			*at = open + 2 + strlen(name) + 1;
			return read_name(name, ret, err);
		}
		open += 2;
	}
	*at += strlen(*at);
	return FOUND_NONE;
}

/* --- checking ----------------------------------------------------------- */

struct placeholder_names {
	char **paths; /* sorted */
	size_t count;
	bool is_known; /* there is a search space */
};

/* Where a parameter stands in what a trial receives: "layer.kernel"; the
 * parameter's own path may name the option, too. */
static void add_path(struct strbuf *out, const struct space *space,
		     size_t index)
{
	const struct parameter *parameter = &space->parameters[index];

	if (parameter->parent >= 0) {
		add_path(out, space, (size_t)parameter->parent);
		strbuf_addch(out, '.');
	}
	strbuf_adds(out, parameter->name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Options may have parameters of one name. */
static void drop_repeated(struct placeholder_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (kept && !strcmp(names->paths[kept - 1], names->paths[i]))
			free(names->paths[i]);
		else
			names->paths[kept++] = names->paths[i];
	}
	names->count = kept;
}

struct placeholder_names *placeholder_names_new(const struct space *space)
{
	struct placeholder_names *names = xcalloc(1, sizeof(*names));

	if (!space)
		return names;
	names->is_known = true;
	names->paths = xcalloc(2 * space->count + 1, sizeof(*names->paths));
	for (size_t i = 0; i < space->count; i++) {
		struct strbuf path = STRBUF_INIT;

		add_path(&path, space, i);
		if (space->parameters[i].is_nested)
			names->paths[names->count++] =
				xasprintf("%s._name", path.data);
		names->paths[names->count++] = strbuf_detach(&path);
	}
	qsort(names->paths, names->count, sizeof(*names->paths), compare);
	drop_repeated(names);
	return names;
}

void placeholder_names_free(struct placeholder_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->paths[i]);
	free(names->paths);
	free(names);
}

static bool has_path(const struct placeholder_names *names, const char *path)
{
	return names->count && bsearch(&path, names->paths, names->count,
				       sizeof(*names->paths), compare);
}

static bool fail_parameter(const struct placeholder_names *names,
			   const char *name, struct error *err)
{
	const char *near = nearest_word(name, (const char *const *)names->paths,
					names->count);
	struct strbuf all = STRBUF_INIT;

	for (size_t i = 0; i < names->count && i < LISTED_MAX; i++)
		strbuf_addf(&all, "%s%s", i ? ", " : "", names->paths[i]);
	if (names->count > LISTED_MAX)
		strbuf_adds(&all, ", ...");
	if (near)
		error_set(err, ERROR_INVALID,
			  "${" PARAMETERS ".%.64s}: the search space has no "
			  "such parameter, did you mean '%s'?",
			  name, near);
	else
		error_set(err, ERROR_INVALID,
			  "${" PARAMETERS ".%.64s}: the search space has no "
			  "such parameter, only %s",
			  name, names->count ? all.data : "none");
	strbuf_release(&all);
	return false;
}

/* ${lr} is the shell's, unless it names a parameter. */
static bool check_bare(const char *text, const struct placeholder_names *names,
		       struct error *err)
{
	char name[PLACEHOLDER_NAME_MAX];

	for (const char *at = text; (at = find_open(at)); at += 2) {
		if ((at > text && at[-1] == '$') || !copy_name(at + 2, name) ||
		    !has_path(names, name))
			continue;
		return error_set(err, ERROR_INVALID,
				 "${%.64s} is written ${" PARAMETERS
				 ".%.64s} (a literal ${ is written $${)",
				 name, name);
	}
	return true;
}

bool placeholder_check(const char *text, const struct placeholder_names *names,
		       struct error *err)
{
	struct placeholder found;
	const char *at = text;

	while (*at) {
		switch (placeholder_next(&at, &found, err)) {
		case FOUND_WRONG:
			return false;
		case FOUND_NONE:
		case FOUND_ESCAPE:
			continue;
		case FOUND_PLACEHOLDER:
			break;
		}
		if (names->is_known && *found.parameter &&
		    !has_path(names, found.parameter))
			return fail_parameter(names, found.parameter, err);
	}
	return check_bare(text, names, err);
}
