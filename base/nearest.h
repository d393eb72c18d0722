/* SPDX-License-Identifier: MIT */
/* "Did you mean": the candidate nearest to a mistyped word. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The candidate with the least edit distance (insert, delete, replace, swap
 * neighbours; case ignored), or NULL when none is near enough to be meant:
 * more than a third of the word's length (at least 1) away. */
const char *nearest_word(const char *word, const char *const *candidates,
			 size_t count);

#endif
