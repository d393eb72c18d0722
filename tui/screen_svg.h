/* SPDX-License-Identifier: MIT */
/*
 * A screen as a picture that needs no fonts for its lines and curves, and as a
 * page of text with colours.  Both are whole documents that refer to nothing.
 * Pure.
 */
#ifndef TUI_SCREEN_SVG_H
#define TUI_SCREEN_SVG_H

#include "base/strbuf.h"
#include "tui/screen_cell.h"

/* Append an SVG document.  title: what the picture shows, for readers that
 * cannot see it. */
void screen_svg(const struct screen_source *source, const char *title,
		struct strbuf *out);
/* Parts of one, for pictures that move: its head up to an open <g>, with room
 * for rows below the screen; and a row, standing at its place. */
#define SCREEN_SVG_ROW_PIXELS 18
void screen_svg_begin(const struct screen_source *source, int extra_rows,
		      const char *title, struct strbuf *out);
void screen_svg_row(const struct screen_source *source, int row,
		    struct strbuf *out);
/* Append an HTML document: the same text, which can be selected. */
void screen_html(const struct screen_source *source, const char *title,
		 struct strbuf *out);

/* For both. */
struct screen_look screen_look_of(const struct screen_source *source,
				  const struct screen_cell *cell);
bool screen_is_same_color(struct screen_color a, struct screen_color b);
void screen_add_color(struct strbuf *out, struct screen_color color);
/* With what XML needs escaped; what it may not hold is left out. */
void screen_add_escaped(struct strbuf *out, const char *text);

#endif
