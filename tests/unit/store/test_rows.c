/* SPDX-License-Identifier: MIT */
/* Every kind of row: in, out, changed, found. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What walks found, as text: one word a row. */
static bool note_trial(const struct trial *trial, void *arg)
{
	strbuf_addf(arg, "%d:%c:%s ", (int)trial->sequence,
		    trial_state_letter(trial->state),
		    trial->parameters ? trial->parameters : "-");
	return true;
}

static bool note_first_trial(const struct trial *trial, void *arg)
{
	note_trial(trial, arg);
	return false;
}

static bool note_experiment(const struct experiment *experiment, void *arg)
{
	strbuf_addf(arg, "%s ", experiment->id);
	return true;
}

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

static bool note_event(const struct event *event, void *arg)
{
	strbuf_addf(arg, "%s:%s ", event->kind, event->text);
	return true;
}

static bool note_command(const struct command *command, void *arg)
{
	strbuf_addf(arg, "%s ", command_verb_name(command->verb));
	return true;
}

static bool note_attempt(const struct attempt *attempt, void *arg)
{
	strbuf_addf(arg, "%d:%s ", attempt->number,
		    trial_state_name(attempt->state));
	return true;
}

static bool note_history(const struct history *history, void *arg)
{
	strbuf_addf(arg, "%d:%d:%g:%s ", (int)history->position, history->kind,
		    history->value,
		    history->parameters ? history->parameters : "-");
	return true;
}

/* Compare what a walk noted, and forget it. */
static void expect(struct strbuf *notes, const char *wanted)
{
	assert_string_equal(notes->data, wanted);
	strbuf_clear(notes);
}

static void experiment_round_trip(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "ab12cd34", "mnist");
	struct experiment back;

	assert_true(row.key > 0);
	assert_true(row.created_ns > 0);
	row.state = EXPERIMENT_ERROR;
	row.is_paused = row.is_archived = true;
	row.error = xstrdup("it broke");
	row.best = (struct metric_value){true, NAN};
	row.best_trial = 7;
	row.owner_pid = 42;
	row.owner_host = xstrdup("head1");
	row.side_port = 8081;
	row.run_ns = 11;
	row.ended_ns = 12;
	free(row.space);
	row.space = xstrdup("{}");
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_update(store, &row, err));
	assert_ok(store_commit(store, err));
	store_close(store);

	store = store_at(*state, STORE_READ);
	assert_ok(store_experiment_get(store, row.key, &back, err));
	assert_string_equal(back.id, "ab12cd34");
	assert_string_equal(back.name, "mnist");
	assert_int_equal(back.state, EXPERIMENT_ERROR);
	assert_true(back.is_paused && back.is_archived);
	assert_string_equal(back.platform, "local");
	assert_string_equal(back.config, row.config);
	assert_string_equal(back.source, row.source);
	assert_string_equal(back.source_path, row.source_path);
	assert_string_equal(back.space, "{}");
	assert_string_equal(back.directory, row.directory);
	assert_string_equal(back.error, "it broke");
	assert_int_equal(back.objective, OBJECTIVE_MAXIMIZE);
	assert_true(back.seed == row.seed);
	assert_int_equal(back.concurrency, 2);
	assert_int_equal(back.max_trials, 10);
	assert_int_equal(back.max_duration_s, 3600);
	assert_int_equal(back.max_trial_duration_s, 60);
	assert_int_equal(back.max_retries, 1);
	assert_int_equal(back.created_ns, row.created_ns);
	assert_int_equal(back.started_ns, 5);
	assert_int_equal(back.ended_ns, 12);
	assert_int_equal(back.run_ns, 11);
	assert_true(back.best.is_set && isnan(back.best.number));
	assert_int_equal(back.best_trial, 7);
	assert_int_equal(back.owner_pid, 42);
	assert_string_equal(back.owner_host, "head1");
	assert_int_equal(back.side_port, 8081);
	assert_int_equal(back.version, row.version);
	experiment_release(&back);
	assert_error(store_experiment_get(store, 99, &back, err),
		     ERROR_NOT_FOUND, "99");
	assert_null(back.name);
	experiment_release(&row);
	store_close(store);
}

static void experiments_are_found(void **state)
{
	static const struct {
		const char *id, *name;
	} rows[] = {
		{"abc11111", "mnist"},
		{"abd22222", "mnist"},
		{"xyz33333", "ab"},
		{"latex444", NULL},
	};
	struct store *store = store_at(*state, STORE_WRITE);
	struct strbuf notes = STRBUF_INIT;
	struct experiment row;

	assert_error(store_experiment_find(store, "x", &row, err),
		     ERROR_NOT_FOUND, "no experiment in");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		row = add_experiment(store, rows[i].id, rows[i].name);
		experiment_release(&row);
	}
#define FINDS(text, wanted)                                                    \
	assert_ok(store_experiment_find(store, text, &row, err));              \
	assert_string_equal(row.id, wanted);                                   \
	experiment_release(&row)
	FINDS("abc11111", "abc11111"); /* id */
	FINDS("x", "xyz33333");	       /* prefix */
	FINDS("mnist", "abd22222");    /* name, the newest */
	FINDS("ab", "xyz33333");       /* exact name, ambiguous prefix */
	FINDS("latest", "latex444");
	FINDS("late", "latex444");
	assert_error(store_experiment_find(store, "a", &row, err),
		     ERROR_CONFLICT, "abc11111, abd22222");
	assert_error(store_experiment_find(store, "mnits", &row, err),
		     ERROR_NOT_FOUND, "did you mean \"mnist\"");
	assert_error(store_experiment_find(store, "", &row, err),
		     ERROR_NOT_FOUND, "");
	assert_ok(
		store_experiments_each(store, 0, note_experiment, &notes, err));
	expect(&notes, "latex444 xyz33333 abd22222 abc11111 ");
	assert_ok(
		store_experiments_each(store, 2, note_experiment, &notes, err));
	expect(&notes, "latex444 xyz33333 ");

	assert_ok(store_begin(store, err));
	row = (struct experiment){.id = "xyz33333"};
	assert_error(store_experiment_add(store, &row, err), ERROR_CONFLICT,
		     "exists already");
	strcpy(row.id, "no/slash");
	assert_error(store_experiment_add(store, &row, err), ERROR_INVALID,
		     "not an experiment id");
	store_rollback(store);
	strbuf_release(&notes);
	store_close(store);
}

static void trials_count_themselves(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "ab12cd34", NULL);
	struct experiment back;
	struct trial a, b, c;
	int64_t before;

	assert_ok(store_begin(store, err));
	a = add_trial(store, row.key);
	b = add_trial(store, row.key);
	c = add_trial(store, row.key);
	assert_int_equal(a.sequence, 0);
	assert_int_equal(c.sequence, 2);
	assert_true(trial_id_is_valid(a.id));
	assert_string_not_equal(a.id, b.id);
	assert_int_equal(a.version, c.version); /* one per transaction */
	assert_ok(store_commit(store, err));

	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	b.state = TRIAL_RUNNING;
	assert_ok(store_trial_update(store, &b, err));
	c.state = TRIAL_FAILED;
	assert_ok(store_trial_update(store, &c, err));
	c.exit_code = 3; /* no move: no count */
	assert_ok(store_trial_update(store, &c, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_experiment_get(store, row.key, &back, err));
	assert_int_equal(back.counts[TRIAL_WAITING], 1);
	assert_int_equal(back.counts[TRIAL_RUNNING], 1);
	assert_int_equal(back.counts[TRIAL_FAILED], 1);
	assert_int_equal(back.counts[TRIAL_SUCCEEDED], 0);
	assert_int_equal(back.next_sequence, 3);
	assert_int_equal(back.version, before + 1);
	experiment_release(&back);

	/* an update of the experiment neither loses nor takes them */
	row.counts[TRIAL_WAITING] = 77;
	row.next_sequence = 0;
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_update(store, &row, err));
	assert_ok(store_commit(store, err));
	assert_int_equal(row.counts[TRIAL_WAITING], 1);
	assert_int_equal(row.next_sequence, 3);
	experiment_release(&row);
	store_close(store);
}

static void trial_round_trip(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "ab12cd34", NULL);
	struct trial trial, back;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	trial.state = TRIAL_EARLY_STOPPED;
	trial.attempt = 3;
	trial.exit_code = 137;
	trial.submitted_ns = INT64_C(1700000000000000001);
	trial.started_ns = 2;
	trial.ended_ns = 3;
	trial.final = (struct metric_value){true, INFINITY};
	trial.last = (struct metric_value){true, NAN};
	trial.best = (struct metric_value){true, 0.1};
	trial.intermediates = 12;
	trial.reason = xstrdup("worse than the median");
	assert_ok(store_trial_update(store, &trial, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_trial_get(store, trial.key, &back, err));
	assert_int_equal(back.key, trial.key);
	assert_int_equal(back.experiment, row.key);
	assert_string_equal(back.id, trial.id);
	assert_int_equal(back.sequence, 0);
	assert_int_equal(back.state, TRIAL_EARLY_STOPPED);
	assert_int_equal(back.attempt, 3);
	assert_int_equal(back.exit_code, 137);
	assert_int_equal(back.submitted_ns, INT64_C(1700000000000000001));
	assert_int_equal(back.started_ns, 2);
	assert_int_equal(back.ended_ns, 3);
	assert_true(back.final.is_set && isinf(back.final.number));
	assert_true(back.last.is_set && isnan(back.last.number));
	assert_true(back.best.is_set && back.best.number == 0.1);
	assert_int_equal(back.intermediates, 12);
	assert_int_equal(back.version, trial.version);
	assert_int_equal(back.source, 'a');
	assert_string_equal(back.parameters, "{\"x\":0.5}");
	assert_string_equal(back.reason, "worse than the median");
	trial_release(&back);
	trial_release(&trial);
	experiment_release(&row);
	store_close(store);
}

static void trials_are_walked(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct trial trials[5], back;
	int64_t version;
	char prefix[3];

	assert_ok(store_begin(store, err));
	for (int i = 0; i < 5; i++)
		trials[i] = add_trial(store, one.key);
	add_trial(store, two.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &version, err));
	assert_ok(store_begin(store, err));
	trials[3].state = TRIAL_RUNNING;
	assert_ok(store_trial_update(store, &trials[3], err));
	trials[1].state = TRIAL_RUNNING;
	assert_ok(store_trial_update(store, &trials[1], err));
	assert_ok(store_commit(store, err));

	assert_ok(store_trials_each(store, one.key, 0, STORE_TRIAL_BRIEF,
				    note_trial, &notes, err));
	expect(&notes, "0:W:- 1:R:- 2:W:- 3:R:- 4:W:- ");
	assert_ok(store_trials_each(store, one.key, version, STORE_TRIAL_WHOLE,
				    note_trial, &notes, err));
	expect(&notes, "1:R:{\"x\":0.5} 3:R:{\"x\":0.5} ");
	assert_ok(store_trials_each(store, one.key, version, STORE_TRIAL_BRIEF,
				    note_trial, &notes, err));
	expect(&notes, "1:R:- 3:R:- ");
	assert_ok(store_trials_each(store, two.key, 0, STORE_TRIAL_WHOLE,
				    note_first_trial, &notes, err));
	expect(&notes, "0:W:{\"x\":0.5} ");
	assert_ok(store_trials_page(store, one.key, INT64_MAX, 2,
				    STORE_TRIAL_BRIEF, note_trial, &notes,
				    err));
	expect(&notes, "4:W:- 3:R:- ");
	assert_ok(store_trials_page(store, one.key, 3, 9, STORE_TRIAL_WHOLE,
				    note_trial, &notes, err));
	expect(&notes, "2:W:{\"x\":0.5} 1:R:{\"x\":0.5} 0:W:{\"x\":0.5} ");
	assert_ok(store_trials_page(store, two.key, 0, 9, STORE_TRIAL_BRIEF,
				    note_trial, &notes, err));
	expect(&notes, "");

	assert_ok(store_trial_find(store, one.key, trials[2].id, &back, err));
	assert_int_equal(back.sequence, 2);
	trial_release(&back);
	assert_ok(store_trial_find(store, one.key, "4", &back, err));
	assert_string_equal(back.id, trials[4].id);
	trial_release(&back);
	assert_error(store_trial_find(store, one.key, "5", &back, err),
		     ERROR_NOT_FOUND, "\"5\"");
	assert_error(store_trial_find(store, two.key, trials[0].id, &back, err),
		     ERROR_NOT_FOUND, trials[0].id);
	assert_error(store_trial_find(store, one.key, "", &back, err),
		     ERROR_NOT_FOUND, "");
	assert_error(store_trial_find(store, one.key, "99999999999999999999999",
				      &back, err),
		     ERROR_NOT_FOUND, "");

	assert_ok(store_begin(store, err));
	memset(&back, 0, sizeof(back));
	back.experiment = one.key;
	back.sequence = 5;
	strcpy(back.id, trials[0].id);
	assert_error(store_trial_add(store, &back, err), ERROR_CONFLICT,
		     trials[0].id);
	strcpy(back.id, "1abcd");
	assert_error(store_trial_add(store, &back, err), ERROR_INVALID,
		     "not a trial id");
	strcpy(back.id, "Abcd1");
	back.sequence = 2;
	assert_error(store_trial_add(store, &back, err), ERROR_CONFLICT,
		     "number 2");
	back.sequence = 5;
	assert_ok(store_trial_add(store, &back, err));
	memset(&back, 0, sizeof(back));
	back.experiment = one.key;
	back.sequence = 6;
	strcpy(back.id, "Abcd2");
	assert_ok(store_trial_add(store, &back, err));
	memset(&back, 0, sizeof(back));
	strcpy(prefix, "Ab");
	assert_error(store_trial_find(store, one.key, prefix, &back, err),
		     ERROR_CONFLICT, "Abcd1, Abcd2");
	store_rollback(store);
	strbuf_release(&notes);
	experiment_release(&one);
	experiment_release(&two);
	store_close(store);
}

static bool walk_again(const struct trial *trial, void *arg)
{
	struct store *store = ((void **)arg)[0];
	struct strbuf *notes = ((void **)arg)[1];

	assert_ok(store_trials_each(store, trial->experiment, 0,
				    STORE_TRIAL_BRIEF, note_trial, notes, err));
	return true;
}

static void walks_nest(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	void *arg[] = {store, &notes};

	assert_ok(store_begin(store, err));
	add_trial(store, row.key);
	add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_trials_each(store, row.key, 0, STORE_TRIAL_BRIEF,
				    walk_again, arg, err));
	expect(&notes, "0:W:- 1:W:- 0:W:- 1:W:- ");
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void attempts(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct attempt attempt = {.number = 1, .exit_code = -1};
	struct attempt back;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	attempt.trial = trial.key;
	assert_error(store_attempt_get(store, trial.key, 0, &back, err),
		     ERROR_NOT_FOUND, "no attempt yet");
	strcpy(attempt.token, "0123456789abcdef0123456789abcdef");
	assert_ok(store_attempt_add(store, &attempt, err));
	assert_error(store_attempt_add(store, &attempt, err), ERROR_CONFLICT,
		     "attempt 1");
	attempt.state = TRIAL_FAILED;
	attempt.exit_code = 1;
	attempt.submitted_ns = 1;
	attempt.started_ns = 2;
	attempt.ended_ns = 3;
	attempt.job = (char *)(uintptr_t) "77:123";
	attempt.directory = (char *)(uintptr_t) "/d";
	attempt.reason = (char *)(uintptr_t) "exit status 1";
	assert_ok(store_attempt_update(store, &attempt, err));
	attempt.number = 2;
	assert_error(store_attempt_update(store, &attempt, err),
		     ERROR_NOT_FOUND, "attempt 2");
	attempt.state = TRIAL_RUNNING;
	attempt.job = NULL;
	assert_ok(store_attempt_add(store, &attempt, err));
	assert_ok(store_commit(store, err));

	assert_ok(store_attempts_each(store, trial.key, note_attempt, &notes,
				      err));
	expect(&notes, "1:FAILED 2:RUNNING ");
	assert_ok(store_attempt_get(store, trial.key, 0, &back, err));
	assert_int_equal(back.number, 2);
	assert_null(back.job);
	attempt_release(&back);
	assert_ok(store_attempt_get(store, trial.key, 1, &back, err));
	assert_int_equal(back.trial, trial.key);
	assert_int_equal(back.state, TRIAL_FAILED);
	assert_int_equal(back.exit_code, 1);
	assert_int_equal(back.submitted_ns, 1);
	assert_int_equal(back.started_ns, 2);
	assert_int_equal(back.ended_ns, 3);
	assert_string_equal(back.token, "0123456789abcdef0123456789abcdef");
	assert_string_equal(back.job, "77:123");
	assert_string_equal(back.directory, "/d");
	assert_string_equal(back.reason, "exit status 1");
	attempt_release(&back);
	assert_error(store_attempt_get(store, trial.key, 3, &back, err),
		     ERROR_NOT_FOUND, "no attempt 3");
	assert_null(back.job);
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
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

static void events(void **state)
{
	static const char *const texts[] = {"a", "b", "c", "d"};
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct event event = {.experiment = row.key, .kind = "fault"};
	int64_t before, after, second = 0;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	for (int i = 0; i < 4; i++) {
		event.text = (char *)(uintptr_t)texts[i];
		event.trial = i % 2 ? trial.key : 0;
		event.level = EVENT_WARNING;
		event.at_ns = 0;
		assert_ok(store_event_add(store, &event, err));
		assert_true(event.key > 0 && event.at_ns > 0);
		if (i == 1)
			second = event.key;
	}
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);
	assert_ok(store_events_each(store, row.key, 0, 0, 0, note_event, &notes,
				    err));
	expect(&notes, "fault:a fault:b fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, 0, second, 0, note_event,
				    &notes, err));
	expect(&notes, "fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, 0, 0, 3, note_event, &notes,
				    err));
	expect(&notes, "fault:b fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, trial.key, 0, 0, note_event,
				    &notes, err));
	expect(&notes, "fault:b fault:d ");
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void commands_have_one_outcome(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct store *asker = store_at(*state, STORE_APPEND);
	struct store *reader = store_at(*state, STORE_READ);
	struct strbuf notes = STRBUF_INIT;
	struct command command = {
		.experiment = row.key,
		.verb = COMMAND_SET,
		.argument = (char *)(uintptr_t) "concurrency=4",
		.asked_by = (char *)(uintptr_t) "ada@head1 pid 7",
	};
	struct command back;
	struct experiment other;

	assert_ok(store_command_append(asker, &command, err));
	assert_true(command.key > 0 && command.asked_ns > 0);
	assert_error(store_command_append(reader, &command, err), ERROR_INVALID,
		     "reading only");
	/* an asker is a reader in everything else */
	assert_error(store_begin(asker, err), ERROR_INVALID, "reading only");
	assert_error(store_experiment_add(asker, &row, err), ERROR_INVALID,
		     "reading only");

	assert_ok(store_commands_pending(store, row.key, note_command, &notes,
					 err));
	expect(&notes, "set ");
	assert_error(store_command_answer(store, command.key, COMMAND_DONE,
					  "done", err),
		     ERROR_INVALID, "no transaction");
	assert_ok(store_begin(store, err));
	assert_ok(store_command_answer(store, command.key, COMMAND_DONE,
				       "concurrency is 4", err));
	assert_error(store_command_answer(store, command.key, COMMAND_REFUSED,
					  "no", err),
		     ERROR_CONFLICT, "concurrency is 4");
	assert_error(store_command_answer(store, 99, COMMAND_DONE, "", err),
		     ERROR_NOT_FOUND, "99");
	assert_ok(store_commit(store, err));
	assert_ok(store_commands_pending(store, row.key, note_command, &notes,
					 err));
	expect(&notes, "");
	assert_ok(store_command_get(asker, command.key, &back, err));
	assert_int_equal(back.state, COMMAND_DONE);
	assert_int_equal(back.verb, COMMAND_SET);
	assert_string_equal(back.outcome, "concurrency is 4");
	assert_string_equal(back.argument, "concurrency=4");
	assert_string_equal(back.asked_by, "ada@head1 pid 7");
	assert_true(back.answered_ns > 0);
	command_release(&back);

	command.experiment = 99;
	assert_error(store_command_append(asker, &command, err),
		     ERROR_NOT_FOUND, "no longer");
	command.experiment = row.key;
	assert_ok(store_command_append(asker, &command, err));
	assert_ok(store_experiment_find(asker, "one", &other, err));
	experiment_release(&other);
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(reader);
	store_close(asker);
	store_close(store);
}

static void history(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct history row = {
		.kind = HISTORY_SUGGESTED,
		.parameters = (char *)(uintptr_t) "{}",
	};

	assert_ok(store_begin(store, err));
	assert_ok(store_history_add(store, one.key, &row, err));
	assert_int_equal(row.position, 0);
	assert_ok(store_history_add(store, two.key, &row, err));
	assert_int_equal(row.position, 0);
	row = (struct history){.kind = HISTORY_OBSERVED, .value = NAN};
	assert_ok(store_history_add(store, one.key, &row, err));
	assert_int_equal(row.position, 1);
	assert_ok(store_commit(store, err));
	assert_ok(
		store_history_each(store, one.key, note_history, &notes, err));
	expect(&notes, "0:0:0:{} 1:1:nan:- ");
	strbuf_release(&notes);
	experiment_release(&one);
	experiment_release(&two);
	store_close(store);
}

static void deletion_leaves_nothing(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct metric metric = make_metric("a", METRIC_INTERMEDIATE, 0, 1);
	struct strbuf problems = STRBUF_INIT;
	struct command command = {.verb = COMMAND_KILL};
	struct event event = {.kind = "x"};
	struct history past = {.kind = HISTORY_ENDED};
	int64_t before, after;

	for (int i = 0; i < 2; i++) {
		int64_t key = i ? two.key : one.key;
		struct trial trial;
		struct attempt attempt = {.number = 1};

		assert_ok(store_begin(store, err));
		trial = add_trial(store, key);
		attempt.trial = past.trial = event.trial = trial.key;
		event.experiment = command.experiment = key;
		command.trial = trial.key;
		assert_ok(store_attempt_add(store, &attempt, err));
		assert_ok(store_event_add(store, &event, err));
		assert_ok(store_history_add(store, key, &past, err));
		add_metric(store, &trial, &metric);
		assert_ok(store_commit(store, err));
		assert_ok(store_command_append(store, &command, err));
	}
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, one.key, err));
	assert_error(store_experiment_delete(store, one.key, err),
		     ERROR_NOT_FOUND, "");
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);
	store_close(store);
#define LEFT(table)                                                            \
	assert_int_equal(                                                      \
		query_int(place->path, "SELECT count(*) FROM " table), 1)
	LEFT("experiment");
	LEFT("experiment_text");
	LEFT("trial");
	LEFT("trial_parameters");
	LEFT("attempt");
	LEFT("metric");
	LEFT("metric_name");
	LEFT("event");
	LEFT("command");
	LEFT("history");
	strbuf_release(&problems);
	experiment_release(&one);
	experiment_release(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(experiment_round_trip),
		TEST(experiments_are_found),
		TEST(trials_count_themselves),
		TEST(trial_round_trip),
		TEST(trials_are_walked),
		TEST(walks_nest),
		TEST(attempts),
		TEST(metrics_round_trip),
		TEST(metric_names_survive_rollback),
		TEST(summaries),
		TEST(events),
		TEST(commands_have_one_outcome),
		TEST(history),
		TEST(deletion_leaves_nothing),
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
