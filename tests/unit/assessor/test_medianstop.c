/* SPDX-License-Identifier: MIT */
/* Medianstop's judgements, worked out by hand from nni.md 7.15. */
#include "engine/assessor/assessor.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct assessor *open_with(const char *args, enum objective_mode mode)
{
	struct assessor_context context = {.class_args = args,
					   .objective = mode};
	struct error err;
	struct assessor *assessor =
		assessor_open(assessor_find("medianstop"), &context, &err);

	if (!assessor)
		fail_msg("%s", err.text);
	return assessor;
}

static bool assess(struct assessor *assessor, const double *history,
		   size_t count)
{
	char reason[200] = "";
	bool good = assessor_assess(assessor, 99, history, count, reason,
				    sizeof(reason));

	assert_int_equal(good, reason[0] == '\0');
	return good;
}

/* averages after 1, 2, 3 results: (1,2,3), (4,4,4), (10,5,-) */
static void feed(struct assessor *assessor)
{
	static const double a[] = {1, 3, 5};
	static const double b[] = {4, 4, 4};
	static const double c[] = {10, 0};

	assessor_ended(assessor, 1, true, a, 3);
	assessor_ended(assessor, 2, true, b, 3);
	assessor_ended(assessor, 3, true, c, 2);
}

static void judges_by_the_lower_median_when_maximizing(void **state)
{
	static const struct {
		double history[4];
		size_t count;
		bool good;
	} table[] = {
		{{4}, 1, true}, /* averages 1 4 10: median 4 */
		{{3.9}, 1, false},
		{{3.9, 3.9}, 2, false},	  /* 2 4 5: median 4 */
		{{4, 0}, 2, true},	  /* its best counts, not its last */
		{{3.9, 3, 2.9}, 3, true}, /* 3 4: element (2-1)/2 = 3 */
		{{2.9, 1, 1}, 3, false},
		{{0, 0, 0, 0}, 4, true}, /* nobody got this far */
	};
	struct assessor *assessor = open_with(NULL, OBJECTIVE_MAXIMIZE);

	(void)state;
	feed(assessor);
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_int_equal(
			assess(assessor, table[i].history, table[i].count),
			table[i].good);
	assessor_close(assessor);
}

static void judges_by_the_upper_median_when_minimizing(void **state)
{
	static const struct {
		double history[4];
		size_t count;
		bool good;
	} table[] = {
		{{4}, 1, true},		 {{4.1}, 1, false}, {{9, 4}, 2, true},
		{{3.5, 5, 9}, 3, true}, /* 3 4: element 2/2 = 4 */
		{{4.1, 5, 9}, 3, false},
	};
	struct assessor *assessor = open_with(
		"{\"optimize_mode\":\"minimize\"}", OBJECTIVE_MINIMIZE);

	(void)state;
	feed(assessor);
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_int_equal(
			assess(assessor, table[i].history, table[i].count),
			table[i].good);
	assessor_close(assessor);
}

static void waits_for_the_start_step(void **state)
{
	static const double bad[] = {0, 0, 0};
	struct assessor *assessor =
		open_with("{\"start_step\":2}", OBJECTIVE_MAXIMIZE);

	(void)state;
	assert_true(assess(assessor, bad, 1)); /* nobody to compare with */
	feed(assessor);
	assert_true(assess(assessor, bad, 1));
	assert_false(assess(assessor, bad, 2));
	assessor_close(assessor);
}

static void forgets_trials_that_did_not_succeed(void **state)
{
	static const double high[] = {100};
	static const double low[] = {1};
	struct assessor *assessor = open_with(NULL, OBJECTIVE_MAXIMIZE);

	(void)state;
	for (int i = 0; i < 5; i++)
		assessor_ended(assessor, i, false, high, 1);
	assert_true(assess(assessor, low, 1));
	assessor_ended(assessor, 9, true, high, 1);
	assert_false(assess(assessor, low, 1));
	assessor_close(assessor);
}

static void takes_what_is_not_finite_for_the_worst(void **state)
{
	static const double poisoned[] = {NAN, 5};
	static const double healthy[] = {2, 2};
	static const double hopeless[] = {NAN, INFINITY};
	struct assessor *assessor = open_with(NULL, OBJECTIVE_MAXIMIZE);

	(void)state;
	assessor_ended(assessor, 1, true, poisoned, 2);
	assessor_ended(assessor, 2, true, healthy, 2);
	assessor_ended(assessor, 3, true, healthy, 2);
	/* averages at step 2: -inf, 2, 2 */
	assert_true(assess(assessor, healthy, 2));
	assert_false(assess(assessor, hopeless, 2));
	assessor_close(assessor);
}

static void says_why(void **state)
{
	static const double bad[] = {0};
	struct assessor *assessor = open_with(NULL, OBJECTIVE_MAXIMIZE);
	char reason[200] = "";

	(void)state;
	feed(assessor);
	assert_false(
		assessor_assess(assessor, 7, bad, 1, reason, sizeof(reason)));
	assert_string_equal(reason, "Medianstop: best result 0 is below the "
				    "median 4 of 3 trials at step 1");
	assessor_close(assessor);
}

static void refuses_wrong_arguments(void **state)
{
	static const struct {
		const char *args;
		const char *text;
	} cases[] = {
		{"{\"start_stpe\":1}",
		 "classArgs: unknown argument \"start_stpe\", did you mean "
		 "\"start_step\"?"},
		{"{\"start_step\":-1}",
		 "classArgs.start_step: must be from 0 to 1000000000"},
		{"{\"start_step\":1.5}",
		 "classArgs.start_step: must be an integer"},
		{"{\"optimize_mode\":\"maximise\"}",
		 "classArgs.optimize_mode: unknown value \"maximise\", did you "
		 "mean \"maximize\"?"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct assessor_context context = {cases[i].args,
						   OBJECTIVE_MAXIMIZE};
		struct error err = {0};

		assert_false(assessor_validate(assessor_find("Medianstop"),
					       &context, &err));
		assert_string_equal(err.text, cases[i].text);
	}
	assert_null(assessor_find("Median"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_by_the_lower_median_when_maximizing),
		cmocka_unit_test(judges_by_the_upper_median_when_minimizing),
		cmocka_unit_test(waits_for_the_start_step),
		cmocka_unit_test(forgets_trials_that_did_not_succeed),
		cmocka_unit_test(takes_what_is_not_finite_for_the_worst),
		cmocka_unit_test(says_why),
		cmocka_unit_test(refuses_wrong_arguments),
	};

	return cmocka_run_group_tests_name("medianstop", tests, NULL, NULL);
}
