/* SPDX-License-Identifier: MIT */
/* Searching text: strstr, strcasestr, or regexec behind a door guard. */
#include "tui/log_pattern.h"

#include "base/mem.h"
#include "tui/log_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS_MAX 1000 /* product of all {n,m} of a pattern */

/* Does it say so by a capital letter?  "\W" is no capital. */
static bool wants_case(const char *text, bool is_regex)
{
	for (; *text; text++) {
		if (is_regex && *text == '\\' && text[1])
			text++;
		else if (isupper((unsigned char)*text))
			return true;
	}
	return false;
}

/* Back-references make matching exponential, and nested {n} multiply the
 * compiled form: both are refused before regcomp sees them. */
static bool check_regex(const char *text, struct error *err)
{
	long repeats = 1;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			if (isdigit((unsigned char)*text))
				return error_set(err, ERROR_INVALID,
						 "back-references are not "
						 "supported");
		} else if (*text == '{') {
			const char *end = text + strcspn(text, "}");
			long most = 1;

			for (const char *p = text + 1; p < end; p++) {
				char *after;
				long n;

				if (!isdigit((unsigned char)*p))
					continue;
				n = strtol(p, &after, 10);
				most = n > most ? n : most;
				p = after - 1;
			}
			repeats = most > REPEATS_MAX ? REPEATS_MAX + 1
						     : repeats * most;
			if (repeats > REPEATS_MAX)
				return error_set(err, ERROR_INVALID,
						 "more than %d repetitions",
						 REPEATS_MAX);
		}
	}
	return true;
}

bool log_pattern_set(struct log_pattern *pattern, const char *text,
		     bool is_regex, struct error *err)
{
	struct log_pattern fresh = {.is_regex = is_regex};

	if (!text || !*text) {
		log_pattern_release(pattern);
		return true;
	}
	if (strlen(text) > LOG_TEXT_PATTERN_MAX)
		return error_set(err, ERROR_INVALID,
				 "pattern is longer than %d bytes",
				 LOG_TEXT_PATTERN_MAX);
	fresh.is_folded = !wants_case(text, is_regex);
	if (is_regex) {
		int flags = REG_EXTENDED | (fresh.is_folded ? REG_ICASE : 0);
		int code;
		char why[128];

		if (!check_regex(text, err))
			return false;
		code = regcomp(&fresh.regex, text, flags);
		if (code) {
			regerror(code, &fresh.regex, why, sizeof(why));
			return error_set(err, ERROR_INVALID, "%s", why);
		}
	}
	fresh.text = xstrdup(text);
	log_pattern_release(pattern);
	*pattern = fresh;
	return true;
}

void log_pattern_release(struct log_pattern *pattern)
{
	if (pattern->text && pattern->is_regex)
		regfree(&pattern->regex);
	free(pattern->text);
	memset(pattern, 0, sizeof(*pattern));
}

static bool is_inside_character(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

/* As log_pattern_find, by bytes. */
static bool find_bytes(const struct log_pattern *pattern, const char *text,
		       size_t from, size_t *ret_start, size_t *ret_len)
{
	if (!pattern->is_regex) {
		const char *hit =
			pattern->is_folded
				? strcasestr(text + from, pattern->text)
				: strstr(text + from, pattern->text);

		if (!hit)
			return false;
		*ret_start = (size_t)(hit - text);
		*ret_len = strlen(pattern->text);
		return true;
	}
	while (text[from]) {
		regmatch_t match;

		if (regexec(&pattern->regex, text + from, 1, &match,
			    from ? REG_NOTBOL : 0))
			return false;
		if (match.rm_eo > match.rm_so) {
			*ret_start = from + (size_t)match.rm_so;
			*ret_len = (size_t)(match.rm_eo - match.rm_so);
			return true;
		}
		from += (size_t)match.rm_eo; /* empty: try one further on */
		if (!text[from])
			return false;
		do
			from++;
		while (is_inside_character(text[from]));
	}
	return false;
}

bool log_pattern_find(const struct log_pattern *pattern, const char *text,
		      size_t from, size_t *ret_start, size_t *ret_len)
{
	size_t start, len;

	if (!pattern->text || !find_bytes(pattern, text, from, &start, &len))
		return false;
	/* a pattern of odd bytes, or a locale without UTF-8, may match within
	 * a character */
	while (start > from && is_inside_character(text[start])) {
		start--;
		len++;
	}
	while (is_inside_character(text[start + len]))
		len++;
	*ret_start = start;
	*ret_len = len;
	return true;
}
