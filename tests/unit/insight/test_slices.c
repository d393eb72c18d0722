/* SPDX-License-Identifier: MIT */
/* Levels and cells, slices, contours and progress: nothing lost, nothing drawn
 * where nothing is. */
#include "base/mem.h"
#include "insight/contour.h"
#include "insight/density.h"
#include "insight/progress.h"
#include "insight/slice.h"
#include "tests/unit/insight/support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char space_text[] =
	"{\"u\":{\"_type\":\"uniform\",\"_value\":[-2,6]},"
	"\"l\":{\"_type\":\"loguniform\",\"_value\":[1e-4,1]},"
	"\"n\":{\"_type\":\"randint\",\"_value\":[2,7]},"
	"\"w\":{\"_type\":\"randint\",\"_value\":[0,1000]},"
	"\"q\":{\"_type\":\"quniform\",\"_value\":[0,1,0.25]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"
	"},\"one\":{\"_type\":\"choice\",\"_value\":[\"only\"]},"
	"\"flat\":{\"_type\":\"uniform\",\"_value\":[3,3.0000001]},"
	"\"g\":{\"_type\":\"normal\",\"_value\":[10,2]}}";

enum { U, L, N, W, Q, C, ONE, FLAT, G, WIDTH };

static double value(const double *point)
{
	if (point[C] == 3)
		return INFINITY; /* these fail */
	return point[U] + 10 * point[C];
}

static struct space *space;
static struct observations *all;

static int set_up(void **state)
{
	(void)state;
	space = parse_space(space_text);
	assert_int_equal(space->count, WIDTH);
	all = observe(space, 2000, 3, value);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	observations_free(all);
	space_free(space);
	return 0;
}

/* A level gives its number back, and lies in the cell that the number lies
 * in. */
static void test_levels(void **state)
{
	double *point = xcalloc(WIDTH, sizeof(double));

	(void)state;
	for (size_t row = 0; row < all->count; row++) {
		struct random random;

		random_seed(&random, 3, row);
		space_sample(space, &random, point);
		for (size_t i = 0; i < WIDTH; i++) {
			const struct axis *axis = &all->axes[i];
			uint16_t level = observations_level(all, row, i);
			double final, place, back;

			assert_true(axis_cell(axis, level) < axis->cells);
			if (axis->is_categorical) {
				assert_int_equal(level, (int)point[i]);
				continue;
			}
			final = parameter_final(&space->parameters[i],
						point[i]);
			place = axis_place(axis, level);
			assert_true(place >= 0 && place <= 1);
			back = axis_number(axis, place);
			if (i == L)
				assert_true(fabs(log(back / final)) < 1e-3);
			else if (i != G || fabs(final - 10) < 6)
				assert_true(fabs(back - final) <=
					    1e-4 * (axis->high - axis->low));
		}
	}
	free(point);
}

static void test_densities(void **state)
{
	static const struct {
		uint32_t counts[6];
		bool is_categorical;
	} cases[] = {
		{{0, 0, 0, 0, 0, 0}, false},
		{{7, 0, 0, 0, 0, 0}, false},
		{{0, 0, 1, 0, 0, 9}, false},
		{{0, 0, 0, 0, 0, 0}, true},
		{{100000, 1, 1, 1, 1, 1}, false},
		{{3, 0, 90000, 0, 0, 1}, true},
	};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(cases); k++) {
		double density[6], sum = 0;

		density_estimate(cases[k].counts, 6, cases[k].is_categorical,
				 density);
		for (size_t i = 0; i < 6; i++) {
			assert_true(density[i] > 0);
			sum += density[i];
		}
		assert_true(fabs(sum - 1) < 1e-9);
		assert_true(density_divergence(density, density, 6) == 0);
	}
}

static void check_slice(size_t parameter, size_t bins, size_t expected)
{
	struct slice slice;
	size_t used = 0, failed = 0;
	double sum = 0, truth = 0;

	slice_compute(all, parameter, bins, &slice);
	assert_int_equal(slice.count, expected);
	for (size_t i = 0; i < slice.count; i++) {
		const struct slice_bin *bin = &slice.bins[i];

		used += bin->count;
		failed += bin->failed;
		sum += bin->mean * (double)bin->count;
		assert_true(bin->from < bin->to);
		assert_true(i == 0 || bin->from == slice.bins[i - 1].to);
		if (!bin->count)
			continue;
		assert_true(
			bin->least <= bin->lower && bin->lower <= bin->middle &&
			bin->middle <= bin->upper && bin->upper <= bin->most);
		assert_true(bin->mean >= bin->least && bin->mean <= bin->most);
	}
	for (size_t row = 0; row < all->count; row++)
		if (isfinite(all->values[row]))
			truth += all->values[row];
	assert_int_equal(used, all->usable);
	assert_int_equal(used + failed, all->count);
	assert_int_equal(slice.usable, used);
	assert_true(fabs(sum - truth) < 1e-6 * fabs(truth));
	slice_release(&slice);
}

static void test_slices(void **state)
{
	struct slice slice;

	(void)state;
	check_slice(U, 10, 10);
	check_slice(L, 7, 7);
	check_slice(N, 10, 5);
	check_slice(N, 3, 3);
	check_slice(W, 10, 10);
	check_slice(Q, 100, 5);
	check_slice(C, 10, 5);
	check_slice(C, 3, 3);
	check_slice(ONE, 10, 1);
	check_slice(FLAT, 10, 10);
	check_slice(G, 10, 10);
	/* along u the mean goes up by what u does */
	slice_compute(all, U, 8, &slice);
	assert_true(fabs(slice.bins[7].mean - slice.bins[0].mean - 7) < 2.5);
	assert_true(slice.bins[0].low == -2 && slice.bins[7].high == 6);
	slice_release(&slice);
	/* an integer lies in the bin that has its name */
	slice_compute(all, C, 10, &slice);
	assert_int_equal(slice.bins[3].count, 0);
	assert_true(slice.bins[3].failed > 300);
	assert_true(slice.bins[4].least >= 38);
	slice_release(&slice);
}

static double other(const double *point)
{
	return point[U] * point[U] + point[W] / 1000;
}

static void test_contours(void **state)
{
	struct observations *trials = observe(space, 3000, 9, other);
	struct contour grid;
	size_t total = 0;

	(void)state;
	contour_compute(trials, U, W, 8, 4, 0, &grid);
	assert_int_equal(grid.cols, 8);
	assert_int_equal(grid.rows, 4);
	for (size_t i = 0; i < 32; i++) {
		total += grid.counts[i];
		assert_true(grid.means[i] >= grid.low &&
			    grid.means[i] <= grid.high);
	}
	assert_int_equal(total, 3000);
	assert_int_equal(grid.usable, 3000);
	/* u from -2 to 6: least around 0, most at 6; w adds up to 1 */
	assert_true(grid.means[1] < 2 && grid.means[7] > 25);
	assert_true(grid.means[3 * 8 + 1] > grid.means[1] + 0.4);
	contour_release(&grid);
	/* options and few numbers are a cell each, and not averaged */
	contour_compute(trials, C, N, 40, 40, 2, &grid);
	assert_int_equal(grid.cols, 5);
	assert_int_equal(grid.rows, 5);
	contour_release(&grid);
	observations_free(trials);

	/* one trial alone: what is far from it stays empty */
	trials = observe(space, 1, 9, other);
	contour_compute(trials, U, W, 20, 20, 1, &grid);
	total = 0;
	for (size_t i = 0; i < 400; i++)
		total += !isnan(grid.means[i]);
	assert_true(total >= 1 && total < 20);
	assert_true(grid.low == grid.high);
	contour_release(&grid);
	observations_free(trials);

	trials = observe(space, 0, 9, other);
	contour_compute(trials, U, W, 3, 3, 1, &grid);
	assert_true(isnan(grid.low) && isnan(grid.means[4]));
	contour_release(&grid);
	observations_free(trials);
}

static void test_progress(void **state)
{
	static const double values[] = {NAN, 3, 5, INFINITY,
					2,   2, 4, -INFINITY};
	double best[COUNT_OF(values)];
	struct progress progress;

	(void)state;
	progress = progress_follow(values, 8, OBJECTIVE_MINIMIZE, best);
	assert_int_equal(progress.usable, 5);
	assert_int_equal(progress.improvements, 2);
	assert_int_equal(progress.best, 4);
	assert_int_equal(progress.since, 2);
	assert_true(isnan(best[0]) && best[3] == 3 && best[7] == 2);
	progress = progress_follow(values, 8, OBJECTIVE_MAXIMIZE, best);
	assert_int_equal(progress.best, 2);
	assert_true(best[7] == 5);
	progress = progress_follow(values, 1, OBJECTIVE_MAXIMIZE, NULL);
	assert_int_equal(progress.best, 1);
	assert_true(progress_regret(2, 0.5, OBJECTIVE_MINIMIZE) == 1.5);
	assert_true(progress_regret(2, 2.5, OBJECTIVE_MAXIMIZE) == 0.5);
	assert_true(isnan(progress_regret(NAN, 0, OBJECTIVE_MAXIMIZE)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_densities),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_contours),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("insight/slices", tests, set_up,
					   tear_down);
}
