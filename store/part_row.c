/* SPDX-License-Identifier: MIT */
/*
 * Rows of what attempts consist of.
 *
 * A platform says the whole list with every change, and all of it once more
 * after each reconnect; what has not changed is not written.
 */
#include "store/store.h"

#include "store/sql.h"

#include <limits.h>
#include <string.h>

#define COLUMNS                                                                \
	"depth, name, sort, state, is_leader, pod, node, restarts, exit_code," \
	" started_ns, ended_ns, reason"

static bool read_row(struct sql *sql, struct trial_part *ret, struct error *err)
{
	int64_t depth = sql_int(sql), state;

	sql_copy_to(sql, ret->name, sizeof(ret->name));
	sql_copy_to(sql, ret->sort, sizeof(ret->sort));
	state = sql_int(sql);
	ret->is_leader = sql_int(sql);
	sql_copy_to(sql, ret->pod, sizeof(ret->pod));
	sql_copy_to(sql, ret->node, sizeof(ret->node));
	ret->restarts = (int)sql_int(sql);
	ret->exit_code = (int)sql_int(sql);
	ret->started_ns = sql_int(sql);
	ret->ended_ns = sql_int(sql);
	sql_copy_to(sql, ret->reason, sizeof(ret->reason));
	if (state < 0 || state >= PART_STATE_COUNT || depth < 0 ||
	    depth >= PARTS_MAX)
		return store_corrupt(sql->store, err,
				     "a part has state %lld at depth %lld",
				     (long long)state, (long long)depth);
	ret->depth = (int)depth;
	ret->state = (enum part_state)state;
	return true;
}

static bool read_omitted(struct store *store, int64_t trial, int attempt,
			 size_t *ret, struct error *err)
{
	struct sql sql;
	int64_t omitted = 0;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT parts_omitted FROM attempt"
		      " WHERE trial = ? AND number = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	ok = sql_step(&sql, &found, err);
	if (ok && found)
		omitted = sql_int(&sql);
	sql_close(&sql);
	*ret = omitted > 0 && omitted <= INT_MAX ? (size_t)omitted : 0;
	return ok;
}

bool store_parts_get(struct store *store, int64_t trial, int attempt,
		     struct part_list *ret, struct error *err)
{
	struct trial_part *part;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT " COLUMNS " FROM trial_part"
		      " WHERE trial = ? AND attempt = ? ORDER BY ordinal",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	while (sql_next(&sql, &ok, err)) {
		part = part_list_add(ret);
		ok = !part || read_row(&sql, part, err);
		if (!ok)
			break;
	}
	sql_close(&sql);
	if (ok && ret->count)
		ok = read_omitted(store, trial, attempt, &ret->omitted, err);
	if (!ok)
		part_list_release(ret);
	return ok;
}

static bool put_row(struct store *store, int64_t trial, int attempt,
		    size_t ordinal, const struct trial_part *part,
		    struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "INSERT OR REPLACE INTO trial_part (" COLUMNS ", trial,"
		      " attempt, ordinal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, part->depth);
	sql_bind_text(&sql, part->name);
	sql_bind_text(&sql, part->sort);
	sql_bind_int(&sql, part->state);
	sql_bind_int(&sql, part->is_leader);
	sql_bind_text(&sql, part->pod);
	sql_bind_text(&sql, part->node);
	sql_bind_int(&sql, part->restarts);
	sql_bind_int(&sql, part->exit_code);
	sql_bind_int(&sql, part->started_ns);
	sql_bind_int(&sql, part->ended_ns);
	sql_bind_text(&sql, part->reason);
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	sql_bind_int(&sql, (int64_t)ordinal);
	return sql_finish(&sql, err);
}

static bool remove_rows_from(struct store *store, int64_t trial, int attempt,
			     size_t ordinal, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "DELETE FROM trial_part WHERE trial = ? AND attempt = ?"
		      " AND ordinal >= ?",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	sql_bind_int(&sql, (int64_t)ordinal);
	return sql_finish(&sql, err);
}

static bool set_omitted(struct store *store, int64_t trial, int attempt,
			size_t omitted, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "UPDATE attempt SET parts_omitted = ?"
		      " WHERE trial = ? AND number = ?",
		      err))
		return false;
	sql_bind_int(&sql, omitted < INT_MAX ? (int64_t)omitted : INT_MAX);
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, attempt);
	return sql_finish(&sql, err);
}

/* known becomes parts. */
static bool put_difference(struct store *store, int64_t trial, int attempt,
			   const struct part_list *known,
			   const struct part_list *parts, bool *ret_is_news,
			   struct error *err)
{
	*ret_is_news = false;
	for (size_t i = 0; i < parts->count; i++) {
		if (i < known->count &&
		    part_is_same(&known->items[i], &parts->items[i]))
			continue;
		if (!put_row(store, trial, attempt, i, &parts->items[i], err))
			return false;
		*ret_is_news = true;
	}
	if (known->count > parts->count) {
		if (!remove_rows_from(store, trial, attempt, parts->count, err))
			return false;
		*ret_is_news = true;
	}
	if (known->omitted != parts->omitted) {
		if (!set_omitted(store, trial, attempt, parts->omitted, err))
			return false;
		*ret_is_news = true;
	}
	return true;
}

bool store_parts_put(struct store *store, int64_t trial, int attempt,
		     const struct part_list *parts, bool *ret_is_news,
		     struct error *err)
{
	struct part_list known = {0};
	int64_t version;
	bool ok;

	if (!store_may_write(store, err) ||
	    !store_parts_get(store, trial, attempt, &known, err))
		return false;
	ok = put_difference(store, trial, attempt, &known, parts, ret_is_news,
			    err) &&
	     (!*ret_is_news || store_stamp(store, &version, err));
	part_list_release(&known);
	return ok;
}
