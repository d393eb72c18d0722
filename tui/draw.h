/* SPDX-License-Identifier: MIT */
/*
 * Painting cells: text in columns, cut and clipped, in a role.
 *
 * A frame is painted whole (draw_begin ... draw_end); curses sends only what
 * differs from the screen before.  Text may be anything: what is not printable
 * or would take other columns than we count becomes a replacement mark.
 * Positions outside the screen are clipped.  Thread: ui.
 */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include "base/strbuf.h"
#include "tui/theme.h"

#include <stdint.h>

struct rect {
	int y, x, rows, cols;
};

/* The screen's size changed (or is known for the first time). */
void draw_resize(int rows, int cols);
void draw_release(void);
int draw_rows(void);
int draw_cols(void);

void draw_begin(void);
/* Hand the frame to curses; the caller flushes. */
void draw_end(void);

/* Paint text in exactly `cols` columns: what does not fit is cut and ends in
 * the cut glyph, what is short is padded.  Returns the columns text took. */
int draw_text(int y, int x, int cols, enum role role, const char *text);
int draw_textf(int y, int x, int cols, enum role role, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The same, right-aligned. */
void draw_right(int y, int x, int cols, enum role role, const char *text);
/* Paint text up to `cols` columns without padding; returns what it took. */
int draw_part(int y, int x, int cols, enum role role, const char *text);
/* Bytes of text that go into one row of width columns: to the last blank when
 * it must wrap; at least one while there are any. */
size_t draw_row_bytes(const char *text, size_t len, int width);
/* Wrapped at blanks, over as many rows as it needs and the rectangle has;
 * returns how many. */
int draw_wrapped(struct rect rect, enum role role, const char *text);
/* len bytes of text, skipping the first `skip` columns, padded to cols. */
void draw_slice(int y, int x, int cols, enum role role, const char *text,
		size_t len, int skip);
void draw_point(int y, int x, enum role role, uint32_t point);
/* Give cells that are painted already another role. */
void draw_role(int y, int x, int cols, enum role role);
void draw_fill(int y, int x, int cols, enum role role, uint32_t point);
/* Where the cursor is to be seen after this frame; y < 0 hides it. */
void draw_cursor(int y, int x);

/* A cell inside the screen as it was painted: append its text, say its columns
 * (0: right half of a wide character). */
enum role draw_read(int y, int x, struct strbuf *text, int *ret_cols);
/* The screen as lines of text without trailing blanks; roles, if not NULL,
 * receives one letter a cell (theme_letter) in the same shape. */
void draw_save(struct strbuf *text, struct strbuf *roles);

#endif
