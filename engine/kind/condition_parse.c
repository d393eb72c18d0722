/* SPDX-License-Identifier: MIT */
/* GJSON paths read.  What is not known is an error: a condition that means
 * something else than was meant would let trials run for ever. */
#include "engine/kind/condition_private.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define SHOWN 24 /* bytes of the text that an error shows */

bool parser_fail(struct parser *parser, const char *at, const char *what)
{
	size_t len = strnlen(at, SHOWN);
	size_t character = 1;

	for (const char *c = parser->text; c < at; c++)
		character += ((unsigned char)*c & 0xc0) != 0x80;
	while (len == SHOWN && len && ((unsigned char)at[len] & 0xc0) == 0x80)
		len--;
	if (!*at)
		return error_set(parser->err, ERROR_INVALID, "at the end: %s",
				 what);
	return error_set(parser->err, ERROR_INVALID,
			 "character %zu, at '%.*s%s': %s", character, (int)len,
			 at, at[len] ? "..." : "", what);
}

void parser_skip_blanks(struct parser *parser)
{
	while (parser->at < parser->end && strchr(BLANKS, *parser->at))
		parser->at++;
}

static bool is_stop(const struct parser *parser, const char *stops)
{
	return parser->at == parser->end || strchr(stops, *parser->at);
}

const char *parser_find(const char *at, const char *end, const char *stops)
{
	int depth = 0;
	char quote = '\0';

	for (; at < end; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		else if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (!depth && strchr(stops, *at))
			return at;
		else if (*at == '(' || *at == '[')
			depth++;
		else if ((*at == ')' || *at == ']') && depth)
			depth--;
	}
	return end;
}

void path_release(struct path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		struct step *step = &path->steps[i];

		for (size_t j = 0; j < step->path_count; j++)
			path_release(&step->paths[j]);
		free(step->paths);
		free(step->name);
		free(step->value);
	}
	free(path->steps);
	*path = (struct path){0};
}

/* --- values and operations ---------------------------------------------- */

static const struct {
	const char *text;
	enum operation operation;
} operations[] = {
	/* longer ones first */
	{"==", OP_EQUAL},	  {"!=", OP_UNEQUAL}, {"<=", OP_LESS_EQUAL},
	{">=", OP_GREATER_EQUAL}, {"!%", OP_UNLIKE},  {"=", OP_EQUAL},
	{"<", OP_LESS},		  {">", OP_GREATER},  {"%", OP_LIKE},
};

bool operation_parse(struct parser *parser, enum operation *ret)
{
	size_t left = (size_t)(parser->end - parser->at);

	for (size_t i = 0; i < COUNT_OF(operations); i++) {
		size_t len = strlen(operations[i].text);

		if (len > left || memcmp(operations[i].text, parser->at, len))
			continue;
		parser->at += len;
		*ret = operations[i].operation;
		return true;
	}
	return false;
}

static bool quoted_parse(struct parser *parser, struct strbuf *out)
{
	const char *start = parser->at;
	char quote = *parser->at++;

	while (parser->at < parser->end && *parser->at != quote) {
		if (*parser->at == '\\' && parser->at + 1 < parser->end)
			parser->at++;
		strbuf_addch(out, *parser->at++);
	}
	if (parser->at == parser->end)
		return parser_fail(parser, start, "the quotes are not closed");
	parser->at++;
	return true;
}

bool value_parse(struct parser *parser, const char *stops, char **ret)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	*ret = NULL;
	parser_skip_blanks(parser);
	if (is_stop(parser, stops))
		return parser_fail(parser, parser->at,
				   "a value is missing, such as \"True\"");
	if (*parser->at == '"' || *parser->at == '\'') {
		ok = quoted_parse(parser, &out);
		parser_skip_blanks(parser);
	} else if (*parser->at == '~') {
		ok = parser_fail(parser, parser->at, "~ is not known here");
	} else {
		while (!is_stop(parser, stops) && !strchr(BLANKS, *parser->at))
			strbuf_addch(&out, *parser->at++);
		parser_skip_blanks(parser);
	}
	if (ok && !is_stop(parser, stops))
		ok = parser_fail(parser, parser->at,
				 "the value has ended here: one with blanks "
				 "stands in quotes, and several requirements "
				 "have commas between them");
	if (ok)
		*ret = strbuf_detach(&out);
	strbuf_release(&out);
	return ok;
}

/* --- steps -------------------------------------------------------------- */

static struct path *add_path(struct step *step)
{
	step->paths = xrealloc(step->paths,
			       (step->path_count + 1) * sizeof(*step->paths));
	step->paths[step->path_count] = (struct path){0};
	return &step->paths[step->path_count++];
}

static bool deeper(struct parser *parser, const char *at)
{
	return ++parser->depth <= CONDITION_DEPTH_MAX ||
	       parser_fail(parser, at, "brackets are nested too deeply");
}

/* path operation value, all of which may be missing but one */
static bool query_parse(struct parser *parser, const char *start,
			struct step *step)
{
	struct path *path = add_path(step);

	step->type = STEP_FIRST;
	if (!deeper(parser, start))
		return false;
	parser_skip_blanks(parser);
	if (!is_stop(parser, "=!<>%)") &&
	    !path_parse(parser, "=!<>%)" BLANKS, path))
		return false;
	parser_skip_blanks(parser);
	if (operation_parse(parser, &step->operation)) {
		if (!value_parse(parser, ")", &step->value))
			return false;
	} else if (!is_stop(parser, ")")) {
		return parser_fail(parser, parser->at,
				   "an operator is missing, such as ==");
	} else if (!path->count && parser->at < parser->end) {
		return parser_fail(parser, parser->at, "the query is empty");
	}
	if (parser->at == parser->end)
		return parser_fail(parser, start, "the bracket is not closed");
	parser->at++;
	parser->depth--;
	if (parser->at < parser->end && *parser->at == '#') {
		step->type = STEP_ALL;
		parser->at++;
	}
	return true;
}

static bool list_parse(struct parser *parser, struct step *step)
{
	const char *start = parser->at;

	step->type = STEP_LIST;
	if (!deeper(parser, start))
		return false;
	do {
		parser->at++;
		parser_skip_blanks(parser);
		if (!path_parse(parser, ",]" BLANKS, add_path(step)))
			return false;
		parser_skip_blanks(parser);
	} while (parser->at < parser->end && *parser->at == ',');
	if (parser->at == parser->end || *parser->at != ']')
		return parser_fail(parser, start, "the bracket is not closed");
	parser->at++;
	parser->depth--;
	return true;
}

static bool hash_parse(struct parser *parser, struct step *step)
{
	const char *start = parser->at++;

	step->type = STEP_LENGTH;
	if (parser->at == parser->end || *parser->at != '(')
		return true;
	parser->at++;
	return query_parse(parser, start, step);
}

static bool modifier_parse(struct parser *parser, const char *stops,
			   struct step *step)
{
	const char *start = parser->at;

	while (!is_stop(parser, stops) && !strchr(".|", *parser->at))
		parser->at++;
	step->type = STEP_THIS;
	return (parser->at - start == 5 && !memcmp(start, "@this", 5)) ||
	       parser_fail(parser, start, "of modifiers only @this is known");
}

/* What people write who have other languages in mind. */
static const char *strange(char c)
{
	switch (c) {
	case '[':
		return "an item of a list is written .0, and a query #(...)";
	case '(':
	case ')':
		return "a query is written #(...)";
	case '{':
	case '}':
		return "braces are not known here: write a path such as "
		       "status.phase";
	case '"':
	case '\'':
		return "names are written without quotes, with \\ before . "
		       "and | and *";
	case '$':
		return "a path begins with a name, without $";
	case ' ':
	case '%':
		return "blanks and operators stand in queries, "
		       "#(type==\"Failed\")#, or have \\ before them";
	case ']':
		return "this bracket was never opened";
	case '#':
		return "# stands between dots, such as "
		       "status.conditions.#(type==\"Failed\")#";
	default:
		return NULL;
	}
}

static bool name_parse(struct parser *parser, const char *stops,
		       struct step *step)
{
	struct strbuf name = STRBUF_INIT, pattern = STRBUF_INIT;
	const char *start = parser->at;

	step->type = STEP_NAME;
	while (!is_stop(parser, stops) && !strchr(".|", *parser->at)) {
		const char *complaint = strange(*parser->at);

		if (complaint) {
			strbuf_release(&name);
			strbuf_release(&pattern);
			return parser_fail(parser, parser->at, complaint);
		}
		if (*parser->at == '\\' && parser->at + 1 < parser->end)
			strbuf_addch(&pattern, *parser->at++);
		else if (strchr("*?", *parser->at))
			step->type = STEP_PATTERN;
		strbuf_addch(&name, *parser->at);
		strbuf_addch(&pattern, *parser->at++);
	}
	if (step->type == STEP_PATTERN)
		step->name = strbuf_detach(&pattern);
	else if (name.len)
		step->name = strbuf_detach(&name);
	strbuf_release(&name);
	strbuf_release(&pattern);
	return step->name || parser_fail(parser, start,
					 start == parser->text && *start == '.'
						 ? "a path begins without a dot"
						 : "a name is missing");
}

static bool step_parse(struct parser *parser, const char *stops,
		       struct step *step)
{
	if (!is_stop(parser, stops)) {
		if (*parser->at == '#')
			return hash_parse(parser, step);
		if (*parser->at == '[')
			return list_parse(parser, step);
		if (*parser->at == '@')
			return modifier_parse(parser, stops, step);
	}
	return name_parse(parser, stops, step);
}

bool path_parse(struct parser *parser, const char *stops, struct path *ret)
{
	bool is_piped = false;

	for (;;) {
		struct step *step;

		ret->steps = xrealloc(ret->steps,
				      (ret->count + 1) * sizeof(*ret->steps));
		step = &ret->steps[ret->count++];
		*step = (struct step){.is_piped = is_piped};
		if (!step_parse(parser, stops, step))
			return false;
		if (is_stop(parser, stops))
			return true;
		if (!strchr(".|", *parser->at))
			return parser_fail(parser, parser->at,
					   "a dot is missing before this");
		is_piped = *parser->at++ == '|';
	}
}
