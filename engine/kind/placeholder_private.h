/* SPDX-License-Identifier: MIT */
/* How placeholders are written: found one after the other in a text. */
#ifndef ENGINE_KIND_PLACEHOLDER_PRIVATE_H
#define ENGINE_KIND_PLACEHOLDER_PRIVATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define PLACEHOLDER_NAME_MAX 512 /* bytes between the braces */

enum placeholder_word {
	WORD_TRIAL_ID,
	WORD_TRIAL_NAME,
	WORD_TRIAL_SEQUENCE,
	WORD_TRIAL_ATTEMPT,
	WORD_TRIAL_NAMESPACE,
	WORD_TRIAL_PARAMETERS, /* all of them, or one */
	WORD_EXPERIMENT_ID,
	WORD_EXPERIMENT_NAME,
};

struct placeholder {
	const char *start; /* in the text: its $, or the first of an escape */
	enum placeholder_word word;
	char parameter[PLACEHOLDER_NAME_MAX]; /* "layer.kernel"; "": all */
	bool is_text;			      /* ...|text} */
};

enum placeholder_found {
	FOUND_NONE, /* up to the end */
	FOUND_PLACEHOLDER,
	FOUND_ESCAPE, /* $${ */
	FOUND_WRONG,  /* err says why */
};

/* The next one from *at on, which is left behind it. */
enum placeholder_found
placeholder_next(const char **at, struct placeholder *ret, struct error *err);

#endif
