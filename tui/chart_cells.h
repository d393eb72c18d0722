/* SPDX-License-Identifier: MIT */
/* Writing into a chart's cells.  Private to tui/chart. */
#ifndef TUI_CHART_CELLS_H
#define TUI_CHART_CELLS_H

#include "tui/chart.h"

#include <stdint.h>

/* Make room for cols x rows cells (none when either is not positive), all
 * blank, and forget what was counted. */
void chart_clear(struct chart *chart, int cols, int rows);
/* One character of so many columns (1 or 2); outside nothing happens. */
void chart_put_point(struct chart *chart, int row, int col, uint32_t point,
		     int width, int series);
/* Text from col on, cut at the border; returns the next column. */
int chart_put_text(struct chart *chart, int row, int col, const char *text,
		   int series);

/* x of point i: its own, or its index. */
double chart_x_of(const struct chart_series *series, size_t i);

#endif
