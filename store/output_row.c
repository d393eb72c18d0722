/* SPDX-License-Identifier: MIT */
/*
 * Rows of outputs, and of the code they came from.  A storage's description is
 * kept once per experiment; rows point at it.
 */
#include "store/store.h"

#include "base/mem.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

#define SELECT                                                                 \
	"SELECT o.trial, o.attempt, s.config, o.path, o.url, o.state,"         \
	" o.files, o.bytes, o.at_ns, o.is_foreign, o.note"                     \
	" FROM output o JOIN storage s ON s.key = o.storage "

static bool find_storage(struct store *store, int64_t experiment,
			 const char *config, int64_t *ret_key,
			 struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "INSERT OR IGNORE INTO storage (experiment, config)"
		      " VALUES (?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, config);
	if (!sql_finish(&sql, err) ||
	    !sql_open(&sql, store,
		      "SELECT key FROM storage WHERE experiment = ?"
		      " AND config = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, config);
	ok = sql_step(&sql, &found, err);
	if (ok && found)
		*ret_key = sql_int(&sql);
	sql_close(&sql);
	return ok && (found || store_corrupt(store, err,
					     "a storage that was added is not "
					     "there"));
}

/* Screens look for trials that changed. */
static bool touch_trial(struct store *store, int64_t trial, struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store, "UPDATE trial SET version = ? WHERE key = ?",
		      err))
		return false;
	sql_bind_int(&sql, version);
	sql_bind_int(&sql, trial);
	return sql_finish(&sql, err);
}

bool store_output_put(struct store *store, const struct output *output,
		      struct error *err)
{
	int64_t storage;
	struct sql sql;

	if (!touch_trial(store, output->trial, err) ||
	    !find_storage(store, output->trial >> 32, output->storage, &storage,
			  err) ||
	    !sql_open(&sql, store,
		      "INSERT OR REPLACE INTO output (storage, path, url,"
		      " state, files, bytes, at_ns, is_foreign, note, trial,"
		      " attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, storage);
	sql_bind_text(&sql, output->path);
	sql_bind_text(&sql, output->url);
	sql_bind_int(&sql, output->state);
	sql_bind_int(&sql, output->files);
	sql_bind_int(&sql, output->bytes);
	sql_bind_int(&sql, output->at_ns);
	sql_bind_int(&sql, output->is_foreign);
	sql_bind_text(&sql, output->note);
	sql_bind_int(&sql, output->trial);
	sql_bind_int(&sql, output->attempt);
	return sql_finish(&sql, err);
}

static char *borrow(struct sql *sql)
{
	return (char *)(uintptr_t)sql_text(sql);
}

/* Text points into the statement. */
static bool read_row(struct sql *sql, struct output *ret, struct error *err)
{
	int64_t state;

	memset(ret, 0, sizeof(*ret));
	ret->trial = sql_int(sql);
	ret->attempt = (int)sql_int(sql);
	ret->storage = borrow(sql);
	ret->path = borrow(sql);
	ret->url = borrow(sql);
	state = sql_int(sql);
	ret->files = sql_int(sql);
	ret->bytes = sql_int(sql);
	ret->at_ns = sql_int(sql);
	ret->is_foreign = sql_int(sql);
	ret->note = borrow(sql);
	if (state < 0 || state >= OUTPUT_STATE_COUNT || !ret->storage ||
	    !ret->path || !ret->url)
		return store_corrupt(sql->store, err,
				     "outputs have state %lld or lack a place",
				     (long long)state);
	ret->state = (enum output_state)state;
	return true;
}

bool store_output_get(struct store *store, int64_t trial, int attempt,
		      struct output *ret, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store, SELECT "WHERE o.trial = ? AND o.attempt = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "attempt %d has no record of outputs", attempt);
	else if (ok)
		ok = read_row(&sql, ret, err);
	if (ok) {
		ret->storage = xstrdup(ret->storage);
		ret->path = xstrdup(ret->path);
		ret->url = xstrdup(ret->url);
		ret->note = xstrdup_or_null(ret->note);
	} else {
		memset(ret, 0, sizeof(*ret));
	}
	sql_close(&sql);
	return ok;
}

bool store_outputs_each(struct store *store, int64_t experiment, int64_t trial,
			store_output_fn *fn, void *arg, struct error *err)
{
	struct output row;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      SELECT "WHERE o.trial BETWEEN ? AND ?"
			     " ORDER BY o.trial, o.attempt",
		      err))
		return false;
	sql_bind_int(&sql, trial ? trial : experiment << 32);
	sql_bind_int(&sql, trial ? trial : (experiment << 32) + UINT32_MAX);
	while (sql_next(&sql, &ok, err)) {
		ok = read_row(&sql, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- code --------------------------------------------------------------- */

bool store_code_put(struct store *store, int64_t experiment,
		    const struct output_code *code, struct error *err)
{
	int64_t storage, version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !find_storage(store, experiment, code->storage, &storage, err) ||
	    !sql_open(&sql, store,
		      "INSERT OR REPLACE INTO experiment_code (experiment,"
		      " storage, path, url, digest, files, bytes, at_ns)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, storage);
	sql_bind_text(&sql, code->path);
	sql_bind_text(&sql, code->url);
	sql_bind_text(&sql, code->digest);
	sql_bind_int(&sql, code->files);
	sql_bind_int(&sql, code->bytes);
	sql_bind_int(&sql, code->at_ns);
	return sql_finish(&sql, err);
}

bool store_code_get(struct store *store, int64_t experiment,
		    struct output_code *ret, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store,
		      "SELECT s.config, c.path, c.url, c.digest, c.files,"
		      " c.bytes, c.at_ns FROM experiment_code c"
		      " JOIN storage s ON s.key = c.storage"
		      " WHERE c.experiment = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "its code is not in a storage");
	if (ok) {
		ret->storage = sql_copy(&sql);
		ret->path = sql_copy(&sql);
		ret->url = sql_copy(&sql);
		sql_copy_to(&sql, ret->digest, sizeof(ret->digest));
		ret->files = sql_int(&sql);
		ret->bytes = sql_int(&sql);
		ret->at_ns = sql_int(&sql);
	}
	sql_close(&sql);
	return ok;
}
