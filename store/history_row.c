/* SPDX-License-Identifier: MIT */
/* Rows of what the tuner was told: appended, numbered, never changed. */
#include "store/store.h"

#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

void history_release(struct history *history)
{
	free(history->parameters);
	memset(history, 0, sizeof(*history));
}

bool store_history_add(struct store *store, int64_t experiment,
		       struct history *history, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      "INSERT INTO history (experiment, position, kind, trial,"
		      " number, state, value, parameters) VALUES (?1,"
		      " (SELECT coalesce(max(position) + 1, 0) FROM history"
		      "  WHERE experiment = ?1),"
		      " ?2, ?3, ?4, ?5, ?6, ?7) RETURNING position",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, history->kind);
	sql_bind_key(&sql, history->trial);
	sql_bind_int(&sql, history->number);
	sql_bind_int(&sql, history->state);
	sql_bind_double(&sql, history->value);
	sql_bind_text(&sql, history->parameters);
	ok = sql_step(&sql, &found, err);
	if (ok)
		history->position = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

static bool read_row(struct sql *sql, struct history *ret, struct error *err)
{
	int64_t kind, state;

	ret->position = sql_int(sql);
	kind = sql_int(sql);
	ret->trial = sql_int(sql);
	ret->number = sql_int(sql);
	state = sql_int(sql);
	ret->value = sql_double(sql);
	ret->parameters = (char *)(uintptr_t)sql_text(sql);
	if (kind < 0 || kind > HISTORY_IMPORTED || state < 0 ||
	    state >= TRIAL_STATE_COUNT)
		return store_corrupt(sql->store, err,
				     "history row %lld has kind %lld and "
				     "state %lld",
				     (long long)ret->position, (long long)kind,
				     (long long)state);
	ret->kind = (enum history_kind)kind;
	ret->state = (enum trial_state)state;
	return true;
}

bool store_history_each(struct store *store, int64_t experiment,
			store_history_fn *fn, void *arg, struct error *err)
{
	struct history row;
	struct sql sql;
	bool found = true;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT position, kind, trial, number, state, value,"
		      " parameters FROM history WHERE experiment = ?"
		      " ORDER BY position",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	for (;;) {
		ok = sql_step(&sql, &found, err);
		if (!ok || !found)
			break;
		ok = read_row(&sql, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}
