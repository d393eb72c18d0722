/* SPDX-License-Identifier: MIT */
/* Rows of events: appended, never changed. */
#include "store/store.h"

#include "base/clock.h"
#include "store/sql.h"

#include <string.h>

#define COLUMNS "key, experiment, trial, attempt, at_ns, level, kind, text"

bool store_event_add(struct store *store, struct event *event,
		     struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err))
		return false;
	if (!event->at_ns)
		event->at_ns = clock_wall_ns();
	if (!sql_open(&sql, store,
		      "INSERT INTO event (experiment, trial, attempt, at_ns,"
		      " level, kind, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, event->experiment);
	sql_bind_key(&sql, event->trial);
	sql_bind_int(&sql, event->attempt);
	sql_bind_int(&sql, event->at_ns);
	sql_bind_int(&sql, event->level);
	sql_bind_text(&sql, event->kind);
	sql_bind_text(&sql, event->text);
	if (!sql_finish(&sql, err))
		return false;
	event->key = sqlite3_last_insert_rowid(store->db);
	return true;
}

static void read_row(struct sql *sql, struct event *ret)
{
	int64_t level;

	ret->key = sql_int(sql);
	ret->experiment = sql_int(sql);
	ret->trial = sql_int(sql);
	ret->attempt = (int)sql_int(sql);
	ret->at_ns = sql_int(sql);
	level = sql_int(sql);
	ret->level = level < EVENT_INFO || level > EVENT_ERROR
			     ? EVENT_ERROR
			     : (enum event_level)level;
	sql_copy_to(sql, ret->kind, sizeof(ret->kind));
	ret->text = (char *)(uintptr_t)sql_text(sql);
}

bool store_events_each(struct store *store, int64_t experiment, int64_t trial,
		       int64_t after, int limit, store_event_fn *fn, void *arg,
		       struct error *err)
{
	struct event row;
	struct sql sql;
	bool ok;

	/* newest first under the limit, then turned round */
	if (!sql_open(&sql, store,
		      trial ? "SELECT " COLUMNS " FROM (SELECT * FROM event"
			      " WHERE trial = ?1 AND key > ?2"
			      " ORDER BY key DESC LIMIT ?3) ORDER BY key"
			    : "SELECT " COLUMNS " FROM (SELECT * FROM event"
			      " WHERE experiment = ?1 AND key > ?2"
			      " ORDER BY key DESC LIMIT ?3) ORDER BY key",
		      err))
		return false;
	sql_bind_int(&sql, trial ? trial : experiment);
	sql_bind_int(&sql, after);
	sql_bind_int(&sql, limit > 0 ? limit : -1);
	while (sql_next(&sql, &ok, err)) {
		read_row(&sql, &row);
		if (!fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}
