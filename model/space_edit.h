/* SPDX-License-Identifier: MIT */
/*
 * Points of a search space as texts that people edit: one per parameter.
 *
 * A person may ask for what the space does not have; that is told apart from
 * what no trial could be given at all.
 */
#ifndef MODEL_SPACE_EDIT_H
#define MODEL_SPACE_EDIT_H

#include "model/space.h"

enum space_fit {
	SPACE_FITS,
	SPACE_OUTSIDE, /* a value, but not one of the space's */
	SPACE_WRONG    /* no value: a number is needed, or it is empty */
};

/* Is text a value of parameter i?  why gets a clause unless it fits. */
enum space_fit space_check_text(const struct space *space, size_t i,
				const char *text, char *why, size_t why_size);
/* Which parameters apply, given the options that the nested ones name. */
void space_active_texts(const struct space *space, const char *const *texts,
			bool *ret_active);
/* The JSON object of the active ones, followed by the members of extra (an
 * object, or NULL) that are no parameters of the space.  Caller frees; NULL
 * when a text is no value. */
char *space_build(const struct space *space, const char *const *texts,
		  const char *extra, struct error *err);
/* "0.0001 to 0.1 (loguniform)", "adam, sgd or rmsprop" (cut when long) */
void space_describe(const struct parameter *p, struct strbuf *out);
/* A value in the middle, for who has none: the first option, the centre. */
void space_default_text(const struct parameter *p, struct strbuf *out);

#endif
