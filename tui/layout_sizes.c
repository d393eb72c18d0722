/* SPDX-License-Identifier: MIT */
/* Borders and how they move. */
#include "tui/layout_sizes.h"

#include <stdio.h>
#include <string.h>

#define WHOLE 1000

static int share_of(int part, int whole)
{
	return whole > 0 ? (part * WHOLE + whole / 2) / whole : 0;
}

static bool touch_in_rows(const struct rect *above, const struct rect *below)
{
	return above->rows > 0 && below->rows > 0 &&
	       above->y + above->rows == below->y && above->x == below->x;
}

/* There is a line of border between columns. */
static bool touch_in_cols(const struct rect *left, const struct rect *right)
{
	return left->rows > 0 && right->rows > 0 &&
	       left->x + left->cols + 1 == right->x;
}

bool layout_grip_at(const struct layout *layout, int y, int x,
		    struct layout_grip *ret)
{
	if (layout->is_single || layout->is_too_small)
		return false;
	for (int a = 0; a < PANE_COUNT; a++) {
		for (int b = 0; b < PANE_COUNT; b++) {
			const struct rect *before = &layout->panes[a];
			const struct rect *after = &layout->panes[b];
			bool is_column = touch_in_cols(before, after) &&
					 x == after->x - 1 && y >= after->y &&
					 y < after->y + after->rows;

			if (!is_column &&
			    !(touch_in_rows(before, after) && y == after->y &&
			      x >= after->x && x < after->x + after->cols))
				continue;
			ret->is_column = is_column;
			ret->before = (enum pane)a;
			ret->after = (enum pane)b;
			return true;
		}
	}
	return false;
}

bool layout_grip_of(const struct layout *layout, enum pane pane, bool is_column,
		    struct layout_grip *ret, int *ret_sign)
{
	const struct rect *mine = &layout->panes[pane];

	if (layout->is_single || mine->rows == 0)
		return false;
	for (int sign = 1; sign >= -1; sign -= 2) {
		for (int other = 0; other < PANE_COUNT; other++) {
			const struct rect *its = &layout->panes[other];
			const struct rect *a = sign > 0 ? mine : its;
			const struct rect *b = sign > 0 ? its : mine;

			if (!(is_column ? touch_in_cols(a, b)
					: touch_in_rows(a, b)))
				continue;
			ret->is_column = is_column;
			ret->before = sign > 0 ? pane : (enum pane)other;
			ret->after = sign > 0 ? (enum pane)other : pane;
			*ret_sign = sign;
			return true;
		}
	}
	return false;
}

/* One side of the border takes or gives; the trials are what is left. */
static void move_columns(const struct layout *layout, enum pane pane, int by,
			 struct layout_sizes *sizes)
{
	int whole = layout->body.cols - 2;
	int cols = layout->panes[pane].cols + by;

	if (pane == PANE_EXPERIMENTS)
		sizes->wide_left = (short)share_of(cols, whole);
	else if (pane != PANE_TRIALS)
		sizes->wide_right = (short)share_of(cols, whole);
}

static void move_rows(const struct layout *layout, enum pane pane, int by,
		      struct layout_sizes *sizes)
{
	int share = share_of(layout->panes[pane].rows + by, layout->body.rows);
	bool has_both = layout->panes[PANE_LOG].rows > 0 &&
			layout->panes[PANE_CHART].rows > 0;

	if (layout->is_wide) {
		if (pane == PANE_CHART)
			sizes->wide_chart = (short)share;
	} else if (pane == PANE_EXPERIMENTS) {
		*(has_both ? &sizes->tall_top : &sizes->stack_top) =
			(short)share;
	} else if (pane == PANE_LOG || !has_both) {
		if (pane != PANE_TRIALS)
			*(has_both ? &sizes->tall_log : &sizes->stack_log) =
				(short)share;
	} else if (pane == PANE_CHART) {
		sizes->tall_chart = (short)share;
	}
}

void layout_move(const struct layout_wish *wish, const struct layout *layout,
		 const struct layout_grip *grip, int by,
		 struct layout_sizes *sizes)
{
	if (wish->sizes)
		*sizes = *wish->sizes;
	else
		layout_sizes_init(sizes);
	/* what is shown stays as it is, but for the two beside the border */
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (layout->panes[pane].rows == 0)
			continue;
		if (layout->is_wide)
			move_columns(layout, (enum pane)pane, 0, sizes);
		move_rows(layout, (enum pane)pane, 0, sizes);
	}
	if (grip->is_column) {
		move_columns(layout, grip->before, by, sizes);
		move_columns(layout, grip->after, -by, sizes);
	} else {
		move_rows(layout, grip->before, by, sizes);
		move_rows(layout, grip->after, -by, sizes);
	}
}

void layout_exchange(const struct layout *layout, enum pane pane,
		     struct layout_sizes *sizes)
{
	int at = 0, other;

	while (sizes->order[at] != pane)
		at++;
	/* those that share a place with it are no neighbours */
	for (int step = 1; step < PANE_COUNT; step++) {
		other = (at + step) % PANE_COUNT;
		if (layout->panes[sizes->order[other]].rows == 0)
			continue;
		sizes->order[at] = sizes->order[other];
		sizes->order[other] = (unsigned char)pane;
		return;
	}
}

void layout_sizes_format(const struct layout_sizes *sizes, struct strbuf *out)
{
	strbuf_addf(out, "%d %d %d %d %d %d %d %d %d%d%d%d", sizes->wide_left,
		    sizes->wide_right, sizes->wide_chart, sizes->tall_top,
		    sizes->tall_log, sizes->tall_chart, sizes->stack_top,
		    sizes->stack_log, sizes->order[0], sizes->order[1],
		    sizes->order[2], sizes->order[3]);
}

bool layout_sizes_parse(const char *text, struct layout_sizes *ret)
{
	struct layout_sizes sizes = {0};
	short *const shares[] = {&sizes.wide_left,  &sizes.wide_right,
				 &sizes.wide_chart, &sizes.tall_top,
				 &sizes.tall_log,   &sizes.tall_chart,
				 &sizes.stack_top,  &sizes.stack_log};
	char order[PANE_COUNT + 1];
	unsigned seen = 0;
	int used;

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (sscanf(text, "%4hd%n", shares[i], &used) != 1 ||
		    *shares[i] < 0 || *shares[i] > WHOLE)
			return false;
		text += used;
	}
	if (sscanf(text, " %4[0-3]%n", order, &used) != 1 || text[used])
		return false;
	for (int i = 0; i < PANE_COUNT; i++) {
		if (!order[i])
			return false;
		sizes.order[i] = (unsigned char)(order[i] - '0');
		seen |= 1U << sizes.order[i];
	}
	if (seen != (1U << PANE_COUNT) - 1)
		return false;
	*ret = sizes;
	return true;
}
