/* SPDX-License-Identifier: MIT */
/*
 * What a person searches a log for: plain text, or a regular expression as
 * Perl has them (PCRE2).  What a pattern may cost is bounded: its length, the
 * size of what it is compiled to, and how much a match may try; a line on which
 * it would take longer counts as one that does not match.
 *
 * Thread: one at a time.
 */
#ifndef TUI_LOG_PATTERN_H
#define TUI_LOG_PATTERN_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define LOG_PATTERN_MAX 256 /* bytes */

/* Zero-initialised: matches nothing. */
struct log_pattern {
	char *text; /* owned; NULL: none */
	bool is_regex;
	bool is_folded;	  /* case does not count */
	int64_t given_up; /* lines that would have taken too long */
	struct pcre2_real_code_8 *code;
	struct pcre2_real_match_data_8 *match;
	struct pcre2_real_match_context_8 *limits;
	struct pcre2_real_jit_stack_8 *stack;
};

/* Replace the pattern; NULL or "" clears it.  On failure it stays.  Case counts
 * only when the text has a capital letter.
 * Fails: ERROR_INVALID, for a pattern that is too long or not understood. */
bool log_pattern_set(struct log_pattern *pattern, const char *text,
		     bool is_regex, struct error *err);
void log_pattern_release(struct log_pattern *pattern);

/* The first match at or after `from` that is not empty, in whole characters.
 * The text may be any bytes; those that are no UTF-8 match nothing. */
bool log_pattern_find(struct log_pattern *pattern, const char *text, size_t len,
		      size_t from, size_t *ret_start, size_t *ret_len);

#endif
