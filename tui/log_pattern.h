/* SPDX-License-Identifier: MIT */
/*
 * What a person searches a log for: plain text, or a POSIX extended regular
 * expression.  Patterns that could take a matcher's memory or time without
 * bound are refused.
 */
#ifndef TUI_LOG_PATTERN_H
#define TUI_LOG_PATTERN_H

#include "base/error.h"

#include <regex.h>
#include <stddef.h>

/* Zero-initialised: matches nothing. */
struct log_pattern {
	char *text; /* owned; NULL: none */
	bool is_regex;
	bool is_folded; /* case does not count */
	regex_t regex;
};

/* Replace the pattern; NULL or "" clears it.  On failure it stays.
 * Fails: ERROR_INVALID, for a pattern that is too long or not understood. */
bool log_pattern_set(struct log_pattern *pattern, const char *text,
		     bool is_regex, struct error *err);
void log_pattern_release(struct log_pattern *pattern);

/* The first match at or after `from` that is not empty, in whole characters;
 * text ends with NUL. */
bool log_pattern_find(const struct log_pattern *pattern, const char *text,
		      size_t from, size_t *ret_start, size_t *ret_len);

#endif
