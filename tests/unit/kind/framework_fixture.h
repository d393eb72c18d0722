/* SPDX-License-Identifier: MIT */
/*
 * Frameworks made of experiment files, and what they are compared with.
 *
 * Fixtures hold whole objects but for what every pod has in common: the
 * command, its environment, our volumes and their mounts
 * (tests/unit/pod/test_template).
 */
#ifndef TESTS_UNIT_KIND_FRAMEWORK_FIXTURE_H
#define TESTS_UNIT_KIND_FRAMEWORK_FIXTURE_H

#include "tests/unit/pod/plan.h"

/* Of a file in tests/unit/kind/fixtures; caller frees. */
char *framework_fixture_path(const char *name);
cJSON *framework_fixture(const char *name);

/* The object of this experiment, or NULL. */
cJSON *framework_try(struct sample *sample, struct error *err);
/* The same of lines of trainingService (plan.h); fails the test. */
cJSON *framework_made(const char *service);
/* It must be the fixture. */
void expect_framework(const char *service, const char *fixture);
/* All of part must be in whole; named things in lists are found by name. */
void expect_contained(const cJSON *part, const cJSON *whole, const char *path);

#endif
