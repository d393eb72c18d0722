/* SPDX-License-Identifier: MIT */
/* What the tests of the store share. */
#include "tests/unit/store/support.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

int place_make(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	strcpy(place->folder, "/tmp/trialdeck-store-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/deck/trialdeck.db",
		 place->folder);
	*state = place;
	return 0;
}

int place_remove(void **state)
{
	struct place *place = *state;
	struct error err;
	bool ok = fs_remove_tree(place->folder, &err);

	free(place);
	return ok ? 0 : -1;
}

struct store *store_at(const struct place *place, enum store_mode mode)
{
	struct store *store = NULL;

	assert_ok(store_open(place->path, mode, &store, err));
	return store;
}

struct experiment add_experiment(struct store *store, const char *id,
				 const char *name)
{
	struct experiment row = {
		.name = xstrdup_or_null(name),
		.state = EXPERIMENT_RUNNING,
		.platform = xstrdup("local"),
		.config = xstrdup("{\"trialConcurrency\":2}"),
		.source = xstrdup("trialConcurrency: 2\n"),
		.source_path = xstrdup("/home/ada/exp.yaml"),
		.space = xstrdup("{\"x\":{\"_type\":\"uniform\","
				 "\"_value\":[0,1]}}"),
		.directory = xstrdup("/home/ada/deck/1"),
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = UINT64_C(0xfedcba9876543210),
		.concurrency = 2,
		.max_trials = 10,
		.max_duration_s = 3600,
		.max_trial_duration_s = 60,
		.max_retries = 1,
		.started_ns = 5,
	};

	snprintf(row.id, sizeof(row.id), "%s", id);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_add(store, &row, err));
	assert_ok(store_commit(store, err));
	return row;
}

struct trial add_trial(struct store *store, int64_t experiment)
{
	struct trial row = {
		.experiment = experiment,
		.sequence = -1,
		.attempt = 1,
		.exit_code = -1,
		.source = 'a',
		.parameters = (char *)(uintptr_t) "{\"x\":0.5}",
	};

	assert_ok(store_trial_add(store, &row, err));
	row.parameters = NULL;
	return row;
}

struct metric make_metric(const char *name, enum metric_type type,
			  int64_t sequence, double value)
{
	struct metric metric = {
		.type = type,
		.sequence = sequence,
		.at_ns = 1000 + sequence,
		.value = value,
	};

	snprintf(metric.name, sizeof(metric.name), "%s", name);
	return metric;
}

bool add_metric(struct store *store, const struct trial *trial,
		const struct metric *metric)
{
	bool is_new = false;

	assert_ok(store_metric_add(store, trial->key, trial->attempt, metric,
				   &is_new, err));
	return is_new;
}

static sqlite3 *open_plain(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

char *query_text(const char *path, const char *text)
{
	sqlite3 *db = open_plain(path);
	sqlite3_stmt *statement;
	char *result = NULL;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		result = xstrdup_or_null(
			(const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return result;
}

int64_t query_int(const char *path, const char *text)
{
	char *value = query_text(path, text);
	int64_t result = value ? strtoll(value, NULL, 10) : 0;

	free(value);
	return result;
}

void run_sql(const char *path, const char *text)
{
	sqlite3 *db = open_plain(path);

	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Compare what a walk noted, and forget it. */
void expect(struct strbuf *notes, const char *wanted)
{
	assert_string_equal(notes->data, wanted);
	strbuf_clear(notes);
}
