/* SPDX-License-Identifier: MIT */
/*
 * Fuzzy matching: do the letters of a word appear in a text in this order, and
 * how well?  Whole words, beginnings of words and letters in a row count more.
 * Cost: proportional to the text for each letter.  Pure.
 */
#ifndef TUI_FUZZY_H
#define TUI_FUZZY_H

#include <stdint.h>

#define FUZZY_NONE (-1)
#define FUZZY_TEXT_MAX 200 /* bytes of a text that are looked at */

/* Score of words (separated by blanks, all of which must appear), or
 * FUZZY_NONE; no words at all match everything with 0.  Letters are compared
 * without case (ASCII). */
int fuzzy_score(const char *words, const char *text);
/* The bytes of text that matched: bit i of ret_mask (the first 64 alone). */
void fuzzy_mask(const char *words, const char *text, uint64_t *ret_mask);

#endif
