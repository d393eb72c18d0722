/* SPDX-License-Identifier: MIT */
/*
 * Transactions, snapshots and versions.
 *
 * A version is taken by the first write of a transaction that asks for one, so
 * all rows of a transaction carry the same, and the counter's row is written
 * once.
 */
#include "store/store.h"

#include "store/metric_stage.h"
#include "store/sql.h"
#include "store/turn.h"

static bool run(struct store *store, const char *text, struct error *err)
{
	struct sql sql;

	return sql_open(&sql, store, text, err) && sql_finish(&sql, err);
}

bool store_begin_write(struct store *store, struct error *err)
{
	bool ok;

	turn_take(store->turn);
	ok = run(store, "BEGIN IMMEDIATE", err);
	turn_give(store->turn);
	return ok;
}

bool store_begin(struct store *store, struct error *err)
{
	if (store->mode != STORE_WRITE || store->in_transaction)
		return error_set(
			err, ERROR_INVALID, "database %s: %s", store->path,
			store->in_transaction ? "a transaction is open already"
					      : "is open for reading only");
	if (!store_begin_write(store, err))
		return false;
	store->in_transaction = true;
	store->version = 0;
	return true;
}

bool store_commit(struct store *store, struct error *err)
{
	if (!store_may_write(store, err)) {
		store_rollback(store);
		return false;
	}
	if (!run(store, "COMMIT", err)) {
		store_rollback(store);
		return false;
	}
	store->in_transaction = false;
	return true;
}

void store_rollback(struct store *store)
{
	struct error ignored;

	if (!store->in_transaction)
		return;
	/* SQLite rolls back by itself after some failures */
	if (!sqlite3_get_autocommit(store->db))
		run(store, "ROLLBACK", &ignored);
	store->in_transaction = false;
	store_forget_names(store);
	stage_forget(store);
}

bool store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

bool store_may_write(const struct store *store, struct error *err)
{
	if (store->mode != STORE_WRITE)
		return error_set(err, ERROR_INVALID,
				 "database %s: is open for reading only",
				 store->path);
	if (!store->in_transaction)
		return error_set(err, ERROR_INVALID,
				 "database %s: no transaction is open",
				 store->path);
	if (sqlite3_get_autocommit(store->db))
		return error_set(err, ERROR_UNAVAILABLE,
				 "database %s: the transaction failed before "
				 "and was rolled back",
				 store->path);
	return true;
}

bool store_number(struct store *store, const char *text, int64_t *ret,
		  struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store, text, err))
		return false;
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = store_corrupt(store, err, "has no change counter");
	if (ok)
		*ret = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

bool store_stamp(struct store *store, int64_t *ret_version, struct error *err)
{
	if (!store_may_write(store, err))
		return false;
	if (!store->version &&
	    !store_number(store,
			  "UPDATE change SET version = version + 1"
			  " RETURNING version",
			  &store->version, err))
		return false;
	*ret_version = store->version;
	return true;
}

bool store_version(struct store *store, int64_t *ret_version, struct error *err)
{
	return store_number(store, "SELECT version FROM change", ret_version,
			    err);
}

int64_t store_data_version(struct store *store)
{
	struct error ignored;
	int64_t version = -1;

	store_number(store, "PRAGMA data_version", &version, &ignored);
	return version;
}

bool store_snapshot_begin(struct store *store, struct error *err)
{
	int64_t version;

	if (store->in_transaction || store->in_snapshot)
		return error_set(err, ERROR_INVALID,
				 "database %s: a transaction is open already",
				 store->path);
	if (!run(store, "BEGIN", err))
		return false;
	store->in_snapshot = true;
	/* the first read is what takes the snapshot */
	if (store_version(store, &version, err))
		return true;
	store_snapshot_end(store);
	return false;
}

void store_snapshot_end(struct store *store)
{
	struct error ignored;

	if (!store->in_snapshot)
		return;
	run(store, "COMMIT", &ignored);
	store->in_snapshot = false;
}
