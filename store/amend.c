/* SPDX-License-Identifier: MIT */
/*
 * Small changes by whoever looks: a console, whose handle only appends, may
 * tag and archive, also what another process runs or nobody does.
 *
 * Such a change touches nothing that an engine keeps in mind, so the two need
 * not know of each other but through the database's write lock, taken in turn.
 */
#include "store/sql.h"

bool store_amend_begin(struct store *store, struct error *err)
{
	struct error ignored;

	if (store->mode == STORE_READ)
		return error_set(err, ERROR_INVALID,
				 "database %s: is open for reading only",
				 store->path);
	if (store->mode == STORE_WRITE)
		return store_begin(store, err);
	if (store->in_snapshot)
		return error_set(err, ERROR_INVALID,
				 "database %s: a transaction is open already",
				 store->path);
	if (!store_exec(store, "PRAGMA query_only = OFF", err))
		return false;
	store->mode = STORE_WRITE;
	store->is_amending = true;
	if (store_begin(store, err))
		return true;
	store->is_amending = false;
	store->mode = STORE_APPEND;
	store_exec(store, "PRAGMA query_only = ON", &ignored);
	return false;
}

bool store_amend_end(struct store *store, bool ok, struct error *err)
{
	struct error ignored;

	if (ok)
		ok = store_commit(store, err);
	else
		store_rollback(store);
	if (!store->is_amending)
		return ok;
	store->is_amending = false;
	store->mode = STORE_APPEND;
	store_exec(store, "PRAGMA query_only = ON", &ignored);
	return ok;
}

bool store_ride_begin(struct store *store, bool *ret_is_own, struct error *err)
{
	*ret_is_own = !store->in_transaction;
	return !*ret_is_own || store_amend_begin(store, err);
}

bool store_ride_end(struct store *store, bool is_own, bool ok,
		    struct error *err)
{
	return is_own ? store_amend_end(store, ok, err) : ok;
}
