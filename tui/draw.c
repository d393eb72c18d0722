/* SPDX-License-Identifier: MIT */
/*
 * Cells onto curses' standard screen, with a shadow of roles beside it.
 *
 * The shadow keeps what each cell means and shows: saved screens come from it
 * rather than from curses, so that they do not depend on the terminal's
 * colours.  A cell that is the right half of a wide character has point 0.
 */
#include "tui/draw.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/curses.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define COMBINING_MAX 2

struct cell {
	uint32_t point;
	uint32_t marks[COMBINING_MAX]; /* combining with it; 0 ends */
	uint8_t role;
};

static struct cell *cells;
static int rows, cols;
static int cursor_y = -1, cursor_x;

void draw_resize(int new_rows, int new_cols)
{
	rows = new_rows;
	cols = new_cols;
	free(cells);
	cells = xcalloc((size_t)rows * (size_t)cols + 1, sizeof(*cells));
}

void draw_release(void)
{
	free(cells);
	cells = NULL;
	rows = cols = 0;
}

int draw_rows(void)
{
	return rows;
}

int draw_cols(void)
{
	return cols;
}

void draw_begin(void)
{
	int i;

	for (i = 0; i < rows * cols; i++) {
		cells[i].point = ' ';
		cells[i].marks[0] = 0;
		cells[i].role = ROLE_NORMAL;
	}
	erase();
	cursor_y = -1;
}

void draw_cursor(int y, int x)
{
	cursor_y = y;
	cursor_x = x;
}

void draw_end(void)
{
	if (cursor_y >= 0 && cursor_y < rows && cursor_x < cols) {
		curs_set(1);
		move(cursor_y, cursor_x);
	} else {
		curs_set(0);
		move(rows - 1, 0);
	}
	wnoutrefresh(stdscr);
}

/* What is really painted for a code point: something that both we and the
 * terminal's C library believe to have the same width. */
static uint32_t printable(uint32_t point, int *ret_width)
{
	int width = point == UTF8_INVALID ? -1 : utf8_point_width(point);

	if (theme_is_ascii() && point > 126) {
		*ret_width = width == 0 ? 0 : width == 2 ? 2 : 1;
		return '?';
	}
	if (width < 0 || wcwidth((wchar_t)point) != width) {
		*ret_width = 1;
		return theme_is_ascii() ? '?' : 0xFFFD;
	}
	*ret_width = width;
	return point;
}

static void put_shadow(struct cell *cell, enum role role, const wchar_t *text)
{
	int i;

	cell->point = (uint32_t)text[0];
	cell->role = (uint8_t)role;
	for (i = 0; i < COMBINING_MAX; i++) {
		cell->marks[i] = (uint32_t)text[i + 1];
		if (!text[i + 1])
			break;
	}
}

static void put(int y, int x, enum role role, const wchar_t *text, int width)
{
	attr_t attributes = (attr_t)theme_attributes(role);
	cchar_t cell;

	if (y < 0 || y >= rows || x < 0 || x + width > cols)
		return;
	put_shadow(&cells[y * cols + x], role, text);
	if (width == 2) {
		cells[y * cols + x + 1].point = 0;
		cells[y * cols + x + 1].role = (uint8_t)role;
	}
	setcchar(&cell, text, attributes, (short)PAIR_NUMBER(attributes), NULL);
	mvadd_wch(y, x, &cell);
}

void draw_point(int y, int x, enum role role, uint32_t point)
{
	wchar_t text[2] = {(wchar_t)point, 0};

	put(y, x, role, text, 1);
}

void draw_fill(int y, int x, int width, enum role role, uint32_t point)
{
	int i;

	for (i = 0; i < width; i++)
		draw_point(y, x + i, role, point);
}

void draw_role(int y, int x, int width, enum role role)
{
	attr_t attributes = (attr_t)theme_attributes(role);
	int i;

	if (y < 0 || y >= rows || x < 0)
		return;
	for (i = x; i < x + width && i < cols; i++)
		cells[y * cols + i].role = (uint8_t)role;
	if (i > x)
		mvchgat(y, x, i - x, attributes, (short)PAIR_NUMBER(attributes),
			NULL);
}

/* Paint len bytes from column `skip` of the text on, at most width columns.
 * Returns the columns painted; *ret_rest is whether something was left. */
static int paint(int y, int x, int width, enum role role, const char *text,
		 size_t len, int skip, bool *ret_rest)
{
	int at = -skip;
	size_t used = 0;

	while (used < len) {
		wchar_t group[COMBINING_MAX + 2] = {0};
		uint32_t point;
		int point_width, n = 1;

		used += utf8_decode(text + used, len - used, &point);
		group[0] = (wchar_t)printable(point, &point_width);
		if (point_width == 0)
			continue; /* combining with nothing before it */
		while (used < len) {
			uint32_t next;
			int next_width;
			size_t step =
				utf8_decode(text + used, len - used, &next);

			if (next == UTF8_INVALID)
				break;
			next = printable(next, &next_width);
			if (next_width != 0)
				break;
			if (n <= COMBINING_MAX && next != '?')
				group[n++] = (wchar_t)next;
			used += step;
		}
		if (at + point_width > width) {
			*ret_rest = true;
			return at > 0 ? at : 0;
		}
		if (at >= 0) {
			if (theme_is_ascii() && point_width == 2) {
				draw_point(y, x + at, role, '?');
				draw_point(y, x + at + 1, role, '?');
			} else {
				put(y, x + at, role, group, point_width);
			}
		} else if (at + point_width > 0) {
			draw_point(y, x, role, ' '); /* half of a wide one */
		}
		at += point_width;
	}
	*ret_rest = false;
	return at > 0 ? at : 0;
}

int draw_part(int y, int x, int width, enum role role, const char *text)
{
	bool has_rest;
	int used;

	if (width <= 0)
		return 0;
	used = paint(y, x, width, role, text, strlen(text), 0, &has_rest);
	if (has_rest) {
		draw_fill(y, x + used, width - used, role, ' ');
		draw_point(y, x + width - 1, role, theme_glyph(GLYPH_CUT));
		used = width;
	}
	return used;
}

int draw_text(int y, int x, int width, enum role role, const char *text)
{
	int used = draw_part(y, x, width, role, text);

	draw_fill(y, x + used, width - used, role, ' ');
	return used;
}

int draw_textf(int y, int x, int width, enum role role, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return draw_text(y, x, width, role, text);
}

void draw_right(int y, int x, int width, enum role role, const char *text)
{
	int wanted = utf8_width(text, strlen(text));
	int pad = wanted < width ? width - wanted : 0;

	draw_fill(y, x, pad, role, ' ');
	draw_text(y, x + pad, width - pad, role, text);
}

size_t draw_row_bytes(const char *text, size_t len, int width)
{
	size_t n = utf8_prefix(text, len, width, NULL), k;

	if (n == len || n == 0)
		return n ? n : len;
	for (k = n; k > n / 2; k--)
		if (text[k - 1] == ' ')
			return k;
	return n;
}

int draw_wrapped(struct rect rect, enum role role, const char *text)
{
	size_t len = strlen(text);
	int row = 0;

	while (len > 0 && row < rect.rows) {
		size_t n = draw_row_bytes(text, len, rect.cols);

		/* the last row there is takes all, and shows that it is cut */
		if (row + 1 == rect.rows)
			n = len;
		draw_slice(rect.y + row, rect.x, rect.cols, role, text, n, 0);
		text += n;
		len -= n;
		row++;
	}
	return row;
}

void draw_slice(int y, int x, int width, enum role role, const char *text,
		size_t len, int skip)
{
	bool has_rest;
	int used = paint(y, x, width, role, text, len, skip, &has_rest);

	if (has_rest && width > 0) {
		draw_fill(y, x + used, width - used, role, ' ');
		draw_point(y, x + width - 1, role, theme_glyph(GLYPH_CUT));
		return;
	}
	draw_fill(y, x + used, width - used, role, ' ');
}

static void add_text(struct strbuf *out, const struct cell *cell)
{
	int i;

	if (!cell->point)
		return;
	utf8_encode(out, cell->point);
	for (i = 0; i < COMBINING_MAX && cell->marks[i]; i++)
		utf8_encode(out, cell->marks[i]);
}

enum role draw_read(int y, int x, struct strbuf *text, int *ret_cols)
{
	const struct cell *cell = &cells[y * cols + x];

	add_text(text, cell);
	*ret_cols = !cell->point					  ? 0
		    : x + 1 < cols && cell->point > 126 && !cell[1].point ? 2
									  : 1;
	return (enum role)cell->role;
}

void draw_save(struct strbuf *text, struct strbuf *roles)
{
	int y, x;

	for (y = 0; y < rows; y++) {
		const struct cell *line = cells + y * cols;
		int end = cols;

		while (end > 0 && line[end - 1].point == ' ')
			end--;
		for (x = 0; x < end; x++)
			add_text(text, &line[x]);
		strbuf_addch(text, '\n');
		if (!roles)
			continue;
		for (x = 0; x < cols; x++)
			strbuf_addch(roles, theme_letter(line[x].role));
		strbuf_addch(roles, '\n');
	}
}
