/* SPDX-License-Identifier: MIT */
/* An experiment of nothing but a tuner. */
#include "tests/unit/tuner/model_rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

const char rig_branin_space[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[-5,10]},"
	"\"y\":{\"_type\":\"uniform\",\"_value\":[0,15]}}";

double rig_branin(const double *point)
{
	double x = point[0];
	double a =
		point[1] - 5.1 / (4 * M_PI * M_PI) * x * x + 5 / M_PI * x - 6;

	return a * a + 10 * (1 - 1 / (8 * M_PI)) * cos(x) + 10 -
	       0.39788735772973816;
}

void rig_open(struct rig *rig, const char *tuner, const char *space,
	      const char *args, enum objective_mode mode, uint64_t seed)
{
	struct tuner_context context = {.class_args = args,
					.objective = mode,
					.seed = seed,
					.checkpoint_root = "/mnt/c"};
	struct error err;

	rig->next = 0;
	rig->suggestion = (struct tuner_suggestion){.extra = STRBUF_INIT};
	if (!space_parse(space, &rig->space, NULL, &err))
		fail_msg("%s", err.text);
	assert_true(rig->space->count <= RIG_PARAMETERS_MAX);
	context.space = rig->space;
	rig->tuner = tuner_open(tuner_find(tuner), &context, &err);
	if (!rig->tuner)
		fail_msg("%s", err.text);
}

void rig_close(struct rig *rig)
{
	tuner_close(rig->tuner);
	space_free(rig->space);
	strbuf_release(&rig->suggestion.extra);
}

enum tuner_outcome rig_ask(struct rig *rig)
{
	enum tuner_outcome outcome;
	struct error err;

	assert_true(rig->next < RIG_TRIALS_MAX);
	rig->suggestion.point = rig->points[rig->next];
	strbuf_truncate(&rig->suggestion.extra, 0);
	outcome = tuner_suggest(rig->tuner, rig->next, &rig->suggestion, &err);
	if (outcome == TUNER_SUGGESTED)
		tuner_adopt(rig->tuner, rig->next++, rig->suggestion.point);
	return outcome;
}

int64_t rig_suggest(struct rig *rig)
{
	assert_int_equal(rig_ask(rig), TUNER_SUGGESTED);
	return rig->next - 1;
}

void rig_finish(struct rig *rig, int64_t number, double value)
{
	tuner_observe_value(rig->tuner, number, value);
	tuner_ended(rig->tuner, number, TRIAL_SUCCEEDED);
}

double rig_run(struct rig *rig, rig_function function, int count)
{
	double least = INFINITY;

	for (int i = 0; i < count; i++) {
		int64_t number = rig_suggest(rig);
		double value = function(rig->points[number]);

		rig_finish(rig, number, value);
		least = fmin(least, value);
	}
	return least;
}

int rig_suggest_many(struct rig *rig, int64_t *ret_numbers, double apart)
{
	int near = 0;

	for (int i = 0; i < RIG_SIDE_BY_SIDE; i++) {
		const double *a, *b;

		ret_numbers[i] = rig_suggest(rig);
		a = rig->points[ret_numbers[i]];
		for (int k = 0; k < i; k++) {
			b = rig->points[ret_numbers[k]];
			assert_true(a[0] != b[0] || a[1] != b[1]);
			near += hypot(a[0] - b[0], a[1] - b[1]) < apart;
		}
	}
	return near;
}

int rig_run_into_failures(struct rig *rig, rig_function function, double limit,
			  int count)
{
	int failed = 0;

	for (int i = 0; i < count; i++) {
		int64_t number = rig_suggest(rig);
		const double *point = rig->points[number];

		if (point[0] < limit) {
			rig_finish(rig, number, function(point));
			continue;
		}
		tuner_ended(rig->tuner, number, TRIAL_FAILED);
		failed += i >= count / 2;
	}
	return failed;
}

void rig_check_modes(const char *tuner, const char *space,
		     rig_function function, int count)
{
	static struct rig one, other;

	rig_open(&one, tuner, space, NULL, OBJECTIVE_MINIMIZE, 4);
	rig_open(&other, tuner, space, NULL, OBJECTIVE_MAXIMIZE, 4);
	for (int i = 0; i < count; i++) {
		int64_t number = rig_suggest(&one);
		double value = function(one.points[number]);

		assert_int_equal(rig_suggest(&other), number);
		assert_memory_equal(one.points[number], other.points[number],
				    one.space->count * sizeof(double));
		rig_finish(&one, number, value);
		rig_finish(&other, number, -value);
	}
	rig_close(&one);
	rig_close(&other);
}
