/* SPDX-License-Identifier: MIT */
/* The layouts.  Every split leaves each pane at least a title, a header and
 * two lines; what cannot keep that falls back to one pane at a time. */
#include "tui/layout.h"

#include <string.h>

#define WIDE_COLS 160
#define TALL_ROWS 40
#define STACK_ROWS 18 /* three panes one above the other */
#define STACK_COLS 60
#define WHOLE 1000 /* sizes are thousandths */
#define LEAST_ROWS 3
#define LEAST_COLS 30

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

void layout_sizes_init(struct layout_sizes *sizes)
{
	static const unsigned char usual[PANE_COUNT] = {
		PANE_EXPERIMENTS, PANE_TRIALS, PANE_CHART, PANE_LOG};

	memset(sizes, 0, sizeof(*sizes));
	memcpy(sizes->order, usual, sizeof(usual));
}

/* Thousandths of a whole, or else the usual. */
static int part_of(int share, int whole, int usual)
{
	return share > 0 ? (share * whole + WHOLE / 2) / WHOLE : usual;
}

/* Cut parts down, the largest first, until `rest` is left of the whole. */
static void fit(int *parts, int count, int least, int whole, int rest)
{
	for (;;) {
		int sum = 0, largest = 0, i;

		for (i = 0; i < count; i++) {
			if (parts[i] && parts[i] < least)
				parts[i] = least;
			sum += parts[i];
			if (parts[i] > parts[largest])
				largest = i;
		}
		if (sum + rest <= whole || parts[largest] <= least)
			return;
		parts[largest]--;
	}
}

static int rank(const struct layout_sizes *sizes, enum pane pane)
{
	int at = 0;

	while (at < PANE_COUNT - 1 && sizes->order[at] != pane)
		at++;
	return at;
}

static void lay_wide(const struct layout_sizes *sizes, struct layout *layout)
{
	const struct rect *body = &layout->body;
	int whole = body->cols - 2;
	int cols[2] = {part_of(sizes->wide_left, whole,
			       clamp(body->cols * 22 / 100, 36, 50)),
		       part_of(sizes->wide_right, whole,
			       clamp(body->cols * 3 / 10, 46, 90))};
	int log = rank(sizes, PANE_LOG), chart = rank(sizes, PANE_CHART);
	int right = log < chart ? log : chart;
	int chart_rows = body->rows >= 24
				 ? part_of(sizes->wide_chart, body->rows,
					   body->rows * 9 / 20)
				 : 0;
	int log_y, x = 0, at;

	layout->is_wide = true;
	fit(cols, 2, LEAST_COLS, whole, LEAST_COLS);
	if (chart_rows)
		chart_rows =
			clamp(chart_rows, LEAST_ROWS, body->rows - LEAST_ROWS);
	log_y = log < chart ? 0 : chart_rows;
	for (at = 0; at < PANE_COUNT; at++) {
		if (at == rank(sizes, PANE_EXPERIMENTS)) {
			layout->panes[PANE_EXPERIMENTS] =
				rect(0, x, body->rows, cols[0]);
			x += cols[0] + 1;
		} else if (at == rank(sizes, PANE_TRIALS)) {
			int centre = whole - cols[0] - cols[1];

			layout->panes[PANE_TRIALS] =
				rect(0, x, body->rows, centre);
			x += centre + 1;
		} else if (at == right) {
			layout->panes[PANE_CHART] =
				rect(log_y ? 0 : body->rows - chart_rows, x,
				     chart_rows, cols[1]);
			layout->panes[PANE_LOG] = rect(
				log_y, x, body->rows - chart_rows, cols[1]);
			x += cols[1] + 1;
		}
	}
}

static void lay_stack(const struct layout_wish *wish,
		      const struct layout_sizes *sizes, struct layout *layout)
{
	const struct rect *body = &layout->body;
	int most = body->rows < 24 ? 3 : body->rows / 6;
	int usual_top = 2 + clamp(wish->experiments, 1, most);
	bool is_tall = wish->rows >= TALL_ROWS;
	int rows[PANE_COUNT], parts[3], y = 0, at, rest;

	parts[0] = part_of(is_tall ? sizes->tall_top : sizes->stack_top,
			   body->rows, usual_top);
	rest = body->rows - parts[0];
	parts[1] = is_tall ? part_of(sizes->tall_chart, body->rows,
				     clamp(rest / 4, 8, 20))
			   : 0;
	parts[2] =
		is_tall ? part_of(sizes->tall_log, body->rows,
				  clamp(rest / 4, 8, 40))
			: part_of(sizes->stack_log, body->rows, rest * 2 / 5);
	fit(parts, 3, LEAST_ROWS, body->rows, LEAST_ROWS);
	rows[PANE_EXPERIMENTS] = parts[0];
	rows[PANE_CHART] = parts[1];
	rows[PANE_LOG] = parts[2];
	rows[PANE_TRIALS] = body->rows - parts[0] - parts[1] - parts[2];
	for (at = 0; at < PANE_COUNT; at++) {
		int pane = sizes->order[at];

		layout->panes[pane] = rect(y, 0, rows[pane], body->cols);
		y += rows[pane];
	}
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
	struct layout_sizes usual;
	const struct layout_sizes *sizes = wish->sizes;

	memset(layout, 0, sizeof(*layout));
	if (!sizes) {
		layout_sizes_init(&usual);
		sizes = &usual;
	}
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
		lay_wide(sizes, layout);
	else
		lay_stack(wish, sizes, layout);
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
