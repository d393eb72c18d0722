/* SPDX-License-Identifier: MIT */
/* What may follow: names, then values of the name that stands there. */
#include "base/mem.h"
#include "model/filter.h"
#include "model/trial.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPERATOR_SIGNS ":=<>!~"

/* The word being typed begins after the last blank, parenthesis or '!' that
 * is in no quotes. */
static size_t word_start(const char *text, size_t at)
{
	size_t start = 0, i;
	char quote = 0;

	for (i = 0; i < at; i++) {
		if (quote)
			quote = text[i] == quote ? 0 : quote;
		else if (text[i] == '"' || text[i] == '\'')
			quote = text[i];
		else if (strchr(" \t(", text[i]) ||
			 (text[i] == '!' && i == start))
			start = i + 1;
	}
	return start;
}

static void offer_states(filter_offer_fn *offer, void *arg)
{
	int i, k;

	for (i = 0; i < TRIAL_STATE_COUNT; i++) {
		char name[32] = "";

		for (k = 0; trial_state_name(i)[k] && k < 31; k++)
			name[k] = (char)tolower(
				(unsigned char)trial_state_name(i)[k]);
		offer(name, arg);
	}
	offer("live", arg);
	offer("ended", arg);
}

static void offer_options(const struct parameter *p, filter_offer_fn *offer,
			  void *arg)
{
	size_t i;

	for (i = 0; p->options && i < p->option_count && i < 200; i++) {
		const char *name = p->options[i].name;

		if (strpbrk(name, " \t()\"'")) {
			char *quoted = xasprintf("\"%s\"", name);

			offer(quoted, arg);
			free(quoted);
		} else {
			offer(name, arg);
		}
	}
}

static void offer_values(const char *name, const struct field_names *names,
			 filter_values_fn *values, void *values_arg,
			 filter_offer_fn *offer, void *arg)
{
	static const char *const is[] = {"marked", "retried", "best", "live",
					 "ended"};
	static const char *const sources[] = {"tuner", "custom", "import"};
	struct trial_field field;
	struct error ignored;
	size_t i;

	if (strcasecmp(name, "has") == 0) {
		trial_field_each(names, false, offer, arg);
		return;
	}
	if (strcasecmp(name, "is") == 0) {
		for (i = 0; i < COUNT_OF(is); i++)
			offer(is[i], arg);
		return;
	}
	if (!trial_field_parse(name, names, &field, &ignored))
		return;
	if (field.kind == FIELD_STATE)
		offer_states(offer, arg);
	if (field.kind == FIELD_SOURCE)
		for (i = 0; i < COUNT_OF(sources); i++)
			offer(sources[i], arg);
	if (field.kind == FIELD_PARAMETER)
		offer_options(&names->space->parameters[field.parameter], offer,
			      arg);
	if (values)
		values(&field, offer, arg, values_arg);
}

void filter_complete(const char *text, size_t at,
		     const struct field_names *names, size_t *ret_start,
		     filter_values_fn *values, void *values_arg,
		     filter_offer_fn *offer, void *arg)
{
	static const char *const words[] = {"has:", "is:", "and", "or", "not"};
	size_t start = word_start(text, at);
	size_t name_len = strcspn(text + start, OPERATOR_SIGNS);
	size_t i;

	*ret_start = start;
	if (name_len > 0 && start + name_len < at) {
		char *name = xstrndup(text + start, name_len);

		start += name_len;
		while (start < at && strchr(OPERATOR_SIGNS, text[start]))
			start++;
		for (i = start; i < at; i++)
			if (text[i] == ',')
				start = i + 1;
		*ret_start = start;
		offer_values(name, names, values, values_arg, offer, arg);
		free(name);
		return;
	}
	for (i = 0; i < COUNT_OF(words); i++)
		offer(words[i], arg);
	trial_field_each(names, true, offer, arg);
}
