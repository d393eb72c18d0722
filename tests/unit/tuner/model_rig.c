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
