/* SPDX-License-Identifier: MIT */
/* Recognising escape sequences. */
#include "base/escape.h"

#include <string.h>

#define ESC 0x1B
#define BEL 0x07

/* The length of what follows ESC (kind '[': CSI; ']', 'P', 'X', '^', '_':
 * strings; others two or three bytes), or 0 for the introducer alone. */
static size_t sequence_length(unsigned char kind, const char *text, size_t len)
{
	size_t i = 0;

	if (kind == '[') {
		while (i < len && text[i] >= 0x30 && text[i] <= 0x3F)
			i++;
		while (i < len && text[i] >= 0x20 && text[i] <= 0x2F)
			i++;
		return i < len && text[i] >= 0x40 && text[i] <= 0x7E ? i + 1
								     : i;
	}
	if (kind && strchr("]PX^_", kind)) {
		for (; i < len; i++) {
			if (text[i] == BEL && kind == ']')
				return i + 1;
			if (text[i] == ESC && i + 1 < len &&
			    text[i + 1] == '\\')
				return i + 2;
			if ((unsigned char)text[i] == 0xC2 && i + 1 < len &&
			    (unsigned char)text[i + 1] == 0x9C)
				return i + 2;
		}
		return 0;
	}
	return 0;
}

size_t escape_length(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 1;

	if (len >= 2 && s[0] == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F)
		return 2 + sequence_length((unsigned char)(s[1] - 0x40),
					   text + 2, len - 2);
	if (s[0] != ESC)
		return 0;
	while (i < len && s[i] >= 0x20 && s[i] <= 0x2F)
		i++; /* as in ESC ( B */
	if (i > 1)
		return i < len && s[i] >= 0x30 && s[i] <= 0x7E ? i + 1 : i;
	if (i < len && s[i] >= 0x30 && s[i] <= 0x7E)
		return 2 + sequence_length(s[i], text + 2, len - 2);
	return 1;
}
