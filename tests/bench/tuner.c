/* SPDX-License-Identifier: MIT */
/*
 * How fast TPE suggests: a space of ten parameters of all sorts, with 100,
 * 1,000 and 10,000 observations and eight trials running.  One JSON object a
 * line, milliseconds a suggestion being what a person would notice.
 */
#include "engine/tuner/tuner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char space_json[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
	"\"momentum\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"decay\":{\"_type\":\"loguniform\",\"_value\":[1e-8,1e-2]},"
	"\"dropout\":{\"_type\":\"quniform\",\"_value\":[0,0.9,0.1]},"
	"\"hidden\":{\"_type\":\"qloguniform\",\"_value\":[16,4096,16]},"
	"\"noise\":{\"_type\":\"normal\",\"_value\":[0,1]},"
	"\"scale\":{\"_type\":\"lognormal\",\"_value\":[0,1]},"
	"\"layers\":{\"_type\":\"randint\",\"_value\":[1,9]},"
	"\"act\":{\"_type\":\"choice\",\"_value\":[\"relu\",\"elu\",\"tanh\"]},"
	"\"warmup\":{\"_type\":\"uniform\",\"_value\":[0,100]}}";

#define RUNNING 8
#define PARAMETERS 10

static bool bench(const struct space *space, int64_t observations,
		  int suggestions)
{
	struct tuner_context context = {
		.space = space, .objective = OBJECTIVE_MINIMIZE, .seed = 1};
	double point[PARAMETERS];
	struct random random;
	struct error err;
	struct tuner *tuner = tuner_open(tuner_find("TPE"), &context, &err);
	int64_t start, slowest = 0, total = 0;
	clock_t cpu;

	if (!tuner)
		return false;
	for (int64_t i = 0; i < observations + RUNNING; i++) {
		double loss = 0;

		random_seed(&random, 2, (uint64_t)i);
		space_sample(space, &random, point);
		for (size_t k = 0; k < space->count; k++)
			loss += fabs(point[k]);
		tuner_adopt(tuner, i, point);
		if (i < observations)
			tuner_observe_value(tuner, i, loss);
	}
	cpu = clock();
	for (int i = 0; i < suggestions; i++) {
		int64_t took;

		start = clock_mono_ns();
		tuner_suggest_point(tuner, observations + RUNNING + i, point,
				    &err);
		took = clock_mono_ns() - start;
		total += took;
		slowest = took > slowest ? took : slowest;
	}
	cpu = clock() - cpu;
	tuner_close(tuner);
	printf("{\"bench\":\"tpe\",\"observations\":%lld,\"parameters\":%d,"
	       "\"suggestions_per_s\":%.0f,\"mean_ms\":%.3f,"
	       "\"cpu_ms\":%.3f,\"slowest_ms\":%.3f}\n",
	       (long long)observations, PARAMETERS,
	       suggestions * 1e9 / (double)total,
	       (double)total / suggestions / 1e6,
	       cpu * 1e3 / CLOCKS_PER_SEC / suggestions, (double)slowest / 1e6);
	return true;
}

int main(void)
{
	struct space *space;
	struct error err;
	bool ok;

	if (!space_parse(space_json, &space, NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ok = bench(space, 100, 2000) && bench(space, 1000, 500) &&
	     bench(space, 10000, 100);
	space_free(space);
	return ok ? 0 : 1;
}
