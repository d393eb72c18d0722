/* SPDX-License-Identifier: MIT */
/* The cells of a canvas: cleared, written, read. */
#include "tui/canvas.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct canvas_cell *cell_at(struct canvas *canvas, int row, int col)
{
	if (row < 0 || col < 0 || row >= canvas->rows || col >= canvas->cols)
		return NULL;
	return &canvas->cells[row * canvas->cols + col];
}

void canvas_begin(struct canvas *canvas, int cols, int rows,
		  enum canvas_style style)
{
	size_t count;

	canvas->cols = cols > 0 && rows > 0 ? cols : 0;
	canvas->rows = cols > 0 && rows > 0 ? rows : 0;
	canvas->style = style;
	count = (size_t)canvas->cols * (size_t)canvas->rows;
	canvas->cells =
		xrealloc(canvas->cells, (count + 1) * sizeof(*canvas->cells));
	for (size_t i = 0; i < count; i++)
		canvas->cells[i] = (struct canvas_cell){" ", 1, CANVAS_BLANK};
}

void canvas_release(struct canvas *canvas)
{
	free(canvas->cells);
	memset(canvas, 0, sizeof(*canvas));
}

const struct canvas_cell *canvas_cell(const struct canvas *canvas, int row,
				      int col)
{
	return &canvas->cells[row * canvas->cols + col];
}

void canvas_put(struct canvas *canvas, int row, int col, uint32_t point,
		int width, int owner)
{
	struct canvas_cell *cell = cell_at(canvas, row, col);
	struct strbuf text = STRBUF_INIT;

	if (!cell)
		return;
	if (point < 0x80) {
		cell->glyph[0] = (char)point;
		cell->glyph[1] = '\0';
	} else {
		utf8_encode(&text, point);
		memcpy(cell->glyph, text.data, text.len + 1);
		strbuf_release(&text);
	}
	cell->width = (signed char)width;
	cell->owner = owner;
	if (width == 2) {
		cell++;
		cell->glyph[0] = '\0';
		cell->width = 0;
		cell->owner = owner;
	}
}

int canvas_text(struct canvas *canvas, int row, int col, const char *text,
		int owner)
{
	size_t len = strlen(text);

	while (len) {
		uint32_t point;
		size_t used = utf8_decode(text, len, &point);
		int width =
			point == UTF8_INVALID ? -1 : utf8_point_width(point);

		text += used;
		len -= used;
		if (width < 1)
			continue;
		if (col + width > canvas->cols)
			break;
		canvas_put(canvas, row, col, point, width, owner);
		col += width;
	}
	return col;
}

int canvas_textf(struct canvas *canvas, int row, int col, int owner,
		 const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_text(canvas, row, col, text, owner);
}

void canvas_blit(struct canvas *canvas, int row, int col,
		 const struct canvas *from)
{
	for (int y = 0; y < from->rows; y++) {
		for (int x = 0; x < from->cols; x++) {
			struct canvas_cell *cell =
				cell_at(canvas, row + y, col + x);

			if (cell)
				*cell = *canvas_cell(from, y, x);
		}
	}
}

void canvas_format_row(const struct canvas *canvas, int row, struct strbuf *out)
{
	size_t start = out->len;

	for (int col = 0; col < canvas->cols; col++)
		strbuf_adds(out, canvas_cell(canvas, row, col)->glyph);
	while (out->len > start && out->data[out->len - 1] == ' ')
		strbuf_truncate(out, out->len - 1);
}

uint32_t canvas_glyph(const struct canvas *canvas, uint32_t utf8, char ascii)
{
	return canvas->style == CANVAS_ASCII ? (unsigned char)ascii : utf8;
}

char canvas_mark(int series)
{
	static const char marks[] = "*+xo#@%&=~$abcdefghijklmnpqrstuvwyz";

	return marks[(unsigned)series % (sizeof(marks) - 1)];
}

/* NaN counts as nothing. */
static double clamp_part(double part)
{
	return part > 1 ? 1 : part > 0 ? part : 0;
}

uint32_t canvas_shade(const struct canvas *canvas, double part)
{
	static const uint32_t blocks[] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};
	static const char ascii[] = " .:-=+*#%@";
	int steps = canvas->style == CANVAS_ASCII ? 9 : 4;
	int step = (int)ceil(clamp_part(part) * steps - 1e-9);

	return canvas->style == CANVAS_ASCII ? (unsigned char)ascii[step]
					     : blocks[step];
}

/* Eighths of a cell that a bar fills: of so many cells `part`. */
static int eighths(double part, int cells)
{
	int filled = (int)lround(clamp_part(part) * 8 * cells);

	return filled || !(part > 0) ? filled : 1;
}

void canvas_bar(struct canvas *canvas, int row, int col, int cols, double part,
		int owner)
{
	int filled = eighths(part, cols);

	for (int i = 0; i < cols && filled > 0; i++, filled -= 8) {
		uint32_t point = 0x2588;

		if (filled < 8 && canvas->style == CANVAS_BRAILLE)
			point += 8 - (uint32_t)filled; /* left eighths */
		else if (filled < 8 && filled <= 4)
			point = 0x258C;
		canvas_put(canvas, row, col + i,
			   canvas_glyph(canvas, point, filled > 4 ? '#' : '-'),
			   1, owner);
	}
}

void canvas_column(struct canvas *canvas, int row, int col, int rows,
		   double part, int owner)
{
	int filled = eighths(part, rows);

	for (int i = 0; i < rows && filled > 0; i++, filled -= 8) {
		uint32_t point = 0x2588;

		if (filled < 8 && canvas->style == CANVAS_BRAILLE)
			point -= 8 - (uint32_t)filled; /* lower eighths */
		else if (filled < 8 && filled <= 4)
			point = 0x2584;
		canvas_put(canvas, row - i, col,
			   canvas_glyph(canvas, point, filled > 4 ? '#' : '_'),
			   1, owner);
	}
}
