/* SPDX-License-Identifier: MIT */
/*
 * How long a suggestion takes, on a history that Optuna and NNI can be given,
 * too (tuner_speed.py):
 *
 *     tuner_speed history COUNT         the space, the points and their losses
 *     tuner_speed run TUNER COUNT ASKS  our own, after that history
 *
 * In life a result comes, the place is filled, a result comes: so every
 * suggestion but the first is made on news, with as many trials running as
 * before.  What is timed is the suggestion alone; fits that it needs are in it.
 */
#include "engine/tuner/tuner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETERS 20
#define RUNNING 8
#define ASKS_MAX 1000000
/* Of the history a fit begins at earlier ones: they are there, as in life. */
#define WARM_SHARE 2

/* What Optuna can express as well: no normal distributions, no steps of
 * logarithms. */
static char *make_space(void)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addch(&out, '{');
	for (int i = 0; i < PARAMETERS / 5; i++)
		strbuf_addf(&out,
			    "%s\"rate%d\":{\"_type\":\"loguniform\","
			    "\"_value\":[1e-5,1]},"
			    "\"decay%d\":{\"_type\":\"uniform\","
			    "\"_value\":[0,1]},"
			    "\"dropout%d\":{\"_type\":\"quniform\","
			    "\"_value\":[0,0.9,0.1]},"
			    "\"layers%d\":{\"_type\":\"randint\","
			    "\"_value\":[1,33]},"
			    "\"act%d\":{\"_type\":\"choice\",\"_value\":"
			    "[\"relu\",\"elu\",\"tanh\",\"gelu\"]}",
			    i ? "," : "", i, i, i, i, i);
	strbuf_addch(&out, '}');
	return strbuf_detach(&out);
}

static void draw(const struct space *space, int64_t number, double *ret_point)
{
	struct random random;

	random_seed(&random, 2, (uint64_t)number);
	space_sample(space, &random, ret_point);
}

/* Some parameters count for more than others, and none for nothing. */
static double loss_of(const struct space *space, const double *point)
{
	double loss = 0;

	for (size_t k = 0; k < space->count; k++)
		loss += fabs(point[k]) / (double)(k + 1);
	return loss;
}

static void print_history(const struct space *space, const char *json,
			  int64_t count)
{
	double point[PARAMETERS];
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "{\"space\":%s,\"running\":%d,\"trials\":[", json,
		    RUNNING);
	for (int64_t i = 0; i < count + RUNNING; i++) {
		draw(space, i, point);
		strbuf_adds(&out, i ? ",\n[" : "\n[");
		space_format(space, point, &out);
		strbuf_addch(&out, ',');
		strbuf_add_json_number(&out, loss_of(space, point));
		strbuf_addch(&out, ']');
	}
	strbuf_adds(&out, "]}\n");
	fwrite(out.data, 1, out.len, stdout);
	strbuf_release(&out);
}

static int compare_times(const void *a, const void *b)
{
	const int64_t *p = a;
	const int64_t *q = b;

	return (*p > *q) - (*p < *q);
}

static void print_times(const char *name, int64_t count, int64_t *times_ns,
			size_t asks)
{
	int64_t sum = 0;

	for (size_t i = 0; i < asks; i++)
		sum += times_ns[i];
	qsort(times_ns, asks, sizeof(*times_ns), compare_times);
	printf("{\"tuner\":\"%s\",\"observations\":%lld,\"parameters\":%d,"
	       "\"suggestions\":%zu,\"mean_ms\":%.6f,\"median_ms\":%.6f,"
	       "\"p95_ms\":%.6f,\"slowest_ms\":%.6f}\n",
	       name, (long long)count, PARAMETERS, asks,
	       (double)sum / (double)asks / 1e6,
	       (double)times_ns[asks / 2] / 1e6,
	       (double)times_ns[asks * 95 / 100] / 1e6,
	       (double)times_ns[asks - 1] / 1e6);
}

static bool run(const struct space *space, const char *name, int64_t count,
		size_t asks, struct error *err)
{
	struct tuner_context context = {
		.space = space, .objective = OBJECTIVE_MINIMIZE, .seed = 1};
	const struct tuner_ops *ops = tuner_find(name);
	double point[PARAMETERS];
	struct tuner *tuner;
	int64_t *times_ns;
	bool ok = true;

	if (!ops)
		return error_set(err, ERROR_INVALID, "no tuner is called '%s'",
				 name);
	tuner = tuner_open(ops, &context, err);
	if (!tuner)
		return false;
	times_ns = xcalloc(asks, sizeof(*times_ns));
	for (int64_t i = 0; i < count + RUNNING; i++) {
		draw(space, i, point);
		tuner_adopt(tuner, i, point);
		if (i < count)
			tuner_observe_value(tuner, i, loss_of(space, point));
		if ((ops->flags & TUNER_SLOW) && i > count / WARM_SHARE)
			ok = tuner_suggest_point(tuner, i + 1, point, err) ==
			     TUNER_SUGGESTED;
	}
	for (size_t i = 0; i < asks && ok; i++) {
		int64_t number = count + RUNNING + (int64_t)i;
		int64_t ended = number - RUNNING;
		int64_t start = clock_mono_ns();

		ok = tuner_suggest_point(tuner, number, point, err) ==
		     TUNER_SUGGESTED;
		times_ns[i] = clock_mono_ns() - start;
		tuner_adopt(tuner, number, point);
		/* the oldest ends: what it was is not what it is told to be */
		tuner_observe_value(tuner, ended, loss_of(space, point));
		tuner_ended(tuner, ended, TRIAL_SUCCEEDED);
	}
	tuner_close(tuner);
	if (ok)
		print_times(ops->name, count, times_ns, asks);
	free(times_ns);
	return ok;
}

static bool read_count(const char *text, int64_t *ret)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	*ret = value;
	return *text && !*end && value >= 1 && value <= ASKS_MAX;
}

int main(int argc, char **argv)
{
	char *json = make_space();
	struct space *space = NULL;
	int64_t count, asks;
	struct error err = {0};
	bool ok = space_parse(json, &space, NULL, &err);

	if (ok && argc == 3 && !strcmp(argv[1], "history") &&
	    read_count(argv[2], &count))
		print_history(space, json, count);
	else if (ok && argc == 5 && !strcmp(argv[1], "run") &&
		 read_count(argv[3], &count) && read_count(argv[4], &asks))
		ok = run(space, argv[2], count, (size_t)asks, &err);
	else if (ok)
		ok = error_set(&err, ERROR_INVALID,
			       "usage: tuner_speed history COUNT, or "
			       "tuner_speed run TUNER COUNT ASKS");
	if (!ok)
		fprintf(stderr, "tuner_speed: %s\n", err.text);
	space_free(space);
	free(json);
	return ok ? 0 : 1;
}
