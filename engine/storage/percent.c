/* SPDX-License-Identifier: MIT */
/* Percent-decoding. */
#include "engine/storage/percent.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(char *text, bool is_form)
{
	char *to = text;

	for (const char *c = text; *c; c++) {
		int high = *c == '%' ? hex_value(c[1]) : -1;
		int low = high >= 0 ? hex_value(c[2]) : -1;

		if (low >= 0) {
			if (!(*to++ = (char)(high << 4 | low)))
				return false;
			c += 2;
		} else {
			*to++ = is_form && *c == '+' ? ' ' : *c;
		}
	}
	*to = '\0';
	return true;
}
