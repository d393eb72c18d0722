/* SPDX-License-Identifier: MIT */
/* Databases of older versions, and what goes wrong on the way. */
#include "tests/unit/store/support.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

/* A database as version 1 of the schema had it, with an experiment. */
static void make_version_1(const struct place *place)
{
	char *folder = fs_folder(place->path);
	char *text = xasprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = 1;"
		"INSERT INTO experiment (key, id, name, state, is_paused,"
		" is_archived, objective, seed, concurrency, max_trials,"
		" max_duration_s, max_trial_duration_s, max_retries,"
		" created_ns, started_ns, ended_ns, run_ns, owner_pid,"
		" side_port, version)"
		" VALUES (1, 'one', 'old', 5, 0, 0, 0, 7, 2, 10, 0, 0, 0,"
		" 1, 2, 3, 4, 0, 0, 1);"
		"INSERT INTO trial VALUES (4294967296, 1, 'abcde', 1, 1, -1,"
		" 1, 1, 0, NULL, NULL, NULL, 0, 2, 97, 'why');",
		SCHEMA_APPLICATION_ID);
	struct error ignored;

	assert_true(fs_make_folders(folder, &ignored));
	run_sql(place->path, schema_migrations[0].statements);
	run_sql(place->path, text);
	free(text);
	free(folder);
}

static void version_1_is_migrated(void **state)
{
	const struct place *place = *state;
	struct strbuf problems = STRBUF_INIT;
	struct store *store = NULL;
	struct experiment row;
	char backup[160];

	make_version_1(place);
	/* looking changes nothing */
	assert_error(store_open(place->path, STORE_READ, &store, err),
		     ERROR_INVALID, "older trialdeck");
	assert_int_equal(query_int(place->path, "PRAGMA user_version"), 1);
	store = store_at(place, STORE_WRITE);
	assert_ok(store_experiment_find(store, "one", &row, err));
	assert_string_equal(row.name, "old");
	assert_int_equal(row.state, EXPERIMENT_STOPPING);
	assert_int_equal(row.seed, 7);
	assert_int_equal(row.counts[TRIAL_RUNNING], 1);
	assert_false(row.lets_finish);
	assert_null(row.fault);
	assert_int_equal(row.fault_since_ns, 0);
	store_check(store, &problems, &(struct error){0});
	assert_null(strstr(problems.data, "cluster"));
	store_close(store);
	snprintf(backup, sizeof(backup), "%s.v1.bak", place->path);
	assert_int_equal(mode_of(backup), 0600);
	assert_int_equal(query_int(backup, "PRAGMA user_version"), 1);
	assert_int_equal(query_int(backup, "SELECT count(*) FROM trial"), 1);
	assert_int_equal(query_int(place->path, "PRAGMA user_version"),
			 schema_version);
	strbuf_release(&problems);
	experiment_release(&row);
}

/* A database as version 2 had it, with an attempt. */
static void version_2_is_migrated(void **state)
{
	const struct place *place = *state;
	struct part_list parts = {0};
	struct store *store;
	struct experiment row;
	bool is_news = false;
	char backup[160];

	make_version_1(place);
	run_sql(place->path, schema_migrations[1].statements);
	run_sql(place->path,
		"PRAGMA user_version = 2;"
		"UPDATE experiment SET fault = 'away', fault_since_ns = 9;"
		"INSERT INTO attempt VALUES (4294967296, 1, 1, -1, 1, 1, 0,"
		" 'secret', 'job', '/dir', 'why');"
		"INSERT INTO trial_place VALUES (4294967296, 1, 'pod', 'node',"
		" 0, -1, -1, -1, -1, -1, -1, 7);");
	store = store_at(place, STORE_WRITE);
	assert_ok(store_experiment_find(store, "one", &row, err));
	assert_string_equal(row.fault, "away");
	assert_ok(store_parts_get(store, INT64_C(4294967296), 1, &parts, err));
	assert_int_equal(parts.count + parts.omitted, 0);
	part_list_add(&parts)->state = PART_RUNNING;
	parts.omitted = 3;
	assert_ok(store_begin(store, err));
	assert_ok(store_parts_put(store, INT64_C(4294967296), 1, &parts,
				  &is_news, err));
	assert_ok(store_commit(store, err));
	assert_true(is_news);
	store_close(store);
	assert_int_equal(query_int(place->path, "SELECT parts_omitted FROM"
						" attempt WHERE job = 'job'"),
			 3);
	snprintf(backup, sizeof(backup), "%s.v2.bak", place->path);
	assert_int_equal(query_int(backup, "PRAGMA user_version"), 2);
	assert_int_equal(query_int(backup, "SELECT count(*) FROM attempt"), 1);
	part_list_release(&parts);
	experiment_release(&row);
}

/* A database as version 4 had it: attempts without a word about outputs. */
static void version_4_is_migrated(void **state)
{
	const struct place *place = *state;
	struct output output = {
		.trial = INT64_C(4294967296),
		.attempt = 1,
		.storage = (char *)(uintptr_t) "{\"storageType\":\"nfs\"}",
		.path = (char *)(uintptr_t) "nni/one/abcde",
		.url = (char *)(uintptr_t) "nfs://host:nni/one/abcde",
	};
	struct store *store;
	struct experiment row;
	char backup[160];

	make_version_1(place);
	run_sql(place->path, schema_migrations[1].statements);
	run_sql(place->path, schema_migrations[2].statements);
	run_sql(place->path, schema_migrations[3].statements);
	run_sql(place->path,
		"PRAGMA user_version = 4;"
		"INSERT INTO attempt VALUES (4294967296, 1, 1, -1, 1, 1, 0,"
		" 'secret', 'job', '/dir', 'why', 0);");
	store = store_at(place, STORE_WRITE);
	assert_ok(store_experiment_find(store, "one", &row, err));
	assert_null(row.progress);
	assert_error(store_output_get(store, output.trial, 1, &output, err),
		     ERROR_NOT_FOUND, "no record of outputs");
	assert_error(
		store_code_get(store, row.key, &(struct output_code){0}, err),
		ERROR_NOT_FOUND, "not in a storage");
	output = (struct output){
		.trial = INT64_C(4294967296),
		.attempt = 1,
		.storage = (char *)(uintptr_t) "{\"storageType\":\"nfs\"}",
		.path = (char *)(uintptr_t) "nni/one/abcde",
		.url = (char *)(uintptr_t) "nfs://host:nni/one/abcde",
	};
	assert_ok(store_begin(store, err));
	assert_ok(store_output_put(store, &output, err));
	assert_ok(store_commit(store, err));
	store_close(store);
	assert_int_equal(query_int(place->path, "SELECT count(*) FROM output"),
			 1);
	snprintf(backup, sizeof(backup), "%s.v4.bak", place->path);
	assert_int_equal(query_int(backup, "PRAGMA user_version"), 4);
	experiment_release(&row);
}

/* A database as version 5 had it: nobody could say anything of a trial. */
static void version_5_is_migrated(void **state)
{
	const char *const words[] = {"good"};
	const struct place *place = *state;
	struct store *store;
	struct experiment row;
	struct trial trial;
	char backup[160];
	int changes;

	make_version_1(place);
	for (int i = 1; i < 5; i++)
		run_sql(place->path, schema_migrations[i].statements);
	run_sql(place->path, "PRAGMA user_version = 5;");
	store = store_at(place, STORE_WRITE);
	assert_ok(store_experiment_find(store, "one", &row, err));
	assert_null(row.tags);
	assert_null(row.note);
	assert_int_equal(row.marked_version, 0);
	assert_ok(store_tags_change(store, row.key, row.key << 32, words, 1,
				    "ann", &changes, err));
	assert_int_equal(changes, 1);
	assert_ok(store_trial_get(store, row.key << 32, &trial, err));
	assert_string_equal(trial.tags, "good");
	trial_release(&trial);
	store_close(store);
	snprintf(backup, sizeof(backup), "%s.v5.bak", place->path);
	assert_int_equal(query_int(backup, "PRAGMA user_version"), 5);
	experiment_release(&row);
}

static void migrates_with_a_backup(void **state)
{
	const struct migration future[] = {
		schema_migrations[0],
		schema_migrations[1],
		schema_migrations[2],
		schema_migrations[3],
		schema_migrations[4],
		schema_migrations[5],
		{"ALTER TABLE trial ADD COLUMN colour TEXT;"
		 "UPDATE trial SET colour = 'red';"},
	};
	const struct migration broken[] = {
		schema_migrations[0],
		schema_migrations[1],
		schema_migrations[2],
		schema_migrations[3],
		schema_migrations[4],
		schema_migrations[5],
		{"ALTER TABLE trial ADD COLUMN colour TEXT; NONSENSE;"},
	};
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	char backup[160];
	char left[200];
	int version;

	assert_int_equal(schema_version, 6); /* else extend the tables above */
	snprintf(backup, sizeof(backup), "%s.v6.bak", place->path);
	snprintf(left, sizeof(left), "%s.new", backup);
	assert_ok(store_begin(store, err));
	add_trial(store, row.key);
	assert_ok(store_commit(store, err));

	/* all or nothing */
	assert_error(schema_migrate(store, broken, 7, err), ERROR_SYSTEM,
		     "migrate to version 7");
	assert_ok(schema_check(store, 7, &version, err));
	assert_int_equal(version, 6);
	assert_int_equal(query_int(place->path,
				   "SELECT count(*) FROM pragma_table_info"
				   "('trial') WHERE name = 'colour'"),
			 0);

	assert_ok(schema_migrate(store, future, 7, err));
	assert_ok(schema_migrate(store, future, 7, err)); /* again: nothing */
	store_close(store);
	assert_int_equal(query_int(place->path, "PRAGMA user_version"), 7);
	assert_int_equal(query_int(place->path, "SELECT count(*) FROM trial"
						" WHERE colour = 'red'"),
			 1);
	assert_int_equal(mode_of(backup), 0600);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(query_int(backup, "PRAGMA user_version"), 6);
	assert_int_equal(query_int(backup, "SELECT count(*) FROM trial"), 1);
	/* the backup is a whole database that opens */
	assert_ok(store_open(backup, STORE_READ, &store, err));
	store_close(store);
	/* this program is now the older one */
	assert_error(store_open(place->path, STORE_WRITE, &store, err),
		     ERROR_INVALID, "newer");
	experiment_release(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(version_1_is_migrated),  TEST(version_2_is_migrated),
		TEST(version_4_is_migrated),  TEST(version_5_is_migrated),
		TEST(migrates_with_a_backup),
	};

	return cmocka_run_group_tests_name("migration", tests, NULL, NULL);
}
