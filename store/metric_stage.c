/* SPDX-License-Identifier: MIT */
/*
 * The way of a metric into its table.
 *
 * Metrics are clustered by trial, which is what readers want and not what comes
 * in: a commit of one metric from each of 64 trials would change 64 pages, and
 * each goes to the log and later into the file, 4 KiB for 40 bytes.  So new
 * rows are appended to a small table without an index, `metric_stage`, where
 * those 64 are one page; and moved by store_metrics_settle, which the engine
 * calls when nothing else is to be done, or when there are many of them: then
 * after the answers, so that the move runs while the next reports come in.
 * From STAGE_ROWS_MAX on they are moved in any case.  The view `metric_all` is
 * both tables; readers use it, and since a move is part of a transaction, they
 * see each row once at any time.
 *
 * Once only.  A second delivery of a row must be told from a new one without a
 * look into those 64 pages.  For that the handle remembers the highest sequence
 * number of each series (one name, type and source of one attempt).  A row
 * above it is new, and only such rows are staged; the others go straight to the
 * table, whose key refuses what is there.  What may be staged itself is told by
 * the first number staged: from there on, the stage is moved before the table
 * is asked.
 *
 * This relies on nobody else adding metrics of the same experiment, which the
 * experiment's lock sees to.  Writers of other experiments may move our rows:
 * that changes where they are, not that they are there.  When we know nothing,
 * at the first row or after a rollback, the stage is moved first, so that the
 * table tells all.
 *
 * Rows that come many at a time from one trial share its pages already, so from
 * the RUN_ROWS-th on they are not staged either.
 */
#include "store/metric_stage.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_ROWS 8192			/* worth a move */
#define STAGE_ROWS_MAX (2 * STAGE_ROWS) /* not without one */
#define RUN_ROWS 8
#define SERIES_MAX 65536 /* known at a time; a memory limit */

struct series {
	int64_t trial, name;
	int attempt, type, source;
	int64_t highest;      /* stored sequence; -1 for none */
	int64_t first_staged; /* valid while filling is the stage's */
	unsigned int filling;
};

struct stage {
	sqlite3_stmt *append, *insert;
	struct series *series; /* hash table; slots with trial 0 are free */
	size_t series_count, series_capacity;
	size_t rows;	      /* staged by us */
	unsigned int filling; /* counts moves, so that all series forget */
	/* the last rows came from one attempt */
	int64_t run_trial;
	int run_attempt, run_rows;
};

static bool prepare(struct store *store, const char *text,
		    sqlite3_stmt **ret_statement, struct error *err)
{
	int code = sqlite3_prepare_v3(store->db, text, -1,
				      SQLITE_PREPARE_PERSISTENT, ret_statement,
				      NULL);

	return code == SQLITE_OK || store_error(store, code, err, "");
}

static bool open_stage(struct store *store, struct error *err)
{
	struct stage *stage = xcalloc(1, sizeof(*stage));

	store->stage = stage;
	if (prepare(store,
		    "INSERT INTO metric_stage (trial, attempt, name, type,"
		    " source, sequence, at_ns, value, text)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    &stage->append, err) &&
	    prepare(store,
		    "INSERT OR IGNORE INTO metric (trial, attempt, name, type,"
		    " source, sequence, at_ns, value, text)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    &stage->insert, err) &&
	    store_metrics_settle(store, err))
		return true;
	stage_forget(store);
	return false;
}

void stage_forget(struct store *store)
{
	struct stage *stage = store->stage;

	if (!stage)
		return;
	sqlite3_finalize(stage->append);
	sqlite3_finalize(stage->insert);
	free(stage->series);
	free(stage);
	store->stage = NULL;
}

bool stage_is_filled(const struct store *store)
{
	return store->stage && store->stage->rows;
}

static bool run(struct store *store, const char *text, struct error *err)
{
	struct sql sql;

	return sql_open(&sql, store, text, err) && sql_finish(&sql, err);
}

static bool move_rows(struct store *store, struct error *err)
{
	/* IGNORE: a row too many must not stop all that follow.  Sorting the
	 * rows first would cost more than it saves: the pages are in memory. */
	return run(store,
		   "INSERT OR IGNORE INTO metric (trial, attempt, name, type,"
		   " source, sequence, at_ns, value, text)"
		   " SELECT trial, attempt, name, type, source, sequence,"
		   " at_ns, value, text FROM metric_stage",
		   err) &&
	       run(store, "DELETE FROM metric_stage", err);
}

/* Does the stage hold any row?  Deleting none would still write a page. */
static bool look_at_stage(struct store *store, bool *ret_has_rows,
			  struct error *err)
{
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store, "SELECT 1 FROM metric_stage LIMIT 1", err))
		return false;
	ok = sql_step(&sql, ret_has_rows, err);
	sql_close(&sql);
	return ok;
}

bool store_metrics_are_many(const struct store *store)
{
	return store->stage && store->stage->rows >= STAGE_ROWS;
}

bool store_metrics_settle(struct store *store, struct error *err)
{
	struct stage *stage = store->stage;
	bool has_rows = true;

	if (!store_may_write(store, err))
		return false;
	if (stage && stage->filling && !stage->rows)
		return true;
	if (!stage_is_filled(store) && !look_at_stage(store, &has_rows, err))
		return false;
	if (has_rows && !move_rows(store, err))
		return error_prefix(err, "put metrics in order");
	if (stage) {
		stage->rows = 0;
		stage->filling++;
	}
	return true;
}

/* ---- what is known of a series ------------------------------------------ */

static uint64_t mix(uint64_t hash, int64_t value)
{
	hash = (hash ^ (uint64_t)value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static struct series *find_slot(const struct stage *stage,
				const struct series *key)
{
	uint64_t hash = mix(mix(0, key->trial), key->name);
	size_t mask = stage->series_capacity - 1;

	hash = mix(mix(hash, key->attempt), key->source * 2LL + key->type);
	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct series *slot = &stage->series[i];

		if (!slot->trial ||
		    (slot->trial == key->trial && slot->name == key->name &&
		     slot->attempt == key->attempt && slot->type == key->type &&
		     slot->source == key->source))
			return slot;
	}
}

static void grow_series(struct stage *stage)
{
	struct series *old = stage->series;
	size_t count = stage->series_capacity;

	if (2 * stage->series_count < count)
		return;
	stage->series_capacity = count ? 2 * count : 256;
	stage->series = xcalloc(stage->series_capacity, sizeof(*old));
	for (size_t i = 0; i < count; i++)
		if (old[i].trial)
			*find_slot(stage, &old[i]) = old[i];
	free(old);
}

static bool query_highest(struct store *store, const struct series *series,
			  int64_t *ret_highest, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT coalesce(max(sequence), -1) FROM metric"
		      " WHERE trial = ? AND attempt = ? AND name = ?"
		      " AND type = ? AND source = ?",
		      err))
		return false;
	sql_bind_int(&sql, series->trial);
	sql_bind_int(&sql, series->attempt);
	sql_bind_int(&sql, series->name);
	sql_bind_int(&sql, series->type);
	sql_bind_int(&sql, series->source);
	ok = sql_step(&sql, &found, err);
	if (ok)
		*ret_highest = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

static void forget_series(struct stage *stage)
{
	free(stage->series);
	stage->series = NULL;
	stage->series_count = stage->series_capacity = 0;
}

/* A series that is not known has no rows in the stage: only we put them there,
 * and forget series only when it is empty. */
static struct series *know_series(struct store *store, struct series *key,
				  struct error *err)
{
	struct stage *stage;
	struct series *slot;

	if (!store->stage && !open_stage(store, err))
		return NULL;
	stage = store->stage;
	if (stage->series_count >= SERIES_MAX) {
		if (!store_metrics_settle(store, err))
			return NULL;
		forget_series(stage);
	}
	grow_series(stage);
	slot = find_slot(stage, key);
	if (slot->trial)
		return slot;
	if (!query_highest(store, key, &key->highest, err))
		return NULL;
	*slot = *key;
	stage->series_count++;
	return slot;
}

/* ---- in ----------------------------------------------------------------- */

static bool insert(struct store *store, sqlite3_stmt *add,
		   const struct series *series, const struct metric *metric,
		   struct error *err)
{
	int code;

	sqlite3_bind_int64(add, 1, series->trial);
	sqlite3_bind_int(add, 2, series->attempt);
	sqlite3_bind_int64(add, 3, series->name);
	sqlite3_bind_int(add, 4, series->type);
	sqlite3_bind_int(add, 5, series->source);
	sqlite3_bind_int64(add, 6, metric->sequence);
	sqlite3_bind_int64(add, 7,
			   metric->at_ns ? metric->at_ns : clock_wall_ns());
	if (isnan(metric->value))
		sqlite3_bind_text(add, 8, "NaN", 3, SQLITE_STATIC);
	else
		sqlite3_bind_double(add, 8, metric->value);
	if (metric->text)
		sqlite3_bind_text(add, 9, metric->text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(add, 9);
	sqlite3_step(add);
	code = sqlite3_reset(add);
	return code == SQLITE_OK ||
	       store_error(store, code, err, "add a metric");
}

static bool is_in_run(struct stage *stage, int64_t trial, int attempt)
{
	if (trial != stage->run_trial || attempt != stage->run_attempt) {
		stage->run_trial = trial;
		stage->run_attempt = attempt;
		stage->run_rows = 0;
	}
	if (stage->run_rows < RUN_ROWS)
		stage->run_rows++;
	return stage->run_rows == RUN_ROWS;
}

static bool append(struct store *store, struct series *series,
		   const struct metric *metric, struct error *err)
{
	struct stage *stage = store->stage;

	if (!insert(store, stage->append, series, metric, err))
		return false;
	if (series->filling != stage->filling) {
		series->filling = stage->filling;
		series->first_staged = metric->sequence;
	}
	series->highest = metric->sequence;
	return ++stage->rows < STAGE_ROWS_MAX ||
	       store_metrics_settle(store, err);
}

static struct series make_key(int64_t trial, int attempt, int64_t name,
			      const struct metric *metric)
{
	return (struct series){
		.trial = trial,
		.name = name,
		.attempt = attempt,
		.type = metric->type,
		.source = metric->source,
	};
}

bool stage_highest(struct store *store, int64_t trial, int attempt,
		   int64_t name, const struct metric *metric,
		   int64_t *ret_highest, struct error *err)
{
	struct series key = make_key(trial, attempt, name, metric);
	const struct series *series = know_series(store, &key, err);

	if (!series)
		return false;
	*ret_highest = series->highest;
	return true;
}

bool stage_add(struct store *store, int64_t trial, int attempt, int64_t name,
	       const struct metric *metric, bool *ret_is_new, struct error *err)
{
	struct series key = make_key(trial, attempt, name, metric);
	struct series *series = know_series(store, &key, err);
	struct stage *stage;
	bool is_in_order;

	if (!series)
		return false;
	stage = store->stage;
	is_in_order = metric->sequence > series->highest;
	if (!is_in_run(stage, trial, attempt) && is_in_order) {
		*ret_is_new = true;
		return append(store, series, metric, err);
	}
	if (!is_in_order && series->filling == stage->filling &&
	    metric->sequence >= series->first_staged &&
	    !store_metrics_settle(store, err))
		return false;
	if (!insert(store, stage->insert, series, metric, err))
		return false;
	*ret_is_new = sqlite3_changes(store->db);
	if (is_in_order)
		series->highest = metric->sequence;
	return true;
}
