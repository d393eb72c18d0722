/* SPDX-License-Identifier: MIT */
/*
 * Reading and applying a filter.
 *
 * Terms fall into two kinds, by what they need: a row of the index, or the
 * trial's text.  A bare word needs the text even though it also looks at id
 * and state, which a whole trial has too.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "tui/filter.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "tui/trial_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum field {
	FIELD_STATE,
	FIELD_ID,
	FIELD_NUMBER,
	FIELD_FINAL,
	FIELD_BEST,
	FIELD_LAST,
	FIELD_STEPS,
	FIELD_TRY,
	FIELD_EXIT,
	FIELD_TIME,
	FIELD_IS,
	/* from here on the whole trial is needed */
	FIELD_REASON,
	FIELD_WORD,
	FIELD_PARAMETER,
};

static const struct {
	const char *name;
	enum field field;
} fields[] = {
	{"state", FIELD_STATE},	  {"id", FIELD_ID},
	{"number", FIELD_NUMBER}, {"final", FIELD_FINAL},
	{"best", FIELD_BEST},	  {"last", FIELD_LAST},
	{"steps", FIELD_STEPS},	  {"try", FIELD_TRY},
	{"exit", FIELD_EXIT},	  {"time", FIELD_TIME},
	{"is", FIELD_IS},	  {"reason", FIELD_REASON},
	{"#", FIELD_NUMBER},	  {"trial", FIELD_NUMBER},
	{"attempt", FIELD_TRY},
};

#define LISTED_FIELDS 12 /* without the synonyms */

enum operator{
	OP_HAS,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL
};

struct term {
	enum field field;
	size_t parameter;
	enum operator op;
	bool is_negated;
	bool is_open; /* still being typed: holds always */
	bool is_number;
	double number;
	char *text;
};

struct filter {
	struct term terms[FILTER_TERMS_MAX];
	size_t count;
	bool needs_text;
};

const char *filter_field(size_t i)
{
	return i < LISTED_FIELDS ? fields[i].name : NULL;
}

void filter_free(struct filter *filter)
{
	size_t i;

	if (!filter)
		return;
	for (i = 0; i < filter->count; i++)
		free(filter->terms[i].text);
	free(filter);
}

bool filter_needs_text(const struct filter *filter)
{
	return filter && filter->needs_text;
}

/* Take one word off *text, quotes removed.  NULL at the end. */
static char *take_word(const char **text)
{
	const char *at = *text + strspn(*text, " \t");
	char *word, *out;
	char quote = 0;

	if (!*at)
		return NULL;
	out = word = xmalloc(strlen(at) + 1);
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (quote && *at == quote)
			quote = 0;
		else if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else
			*out++ = *at;
	}
	*out = '\0';
	*text = at;
	return word;
}

static bool is_number(const char *text, double *ret)
{
	char *end;

	if (!*text)
		return false;
	*ret = strtod(text, &end);
	return *end == '\0';
}

static size_t read_operator(const char *at, enum operator* ret)
{
	bool with_equal = at[0] && at[1] == '=';

	switch (at[0]) {
	case ':':
		*ret = OP_HAS;
		return 1;
	case '=':
		*ret = OP_EQUAL;
		return with_equal ? 2 : 1;
	case '!':
		*ret = OP_UNEQUAL;
		return with_equal ? 2 : 0;
	case '<':
		*ret = with_equal ? OP_LESS_EQUAL : OP_LESS;
		return with_equal ? 2 : 1;
	case '>':
		*ret = with_equal ? OP_MORE_EQUAL : OP_MORE;
		return with_equal ? 2 : 1;
	default:
		return 0;
	}
}

static bool find_field(struct term *term, const char *name,
		       const struct space *space, struct error *err)
{
	const char *known[256];
	size_t i, n = 0;
	const char *near;

	/* a parameter may be called like a column: it is the user's word */
	for (i = 0; space && i < space->count; i++) {
		if (strcasecmp(space->parameters[i].path, name) == 0) {
			term->field = FIELD_PARAMETER;
			term->parameter = i;
			return true;
		}
		if (n < 200)
			known[n++] = space->parameters[i].path;
	}
	for (i = 0; i < COUNT_OF(fields); i++) {
		if (strcasecmp(fields[i].name, name) == 0) {
			term->field = fields[i].field;
			return true;
		}
		known[n++] = fields[i].name;
	}
	near = nearest_word(name, known, n);
	return near ? error_set(err, ERROR_INVALID,
				"no column or parameter is called \"%s\": did "
				"you mean \"%s\"?",
				name, near)
		    : error_set(err, ERROR_INVALID,
				"no column or parameter is called \"%s\"",
				name);
}

static bool check_value(const struct term *term, struct error *err)
{
	bool wants_number =
		term->field >= FIELD_NUMBER && term->field <= FIELD_TIME;

	if (wants_number && !term->is_number)
		return error_set(err, ERROR_INVALID, "\"%s\" is not a number",
				 term->text);
	if (term->op >= OP_LESS && !term->is_number)
		return error_set(err, ERROR_INVALID,
				 "< and > need a number, not \"%s\"",
				 term->text);
	return true;
}

static bool parse_term(struct term *term, const char *word,
		       const struct space *space, struct error *err)
{
	size_t name_len, op_len;
	char *name;
	bool is_ok;

	if (*word == '!') {
		term->is_negated = true;
		word++;
	}
	name_len = strcspn(word, ":=<>!");
	op_len = read_operator(word + name_len, &term->op);
	if (name_len == 0 || op_len == 0) {
		term->field = FIELD_WORD;
		term->text = xstrdup(word);
		term->is_open = *word == '\0';
		return true;
	}
	name = xstrndup(word, name_len);
	is_ok = find_field(term, name, space, err);
	free(name);
	if (!is_ok)
		return false;
	term->text = xstrdup(word + name_len + op_len);
	term->is_open = *term->text == '\0';
	term->is_number = is_number(term->text, &term->number);
	return term->is_open || check_value(term, err);
}

bool filter_parse(const char *text, const struct space *space,
		  struct filter **ret, struct error *err)
{
	struct filter *filter = xcalloc(1, sizeof(*filter));
	bool is_ok = true;
	char *word;

	if (strlen(text) > FILTER_TEXT_MAX) {
		free(filter);
		return error_set(err, ERROR_LIMIT, "the filter is too long");
	}
	while (is_ok && (word = take_word(&text))) {
		if (filter->count == FILTER_TERMS_MAX) {
			is_ok = error_set(err, ERROR_LIMIT,
					  "a filter has at most %d terms",
					  FILTER_TERMS_MAX);
		} else {
			struct term *term = &filter->terms[filter->count++];

			is_ok = parse_term(term, word, space, err);
			if (term->field >= FIELD_REASON && !term->is_open)
				filter->needs_text = true;
		}
		free(word);
	}
	if (!is_ok || filter->count == 0) {
		filter_free(filter);
		filter = NULL;
	}
	if (is_ok)
		*ret = filter;
	return is_ok;
}

static bool compare(enum operator op, double have, double want)
{
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
	}
	return false;
}

static bool compare_text(enum operator op, const char *have, const char *want)
{
	switch (op) {
	case OP_EQUAL:
		return strcasecmp(have, want) == 0;
	case OP_UNEQUAL:
		return strcasecmp(have, want) != 0;
	default:
		return strcasestr(have, want) != NULL;
	}
}

static bool match_state(const struct term *term, enum trial_state state)
{
	bool is_same;

	if (strcasecmp(term->text, "ended") == 0)
		is_same = trial_state_is_terminal(state);
	else if (strcasecmp(term->text, "live") == 0)
		is_same = !trial_state_is_terminal(state);
	else if (term->text[1] == '\0')
		is_same = (term->text[0] & ~0x20) ==
			  (trial_state_letter(state) & ~0x20);
	else
		is_same = compare_text(term->op == OP_HAS ? OP_HAS : OP_EQUAL,
				       trial_state_name(state), term->text);
	return term->op == OP_UNEQUAL ? !is_same : is_same;
}

static bool match_is(const struct term *term, const struct trial_row *row)
{
	bool holds = strncasecmp(term->text, "marked", strlen(term->text)) == 0
			     ? row->flags & ROW_MARKED
			     : strncasecmp(term->text, "retried",
					   strlen(term->text)) == 0 &&
				       row->attempt > 1;

	return term->op == OP_UNEQUAL ? !holds : holds;
}

static bool match_row(const struct term *term, const struct trial_row *row,
		      int64_t sequence, int64_t now_ns)
{
	int64_t duration_ns;

	switch (term->field) {
	case FIELD_STATE:
		return match_state(term, row->state);
	case FIELD_ID:
		return compare_text(term->op, row->id, term->text);
	case FIELD_NUMBER:
		return compare(term->op, (double)sequence, term->number);
	case FIELD_FINAL:
		return (row->flags & ROW_HAS_FINAL) &&
		       compare(term->op, row->final, term->number);
	case FIELD_BEST:
		return (row->flags & ROW_HAS_BEST) &&
		       compare(term->op, row->best, term->number);
	case FIELD_LAST:
		return (row->flags & ROW_HAS_LAST) &&
		       compare(term->op, row->last, term->number);
	case FIELD_STEPS:
		return compare(term->op, row->intermediates, term->number);
	case FIELD_TRY:
		return compare(term->op, row->attempt, term->number);
	case FIELD_EXIT:
		return compare(term->op, row->exit_code, term->number);
	case FIELD_TIME:
		duration_ns = trial_row_duration_ns(row, now_ns);
		return duration_ns >= 0 &&
		       compare(term->op, (double)duration_ns / NS_PER_S,
			       term->number);
	case FIELD_IS:
		return match_is(term, row);
	default:
		return true;
	}
}

bool filter_match_row(const struct filter *filter, const struct trial_row *row,
		      int64_t sequence, int64_t now_ns)
{
	size_t i;

	for (i = 0; i < filter->count; i++) {
		const struct term *term = &filter->terms[i];

		if (term->is_open || term->field >= FIELD_REASON)
			continue;
		if (match_row(term, row, sequence, now_ns) == term->is_negated)
			return false;
	}
	return true;
}

static bool match_parameter(const struct term *term, const struct space *space,
			    const struct trial *trial)
{
	struct strbuf cell = STRBUF_INIT;
	double value;
	bool is_match;

	if (!space || !trial->parameters)
		return false;
	space_format_cell(space, trial->parameters, term->parameter, &cell);
	if (cell.len == 0)
		is_match = false; /* not active in this trial */
	else if (term->is_number && is_number(cell.data, &value))
		is_match = compare(term->op, value, term->number);
	else if (term->op >= OP_LESS)
		is_match = false;
	else
		is_match = compare_text(term->op, cell.data, term->text);
	strbuf_release(&cell);
	return is_match;
}

static bool match_word(const char *word, const struct trial *trial)
{
	return strcasestr(trial->id, word) ||
	       strcasestr(trial_state_name(trial->state), word) ||
	       (trial->parameters && strcasestr(trial->parameters, word)) ||
	       (trial->reason && strcasestr(trial->reason, word));
}

bool filter_match_text(const struct filter *filter, const struct space *space,
		       const struct trial *trial)
{
	size_t i;

	for (i = 0; i < filter->count; i++) {
		const struct term *term = &filter->terms[i];
		bool is_match;

		if (term->is_open || term->field < FIELD_REASON)
			continue;
		if (term->field == FIELD_REASON)
			is_match = compare_text(
				term->op, trial->reason ? trial->reason : "",
				term->text);
		else if (term->field == FIELD_WORD)
			is_match = match_word(term->text, trial);
		else
			is_match = match_parameter(term, space, trial);
		if (is_match == term->is_negated)
			return false;
	}
	return true;
}
