/* SPDX-License-Identifier: MIT */
/* Layouts: no pane overlaps, none leaves the screen, at any size. */
#include "tui/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct layout at(int cols, int rows, enum pane focus)
{
	struct layout_wish wish = {
		.rows = rows, .cols = cols, .focus = focus, .experiments = 2};
	struct layout layout;

	layout_compute(&wish, &layout);
	return layout;
}

static int shown(const struct layout *layout)
{
	int pane, n = 0;

	for (pane = 0; pane < PANE_COUNT; pane++)
		n += layout->panes[pane].rows > 0;
	return n;
}

/* Every cell belongs to one pane at most, and a pane is big enough. */
static void check(const struct layout *layout, int cols, int rows)
{
	char used[1200 * 32];
	int pane, y, x;

	if (layout->is_too_small || rows * cols > (int)sizeof(used))
		return;
	memset(used, 0, sizeof(used));
	for (pane = 0; pane < PANE_COUNT; pane++) {
		const struct rect *r = &layout->panes[pane];

		if (r->rows == 0)
			continue;
		assert_true(r->rows >= 3);
		assert_true(r->cols >= 30);
		assert_true(r->y + r->rows <= rows - 2);
		assert_true(r->x + r->cols <= cols);
		for (y = r->y; y < r->y + r->rows; y++)
			for (x = r->x; x < r->x + r->cols; x++)
				assert_int_equal(used[y * cols + x]++, 0);
	}
}

static void never_overlaps(void **state)
{
	int rows, cols, focus;

	(void)state;
	for (rows = 1; rows < 120; rows++)
		for (cols = 1; cols < 320; cols += 7)
			for (focus = 0; focus < PANE_COUNT; focus++) {
				struct layout layout = at(cols, rows, focus);

				check(&layout, cols, rows);
				if (!layout.is_too_small)
					assert_true(layout.panes[focus].rows >
						    0);
			}
}

static void chooses_by_shape(void **state)
{
	struct layout layout;

	(void)state;
	layout = at(39, 24, PANE_TRIALS);
	assert_true(layout.is_too_small);
	layout = at(80, 9, PANE_TRIALS);
	assert_true(layout.is_too_small);
	layout = at(1, 1, PANE_TRIALS);
	assert_true(layout.is_too_small);
	layout = at(40, 10, PANE_LOG);
	assert_int_equal(shown(&layout), 1);
	layout = at(80, 24, PANE_TRIALS);
	assert_int_equal(shown(&layout), 3);
	assert_int_equal(layout.panes[PANE_TRIALS].cols, 80);
	layout = at(100, 50, PANE_TRIALS);
	assert_int_equal(shown(&layout), 4);
	layout = at(200, 50, PANE_TRIALS);
	assert_int_equal(shown(&layout), 4);
	assert_true(layout.panes[PANE_TRIALS].x > 0);
}

static void third_pane_is_shared(void **state)
{
	struct layout_wish wish = {.rows = 24,
				   .cols = 80,
				   .focus = PANE_TRIALS,
				   .is_chart = true,
				   .experiments = 1};
	struct layout layout;

	(void)state;
	layout_compute(&wish, &layout);
	assert_true(layout.panes[PANE_CHART].rows > 0);
	assert_int_equal(layout.panes[PANE_LOG].rows, 0);
	wish.focus = PANE_LOG; /* what has the keys is seen */
	layout_compute(&wish, &layout);
	assert_true(layout.panes[PANE_LOG].rows > 0);
}

static void zoom_shows_one(void **state)
{
	struct layout_wish wish = {.rows = 50,
				   .cols = 200,
				   .focus = PANE_LOG,
				   .is_zoomed = true,
				   .experiments = 1};
	struct layout layout;

	(void)state;
	layout_compute(&wish, &layout);
	assert_int_equal(shown(&layout), 1);
	assert_int_equal(layout.panes[PANE_LOG].rows, 48);
}

static void tab_goes_round(void **state)
{
	struct layout layout = at(80, 24, PANE_TRIALS);

	(void)state;
	assert_int_equal(layout_next(&layout, PANE_EXPERIMENTS, false),
			 PANE_TRIALS);
	assert_int_equal(layout_next(&layout, PANE_TRIALS, false), PANE_LOG);
	assert_int_equal(layout_next(&layout, PANE_LOG, false),
			 PANE_EXPERIMENTS);
	assert_int_equal(layout_next(&layout, PANE_EXPERIMENTS, true),
			 PANE_LOG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_overlaps),
		cmocka_unit_test(chooses_by_shape),
		cmocka_unit_test(third_pane_is_shared),
		cmocka_unit_test(zoom_shows_one),
		cmocka_unit_test(tab_goes_round),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
