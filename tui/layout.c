/* SPDX-License-Identifier: MIT */
/* The layouts.  Every split leaves each pane at least a title, a header and
 * two lines; what cannot keep that falls back to one pane at a time. */
#include "tui/layout.h"

#include <string.h>

#define WIDE_COLS 160
#define TALL_ROWS 40
#define STACK_ROWS 18 /* three panes one above the other */
#define STACK_COLS 60

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static struct rect rect(int y, int x, int rows, int cols)
{
	struct rect r = {.y = y, .x = x, .rows = rows, .cols = cols};

	return r;
}

static void lay_single(const struct layout_wish *wish, struct layout *layout)
{
	layout->is_single = true;
	layout->panes[wish->focus] = layout->body;
}

static void lay_wide(struct layout *layout)
{
	const struct rect *body = &layout->body;
	int left = clamp(body->cols * 22 / 100, 36, 50);
	int right = clamp(body->cols * 3 / 10, 46, 90);
	int centre = body->cols - left - right - 2;
	int chart_rows = body->rows >= 24 ? body->rows * 9 / 20 : 0;
	int x = left + 1 + centre + 1;

	layout->panes[PANE_EXPERIMENTS] = rect(0, 0, body->rows, left);
	layout->panes[PANE_TRIALS] = rect(0, left + 1, body->rows, centre);
	layout->panes[PANE_CHART] = rect(0, x, chart_rows, right);
	layout->panes[PANE_LOG] =
		rect(chart_rows, x, body->rows - chart_rows, right);
}

static void lay_stack(const struct layout_wish *wish, struct layout *layout)
{
	const struct rect *body = &layout->body;
	int most = body->rows < 24 ? 3 : body->rows / 6;
	int top = 2 + clamp(wish->experiments, 1, most);
	int rest = body->rows - top;
	int cols = body->cols;
	int chart = wish->rows >= TALL_ROWS ? clamp(rest / 4, 8, 20) : 0;
	int log = chart ? clamp(rest / 4, 8, 40) : rest * 2 / 5;
	int trials = rest - chart - log;
	int y = top + trials;

	layout->panes[PANE_EXPERIMENTS] = rect(0, 0, top, cols);
	layout->panes[PANE_TRIALS] = rect(top, 0, trials, cols);
	layout->panes[PANE_CHART] = rect(y, 0, chart, cols);
	layout->panes[PANE_LOG] = rect(y + chart, 0, log, cols);
}

/* Log and chart share one place: one of them has it. */
static void share_third(const struct layout_wish *wish, struct layout *layout)
{
	struct rect *log = &layout->panes[PANE_LOG];
	struct rect *chart = &layout->panes[PANE_CHART];
	bool is_chart = wish->is_chart;

	if (chart->rows > 0)
		return; /* room for both */
	if (wish->focus == PANE_LOG || wish->focus == PANE_CHART)
		is_chart = wish->focus == PANE_CHART;
	if (is_chart) {
		*chart = *log;
		memset(log, 0, sizeof(*log));
	}
}

void layout_compute(const struct layout_wish *wish, struct layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	layout->is_too_small = wish->rows < LAYOUT_LEAST_ROWS ||
			       wish->cols < LAYOUT_LEAST_COLS;
	layout->bar_row = wish->rows - 1;
	layout->status_row = wish->rows - 2;
	if (layout->is_too_small)
		return;
	layout->body = rect(0, 0, wish->rows - 2, wish->cols);
	if (wish->is_zoomed || wish->rows < STACK_ROWS ||
	    wish->cols < STACK_COLS) {
		lay_single(wish, layout);
		return;
	}
	if (wish->cols >= WIDE_COLS)
		lay_wide(layout);
	else
		lay_stack(wish, layout);
	share_third(wish, layout);
}

enum pane layout_next(const struct layout *layout, enum pane from, bool back)
{
	int step = back ? PANE_COUNT - 1 : 1;
	int pane = from, i;

	for (i = 0; i < PANE_COUNT; i++) {
		pane = (pane + step) % PANE_COUNT;
		if (layout->is_single || layout->panes[pane].rows > 0)
			return pane;
	}
	return from;
}
