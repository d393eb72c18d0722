/* SPDX-License-Identifier: MIT */
/* A plan of an attempt, made from the trainingService of an experiment file. */
#ifndef TESTS_UNIT_POD_PLAN_H
#define TESTS_UNIT_POD_PLAN_H

#include "engine/pod/template.h"

struct sample {
	struct experiment experiment; /* abcd1234 */
	struct experiment_config config;
	struct trial trial;	/* xa12b, the eighth; lr 0.1 */
	struct attempt attempt; /* the second */
	struct pod_plan plan;
};

/* service: lines of trainingService beside platform and image, each with two
 * blanks in front; top: lines of the top level.  Fails the test when they are
 * refused. */
void sample_init(struct sample *sample, const char *top, const char *service);
void sample_release(struct sample *sample);

/* Follow "spec.containers.0.name" down; NULL when it leads nowhere. */
const cJSON *json_at(const cJSON *tree, const char *path);
/* What is at path must be this JSON ("absent": nothing). */
void expect_json(const cJSON *tree, const char *path, const char *json);

#endif
