/* SPDX-License-Identifier: MIT */
/*
 * Rows of metrics: names in, curves out.
 *
 * How a row gets into its table is told in metric_stage.c.  The number that
 * stands for the metric's name comes from a table in the handle, mostly from
 * its last used entry, since reports come in runs; only a name that an
 * experiment uses for the first time costs statements of its own.  A rolled
 * back transaction may take such a name with it, so a rollback empties the
 * table.
 */
#include "store/store.h"

#include "base/mem.h"
#include "store/metric_stage.h"
#include "store/sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 10000 /* per experiment; a name made of a number is a bug */

/* ---- names -------------------------------------------------------------- */

void store_forget_names(struct store *store)
{
	free(store->names);
	store->names = NULL;
	store->name_count = store->name_capacity = 0;
	store->last_name = NULL;
}

static struct known_name *name_slot(struct store *store, int64_t experiment,
				    const char *name)
{
	size_t mask = store->name_capacity - 1;
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)experiment;

	for (const char *at = name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	for (size_t i = (hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
		struct known_name *slot = &store->names[i];

		if (!slot->key || (slot->experiment == experiment &&
				   !strcmp(slot->name, name)))
			return slot;
	}
}

static void grow_names(struct store *store)
{
	struct known_name *old = store->names;
	size_t count = store->name_capacity;

	if (2 * store->name_count < count)
		return;
	store->name_capacity = count ? 2 * count : 64;
	store->names = xcalloc(store->name_capacity, sizeof(*store->names));
	for (size_t i = 0; i < count; i++)
		if (old[i].key)
			*name_slot(store, old[i].experiment, old[i].name) =
				old[i];
	free(old);
	store->last_name = NULL;
}

static bool query_name(struct store *store, int64_t experiment,
		       const char *name, int64_t *ret_key, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT key FROM metric_name"
		      " WHERE experiment = ? AND name = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	ok = sql_step(&sql, &found, err);
	if (ok)
		*ret_key = found ? sql_int(&sql) : 0;
	sql_close(&sql);
	return ok;
}

static bool insert_name(struct store *store, int64_t experiment,
			const char *name, int64_t *ret_key, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "INSERT INTO metric_name (experiment, name)"
		      " SELECT ?1, ?2 WHERE ?3 >"
		      " (SELECT count(*) FROM metric_name"
		      "  WHERE experiment = ?1)",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	sql_bind_int(&sql, NAMES_MAX);
	if (!sql_finish(&sql, err)) {
		if (err->code == ERROR_CONFLICT)
			error_set(err, ERROR_NOT_FOUND,
				  "there is no experiment with key %lld",
				  (long long)experiment);
		return false;
	}
	if (!sqlite3_changes(store->db))
		return error_set(err, ERROR_LIMIT,
				 "an experiment has at most %d metric names",
				 NAMES_MAX);
	*ret_key = sqlite3_last_insert_rowid(store->db);
	return true;
}

static bool know_name(struct store *store, int64_t experiment, const char *name,
		      struct error *err)
{
	struct known_name *slot;
	int64_t key;

	grow_names(store);
	slot = name_slot(store, experiment, name);
	if (!slot->key) {
		if (!name[0] || memchr(name, 0, METRIC_NAME_MAX + 1) == NULL)
			return error_set(err, ERROR_INVALID,
					 "a metric's name has 1 to %d bytes",
					 METRIC_NAME_MAX);
		if (!query_name(store, experiment, name, &key, err) ||
		    (!key && !insert_name(store, experiment, name, &key, err)))
			return false;
		slot->key = key;
		slot->experiment = experiment;
		memcpy(slot->name, name, strlen(name) + 1);
		store->name_count++;
	}
	store->last_name = slot;
	return true;
}

/* ---- in ----------------------------------------------------------------- */

static bool name_key(struct store *store, int64_t experiment, const char *name,
		     int64_t *ret_key, struct error *err)
{
	const struct known_name *last = store->last_name;

	if (!store_may_write(store, err))
		return false;
	if ((!last || last->experiment != experiment ||
	     strcmp(last->name, name)) &&
	    !know_name(store, experiment, name, err))
		return false;
	*ret_key = store->last_name->key;
	return true;
}

bool store_metric_number(struct store *store, int64_t trial, int attempt,
			 struct metric *metric, bool *ret_is_newest,
			 struct error *err)
{
	int64_t name, highest;

	if (!name_key(store, trial >> 32, metric->name, &name, err) ||
	    !stage_highest(store, trial, attempt, name, metric, &highest, err))
		return false;
	if (metric->sequence == METRIC_SEQUENCE_NEXT)
		metric->sequence = highest + 1;
	*ret_is_newest = metric->sequence > highest;
	return true;
}

bool store_metric_add(struct store *store, int64_t trial, int attempt,
		      const struct metric *metric, bool *ret_is_new,
		      struct error *err)
{
	int64_t name;

	if (!name_key(store, trial >> 32, metric->name, &name, err))
		return false;
	if (metric->sequence < 0)
		return error_set(err, ERROR_INVALID,
				 "a stored metric needs a sequence number");
	return stage_add(store, trial, attempt, name, metric, ret_is_new, err);
}

/* ---- out ---------------------------------------------------------------- */

bool store_metric_next(struct store *store, int64_t trial, int attempt,
		       const char *name, enum metric_type type, int source,
		       int64_t *ret_sequence, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "WITH wanted AS (SELECT key FROM metric_name"
		      "  WHERE experiment = ?1 >> 32 AND name = ?3)"
		      "SELECT 1 + max("
		      " (SELECT coalesce(max(sequence), -1) FROM metric"
		      "  WHERE trial = ?1 AND attempt = ?2 AND type = ?4"
		      "  AND name = (SELECT key FROM wanted) AND source = ?5),"
		      " (SELECT coalesce(max(sequence), -1) FROM metric_stage"
		      "  WHERE trial = ?1 AND attempt = ?2 AND type = ?4"
		      "  AND name = (SELECT key FROM wanted) AND source = ?5))",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	sql_bind_text(&sql, name);
	sql_bind_int(&sql, type);
	sql_bind_int(&sql, source);
	ok = sql_step(&sql, &found, err);
	if (ok)
		*ret_sequence = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

/* Columns: name, type, source, sequence, at_ns, value, text. */
static void read_row(struct sql *sql, struct metric *ret)
{
	sql_copy_to(sql, ret->name, sizeof(ret->name));
	ret->type = sql_int(sql) == METRIC_FINAL ? METRIC_FINAL
						 : METRIC_INTERMEDIATE;
	ret->source = (int)sql_int(sql);
	ret->sequence = sql_int(sql);
	ret->at_ns = sql_int(sql);
	ret->value = sql_double(sql);
	ret->text = (char *)(uintptr_t)sql_text(sql);
}

static bool walk(struct sql *sql, store_metric_fn *fn, void *arg,
		 struct error *err)
{
	struct metric row;
	bool ok;

	while (sql_next(sql, &ok, err)) {
		read_row(sql, &row);
		if (!fn(&row, arg))
			break;
	}
	sql_close(sql);
	return ok;
}

bool store_metrics_each(struct store *store, int64_t trial, int attempt,
			const char *name, store_metric_fn *fn, void *arg,
			struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "SELECT n.name, m.type, m.source, m.sequence, m.at_ns,"
		      " m.value, m.text FROM metric_all m"
		      " CROSS JOIN metric_name n ON n.key = m.name"
		      " WHERE m.trial = ?1 AND (?2 = 0 OR m.attempt = ?2)"
		      " AND (?3 IS NULL OR n.name = ?3)"
		      " ORDER BY n.name, m.type, m.source, m.attempt,"
		      " m.sequence",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	sql_bind_text(&sql, name);
	return walk(&sql, fn, arg, err);
}

bool store_series_each(struct store *store, int64_t trial, int attempt,
		       const char *name, int64_t after, store_metric_fn *fn,
		       void *arg, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "SELECT ?3, type, source, sequence, at_ns, value, text"
		      " FROM metric_all WHERE trial = ?1 AND attempt = ?2"
		      " AND name = (SELECT key FROM metric_name"
		      "  WHERE experiment = ?1 >> 32 AND name = ?3)"
		      " AND type = 0 AND source = 0 AND sequence > ?4"
		      " ORDER BY sequence",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	sql_bind_text(&sql, name);
	sql_bind_int(&sql, after);
	return walk(&sql, fn, arg, err);
}

bool store_metric_names_each(struct store *store, int64_t experiment,
			     store_name_fn *fn, void *arg, struct error *err)
{
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT name FROM metric_name WHERE experiment = ?"
		      " ORDER BY name <> '" METRIC_OBJECTIVE "', name",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err) && fn(sql_text(&sql), arg))
		;
	sql_close(&sql);
	return ok;
}

/* The first one of a trial counts, as in NNI; rows come in that order within
 * each of the two tables, and those that still wait came later. */
bool store_finals_each(struct store *store, int64_t experiment,
		       const char *name, int64_t from, int64_t below,
		       store_final_fn *fn, void *arg, struct error *err)
{
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "WITH wanted AS (SELECT key FROM metric_name"
		      "  WHERE experiment = ?1 AND name = ?2)"
		      "SELECT t.key, t.attempt, m.value FROM trial t"
		      " CROSS JOIN metric m ON m.trial = t.key"
		      "  AND m.attempt = t.attempt"
		      "  AND m.name = (SELECT key FROM wanted) AND m.type = 1"
		      " WHERE t.key >= ?3 AND t.key < ?4"
		      " UNION ALL"
		      " SELECT m.trial, m.attempt, m.value FROM metric_stage m"
		      " CROSS JOIN trial t ON t.key = m.trial"
		      "  AND t.attempt = m.attempt"
		      " WHERE m.trial >= ?3 AND m.trial < ?4"
		      "  AND m.name = (SELECT key FROM wanted) AND m.type = 1",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	sql_bind_int(&sql, (experiment << 32) + from);
	sql_bind_int(&sql, (experiment << 32) + below);
	while (sql_next(&sql, &ok, err)) {
		int64_t key = sql_int(&sql);
		int64_t attempt = sql_int(&sql);

		if (!fn(key & UINT32_MAX, (int)attempt, sql_double(&sql), arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

struct summary {
	struct trial *trial;
	enum objective_mode mode;
	int64_t last_sequence;
};

static bool add_to_summary(const struct metric *metric, void *arg)
{
	struct summary *summary = arg;
	struct trial *trial = summary->trial;
	struct metric_value value = {true, metric->value};

	if (metric->type == METRIC_FINAL) {
		/* the first counts, as in NNI */
		if (!trial->final.is_set)
			trial->final = value;
		return true;
	}
	trial->intermediates++;
	if (metric->sequence > summary->last_sequence) {
		summary->last_sequence = metric->sequence;
		trial->last = value;
	}
	if (objective_is_better(summary->mode, value, trial->best))
		trial->best = value;
	return true;
}

bool store_trial_summarize(struct store *store, struct trial *trial,
			   enum objective_mode mode, struct error *err)
{
	struct summary summary = {trial, mode, -1};

	trial->final = trial->last = trial->best = (struct metric_value){0};
	trial->intermediates = 0;
	return store_metrics_each(store, trial->key, trial->attempt,
				  METRIC_OBJECTIVE, add_to_summary, &summary,
				  err);
}
