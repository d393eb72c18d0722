/* SPDX-License-Identifier: MIT */
/* Rows of foreign databases. */
#include "interchange/query.h"

#include <string.h>

static bool refuse(sqlite3 *db, int code, struct error *err)
{
	enum error_code kind;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		kind = ERROR_UNAVAILABLE;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		kind = ERROR_CORRUPT;
		break;
	case SQLITE_TOOBIG:
		kind = ERROR_LIMIT;
		break;
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
		kind = ERROR_INVALID;
		break;
	default:
		kind = ERROR_SYSTEM;
	}
	return error_set(err, kind, "SQLite: %s", sqlite3_errmsg(db));
}

bool query_open(struct query *query, sqlite3 *db, const char *text,
		struct error *err)
{
	int code;

	query->db = db;
	query->statement = NULL;
	code = sqlite3_prepare_v2(db, text, -1, &query->statement, NULL);
	return code == SQLITE_OK || refuse(db, code, err);
}

void query_close(struct query *query)
{
	sqlite3_finalize(query->statement);
	query->statement = NULL;
}

void query_bind_int(struct query *query, int at, int64_t value)
{
	sqlite3_bind_int64(query->statement, at, value);
}

void query_bind_text(struct query *query, int at, const char *text)
{
	sqlite3_bind_text(query->statement, at, text, -1, SQLITE_STATIC);
}

void query_bind_double(struct query *query, int at, double value)
{
	sqlite3_bind_double(query->statement, at, value);
}

bool query_step(struct query *query, bool *ret_found, struct error *err)
{
	int code = sqlite3_step(query->statement);

	*ret_found = code == SQLITE_ROW;
	return code == SQLITE_ROW || code == SQLITE_DONE ||
	       refuse(query->db, code, err);
}

bool query_run(struct query *query, struct error *err)
{
	bool found;
	bool ok = query_step(query, &found, err);

	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
	return ok;
}

bool query_exec(sqlite3 *db, const char *text, struct error *err)
{
	int code = sqlite3_exec(db, text, NULL, NULL, NULL);

	return code == SQLITE_OK || refuse(db, code, err);
}

bool query_is_null(const struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

int64_t query_int(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

double query_double(const struct query *query, int column)
{
	return sqlite3_column_double(query->statement, column);
}

const char *query_text(const struct query *query, int column)
{
	const char *text =
		(const char *)sqlite3_column_text(query->statement, column);
	int bytes = sqlite3_column_bytes(query->statement, column);

	return text && strlen(text) == (size_t)bytes ? text : NULL;
}

bool query_has(sqlite3 *db, const char *table, const char *column)
{
	struct query query;
	struct error ignored;
	bool found = false;

	if (query_open(&query, db,
		       "SELECT 1 FROM sqlite_schema s WHERE s.type = 'table'"
		       " AND s.sql LIKE 'CREATE TABLE%' AND s.name = ?1"
		       " AND (?2 IS NULL OR EXISTS (SELECT 1 FROM"
		       "  pragma_table_info(s.name) i WHERE i.name = ?2))",
		       &ignored)) {
		query_bind_text(&query, 1, table);
		query_bind_text(&query, 2, column);
		found = query_step(&query, &found, &ignored) && found;
	}
	query_close(&query);
	return found;
}
