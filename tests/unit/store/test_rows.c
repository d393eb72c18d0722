/* SPDX-License-Identifier: MIT */
/* Rows of experiments, trials and attempts: in, out, changed, found. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <math.h>
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

static bool note_attempt(const struct attempt *attempt, void *arg)
{
	strbuf_addf(arg, "%d:%s ", attempt->number,
		    trial_state_name(attempt->state));
	return true;
}

static bool walk_again(const struct trial *trial, void *arg)
{
	struct store *store = ((void **)arg)[0];
	struct strbuf *notes = ((void **)arg)[1];

	assert_ok(store_trials_each(store, trial->experiment, 0,
				    STORE_TRIAL_BRIEF, note_trial, notes, err));
	return true;
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
	row.lets_finish = true;
	row.fault = xstrdup("connection refused");
	row.fault_since_ns = 13;
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
	assert_true(back.lets_finish);
	assert_string_equal(back.fault, "connection refused");
	assert_int_equal(back.fault_since_ns, 13);
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
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
