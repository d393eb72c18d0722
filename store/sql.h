/* SPDX-License-Identifier: MIT */
/*
 * Inside the store: the handle, and prepared statements with little ceremony.
 * Private to store/.
 *
 *     struct sql sql;
 *     bool found;
 *
 *     if (!sql_open(&sql, store, "SELECT state FROM trial WHERE key = ?",
 *                   err))
 *             return false;
 *     sql_bind_int(&sql, key);
 *     if (!sql_step(&sql, &found, err)) ...
 *     state = sql_int(&sql);
 *     sql_close(&sql);
 *
 * Values are bound and columns are read from left to right, so the order in
 * the text is the order in the code.  Statements are prepared once per handle
 * and kept; the text must be a literal, because its address is the key.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/store.h"

#include <sqlite3.h>

#define STORE_STATEMENTS_MAX 128 /* slots; a power of two */

/* A metric name of one experiment that this handle has seen. */
struct known_name {
	int64_t experiment;
	int64_t key;
	char name[METRIC_NAME_MAX + 1];
};

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	const char *network_kind;
	char journal_mode[16];
	bool in_transaction;
	bool in_snapshot;
	bool is_amending; /* amend.c: an appending handle writes for once */
	int turn;	  /* turn.h; -1 when there is none */
	int wal_tried;	  /* pages in the log at the last checkpoint */
	int64_t version;  /* of this transaction; 0 before its first write */
	struct {
		const char *text;
		sqlite3_stmt *statement;
	} statements[STORE_STATEMENTS_MAX];
	size_t statement_count;
	/* metric_row.c */
	struct known_name *names; /* hash table; slots with key 0 are free */
	size_t name_count, name_capacity;
	struct known_name *last_name;
	struct stage *stage; /* metric_stage.c; NULL: nothing is known */
	/* seen.c */
	char *seen_from, *seen_at; /* an experiment's directory; NULL: there */
};

struct sql {
	struct store *store;
	sqlite3_stmt *statement;
	bool is_kept; /* belongs to the handle */
	int bound;
	int column;
};

/* A condition on which code of ours relies: rows come from a file. */
bool store_corrupt(const struct store *store, struct error *err,
		   const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Fill err from the handle's last failure.  Returns false. */
bool store_error(const struct store *store, int code, struct error *err,
		 const char *what);
/* Run one or more statements without values. */
bool store_exec(struct store *store, const char *text, struct error *err);
/* The number that a query without values answers. */
bool store_number(struct store *store, const char *text, int64_t *ret,
		  struct error *err);
/* Is this a writing handle inside a transaction? */
bool store_may_write(const struct store *store, struct error *err);
/* BEGIN IMMEDIATE, in turn. */
bool store_begin_write(struct store *store, struct error *err);
/* amend.c: a transaction of one's own, unless one is open to ride in. */
bool store_ride_begin(struct store *store, bool *ret_is_own, struct error *err);
bool store_ride_end(struct store *store, bool is_own, bool ok,
		    struct error *err);
/* Take this transaction's version (once), and stamp with it. */
bool store_stamp(struct store *store, int64_t *ret_version, struct error *err);
/* The SQL function seen(directory): where it is from here.  SQLite's code. */
int store_add_seen(struct store *store);
/* Forget names that a rolled back transaction may have added. */
void store_forget_names(struct store *store);

bool sql_open(struct sql *sql, struct store *store, const char *text,
	      struct error *err);
void sql_close(struct sql *sql);

/* Bound text is borrowed until the next sql_step has returned. */
void sql_bind_int(struct sql *sql, int64_t value);
void sql_bind_key(struct sql *sql, int64_t key);       /* 0 becomes NULL */
void sql_bind_text(struct sql *sql, const char *text); /* NULL passes */
void sql_bind_double(struct sql *sql, double value);
void sql_bind_value(struct sql *sql, struct metric_value value);

/* Next row; *ret_found is false after the last. */
bool sql_step(struct sql *sql, bool *ret_found, struct error *err);
/* For walks: while (sql_next(&sql, &ok, err)) ...; false after the last row,
 * and when there is none for a failure: *ret_ok tells these apart. */
bool sql_next(struct sql *sql, bool *ret_ok, struct error *err);
/* Run to the end and close, also on failure. */
bool sql_finish(struct sql *sql, struct error *err);

int64_t sql_int(struct sql *sql);      /* NULL is 0 */
const char *sql_text(struct sql *sql); /* till the next step; may be NULL */
char *sql_copy(struct sql *sql);       /* caller frees; may be NULL */
void sql_copy_to(struct sql *sql, char *ret, size_t size); /* cut to fit */
double sql_double(struct sql *sql);
struct metric_value sql_value(struct sql *sql);

#endif
