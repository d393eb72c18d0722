/* SPDX-License-Identifier: MIT */
/* Directories of a database that lies elsewhere than where it was written. */
#include "tests/unit/store/support.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void make(const struct place *place, const char *path)
{
	char *whole = fs_join(place->folder, path);
	struct error err;

	assert_true(fs_make_folders(whole, &err));
	free(whole);
}

/* An experiment whose directory is this, with one attempt in it. */
static void add(const struct place *place, const char *id, const char *where)
{
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, id, id);
	struct attempt attempt = {.number = 1};
	struct trial trial;

	free(row.directory);
	row.directory = xstrdup(where);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_update(store, &row, err));
	trial = add_trial(store, row.key);
	attempt.trial = trial.key;
	attempt.directory = xasprintf("%s/trials/abcde/1", where);
	assert_ok(store_attempt_add(store, &attempt, err));
	assert_ok(store_commit(store, err));
	attempt_release(&attempt);
	trial_release(&trial);
	experiment_release(&row);
	store_close(store);
}

static void expect_at(const struct place *place, const char *id,
		      const char *where)
{
	struct store *store = store_at(place, STORE_READ);
	char *inner = xasprintf("%s/trials/abcde/1", where);
	char *query = xasprintf("SELECT max(trial) FROM attempt WHERE trial IN "
				"(SELECT key FROM trial WHERE experiment = "
				"(SELECT key FROM experiment WHERE id = '%s'))",
				id);
	struct experiment row;
	struct attempt attempt;

	assert_ok(store_experiment_find(store, id, &row, err));
	assert_string_equal(row.directory, where);
	assert_ok(store_attempt_get(store, query_int(place->path, query), 1,
				    &attempt, err));
	assert_string_equal(attempt.directory, inner);
	attempt_release(&attempt);
	experiment_release(&row);
	store_close(store);
	free(query);
	free(inner);
}

static void beside_the_database(void **state)
{
	const struct place *place = *state;
	char *here = fs_join(place->folder, "deck/experiments/moved");

	add(place, "moved", "/no/such/experiments/data/experiments/moved");
	/* nothing is known better */
	expect_at(place, "moved",
		  "/no/such/experiments/data/experiments/moved");
	make(place, "deck/experiments/moved");
	expect_at(place, "moved", here);
	free(here);
}

static void where_it_was_written(void **state)
{
	const struct place *place = *state;
	char *there = fs_join(place->folder, "old/experiments/kept");

	make(place, "old/experiments/kept");
	make(place, "deck/experiments/kept");
	add(place, "kept", there);
	expect_at(place, "kept", there);
	free(there);
}

static void elsewhere_of_old(void **state)
{
	const struct place *place = *state;

	make(place, "deck/experiments/own");
	add(place, "own", "/no/such/folder/own");
	expect_at(place, "own", "/no/such/folder/own");
}

/* What is kept of one is not taken for another. */
static void of_several(void **state)
{
	const struct place *place = *state;
	char *one = fs_join(place->folder, "deck/experiments/one");
	struct store *store;
	struct experiment row;

	make(place, "deck/experiments/one");
	add(place, "one", "/no/such/experiments/one");
	add(place, "onetwo", "/no/such/experiments/onetwo");
	store = store_at(place, STORE_READ);
	for (int i = 0; i < 2; i++) {
		assert_ok(store_experiment_find(store, "one", &row, err));
		assert_string_equal(row.directory, one);
		experiment_release(&row);
		assert_ok(store_experiment_find(store, "onetwo", &row, err));
		assert_string_equal(row.directory,
				    "/no/such/experiments/onetwo");
		experiment_release(&row);
	}
	store_close(store);
	free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(beside_the_database),
		TEST(where_it_was_written),
		TEST(elsewhere_of_old),
		TEST(of_several),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
