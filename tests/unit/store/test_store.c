/* SPDX-License-Identifier: MIT */
/* Opening, refusing; transactions and versions. */
#include "tests/unit/store/support.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void creates_private_files(void **state)
{
	const struct place *place = *state;
	struct experiment row;
	char path[160];
	mode_t mask = umask(0);
	struct store *store = store_at(place, STORE_WRITE);
	const char *network;

	umask(mask);
	assert_string_equal(store_path(store), place->path);
	assert_string_equal(store_journal_mode(store, &network), "wal");
	assert_null(network);
	row = add_experiment(store, "one", NULL);
	experiment_release(&row);
	assert_int_equal(mode_of(place->path), 0600);
	snprintf(path, sizeof(path), "%s-wal", place->path);
	assert_int_equal(mode_of(path), 0600);
	snprintf(path, sizeof(path), "%s/deck", place->folder);
	assert_int_equal(mode_of(path), 0700);
	store_close(store);
	assert_int_equal(query_int(place->path, "PRAGMA user_version"),
			 schema_version);
}

static void reopens(void **state)
{
	const struct place *place = *state;
	struct store *store = NULL;
	struct experiment row;
	int64_t before, after;
	char path[160];

	assert_error(store_open(place->path, STORE_READ, &store, err),
		     ERROR_NOT_FOUND, place->path);
	assert_error(store_open(place->path, STORE_APPEND, &store, err),
		     ERROR_NOT_FOUND, place->path);
	store = store_at(place, STORE_WRITE);
	row = add_experiment(store, "one", NULL);
	assert_ok(store_version(store, &before, err));
	store_close(store);
	experiment_release(&row);
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		store = store_at(place, mode);
		assert_ok(store_version(store, &after, err));
		assert_int_equal(before, after);
		assert_ok(store_experiment_find(store, "one", &row, err));
		experiment_release(&row);
		store_close(store);
	}
	/* nothing to migrate: nothing to back up */
	snprintf(path, sizeof(path), "%s.v%d.bak", place->path, schema_version);
	assert_int_equal(access(path, F_OK), -1);
}

static void refuses_what_is_not_ours(void **state)
{
	const struct place *place = *state;
	struct store *store = NULL;
	char folder[128];
	char text[64];

	snprintf(folder, sizeof(folder), "%s/deck", place->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	/* an empty file is taken by a writer, not by a reader */
	fclose(fopen(place->path, "w"));
	assert_error(store_open(place->path, STORE_READ, &store, err),
		     ERROR_UNAVAILABLE, "is empty");
	/* another program's */
	run_sql(place->path, "CREATE TABLE theirs (a)");
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++)
		assert_error(store_open(place->path, mode, &store, err),
			     ERROR_INVALID, "another program");
	assert_int_equal(query_int(place->path, "SELECT count(*)"
						" FROM sqlite_schema"),
			 1);
	assert_int_equal(unlink(place->path), 0);
	/* a newer one */
	store_close(store_at(place, STORE_WRITE));
	snprintf(text, sizeof(text), "PRAGMA user_version = %d",
		 schema_version + 1);
	run_sql(place->path, text);
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++)
		assert_error(store_open(place->path, mode, &store, err),
			     ERROR_INVALID, "newer trialdeck");
	assert_null(store);
}

static void damage_is_told(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf problems = STRBUF_INIT;
	static const char garbage[8192] = "garbage";
	struct error why;
	int fd;

	store_close(store);
	store = NULL;
	/* all but the first page, which holds the schema */
	fd = open(place->path, O_WRONLY);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 4096),
			 sizeof(garbage));
	if (store_open(place->path, STORE_READ, &store, &why)) {
		assert_false(store_check(store, &problems, &why));
		store_close(store);
	}
	assert_int_equal(why.code, ERROR_CORRUPT);
	/* and the head */
	assert_int_equal(pwrite(fd, garbage, 4096, 0), 4096);
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++)
		assert_error(store_open(place->path, mode, &store, err),
			     ERROR_CORRUPT, "not a database");
	close(fd);
	strbuf_release(&problems);
	experiment_release(&row);
}

static void transactions(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct store *reader = store_at(place, STORE_READ);
	struct experiment row = add_experiment(store, "one", NULL);
	struct experiment back;
	int64_t before, after;
	int64_t seen;

	assert_error(store_experiment_update(store, &row, err), ERROR_INVALID,
		     "no transaction");
	assert_error(store_commit(store, err), ERROR_INVALID, "no transaction");
	store_rollback(store); /* harmless */
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	assert_error(store_begin(store, err), ERROR_INVALID, "open already");
	assert_true(store_in_transaction(store));
	row.concurrency = 99;
	assert_ok(store_experiment_update(store, &row, err));
	store_rollback(store);
	assert_false(store_in_transaction(store));
	assert_ok(store_experiment_get(store, row.key, &back, err));
	assert_int_equal(back.concurrency, 2);
	experiment_release(&back);
	assert_ok(store_version(store, &after, err));
	assert_int_equal(before, after);

	/* readers: cheap poll, then the version */
	seen = store_data_version(reader);
	assert_int_equal(store_data_version(reader), seen);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_update(store, &row, err));
	assert_int_equal(store_data_version(reader), seen);
	assert_ok(store_commit(store, err));
	assert_int_not_equal(store_data_version(reader), seen);
	assert_ok(store_version(reader, &after, err));
	assert_int_equal(after, before + 1);

	/* a snapshot stands still */
	assert_ok(store_snapshot_begin(reader, err));
	assert_error(store_snapshot_begin(reader, err), ERROR_INVALID,
		     "open already");
	assert_ok(store_begin(store, err));
	row.concurrency = 7;
	assert_ok(store_experiment_update(store, &row, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_version(reader, &seen, err));
	assert_int_equal(seen, after);
	assert_ok(store_experiment_get(reader, row.key, &back, err));
	assert_int_equal(back.concurrency, 99);
	experiment_release(&back);
	store_snapshot_end(reader);
	store_snapshot_end(reader); /* harmless */
	assert_ok(store_experiment_get(reader, row.key, &back, err));
	assert_int_equal(back.concurrency, 7);
	experiment_release(&back);

	experiment_release(&row);
	store_close(reader);
	store_close(store);
}

static void network_file_systems(void **state)
{
	const struct place *place = *state;
	struct store *store, *reader;
	struct experiment row;
	const char *network;

	/* one that was in WAL mode before it came to lie there */
	store = store_at(place, STORE_WRITE);
	row = add_experiment(store, "one", NULL);
	experiment_release(&row);
	assert_string_equal(store_journal_mode(store, NULL), "wal");
	store_close(store);
	setenv("TRIALDECK_NETWORK_FS", "nfs", 1);
	store = store_at(place, STORE_WRITE);
	assert_string_equal(store_journal_mode(store, &network), "delete");
	assert_string_equal(network, "nfs");
	reader = store_at(place, STORE_READ);
	row = add_experiment(store, "two", NULL);
	experiment_release(&row);
	assert_ok(store_experiment_find(reader, "two", &row, err));
	experiment_release(&row);
	assert_string_equal(store_journal_mode(reader, NULL), "delete");
	store_close(reader);
	store_close(store);
	unsetenv("TRIALDECK_NETWORK_FS");
	/* and back */
	store = store_at(place, STORE_WRITE);
	assert_string_equal(store_journal_mode(store, NULL), "wal");
	assert_ok(store_experiment_find(store, "two", &row, err));
	experiment_release(&row);
	store_close(store);
}

/* Rights do not stop root, so this runs as nobody when it is root. */
static void read_in_a_sealed_folder(const char *path, bool must_work)
{
	struct experiment row;
	struct store *store;
	struct error err;

	if (geteuid() == 0 && (setegid(65534) || seteuid(65534)))
		_exit(2);
	if (!store_open(path, STORE_READ, &store, &err)) {
		if (must_work)
			fprintf(stderr, "sealed: %s\n", err.text);
		_exit(must_work);
	}
	if (!store_experiment_find(store, "one", &row, &err))
		_exit(3);
	experiment_release(&row);
	store_close(store);
	_exit(0);
}

static int run_sealed(const char *path, bool must_work)
{
	pid_t child = fork();
	int status;

	if (!child)
		read_in_a_sealed_folder(path, must_work);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void read_only_folders(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	char folder[128];

	experiment_release(&row);
	store_close(store);
	snprintf(folder, sizeof(folder), "%s/deck", place->folder);
	assert_int_equal(chmod(place->folder, 0755), 0);
	assert_int_equal(chmod(place->path, 0444), 0);
	assert_int_equal(chmod(folder, 0555), 0);
	assert_int_equal(run_sealed(place->path, true), 0);
	assert_int_equal(chmod(folder, 0755), 0);
}

/* A file that may not grow: what a full disk or quota does. */
static void full_disk(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct experiment back;
	struct strbuf problems = STRBUF_INIT;
	struct rlimit old, limit;
	struct error why = {ERROR_NONE, ""};
	char *big = xcalloc(1, 300001);
	bool ok = true;

	memset(big, 'x', 300000);
	free(row.space);
	row.space = big;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 1 << 20;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; ok && i < 100; i++) {
		big[0] = (char)('a' + i % 26);
		ok = store_begin(store, &why) &&
		     store_experiment_update(store, &row, &why) &&
		     store_commit(store, &why);
		if (!ok)
			store_rollback(store);
	}
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	assert_false(ok);
	if (why.code != ERROR_UNAVAILABLE)
		fail_msg("%s: %s", error_code_name(why.code), why.text);
	/* room again: it goes on, and nothing is damaged */
	assert_ok(store_begin(store, err));
	row.concurrency = 5;
	assert_ok(store_experiment_update(store, &row, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_check(store, &problems, err));
	store_close(store);
	store = store_at(place, STORE_READ);
	assert_ok(store_experiment_get(store, row.key, &back, err));
	assert_int_equal(back.concurrency, 5);
	experiment_release(&back);
	experiment_release(&row);
	strbuf_release(&problems);
	store_close(store);
}

/* The log shrinks again after a reader that held it. */
static void log_is_bounded(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct store *reader = store_at(place, STORE_READ);
	struct experiment row = add_experiment(store, "one", NULL);
	char path[160];
	struct stat st;
	char *big = xcalloc(1, 4000001);

	memset(big, 'x', 4000000);
	free(row.space);
	row.space = big;
	snprintf(path, sizeof(path), "%s-wal", place->path);
	assert_ok(store_exec(store, "PRAGMA synchronous = OFF", err));
	assert_ok(store_snapshot_begin(reader, err));
	for (int i = 0; i < 30; i++) {
		if (i == 25) {
			assert_int_equal(stat(path, &st), 0);
			assert_true(st.st_size > 80 << 20);
			store_snapshot_end(reader);
		}
		/* all of it: SQLite skips pages that stay the same */
		memset(big, 'a' + i % 26, 4000000);
		assert_ok(store_begin(store, err));
		assert_ok(store_experiment_update(store, &row, err));
		assert_ok(store_commit(store, err));
	}
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= 64 << 20);
	experiment_release(&row);
	store_close(reader);
	store_close(store);
}

static void checks(void **state)
{
	static const struct {
		const char *damage, *words;
	} cases[] = {
		{"UPDATE experiment SET failed = failed + 1", "counts"},
		{"UPDATE experiment SET failed = failed - 1,"
		 " next_sequence = 9",
		 "next sequence number is 9, not 2"},
		{"UPDATE experiment SET next_sequence = 2;"
		 "UPDATE trial SET attempt = 3",
		 "it says attempt 3, but the newest is 1"},
		{"UPDATE trial SET attempt = 1, version = 1000",
		 "version is newer"},
		{"UPDATE trial SET version = 1;"
		 "INSERT INTO metric VALUES (77, 1, 1, 0, 0, 0, 0, 1, NULL)",
		 "key 77"},
		{"DELETE FROM metric; INSERT INTO metric_stage VALUES"
		 " (1 << 32, 1, 77, 0, 0, 0, 0, 1, NULL)",
		 "without a name: 77"},
		{"INSERT INTO metric_stage SELECT * FROM metric_stage",
		 "there twice: number 0"},
		{"DELETE FROM metric_stage WHERE rowid > 1;"
		 "INSERT INTO metric SELECT * FROM metric_stage",
		 "there twice: number 0"},
		{"DELETE FROM metric; DELETE FROM metric_stage;"
		 "INSERT INTO history (experiment, position, kind, number,"
		 " state, value) VALUES (1, 1, 0, 0, 0, 0)",
		 "history has gaps"},
		{"DELETE FROM history; UPDATE experiment SET best_trial = 5",
		 "best trial"},
		{"UPDATE experiment SET best_trial = NULL;"
		 "INSERT INTO attempt (trial, number, state, exit_code,"
		 " submitted_ns, started_ns, ended_ns, token)"
		 " SELECT 99, 1, state, 0, 0, 0, 0, '' FROM attempt LIMIT 1",
		 "attempt belongs to nothing"},
		{"DELETE FROM attempt WHERE trial = 99;"
		 "DELETE FROM trial_parameters; DELETE FROM attempt;"
		 "DELETE FROM trial WHERE key & 1 = 0",
		 "1 trials, but the last has sequence number 1"},
	};
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf problems = STRBUF_INIT;

	assert_ok(store_begin(store, err));
	for (int i = 0; i < 2; i++) {
		struct trial trial = add_trial(store, row.key);
		struct attempt attempt = {.trial = trial.key, .number = 1};

		assert_ok(store_attempt_add(store, &attempt, err));
	}
	assert_ok(store_commit(store, err));
	assert_ok(store_check(store, &problems, err));
	assert_string_equal(problems.data, "");
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		run_sql(place->path, cases[i].damage);
		store = store_at(place, STORE_READ);
		strbuf_clear(&problems);
		assert_error(store_check(store, &problems, err), ERROR_CORRUPT,
			     "problem");
		if (!strstr(problems.data, cases[i].words))
			fail_msg("%s: %s", cases[i].damage, problems.data);
		store_close(store);
	}
	strbuf_release(&problems);
	experiment_release(&row);
}

/* Rows of a file that somebody else wrote. */
static void impossible_rows_are_refused(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	store_close(store);
	experiment_release(&row);
	run_sql(place->path, "PRAGMA ignore_check_constraints = ON;"
			     "UPDATE trial SET state = 99");
	store = store_at(place, STORE_READ);
	assert_error(store_trial_get(store, trial.key, &trial, err),
		     ERROR_CORRUPT, "has state 99");
	store_close(store);
	run_sql(place->path, "PRAGMA ignore_check_constraints = ON;"
			     "UPDATE experiment SET state = -1");
	store = store_at(place, STORE_READ);
	assert_error(store_experiment_find(store, "one", &row, err),
		     ERROR_CORRUPT, "has state -1");
	assert_null(row.name);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(creates_private_files),
		TEST(reopens),
		TEST(refuses_what_is_not_ours),
		TEST(damage_is_told),
		TEST(transactions),
		TEST(network_file_systems),
		TEST(read_only_folders),
		TEST(full_disk),
		TEST(log_is_bounded),
		TEST(checks),
		TEST(impossible_rows_are_refused),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
