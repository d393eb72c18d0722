/* SPDX-License-Identifier: MIT */
/* Conditions, parsed: condition_parse.c and condition_selector.c make them,
 * condition_path.c finds what paths lead to, condition.c judges. */
#ifndef ENGINE_KIND_CONDITION_PRIVATE_H
#define ENGINE_KIND_CONDITION_PRIVATE_H

#include "engine/kind/condition.h"

#include <stdbool.h>
#include <stddef.h>

enum operation {
	OP_EXISTS,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_LIKE,
	OP_UNLIKE,
	/* selectors only */
	OP_ABSENT,
	OP_IN,
	OP_NOT_IN,
};

enum step_type {
	STEP_NAME,
	STEP_PATTERN,
	STEP_LENGTH, /* #, and with a dot behind: each */
	STEP_FIRST,  /* #(...) */
	STEP_ALL,    /* #(...)# */
	STEP_LIST,   /* [x, y] */
	STEP_THIS,
};

struct path {
	struct step *steps;
	size_t count;
};

struct step {
	enum step_type type;
	bool is_piped;	    /* | stands before it */
	char *name;	    /* NAME; PATTERN, with its backslashes */
	struct path *paths; /* FIRST, ALL: one, what is compared; LIST */
	size_t path_count;
	enum operation operation; /* FIRST, ALL */
	char *value;
};

/* path operation value, or values */
struct requirement {
	struct path path;
	enum operation operation;
	char **values;
	size_t value_count;
};

struct condition {
	bool is_selector;
	enum condition_use use;
	struct path path;		  /* unless it is one */
	struct requirement *requirements; /* if it is */
	size_t requirement_count;
};

/* --- parsing ------------------------------------------------------------ */

struct parser {
	const char *text, *at, *end; /* end: of what may be read */
	int depth;
	struct error *err;
};

/* Always false: "character N, at '...': what". */
bool parser_fail(struct parser *parser, const char *at, const char *what);
void parser_skip_blanks(struct parser *parser);
/* Up to the parser's end, or a character of stops that is outside of brackets;
 * which one it was is at parser->at. */
bool path_parse(struct parser *parser, const char *stops, struct path *ret);
void path_release(struct path *path);
/* A value up to the parser's end, or one of stops; quotes are taken off. */
bool value_parse(struct parser *parser, const char *stops, char **ret);
/* "==" and so on; false when there is none here. */
bool operation_parse(struct parser *parser, enum operation *ret);
/* The next character of stops outside of brackets and quotes, or end. */
const char *parser_find(const char *at, const char *end, const char *stops);

bool selector_is(const char *text);
bool selector_parse(struct parser *parser, struct condition *condition);

/* --- evaluating --------------------------------------------------------- */

/* Items, members and, of patterns, characters that one judgement looks at. */
#define CONDITION_COST_MAX 250000

struct walk {
	long cost;
	cJSON *made; /* lists and numbers made on the way */
};

/* What path leads to from value, NULL: nowhere.  Belongs to the object, or to
 * walk.made. */
const cJSON *path_follow(struct walk *walk, const struct path *path,
			 const cJSON *value);
/* Does value relate so to the text? */
bool value_matches(struct walk *walk, const cJSON *value,
		   enum operation operation, const char *text);
/* Is all of text a number? */
bool text_number(const char *text, double *ret);

#endif
