/* SPDX-License-Identifier: MIT */
/* Several processes at one database: reader beside writer, kill -9 in the
 * middle of a transaction, and the experiment's lock. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define METRICS_PER_COMMIT 20

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "child: %s\n", err->text);
	_exit(9);
}

/* Commit for ever: a trial with METRICS_PER_COMMIT metrics each time.  Each
 * committed sequence number goes to the pipe after its commit. */
static void write_for_ever(const struct place *place, int64_t experiment,
			   int pipe_fd)
{
	struct store *store;
	struct error err;

	must(store_open(place->path, STORE_WRITE, &store, &err), &err);
	for (;;) {
		struct trial trial = {
			.experiment = experiment,
			.sequence = -1,
			.attempt = 1,
			.source = 'a',
		};
		struct metric metric = {.name = "default"};
		bool is_new;

		must(store_begin(store, &err), &err);
		must(store_trial_add(store, &trial, &err), &err);
		for (int i = 0; i < METRICS_PER_COMMIT; i++) {
			metric.sequence = i;
			must(store_metric_add(store, trial.key, 1, &metric,
					      &is_new, &err),
			     &err);
		}
		must(store_commit(store, &err), &err);
		if (write(pipe_fd, &trial.sequence, sizeof(trial.sequence)) !=
		    sizeof(trial.sequence))
			_exit(0);
	}
}

static pid_t start_writer(const struct place *place, int64_t experiment,
			  int *ret_fd)
{
	int fds[2];
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (!child) {
		close(fds[0]);
		write_for_ever(place, experiment, fds[1]);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return child;
}

static bool count_trial(const struct trial *trial, void *arg)
{
	int64_t *count = arg;

	assert_int_equal(trial->sequence, *count);
	++*count;
	return true;
}

static bool count_metric(const struct metric *metric, void *arg)
{
	int64_t *count = arg;

	assert_int_equal(metric->sequence, *count);
	++*count;
	return true;
}

/* Each time: wait for some commits, kill at once, and look. */
static void killed_writers_lose_nothing(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf problems = STRBUF_INIT;
	int64_t told = -1;

	store_close(store);
	for (int round = 0; round < 12; round++) {
		int64_t trials = 0;
		int64_t sequence;
		pid_t child;
		int fd;

		child = start_writer(place, row.key, &fd);
		for (int i = 0; i <= round; i++) {
			assert_int_equal(read(fd, &sequence, sizeof(sequence)),
					 sizeof(sequence));
			assert_true(sequence > told);
			told = sequence;
		}
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		/* what it told before it died */
		while (read(fd, &sequence, sizeof(sequence)) ==
		       sizeof(sequence))
			told = sequence;
		close(fd);
		/* a reader comes first, and meets the dead one's log */
		store = store_at(place, STORE_READ);
		assert_ok(store_trials_each(store, row.key, 0,
					    STORE_TRIAL_BRIEF, count_trial,
					    &trials, err));
		assert_true(trials > told);
		for (int64_t i = 0; i < trials; i++) {
			int64_t metrics = 0;

			assert_ok(store_series_each(
				store, (row.key << 32) + i, 1, "default", -1,
				count_metric, &metrics, err));
			assert_int_equal(metrics, METRICS_PER_COMMIT);
		}
		assert_ok(store_check(store, &problems, err));
		store_close(store);
		told = trials - 1;
	}
	strbuf_release(&problems);
	experiment_release(&row);
}

static void readers_see_whole_transactions(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct experiment back;
	int64_t version = 0;
	int64_t trials = 0;
	int64_t sequence;
	pid_t child;
	int fd;

	store_close(store);
	child = start_writer(place, row.key, &fd);
	store = store_at(place, STORE_READ);
	while (trials < 100) {
		int64_t count = 0, metrics = 0, now;

		/* paces the loop by commits */
		assert_int_equal(read(fd, &sequence, sizeof(sequence)),
				 sizeof(sequence));
		assert_ok(store_snapshot_begin(store, err));
		assert_ok(store_version(store, &now, err));
		assert_true(now >= version);
		version = now;
		assert_ok(store_experiment_get(store, row.key, &back, err));
		assert_int_equal(back.version, version);
		assert_ok(store_trials_each(store, row.key, 0,
					    STORE_TRIAL_BRIEF, count_trial,
					    &count, err));
		assert_int_equal(back.counts[TRIAL_WAITING], count);
		assert_int_equal(back.next_sequence, count);
		assert_true(count > sequence);
		assert_ok(store_series_each(store, (row.key << 32) + count - 1,
					    1, "default", -1, count_metric,
					    &metrics, err));
		assert_int_equal(metrics, METRICS_PER_COMMIT);
		store_snapshot_end(store);
		experiment_release(&back);
		trials = count;
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
	store_close(store);
	experiment_release(&row);
}

static void commands_come_in_beside_a_writer(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct command command = {.experiment = row.key, .verb = COMMAND_PAUSE};
	int64_t sequence;
	pid_t child;
	int fd;

	store_close(store);
	child = start_writer(place, row.key, &fd);
	assert_int_equal(read(fd, &sequence, sizeof(sequence)),
			 sizeof(sequence));
	store = store_at(place, STORE_APPEND);
	for (int i = 0; i < 20; i++)
		assert_ok(store_command_append(store, &command, err));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
	store_close(store);
	assert_int_equal(query_int(place->path, "SELECT count(*) FROM command"
						" WHERE state = 0"),
			 20);
	experiment_release(&row);
}

static void the_lock_dies_with_its_holder(void **state)
{
	const struct place *place = *state;
	char words[64];
	char link[96];
	int fds[2];
	pid_t child;
	char byte;
	int pid;
	int fd;

	store_close(store_at(place, STORE_WRITE));
	assert_false(store_experiment_is_live(place->path, "one", &pid));
	assert_int_equal(pid, 0);
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (!child) {
		struct error err;

		fd = store_lock_experiment(place->path, "one", &err);
		must(fd >= 0, &err);
		if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			_exit(8);
		if (write(fds[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_true(store_experiment_is_live(place->path, "one", &pid));
	assert_int_equal(pid, child);
	assert_false(store_experiment_is_live(place->path, "two", NULL));
	snprintf(words, sizeof(words), "process %d on ", child);
	assert_error(store_lock_experiment(place->path, "one", err) >= 0,
		     ERROR_CONFLICT, words);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fds[0]);
	close(fds[1]);
	assert_false(store_experiment_is_live(place->path, "one", &pid));

	/* the same name through a link, from the same process */
	assert_ok((fd = store_lock_experiment(place->path, "one", err)) >= 0);
	snprintf(link, sizeof(link), "%s/link.db", place->folder);
	assert_int_equal(symlink(place->path, link), 0);
	assert_true(store_experiment_is_live(link, "one", NULL));
	assert_true(store_experiment_is_live(place->path, "one", &pid));
	assert_int_equal(pid, getpid());
	assert_error(store_lock_experiment(place->path, "one", err) >= 0,
		     ERROR_CONFLICT, "is run by");
	close(fd);
	assert_error(store_lock_experiment(place->path, "../x", err) >= 0,
		     ERROR_INVALID, "not an experiment id");
	assert_false(store_experiment_is_live(place->path, "../x", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(killed_writers_lose_nothing),
		TEST(readers_see_whole_transactions),
		TEST(commands_come_in_beside_a_writer),
		TEST(the_lock_dies_with_its_holder),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
