/* SPDX-License-Identifier: MIT */
/* Gathered writes of the log: seen by readers at once, and whole on disk after
 * a crash; a full disk fails the commit and nothing else. */
#include "store/wal_vfs.h"
#include "tests/unit/store/support.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Enough pages for several buffers of the VFS. */
#define TRIALS 200

static void add_round(struct store *store, struct experiment *experiment,
		      int64_t sequence)
{
	assert_ok(store_begin(store, err));
	for (int i = 0; i < TRIALS; i++) {
		struct metric metric = {.sequence = sequence, .value = i};
		bool is_new;

		strcpy(metric.name, METRIC_OBJECTIVE);
		assert_ok(store_metric_add(store, (experiment->key << 32) + i,
					   1, &metric, &is_new, err));
		assert_true(is_new);
	}
	assert_ok(store_commit(store, err));
}

static int64_t count_metrics(const struct place *place)
{
	sqlite3_stmt *count;
	int64_t result;
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READONLY, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM metric",
					    -1, &count, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(count), SQLITE_ROW);
	result = sqlite3_column_int64(count, 0);
	sqlite3_finalize(count);
	sqlite3_close(db);
	return result;
}

static void assert_sound(const struct place *place)
{
	sqlite3_stmt *check;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1,
					    &check, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(check), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(check, 0), "ok");
	sqlite3_finalize(check);
	sqlite3_close(db);
}

static void is_in_use(void **state)
{
	(void)state;
	assert_non_null(wal_vfs_name());
	assert_ptr_not_equal(sqlite3_vfs_find(NULL),
			     sqlite3_vfs_find(wal_vfs_name()));
}

static void readers_see_every_commit(void **state)
{
	struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "e1", NULL);

	/* more than the thousand pages between checkpoints */
	for (int i = 0; i < 20; i++) {
		add_round(store, &row, i);
		assert_int_equal(count_metrics(place), (i + 1) * TRIALS);
	}
	experiment_release(&row);
	store_close(store);
	assert_int_equal(count_metrics(place), 20 * TRIALS);
	assert_sound(place);
}

static void survives_being_killed(void **state)
{
	struct place *place = *state;
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct store *store = store_at(place, STORE_WRITE);
		struct experiment row = add_experiment(store, "e1", NULL);

		for (int i = 0; i < 5; i++)
			add_round(store, &row, i);
		/* and in the middle of a transaction */
		if (store_begin(store, &(struct error){0}))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count_metrics(place), 5 * TRIALS);
	assert_sound(place);
}

/* A limit on file sizes stands for a full disk: writes fail. */
static void a_full_disk_fails_the_commit(void **state)
{
	struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "e1", NULL);
	struct rlimit before, small;
	struct error err = {0};
	bool ok = true;

	add_round(store, &row, 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 300 << 10;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_true(store_begin(store, &err));
	for (int64_t i = 0; i < 50 * TRIALS && ok; i++) {
		struct metric metric = {.sequence = i / TRIALS + 1};
		bool is_new;

		strcpy(metric.name, METRIC_OBJECTIVE);
		ok = store_metric_add(store, (row.key << 32) + i % TRIALS, 1,
				      &metric, &is_new, &err);
	}
	assert_false(ok && store_commit(store, &err));
	assert_true(*err.text);
	store_rollback(store);
	assert_int_equal(count_metrics(place), TRIALS);
	setrlimit(RLIMIT_FSIZE, &before);
	add_round(store, &row, 1);
	assert_int_equal(count_metrics(place), 2 * TRIALS);
	experiment_release(&row);
	store_close(store);
	assert_sound(place);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_in_use),
		TEST(readers_see_every_commit),
		TEST(survives_being_killed),
		TEST(a_full_disk_fails_the_commit),
	};

	return cmocka_run_group_tests_name("wal_vfs", tests, NULL, NULL);
}
