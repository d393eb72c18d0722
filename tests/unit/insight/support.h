/* SPDX-License-Identifier: MIT */
/* Spaces and observations for tests. */
#ifndef TESTS_UNIT_INSIGHT_SUPPORT_H
#define TESTS_UNIT_INSIGHT_SUPPORT_H

#include "insight/observations.h"
#include "model/experiment.h"
#include "model/space.h"

struct space *parse_space(const char *json);
/* Parameter by path; fails the test when there is none. */
size_t parameter_of(const struct space *space, const char *path);
/* A function of a point, internal values. */
typedef double test_function(const double *point);
/* `count` trials drawn from the space, numbered from 0. */
struct observations *observe(const struct space *space, size_t count,
			     uint64_t seed, test_function *function);
double seconds_now(void);

#endif
