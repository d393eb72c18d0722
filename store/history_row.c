/* SPDX-License-Identifier: MIT */
/* Rows of what the tuner was told: appended, numbered, never changed; and what
 * it says of itself. */
#include "store/store.h"

#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

void history_release(struct history *history)
{
	free(history->parameters);
	free(history->point);
	free(history->extra);
	free(history->values);
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
		      " number, state, value, parameters, point, extra, result,"
		      " violation, budget, parent) VALUES (?1,"
		      " (SELECT coalesce(max(position) + 1, 0) FROM history"
		      "  WHERE experiment = ?1),"
		      " ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
		      " RETURNING position",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, history->kind);
	sql_bind_key(&sql, history->trial);
	sql_bind_int(&sql, history->number);
	sql_bind_int(&sql, history->state);
	sql_bind_double(&sql, history->value);
	sql_bind_text(&sql, history->parameters);
	sql_bind_text(&sql, history->point);
	sql_bind_text(&sql, history->extra);
	sql_bind_text(&sql, history->values);
	sql_bind_double(&sql, history->violation);
	sql_bind_double(&sql, history->budget);
	sql_bind_int(&sql, history->has_parent ? history->parent : -1);
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
	ret->point = (char *)(uintptr_t)sql_text(sql);
	ret->extra = (char *)(uintptr_t)sql_text(sql);
	ret->values = (char *)(uintptr_t)sql_text(sql);
	ret->violation = sql_double(sql);
	ret->budget = sql_double(sql);
	ret->parent = sql_int(sql);
	ret->has_parent = ret->parent >= 0;
	if (kind < 0 || kind > HISTORY_CHANGED || state < 0 ||
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
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT position, kind, trial, number, state, value,"
		      " parameters, point, extra, result, violation, budget,"
		      " parent FROM history WHERE experiment = ?"
		      " ORDER BY position",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		ok = read_row(&sql, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

bool store_tuner_state_put(struct store *store, int64_t experiment,
			   const char *state, int64_t at_ns, struct error *err)
{
	struct sql sql;

	if (!store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      "INSERT OR REPLACE INTO tuner_state (experiment, state,"
		      " at_ns) VALUES (?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, state);
	sql_bind_int(&sql, at_ns);
	return sql_finish(&sql, err);
}

bool store_tuner_state_get(struct store *store, int64_t experiment,
			   char **ret_state, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	*ret_state = NULL;
	if (!sql_open(&sql, store,
		      "SELECT state FROM tuner_state WHERE experiment = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	ok = sql_step(&sql, &found, err);
	if (ok && found)
		*ret_state = sql_copy(&sql);
	sql_close(&sql);
	return ok;
}
