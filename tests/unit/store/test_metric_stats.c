/* SPDX-License-Identifier: MIT */
/* Statistics of a metric over ranges of trials: attempts, stages, places. */
#include "base/mem.h"
#include "model/trial_field.h"
#include "store/store.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/trialdeck-stats-XXXXXX";
static struct store *store;
static struct experiment experiment;

static void must(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

static void report(int64_t sequence, int attempt, const char *name,
		   enum metric_type type, int64_t number, double value)
{
	struct metric metric = {
		.type = type, .sequence = number, .at_ns = 1, .value = value};
	struct error err;
	bool is_new;

	snprintf(metric.name, sizeof(metric.name), "%s", name);
	must(store_metric_add(store, (experiment.key << 32) + sequence, attempt,
			      &metric, &is_new, &err),
	     &err);
}

static int open_database(void **state)
{
	struct error err;
	char *path;
	int i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/t.db", folder);
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	free(path);
	must(store_begin(store, &err), &err);
	strcpy(experiment.id, "exp1");
	experiment.platform = xstrdup("local");
	experiment.config = xstrdup("{}");
	experiment.source = xstrdup("");
	must(store_experiment_add(store, &experiment, &err), &err);
	for (i = 0; i < 5; i++) {
		struct trial trial = {.experiment = experiment.key,
				      .sequence = i,
				      .attempt = 2,
				      .source = 'a'};

		must(store_trial_add(store, &trial, &err), &err);
		trial_release(&trial);
	}
	must(store_commit(store, &err), &err);
	return 0;
}

static int close_database(void **state)
{
	char *command = xasprintf("rm -rf '%s'", folder);

	(void)state;
	store_close(store);
	experiment_release(&experiment);
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

struct seen {
	int count, attempt;
	int64_t trial;
	struct metric_stats stats;
};

static bool see(int64_t trial, int attempt, const struct metric_stats *stats,
		void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	seen->trial = trial & 0xffffffff;
	seen->attempt = attempt;
	seen->stats = *stats;
	return true;
}

static struct seen look(const char *name, int64_t first, size_t count)
{
	struct seen seen = {0};
	struct error err;

	must(store_metric_stats_each(store, experiment.key, name, first, count,
				     see, &seen, &err),
	     &err);
	return seen;
}

static void the_newest_attempt_counts(void **state)
{
	struct error err;
	struct seen seen;

	(void)state;
	must(store_begin(store, &err), &err);
	report(1, 1, "acc", METRIC_INTERMEDIATE, 0, 99);
	report(1, 1, "acc", METRIC_FINAL, 0, 98);
	report(1, 2, "acc", METRIC_INTERMEDIATE, 0, 3);
	report(1, 2, "acc", METRIC_INTERMEDIATE, 1, NAN);
	report(1, 2, "acc", METRIC_INTERMEDIATE, 2, 1);
	report(1, 2, "loss", METRIC_INTERMEDIATE, 0, -7);
	report(4, 2, "acc", METRIC_FINAL, 0, 5);
	must(store_metrics_settle(store, &err), &err);
	/* these wait in the stage, after what was moved */
	report(1, 2, "acc", METRIC_INTERMEDIATE, 3, 2);
	must(store_commit(store, &err), &err);
	seen = look("acc", 0, 4);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.trial, 1);
	assert_int_equal(seen.attempt, 2);
	assert_true(seen.stats.values[STAT_FIRST] == 3);
	assert_true(seen.stats.values[STAT_LAST] == 2);
	assert_true(seen.stats.values[STAT_MIN] == 1);
	assert_true(seen.stats.values[STAT_MAX] == 3);
	assert_true(seen.stats.values[STAT_MEAN] == 2);
	assert_true(seen.stats.values[STAT_COUNT] == 4);
	assert_true(isnan(seen.stats.values[STAT_FINAL]));
	seen = look("acc", 0, 100000);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.trial, 4);
	assert_true(seen.stats.values[STAT_VALUE] == 5);
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(look("acc", 2, 2).count, 0);
	assert_int_equal(look("no such metric", 0, 5).count, 0);
	assert_int_equal(look("acc", -1, 5).count, 0);
	assert_int_equal(look("acc", 0, 0).count, 0);
}

static bool count_place(const struct trial_place *place, void *arg)
{
	(void)place;
	(*(int *)arg)++;
	return true;
}

static void places_of_a_range(void **state)
{
	struct trial_place place = {.attempt = 2, .node = "n1", .pod = "p"};
	struct error err;
	int count = 0;

	(void)state;
	must(store_begin(store, &err), &err);
	for (int i = 1; i < 4; i++) {
		place.trial = (experiment.key << 32) + i;
		must(store_place_set(store, &place, &err), &err);
	}
	must(store_commit(store, &err), &err);
	must(store_places_between(store, experiment.key, 2, 5, count_place,
				  &count, &err),
	     &err);
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_attempt_counts),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(places_of_a_range),
	};

	return cmocka_run_group_tests_name("metric_stats", tests, open_database,
					   close_database);
}
