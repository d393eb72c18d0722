/* SPDX-License-Identifier: MIT */
/* Experiments with histories, by formula. */
#include "tests/support/insight_fixture.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "model/space.h"
#include "store/store.h"
#include "tests/support/screen_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char nested_space[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,0.1]},"
	"\"layer\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"none\"},"
	"{\"_name\":\"conv\",\"size\":{\"_type\":\"randint\",\"_value\":[1,13]}"
	"}"
	",{\"_name\":\"dense\",\"rate\":{\"_type\":\"uniform\",\"_value\":"
	"[0,0.5]}}]},"
	"\"a\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"b\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

static struct store *store;

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "insight fixture: %s\n", err->text);
	exit(1);
}

/* What the nested space's points lead to: lr, and a and b together. */
static double result_of(const double *point)
{
	double far = (point[0] - log(1e-3)) / log(10);
	bool is_odd = (point[4] < 0.5) != (point[5] < 0.5);

	return 0.9 - 0.05 * far * far - (is_odd ? 0.2 : 0) +
	       (point[1] == 1 ? 0.03 : 0);
}

static void add_history(int64_t experiment, const struct trial *trial,
			const double *value)
{
	struct history row = {.kind = HISTORY_SUGGESTED,
			      .trial = trial->key,
			      .number = trial->sequence,
			      .parameters = trial->parameters};
	struct error err;

	must(store_history_add(store, experiment, &row, &err), &err);
	row = (struct history){.kind = HISTORY_OBSERVED,
			       .trial = trial->key,
			       .number = trial->sequence};
	if (value) {
		row.value = *value;
		must(store_history_add(store, experiment, &row, &err), &err);
	}
	row.kind = HISTORY_ENDED;
	row.state = trial->state;
	must(store_history_add(store, experiment, &row, &err), &err);
}

static void add_trials(struct experiment *experiment, int count,
		       double (*function)(const double *))
{
	struct space *space;
	struct error err;
	double point[16];

	must(space_parse(experiment->space, &space, NULL, &err), &err);
	for (int i = 0; i < count; i++) {
		struct strbuf text = STRBUF_INIT;
		struct random random;
		struct trial trial = {
			.experiment = experiment->key,
			.sequence = -1,
			.attempt = 1,
			.source = 'a',
			.submitted_ns = SCREEN_NOW_NS - 3600 * NS_PER_S,
			.started_ns = SCREEN_NOW_NS - 3600 * NS_PER_S,
			.ended_ns = SCREEN_NOW_NS - (count - i) * NS_PER_S};
		double value;

		random_seed(&random, 11, (uint64_t)i);
		space_sample(space, &random, point);
		space_format(space, point, &text);
		value = function(point);
		snprintf(trial.id, sizeof(trial.id), "i%04d", i);
		trial.parameters = strbuf_detach(&text);
		trial.state = i % 19 == 5 ? TRIAL_FAILED : TRIAL_SUCCEEDED;
		trial.final = (struct metric_value){
			trial.state == TRIAL_SUCCEEDED, value};
		must(store_trial_add(store, &trial, &err), &err);
		must(store_trial_update(store, &trial, &err), &err);
		add_history(experiment->key, &trial,
			    trial.final.is_set ? &value : NULL);
		trial_release(&trial);
	}
	must(store_experiment_update(store, experiment, &err), &err);
	space_free(space);
}

static void add_experiment(const char *id, const char *name, const char *tuner,
			   const char *space, int count,
			   double (*function)(const double *))
{
	struct error err;
	struct experiment experiment = {
		.name = xstrdup(name),
		.state = EXPERIMENT_DONE,
		.platform = xstrdup("local"),
		.source = xstrdup("experimentName: x\n"),
		.source_path = xstrdup("/home/ada/experiment.yaml"),
		.space = xstrdup_or_null(space),
		.directory = xstrdup("/home/ada/experiments"),
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = 1,
		.concurrency = 1,
		.max_trials = count,
		.created_ns = SCREEN_NOW_NS - 3600 * NS_PER_S,
		.started_ns = SCREEN_NOW_NS - 3600 * NS_PER_S,
		.ended_ns = SCREEN_NOW_NS - NS_PER_S};

	snprintf(experiment.id, sizeof(experiment.id), "%s", id);
	experiment.config = xasprintf(
		"{\"searchSpace\":%s,\"trialCommand\":\"true\","
		"\"trialCodeDirectory\":\"/tmp\",\"trialConcurrency\":1,"
		"\"tuner\":{\"name\":\"%s\",\"classArgs\":{\"optimize_mode\":"
		"\"maximize\"}},\"trainingService\":{\"platform\":\"local\"}}",
		space ? space : "{}", tuner);
	must(store_experiment_add(store, &experiment, &err), &err);
	if (space)
		add_trials(&experiment, count, function);
	experiment_release(&experiment);
}

static double smooth(const double *point)
{
	return -(point[0] - 0.3) * (point[0] - 0.3) - 0.2 * fabs(point[1] - 2);
}

static double same(const double *point)
{
	return point[0] > 7 ? 1 : 0.5;
}

void insight_fixture(const char *folder)
{
	static const char plain[] =
		"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
		"\"act\":{\"_type\":\"choice\",\"_value\":[\"relu\",\"tanh\","
		"\"gelu\",\"silu\"]}}";
	static const char single[] =
		"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";
	char *path = xasprintf("%s/insight.db", folder);
	struct error err;

	clock_fix_wall(SCREEN_NOW_NS);
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	add_experiment("bare0001", "bare", "Random", NULL, 0, same);
	add_experiment("equal001", "equal", "Random", plain, 20, same);
	add_experiment("one00001", "one", "TPE", single, 1, smooth);
	add_experiment("chance01", "chance", "Random", plain, 30, smooth);
	add_experiment("smooth01", "smooth", "GP", plain, 40, smooth);
	add_experiment("nested01", "nested", "TPE", nested_space, 140,
		       result_of);
	must(store_commit(store, &err), &err);
	store_close(store);
	clock_fix_wall(0);
	free(path);
}
