/* SPDX-License-Identifier: MIT */
/*
 * A grid of character cells to draw pictures on, without knowing the screen.
 *
 * Whoever shows a canvas copies its cells and chooses colours by their owner:
 * the number of a series (0 lies on top), or one of the names below.  Curves
 * and points are set as dots, 2 x 4 to a cell, on a canvas_dots of their own
 * and then stamped: as braille, as half blocks for terminals whose font lacks
 * braille, or as the mark of each cell's owner where there is only ASCII.  All
 * three come from the same dots, so they agree cell by cell.
 *
 * What does not lie inside is not drawn, so nobody needs to ask.  Pure: no
 * clock, no locale, no I/O.  Thread: any.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum canvas_style { CANVAS_BRAILLE, CANVAS_BLOCK, CANVAS_ASCII };

/* What a cell belongs to, when it is not a series (then >= 0). */
enum {
	CANVAS_BLANK = -1,
	CANVAS_AXIS = -2,  /* lines and ticks */
	CANVAS_LABEL = -3, /* numbers and names */
	CANVAS_CURSOR = -4,
	CANVAS_STRONG = -5, /* names and values that matter */
	CANVAS_BEST = -6,   /* what is best */
	CANVAS_FAINT = -7,  /* what was left out, or lies behind */
	CANVAS_STATE = -32, /* minus an enum trial_state: so many further */
};

struct canvas_cell {
	char glyph[5]; /* UTF-8, NUL-terminated; never empty but for the right
			* half of a wide character */
	signed char width; /* columns: 1, 2, or 0 for that right half */
	int owner;	   /* a series, or one of the above */
};

/* Zero-initialise; reusable for the next drawing. */
struct canvas {
	int cols, rows;
	enum canvas_style style;
	struct canvas_cell *cells; /* rows * cols; owned */
};

/* Make room for cols x rows cells (none when either is not positive), all
 * blank. */
void canvas_begin(struct canvas *canvas, int cols, int rows,
		  enum canvas_style style);
void canvas_release(struct canvas *canvas);
const struct canvas_cell *canvas_cell(const struct canvas *canvas, int row,
				      int col);
/* One character of so many columns (1 or 2). */
void canvas_put(struct canvas *canvas, int row, int col, uint32_t point,
		int width, int owner);
/* Text from col on, cut at the border; returns the next column. */
int canvas_text(struct canvas *canvas, int row, int col, const char *text,
		int owner);
int canvas_textf(struct canvas *canvas, int row, int col, int owner,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Copy all of another canvas to this place. */
void canvas_blit(struct canvas *canvas, int row, int col,
		 const struct canvas *from);
/* Append the cells of one row as text, without trailing blanks. */
void canvas_format_row(const struct canvas *canvas, int row,
		       struct strbuf *out);

/* The one of two characters that this style has: line drawing, or ASCII. */
uint32_t canvas_glyph(const struct canvas *canvas, uint32_t utf8, char ascii);
/* The character that stands for a series in the ASCII form: * + x o ... */
char canvas_mark(int series);
/* How dark a cell is that is `part` (0 to 1) full: nothing to all. */
uint32_t canvas_shade(const struct canvas *canvas, double part);
/* A bar of `part` (0 to 1) of so many cells to the right, finer than a cell
 * where the style has eighths of blocks.  What is there at all is seen. */
void canvas_bar(struct canvas *canvas, int row, int col, int cols, double part,
		int owner);
/* The same upwards from row: `rows` cells high at most. */
void canvas_column(struct canvas *canvas, int row, int col, int rows,
		   double part, int owner);

/* ---- canvas_dots.c ------------------------------------------------------ */

/* Dots, 2 x 4 to a cell, that remember which series lies on top of each. */
struct canvas_dots {
	int cols, rows;	     /* in cells */
	int width, height;   /* in dots */
	unsigned char *mask; /* per cell, braille's bit order; owned */
	int *owner; /* per cell with dots: the lowest series there; owned */
};

void canvas_dots_init(struct canvas_dots *dots, int cols, int rows);
void canvas_dots_release(struct canvas_dots *dots);
/* One dot; (0, 0) is top left. */
void canvas_dots_set(struct canvas_dots *dots, int x, int y, int series);
/* A point that can be seen: the 2 x 2 dots around this one. */
void canvas_dots_point(struct canvas_dots *dots, int x, int y, int series);
/* A straight line between any two finite places; cut at the borders. */
void canvas_dots_line(struct canvas_dots *dots, double x0, double y0, double x1,
		      double y1, int series);
/* Draw the cells that have dots, with dots' top left cell at this place.
 * has_marks: as marks of their series in the other styles too, where series
 * have to be told apart without colours. */
void canvas_stamp(struct canvas *canvas, int row, int col,
		  const struct canvas_dots *dots, bool has_marks);

#endif
