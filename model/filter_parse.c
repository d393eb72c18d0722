/* SPDX-License-Identifier: MIT */
/*
 * From text to a tree, by descent: or, and, not, group or term.
 *
 * A part that is not complete yet ("lr>", "a and", an open parenthesis) is no
 * node at all (OPEN) while somebody types, and a fault otherwise; whatever it
 * is combined with stands alone.
 */
#include "base/mem.h"
#include "model/filter_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPEN (-1)
#define OPERATOR_SIGNS ":=<>!~"

struct parser {
	const char *start, *at;
	const struct field_names *names;
	enum filter_mode mode;
	struct filter *filter;
	struct filter_place place;
	struct error *err;
	int depth;
	bool has_failed;
};

static void fail(struct parser *parser, const char *at, size_t len)
{
	parser->has_failed = true;
	parser->place.at = (size_t)(at - parser->start);
	parser->place.len = len ? len : 1;
}

/* Something is missing at a place: a fault unless it may still be typed. */
static int leave_open(struct parser *parser, const char *at, size_t len,
		      const char *sentence)
{
	if (parser->mode == FILTER_TYPING || parser->has_failed)
		return OPEN;
	error_set(parser->err, ERROR_INVALID, "%s", sentence);
	fail(parser, at, len);
	return OPEN;
}

static int too_large(struct parser *parser)
{
	error_set(parser->err, ERROR_LIMIT, "a filter has at most %d terms",
		  FILTER_TERMS_MAX);
	fail(parser, parser->at, 1);
	return OPEN;
}

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t");
}

static int add_node(struct parser *parser, enum filter_node_kind kind, int left,
		    int right)
{
	struct filter *filter = parser->filter;

	if (filter->node_count == FILTER_NODES_MAX)
		return too_large(parser);
	filter->nodes[filter->node_count] =
		(struct filter_node){kind, left, right};
	return (int)filter->node_count++;
}

static int combine(struct parser *parser, enum filter_node_kind kind, int left,
		   int right)
{
	if (left == OPEN || right == OPEN)
		return left == OPEN ? right : left;
	return add_node(parser, kind, left, right);
}

/* Is a word here by itself?  Then step over it. */
static bool take_keyword(struct parser *parser, const char *word)
{
	size_t len = strlen(word);
	const char *end = parser->at + len;

	if (strncasecmp(parser->at, word, len) != 0 || !strchr(" \t()!", *end))
		return false;
	parser->at = end;
	return true;
}

static bool take_sign(struct parser *parser, char sign)
{
	if (*parser->at != sign)
		return false;
	parser->at += 1 + (parser->at[1] == sign);
	return true;
}

static int parse_or(struct parser *parser);
static int parse_not(struct parser *parser);

/* ---- terms ----------------------------------------------------------------
 */

/* Up to a blank or a sign of `stop`, quotes removed.  A parenthesis that was
 * opened inside is closed inside: "relu(x)" is a word. */
static struct filter_word take_word(struct parser *parser, const char *stop)
{
	struct filter_word word = {xmalloc(strlen(parser->at) + 1), false};
	char *out = word.text;
	const char *at = parser->at;
	char quote = 0;
	int depth = 0;

	for (; *at; at++) {
		if (quote && *at == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
			word.has_quotes = true;
			continue;
		}
		if (!quote) {
			if (*at == ' ' || *at == '\t' || strchr(stop, *at) ||
			    (*at == ')' && depth == 0))
				break;
			depth += (*at == '(') - (*at == ')');
		}
		*out++ = *at;
	}
	*out = '\0';
	parser->at = at;
	return word;
}

static bool take_operator(struct parser *parser, enum filter_operator *ret)
{
	static const struct {
		const char *sign;
		enum filter_operator op;
	} signs[] = {
		{"==", OP_EQUAL},      {"!=", OP_UNEQUAL},    {"!~", OP_UNLIKE},
		{"<=", OP_LESS_EQUAL}, {">=", OP_MORE_EQUAL}, {"=~", OP_LIKE},
		{"=", OP_EQUAL},       {"<", OP_LESS},	      {">", OP_MORE},
		{":", OP_HAS},	       {"~", OP_LIKE},
	};
	size_t i;

	for (i = 0; i < COUNT_OF(signs); i++) {
		size_t len = strlen(signs[i].sign);

		if (strncmp(parser->at, signs[i].sign, len) == 0) {
			parser->at += len;
			*ret = signs[i].op;
			return true;
		}
	}
	return false;
}

static struct filter_term *new_term(struct parser *parser)
{
	struct filter *filter = parser->filter;

	if (filter->term_count == FILTER_TERMS_MAX) {
		too_large(parser);
		return NULL;
	}
	return &filter->terms[filter->term_count];
}

/* The term is complete: count it and make a node of it. */
static int keep_term(struct parser *parser)
{
	return add_node(parser, NODE_TERM, (int)parser->filter->term_count++,
			0);
}

struct beginning {
	const char *text;
	bool is_found;
};

static void look_at_name(const char *name, void *arg)
{
	struct beginning *beginning = arg;

	if (strncasecmp(name, beginning->text, strlen(beginning->text)) == 0)
		beginning->is_found = true;
}

/* May what was typed become a value yet?  "1e-", "has:rea". */
static bool may_go_on(const struct parser *parser, const char *text,
		      bool is_name)
{
	struct beginning beginning = {text, false};
	size_t len = strlen(text);

	if (parser->mode != FILTER_TYPING || *parser->at)
		return false;
	if (is_name) {
		trial_field_each(parser->names, true, look_at_name, &beginning);
		look_at_name("and", &beginning);
		look_at_name("not", &beginning);
		look_at_name("has", &beginning);
	} else
		beginning.is_found = len && strchr("eE+-.", text[len - 1]);
	return beginning.is_found;
}

static int parse_bare(struct parser *parser, const char *start,
		      struct filter_word *word)
{
	struct filter_term *term;

	if (!*word->text)
		return leave_open(parser, start, 1, "a word is missing here");
	/* "lr" is on the way to "lr<0.1", "an" to "and"; to look for it as a
	 * word would read the parameters of all trials, for nothing */
	if (!word->has_quotes && may_go_on(parser, word->text, true))
		return OPEN;
	term = new_term(parser);
	if (!term)
		return OPEN;
	term->kind = TERM_WORD;
	term->values[0].text = word->text;
	term->value_count = 1;
	word->text = NULL;
	return keep_term(parser);
}

static int parse_has(struct parser *parser, struct filter_term *term,
		     const char *start, const struct filter_word *value)
{
	struct error err;

	term->kind = TERM_HAS;
	if (trial_field_parse(value->text, parser->names, &term->field, &err))
		return keep_term(parser);
	if (may_go_on(parser, value->text, true))
		return OPEN;
	*parser->err = err;
	fail(parser, start, (size_t)(parser->at - start));
	return OPEN;
}

static int parse_is(struct parser *parser, struct filter_term *term,
		    const char *start, enum filter_operator op,
		    const struct filter_word *value)
{
	static const struct {
		const char *name;
		enum trial_field_kind kind;
	} known[] = {{"marked", FIELD_MARKED},
		     {"retried", FIELD_TRY},
		     {"best", FIELD_IS_BEST},
		     {"live", FIELD_STATE},
		     {"ended", FIELD_STATE}};
	struct filter_word state = {(char *)value->text, false};
	size_t len = strlen(value->text), i;

	for (i = 0; i < COUNT_OF(known); i++)
		if (strncasecmp(known[i].name, value->text, len) == 0)
			break;
	if (i == COUNT_OF(known)) {
		error_set(parser->err, ERROR_INVALID,
			  "is: marked, retried, best, live or ended, not "
			  "\"%.60s\"",
			  value->text);
		fail(parser, start, (size_t)(parser->at - start));
		return OPEN;
	}
	term->field.kind = known[i].kind;
	if (known[i].kind == FIELD_STATE) {
		state.text = (char *)known[i].name;
		if (!filter_term_read(term, op, &state, parser->err))
			return OPEN;
		return keep_term(parser);
	}
	term->kind = known[i].kind == FIELD_TRY ? TERM_FIELD : TERM_HAS;
	term->op = op;
	if (term->kind == TERM_FIELD) {
		term->op = op == OP_UNEQUAL ? OP_LESS_EQUAL : OP_MORE;
		term->values[0].is_number = true;
		term->values[0].number = 1;
		term->value_count = 1;
	}
	return keep_term(parser);
}

static int parse_field(struct parser *parser, const char *start,
		       const char *name, enum filter_operator op)
{
	size_t name_len = strlen(name);
	struct filter_term *term = new_term(parser);
	const char *value_start;
	struct filter_word value;
	struct error err = {0};
	int node = OPEN;
	bool is_asking =
		strcasecmp(name, "has") == 0 || strcasecmp(name, "is") == 0;

	if (!term)
		return OPEN;
	memset(term, 0, sizeof(*term));
	if (!is_asking && !trial_field_parse(name, parser->names, &term->field,
					     parser->err)) {
		fail(parser, start, name_len);
		return OPEN;
	}
	skip_blanks(parser);
	value_start = parser->at;
	value = take_word(parser, "");
	if (!*value.text && !value.has_quotes)
		node = leave_open(parser, start, (size_t)(parser->at - start),
				  "a value is missing");
	else if (strcasecmp(name, "has") == 0)
		node = parse_has(parser, term, value_start, &value);
	else if (strcasecmp(name, "is") == 0)
		node = parse_is(parser, term, value_start, op, &value);
	else if (filter_term_read(term, op, &value, &err))
		node = keep_term(parser);
	else if (!may_go_on(parser, value.text, false))
		fail(parser, value_start, (size_t)(parser->at - value_start));
	if (parser->has_failed && err.code != ERROR_NONE)
		*parser->err = err;
	if (node == OPEN)
		filter_term_release(term);
	if (is_asking && node != OPEN && term->kind == TERM_HAS)
		term->op = op;
	free(value.text);
	return node;
}

static int parse_term(struct parser *parser)
{
	const char *start = parser->at, *end;
	struct filter_word word = take_word(parser, OPERATOR_SIGNS);
	enum filter_operator op;
	int node;

	end = parser->at;
	skip_blanks(parser);
	/* "lr > 0.1", but "a !b" are two terms */
	if (*word.text && !word.has_quotes &&
	    (parser->at == end || *parser->at != '!' || parser->at[1] == '=' ||
	     parser->at[1] == '~') &&
	    take_operator(parser, &op)) {
		node = parse_field(parser, start, word.text, op);
	} else {
		parser->at = start;
		free(word.text);
		word = take_word(parser, "");
		node = parse_bare(parser, start, &word);
	}
	free(word.text);
	return node;
}

/* ---- structure ------------------------------------------------------------
 */

static int parse_group(struct parser *parser)
{
	const char *start = parser->at++;
	int node;

	node = parse_or(parser);
	skip_blanks(parser);
	if (*parser->at == ')')
		parser->at++;
	else if (!parser->has_failed)
		leave_open(parser, start, 1, "this parenthesis is not closed");
	return node;
}

static int parse_not_inner(struct parser *parser)
{
	const char *start;
	int node;

	skip_blanks(parser);
	if (take_keyword(parser, "not") ||
	    (*parser->at == '!' && parser->at[1] != '=' && parser->at++)) {
		node = parse_not(parser);
		return node == OPEN ? OPEN
				    : add_node(parser, NODE_NOT, node, 0);
	}
	if (*parser->at == '(')
		return parse_group(parser);
	if (!*parser->at)
		return leave_open(parser, parser->at, 1,
				  "the filter ends where a term is expected");
	if (*parser->at == ')') {
		error_set(parser->err, ERROR_INVALID,
			  "a term is expected before this parenthesis");
		fail(parser, parser->at, 1);
		return OPEN;
	}
	start = parser->at;
	if (take_keyword(parser, "and") || take_keyword(parser, "or"))
		return leave_open(parser, start, (size_t)(parser->at - start),
				  "a term is expected before this word; in "
				  "quotes it is looked for");
	return parse_term(parser);
}

static int parse_not(struct parser *parser)
{
	int node;

	if (++parser->depth > FILTER_DEPTH_MAX) {
		error_set(parser->err, ERROR_LIMIT,
			  "the filter is nested more than %d deep",
			  FILTER_DEPTH_MAX);
		fail(parser, parser->at, 1);
		return OPEN;
	}
	node = parse_not_inner(parser);
	parser->depth--;
	return parser->has_failed ? OPEN : node;
}

static bool is_or(struct parser *parser)
{
	struct parser ahead = *parser;

	return take_keyword(&ahead, "or") || *ahead.at == '|';
}

static int parse_and(struct parser *parser)
{
	int node = parse_not(parser);

	while (!parser->has_failed) {
		skip_blanks(parser);
		if (!*parser->at || *parser->at == ')' || is_or(parser))
			break;
		if (!take_keyword(parser, "and"))
			take_sign(parser, '&');
		node = combine(parser, NODE_AND, node, parse_not(parser));
	}
	return node;
}

static int parse_or(struct parser *parser)
{
	int node = parse_and(parser);

	while (!parser->has_failed) {
		skip_blanks(parser);
		if (!take_keyword(parser, "or") && !take_sign(parser, '|'))
			break;
		node = combine(parser, NODE_OR, node, parse_and(parser));
	}
	return node;
}

static int parse_all(struct parser *parser)
{
	int node;

	skip_blanks(parser);
	if (!*parser->at)
		return OPEN;
	node = parse_or(parser);
	if (!parser->has_failed && *parser->at) {
		error_set(parser->err, ERROR_INVALID,
			  "this parenthesis closes nothing");
		fail(parser, parser->at, 1);
	}
	return node;
}

bool filter_parse(const char *text, const struct field_names *names,
		  enum filter_mode mode, struct filter **ret,
		  struct filter_place *ret_place, struct error *err)
{
	struct parser parser = {.start = text,
				.at = text,
				.names = names,
				.mode = mode,
				.err = err};

	if (ret_place)
		*ret_place = (struct filter_place){0, 0};
	if (strlen(text) > FILTER_TEXT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "the filter is longer than %d bytes",
				 FILTER_TEXT_MAX);
	parser.filter = xcalloc(1, sizeof(*parser.filter));
	parser.filter->root = parse_all(&parser);
	if (parser.has_failed) {
		filter_free(parser.filter);
		if (ret_place)
			*ret_place = parser.place;
		return false;
	}
	if (parser.filter->root == OPEN) {
		filter_free(parser.filter);
		parser.filter = NULL;
	}
	*ret = parser.filter;
	return true;
}
