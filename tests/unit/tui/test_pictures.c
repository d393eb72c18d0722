/* SPDX-License-Identifier: MIT */
/* What pictures are made of, without a screen: choices of trials, places over
 * time, axes and their filters, canvases. */
#include "base/mem.h"
#include "base/random.h"
#include "model/filter.h"
#include "tui/canvas.h"
#include "tui/parallel_axes.h"
#include "tui/picture_sample.h"
#include "tui/timeline_slots.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char space_text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.0001,0.1]},"
	"\"layers\":{\"_type\":\"randint\",\"_value\":[1,9]},"
	"\"time\":{\"_type\":\"uniform\",\"_value\":[0,10]},"
	"\"kind\":{\"_type\":\"choice\",\"_value\":[\"a b\",\"adam\",\"sgd\"]},"
	"\"odd\":{\"_type\":\"choice\",\"_value\":[\"q\\\"\",\"r\"]}}";

static struct space *space;

static int make_space(void **state)
{
	struct error err;

	(void)state;
	return space_parse(space_text, &space, NULL, &err) ? 0 : -1;
}

static int free_space(void **state)
{
	(void)state;
	space_free(space);
	return 0;
}

/* ---- choices ------------------------------------------------------------ */

static double *make_values(size_t count)
{
	double *values = xcalloc(count + 1, sizeof(*values));
	struct random random;

	random_seed(&random, 5, 0);
	for (size_t i = 0; i < count; i++)
		values[i] = i % 7 == 3 ? NAN : random_unit(&random);
	return values;
}

static void few_trials_are_all_taken(void **state)
{
	struct picture_sample sample = {0};
	double *values = make_values(100);

	(void)state;
	picture_sample_choose(&sample, space, values, 100, true, 1000, 50);
	assert_int_equal(sample.count, sample.total);
	assert_int_equal(sample.count, 100 - 14);
	assert_int_equal(sample.missing, sample.count);
	assert_int_equal(sample.sequences[3], 4); /* 3 has no value */
	picture_sample_release(&sample);
	free(values);
}

/* Even: every tenth of the numbers has about its part; and with the best. */
static void many_trials_are_thinned_evenly(void **state)
{
	struct picture_sample sample = {0};
	size_t tenths[10] = {0}, best = 0, count = 100000;
	double *values = make_values(count);

	(void)state;
	picture_sample_choose(&sample, space, values, count, true, 1000, 100);
	assert_in_range(sample.count, 850, 1150);
	assert_int_equal(sample.total, count - (count + 3) / 7);
	for (size_t i = 0; i < count; i++)
		best += values[i] < 0.001;
	for (size_t i = 0; i < sample.count; i++) {
		tenths[(size_t)sample.sequences[i] * 10 / count]++;
		best -= values[sample.sequences[i]] < 0.001;
		assert_true(isfinite(values[sample.sequences[i]]));
		assert_true(!i ||
			    sample.sequences[i] > sample.sequences[i - 1]);
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 60, 140);
	assert_true(best < 10); /* of 86 the 100 best have nearly all */
	picture_sample_release(&sample);
	free(values);
}

static void growing_keeps_what_was_read(void **state)
{
	struct picture_sample sample = {0};
	double *values = make_values(20000);
	size_t read = 0;
	int64_t first;

	(void)state;
	picture_sample_choose(&sample, space, values, 10000, false, 500, 0);
	for (size_t i = 0; i < sample.count; i++) {
		sample.are_read[i] = true;
		sample.points[i * space->count] = (double)sample.sequences[i];
	}
	first = sample.sequences[0];
	picture_sample_choose(&sample, space, values, 20000, false, 500, 0);
	for (size_t i = 0; i < sample.count; i++) {
		if (!sample.are_read[i])
			continue;
		read++;
		assert_true(sample.points[i * space->count] ==
			    (double)sample.sequences[i]);
	}
	assert_in_range(read, 180, 320); /* half of them stay */
	assert_int_equal(sample.missing, sample.count - read);
	assert_int_equal(picture_sample_find(&sample, first) < sample.count,
			 sample.sequences[0] == first);
	picture_sample_release(&sample);
	free(values);
}

/* ---- places ------------------------------------------------------------- */

static struct trial_row trial_of(int64_t submitted, int64_t ended)
{
	return (struct trial_row){.flags = ROW_LOADED,
				  .submitted_ns = submitted,
				  .started_ns = submitted + 1,
				  .ended_ns = ended,
				  .state = ended ? TRIAL_SUCCEEDED
						 : TRIAL_RUNNING};
}

static void trials_take_the_lowest_place(void **state)
{
	struct trial_row rows[] = {
		trial_of(10, 30), trial_of(11, 20), trial_of(20, 40),
		trial_of(25, 0),  trial_of(45, 0),  trial_of(0, 0),
		trial_of(5, 9), /* ran again: an earlier time */
	};
	const uint32_t wanted[] = {0, 1, 1, 2, 0, TIMELINE_NO_SLOT, 0};
	struct trial_index index = {.rows = rows, .count = COUNT_OF(rows)};
	struct timeline_slots slots = {0};

	(void)state;
	timeline_slots_assign(&slots, &index, 100);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(slots.slots[i], wanted[i]);
	assert_int_equal(slots.slot_count, 3);
	assert_int_equal(slots.first_ns, 5);
	assert_int_equal(slots.last_ns, 40);
	assert_int_equal(slots.seen_ns, 46);
	timeline_slots_release(&slots);
}

/* Never two at once in one place, whatever the times. */
static void no_place_is_taken_twice(void **state)
{
	enum { N = 400 };
	struct trial_row rows[N];
	struct trial_index index = {.rows = rows, .count = N};
	struct timeline_slots slots = {0};
	struct random random;

	(void)state;
	random_seed(&random, 9, 0);
	for (int i = 0; i < N; i++) {
		int64_t at = 1 + (int64_t)random_below(&random, 1000);

		rows[i] = trial_of(at,
				   at + 1 + (int64_t)random_below(&random, 50));
	}
	timeline_slots_assign(&slots, &index, 2000);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < i; k++)
			if (slots.slots[i] == slots.slots[k])
				assert_true(rows[i].ended_ns <=
						    rows[k].submitted_ns ||
					    rows[k].ended_ns <=
						    rows[i].submitted_ns);
	timeline_slots_release(&slots);
}

/* ---- axes --------------------------------------------------------------- */

static void make_axes(struct parallel_axes *axes, struct picture_sample *sample,
		      const char *metric)
{
	static const double values[] = {0.25, 0.75};

	picture_sample_choose(sample, space, values, 2, true, 10, 0);
	for (size_t i = 0; i < 2; i++) {
		double *point = sample->points + i * space->count;

		sample->are_read[i] = true;
		point[0] = log(i ? 0.1 : 0.001);
		point[1] = i ? 7 : 0;
		point[2] = 5;
		point[3] = i ? 2 : 0;
		point[4] = NAN;
	}
	parallel_axes_make(axes, sample, values, metric,
			   strcmp(metric, "default") == 0, false);
}

static void assert_filter(const struct parallel_axes *axes, size_t axis,
			  double from, double to, const char *wanted)
{
	struct field_names names = {.space = space};
	struct strbuf text = STRBUF_INIT;
	struct filter *filter = NULL;
	struct error err;
	bool ok = parallel_filter(axes, axis, from, to, &text);

	assert_int_equal(ok, wanted != NULL);
	assert_string_equal(text.data ? text.data : "", wanted ? wanted : "");
	if (wanted) {
		assert_true(filter_parse(text.data, &names, FILTER_WHOLE,
					 &filter, NULL, &err));
		assert_non_null(filter);
	}
	filter_free(filter);
	strbuf_release(&text);
}

static void ranges_become_filters(void **state)
{
	struct picture_sample sample = {0};
	struct parallel_axes axes = {0};

	(void)state;
	make_axes(&axes, &sample, "default");
	assert_int_equal(axes.count, 6);
	assert_filter(&axes, 0, 1.0 / 3, 2.0 / 3, "lr>=0.001 lr<=0.01");
	assert_filter(&axes, 0, 0.5, 1, "lr>=0.00316228");
	assert_filter(&axes, 0, 0, 0.5, "lr<=0.00316228");
	assert_filter(&axes, 0, 0, 1, NULL); /* all of it */
	/* whole numbers that lie within */
	assert_filter(&axes, 1, 0.1, 0.5, "layers>=2 layers<=4");
	assert_filter(&axes, 1, 0.15, 0.27, NULL);
	/* a parameter whose name is a field's as well is still the parameter */
	assert_filter(&axes, 2, 0.5, 1, "time>=5");
	assert_filter(&axes, 3, 0.4, 0.6, "kind=\"adam\"");
	assert_filter(&axes, 3, 0, 0.6, "(kind=\"a b\" or kind=\"adam\")");
	assert_filter(&axes, 3, 0.6, 0.9, NULL);
	assert_filter(&axes, 4, 0, 0.2, NULL); /* it cannot be written */
	assert_filter(&axes, 5, 0.5, 1, "final>=0.5");
	parallel_axes_release(&axes);
	make_axes(&axes, &sample, "acc");
	assert_filter(&axes, 5, 0, 0.5, "metric.acc.final<=0.5");
	parallel_axes_release(&axes);
	picture_sample_release(&sample);
}

static void places_of_values(void **state)
{
	static const double values[] = {0.25, 0.75};
	struct picture_sample sample = {0};
	struct parallel_axes axes = {0};
	struct strbuf text = STRBUF_INIT;

	(void)state;
	make_axes(&axes, &sample, "default");
	assert_true(fabs(parallel_place(&axes, 0, &sample, values, 0) -
			 1.0 / 3) < 1e-9);
	assert_true(parallel_place(&axes, 1, &sample, values, 1) == 1);
	assert_true(parallel_place(&axes, 3, &sample, values, 0) == 0);
	assert_true(isnan(parallel_place(&axes, 4, &sample, values, 0)));
	assert_true(parallel_place(&axes, 5, &sample, values, 1) == 1);
	parallel_format(&axes, 1, 1, 8, &text);
	strbuf_addch(&text, ' ');
	parallel_format(&axes, 3, 0.5, 8, &text);
	assert_string_equal(text.data, "8 adam");
	strbuf_release(&text);
	parallel_axes_release(&axes);
	picture_sample_release(&sample);
}

/* ---- canvas ------------------------------------------------------------- */

static void assert_row(const struct canvas *canvas, int row, const char *wanted)
{
	struct strbuf text = STRBUF_INIT;

	canvas_format_row(canvas, row, &text);
	assert_string_equal(text.data ? text.data : "", wanted);
	strbuf_release(&text);
}

/* The same dots in three styles; what is best lies on top of what is faint. */
static void dots_become_cells(void **state)
{
	static const char *const wanted[] = {
		[CANVAS_BRAILLE] = "\xE2\xA0\x81\xE2\xA1\x87 \xE2\xA3\xBF",
		[CANVAS_BLOCK] = "\xE2\x96\x80\xE2\x96\x8C \xE2\x96\x88",
		[CANVAS_ASCII] = "+* *",
	};
	struct canvas canvas = {0};
	struct canvas_dots dots;

	(void)state;
	canvas_dots_init(&dots, 4, 1);
	canvas_dots_set(&dots, 0, 0, 1);
	canvas_dots_line(&dots, 2, -50, 2, 50, 0);
	for (int i = 0; i < 8; i++)
		canvas_dots_set(&dots, 6 + i % 2, i / 2,
				i == 3 ? CANVAS_BEST : CANVAS_FAINT);
	canvas_dots_set(&dots, 99, 0, 0);
	for (int style = 0; style <= CANVAS_ASCII; style++) {
		canvas_begin(&canvas, 4, 1, (enum canvas_style)style);
		canvas_stamp(&canvas, 0, 0, &dots, false);
		assert_row(&canvas, 0, wanted[style]);
		assert_int_equal(canvas_cell(&canvas, 0, 0)->owner, 1);
		assert_int_equal(canvas_cell(&canvas, 0, 2)->owner,
				 CANVAS_BLANK);
		assert_int_equal(canvas_cell(&canvas, 0, 3)->owner,
				 CANVAS_BEST);
	}
	canvas_dots_release(&dots);
	canvas_release(&canvas);
}

static void bars_show_what_is_there(void **state)
{
	struct canvas canvas = {0};

	(void)state;
	canvas_begin(&canvas, 4, 3, CANVAS_ASCII);
	canvas_bar(&canvas, 0, 0, 4, 0.5, 0);
	canvas_bar(&canvas, 1, 0, 4, 1e-9, 0); /* little is not nothing */
	canvas_bar(&canvas, 2, 0, 4, 0, 0);
	assert_row(&canvas, 0, "##");
	assert_row(&canvas, 1, "-");
	assert_row(&canvas, 2, "");
	assert_int_equal(canvas_shade(&canvas, 0), ' ');
	assert_int_equal(canvas_shade(&canvas, 1e-9), '.');
	assert_int_equal(canvas_shade(&canvas, NAN), ' ');
	assert_int_equal(canvas_shade(&canvas, 7), '@');
	canvas_begin(&canvas, 0, 3, CANVAS_BRAILLE); /* no room: no harm */
	canvas_column(&canvas, 2, 0, 3, 1, 0);
	canvas_text(&canvas, 0, 0, "text", 0);
	canvas_release(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_trials_are_all_taken),
		cmocka_unit_test(many_trials_are_thinned_evenly),
		cmocka_unit_test(growing_keeps_what_was_read),
		cmocka_unit_test(trials_take_the_lowest_place),
		cmocka_unit_test(no_place_is_taken_twice),
		cmocka_unit_test(ranges_become_filters),
		cmocka_unit_test(places_of_values),
		cmocka_unit_test(dots_become_cells),
		cmocka_unit_test(bars_show_what_is_there),
	};

	return cmocka_run_group_tests_name("pictures", tests, make_space,
					   free_space);
}
