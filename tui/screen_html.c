/* SPDX-License-Identifier: MIT */
/* Cells to HTML: preformatted text, a span for each run of one look. */
#include "tui/screen_svg.h"

#include <string.h>

static bool is_same(const struct screen_look *a, const struct screen_look *b)
{
	return screen_is_same_color(a->ink, b->ink) &&
	       screen_is_same_color(a->paper, b->paper) &&
	       a->is_bold == b->is_bold && a->is_italic == b->is_italic &&
	       a->is_underlined == b->is_underlined;
}

static void begin_span(struct strbuf *out, const struct screen_source *source,
		       const struct screen_look *look)
{
	strbuf_adds(out, "<span style=\"color:");
	screen_add_color(out, look->ink);
	if (!screen_is_same_color(look->paper, source->paper)) {
		strbuf_adds(out, ";background:");
		screen_add_color(out, look->paper);
	}
	if (look->is_bold)
		strbuf_adds(out, ";font-weight:bold");
	if (look->is_italic)
		strbuf_adds(out, ";font-style:italic");
	if (look->is_underlined)
		strbuf_adds(out, ";text-decoration:underline");
	strbuf_adds(out, "\">");
}

static void add_row(struct strbuf *out, const struct screen_source *source,
		    int row)
{
	struct screen_look plain = {.ink = source->ink, .paper = source->paper};
	struct screen_look look = plain, next;
	struct screen_cell cell;
	int col;

	for (col = 0; col < source->cols; col++) {
		source->cell(source->arg, row, col, &cell);
		if (!cell.text[0])
			continue;
		next = screen_look_of(source, &cell);
		if (!is_same(&look, &next)) {
			if (!is_same(&look, &plain))
				strbuf_adds(out, "</span>");
			if (!is_same(&next, &plain))
				begin_span(out, source, &next);
			look = next;
		}
		screen_add_escaped(out, cell.text);
	}
	if (!is_same(&look, &plain))
		strbuf_adds(out, "</span>");
	strbuf_addch(out, '\n');
}

void screen_html(const struct screen_source *source, const char *title,
		 struct strbuf *out)
{
	int row;

	strbuf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			 "<meta charset=\"utf-8\">\n<title>");
	screen_add_escaped(out, title);
	strbuf_adds(out, "</title>\n<style>\nbody { margin: 0; background: ");
	screen_add_color(out, source->paper);
	/* bidi-override: cells stay where the terminal had them */
	strbuf_adds(out, "; }\npre { margin: 1em; line-height: 1.25; "
			 "direction: ltr; unicode-bidi: bidi-override; "
			 "font-family: ui-monospace, 'DejaVu Sans Mono', "
			 "Menlo, Consolas, monospace; color: ");
	screen_add_color(out, source->ink);
	strbuf_adds(out, "; }\n</style>\n</head>\n<body>\n<pre>\n");
	for (row = 0; row < source->rows; row++)
		add_row(out, source, row);
	strbuf_adds(out, "</pre>\n</body>\n</html>\n");
}
