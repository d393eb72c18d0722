/* SPDX-License-Identifier: MIT */
/* The pictures' database: numbers that look like a search, by formula. */
#include "tests/support/pictures_fixture.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/store.h"
#include "tests/support/screen_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_TRIALS 200
#define TRADEOFF_TRIALS 90
#define SLOTS 4
#define STEPS 24

static const char sweep_space[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-05,0.1]},"
	"\"layers\":{\"_type\":\"randint\",\"_value\":[1,9]},"
	"\"optimizer\":{\"_type\":\"choice\","
	"\"_value\":[\"sgd\",\"adam\",\"rmsprop\"]},"
	"\"dropout\":{\"_type\":\"uniform\",\"_value\":[0,0.6]}}";

static const char tradeoff_config[] =
	"{\"tuner\":{\"name\":\"Random\",\"classArgs\":{\"optimize_mode\":"
	"{\"accuracy\":\"maximize\",\"latency\":\"minimize\","
	"\"size\":\"minimize\"},\"constraints\":{\"memory\":\"<= 8\"}}}}";

static struct store *store;
static struct random random_numbers;

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "pictures fixture: %s\n", err->text);
	exit(1);
}

static struct experiment add_experiment(const char *id, const char *name,
					const char *config,
					enum objective_mode mode)
{
	struct error err;
	struct experiment experiment = {
		.name = xstrdup(name),
		.state = EXPERIMENT_RUNNING,
		.platform = xstrdup("local"),
		.config = xstrdup(config),
		.source = xstrdup("experimentName: x\n"),
		.source_path = xstrdup("/home/ada/experiment.yaml"),
		.space = xstrdup(sweep_space),
		.directory = xstrdup("/home/ada/experiments"),
		.objective = mode,
		.seed = 1,
		.concurrency = SLOTS,
		.max_trials = 400,
		.created_ns = SCREEN_NOW_NS - 4 * 3600 * NS_PER_S,
		.started_ns = SCREEN_NOW_NS - 4 * 3600 * NS_PER_S};

	snprintf(experiment.id, sizeof(experiment.id), "%s", id);
	must(store_experiment_add(store, &experiment, &err), &err);
	must(store_experiment_update(store, &experiment, &err), &err);
	return experiment;
}

static void report(struct trial *trial, const char *name, enum metric_type type,
		   int64_t step, double value, int64_t at_ns)
{
	struct metric metric = {
		.type = type, .sequence = step, .at_ns = at_ns, .value = value};
	struct error err;
	bool is_new;

	strcpy(metric.name, name);
	must(store_metric_add(store, trial->key, trial->attempt, &metric,
			      &is_new, &err),
	     &err);
}

struct point {
	double lr, dropout;
	int layers, optimizer;
};

static struct point draw_point(void)
{
	return (struct point){
		.lr = pow(10, -5 + 4 * random_unit(&random_numbers)),
		.dropout = 0.6 * random_unit(&random_numbers),
		.layers = 1 + (int)random_below(&random_numbers, 8),
		.optimizer = (int)random_below(&random_numbers, 3)};
}

static char *format_point(const struct point *p)
{
	static const char *const optimizers[] = {"sgd", "adam", "rmsprop"};

	return xasprintf("{\"lr\":%.6g,\"layers\":%d,\"optimizer\":\"%s\","
			 "\"dropout\":%.4g}",
			 p->lr, p->layers, optimizers[p->optimizer],
			 p->dropout);
}

/* A valley around lr 0.003, few layers wrong, adam a little better. */
static double loss_of(const struct point *p)
{
	double far = log10(p->lr) + 2.5;

	return 0.08 + 0.05 * far * far + 0.01 * fabs(p->layers - 5.0) +
	       (p->optimizer == 1 ? 0 : 0.03) + 0.1 * p->dropout * p->dropout;
}

static void count_trial(struct experiment *experiment,
			const struct trial *trial)
{
	experiment->counts[trial->state]++;
	experiment->next_sequence = trial->sequence + 1;
	if (trial->final.is_set &&
	    objective_is_better(experiment->objective, trial->final,
				experiment->best)) {
		experiment->best = trial->final;
		experiment->best_trial = trial->key;
	}
}

static void add_curve(struct trial *trial, double end, int steps)
{
	for (int step = 0; step < steps; step++) {
		double value =
			end + 0.9 * exp(-(step + 1) / 5.0) +
			0.01 * random_normal(&random_numbers) / (step + 1);
		int64_t at_ns = trial->started_ns + step * 10 * NS_PER_S;

		report(trial, METRIC_OBJECTIVE, METRIC_INTERMEDIATE, step,
		       value, at_ns);
		trial->last.is_set = trial->best.is_set = true;
		trial->last.number = trial->best.number = value;
		trial->intermediates = step + 1;
	}
}

static enum trial_state state_of(int i, int64_t end_ns, double loss)
{
	if (end_ns > SCREEN_NOW_NS)
		return TRIAL_RUNNING;
	if (i % 37 == 5)
		return TRIAL_FAILED;
	return loss > 0.35 && i > 20 ? TRIAL_EARLY_STOPPED : TRIAL_SUCCEEDED;
}

static void add_sweep_trial(struct experiment *experiment, int i,
			    int64_t *free_ns)
{
	struct point point = draw_point();
	double loss = loss_of(&point);
	struct error err;
	struct trial trial = {.experiment = experiment->key,
			      .sequence = i,
			      .attempt = 1,
			      .source = 'a',
			      .parameters = format_point(&point)};
	int64_t end_ns;
	int steps;

	snprintf(trial.id, sizeof(trial.id), "s%04d", i);
	trial.submitted_ns = *free_ns;
	trial.started_ns =
		*free_ns +
		(2 + (int64_t)random_below(&random_numbers, 30)) * NS_PER_S;
	end_ns = trial.started_ns +
		 (int64_t)(120 + 40 * point.layers +
			   60 * random_unit(&random_numbers)) *
			 NS_PER_S;
	trial.state = state_of(i, end_ns, loss);
	if (trial.state == TRIAL_EARLY_STOPPED)
		end_ns -= (end_ns - trial.started_ns) / 2;
	if (trial.state != TRIAL_RUNNING)
		trial.ended_ns = end_ns;
	steps = trial.state == TRIAL_SUCCEEDED ? STEPS : STEPS / 2 - i % 5;
	must(store_trial_add(store, &trial, &err), &err);
	add_curve(&trial, loss, steps);
	if (trial.state == TRIAL_SUCCEEDED) {
		trial.final = (struct metric_value){true, loss};
		report(&trial, METRIC_OBJECTIVE, METRIC_FINAL, 0, loss, end_ns);
		report(&trial, "accuracy", METRIC_FINAL, 0, 1 - loss, end_ns);
	}
	must(store_trial_update(store, &trial, &err), &err);
	count_trial(experiment, &trial);
	*free_ns = end_ns + (5 + i % 7 * 3) * NS_PER_S;
	trial_release(&trial);
}

static void add_sweep(void)
{
	struct experiment experiment =
		add_experiment("sweep001", "sweep", "{}", OBJECTIVE_MINIMIZE);
	int64_t free_ns[SLOTS];
	struct error err;

	for (int i = 0; i < SLOTS; i++)
		free_ns[i] = experiment.started_ns + i * NS_PER_S;
	for (int i = 0; i < SWEEP_TRIALS; i++) {
		int slot = 0;

		for (int k = 1; k < SLOTS; k++)
			if (free_ns[k] < free_ns[slot])
				slot = k;
		if (free_ns[slot] > SCREEN_NOW_NS - NS_PER_S)
			break;
		add_sweep_trial(&experiment, i, &free_ns[slot]);
	}
	must(store_experiment_update(store, &experiment, &err), &err);
	experiment_release(&experiment);
}

static void add_tradeoff(void)
{
	struct experiment experiment = add_experiment(
		"trade001", "tradeoff", tradeoff_config, OBJECTIVE_MAXIMIZE);
	struct error err;

	for (int i = 0; i < TRADEOFF_TRIALS; i++) {
		struct point point = draw_point();
		double big = point.layers / 8.0;
		double luck = random_unit(&random_numbers);
		double accuracy = 0.6 + 0.35 * sqrt(big) * (1 - 0.3 * luck);
		struct trial trial = {.experiment = experiment.key,
				      .sequence = i,
				      .attempt = 1,
				      .source = 'a',
				      .state = TRIAL_SUCCEEDED,
				      .submitted_ns = experiment.started_ns +
						      i * 60 * NS_PER_S,
				      .parameters = format_point(&point)};

		snprintf(trial.id, sizeof(trial.id), "o%04d", i);
		trial.started_ns = trial.submitted_ns + NS_PER_S;
		trial.ended_ns = trial.started_ns + 50 * NS_PER_S;
		trial.final = (struct metric_value){true, accuracy};
		must(store_trial_add(store, &trial, &err), &err);
		report(&trial, METRIC_OBJECTIVE, METRIC_FINAL, 0, accuracy,
		       trial.ended_ns);
		report(&trial, "accuracy", METRIC_FINAL, 0, accuracy,
		       trial.ended_ns);
		report(&trial, "latency", METRIC_FINAL, 0,
		       4 + 30 * big * (0.6 + luck * point.dropout),
		       trial.ended_ns);
		report(&trial, "size", METRIC_FINAL, 0,
		       1 + 20 * big * (1 - point.dropout), trial.ended_ns);
		report(&trial, "memory", METRIC_FINAL, 0, 1 + 8 * big,
		       trial.ended_ns);
		must(store_trial_update(store, &trial, &err), &err);
		count_trial(&experiment, &trial);
		trial_release(&trial);
	}
	must(store_experiment_update(store, &experiment, &err), &err);
	experiment_release(&experiment);
}

static void add_begun(void)
{
	struct experiment experiment =
		add_experiment("begun001", "begun", "{}", OBJECTIVE_MINIMIZE);
	struct error err;

	for (int i = 0; i < 3; i++) {
		struct point point = draw_point();
		struct trial trial = {
			.experiment = experiment.key,
			.sequence = i,
			.attempt = 1,
			.source = 'a',
			.state = i == 2 ? TRIAL_WAITING : TRIAL_RUNNING,
			.submitted_ns = SCREEN_NOW_NS - 60 * NS_PER_S,
			.started_ns =
				i == 2 ? 0 : SCREEN_NOW_NS - 40 * NS_PER_S,
			.parameters = format_point(&point)};

		snprintf(trial.id, sizeof(trial.id), "b%04d", i);
		must(store_trial_add(store, &trial, &err), &err);
		must(store_trial_update(store, &trial, &err), &err);
		count_trial(&experiment, &trial);
		trial_release(&trial);
	}
	must(store_experiment_update(store, &experiment, &err), &err);
	experiment_release(&experiment);
}

void pictures_fixture(const char *folder)
{
	char *path = xasprintf("%s/pictures.db", folder);
	struct experiment blank;
	struct error err;

	random_seed(&random_numbers, 7, 0);
	clock_fix_wall(SCREEN_NOW_NS);
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	blank = add_experiment("blank001", "blank", "{}", OBJECTIVE_MINIMIZE);
	experiment_release(&blank);
	add_begun();
	add_tradeoff();
	add_sweep();
	must(store_commit(store, &err), &err);
	store_close(store);
	clock_fix_wall(0);
	free(path);
}
