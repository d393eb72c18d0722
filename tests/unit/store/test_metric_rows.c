/* SPDX-License-Identifier: MIT */
/* Rows of metrics, their names, and the summaries made of them. */
#include "tests/unit/store/support.h"

#include "base/strbuf.h"

#include <math.h>
#include <stdio.h>

static bool note_metric(const struct metric *metric, void *arg)
{
	strbuf_addf(arg, "%s/%s/%d/%d=%g%s%s ", metric->name,
		    metric->type == METRIC_FINAL ? "f" : "i", metric->source,
		    (int)metric->sequence, metric->value,
		    metric->text ? ":" : "", metric->text ? metric->text : "");
	return true;
}

static bool note_name(const char *name, void *arg)
{
	strbuf_addf(arg, "%s ", name);
	return true;
}

static void metrics_round_trip(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct metric metric;
	struct trial trial;
	int64_t before, after, sequence;
	bool is_new;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &before, err));

	assert_ok(store_begin(store, err));
	metric = make_metric("loss", METRIC_INTERMEDIATE, 0, 2.5);
	assert_true(add_metric(store, &trial, &metric));
	metric = make_metric("default", METRIC_INTERMEDIATE, 1, NAN);
	assert_true(add_metric(store, &trial, &metric));
	metric = make_metric("default", METRIC_INTERMEDIATE, 0, 0.25);
	assert_true(add_metric(store, &trial, &metric));
	metric.value = 9; /* again, and different: the first stays */
	assert_false(add_metric(store, &trial, &metric));
	metric = make_metric("default", METRIC_INTERMEDIATE, 2, -INFINITY);
	assert_true(add_metric(store, &trial, &metric));
	metric = make_metric("default", METRIC_INTERMEDIATE, 0, 5);
	metric.source = 1;
	assert_true(add_metric(store, &trial, &metric));
	metric = make_metric("default", METRIC_FINAL, 0, NAN);
	metric.text = (char *)(uintptr_t) "{\"a\":[1]}";
	assert_true(add_metric(store, &trial, &metric));
	metric.text = NULL;
	trial.attempt = 2;
	assert_true(add_metric(store, &trial, &metric));
	metric.sequence = METRIC_SEQUENCE_NEXT;
	assert_error(
		store_metric_add(store, trial.key, 2, &metric, &is_new, err),
		ERROR_INVALID, "sequence");
	metric.sequence = 0;
	metric.name[0] = '\0';
	assert_error(
		store_metric_add(store, trial.key, 2, &metric, &is_new, err),
		ERROR_INVALID, "name");
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(before, after);

	assert_ok(store_metrics_each(store, trial.key, 1, NULL, note_metric,
				     &notes, err));
	expect(&notes, "default/i/0/0=0.25 default/i/0/1=nan "
		       "default/i/0/2=-inf default/i/1/0=5 "
		       "default/f/0/0=nan:{\"a\":[1]} loss/i/0/0=2.5 ");
	assert_ok(store_metrics_each(store, trial.key, 0, "default",
				     note_metric, &notes, err));
	expect(&notes, "default/i/0/0=0.25 default/i/0/1=nan "
		       "default/i/0/2=-inf default/i/1/0=5 "
		       "default/f/0/0=nan:{\"a\":[1]} default/f/0/0=nan ");
	assert_ok(store_series_each(store, trial.key, 1, "default", -1,
				    note_metric, &notes, err));
	expect(&notes, "default/i/0/0=0.25 default/i/0/1=nan "
		       "default/i/0/2=-inf ");
	assert_ok(store_series_each(store, trial.key, 1, "default", 1,
				    note_metric, &notes, err));
	expect(&notes, "default/i/0/2=-inf ");
	assert_ok(store_series_each(store, trial.key, 1, "nothing", -1,
				    note_metric, &notes, err));
	expect(&notes, "");
	assert_ok(store_metric_names_each(store, row.key, note_name, &notes,
					  err));
	expect(&notes, "default loss ");
	assert_ok(store_metric_next(store, trial.key, 1, "default",
				    METRIC_INTERMEDIATE, 0, &sequence, err));
	assert_int_equal(sequence, 3);
	assert_ok(store_metric_next(store, trial.key, 2, "loss",
				    METRIC_INTERMEDIATE, 0, &sequence, err));
	assert_int_equal(sequence, 0);
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void metric_names_survive_rollback(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct metric metric = make_metric("a", METRIC_INTERMEDIATE, 0, 1);
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_begin(store, err));
	assert_true(add_metric(store, &trial, &metric));
	store_rollback(store);
	assert_ok(store_begin(store, err));
	for (int i = 0; i < 200; i++) { /* the table of names grows */
		snprintf(metric.name, sizeof(metric.name), "n%d", i);
		assert_true(add_metric(store, &trial, &metric));
		assert_false(add_metric(store, &trial, &metric));
	}
	strcpy(metric.name, "a");
	assert_true(add_metric(store, &trial, &metric));
	assert_ok(store_commit(store, err));
	assert_ok(store_metrics_each(store, trial.key, 1, "a", note_metric,
				     &notes, err));
	expect(&notes, "a/i/0/0=1 ");
	assert_ok(store_metrics_each(store, trial.key, 1, "n150", note_metric,
				     &notes, err));
	expect(&notes, "n150/i/0/0=1 ");
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void summaries(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	static const double values[] = {0.5, NAN, 0.75, 0.25};
	struct metric metric;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	for (int i = 0; i < 4; i++) {
		metric = make_metric("default", METRIC_INTERMEDIATE, i,
				     values[i]);
		add_metric(store, &trial, &metric);
		metric = make_metric("other", METRIC_INTERMEDIATE, i, 99);
		add_metric(store, &trial, &metric);
	}
	assert_ok(
		store_trial_summarize(store, &trial, OBJECTIVE_MAXIMIZE, err));
	assert_false(trial.final.is_set);
	assert_true(trial.last.is_set && trial.last.number == 0.25);
	assert_true(trial.best.is_set && trial.best.number == 0.75);
	assert_int_equal(trial.intermediates, 4);
	metric = make_metric("default", METRIC_FINAL, 0, 0.625);
	add_metric(store, &trial, &metric);
	assert_ok(
		store_trial_summarize(store, &trial, OBJECTIVE_MINIMIZE, err));
	assert_true(trial.final.is_set && trial.final.number == 0.625);
	assert_true(trial.best.number == 0.25);
	trial.attempt = 2; /* of the newest attempt alone */
	assert_ok(
		store_trial_summarize(store, &trial, OBJECTIVE_MINIMIZE, err));
	assert_false(trial.final.is_set || trial.best.is_set);
	assert_int_equal(trial.intermediates, 0);
	store_rollback(store);
	experiment_release(&row);
	store_close(store);
}

static bool note_final(int64_t sequence, int attempt, double value, void *arg)
{
	strbuf_addf(arg, "%d/%d=%g ", (int)sequence, attempt, value);
	return true;
}

/* Of newest attempts, of one name, whether they wait or were moved. */
static void finals_of_many_trials(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment other = add_experiment(store, "zero", NULL);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct metric metric = make_metric("acc", METRIC_FINAL, 0, 0.5);
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, other.key);
	assert_true(add_metric(store, &trial, &metric));
	for (int i = 0; i < 4; i++) {
		trial = add_trial(store, row.key);
		metric = make_metric("acc", METRIC_FINAL, 0, i);
		assert_true(add_metric(store, &trial, &metric));
		metric = make_metric("acc", METRIC_INTERMEDIATE, 0, 9);
		assert_true(add_metric(store, &trial, &metric));
		if (i == 1) {
			trial.attempt = 2;
			assert_ok(store_trial_update(store, &trial, err));
			metric = make_metric("acc", METRIC_FINAL, 1, 11);
			assert_true(add_metric(store, &trial, &metric));
		}
	}
	assert_ok(store_commit(store, err));
	for (int round = 0; round < 2; round++) {
		assert_ok(store_finals_each(store, row.key, "acc", 0, 3,
					    note_final, &notes, err));
		expect(&notes, "0/1=0 1/2=11 2/1=2 ");
		assert_ok(store_finals_each(store, row.key, "acc", 3, 99,
					    note_final, &notes, err));
		expect(&notes, "3/1=3 ");
		assert_ok(store_finals_each(store, row.key, "loss", 0, 99,
					    note_final, &notes, err));
		expect(&notes, "");
		assert_ok(store_begin(store, err));
		assert_ok(store_metrics_settle(store, err));
		assert_ok(store_commit(store, err));
	}
	strbuf_release(&notes);
	experiment_release(&other);
	experiment_release(&row);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(metrics_round_trip),
		TEST(metric_names_survive_rollback),
		TEST(summaries),
		TEST(finals_of_many_trials),
	};

	return cmocka_run_group_tests_name("metric rows", tests, NULL, NULL);
}
