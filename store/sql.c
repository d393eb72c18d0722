/* SPDX-License-Identifier: MIT */
/*
 * Prepared statements: kept per handle, bound and read in order.
 *
 * A number in the database is a REAL.  SQLite would turn NaN into NULL, so NaN
 * is the text 'NaN' in the same column: that leaves NULL for "not set", and
 * reads well in the sqlite3 shell.
 */
#include "store/sql.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a caller can decide by: retry, ask for rights, or give up. */
static enum error_code code_of(const struct store *store, int code)
{
	int number = store->db ? sqlite3_system_errno(store->db) : 0;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_IOERR: /* quotas and network disks come back */
		return ERROR_UNAVAILABLE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERROR_CORRUPT;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ERROR_DENIED;
	case SQLITE_CANTOPEN:
		if (number == EACCES || number == EPERM)
			return ERROR_DENIED;
		return ERROR_SYSTEM;
	case SQLITE_CONSTRAINT:
		return ERROR_CONFLICT;
	case SQLITE_TOOBIG:
		return ERROR_LIMIT;
	default:
		return ERROR_SYSTEM;
	}
}

bool store_error(const struct store *store, int code, struct error *err,
		 const char *what)
{
	int number = store->db ? sqlite3_system_errno(store->db) : 0;
	int primary = code & 0xff;
	const char *text =
		store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);

	switch (primary) {
	case SQLITE_BUSY:
		text = "another process is writing it (waited 10 s)";
		break;
	case SQLITE_FULL:
		text = "the disk is full";
		break;
	case SQLITE_NOTADB:
		text = "this is not a database";
		break;
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC)
			text = "cannot write (no space, no quota or a broken "
			       "disk)";
		break;
	case SQLITE_CORRUPT:
		text = "the file is damaged; `sqlite3 FILE .recover` may save "
		       "what is left";
		break;
	}
	error_set(err, code_of(store, code), "database %s: %s%s%s", store->path,
		  *what ? what : "", *what ? ": " : "", text);
	if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && number) {
		size_t len = strlen(err->text);

		snprintf(err->text + len, sizeof(err->text) - len, " (%s)",
			 strerror(number));
	}
	return false;
}

bool store_corrupt(const struct store *store, struct error *err,
		   const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_CORRUPT, "database %s: %s", store->path,
			 text);
}

bool store_exec(struct store *store, const char *text, struct error *err)
{
	int code = sqlite3_exec(store->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK || store_error(store, code, err, "");
}

static sqlite3_stmt *prepare(struct store *store, const char *text,
			     unsigned int flags, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v3(store->db, text, -1, flags, &statement,
				      NULL);

	if (code != SQLITE_OK)
		store_error(store, code, err, "");
	return statement;
}

bool sql_open(struct sql *sql, struct store *store, const char *text,
	      struct error *err)
{
	size_t slot = ((uintptr_t)text * 0x9e3779b97f4a7c15u) >> 32;

	*sql = (struct sql){.store = store, .is_kept = true};
	for (;; slot++) {
		slot %= STORE_STATEMENTS_MAX;
		if (store->statements[slot].text == text)
			break;
		if (store->statements[slot].text)
			continue;
		if (store->statement_count >= STORE_STATEMENTS_MAX / 2) {
			sql->is_kept = false;
			break;
		}
		store->statements[slot].statement =
			prepare(store, text, SQLITE_PREPARE_PERSISTENT, err);
		if (!store->statements[slot].statement)
			return false;
		store->statements[slot].text = text;
		store->statement_count++;
		break;
	}
	if (sql->is_kept) {
		sql->statement = store->statements[slot].statement;
		/* a callback of a walk may start the same walk again */
		if (!sqlite3_stmt_busy(sql->statement))
			return true;
		sql->is_kept = false;
	}
	sql->statement = prepare(store, text, 0, err);
	return sql->statement;
}

void sql_close(struct sql *sql)
{
	if (!sql->is_kept) {
		sqlite3_finalize(sql->statement);
	} else {
		sqlite3_reset(sql->statement);
		sqlite3_clear_bindings(sql->statement);
	}
	sql->statement = NULL;
}

void sql_bind_int(struct sql *sql, int64_t value)
{
	sqlite3_bind_int64(sql->statement, ++sql->bound, value);
}

void sql_bind_key(struct sql *sql, int64_t key)
{
	if (key)
		sql_bind_int(sql, key);
	else
		sqlite3_bind_null(sql->statement, ++sql->bound);
}

void sql_bind_text(struct sql *sql, const char *text)
{
	sqlite3_bind_text(sql->statement, ++sql->bound, text, -1,
			  SQLITE_STATIC);
}

void sql_bind_double(struct sql *sql, double value)
{
	if (isnan(value))
		sqlite3_bind_text(sql->statement, ++sql->bound, "NaN", 3,
				  SQLITE_STATIC);
	else
		sqlite3_bind_double(sql->statement, ++sql->bound, value);
}

void sql_bind_value(struct sql *sql, struct metric_value value)
{
	if (value.is_set)
		sql_bind_double(sql, value.number);
	else
		sqlite3_bind_null(sql->statement, ++sql->bound);
}

bool sql_step(struct sql *sql, bool *ret_found, struct error *err)
{
	int code = sqlite3_step(sql->statement);

	sql->column = 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_error(sql->store, code, err, "");
	*ret_found = code == SQLITE_ROW;
	return true;
}

bool sql_next(struct sql *sql, bool *ret_ok, struct error *err)
{
	bool found = false;

	*ret_ok = sql_step(sql, &found, err);
	return *ret_ok && found;
}

bool sql_finish(struct sql *sql, struct error *err)
{
	bool found = true;
	bool ok = true;

	while (ok && found)
		ok = sql_step(sql, &found, err);
	sql_close(sql);
	return ok;
}

int64_t sql_int(struct sql *sql)
{
	return sqlite3_column_int64(sql->statement, sql->column++);
}

const char *sql_text(struct sql *sql)
{
	return (const char *)sqlite3_column_text(sql->statement, sql->column++);
}

char *sql_copy(struct sql *sql)
{
	return xstrdup_or_null(sql_text(sql));
}

/* As a blob: asked for text, SQLite would first copy it to end it with NUL. */
void sql_copy_to(struct sql *sql, char *ret, size_t size)
{
	const void *text = sqlite3_column_blob(sql->statement, sql->column);
	size_t len =
		text ? (size_t)sqlite3_column_bytes(sql->statement, sql->column)
		     : 0;

	sql->column++;
	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(ret, text, len);
	ret[len] = '\0';
}

struct metric_value sql_value(struct sql *sql)
{
	sqlite3_value *value =
		sqlite3_column_value(sql->statement, sql->column++);

	switch (sqlite3_value_type(value)) {
	case SQLITE_NULL:
		return (struct metric_value){false, 0};
	case SQLITE_FLOAT:
	case SQLITE_INTEGER:
		return (struct metric_value){true, sqlite3_value_double(value)};
	default:
		return (struct metric_value){true, NAN};
	}
}

double sql_double(struct sql *sql)
{
	struct metric_value value = sql_value(sql);

	return value.is_set ? value.number : NAN;
}
