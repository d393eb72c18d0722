/* SPDX-License-Identifier: MIT */
/*
 * What people say of experiments and trials: tags, which are words to find
 * them by, and one note each.
 */
#ifndef MODEL_TAG_H
#define MODEL_TAG_H

#include "base/error.h"

#define TAG_MAX 64    /* bytes */
#define TAGS_MAX 32   /* of one experiment or one trial */
#define NOTE_MAX 4096 /* bytes */

/* A tag is one word of UTF-8 that a filter and a command line can hold as it
 * is: no blanks, controls or any of ,"'()!<>=~ and it begins with neither + nor
 * -. */
bool tag_check(const char *name, struct error *err);
/* "good" and "+good" add, "-bad" takes away.  *ret_name points into word. */
bool tag_word_parse(const char *word, const char **ret_name, bool *ret_adds,
		    struct error *err);
/* Text in UTF-8 of at most NOTE_MAX bytes; lines are well. */
bool note_check(const char *text, struct error *err);

#endif
