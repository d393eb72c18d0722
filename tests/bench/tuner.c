/* SPDX-License-Identifier: MIT */
/*
 * How fast tuners suggest: spaces of ten and twenty parameters of all sorts,
 * with eight trials running.  One JSON object a line, milliseconds a suggestion
 * being what a person would notice.
 *
 * TPE is asked again and again with 100, 1,000 and 10,000 observations.  Those
 * with a model get a result after each suggestion, so that the mean has its
 * share of the fits that are made every now and then; the suggestion alone,
 * asked for again without news, is "again_ms".
 */
#include "engine/tuner/tuner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The ten parameters, once more under other names. */
static char *twice(const char *json)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, json, strlen(json) - 1);
	strbuf_addch(&out, ',');
	for (const char *c = json + 1; *c; c++) {
		strbuf_addch(&out, *c);
		/* a name begins after a brace or between two parameters */
		if (*c == '"' && c[1] != '_' && c[-1] != '[' &&
		    (c == json + 1 || (c[-1] == ',' && c[-2] == '}')))
			strbuf_addch(&out, 'z');
	}
	return strbuf_detach(&out);
}

static double loss_of(const struct space *space, const double *point)
{
	double loss = 0;

	for (size_t k = 0; k < space->count; k++)
		loss += fabs(point[k]);
	return loss;
}

static bool bench_model(const char *name, const char *json,
			int64_t observations, int suggestions)
{
	struct tuner_context context = {.objective = OBJECTIVE_MINIMIZE,
					.seed = 1};
	double point[2 * PARAMETERS];
	int64_t took, slowest = 0, total = 0, again = 0;
	struct tuner *tuner = NULL;
	struct random random;
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err) ||
	    space->count > 2 * PARAMETERS) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	context.space = space;
	tuner = tuner_open(tuner_find(name), &context, &err);
	if (!tuner)
		return false;
	for (int64_t i = 0; i < observations + RUNNING; i++) {
		random_seed(&random, 2, (uint64_t)i);
		space_sample(space, &random, point);
		tuner_adopt(tuner, i, point);
		if (i < observations)
			tuner_observe_value(tuner, i, loss_of(space, point));
		/* fits begin at earlier ones: those are there, as in life */
		if (i > observations / 2)
			tuner_suggest_point(tuner, i, point, &err);
	}
	for (int i = 0; i < suggestions; i++) {
		int64_t number = observations + RUNNING + i;
		int64_t start = clock_mono_ns();

		tuner_suggest_point(tuner, number, point, &err);
		took = clock_mono_ns() - start;
		total += took;
		slowest = took > slowest ? took : slowest;
		start = clock_mono_ns();
		tuner_suggest_point(tuner, number, point, &err);
		again += clock_mono_ns() - start;
		tuner_adopt(tuner, number, point);
		tuner_observe_value(tuner, number, loss_of(space, point));
		tuner_ended(tuner, number, TRIAL_SUCCEEDED);
	}
	tuner_close(tuner);
	printf("{\"bench\":\"%s\",\"observations\":%lld,\"parameters\":%zu,"
	       "\"mean_ms\":%.3f,\"again_ms\":%.3f,\"slowest_ms\":%.3f}\n",
	       name, (long long)observations, space->count,
	       (double)total / suggestions / 1e6,
	       (double)again / suggestions / 1e6, (double)slowest / 1e6);
	space_free(space);
	return true;
}

static bool bench_models(void)
{
	static const char *const names[] = {"GP", "Metis", "SMAC", "CMA-ES"};
	char *json = twice(space_json);
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(names) && ok; i++)
		ok = bench_model(names[i], space_json, 100, 50) &&
		     bench_model(names[i], space_json, 500, 50) &&
		     bench_model(names[i], json, 100, 50) &&
		     bench_model(names[i], json, 500, 50);
	free(json);
	return ok;
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
	     bench(space, 10000, 100) && bench_models();
	space_free(space);
	return ok ? 0 : 1;
}
