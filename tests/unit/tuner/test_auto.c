/* SPDX-License-Identifier: MIT */
/* Which tuner Auto asks, and that it says so.  Its replay is among those of
 * all tuners (test_tuner.c). */
#include "engine/tuner/tuner.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char numbers[] = "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
			      "\"y\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";
static const char options[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"p\",\"q\"]}}";

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s", err.text);
	return space;
}

/* Whom it asks after `results` results. */
static char *described(const char *json, size_t objectives, int results,
		       int64_t max_trials)
{
	static const struct tuner_objective both[] = {
		{"default", OBJECTIVE_MINIMIZE}, {"size", OBJECTIVE_MINIMIZE}};
	struct space *space = parse(json);
	struct tuner_context context = {.space = space,
					.objective = OBJECTIVE_MINIMIZE,
					.objectives = both,
					.objective_count = objectives,
					.max_trials = max_trials};
	struct strbuf out = STRBUF_INIT;
	struct error err;
	struct tuner *tuner = tuner_open(tuner_find("auto"), &context, &err);
	double *point = xcalloc(space->count, sizeof(*point));

	assert_non_null(tuner);
	for (int i = 0; i < results; i++) {
		double values[] = {i, -i};
		struct tuner_result result = {.values = values,
					      .count = objectives};
		struct random random;

		random_seed(&random, 1, (uint64_t)i);
		space_sample(space, &random, point);
		tuner_adopt(tuner, i, point);
		tuner_observe(tuner, i, &result);
		tuner_ended(tuner, i, TRIAL_SUCCEEDED);
	}
	assert_true(tuner_describe(tuner, &out));
	tuner_close(tuner);
	free(point);
	space_free(space);
	return strbuf_detach(&out);
}

static void expect(const char *json, size_t objectives, int results,
		   int64_t max_trials, const char *chosen, const char *because)
{
	char *text = described(json, objectives, results, max_trials);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "{\"chosen\":\"%s\"", chosen);
	if (strncmp(text, wanted, strlen(wanted)) != 0 ||
	    !strstr(text, because))
		fail_msg("%s, not %s because of %s", text, chosen, because);
	free(text);
}

static void chooses_by_space_budget_and_objectives(void **state)
{
	char wide[8192] = "{\"c\":{\"_type\":\"choice\",\"_value\":[\"a\"";
	size_t len = strlen(wide);

	(void)state;
	for (int i = 0; i < 300; i++)
		len += (size_t)snprintf(wide + len, sizeof(wide) - len,
					",\"a%d\"", i);
	snprintf(wide + len, sizeof(wide) - len, "]}}");
	expect(numbers, 1, 0, 0, "GP", "few results");
	expect(numbers, 1, 299, 0, "GP", "few results");
	expect(numbers, 1, 300, 0, "CMA-ES", "more results");
	expect(numbers, 1, 300, 400, "GP", "few results");
	expect(numbers, 1, 300, 4000, "CMA-ES", "more results");
	expect(options, 1, 20, 0, "GP", "every fifth");
	expect(options, 1, 301, 0, "TPE", "more results");
	expect(options, 2, 20, 0, "TPE", "several objectives");
	expect(wide, 1, 20, 0, "TPE", "too wide");
}

/* With few trials it finds what TPE does not. */
static void finds_the_optimum_in_few_trials(void **state)
{
	struct space *space = parse(numbers);
	struct tuner_context context = {
		.space = space, .objective = OBJECTIVE_MAXIMIZE, .seed = 2};
	struct error err;
	struct tuner *tuner = tuner_open(tuner_find("Auto"), &context, &err);
	double best = INFINITY;

	(void)state;
	for (int i = 0; i < 30; i++) {
		double point[2], loss;

		assert_int_equal(tuner_suggest_point(tuner, i, point, &err),
				 TUNER_SUGGESTED);
		loss = pow(point[0] - 0.31, 2) + pow(point[1] - 0.77, 2);
		best = fmin(best, loss);
		tuner_adopt(tuner, i, point);
		tuner_observe_value(tuner, i, -loss);
		tuner_ended(tuner, i, TRIAL_SUCCEEDED);
	}
	assert_true(best < 1e-4);
	tuner_close(tuner);
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_by_space_budget_and_objectives),
		cmocka_unit_test(finds_the_optimum_in_few_trials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
