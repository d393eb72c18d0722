/* SPDX-License-Identifier: MIT */
#include "tests/unit/insight/support.h"

#include "base/clock.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct space *parse_space(const char *json)
{
	struct space *space;
	struct error err = {0};

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s", err.text);
	return space;
}

size_t parameter_of(const struct space *space, const char *path)
{
	for (size_t i = 0; i < space->count; i++)
		if (!strcmp(space->parameters[i].path, path))
			return i;
	fail_msg("no parameter %s", path);
	return 0;
}

struct observations *observe(const struct space *space, size_t count,
			     uint64_t seed, test_function *function)
{
	struct observations *all = observations_new(space);
	double *point = xcalloc(space->count + 1, sizeof(*point));

	for (size_t i = 0; i < count; i++) {
		struct random random;

		random_seed(&random, seed, i);
		space_sample(space, &random, point);
		observations_put(all, (uint32_t)i, point, function(point));
	}
	free(point);
	return all;
}

double seconds_now(void)
{
	return (double)clock_mono_ns() / 1e9;
}
