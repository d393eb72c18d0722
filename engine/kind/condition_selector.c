/* SPDX-License-Identifier: MIT */
/* Conditions written as label selectors (kubernetes.md 2.8, 6.6). */
#include "engine/kind/condition_private.h"

#include "base/mem.h"

#include <string.h>

#define BLANKS " \t\r\n"

/* The word of an operation with words behind a path: "in" or "notin", then a
 * bracket. */
static const char *set_word(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - at) <= len || memcmp(at, word, len) != 0)
		return NULL;
	at += len;
	while (at < end && strchr(BLANKS, *at))
		at++;
	return at < end && *at == '(' ? at : NULL;
}

bool selector_is(const char *text)
{
	const char *end = text + strlen(text);
	const char *at = text + strspn(text, BLANKS);

	if (*at == '!' || *parser_find(at, end, ",=<>!"))
		return true;
	while ((at = parser_find(at, end, BLANKS)) < end) {
		at += strspn(at, BLANKS);
		if (set_word(at, end, "in") || set_word(at, end, "notin"))
			return true;
	}
	return false;
}

static bool add_value(struct parser *parser, struct requirement *requirement,
		      const char *stops)
{
	char *value;

	if (!value_parse(parser, stops, &value))
		return false;
	requirement->values = xrealloc(requirement->values,
				       (requirement->value_count + 1) *
					       sizeof(*requirement->values));
	requirement->values[requirement->value_count++] = value;
	return true;
}

/* (a, b) */
static bool set_parse(struct parser *parser, struct requirement *requirement)
{
	const char *start = parser->at;

	do {
		parser->at++;
		if (!add_value(parser, requirement, ",)"))
			return false;
	} while (parser->at < parser->end && *parser->at == ',');
	if (parser->at == parser->end)
		return parser_fail(parser, start, "the bracket is not closed");
	parser->at++;
	return true;
}

static bool operation_read(struct parser *parser,
			   struct requirement *requirement)
{
	const char *start = parser->at;
	const char *set = set_word(parser->at, parser->end, "in");

	requirement->operation = OP_IN;
	if (!set) {
		set = set_word(parser->at, parser->end, "notin");
		requirement->operation = OP_NOT_IN;
	}
	if (set) {
		parser->at = set;
		return set_parse(parser, requirement);
	}
	if (!operation_parse(parser, &requirement->operation))
		return parser_fail(parser, start,
				   "an operator is missing: =, ==, !=, <, >, "
				   "in (...) or notin (...)");
	return add_value(parser, requirement, ",");
}

static bool requirement_parse(struct parser *parser,
			      struct requirement *requirement)
{
	bool is_absent;

	parser_skip_blanks(parser);
	is_absent = parser->at < parser->end && *parser->at == '!';
	parser->at += is_absent;
	if (!path_parse(parser, ",=!<>%" BLANKS, &requirement->path))
		return false;
	parser_skip_blanks(parser);
	requirement->operation = is_absent ? OP_ABSENT : OP_EXISTS;
	if (parser->at < parser->end && *parser->at != ',') {
		if (is_absent)
			return parser_fail(parser, parser->at,
					   "nothing may stand behind !NAME");
		if (!operation_read(parser, requirement))
			return false;
		parser_skip_blanks(parser);
	}
	return parser->at == parser->end || *parser->at == ',' ||
	       parser_fail(parser, parser->at, "a comma is missing");
}

bool selector_parse(struct parser *parser, struct condition *condition)
{
	bool ok = true, has_more = true;

	while (ok && has_more) {
		condition->requirements =
			xrealloc(condition->requirements,
				 (condition->requirement_count + 1) *
					 sizeof(*condition->requirements));
		condition->requirements[condition->requirement_count] =
			(struct requirement){0};
		ok = requirement_parse(
			parser, &condition->requirements
					 [condition->requirement_count++]);
		has_more = ok && parser->at < parser->end;
		parser->at += has_more; /* the comma */
	}
	return ok;
}
