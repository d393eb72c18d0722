/* SPDX-License-Identifier: MIT */
/*
 * Rows of attempts.  They carry no version of their own: whoever changes one
 * changes its trial in the same transaction.
 */
#include "store/store.h"

#include "base/mem.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

#define SELECT                                                                 \
	"SELECT trial, number, state, exit_code, submitted_ns, started_ns,"    \
	" ended_ns, token, job, seen(directory), reason FROM attempt "

static void bind_mutable(struct sql *sql, const struct attempt *row)
{
	sql_bind_int(sql, row->state);
	sql_bind_int(sql, row->exit_code);
	sql_bind_int(sql, row->submitted_ns);
	sql_bind_int(sql, row->started_ns);
	sql_bind_int(sql, row->ended_ns);
	sql_bind_text(sql, row->token);
	sql_bind_text(sql, row->job);
	sql_bind_text(sql, row->directory);
	sql_bind_text(sql, row->reason);
	sql_bind_int(sql, row->trial);
	sql_bind_int(sql, row->number);
}

/* Text points into the statement. */
static bool read_row(struct sql *sql, struct attempt *ret, struct error *err)
{
	int64_t state;

	memset(ret, 0, sizeof(*ret));
	ret->trial = sql_int(sql);
	ret->number = (int)sql_int(sql);
	state = sql_int(sql);
	ret->exit_code = (int)sql_int(sql);
	ret->submitted_ns = sql_int(sql);
	ret->started_ns = sql_int(sql);
	ret->ended_ns = sql_int(sql);
	sql_copy_to(sql, ret->token, sizeof(ret->token));
	ret->job = (char *)(uintptr_t)sql_text(sql);
	ret->directory = (char *)(uintptr_t)sql_text(sql);
	ret->reason = (char *)(uintptr_t)sql_text(sql);
	if (state < 0 || state >= TRIAL_STATE_COUNT)
		return store_corrupt(sql->store, err,
				     "an attempt has state %lld",
				     (long long)state);
	ret->state = (enum trial_state)state;
	return true;
}

bool store_attempt_add(struct store *store, const struct attempt *attempt,
		       struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store,
		      "INSERT INTO attempt (state, exit_code, submitted_ns,"
		      " started_ns, ended_ns, token, job, directory, reason,"
		      " trial, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?)",
		      err))
		return false;
	bind_mutable(&sql, attempt);
	if (sql_finish(&sql, err))
		return true;
	if (err->code == ERROR_CONFLICT)
		error_prefix(err, "add attempt %d", attempt->number);
	return false;
}

bool store_attempt_update(struct store *store, const struct attempt *attempt,
			  struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store,
		      "UPDATE attempt SET state = ?, exit_code = ?,"
		      " submitted_ns = ?, started_ns = ?, ended_ns = ?,"
		      " token = ?, job = ?, directory = ?, reason = ?"
		      " WHERE trial = ? AND number = ?",
		      err))
		return false;
	bind_mutable(&sql, attempt);
	if (!sql_finish(&sql, err))
		return false;
	if (!sqlite3_changes(store->db))
		return error_set(err, ERROR_NOT_FOUND,
				 "attempt %d is no longer in the database",
				 attempt->number);
	return true;
}

bool store_attempt_get(struct store *store, int64_t trial, int number,
		       struct attempt *ret, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store,
		      SELECT "WHERE trial = ?1 AND (number = ?2 OR ?2 = 0)"
			     " ORDER BY number DESC LIMIT 1",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, number);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = number ? error_set(err, ERROR_NOT_FOUND,
					"there is no attempt %d", number)
			    : error_set(err, ERROR_NOT_FOUND,
					"there is no attempt yet");
	else if (ok)
		ok = read_row(&sql, ret, err);
	if (ok) {
		ret->job = xstrdup_or_null(ret->job);
		ret->directory = xstrdup_or_null(ret->directory);
		ret->reason = xstrdup_or_null(ret->reason);
	} else {
		memset(ret, 0, sizeof(*ret));
	}
	sql_close(&sql);
	return ok;
}

bool store_attempts_each(struct store *store, int64_t trial,
			 store_attempt_fn *fn, void *arg, struct error *err)
{
	struct attempt row;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store, SELECT "WHERE trial = ? ORDER BY number",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	while (sql_next(&sql, &ok, err)) {
		ok = read_row(&sql, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}
