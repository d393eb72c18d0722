/* SPDX-License-Identifier: MIT */
/* Metrics on their way into their table: each once, in order, for every reader,
 * wherever they are at the moment and whatever happens in between. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIALS 20
#define STAGED "SELECT count(*) FROM metric_stage"
#define IN_PLACE "SELECT count(*) FROM metric"
#define BOTH "SELECT count(*) FROM metric_all"

static struct experiment add_trials(struct store *store, const char *id)
{
	struct experiment row = add_experiment(store, id, NULL);

	assert_ok(store_begin(store, err));
	for (int i = 0; i < TRIALS; i++)
		add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	return row;
}

/* One metric of each trial, in turn, so that no trial sends many at once. */
static int add_one_each(struct store *store, int64_t experiment,
			int64_t sequence)
{
	struct metric metric =
		make_metric(METRIC_OBJECTIVE, METRIC_INTERMEDIATE, sequence,
			    (double)sequence);
	int added = 0;

	for (int i = 0; i < TRIALS; i++) {
		bool is_new;

		assert_ok(store_metric_add(store, (experiment << 32) + i, 1,
					   &metric, &is_new, err));
		added += is_new;
	}
	return added;
}

static int commit_one_each(struct store *store, int64_t experiment,
			   int64_t sequence)
{
	int added;

	assert_ok(store_begin(store, err));
	added = add_one_each(store, experiment, sequence);
	assert_ok(store_commit(store, err));
	return added;
}

static void settle(struct store *store)
{
	assert_ok(store_begin(store, err));
	assert_ok(store_metrics_settle(store, err));
	assert_ok(store_commit(store, err));
}

static void assert_sound(const struct place *place)
{
	struct store *store = store_at(place, STORE_READ);
	struct strbuf problems = STRBUF_INIT;

	assert_ok(store_check(store, &problems, err));
	strbuf_release(&problems);
	store_close(store);
}

static bool count_in_order(const struct metric *metric, void *arg)
{
	int64_t *count = arg;

	assert_int_equal(metric->sequence, *count);
	assert_true(metric->value == (double)*count);
	++*count;
	return true;
}

static int64_t series_length(struct store *store, int64_t trial)
{
	int64_t count = 0;

	assert_ok(store_series_each(store, trial, 1, METRIC_OBJECTIVE, -1,
				    count_in_order, &count, err));
	return count;
}

static void new_rows_wait_and_are_moved(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	int64_t staged, sequence = 0;

	commit_one_each(store, row.key, sequence++);
	assert_int_equal(query_int(place->path, STAGED), TRIALS);
	assert_int_equal(query_int(place->path, IN_PLACE), 0);
	settle(store);
	assert_int_equal(query_int(place->path, STAGED), 0);
	assert_int_equal(query_int(place->path, IN_PLACE), TRIALS);
	/* the caller is told when a move is worth it */
	assert_false(store_metrics_are_many(store));
	while (!store_metrics_are_many(store))
		commit_one_each(store, row.key, sequence++);
	staged = query_int(place->path, STAGED);
	assert_true(staged > TRIALS);
	/* and without it they are moved before there are too many */
	while (query_int(place->path, STAGED) >= staged) {
		staged = query_int(place->path, STAGED);
		assert_true(staged < 20000);
		for (int i = 0; i < 100; i++)
			commit_one_each(store, row.key, sequence++);
	}
	assert_int_equal(query_int(place->path, BOTH), sequence * TRIALS);
	store_close(store);
	assert_int_equal(query_int(place->path, STAGED), 0);
	assert_int_equal(query_int(place->path, IN_PLACE), sequence * TRIALS);
	assert_sound(place);
	experiment_release(&row);
}

static void many_rows_of_one_trial_do_not_wait(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	struct trial trial = {.key = row.key << 32, .attempt = 1};
	struct metric metric =
		make_metric(METRIC_OBJECTIVE, METRIC_INTERMEDIATE, 0, 0);

	assert_ok(store_begin(store, err));
	for (int i = 0; i < 100; i++) {
		metric.sequence = i;
		metric.value = i;
		assert_true(add_metric(store, &trial, &metric));
	}
	assert_ok(store_commit(store, err));
	assert_true(query_int(place->path, IN_PLACE) > 90);
	assert_int_equal(series_length(store, trial.key), 100);
	/* all of it again */
	assert_ok(store_begin(store, err));
	for (int i = 0; i < 100; i++) {
		metric.sequence = i;
		assert_false(add_metric(store, &trial, &metric));
	}
	assert_ok(store_commit(store, err));
	assert_int_equal(query_int(place->path, BOTH), 100);
	store_close(store);
	assert_sound(place);
	experiment_release(&row);
}

static void second_deliveries_are_told(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");

	assert_int_equal(commit_one_each(store, row.key, 0), TRIALS);
	settle(store);
	assert_int_equal(commit_one_each(store, row.key, 1), TRIALS);
	/* one is in its place, the other waits */
	assert_int_equal(commit_one_each(store, row.key, 0), 0);
	assert_int_equal(commit_one_each(store, row.key, 1), 0);
	/* out of order: the gap is filled, once */
	assert_int_equal(commit_one_each(store, row.key, 5), TRIALS);
	assert_int_equal(commit_one_each(store, row.key, 3), TRIALS);
	assert_int_equal(commit_one_each(store, row.key, 5), 0);
	assert_int_equal(commit_one_each(store, row.key, 3), 0);
	assert_int_equal(commit_one_each(store, row.key, 2), TRIALS);
	assert_int_equal(commit_one_each(store, row.key, 4), TRIALS);
	assert_int_equal(series_length(store, (row.key << 32) + 7), 6);
	/* within one transaction, and after a close */
	assert_ok(store_begin(store, err));
	assert_int_equal(add_one_each(store, row.key, 6), TRIALS);
	assert_int_equal(add_one_each(store, row.key, 6), 0);
	assert_ok(store_commit(store, err));
	store_close(store);
	store = store_at(place, STORE_WRITE);
	for (int i = 0; i < 7; i++)
		assert_int_equal(commit_one_each(store, row.key, i), 0);
	assert_int_equal(commit_one_each(store, row.key, 7), TRIALS);
	store_close(store);
	assert_int_equal(query_int(place->path, BOTH), 8 * TRIALS);
	assert_sound(place);
	experiment_release(&row);
}

static void rollback_takes_back_what_is_known(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");

	commit_one_each(store, row.key, 0);
	assert_ok(store_begin(store, err));
	assert_int_equal(add_one_each(store, row.key, 1), TRIALS);
	assert_ok(store_metrics_settle(store, err));
	assert_int_equal(add_one_each(store, row.key, 2), TRIALS);
	store_rollback(store);
	assert_int_equal(query_int(place->path, STAGED), TRIALS);
	assert_int_equal(query_int(place->path, BOTH), TRIALS);
	assert_int_equal(series_length(store, row.key << 32), 1);
	assert_int_equal(commit_one_each(store, row.key, 0), 0);
	assert_int_equal(commit_one_each(store, row.key, 2), TRIALS);
	assert_int_equal(commit_one_each(store, row.key, 1), TRIALS);
	assert_int_equal(series_length(store, row.key << 32), 3);
	store_close(store);
	assert_sound(place);
	experiment_release(&row);
}

/* Two engines on one database: each moves what it finds. */
static void writers_move_each_other_s_rows(void **state)
{
	const struct place *place = *state;
	struct store *left = store_at(place, STORE_WRITE);
	struct store *right = store_at(place, STORE_WRITE);
	struct experiment one = add_trials(left, "one");
	struct experiment two = add_trials(right, "two");

	for (int i = 0; i < 5; i++) {
		assert_int_equal(commit_one_each(left, one.key, i), TRIALS);
		assert_int_equal(commit_one_each(right, two.key, i), TRIALS);
	}
	assert_true(query_int(place->path, STAGED) > TRIALS);
	settle(right);
	assert_int_equal(query_int(place->path, STAGED), 0);
	assert_int_equal(commit_one_each(left, one.key, 4), 0);
	assert_int_equal(commit_one_each(left, one.key, 5), TRIALS);
	assert_int_equal(commit_one_each(right, two.key, 5), TRIALS);
	settle(left);
	assert_int_equal(commit_one_each(right, two.key, 5), 0);
	assert_ok(store_begin(left, err));
	assert_ok(store_experiment_delete(left, two.key, err));
	assert_ok(store_commit(left, err));
	assert_int_equal(query_int(place->path, BOTH), 6 * TRIALS);
	store_close(left);
	store_close(right);
	assert_sound(place);
	experiment_release(&one);
	experiment_release(&two);
}

static bool note_row(const struct metric *metric, void *arg)
{
	strbuf_addf(arg, "%s/%d/%d/%lld=%g ", metric->name, metric->type,
		    metric->source, (long long)metric->sequence, metric->value);
	return true;
}

/* All that can be read of one trial, as text. */
static char *read_all(struct store *store, struct trial *trial)
{
	static const char *const names[] = {"b", "default", "none"};
	struct strbuf text = STRBUF_INIT;
	int64_t next;

	for (int attempt = 0; attempt < 2; attempt++)
		assert_ok(store_metrics_each(store, trial->key, attempt, NULL,
					     note_row, &text, err));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		strbuf_addf(&text, "\n%s: ", names[i]);
		assert_ok(store_metrics_each(store, trial->key, 1, names[i],
					     note_row, &text, err));
		assert_ok(store_series_each(store, trial->key, 1, names[i], 1,
					    note_row, &text, err));
		assert_ok(store_metric_next(store, trial->key, 1, names[i],
					    METRIC_INTERMEDIATE, 0, &next,
					    err));
		strbuf_addf(&text, "next %lld", (long long)next);
	}
	assert_ok(store_trial_summarize(store, trial, OBJECTIVE_MINIMIZE, err));
	strbuf_addf(&text, "\n%lld results, last %g, best %g, final %g\n",
		    (long long)trial->intermediates, trial->last.number,
		    trial->best.number, trial->final.number);
	assert_ok(store_export(store, trial->key >> 32, TRANSFER_JSON, true,
			       &text, err));
	return strbuf_detach(&text);
}

static void readers_do_not_notice(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	struct trial trial = {.key = row.key << 32, .attempt = 1};
	char *before, *after;

	for (int i = 0; i < 6; i++) {
		static const char *const names[] = {"default", "b", "c"};

		assert_ok(store_begin(store, err));
		for (size_t k = 0; k < 9; k++) {
			struct metric metric = make_metric(
				names[k % 3],
				i == 4 ? METRIC_FINAL : METRIC_INTERMEDIATE, i,
				10 - i);
			struct trial other = {.key = trial.key + (k < 6),
					      .attempt = 1};

			metric.source = k == 7;
			add_metric(store, &other, &metric);
		}
		assert_ok(store_commit(store, err));
		if (i == 2)
			settle(store);
	}
	assert_true(query_int(place->path, STAGED) > 0);
	before = read_all(store, &trial);
	assert_non_null(strstr(before, "default/0/0/0=10 default/0/0/1=9 "
				       "default/0/0/2=8 default/0/0/3=7 "
				       "default/0/0/5=5 default/1/0/4=6 "));
	assert_non_null(strstr(before, "next 6"));
	settle(store);
	assert_int_equal(query_int(place->path, STAGED), 0);
	after = read_all(store, &trial);
	assert_string_equal(before, after);
	free(before);
	free(after);
	store_close(store);
	experiment_release(&row);
}

/* ---- other processes ---------------------------------------------------- */

/* Commit for ever, settling now and then; after each commit a byte. */
static void write_for_ever(const struct place *place, int64_t experiment,
			   int pipe_fd, int settle_every)
{
	struct store *store = store_at(place, STORE_WRITE);

	for (int64_t i = 0;; i++) {
		assert_int_equal(commit_one_each(store, experiment, i), TRIALS);
		if (settle_every && i % settle_every == settle_every - 1)
			settle(store);
		if (write(pipe_fd, "", 1) != 1)
			_exit(0);
	}
}

static pid_t start_writer(const struct place *place, int64_t experiment,
			  int settle_every, int *ret_fd)
{
	int fds[2];
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (!child) {
		close(fds[0]);
		write_for_ever(place, experiment, fds[1], settle_every);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return child;
}

static void readers_see_each_row_once(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	int64_t seen = 0, told = 0;
	pid_t child;
	int fd;

	store_close(store);
	child = start_writer(place, row.key, 3, &fd);
	store = store_at(place, STORE_READ);
	while (seen < 300) {
		int64_t count;
		char byte;

		assert_int_equal(read(fd, &byte, 1), 1); /* sets the pace */
		told++;
		assert_ok(store_snapshot_begin(store, err));
		count = series_length(store, row.key << 32);
		assert_true(count >= told && count >= seen);
		seen = count;
		for (int i = 1; i < TRIALS; i++)
			assert_int_equal(
				series_length(store, (row.key << 32) + i),
				count);
		store_snapshot_end(store);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
	store_close(store);
	experiment_release(&row);
}

static void a_killed_writer_leaves_all(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	int64_t told = 0, count;
	pid_t child;
	char byte;
	int fd;

	store_close(store);
	child = start_writer(place, row.key, 0, &fd);
	while (told < 30) {
		assert_int_equal(read(fd, &byte, 1), 1);
		told++;
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	while (read(fd, &byte, 1) == 1)
		told++;
	close(fd);
	assert_true(query_int(place->path, STAGED) >= 30 * TRIALS);
	store = store_at(place, STORE_READ);
	count = series_length(store, row.key << 32);
	assert_true(count >= told);
	store_close(store);
	assert_sound(place);
	store = store_at(place, STORE_WRITE);
	for (int64_t i = 0; i < count; i++)
		assert_int_equal(commit_one_each(store, row.key, i), 0);
	assert_int_equal(query_int(place->path, STAGED), 0);
	assert_int_equal(commit_one_each(store, row.key, count), TRIALS);
	assert_int_equal(series_length(store, row.key << 32), count + 1);
	store_close(store);
	assert_sound(place);
	experiment_release(&row);
}

/* A limit on file sizes stands for a full disk: writes fail, in the middle of a
 * move or elsewhere, and nothing committed is lost. */
static void a_full_disk_fails_the_commit(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_trials(store, "one");
	struct rlimit before, small;
	struct error err = {0};
	bool ok = true;

	commit_one_each(store, row.key, 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 300 << 10;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_true(store_begin(store, &err));
	for (int64_t i = 0; i < 1000 * TRIALS && ok; i++) {
		struct metric metric =
			make_metric(METRIC_OBJECTIVE, METRIC_INTERMEDIATE,
				    i / TRIALS + 1, (double)(i / TRIALS + 1));
		bool is_new;

		ok = store_metric_add(store, (row.key << 32) + i % TRIALS, 1,
				      &metric, &is_new, &err);
	}
	assert_false(ok && store_commit(store, &err));
	assert_true(*err.text);
	store_rollback(store);
	assert_int_equal(series_length(store, row.key << 32), 1);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(commit_one_each(store, row.key, 1), TRIALS);
	assert_int_equal(commit_one_each(store, row.key, 0), 0);
	store_close(store);
	assert_int_equal(query_int(place->path, BOTH), 2 * TRIALS);
	assert_sound(place);
	experiment_release(&row);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_rows_wait_and_are_moved),
		TEST(many_rows_of_one_trial_do_not_wait),
		TEST(second_deliveries_are_told),
		TEST(rollback_takes_back_what_is_known),
		TEST(writers_move_each_other_s_rows),
		TEST(readers_do_not_notice),
		TEST(readers_see_each_row_once),
		TEST(a_killed_writer_leaves_all),
		TEST(a_full_disk_fails_the_commit),
	};

	return cmocka_run_group_tests_name("metric_stage", tests, NULL, NULL);
}
