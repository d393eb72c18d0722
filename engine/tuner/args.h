/* SPDX-License-Identifier: MIT */
/*
 * classArgs: a JSON object checked against a table of known arguments.
 * Nested members are named with dots: "tpe_args.gamma".
 */
#ifndef ENGINE_TUNER_ARGS_H
#define ENGINE_TUNER_ARGS_H

#include "base/error.h"
#include "engine/tuner/tuner.h"

#include <stddef.h>
#include <stdint.h>

/* More text than this is nobody's arguments. */
#define ARGS_TEXT_MAX 65536

struct args; /* checked arguments */

/* The argument every algorithm understands, first in each table. */
#define ARGUMENT_OPTIMIZE_MODE(default_mode)                                   \
	{                                                                      \
		"optimize_mode", "string", default_mode,                       \
			"\"maximize\" or \"minimize\" the metric"              \
	}

/* Parse and check names, types and optimize_mode; json may be NULL.  Several
 * objectives and constraints (model/objective.h) are taken, too: whether the
 * tuner can have them says its flags.  The caller calls args_free. */
struct args *args_parse(const char *json, const struct tuner_argument *table,
			struct error *err);
void args_free(struct args *args);

/* Read one argument into *value, which keeps its default when the argument is
 * not given.  The range includes its ends. */
bool args_integer(const struct args *args, const char *name, int64_t least,
		  int64_t most, int64_t *value, struct error *err);
bool args_number(const struct args *args, const char *name, double least,
		 double most, double *value, struct error *err);
bool args_boolean(const struct args *args, const char *name, bool *value,
		  struct error *err);
/* Up to `most` bytes; *value is borrowed from args. */
bool args_text(const struct args *args, const char *name, size_t most,
	       const char **value, struct error *err);
/* One of `words` (NULL-terminated), case ignored: its index.  null is taken
 * for the word "null", if that is one of them. */
bool args_word(const struct args *args, const char *name,
	       const char *const *words, int *value, struct error *err);

#endif
