/* SPDX-License-Identifier: MIT */
/* A filter as a tree: nodes in one array, terms in another. */
#ifndef MODEL_FILTER_PRIVATE_H
#define MODEL_FILTER_PRIVATE_H

#include "model/filter.h"

#include <regex.h>
#include <stdint.h>

#define FILTER_NODES_MAX (4 * FILTER_TERMS_MAX)
#define FILTER_VALUES_MAX 16
#define FILTER_DEPTH_MAX 32

enum filter_operator {
	OP_HAS,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL,
	OP_LIKE,
	OP_UNLIKE
};

enum filter_term_kind {
	TERM_FIELD,
	TERM_STATE, /* states: one bit each */
	TERM_HAS,
	TERM_TAG,
	TERM_WORD
};

struct filter_value {
	bool is_number, is_range, is_pattern; /* pattern: with * or ? */
	bool is_date;			      /* number is wall time */
	double number, high;
	char *text;
};

struct filter_term {
	enum filter_term_kind kind;
	struct trial_field field;
	enum filter_operator op;
	unsigned states;
	struct filter_value values[FILTER_VALUES_MAX];
	size_t value_count;
	bool has_regex;
	regex_t regex;
};

enum filter_node_kind { NODE_TERM, NODE_AND, NODE_OR, NODE_NOT };

struct filter_node {
	enum filter_node_kind kind;
	int left, right; /* nodes; NODE_TERM: left is the term */
};

struct filter {
	struct filter_node nodes[FILTER_NODES_MAX];
	struct filter_term terms[FILTER_TERMS_MAX];
	size_t node_count, term_count;
	int root;
};

/* Parsed text with quotes: which bytes were quoted. */
struct filter_word {
	char *text;
	bool has_quotes;
};

/* Read a term's value into it.  False with a sentence. */
bool filter_term_read(struct filter_term *term, enum filter_operator op,
		      const struct filter_word *value, struct error *err);
void filter_term_release(struct filter_term *term);

#endif
