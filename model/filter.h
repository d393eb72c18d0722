/* SPDX-License-Identifier: MIT */
/*
 * The filter language, of the trials table and of the command line.
 *
 *     state:failed lr>0.01 !reason:oom
 *     acc.max>=0.9 and not (tag:bad or time<10m)
 *
 * Terms one after the other must all hold, as with `and` (`&`); `or` (`|`)
 * binds less, `not` (`!`) more, parentheses group.  A term is `field OP value`,
 * blanks around OP allowed, or a word that is looked for in id, state,
 * parameters, reason, tags and note.  Fields are those of trial_field.h.
 *
 *     = !=        equal; text with case ignored
 *     < <= > >=   numbers: 1e-3, 10m, 2Gi; of times: how long ago, or a date
 *     :           text holds the value, or with * and ? is like it as a whole;
 *                 a number is equal, or in a range as 1e-4..1e-2; several
 *                 values with commas: any of them
 *     ~ !~        text matches the regular expression; a number has that order
 *                 of magnitude (within a factor of the square root of ten)
 *
 * `has:reason` asks whether a trial has the field at all, `is:marked` (retried,
 * best, live, ended) what it is, `tag:x` whether one of its tags is x.  Quotes
 * hold blanks together and take every sign for itself.  Pure.
 */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "base/error.h"
#include "model/trial_field.h"

#include <stdbool.h>

#define FILTER_TERMS_MAX 32
#define FILTER_TEXT_MAX 1024

struct filter;

enum filter_mode {
	FILTER_WHOLE,
	/* as far as it was typed: what is not complete yet holds always */
	FILTER_TYPING
};

/* Where in the text something is wrong: bytes. */
struct filter_place {
	size_t at, len;
};

/* Read a filter.  ret is NULL for an empty one (or one of which nothing is
 * complete).  names and ret_place may be NULL. */
bool filter_parse(const char *text, const struct field_names *names,
		  enum filter_mode mode, struct filter **ret,
		  struct filter_place *ret_place, struct error *err);
void filter_free(struct filter *filter);
/* All that has to be read to answer it (enum trial_need). */
unsigned filter_needs(const struct filter *filter);
/* The fields it asks for, in no order: the i-th, NULL at the end. */
const struct trial_field *filter_field_at(const struct filter *filter,
					  size_t i);
/* Does it look for bare words? */
bool filter_has_words(const struct filter *filter);

/* What a trial is like, told as asked. */
struct field_source {
	/* False: it has none.  NaN is a number. */
	bool (*number)(void *arg, const struct trial_field *field, double *ret);
	/* NULL: it has none.  Borrowed until the next call. */
	const char *(*text)(void *arg, const struct trial_field *field);
	void *arg;
	double now_s; /* wall time, for ages */
};

bool filter_match(const struct filter *filter,
		  const struct field_source *source);

/* Append the filter and a line with carets under a place, each indented. */
void filter_point_at(struct strbuf *out, const char *text,
		     struct filter_place place, int indent);

/* What may stand at byte `at` of a text: *ret_start is where the word that is
 * being typed begins; each candidate would replace it.  values: further words
 * for a field (its tags, nodes); NULL: none. */
typedef void filter_offer_fn(const char *candidate, void *arg);
typedef void filter_values_fn(const struct trial_field *field,
			      filter_offer_fn *offer, void *offer_arg,
			      void *arg);
void filter_complete(const char *text, size_t at,
		     const struct field_names *names, size_t *ret_start,
		     filter_values_fn *values, void *values_arg,
		     filter_offer_fn *offer, void *arg);

#endif
