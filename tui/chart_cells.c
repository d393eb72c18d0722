/* SPDX-License-Identifier: MIT */
/* The cells of a chart: cleared, written, read.  What does not lie inside is
 * not written, so that nobody who draws needs to ask. */
#include "tui/chart_cells.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static struct chart_cell *cell_at(struct chart *chart, int row, int col)
{
	if (row < 0 || col < 0 || row >= chart->rows || col >= chart->cols)
		return NULL;
	return &chart->cells[row * chart->cols + col];
}

void chart_put_point(struct chart *chart, int row, int col, uint32_t point,
		     int width, int series)
{
	struct chart_cell *cell = cell_at(chart, row, col);
	struct strbuf text = STRBUF_INIT;

	if (!cell)
		return;
	utf8_encode(&text, point);
	memcpy(cell->glyph, text.data, text.len + 1);
	strbuf_release(&text);
	cell->width = (signed char)width;
	cell->series = series;
	if (width == 2) {
		cell++;
		cell->glyph[0] = '\0';
		cell->width = 0;
		cell->series = series;
	}
}

int chart_put_text(struct chart *chart, int row, int col, const char *text,
		   int series)
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
		if (col + width > chart->cols)
			break;
		chart_put_point(chart, row, col, point, width, series);
		col += width;
	}
	return col;
}

void chart_clear(struct chart *chart, int cols, int rows)
{
	size_t count;

	chart->cols = cols > 0 && rows > 0 ? cols : 0;
	chart->rows = cols > 0 && rows > 0 ? rows : 0;
	count = (size_t)chart->cols * (size_t)chart->rows;
	chart->cells =
		xrealloc(chart->cells, (count + 1) * sizeof(*chart->cells));
	for (size_t i = 0; i < count; i++)
		chart->cells[i] = (struct chart_cell){" ", 1, CHART_BLANK};
	chart->hidden = 0;
}

void chart_release(struct chart *chart)
{
	free(chart->cells);
	memset(chart, 0, sizeof(*chart));
}

const struct chart_cell *chart_cell(const struct chart *chart, int row, int col)
{
	return &chart->cells[row * chart->cols + col];
}

void chart_format_row(const struct chart *chart, int row, struct strbuf *out)
{
	size_t start = out->len;

	for (int col = 0; col < chart->cols; col++)
		strbuf_adds(out, chart_cell(chart, row, col)->glyph);
	while (out->len > start && out->data[out->len - 1] == ' ')
		strbuf_truncate(out, out->len - 1);
}
