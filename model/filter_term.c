/* SPDX-License-Identifier: MIT */
/* A term's value: numbers, ranges, lists, states, patterns. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "model/filter_private.h"
#include "model/trial.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENDED                                                                  \
	(1u << TRIAL_SUCCEEDED | 1u << TRIAL_FAILED |                          \
	 1u << TRIAL_USER_CANCELED | 1u << TRIAL_SYS_CANCELED |                \
	 1u << TRIAL_EARLY_STOPPED)
#define ALL_STATES ((1u << TRIAL_STATE_COUNT) - 1)

void filter_term_release(struct filter_term *term)
{
	while (term->value_count > 0)
		free(term->values[--term->value_count].text);
	if (term->has_regex)
		regfree(&term->regex);
	term->has_regex = false;
}

static bool is_ordered(enum filter_operator op)
{
	return op >= OP_LESS && op <= OP_MORE_EQUAL;
}

/* Back-references and repetitions can take for ever, by time or by size. */
static bool compile(struct filter_term *term, const char *text,
		    struct error *err)
{
	const char *at;
	char why[128];
	int code;

	for (at = text; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			if (isdigit((unsigned char)*at))
				return error_set(err, ERROR_INVALID,
						 "back-references are not "
						 "supported");
		} else if (*at == '{') {
			return error_set(err, ERROR_INVALID,
					 "repetitions in braces are not "
					 "supported: use + or *");
		}
	}
	code = regcomp(&term->regex, text,
		       REG_EXTENDED | REG_NOSUB | REG_ICASE);
	if (code) {
		regerror(code, &term->regex, why, sizeof(why));
		return error_set(err, ERROR_INVALID,
				 "not a regular expression: %s", why);
	}
	term->has_regex = true;
	return true;
}

static unsigned state_bits(const char *word)
{
	unsigned bits = 0;
	char upper[32];
	size_t len = strlen(word), i;
	int state;

	if (strcasecmp(word, "ended") == 0)
		return ENDED;
	if (strcasecmp(word, "live") == 0)
		return ALL_STATES & ~ENDED;
	if (len == 0 || len >= sizeof(upper))
		return 0;
	for (i = 0; i <= len; i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	for (state = 0; state < TRIAL_STATE_COUNT; state++) {
		if (len == 1
			    ? upper[0] ==
				      toupper((unsigned char)trial_state_letter(
					      state))
			    : strstr(trial_state_name(state), upper) != NULL)
			bits |= 1u << state;
	}
	return bits;
}

static bool refuse_state(const char *word, struct error *err)
{
	const char *known[TRIAL_STATE_COUNT + 2];
	const char *near;
	size_t i;

	for (i = 0; i < TRIAL_STATE_COUNT; i++)
		known[i] = trial_state_name((enum trial_state)i);
	known[i++] = "live";
	known[i++] = "ended";
	near = nearest_word(word, known, i);
	return error_set(err, ERROR_INVALID,
			 "no state is called \"%.60s\"%s%s%s", word,
			 near ? ": did you mean \"" : "", near ? near : "",
			 near ? "\"?" : "");
}

static bool read_states(struct filter_term *term,
			const struct filter_word *value, struct error *err)
{
	char *copy = xstrdup(value->text), *save = NULL, *word;
	bool is_ok = true;

	term->kind = TERM_STATE;
	for (word = strtok_r(copy, ",", &save); is_ok && word;
	     word = strtok_r(NULL, ",", &save)) {
		unsigned bits = state_bits(word);

		/* "state=SUCCEEDED" is that state alone */
		if (!bits)
			is_ok = refuse_state(word, err);
		term->states |= bits;
	}
	free(copy);
	return is_ok;
}

/* Text up to a sign, or all of it. */
static bool read_one_number(const char *text, size_t len, enum field_unit unit,
			    struct filter_value *value, double *ret)
{
	char *part = xstrndup(text, len);
	int64_t wall_ns;
	bool is_ok = field_value_parse(part, unit, ret);

	if (!is_ok && unit == UNIT_AGE && len == 10) {
		char *whole = xasprintf("%sT00:00:00Z", part);

		is_ok = clock_parse_iso(whole, &wall_ns);
		free(whole);
	} else if (!is_ok && unit == UNIT_AGE) {
		is_ok = clock_parse_iso(part, &wall_ns);
	} else {
		free(part);
		return is_ok;
	}
	free(part);
	if (is_ok) {
		value->is_date = true;
		*ret = (double)wall_ns / 1e9;
	}
	return is_ok;
}

static void read_numbers(struct filter_value *value, enum field_unit unit)
{
	const char *text = value->text, *dots = strstr(text, "..");

	if (dots &&
	    read_one_number(text, (size_t)(dots - text), unit, value,
			    &value->number) &&
	    read_one_number(dots + 2, strlen(dots + 2), unit, value,
			    &value->high)) {
		value->is_number = value->is_range = true;
		return;
	}
	value->is_number = read_one_number(text, strlen(text), unit, value,
					   &value->number);
}

static bool add_value(struct filter_term *term, const char *text, size_t len,
		      bool has_quotes, struct error *err)
{
	struct filter_value *value;

	if (term->value_count == FILTER_VALUES_MAX)
		return error_set(err, ERROR_LIMIT,
				 "more than %d values in one term",
				 FILTER_VALUES_MAX);
	value = &term->values[term->value_count++];
	memset(value, 0, sizeof(*value));
	value->text = xstrndup(text, len);
	read_numbers(value, trial_field_unit(&term->field));
	value->is_pattern = !has_quotes && strpbrk(value->text, "*?") != NULL;
	return true;
}

static const char *number_example(enum field_unit unit)
{
	switch (unit) {
	case UNIT_DURATION:
		return "a duration such as 90, 10m or 1h30m";
	case UNIT_AGE:
		return "how long ago (10m, 2d) or a date (2026-11-21)";
	case UNIT_CPU:
		return "a number of cores such as 2 or 500m";
	case UNIT_BYTES:
		return "a size such as 512Mi or 2G";
	default:
		return "a number";
	}
}

static bool check_values(const struct filter_term *term, struct error *err)
{
	enum field_unit unit = trial_field_unit(&term->field);
	bool wants_number =
		unit != UNIT_TEXT && term->field.kind != FIELD_PARAMETER;
	size_t i;

	for (i = 0; i < term->value_count; i++) {
		const struct filter_value *value = &term->values[i];

		if (value->is_number)
			continue;
		if (is_ordered(term->op) && !wants_number)
			return error_set(err, ERROR_INVALID,
					 "< and > need a number, not \"%.60s\"",
					 value->text);
		if (wants_number)
			return error_set(err, ERROR_INVALID,
					 "\"%.60s\" is not a number: write %s",
					 value->text, number_example(unit));
	}
	if (is_ordered(term->op) && unit == UNIT_TEXT)
		return error_set(err, ERROR_INVALID,
				 "text has no order: use : or ~");
	return true;
}

bool filter_term_read(struct filter_term *term, enum filter_operator op,
		      const struct filter_word *value, struct error *err)
{
	const char *text = value->text;
	bool is_list = op == OP_HAS && !value->has_quotes;

	term->kind = TERM_FIELD;
	term->op = op;
	if (term->field.kind == FIELD_STATE && op <= OP_UNEQUAL)
		return read_states(term, value, err);
	if (term->field.kind == FIELD_TAGS && op <= OP_UNEQUAL)
		term->kind = TERM_TAG;
	for (;;) {
		size_t len = is_list ? strcspn(text, ",") : strlen(text);

		/* while a list is typed its end is a comma */
		if ((len > 0 || !is_list || !term->value_count) &&
		    !add_value(term, text, len, value->has_quotes, err))
			return false;
		text += len;
		if (!*text)
			break;
		text++;
	}
	if ((op == OP_LIKE || op == OP_UNLIKE) &&
	    (trial_field_unit(&term->field) == UNIT_TEXT ||
	     (term->field.kind == FIELD_PARAMETER &&
	      !term->values[0].is_number)))
		return compile(term, value->text, err);
	return check_values(term, err);
}
