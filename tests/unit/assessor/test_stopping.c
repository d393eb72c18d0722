/* SPDX-License-Identifier: MIT */
/* Halving and Patience, worked out by hand. */
#include "engine/assessor/assessor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TELL(list) list, sizeof(list) / sizeof(*(list))

static struct assessor *open_with(const char *name, const char *args,
				  enum objective_mode mode)
{
	struct assessor_context context = {.class_args = args,
					   .objective = mode};
	struct error err;
	struct assessor *assessor =
		assessor_open(assessor_find(name), &context, &err);

	if (!assessor)
		fail_msg("%s", err.text);
	return assessor;
}

static bool assess(struct assessor *assessor, int64_t trial,
		   const double *history, size_t count, const char *words)
{
	char reason[200] = "";
	bool is_good = assessor_assess(assessor, trial, history, count, reason,
				       sizeof(reason));

	assert_int_equal(is_good, !*reason);
	if (words && !strstr(reason, words))
		fail_msg("'%s' is not in '%s'", words, reason);
	return is_good;
}

static void lets_one_in_three_go_on(void **state)
{
	struct assessor *assessor = open_with(
		"Halving", "{\"min_steps\":2,\"eta\":3}", OBJECTIVE_MAXIMIZE);
	static const double first[] = {0, 5}, better[] = {9, 6};
	static const double worse[] = {9, 4}, best[] = {0, 7};
	static const double once[] = {1};
	static const double later[] = {0, 0, 0, 0, 0, 1};

	(void)state;
	/* no rung at one result; the first two of a rung go on */
	assert_true(assess(assessor, 1, TELL(once), NULL));
	assert_true(assess(assessor, 1, TELL(first), NULL));
	assert_true(assess(assessor, 2, TELL(better), NULL));
	/* of three, the best one */
	assert_false(assess(assessor, 3, TELL(worse), "3 of 3 at step 2"));
	assert_true(assess(assessor, 4, TELL(best), NULL));
	/* told again, judged alike */
	assert_true(assess(assessor, 4, TELL(best), NULL));
	/* the next rung is at 6 results */
	assert_true(assess(assessor, 1, later, 5, NULL));
	assert_true(assess(assessor, 1, TELL(later), NULL));
	assessor_close(assessor);
}

/* Begun again: who runs stands where it stood, and who was stopped, too. */
static void remembers_after_a_crash(void **state)
{
	struct assessor *assessor = open_with(
		"Halving", "{\"min_steps\":1,\"eta\":3}", OBJECTIVE_MAXIMIZE);
	static const double runs[] = {5, 5}, stopped[] = {6}, next[] = {4};

	(void)state;
	assessor_ended(assessor, 2, false, TELL(stopped));
	assessor_resumed(assessor, 1, TELL(runs));
	assert_false(assess(assessor, 3, TELL(next), "3 of 3 at step 1"));
	assessor_close(assessor);
	assessor = open_with("Patience", NULL, OBJECTIVE_MAXIMIZE);
	assessor_resumed(assessor, 1, TELL(runs)); /* nothing to it */
	assessor_close(assessor);
}

static void ranks_by_loss_when_minimizing(void **state)
{
	struct assessor *assessor = open_with(
		"SuccessiveHalving", "{\"eta\":2}", OBJECTIVE_MINIMIZE);
	static const double two[] = {2}, three[] = {3}, one[] = {1};
	static const double none[] = {NAN};

	(void)state;
	assert_true(assess(assessor, 1, TELL(two), NULL));
	assert_false(assess(assessor, 2, TELL(three), "2 of 2"));
	assert_true(assess(assessor, 3, TELL(one), NULL));
	assert_false(assess(assessor, 4, TELL(none), "4 of 4"));
	assessor_close(assessor);
}

static void remembers_those_that_ended(void **state)
{
	struct assessor *assessor =
		open_with("Halving", "{\"eta\":2}", OBJECTIVE_MAXIMIZE);
	static const double whole[] = {9, 9, 9}, poor[] = {1};

	(void)state;
	/* as after a resume: only ends are told */
	assessor_ended(assessor, 1, true, TELL(whole));
	assert_false(assess(assessor, 2, TELL(poor), "2 of 2"));
	assessor_close(assessor);
}

static void loses_patience(void **state)
{
	struct assessor *assessor =
		open_with("Patience", "{\"patience\":2,\"min_delta\":0.5}",
			  OBJECTIVE_MAXIMIZE);
	static const double rising[] = {1, 2, 3, 4, 5};
	static const double creeping[] = {1, 2, 2.4, 2.5};
	static const double nothing[] = {NAN, NAN, NAN};

	(void)state;
	assert_true(assess(assessor, 1, TELL(rising), NULL));
	assert_true(assess(assessor, 1, creeping, 3, NULL));
	assert_false(assess(assessor, 1, TELL(creeping),
			    "nothing better than 2 of step 2 in 2 results"));
	assert_true(assess(assessor, 2, nothing, 2, NULL));
	assert_false(assess(assessor, 2, TELL(nothing), "no number in 3"));
	assessor_close(assessor);
}

static void waits_and_minimizes(void **state)
{
	struct assessor *assessor =
		open_with("Patience", "{\"patience\":1,\"start_step\":3}",
			  OBJECTIVE_MINIMIZE);
	static const double rising[] = {1, 2, 3};

	(void)state;
	assert_true(assess(assessor, 1, rising, 2, NULL));
	assert_false(assess(assessor, 1, TELL(rising), "better than 1"));
	assessor_close(assessor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_one_in_three_go_on),
		cmocka_unit_test(remembers_after_a_crash),
		cmocka_unit_test(ranks_by_loss_when_minimizing),
		cmocka_unit_test(remembers_those_that_ended),
		cmocka_unit_test(loses_patience),
		cmocka_unit_test(waits_and_minimizes),
	};

	return cmocka_run_group_tests_name("stopping", tests, NULL, NULL);
}
