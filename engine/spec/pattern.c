/* SPDX-License-Identifier: MIT */
/* The patterns that find metrics in a trial's output. */
#include "engine/spec/schema.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX 512
#define PATTERN_REPEAT_MAX 1000

/* regcomp unrolls a{n,m}, nested ones by their product: bound it. */
static bool has_bounded_repeats(const char *text)
{
	unsigned long product = 1;

	for (; *text; text++) {
		unsigned long n, most = 1;
		char *end;

		if (*text != '{')
			continue;
		for (; text[1] == ',' || isdigit((unsigned char)text[1]);) {
			n = strtoul(text + 1, &end, 10);
			text = text[1] == ',' ? text + 1 : end - 1;
			most = n > most ? n : most;
		}
		if (most > PATTERN_REPEAT_MAX)
			return false;
		product *= most;
		if (product > PATTERN_REPEAT_MAX)
			return false;
	}
	return true;
}

bool pattern_check(const char *text, struct error *err)
{
	char why[128];
	regex_t regex;
	size_t groups;
	int code;

	if (strlen(text) > PATTERN_MAX)
		return error_set(err, ERROR_LIMIT, "must have at most %d bytes",
				 PATTERN_MAX);
	if (!has_bounded_repeats(text))
		return error_set(err, ERROR_LIMIT,
				 "repeats more than %d times: use * or +",
				 PATTERN_REPEAT_MAX);
	code = regcomp(&regex, text, REG_EXTENDED);
	if (code) {
		regerror(code, &regex, why, sizeof(why));
		return error_set(err, ERROR_INVALID,
				 "not an extended regular expression: %s", why);
	}
	groups = regex.re_nsub;
	regfree(&regex);
	if (groups != 2)
		return error_set(err, ERROR_INVALID,
				 "must have two groups in parentheses, the "
				 "name and the value, has %zu",
				 groups);
	return true;
}
