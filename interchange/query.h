/* SPDX-License-Identifier: MIT */
/*
 * Reading rows of a database that is not ours.  Whatever stands in a column is
 * taken for what is asked for: SQLite keeps numbers in text columns and text in
 * numeric ones, as writers please.
 */
#ifndef INTERCHANGE_QUERY_H
#define INTERCHANGE_QUERY_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdint.h>

struct query {
	sqlite3 *db;
	sqlite3_stmt *statement;
};

/* A failure says what SQLite says.  Release with query_close in either case. */
bool query_open(struct query *query, sqlite3 *db, const char *text,
		struct error *err);
void query_close(struct query *query);
void query_bind_int(struct query *query, int at, int64_t value); /* from 1 */
void query_bind_text(struct query *query, int at, const char *text); /* NULL */
void query_bind_double(struct query *query, int at, double value);
/* Next row; *ret_found is false after the last. */
bool query_step(struct query *query, bool *ret_found, struct error *err);
/* For statements that write: run it, ready to be bound again. */
bool query_run(struct query *query, struct error *err);
bool query_exec(sqlite3 *db, const char *text, struct error *err);

/* Columns count from 0.  Text lives till the next step; NULL where the column
 * is, or where there is a NUL within it. */
bool query_is_null(const struct query *query, int column);
int64_t query_int(const struct query *query, int column);
double query_double(const struct query *query, int column);
const char *query_text(const struct query *query, int column);

/* Is there a real table (no view, no virtual one) of this name, and has it this
 * column (NULL: any)?  False also when SQLite cannot tell. */
bool query_has(sqlite3 *db, const char *table, const char *column);

#endif
