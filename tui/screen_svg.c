/* SPDX-License-Identifier: MIT */
/*
 * Cells to SVG.
 *
 * Letters are text, placed cell by cell, so that any monospaced font fits the
 * grid.  What has to join without gaps or is missing in many fonts (box lines,
 * blocks, braille) is drawn as shapes.  Neighbouring cells of one style share
 * an element; the same screen always gives the same bytes.
 */
#include "tui/screen_svg.h"

#include "base/utf8.h"

#include <string.h>

#define CELL_W 9
#define CELL_H SCREEN_SVG_ROW_PIXELS
#define MARGIN 12
#define FONT_SIZE 15
#define BASELINE 14

struct screen_look screen_look_of(const struct screen_source *source,
				  const struct screen_cell *cell)
{
	struct screen_look look = {
		cell->foreground.is_default ? source->ink : cell->foreground,
		cell->background.is_default ? source->paper : cell->background,
		cell->is_bold, cell->is_underlined, cell->is_italic};

	if (cell->is_reversed) {
		struct screen_color swap = look.ink;

		look.ink = look.paper;
		look.paper = swap;
	}
	return look;
}

bool screen_is_same_color(struct screen_color a, struct screen_color b)
{
	return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

static bool is_same_text_look(const struct screen_look *a,
			      const struct screen_look *b)
{
	return screen_is_same_color(a->ink, b->ink) &&
	       a->is_bold == b->is_bold &&
	       a->is_underlined == b->is_underlined &&
	       a->is_italic == b->is_italic;
}

void screen_add_color(struct strbuf *out, struct screen_color color)
{
	strbuf_addf(out, "#%02x%02x%02x", color.red, color.green, color.blue);
}

static void add_rect(struct strbuf *out, double x, double y, double w, double h,
		     struct screen_color color, double opacity)
{
	strbuf_addf(out,
		    "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" "
		    "fill=\"",
		    x, y, w, h);
	screen_add_color(out, color);
	if (opacity < 1)
		strbuf_addf(out, "\" opacity=\"%g", opacity);
	strbuf_adds(out, "\"/>\n");
}

static uint32_t point_of(const struct screen_cell *cell)
{
	uint32_t point = ' ';

	if (cell->text[0])
		utf8_decode(cell->text, strlen(cell->text), &point);
	return point;
}

/* ---- shapes ---------------------------------------------------------------
 */

enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8, HEAVY = 16 };

static int box_arms(uint32_t point)
{
	static const struct {
		uint32_t point;
		int arms;
	} boxes[] = {
		{0x2500, LEFT | RIGHT},	     {0x2501, LEFT | RIGHT | HEAVY},
		{0x2502, UP | DOWN},	     {0x250C, RIGHT | DOWN},
		{0x2510, LEFT | DOWN},	     {0x2514, RIGHT | UP},
		{0x2518, LEFT | UP},	     {0x251C, RIGHT | UP | DOWN},
		{0x2524, LEFT | UP | DOWN},  {0x252C, LEFT | RIGHT | DOWN},
		{0x2534, LEFT | RIGHT | UP}, {0x253C, LEFT | RIGHT | UP | DOWN},
	};

	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		if (boxes[i].point == point)
			return boxes[i].arms;
	}
	return 0;
}

static void add_box(struct strbuf *out, int x, int y, int arms,
		    struct screen_color color)
{
	double thick = arms & HEAVY ? 2.5 : 1.2;
	double mid_x = x + CELL_W / 2.0, mid_y = y + CELL_H / 2.0;
	double from = arms & LEFT ? x : mid_x - thick / 2;
	double to = arms & RIGHT ? x + CELL_W : mid_x + thick / 2;

	if (arms & (LEFT | RIGHT))
		add_rect(out, from, mid_y - thick / 2, to - from, thick, color,
			 1);
	from = arms & UP ? y : mid_y - thick / 2;
	to = arms & DOWN ? y + CELL_H : mid_y + thick / 2;
	if (arms & (UP | DOWN))
		add_rect(out, mid_x - thick / 2, from, thick, to - from, color,
			 1);
}

static void add_braille(struct strbuf *out, int x, int y, uint32_t mask,
			struct screen_color color)
{
	static const unsigned char bits[4][2] = {
		{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

	/* dots are lines of no length, with the round ends screen_svg_begin
	 * asks for */
	strbuf_adds(out, "<path stroke=\"");
	screen_add_color(out, color);
	strbuf_adds(out, "\" d=\"");
	for (int row = 0; row < 4; row++) {
		for (int col = 0; col < 2; col++) {
			if (mask & bits[row][col])
				strbuf_addf(out, "M%g %gh0",
					    x + (col + 0.5) * CELL_W / 2.0,
					    y + (row + 0.5) * CELL_H / 4.0);
		}
	}
	strbuf_adds(out, "\"/>\n");
}

/* U+2581..2588 lower eighths, U+2589..258F left eighths, U+2591..2593 shades */
static void add_block(struct strbuf *out, int x, int y, uint32_t point,
		      struct screen_color color)
{
	double part;

	if (point <= 0x2588) {
		part = (point - 0x2580) / 8.0 * CELL_H;
		add_rect(out, x, y + CELL_H - part, CELL_W, part, color, 1);
	} else if (point <= 0x258F) {
		part = (0x2590 - point) / 8.0 * CELL_W;
		add_rect(out, x, y, part, CELL_H, color, 1);
	} else {
		add_rect(out, x, y, CELL_W, CELL_H, color,
			 (point - 0x2590) * 0.25);
	}
}

static bool is_block(uint32_t point)
{
	return (point >= 0x2581 && point <= 0x258F) ||
	       (point >= 0x2591 && point <= 0x2593);
}

/* Draw the cell as a shape; false when it is for text to show. */
static bool add_shape(struct strbuf *out, int x, int y, uint32_t point,
		      struct screen_color color)
{
	if (box_arms(point))
		add_box(out, x, y, box_arms(point), color);
	else if (point >= 0x2800 && point <= 0x28FF)
		add_braille(out, x, y, point - 0x2800, color);
	else if (is_block(point))
		add_block(out, x, y, point, color);
	else
		return false;
	return true;
}

/* ---- rows -----------------------------------------------------------------
 */

static void add_backgrounds(const struct screen_source *source, int row,
			    struct strbuf *out)
{
	int cols = source->cols, from = 0;

	while (from < cols) {
		struct screen_cell cell;
		struct screen_look look, next;
		int to = from + 1;

		source->cell(source->arg, row, from, &cell);
		look = screen_look_of(source, &cell);
		for (; to < cols; to++) {
			source->cell(source->arg, row, to, &cell);
			next = screen_look_of(source, &cell);
			if (!screen_is_same_color(next.paper, look.paper))
				break;
		}
		if (!screen_is_same_color(look.paper, source->paper))
			add_rect(out, MARGIN + from * CELL_W,
				 MARGIN + row * CELL_H, (to - from) * CELL_W,
				 CELL_H, look.paper, 1);
		from = to;
	}
}

void screen_add_escaped(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			strbuf_adds(out, "&lt;");
		else if (*text == '>')
			strbuf_adds(out, "&gt;");
		else if (*text == '&')
			strbuf_adds(out, "&amp;");
		else if (*text == '"')
			strbuf_adds(out, "&quot;");
		else if ((unsigned char)*text >= ' ')
			strbuf_addch(out, *text);
	}
}

/* Neighbouring letters of one look. */
struct run {
	struct screen_look look;
	struct strbuf text; /* escaped */
	int col, cols;
};

/* textLength holds the letters on the grid whatever the font's width is. */
static void end_run(struct strbuf *out, int row, struct run *run)
{
	if (!run->text.len)
		return;
	strbuf_addf(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"",
		    MARGIN + run->col * CELL_W,
		    MARGIN + row * CELL_H + BASELINE, run->cols * CELL_W);
	screen_add_color(out, run->look.ink);
	strbuf_adds(out, "\"");
	if (run->look.is_bold)
		strbuf_adds(out, " font-weight=\"bold\"");
	if (run->look.is_italic)
		strbuf_adds(out, " font-style=\"italic\"");
	strbuf_addf(out, ">%s</text>\n", run->text.data);
	strbuf_clear(&run->text);
}

static void add_letter(const struct screen_source *source, struct strbuf *out,
		       int row, int col, const struct screen_cell *cell,
		       struct run *run)
{
	struct screen_look look = screen_look_of(source, cell);
	bool is_ascii = !(cell->text[0] & 0x80);

	/* other scripts come from other fonts: each to its own place */
	if (!is_ascii || col != run->col + run->cols ||
	    !is_same_text_look(&look, &run->look))
		end_run(out, row, run);
	if (!run->text.len) {
		run->look = look;
		run->col = col;
		run->cols = 0;
	}
	screen_add_escaped(&run->text, cell->text);
	run->cols += cell->width;
	if (!is_ascii)
		end_run(out, row, run);
}

static void add_glyphs(const struct screen_source *source, int row,
		       struct strbuf *out)
{
	struct run run = {.text = STRBUF_INIT};

	for (int col = 0; col < source->cols; col++) {
		int x = MARGIN + col * CELL_W, y = MARGIN + row * CELL_H;
		struct screen_cell cell;
		struct screen_look look;
		uint32_t point;

		source->cell(source->arg, row, col, &cell);
		look = screen_look_of(source, &cell);
		point = point_of(&cell);
		if (look.is_underlined)
			add_rect(out, x, y + CELL_H - 2, CELL_W, 1, look.ink,
				 1);
		if (cell.text[0] && point != ' ' &&
		    !add_shape(out, x, y, point, look.ink))
			add_letter(source, out, row, col, &cell, &run);
	}
	end_run(out, row, &run);
	strbuf_release(&run.text);
}

void screen_svg_begin(const struct screen_source *source, int extra_rows,
		      const char *title, struct strbuf *out)
{
	int width = source->cols * CELL_W + 2 * MARGIN;
	int height = (source->rows + extra_rows) * CELL_H + 2 * MARGIN;

	strbuf_addf(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
		width, height, width, height);
	screen_add_escaped(out, title);
	strbuf_addf(out,
		    "</title>\n<rect width=\"%d\" height=\"%d\" rx=\"8\" "
		    "fill=\"",
		    width, height);
	screen_add_color(out, source->paper);
	strbuf_addf(out,
		    "\"/>\n<g font-family=\"ui-monospace, 'DejaVu Sans Mono', "
		    "Menlo, Consolas, monospace\" font-size=\"%d\" "
		    "stroke-width=\"3\" stroke-linecap=\"round\">\n",
		    FONT_SIZE);
}

void screen_svg_row(const struct screen_source *source, int row,
		    struct strbuf *out)
{
	add_backgrounds(source, row, out);
	add_glyphs(source, row, out);
}

void screen_svg(const struct screen_source *source, const char *title,
		struct strbuf *out)
{
	screen_svg_begin(source, 0, title, out);
	for (int row = 0; row < source->rows; row++)
		add_backgrounds(source, row, out);
	for (int row = 0; row < source->rows; row++)
		add_glyphs(source, row, out);
	strbuf_adds(out, "</g>\n</svg>\n");
}
