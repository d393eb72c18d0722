/* SPDX-License-Identifier: MIT */
/* Charts drawn small enough to read in the source, and rules that hold at
 * every size. */
#include "tui/chart.h"

#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"
#include "tui/chart_axis.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Draw and compare all rows, joined by newlines. */
static void assert_drawn(const struct chart_series *series, size_t count,
			 const struct chart_options *options,
			 const char *expected)
{
	struct chart chart = {0};
	struct strbuf out = STRBUF_INIT;

	chart_draw(&chart, series, count, options);
	for (int row = 0; row < chart.canvas.rows; row++) {
		canvas_format_row(&chart.canvas, row, &out);
		strbuf_addch(&out, '\n');
	}
	assert_string_equal(out.data, expected);
	strbuf_release(&out);
	chart_release(&chart);
}

static const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static void draws_a_line(void **state)
{
	const struct chart_series line = {"acc", NULL,	     rising,
					  11,	 CHART_LINE, 0};
	struct chart_options options = {.cols = 20, .rows = 8};

	(void)state;
	options.style = CANVAS_ASCII;
	assert_drawn(&line, 1, &options,
		     "10+              ***\n"
		     "  |           ****\n"
		     "  |         ***\n"
		     " 5+     ****\n"
		     "  |   ***\n"
		     " 0+***\n"
		     "  ++-------+-------+\n"
		     "   0       5      10\n");
	options.style = CANVAS_BRAILLE;
	assert_drawn(&line, 1, &options,
		     "10┤              ⢀⠔⠊\n"
		     "  │           ⢀⠤⠊⠁\n"
		     "  │         ⡠⠊⠁\n"
		     " 5┤     ⢀⡠⠔⠊\n"
		     "  │   ⡠⠒⠁\n"
		     " 0┤⡠⠔⠉\n"
		     "  └┬───────┬───────┬\n"
		     "   0       5      10\n");
}

static void draws_steps_points_and_marks(void **state)
{
	static const double y[] = {0, 4, 2, 8, 8};
	double best[5];
	const struct chart_series series[] = {
		{"best", NULL, best, 5, CHART_STEP, 0},
		{"trials", NULL, y, 5, CHART_POINTS, 0},
		{"lost", NULL, y, 3, CHART_POINTS, 'F'},
	};
	struct chart_options options = {.cols = 22,
					.rows = 9,
					.style = CANVAS_ASCII,
					.has_legend = true};

	(void)state;
	chart_best_so_far(y, 5, false, best);
	assert_drawn(series, 3, &options,
		     "* best  +2 more\n"
		     " |              ******\n"
		     " |              *\n"
		     "5+              *\n"
		     " |     **********\n"
		     " |     *    F\n"
		     "0+******\n"
		     " ++---------+--------+\n"
		     "  0         2        4\n");
}

static void leaves_gaps(void **state)
{
	static const double y[] = {1, NAN, 1, 1, INFINITY, 1};
	const struct chart_series series = {"", NULL, y, 6, CHART_LINE, 0};
	struct chart_options options = {
		.cols = 14, .rows = 4, .style = CANVAS_ASCII};

	(void)state;
	assert_drawn(&series, 1, &options,
		     " |\n"
		     "1+*   ****   *\n"
		     " |\n"
		     "  0   2    4\n");
}

static void shows_one_point_and_none(void **state)
{
	static const double one[] = {0.93};
	const struct chart_series series = {"a", NULL, one, 1, CHART_LINE, 0};
	struct chart_options options = {
		.cols = 16, .rows = 5, .style = CANVAS_ASCII};

	(void)state;
	assert_drawn(&series, 1, &options,
		     "    |\n"
		     "    |\n"
		     "0.93+     *\n"
		     "    |\n"
		     "          0\n");
	assert_drawn(NULL, 0, &options, "|\n|\n|    no data\n|\n\n");
}

static void log_axis_has_decades(void **state)
{
	static const double loss[] = {1000, 100, 10, 1, 0.1, 0, -3};
	const struct chart_series series = {"l", NULL, loss, 7, CHART_LINE, 0};
	struct chart_options options = {
		.cols = 20, .rows = 9, .style = CANVAS_ASCII, .is_log = true};
	struct chart chart = {0};

	(void)state;
	chart_draw(&chart, &series, 1, &options);
	assert_int_equal(chart.hidden, 2);
	assert_true(chart.y_low == 0.1);
	chart_release(&chart);
	assert_drawn(&series, 1, &options,
		     "1000+**\n"
		     "    |  **\n"
		     "    |    ***\n"
		     "  10+      ***\n"
		     "    |        ***\n"
		     "    |           **\n"
		     " 0.1+             **\n"
		     "    ++------+------+\n"
		     "     0      2      4\n");
}

/* The deepest dip of 100,000 points is still there in 40 columns. */
static void many_points_keep_their_extremes(void **state)
{
	size_t count = 100000;
	double *y = xcalloc(count, sizeof(*y));
	struct chart_series series = {"n", NULL, y, count, CHART_LINE, 0};
	struct chart_options options = {
		.cols = 50, .rows = 12, .style = CANVAS_ASCII};
	struct chart chart = {0};
	int bottom = 0, top = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		y[i] = 1 + (double)(i % 7) / 100;
	y[61234] = -1;
	chart_draw(&chart, &series, 1, &options);
	for (int col = 0; col < chart.plot_cols; col++) {
		int row = chart.plot_row + chart.plot_rows - 1;

		col += chart.plot_col;
		bottom += canvas_cell(&chart.canvas, row, col)->owner == 0;
		top += canvas_cell(&chart.canvas, 0, col)->owner == 0;
		col -= chart.plot_col;
	}
	assert_int_equal(bottom, 1);
	assert_int_equal(top, chart.plot_cols);
	chart_release(&chart);
	free(y);
}

static void first_series_lies_on_top(void **state)
{
	const struct chart_series series[] = {
		{"a", NULL, rising, 11, CHART_LINE, 0},
		{"b", NULL, rising, 11, CHART_LINE, 0},
	};
	struct chart_options options = {.cols = 30, .rows = 10};
	struct chart chart = {0};

	(void)state;
	chart_draw(&chart, series, 2, &options);
	for (int i = 0; i < chart.canvas.cols * chart.canvas.rows; i++)
		assert_true(chart.canvas.cells[i].owner <= 0);
	chart_release(&chart);
}

static void zoom_cuts_lines_at_the_border(void **state)
{
	static const double y[] = {0, 1000, 0};
	const struct chart_series series = {"z", NULL, y, 3, CHART_LINE, 0};
	struct chart_options options = {.cols = 14,
					.rows = 4,
					.style = CANVAS_ASCII,
					.x_high = 2,
					.y_low = 0,
					.y_high = 100};

	(void)state;
	assert_drawn(&series, 1, &options,
		     "100+*        *\n"
		     " 50+*        *\n"
		     "  0+*        *\n"
		     "    0    1   2\n");
}

static void legend_cuts_and_counts(void **state)
{
	static const double y[] = {1, 2};
	struct chart_series series[14];
	struct chart_options options = {.cols = 40,
					.rows = 7,
					.style = CANVAS_ASCII,
					.has_legend = true};
	struct chart chart = {0};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(series); i++)
		series[i] = (struct chart_series){
			"\x1b[31mwide \xE6\xBC\xA2\xE5\xAD\x97",
			NULL,
			y,
			2,
			CHART_LINE,
			0};
	chart_draw(&chart, series, COUNT_OF(series), &options);
	canvas_format_row(&chart.canvas, 0, &out);
	assert_string_equal(out.data, "* ?[31mwide ??  +13 more");
	options.style = CANVAS_BRAILLE;
	strbuf_clear(&out);
	chart_draw(&chart, series, COUNT_OF(series), &options);
	canvas_format_row(&chart.canvas, 0, &out);
	assert_int_equal(utf8_width(out.data, out.len), 26);
	assert_null(strchr(out.data, 0x1b));
	strbuf_release(&out);
	chart_release(&chart);
}

static void marks_tell_series_apart(void **state)
{
	(void)state;
	assert_int_equal(canvas_mark(0), '*');
	for (size_t i = 0; i < 30; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(canvas_mark((int)i),
					     canvas_mark((int)k));
}

/* Ticks lie inside, ascend, and no two labels are the same. */
static void ticks_are_distinct(void **state)
{
	static const double ranges[][2] = {
		{0, 1},		 {0.93, 0.94},	       {0.93123, 0.93129},
		{-1, 1},	 {1e-7, 3e-7},	       {1e9, 5e9},
		{12345, 12350},	 {-1e300, 1e300},      {-DBL_MAX, DBL_MAX},
		{0, 5e-324},	 {1, 1 + DBL_EPSILON}, {0.0001, 10000},
		{99999, 100001}, {-0.003, 0.0001},     {1e-300, 1e300},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ranges) * 2; i++) {
		struct chart_axis axis = {ranges[i / 2][0], ranges[i / 2][1],
					  i % 2, false};
		struct chart_tick ticks[CHART_TICKS_MAX];
		size_t count;

		if (axis.is_log && axis.low <= 0)
			continue;
		for (size_t wanted = 0; wanted < 40; wanted++) {
			count = chart_axis_ticks(&axis, wanted, 12, ticks);
			assert_in_range(count, 1, CHART_TICKS_MAX);
			for (size_t k = 0; k < count; k++) {
				double place =
					chart_axis_place(&axis, ticks[k].value);

				assert_true(place > -1e-6 && place < 1 + 1e-6);
				assert_in_range(strlen(ticks[k].label), 1, 12);
				if (k && axis.high - axis.low >
						 1e-9 * fabs(axis.high))
					assert_string_not_equal(
						ticks[k].label,
						ticks[k - 1].label);
			}
		}
	}
}

static void labels_say_what_distinguishes(void **state)
{
	const struct chart_axis axis = {0.9312, 0.9387, false, false};
	const struct chart_axis steps = {0, 3, false, true};
	struct chart_tick ticks[CHART_TICKS_MAX];

	(void)state;
	assert_int_equal(chart_axis_ticks(&axis, 4, 12, ticks), 4);
	assert_string_equal(ticks[0].label, "0.932");
	assert_string_equal(ticks[3].label, "0.938");
	/* steps are whole numbers however much room there is */
	assert_int_equal(chart_axis_ticks(&steps, 30, 12, ticks), 4);
	assert_string_equal(ticks[1].label, "1");
}

/* Whatever the data and the size: cells are whole, rows have their width. */
static void every_size_is_whole(void **state)
{
	struct random random;
	struct chart chart = {0};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	random_seed(&random, 3, 0);
	for (int round = 0; round < 3000; round++) {
		double x[40], y[40];
		struct chart_series series[3];
		struct chart_options options = {
			.cols = (int)random_below(&random, 70),
			.rows = (int)random_below(&random, 20),
			.style = (enum canvas_style)(round % 3),
			.is_log = round & 2,
			.is_x_log = round & 256,
			.has_legend = round & 4,
			.has_cursor = round & 8,
			.cursor_x = random_unit(&random) * 3,
			.y_high = round & 16 ? random_unit(&random) : 0,
			.x_low = 1,
			.x_high = round & 32 ? 2 : 0,
		};

		for (int i = 0; i < 40; i++) {
			uint64_t bits = random_next(&random);

			memcpy(&y[i], &bits, sizeof(y[i]));
			if (round & 64)
				y[i] = random_normal(&random);
			bits = random_next(&random);
			memcpy(&x[i], &bits, sizeof(x[i]));
		}
		for (int s = 0; s < 3; s++)
			series[s] =
				(struct chart_series){"\xE6\xBC\xA2 name",
						      round & 128 ? x : NULL,
						      y,
						      random_below(&random, 41),
						      (enum chart_style)s,
						      s == 1 ? 'F' : 0};
		chart_draw(&chart, series, 3, &options);
		for (int row = 0; row < chart.canvas.rows; row++) {
			int cols = 0;

			strbuf_clear(&out);
			for (int col = 0; col < chart.canvas.cols; col++) {
				const struct canvas_cell *cell =
					canvas_cell(&chart.canvas, row, col);

				cols += cell->width;
				strbuf_adds(&out, cell->glyph);
				assert_in_range(cell->owner + 4, 0, 6);
			}
			assert_int_equal(cols, chart.canvas.cols);
			assert_int_equal(utf8_width(out.data, out.len), cols);
		}
	}
	strbuf_release(&out);
	chart_release(&chart);
}

static void finds_best_and_nearest(void **state)
{
	static const double y[] = {NAN, 3, 1, 5, 2};
	static const double x[] = {0, 10, 20, 30, 40};
	const struct chart_series series = {"s", x, y, 5, CHART_LINE, 0};
	double best[5];

	(void)state;
	chart_best_so_far(y, 5, true, best);
	assert_true(isnan(best[0]) && best[1] == 3 && best[2] == 1 &&
		    best[4] == 1);
	chart_best_so_far(y, 5, false, best);
	assert_true(best[2] == 3 && best[4] == 5);
	assert_int_equal(chart_nearest(&series, 0), 1); /* 0 is a gap */
	assert_int_equal(chart_nearest(&series, 26), 3);
	assert_int_equal(chart_nearest(&series, 25), 2);
	assert_int_equal(chart_nearest(&(struct chart_series){0}, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_a_line),
		cmocka_unit_test(draws_steps_points_and_marks),
		cmocka_unit_test(leaves_gaps),
		cmocka_unit_test(shows_one_point_and_none),
		cmocka_unit_test(log_axis_has_decades),
		cmocka_unit_test(many_points_keep_their_extremes),
		cmocka_unit_test(first_series_lies_on_top),
		cmocka_unit_test(zoom_cuts_lines_at_the_border),
		cmocka_unit_test(legend_cuts_and_counts),
		cmocka_unit_test(marks_tell_series_apart),
		cmocka_unit_test(ticks_are_distinct),
		cmocka_unit_test(labels_say_what_distinguishes),
		cmocka_unit_test(every_size_is_whole),
		cmocka_unit_test(finds_best_and_nearest),
	};

	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
