/* SPDX-License-Identifier: MIT */
/*
 * Rows of commands: appended by whoever asks, answered once by the engine.
 * An appending handle is a reader (query_only); the switch is lifted for the
 * one statement here and for nothing else.
 */
#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/sql.h"

#include <string.h>

#define SELECT                                                                 \
	"SELECT key, experiment, trial, verb, argument, asked_by, asked_ns,"   \
	" state, outcome, answered_ns FROM command "

static bool insert(struct store *store, struct command *command,
		   struct error *err)
{
	struct sql sql;

	if (!command->asked_ns)
		command->asked_ns = clock_wall_ns();
	if (!sql_open(&sql, store,
		      "INSERT INTO command (experiment, trial, verb, argument,"
		      " asked_by, asked_ns) VALUES (?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, command->experiment);
	sql_bind_key(&sql, command->trial);
	sql_bind_int(&sql, command->verb);
	sql_bind_text(&sql, command->argument);
	sql_bind_text(&sql, command->asked_by);
	sql_bind_int(&sql, command->asked_ns);
	if (!sql_finish(&sql, err)) {
		if (err->code == ERROR_CONFLICT)
			error_set(err, ERROR_NOT_FOUND,
				  "the experiment or trial is no longer in "
				  "the database");
		return false;
	}
	command->key = sqlite3_last_insert_rowid(store->db);
	command->state = COMMAND_PENDING;
	return true;
}

bool store_command_append(struct store *store, struct command *command,
			  struct error *err)
{
	struct error ignored;
	bool ok;

	if (store->mode == STORE_READ)
		return error_set(err, ERROR_INVALID,
				 "database %s: is open for reading only",
				 store->path);
	if (store->in_transaction || store->in_snapshot)
		return error_set(err, ERROR_INVALID,
				 "database %s: a transaction is open already",
				 store->path);
	if (!store_exec(store, "PRAGMA query_only = OFF", err) ||
	    !store_begin_write(store, err)) {
		ok = false;
	} else {
		ok = insert(store, command, err) &&
		     store_exec(store, "COMMIT", err);
		if (!ok && !sqlite3_get_autocommit(store->db))
			store_exec(store, "ROLLBACK", &ignored);
	}
	if (store->mode == STORE_APPEND)
		store_exec(store, "PRAGMA query_only = ON", &ignored);
	return ok || error_prefix(err, "send the command");
}

/* Text points into the statement. */
static bool read_row(struct sql *sql, struct command *ret, struct error *err)
{
	int64_t verb, state;

	memset(ret, 0, sizeof(*ret));
	ret->key = sql_int(sql);
	ret->experiment = sql_int(sql);
	ret->trial = sql_int(sql);
	verb = sql_int(sql);
	ret->argument = (char *)(uintptr_t)sql_text(sql);
	ret->asked_by = (char *)(uintptr_t)sql_text(sql);
	ret->asked_ns = sql_int(sql);
	state = sql_int(sql);
	ret->outcome = (char *)(uintptr_t)sql_text(sql);
	ret->answered_ns = sql_int(sql);
	if (state < 0 || state > COMMAND_REFUSED)
		return store_corrupt(sql->store, err,
				     "command %lld has state %lld",
				     (long long)ret->key, (long long)state);
	/* Anybody may append, a newer program too: what is not known is to be
	 * refused, not to stop the reader. */
	ret->verb = verb < 0 || verb > COMMAND_VERB_COUNT
			    ? COMMAND_VERB_COUNT
			    : (enum command_verb)verb;
	ret->state = (enum command_state)state;
	return true;
}

bool store_commands_pending(struct store *store, int64_t experiment,
			    store_command_fn *fn, void *arg, struct error *err)
{
	struct command row;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      SELECT "WHERE experiment = ? AND state = 0"
			     " ORDER BY key",
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

bool store_command_get(struct store *store, int64_t key, struct command *ret,
		       struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store, SELECT "WHERE key = ?", err))
		return false;
	sql_bind_int(&sql, key);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_NOT_FOUND, "there is no command %lld",
			       (long long)key);
	else if (ok)
		ok = read_row(&sql, ret, err);
	if (ok) {
		ret->argument = xstrdup_or_null(ret->argument);
		ret->asked_by = xstrdup_or_null(ret->asked_by);
		ret->outcome = xstrdup_or_null(ret->outcome);
	} else {
		memset(ret, 0, sizeof(*ret));
	}
	sql_close(&sql);
	return ok;
}

bool store_command_answer(struct store *store, int64_t key,
			  enum command_state state, const char *outcome,
			  struct error *err)
{
	struct command row;
	struct sql sql;

	if (!store_may_write(store, err))
		return false;
	if (state == COMMAND_PENDING)
		return error_set(err, ERROR_INVALID,
				 "\"pending\" is no outcome of a command");
	if (!sql_open(&sql, store,
		      "UPDATE command SET state = ?, outcome = ?,"
		      " answered_ns = ? WHERE key = ? AND state = 0",
		      err))
		return false;
	sql_bind_int(&sql, state);
	sql_bind_text(&sql, outcome);
	sql_bind_int(&sql, clock_wall_ns());
	sql_bind_int(&sql, key);
	if (!sql_finish(&sql, err))
		return false;
	if (sqlite3_changes(store->db))
		return true;
	if (!store_command_get(store, key, &row, err))
		return false;
	error_set(err, ERROR_CONFLICT, "command %lld is answered already: %s",
		  (long long)key, row.outcome ? row.outcome : "");
	command_release(&row);
	return false;
}
