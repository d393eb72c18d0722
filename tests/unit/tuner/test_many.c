/* SPDX-License-Identifier: MIT */
/* A choice among 10,000 options, an integer of as many, and a number: every
 * tuner can have them, in bounded time and memory. */
#include "tests/unit/tuner/model_rig.h"

#include "base/mem.h"

#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OPTIONS 10000

static struct rig rig;

static char *many_space(bool is_list)
{
	struct strbuf space = STRBUF_INIT;

	strbuf_adds(&space, "{\"c\":{\"_type\":\"choice\",\"_value\":[");
	for (int i = 0; i < OPTIONS; i++)
		strbuf_addf(&space, is_list ? "%s{\"n\":%d}" : "%s\"o%d\"",
			    i ? "," : "", i);
	strbuf_adds(&space, "]}");
	if (!is_list)
		strbuf_adds(
			&space,
			",\"n\":{\"_type\":\"randint\",\"_value\":[0,10000]}"
			",\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}");
	strbuf_addch(&space, '}');
	return strbuf_detach(&space);
}

/* Of seven options one is good. */
static double loss(const double *p)
{
	return (fmod(p[0], 7) == 3 ? 0 : 0.1) + pow(p[1] / OPTIONS - 0.3, 2) +
	       pow(p[2] - 0.7, 2);
}

static double loss_of_list(const double *p)
{
	return p[0];
}

/* Of everything but the space itself; GridSearch keeps a number an option. */
#define MEMORY_MAX ((size_t)4 << 20)

static void check(const struct tuner_ops *ops, const char *space,
		  rig_function function)
{
	int count = ops->flags & TUNER_SLOW ? 40 : 100;
	size_t before;

	rig_open(&rig, ops->name, space, NULL, OBJECTIVE_MINIMIZE, 4);
	before = mallinfo2().uordblks;
	rig_run(&rig, function, count);
	/* what the sanitizers count is theirs */
	assert_true(mallinfo2().uordblks < before + MEMORY_MAX);
	for (int i = 0; i < count; i++)
		assert_true(rig.points[i][0] >= 0 &&
			    rig.points[i][0] < OPTIONS &&
			    rig.points[i][0] == floor(rig.points[i][0]));
	rig_close(&rig);
}

static void has_room_for_ten_thousand(void **state)
{
	char *space = many_space(false), *list = many_space(true);

	(void)state;
	for (size_t k = 0; tuner_registry()[k]; k++) {
		const struct tuner_ops *ops = tuner_registry()[k];

		if (ops->flags & TUNER_WHOLE)
			check(ops, list, loss_of_list);
		else
			check(ops, space, loss);
	}
	free(space);
	free(list);
}

/* Those that model the space find what chance does not. */
static void finds_among_ten_thousand(void **state)
{
	static const char *const tuners[] = {"TPE", "GP", "SMAC", "Metis",
					     "CMA-ES"};
	char *space = many_space(false);

	(void)state;
	for (size_t k = 0; k < COUNT_OF(tuners); k++) {
		rig_open(&rig, tuners[k], space, NULL, OBJECTIVE_MINIMIZE, 4);
		assert_true(rig_run(&rig, loss, 100) < 0.02);
		rig_close(&rig);
	}
	rig_open(&rig, "Random", space, NULL, OBJECTIVE_MINIMIZE, 4);
	assert_true(rig_run(&rig, loss, 100) > 0.02);
	rig_close(&rig);
	free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_room_for_ten_thousand),
		cmocka_unit_test(finds_among_ten_thousand),
	};

	return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
