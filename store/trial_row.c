/* SPDX-License-Identifier: MIT */
/*
 * Rows of trials: written one at a time, read by the hundred thousand.
 *
 * A trial's key holds its experiment and its sequence number (see schema.c),
 * so neither is read from a column, and the order of keys is the order of the
 * walk.  Walks lend SQLite's own memory to the callback: no row allocates.
 */
#include "store/store.h"

#include "base/mem.h"
#include "base/random.h"
#include "store/sql.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_MAX INT64_C(0xffffffff)

#define COLUMNS                                                                \
	"t.key, t.id, t.state, t.attempt, t.exit_code, t.submitted_ns,"        \
	" t.started_ns, t.ended_ns, t.final, t.last, t.best,"                  \
	" t.intermediates, t.version, t.source"
#define BRIEF "SELECT " COLUMNS " FROM trial t "
#define WHOLE                                                                  \
	"SELECT " COLUMNS ", t.reason, p.parameters,"                          \
	" (SELECT group_concat(name, ' ') FROM tag"                            \
	"  WHERE experiment = t.experiment AND trial = t.key), n.text"         \
	" FROM trial t LEFT JOIN trial_parameters p ON p.trial = t.key"        \
	" LEFT JOIN note n ON n.experiment = t.experiment"                     \
	" AND n.trial = t.key "

static int64_t first_key(int64_t experiment)
{
	return experiment << 32;
}

static int64_t last_key(int64_t experiment)
{
	return experiment << 32 | SEQUENCE_MAX;
}

/* Text points into the statement. */
static bool read_row(struct sql *sql, enum store_trial_parts parts,
		     struct trial *ret, struct error *err)
{
	int64_t state;

	ret->key = sql_int(sql);
	ret->experiment = ret->key >> 32;
	ret->sequence = ret->key & SEQUENCE_MAX;
	sql_copy_to(sql, ret->id, sizeof(ret->id));
	state = sql_int(sql);
	ret->attempt = (int)sql_int(sql);
	ret->exit_code = (int)sql_int(sql);
	ret->submitted_ns = sql_int(sql);
	ret->started_ns = sql_int(sql);
	ret->ended_ns = sql_int(sql);
	ret->final = sql_value(sql);
	ret->last = sql_value(sql);
	ret->best = sql_value(sql);
	ret->intermediates = sql_int(sql);
	ret->version = sql_int(sql);
	ret->source = (char)sql_int(sql);
	ret->reason = NULL;
	ret->parameters = NULL;
	ret->tags = NULL;
	ret->note = NULL;
	if (parts == STORE_TRIAL_WHOLE) {
		ret->reason = (char *)(uintptr_t)sql_text(sql);
		ret->parameters = (char *)(uintptr_t)sql_text(sql);
		ret->tags = (char *)(uintptr_t)sql_text(sql);
		ret->note = (char *)(uintptr_t)sql_text(sql);
	}
	if (state < 0 || state >= TRIAL_STATE_COUNT)
		return store_corrupt(sql->store, err, "trial %s has state %lld",
				     ret->id, (long long)state);
	ret->state = (enum trial_state)state;
	return true;
}

static bool read_one(struct sql *sql, struct trial *ret, bool *ret_found,
		     struct error *err)
{
	bool ok = sql_step(sql, ret_found, err);

	if (ok && *ret_found) {
		ok = read_row(sql, STORE_TRIAL_WHOLE, ret, err);
		if (ok) {
			ret->reason = xstrdup_or_null(ret->reason);
			ret->parameters = xstrdup_or_null(ret->parameters);
			ret->tags = xstrdup_or_null(ret->tags);
			ret->note = xstrdup_or_null(ret->note);
		}
	}
	if (!ok || !*ret_found)
		memset(ret, 0, sizeof(*ret));
	sql_close(sql);
	return ok;
}

static bool walk(struct sql *sql, enum store_trial_parts parts,
		 store_trial_fn *fn, void *arg, struct error *err)
{
	struct trial row;
	bool ok;

	while (sql_next(sql, &ok, err)) {
		ok = read_row(sql, parts, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(sql);
	return ok;
}

static void bind_mutable(struct sql *sql, const struct trial *row)
{
	sql_bind_int(sql, row->state);
	sql_bind_int(sql, row->attempt);
	sql_bind_int(sql, row->exit_code);
	sql_bind_int(sql, row->submitted_ns);
	sql_bind_int(sql, row->started_ns);
	sql_bind_int(sql, row->ended_ns);
	sql_bind_value(sql, row->final);
	sql_bind_value(sql, row->last);
	sql_bind_value(sql, row->best);
	sql_bind_int(sql, row->intermediates);
	sql_bind_text(sql, row->reason);
	sql_bind_int(sql, row->version);
}

static bool has_id(struct store *store, const struct trial *trial,
		   bool *ret_has, struct error *err)
{
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT 1 FROM trial WHERE experiment = ? AND id = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial->experiment);
	sql_bind_text(&sql, trial->id);
	ok = sql_step(&sql, ret_has, err);
	sql_close(&sql);
	return ok;
}

static bool draw_id(struct store *store, struct trial *trial, struct error *err)
{
	bool is_taken = true;
	uint64_t bits;

	while (is_taken) {
		random_secret(&bits, sizeof(bits));
		trial_id_format(trial->id, bits);
		if (!has_id(store, trial, &is_taken, err))
			return false;
	}
	return true;
}

static bool next_sequence(struct store *store, struct trial *trial,
			  struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT next_sequence FROM experiment WHERE key = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial->experiment);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "there is no experiment with key %lld",
			       (long long)trial->experiment);
	if (ok)
		trial->sequence = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

static bool add_parameters(struct store *store, const struct trial *trial,
			   struct error *err)
{
	struct sql sql;

	if (!trial->parameters)
		return true;
	if (!sql_open(&sql, store,
		      "INSERT INTO trial_parameters (trial, parameters)"
		      " VALUES (?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, trial->key);
	sql_bind_text(&sql, trial->parameters);
	return sql_finish(&sql, err);
}

bool store_trial_add(struct store *store, struct trial *trial,
		     struct error *err)
{
	struct sql sql;

	if (!store_stamp(store, &trial->version, err))
		return false;
	if (trial->sequence < 0 && !next_sequence(store, trial, err))
		return false;
	if (trial->sequence > SEQUENCE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "an experiment has at most 2^32 trials");
	if (!trial->id[0] && !draw_id(store, trial, err))
		return false;
	if (!trial_id_is_valid(trial->id))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not a trial id: a letter, then "
				 "four letters or digits",
				 trial->id);
	trial->key = first_key(trial->experiment) + trial->sequence;
	if (!sql_open(&sql, store,
		      "INSERT INTO trial (state, attempt, exit_code,"
		      " submitted_ns, started_ns, ended_ns, final, last, best,"
		      " intermediates, reason, version, key, experiment, id,"
		      " source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?, ?, ?)",
		      err))
		return false;
	bind_mutable(&sql, trial);
	sql_bind_int(&sql, trial->key);
	sql_bind_int(&sql, trial->experiment);
	sql_bind_text(&sql, trial->id);
	sql_bind_int(&sql, trial->source);
	if (!sql_finish(&sql, err)) {
		if (err->code == ERROR_CONFLICT)
			error_prefix(err, "add trial %s (number %lld)",
				     trial->id, (long long)trial->sequence);
		return false;
	}
	return add_parameters(store, trial, err);
}

bool store_trial_update(struct store *store, struct trial *trial,
			struct error *err)
{
	struct sql sql;

	if (!store_stamp(store, &trial->version, err) ||
	    !sql_open(&sql, store,
		      "UPDATE trial SET state = ?, attempt = ?, exit_code = ?,"
		      " submitted_ns = ?, started_ns = ?, ended_ns = ?,"
		      " final = ?, last = ?, best = ?, intermediates = ?,"
		      " reason = ?, version = ? WHERE key = ?",
		      err))
		return false;
	bind_mutable(&sql, trial);
	sql_bind_int(&sql, trial->key);
	if (!sql_finish(&sql, err))
		return false;
	if (!sqlite3_changes(store->db))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s is no longer in the database",
				 trial->id);
	return true;
}

bool store_trial_get(struct store *store, int64_t key, struct trial *ret,
		     struct error *err)
{
	struct sql sql;
	bool found;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store, WHOLE "WHERE t.key = ?", err))
		return false;
	sql_bind_int(&sql, key);
	if (!read_one(&sql, ret, &found, err))
		return false;
	return found ||
	       error_set(err, ERROR_NOT_FOUND,
			 "there is no trial with key %lld", (long long)key);
}

/* Ids that begin like this; up to 8 as text. */
static bool list_prefix(struct store *store, int64_t experiment,
			const char *prefix, struct strbuf *ids, int *ret_count,
			int64_t *ret_key, struct error *err)
{
	struct sql sql;
	bool ok;

	*ret_count = 0;
	if (!sql_open(&sql, store,
		      "SELECT key, id FROM trial WHERE experiment = ?1"
		      " AND id >= ?2 AND id < ?2 || '~' ORDER BY id LIMIT 9",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, prefix);
	while (sql_next(&sql, &ok, err)) {
		*ret_key = sql_int(&sql);
		if (++*ret_count <= 8)
			strbuf_addf(ids, "%s%s", ids->len ? ", " : "",
				    sql_text(&sql));
	}
	if (*ret_count > 8)
		strbuf_adds(ids, ", ...");
	sql_close(&sql);
	return ok;
}

static bool find_key(struct store *store, int64_t experiment, const char *name,
		     int64_t *ret_key, struct error *err)
{
	struct strbuf ids = STRBUF_INIT;
	size_t digits = strspn(name, "0123456789");
	int count;
	bool ok;

	*ret_key = 0;
	if (digits && !name[digits]) {
		/* ids begin with a letter: no number is one */
		if (digits <= 10 && strtoll(name, NULL, 10) <= SEQUENCE_MAX)
			*ret_key =
				first_key(experiment) + strtoll(name, NULL, 10);
		return true;
	}
	if (!*name)
		return true;
	ok = list_prefix(store, experiment, name, &ids, &count, ret_key, err);
	if (ok && count > 1)
		ok = error_set(err, ERROR_CONFLICT,
			       "\"%.20s\" could be any of these trials: %s",
			       name, ids.data);
	strbuf_release(&ids);
	return ok;
}

bool store_trial_find(struct store *store, int64_t experiment, const char *name,
		      struct trial *ret, struct error *err)
{
	int64_t key;

	memset(ret, 0, sizeof(*ret));
	if (!find_key(store, experiment, name, &key, err))
		return false;
	if (key) {
		struct error why;

		if (store_trial_get(store, key, ret, &why))
			return true;
		if (why.code != ERROR_NOT_FOUND) {
			*err = why;
			return false;
		}
	}
	return error_set(err, ERROR_NOT_FOUND,
			 "there is no trial \"%.40s\" in this experiment",
			 name);
}

bool store_trials_each(struct store *store, int64_t experiment, int64_t after,
		       enum store_trial_parts parts, store_trial_fn *fn,
		       void *arg, struct error *err)
{
	bool is_brief = parts == STORE_TRIAL_BRIEF;
	struct sql sql;

	if (after <= 0) {
		if (!sql_open(&sql, store,
			      is_brief ? BRIEF "WHERE t.key BETWEEN ? AND ?"
					       " ORDER BY t.key"
				       : WHOLE "WHERE t.key BETWEEN ? AND ?"
					       " ORDER BY t.key",
			      err))
			return false;
		sql_bind_int(&sql, first_key(experiment));
		sql_bind_int(&sql, last_key(experiment));
	} else {
		if (!sql_open(&sql, store,
			      is_brief ? BRIEF "WHERE t.experiment = ?"
					       " AND t.version > ?"
					       " ORDER BY t.key"
				       : WHOLE "WHERE t.experiment = ?"
					       " AND t.version > ?"
					       " ORDER BY t.key",
			      err))
			return false;
		sql_bind_int(&sql, experiment);
		sql_bind_int(&sql, after);
	}
	return walk(&sql, parts, fn, arg, err);
}

bool store_trials_page(struct store *store, int64_t experiment, int64_t below,
		       int limit, enum store_trial_parts parts,
		       store_trial_fn *fn, void *arg, struct error *err)
{
	int64_t last = below > SEQUENCE_MAX ? last_key(experiment)
					    : first_key(experiment) + below - 1;
	struct sql sql;

	if (!sql_open(&sql, store,
		      parts == STORE_TRIAL_BRIEF
			      ? BRIEF "WHERE t.key BETWEEN ? AND ?"
				      " ORDER BY t.key DESC LIMIT ?"
			      : WHOLE "WHERE t.key BETWEEN ? AND ?"
				      " ORDER BY t.key DESC LIMIT ?",
		      err))
		return false;
	sql_bind_int(&sql, first_key(experiment));
	sql_bind_int(&sql, last);
	sql_bind_int(&sql, limit);
	return walk(&sql, parts, fn, arg, err);
}
