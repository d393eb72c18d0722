/* SPDX-License-Identifier: MIT */
/* Applying a filter. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr, FNM_CASEFOLD */
#endif
#include "base/mem.h"
#include "base/utf8.h"
#include "model/filter_private.h"
#include "model/trial.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A number has the order of magnitude of another: within this factor. */
#define MAGNITUDE 0.5 /* of a power of ten */

static const struct trial_field field_number = {.kind = FIELD_NUMBER};
static const struct trial_field field_state = {.kind = FIELD_STATE};
static const struct trial_field word_fields[] = {
	{.kind = FIELD_ID},	{.kind = FIELD_PARAMETERS},
	{.kind = FIELD_REASON}, {.kind = FIELD_TAGS},
	{.kind = FIELD_NOTE},
};

void filter_free(struct filter *filter)
{
	size_t i;

	if (!filter)
		return;
	for (i = 0; i < filter->term_count; i++)
		filter_term_release(&filter->terms[i]);
	free(filter);
}

bool filter_has_words(const struct filter *filter)
{
	size_t i;

	for (i = 0; filter && i < filter->term_count; i++)
		if (filter->terms[i].kind == TERM_WORD)
			return true;
	return false;
}

unsigned filter_needs(const struct filter *filter)
{
	unsigned needs = filter_has_words(filter) ? NEED_TEXT : 0;
	size_t i;

	for (i = 0; filter && i < filter->term_count; i++)
		if (filter->terms[i].kind != TERM_WORD)
			needs |= trial_field_needs(&filter->terms[i].field);
	return needs;
}

const struct trial_field *filter_field_at(const struct filter *filter, size_t i)
{
	size_t k, n = 0;

	for (k = 0; filter && k < filter->term_count; k++)
		if (filter->terms[k].kind != TERM_WORD && n++ == i)
			return &filter->terms[k].field;
	return NULL;
}

static bool compare(enum filter_operator op, double have,
		    const struct filter_value *value)
{
	double want = value->number;

	if (value->is_range && op <= OP_UNEQUAL) {
		bool is_in = have >= fmin(want, value->high) &&
			     have <= fmax(want, value->high);

		return is_in == (op != OP_UNEQUAL);
	}
	switch (op) {
	case OP_HAS:
	case OP_EQUAL:
		return have == want || (isnan(have) && isnan(want));
	case OP_UNEQUAL:
		return have != want;
	case OP_LESS:
		return have < want;
	case OP_LESS_EQUAL:
		return have <= want;
	case OP_MORE:
		return have > want;
	case OP_MORE_EQUAL:
		return have >= want;
	case OP_LIKE:
	case OP_UNLIKE:
		return (have == want || fabs(log10(have / want)) < MAGNITUDE) ==
		       (op == OP_LIKE);
	}
	return false;
}

static bool match_number(const struct filter_term *term, double have,
			 double now_s)
{
	bool is_age = trial_field_unit(&term->field) == UNIT_AGE;
	size_t i;

	for (i = 0; i < term->value_count; i++) {
		const struct filter_value *value = &term->values[i];
		double number = is_age && !value->is_date ? now_s - have : have;

		if (value->is_number && compare(term->op, number, value))
			return true;
	}
	return false;
}

static bool is_like(const struct filter_value *value, const char *have,
		    bool is_whole)
{
	if (value->is_pattern)
		return fnmatch(value->text, have, FNM_CASEFOLD) == 0;
	return is_whole ? strcasecmp(have, value->text) == 0
			: strcasestr(have, value->text) != NULL;
}

static bool match_text(const struct filter_term *term, const char *have)
{
	size_t i;

	switch (term->op) {
	case OP_EQUAL:
		return strcasecmp(have, term->values[0].text) == 0;
	case OP_UNEQUAL:
		return strcasecmp(have, term->values[0].text) != 0;
	case OP_LIKE:
	case OP_UNLIKE:
		return (term->has_regex &&
			regexec(&term->regex, have, 0, NULL, 0) == 0) ==
		       (term->op == OP_LIKE);
	case OP_HAS:
		for (i = 0; i < term->value_count; i++)
			if (is_like(&term->values[i], have, false))
				return true;
		return false;
	default:
		return false;
	}
}

/* Parameters may be numbers or words. */
static bool match_parameter(const struct filter_term *term,
			    const struct field_source *source)
{
	const char *text;
	double have;

	if (term->values[0].is_number &&
	    source->number(source->arg, &term->field, &have) && !isnan(have))
		return match_number(term, have, source->now_s);
	if (term->op >= OP_LESS && term->op <= OP_MORE_EQUAL)
		return false;
	text = source->text(source->arg, &term->field);
	/* not active in this trial */
	return text && *text && match_text(term, text);
}

static bool match_field(const struct filter_term *term,
			const struct field_source *source)
{
	const char *text;
	double have;

	if (term->field.kind == FIELD_PARAMETER)
		return match_parameter(term, source);
	if (trial_field_unit(&term->field) == UNIT_TEXT) {
		text = source->text(source->arg, &term->field);
		return match_text(term, text ? text : "");
	}
	return source->number(source->arg, &term->field, &have) &&
	       match_number(term, have, source->now_s);
}

static bool match_has(const struct filter_term *term,
		      const struct field_source *source)
{
	bool has;
	const char *text;
	double number;

	if (trial_field_unit(&term->field) == UNIT_TEXT ||
	    term->field.kind == FIELD_PARAMETER) {
		text = source->text(source->arg, &term->field);
		has = text && *text;
	} else {
		has = source->number(source->arg, &term->field, &number);
	}
	return has == (term->op != OP_UNEQUAL);
}

static bool match_tag(const struct filter_term *term,
		      const struct field_source *source)
{
	const char *tags = source->text(source->arg, &term->field);
	bool is_found = false;
	char tag[256];
	size_t i;

	while (tags && *tags && !is_found) {
		size_t len = strcspn(tags, " ");

		snprintf(tag, sizeof(tag), "%.*s", (int)len, tags);
		for (i = 0; i < term->value_count && !is_found; i++)
			is_found = is_like(&term->values[i], tag, true);
		tags += len;
		tags += *tags == ' ';
	}
	return is_found == (term->op != OP_UNEQUAL);
}

static bool match_state(const struct filter_term *term,
			const struct field_source *source)
{
	double state = 0;
	bool is_one;

	source->number(source->arg, &field_state, &state);
	is_one = term->states >> (int)state & 1;
	return is_one == (term->op != OP_UNEQUAL);
}

static bool match_word(const struct filter_term *term,
		       const struct field_source *source)
{
	const char *word = term->values[0].text;
	double number;
	size_t i;

	if (source->number(source->arg, &field_state, &number) &&
	    strcasestr(trial_state_name((enum trial_state)number), word))
		return true;
	if (*word == '#' && source->number(source->arg, &field_number, &number))
		return strtod(word + 1, NULL) == number;
	for (i = 0; i < COUNT_OF(word_fields); i++) {
		const char *text = source->text(source->arg, &word_fields[i]);

		if (text && strcasestr(text, word))
			return true;
	}
	return false;
}

static bool match_term(const struct filter_term *term,
		       const struct field_source *source)
{
	switch (term->kind) {
	case TERM_FIELD:
		return match_field(term, source);
	case TERM_STATE:
		return match_state(term, source);
	case TERM_HAS:
		return match_has(term, source);
	case TERM_TAG:
		return match_tag(term, source);
	case TERM_WORD:
		return match_word(term, source);
	}
	return false;
}

static bool match_node(const struct filter *filter, int i,
		       const struct field_source *source)
{
	const struct filter_node *node = &filter->nodes[i];

	switch (node->kind) {
	case NODE_TERM:
		return match_term(&filter->terms[node->left], source);
	case NODE_AND:
		return match_node(filter, node->left, source) &&
		       match_node(filter, node->right, source);
	case NODE_OR:
		return match_node(filter, node->left, source) ||
		       match_node(filter, node->right, source);
	case NODE_NOT:
		return !match_node(filter, node->left, source);
	}
	return false;
}

bool filter_match(const struct filter *filter,
		  const struct field_source *source)
{
	return !filter || match_node(filter, filter->root, source);
}

void filter_point_at(struct strbuf *out, const char *text,
		     struct filter_place place, int indent)
{
	size_t len = strlen(text);
	size_t at = place.at < len ? place.at : len;
	size_t end = at + place.len < len ? at + place.len : len;
	int before = utf8_width(text, at),
	    width = utf8_width(text + at, end - at);

	strbuf_addf(out, "%*s", indent, "");
	utf8_sanitize(out, text, len, false);
	strbuf_addf(out, "\n%*s", indent + (before > 0 ? before : 0), "");
	do
		strbuf_addch(out, '^');
	while (--width > 0);
	strbuf_addch(out, '\n');
}
