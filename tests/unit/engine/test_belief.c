/* SPDX-License-Identifier: MIT */
/* What tuners believe after a history whose truth is known: the optimum lies
 * where it lies, densities are densities, and who has no model says so. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/random.h"
#include "engine/belief.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define TRIALS 60
#define OPTIMUM 0.3

static const char space_text[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"l\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"off\"},"
	"{\"_name\":\"on\",\"n\":{\"_type\":\"randint\",\"_value\":[1,9]}}]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\",\"c\"]},"
	"\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-4,1]}}";

enum { X, L, N, C, LR };

static void write_history(struct store *store, int64_t key,
			  const struct space *space)
{
	double point[5];

	for (int64_t i = 0; i < TRIALS; i++) {
		struct history row = {.kind = HISTORY_SUGGESTED, .number = i};
		struct strbuf text = STRBUF_INIT;
		struct random random;

		random_seed(&random, 3, (uint64_t)i);
		space_sample(space, &random, point);
		space_format(space, point, &text);
		row.parameters = text.data;
		assert_ok(store_history_add(store, key, &row, err));
		row = (struct history){.kind = HISTORY_OBSERVED, .number = i};
		row.value = -fabs(point[X] - OPTIMUM) - (point[C] != 1) * 0.2;
		assert_ok(store_history_add(store, key, &row, err));
		row = (struct history){.kind = HISTORY_ENDED,
				       .number = i,
				       .state = TRIAL_SUCCEEDED};
		assert_ok(store_history_add(store, key, &row, err));
		strbuf_release(&text);
	}
}

/* An experiment with that history; tuner: YAML's "name" or NULL for none. */
static struct experiment make(struct store *store, const char *id,
			      const char *tuner, bool has_history)
{
	struct experiment experiment = {
		.name = xstrdup(id),
		.state = EXPERIMENT_DONE,
		.platform = xstrdup("local"),
		.space = xstrdup(space_text),
		.source = xstrdup(""),
		.source_path = xstrdup("exp.yaml"),
		.directory = xstrdup("/tmp/none"),
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = 7,
		.concurrency = 1,
		.created_ns = 1,
	};
	struct error why = {0};
	struct space *space;

	snprintf(experiment.id, sizeof(experiment.id), "%s", id);
	experiment.config = xasprintf(
		"{\"searchSpace\":%s,\"trialCommand\":\"true\","
		"\"trialCodeDirectory\":\"/tmp\",\"trialConcurrency\":1,"
		"\"tuner\":{\"name\":\"%s\",\"classArgs\":{\"optimize_mode\":"
		"\"maximize\"}},\"trainingService\":{\"platform\":\"local\"}}",
		space_text, tuner);
	if (!space_parse(space_text, &space, NULL, &why))
		fail_msg("%s", why.text);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_add(store, &experiment, err));
	if (has_history)
		write_history(store, experiment.key, space);
	assert_ok(store_commit(store, err));
	space_free(space);
	return experiment;
}

static size_t highest(const double *values, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (values[i] > values[best])
			best = i;
	return best;
}

static void check_means(const struct belief *belief)
{
	const struct belief_line *x = &belief->lines[X];
	const struct belief_line *c = &belief->lines[C];

	assert_null(belief->why_none);
	for (size_t i = 0; i < belief->space->count; i++) {
		const struct belief_line *line = &belief->lines[i];

		assert_int_equal(line->kind, BELIEF_MEAN);
		for (size_t k = 0; k < line->count; k++)
			assert_true(line->second[k] >= 0);
	}
	assert_true(fabs(x->numbers[highest(x->first, x->count)] - OPTIMUM) <
		    0.15);
	assert_int_equal(c->count, 3);
	assert_int_equal(highest(c->first, 3), 1);
	assert_int_equal(belief->lines[N].count, 8);
	assert_true(belief->lines[N].numbers[7] == 8);
	assert_true(fabs(belief->lines[LR].numbers[0] - 1e-4) < 1e-9);
	/* as reported: maximised, and below 0 */
	assert_true(x->first[highest(x->first, x->count)] < 0.3);
}

static void check_densities(const struct belief *belief)
{
	const struct belief_line *x = &belief->lines[X];
	const struct belief_line *c = &belief->lines[C];
	double good = 0, others = 0, ratio[61];

	for (size_t i = 0; i < belief->space->count; i++)
		assert_int_equal(belief->lines[i].kind, BELIEF_DENSITIES);
	assert_int_equal(x->count, 61);
	for (size_t i = 0; i < 61; i++) {
		double part = (i == 0 || i == 60 ? 0.5 : 1) / 60;

		good += part * x->first[i];
		others += part * x->second[i];
		ratio[i] = x->first[i] / x->second[i];
	}
	assert_true(fabs(good - 1) < 0.02 && fabs(others - 1) < 0.02);
	assert_true(fabs(x->numbers[highest(ratio, 61)] - OPTIMUM) < 0.15);
	assert_true(fabs(c->first[0] + c->first[1] + c->first[2] - 1) < 1e-9);
	assert_int_equal(highest(c->first, 3), 1);
}

static void test_beliefs(void **state)
{
	static const char *const modelling[] = {"GP", "Metis", "SMAC"};
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment experiment;
	struct error err = {0};
	struct belief *belief;

	for (size_t i = 0; i < COUNT_OF(modelling); i++) {
		char id[EXPERIMENT_ID_MAX + 1];

		snprintf(id, sizeof(id), "model%zu", i);
		experiment = make(store, id, modelling[i], true);
		belief = belief_find(store, &experiment, 0, NULL, &err);
		if (!belief)
			fail_msg("%s", err.text);
		if (belief->why_none)
			fail_msg("%s", belief->why_none);
		assert_string_equal(belief->tuner, modelling[i]);
		assert_int_equal(belief->results, TRIALS);
		check_means(belief);
		belief_free(belief);
		experiment_release(&experiment);
	}
	experiment = make(store, "parzen", "TPE", true);
	belief = belief_find(store, &experiment, 0, NULL, &err);
	assert_non_null(belief);
	check_densities(belief);
	belief_free(belief);
	/* told of a half, the best among them */
	belief = belief_find(store, &experiment, TRIALS / 2, NULL, &err);
	assert_non_null(belief);
	assert_int_equal(belief->known, TRIALS);
	assert_in_range(belief->results, TRIALS / 4, TRIALS * 3 / 4);
	assert_true(fabs(belief->lines[X]
				 .numbers[highest(belief->lines[X].first, 61)] -
			 OPTIMUM) < 0.2);
	belief_free(belief);
	experiment_release(&experiment);
	store_close(store);
}

static void check_none(struct store *store, struct experiment experiment,
		       const char *words)
{
	struct error err = {0};
	struct belief *belief = belief_find(store, &experiment, 0, NULL, &err);

	if (!belief)
		fail_msg("%s", err.text);
	assert_non_null(belief->why_none);
	assert_non_null(strstr(belief->why_none, words));
	for (size_t i = 0; i < belief->space->count; i++)
		assert_int_equal(belief->lines[i].kind, BELIEF_NONE);
	belief_free(belief);
	experiment_release(&experiment);
}

static void test_none(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment other;

	check_none(store, make(store, "chance", "Random", true),
		   "has no belief");
	check_none(store, make(store, "early", "TPE", false), "too few");
	check_none(store, make(store, "early2", "GP", false), "too few");
	check_none(store, make(store, "early3", "SMAC", false), "too few");
	other = make(store, "broken", "GP", true);
	free(other.config);
	other.config = xstrdup("{\"name\":7}");
	check_none(store, other, "names no tuner");
	store_close(store);
}

/* The space was changed after half of the results: those count on, as imported
 * ones do, where they lie in the space of now; so do a user's own trials. */
static void test_changed(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment experiment = make(store, "changed", "TPE", false);
	struct history changed = {.kind = HISTORY_CHANGED, .number = 20};
	atomic_bool stop = true;
	struct error why = {0};
	struct belief *belief;
	char text[128];

	assert_ok(store_begin(store, err));
	for (int64_t i = 0; i < 40; i++) {
		struct trial trial = {.experiment = experiment.key,
				      .sequence = i,
				      .attempt = 1,
				      .source = 'a',
				      .state = TRIAL_SUCCEEDED,
				      .parameters = text};
		struct history row = {.kind = HISTORY_SUGGESTED,
				      .number = i == 39 ? -1 : i,
				      .parameters = text};

		if (i == 20)
			assert_ok(store_history_add(store, experiment.key,
						    &changed, err));
		/* one of the old ones has an option that is none now */
		snprintf(text, sizeof(text),
			 "{\"x\":%g,\"l\":{\"_name\":\"off\"},\"c\":\"%s\","
			 "\"lr\":0.01}",
			 (double)i / 40, i == 7 ? "gone" : "b");
		snprintf(trial.id, sizeof(trial.id), "c%04d", (int)i);
		assert_ok(store_trial_add(store, &trial, err));
		row.trial = trial.key;
		if (i != 39)
			assert_ok(store_history_add(store, experiment.key, &row,
						    err));
		row.kind = HISTORY_OBSERVED;
		row.parameters = NULL;
		row.value = (double)i;
		assert_ok(store_history_add(store, experiment.key, &row, err));
	}
	assert_ok(store_commit(store, err));
	belief = belief_find(store, &experiment, 0, NULL, &why);
	assert_non_null(belief);
	assert_null(belief->why_none);
	assert_int_equal(belief->results, 19);
	assert_int_equal(belief->imported, 20);
	belief_free(belief);
	/* told to stop, it tells nothing more */
	belief = belief_find(store, &experiment, 0, &stop, &why);
	assert_non_null(belief);
	assert_int_equal(belief->results + belief->imported, 0);
	belief_free(belief);
	experiment_release(&experiment);
	store_close(store);
}

static void test_job(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment experiment = make(store, "job", "GP", true);
	const struct belief *belief = NULL;
	struct belief_job *job;
	struct error err = {0};

	job = belief_start(place->path, experiment.key, &err);
	assert_non_null(job);
	while (!belief_poll(job, &belief, &err))
		poll(NULL, 0, 1);
	assert_non_null(belief);
	check_means(belief);
	belief_job_free(job);
	/* one that nobody waits for */
	job = belief_start(place->path, experiment.key, &err);
	assert_non_null(job);
	belief_job_free(job);
	/* an experiment that is not there */
	job = belief_start(place->path, 12345, &err);
	while (!belief_poll(job, &belief, &err))
		poll(NULL, 0, 1);
	assert_null(belief);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	belief_job_free(job);
	experiment_release(&experiment);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beliefs, place_make,
						place_remove),
		cmocka_unit_test_setup_teardown(test_none, place_make,
						place_remove),
		cmocka_unit_test_setup_teardown(test_changed, place_make,
						place_remove),
		cmocka_unit_test_setup_teardown(test_job, place_make,
						place_remove),
	};

	return cmocka_run_group_tests_name("engine/belief", tests, NULL, NULL);
}
