/* SPDX-License-Identifier: MIT */
/*
 * Making a log line safe.
 *
 * Programs write for a terminal: colours, progress bars, cursor movements.  A
 * line of a log has no use for them, and a hostile one uses them to hide or to
 * forge.  So sequences are recognised by the grammar of ECMA-48 and left out
 * whole, and what does not follow the grammar is shown, never obeyed: an
 * operating system command without an end would otherwise swallow the rest of
 * the line.
 */
#include "tui/log_clean.h"

#include "base/escape.h"
#include "base/utf8.h"

#include <string.h>

#define TAB_COLS 8
#define COMBINING_MAX 3

struct cleaner {
	struct strbuf *out;
	size_t start; /* of this line in out */
	int col;
	int combining; /* in a row, after the last base character */
	bool is_ascii;
};

static void erase_last(struct cleaner *c)
{
	struct strbuf *out = c->out;
	size_t end = out->len;

	while (end > c->start) {
		uint32_t point;
		int width;

		do
			end--;
		while (end > c->start &&
		       ((unsigned char)out->data[end] & 0xC0) == 0x80);
		utf8_decode(out->data + end, out->len - end, &point);
		width = utf8_point_width(point);
		strbuf_truncate(out, end);
		if (width > 0) {
			c->col -= width;
			break;
		}
	}
	c->combining = 0;
}

static void add_tab(struct cleaner *c)
{
	do {
		strbuf_addch(c->out, ' ');
		c->col++;
	} while (c->col % TAB_COLS);
	c->combining = 0;
}

/* Characters that change the width of what stands before them, on some
 * terminals: joiners and variation selectors. */
static bool is_modifier(uint32_t point)
{
	return point == 0x200D || (point >= 0xFE00 && point <= 0xFE0F);
}

static void add_point(struct cleaner *c, const char *text, size_t len,
		      uint32_t point)
{
	struct strbuf *out = c->out;
	size_t before = out->len;
	int width;

	utf8_sanitize(out, text, len, false);
	width = utf8_width(out->data + before, out->len - before);
	if (width == 0) {
		/* a combining character would cling to whatever the screen
		 * has to the left of the line */
		if (is_modifier(point) || c->is_ascii || before == c->start ||
		    c->combining >= COMBINING_MAX)
			strbuf_truncate(out, before);
		else
			c->combining++;
		return;
	}
	if (c->is_ascii) {
		strbuf_truncate(out, before);
		utf8_sanitize(out, text, len, true);
		width = (int)(out->len - before);
	}
	c->combining = 0;
	c->col += width;
}

/* How much of the text is plain: most lines are, from end to end. */
static size_t plain_length(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] >= 0x20 && text[i] <= 0x7E)
		i++;
	return i;
}

/* Where the text begins that a terminal would be left with. */
static size_t last_segment(const char *line, size_t *len)
{
	const char *cr;

	while (*len && line[*len - 1] == '\r')
		--*len;
	cr = *len ? memrchr(line, '\r', *len) : NULL;
	return cr ? (size_t)(cr - line) + 1 : 0;
}

void log_clean(struct strbuf *out, const char *line, size_t len, bool is_ascii)
{
	struct cleaner c = {out, out->len, 0, 0, is_ascii};
	size_t at = last_segment(line, &len);

	while (at < len) {
		size_t used = plain_length(line + at, len - at);
		uint32_t point;

		if (used) {
			strbuf_add(out, line + at, used);
			c.col += (int)used;
			c.combining = 0;
			at += used;
			continue;
		}
		used = escape_length(line + at, len - at);
		if (used) {
			at += used;
			continue;
		}
		used = utf8_decode(line + at, len - at, &point);
		if (point == '\b')
			erase_last(&c);
		else if (point == '\t')
			add_tab(&c);
		else
			add_point(&c, line + at, used, point);
		at += used;
	}
}
