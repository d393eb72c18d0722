/* SPDX-License-Identifier: MIT */
/*
 * Rows of experiments: the small one that counts, and the one of its texts.
 */
#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                \
	"e.key, e.id, e.name, e.state, e.is_paused, e.is_archived,"            \
	" e.platform, t.config, t.source, t.source_path, t.space,"             \
	" seen(e.directory), e.error, e.objective, e.seed, e.concurrency,"     \
	" e.max_trials, e.max_duration_s, e.max_trial_duration_s,"             \
	" e.max_retries, e.created_ns, e.started_ns, e.ended_ns, e.run_ns,"    \
	" e.best, e.best_trial, e.owner_pid, e.owner_host, e.side_port,"       \
	" e.version, e.next_sequence, e.waiting, e.running, e.succeeded,"      \
	" e.failed, e.user_canceled, e.sys_canceled, e.early_stopped,"         \
	" e.unknown, e.lets_finish, e.fault, e.fault_since_ns, e.progress,"    \
	" e.marked_version, (SELECT group_concat(name, ' ') FROM tag"          \
	"  WHERE experiment = e.key AND trial = 0), n.text"
#define TABLES                                                                 \
	" FROM experiment e LEFT JOIN experiment_text t"                       \
	" ON t.experiment = e.key LEFT JOIN note n"                            \
	" ON n.experiment = e.key AND n.trial = 0 "

/* What an update returns: these the triggers keep. */
#define KEPT                                                                   \
	"next_sequence, waiting, running, succeeded, failed, user_canceled,"   \
	" sys_canceled, early_stopped, unknown"

static char *borrow(struct sql *sql)
{
	return (char *)(uintptr_t)sql_text(sql);
}

static void read_kept(struct sql *sql, struct experiment *ret)
{
	ret->next_sequence = sql_int(sql);
	for (int i = 0; i < TRIAL_STATE_COUNT; i++)
		ret->counts[i] = sql_int(sql);
}

/* Text points into the statement. */
static bool read_row(struct sql *sql, struct experiment *ret, struct error *err)
{
	int64_t state, objective;

	memset(ret, 0, sizeof(*ret));
	ret->key = sql_int(sql);
	sql_copy_to(sql, ret->id, sizeof(ret->id));
	ret->name = borrow(sql);
	state = sql_int(sql);
	ret->is_paused = sql_int(sql);
	ret->is_archived = sql_int(sql);
	ret->platform = borrow(sql);
	ret->config = borrow(sql);
	ret->source = borrow(sql);
	ret->source_path = borrow(sql);
	ret->space = borrow(sql);
	ret->directory = borrow(sql);
	ret->error = borrow(sql);
	objective = sql_int(sql);
	ret->seed = (uint64_t)sql_int(sql);
	ret->concurrency = (int)sql_int(sql);
	ret->max_trials = sql_int(sql);
	ret->max_duration_s = sql_int(sql);
	ret->max_trial_duration_s = sql_int(sql);
	ret->max_retries = (int)sql_int(sql);
	ret->created_ns = sql_int(sql);
	ret->started_ns = sql_int(sql);
	ret->ended_ns = sql_int(sql);
	ret->run_ns = sql_int(sql);
	ret->best = sql_value(sql);
	ret->best_trial = sql_int(sql);
	ret->owner_pid = (int)sql_int(sql);
	ret->owner_host = borrow(sql);
	ret->side_port = (int)sql_int(sql);
	ret->version = sql_int(sql);
	read_kept(sql, ret);
	ret->lets_finish = sql_int(sql);
	ret->fault = borrow(sql);
	ret->fault_since_ns = sql_int(sql);
	ret->progress = borrow(sql);
	ret->marked_version = sql_int(sql);
	ret->tags = borrow(sql);
	ret->note = borrow(sql);
	if (state < 0 || state >= EXPERIMENT_STATE_COUNT || objective < 0 ||
	    objective > OBJECTIVE_MAXIMIZE)
		return store_corrupt(sql->store, err,
				     "experiment %s has state %lld and "
				     "objective %lld",
				     ret->id, (long long)state,
				     (long long)objective);
	ret->state = (enum experiment_state)state;
	ret->objective = (enum objective_mode)objective;
	return true;
}

static void own_text(struct experiment *row)
{
	row->name = xstrdup_or_null(row->name);
	row->platform = xstrdup_or_null(row->platform);
	row->config = xstrdup_or_null(row->config);
	row->source = xstrdup_or_null(row->source);
	row->source_path = xstrdup_or_null(row->source_path);
	row->space = xstrdup_or_null(row->space);
	row->directory = xstrdup_or_null(row->directory);
	row->error = xstrdup_or_null(row->error);
	row->owner_host = xstrdup_or_null(row->owner_host);
	row->fault = xstrdup_or_null(row->fault);
	row->progress = xstrdup_or_null(row->progress);
	row->tags = xstrdup_or_null(row->tags);
	row->note = xstrdup_or_null(row->note);
}

static void bind_mutable(struct sql *sql, const struct experiment *row)
{
	sql_bind_text(sql, row->name);
	sql_bind_int(sql, row->state);
	sql_bind_int(sql, row->is_paused);
	sql_bind_int(sql, row->is_archived);
	sql_bind_text(sql, row->platform);
	sql_bind_text(sql, row->directory);
	sql_bind_text(sql, row->error);
	sql_bind_int(sql, row->objective);
	sql_bind_int(sql, (int64_t)row->seed);
	sql_bind_int(sql, row->concurrency);
	sql_bind_int(sql, row->max_trials);
	sql_bind_int(sql, row->max_duration_s);
	sql_bind_int(sql, row->max_trial_duration_s);
	sql_bind_int(sql, row->max_retries);
	sql_bind_int(sql, row->started_ns);
	sql_bind_int(sql, row->ended_ns);
	sql_bind_int(sql, row->run_ns);
	sql_bind_value(sql, row->best);
	sql_bind_key(sql, row->best_trial);
	sql_bind_int(sql, row->owner_pid);
	sql_bind_text(sql, row->owner_host);
	sql_bind_int(sql, row->side_port);
	sql_bind_int(sql, row->lets_finish);
	sql_bind_text(sql, row->fault);
	sql_bind_int(sql, row->fault_since_ns);
	sql_bind_text(sql, row->progress);
	sql_bind_int(sql, row->version);
}

static bool add_text(struct store *store, const struct experiment *row,
		     struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "INSERT INTO experiment_text (experiment, config,"
		      " source, source_path, space) VALUES (?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, row->key);
	sql_bind_text(&sql, row->config);
	sql_bind_text(&sql, row->source);
	sql_bind_text(&sql, row->source_path);
	sql_bind_text(&sql, row->space);
	return sql_finish(&sql, err);
}

bool store_experiment_add(struct store *store, struct experiment *experiment,
			  struct error *err)
{
	struct sql sql;

	if (!experiment_id_is_valid(experiment->id))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not an experiment id: 1 to 32 "
				 "letters, digits, - and _",
				 experiment->id);
	if (!store_stamp(store, &experiment->version, err))
		return false;
	if (!experiment->created_ns)
		experiment->created_ns = clock_wall_ns();
	if (!sql_open(&sql, store,
		      "INSERT INTO experiment (name, state, is_paused,"
		      " is_archived, platform, directory, error, objective,"
		      " seed, concurrency, max_trials, max_duration_s,"
		      " max_trial_duration_s, max_retries, started_ns,"
		      " ended_ns, run_ns, best, best_trial, owner_pid,"
		      " owner_host, side_port, lets_finish, fault,"
		      " fault_since_ns, progress, version, id, created_ns)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	bind_mutable(&sql, experiment);
	sql_bind_text(&sql, experiment->id);
	sql_bind_int(&sql, experiment->created_ns);
	if (!sql_finish(&sql, err)) {
		if (err->code == ERROR_CONFLICT)
			error_set(err, ERROR_CONFLICT,
				  "experiment %s exists already",
				  experiment->id);
		return false;
	}
	experiment->key = sqlite3_last_insert_rowid(store->db);
	experiment->next_sequence = 0;
	memset(experiment->counts, 0, sizeof(experiment->counts));
	return add_text(store, experiment, err);
}

/* The search space may change while it runs, but seldom does. */
static bool update_text(struct store *store, const struct experiment *row,
			struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "UPDATE experiment_text SET space = ?1, source_path = ?2"
		      " WHERE experiment = ?3"
		      " AND (space IS NOT ?1 OR source_path IS NOT ?2)",
		      err))
		return false;
	sql_bind_text(&sql, row->space);
	sql_bind_text(&sql, row->source_path);
	sql_bind_int(&sql, row->key);
	return sql_finish(&sql, err);
}

bool store_experiment_update(struct store *store, struct experiment *experiment,
			     struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!store_stamp(store, &experiment->version, err) ||
	    !sql_open(&sql, store,
		      "UPDATE experiment SET name = ?, state = ?,"
		      " is_paused = ?, is_archived = ?, platform = ?,"
		      " directory = ?, error = ?, objective = ?, seed = ?,"
		      " concurrency = ?, max_trials = ?, max_duration_s = ?,"
		      " max_trial_duration_s = ?, max_retries = ?,"
		      " started_ns = ?, ended_ns = ?, run_ns = ?, best = ?,"
		      " best_trial = ?, owner_pid = ?, owner_host = ?,"
		      " side_port = ?, lets_finish = ?, fault = ?,"
		      " fault_since_ns = ?, progress = ?, version = ?"
		      " WHERE key = ?"
		      " RETURNING " KEPT,
		      err))
		return false;
	bind_mutable(&sql, experiment);
	sql_bind_int(&sql, experiment->key);
	ok = sql_step(&sql, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "experiment %s is no longer in the database",
			       experiment->id);
	if (ok)
		read_kept(&sql, experiment);
	sql_close(&sql);
	return ok && update_text(store, experiment, err);
}

/* The one row of a query that is bound already; closes it. */
static bool read_one(struct sql *sql, struct experiment *ret, bool *ret_found,
		     struct error *err)
{
	bool ok = sql_step(sql, ret_found, err);

	if (ok && *ret_found) {
		ok = read_row(sql, ret, err);
		if (ok)
			own_text(ret);
	}
	if (!ok || !*ret_found)
		memset(ret, 0, sizeof(*ret));
	sql_close(sql);
	return ok;
}

bool store_experiment_get(struct store *store, int64_t key,
			  struct experiment *ret, struct error *err)
{
	struct sql sql;
	bool found;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store, "SELECT " COLUMNS TABLES "WHERE e.key = ?",
		      err))
		return false;
	sql_bind_int(&sql, key);
	if (!read_one(&sql, ret, &found, err))
		return false;
	return found || error_set(err, ERROR_NOT_FOUND,
				  "there is no experiment with key %lld",
				  (long long)key);
}

bool store_experiments_each(struct store *store, int64_t after,
			    store_experiment_fn *fn, void *arg,
			    struct error *err)
{
	struct experiment row;
	struct sql sql;
	bool ok = true;

	if (!sql_open(&sql, store,
		      "SELECT " COLUMNS TABLES "WHERE e.version > ?"
		      " ORDER BY e.created_ns DESC, e.key DESC",
		      err))
		return false;
	sql_bind_int(&sql, after);
	while (sql_next(&sql, &ok, err)) {
		ok = read_row(&sql, &row, err);
		if (!ok || !fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- by name ----------------------------------------------------------- */

static bool find_by(struct store *store, const char *text, const char *name,
		    struct experiment *ret, bool *ret_found, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store, text, err))
		return false;
	if (name)
		sql_bind_text(&sql, name);
	return read_one(&sql, ret, ret_found, err);
}

/* Ids that begin like this: how many, and the first few as text. */
static bool list_prefix(struct store *store, const char *prefix,
			struct strbuf *ids, int *ret_count, struct error *err)
{
	struct sql sql;
	bool ok;

	*ret_count = 0;
	if (!sql_open(&sql, store,
		      "SELECT id FROM experiment WHERE id >= ?1"
		      " AND substr(id, 1, length(?1)) = ?1 ORDER BY id",
		      err))
		return false;
	sql_bind_text(&sql, prefix);
	while (sql_next(&sql, &ok, err)) {
		if (++*ret_count <= 8)
			strbuf_addf(ids, "%s%s", ids->len ? ", " : "",
				    sql_text(&sql));
	}
	if (*ret_count > 8)
		strbuf_adds(ids, ", ...");
	sql_close(&sql);
	return ok;
}

static bool not_found(struct store *store, const char *name, struct error *err)
{
	char **names = NULL;
	size_t count = 0, capacity = 0;
	const char *near;
	struct sql sql;
	bool found = true;

	if (sql_open(&sql, store,
		     "SELECT id FROM experiment UNION"
		     " SELECT name FROM experiment WHERE name IS NOT NULL"
		     " LIMIT 10000",
		     err)) {
		while (sql_step(&sql, &found, err) && found) {
			ARRAY_RESERVE(names, count, capacity);
			names[count++] = sql_copy(&sql);
		}
		sql_close(&sql);
	}
	near = nearest_word(name, (const char *const *)names, count);
	if (!count)
		error_set(err, ERROR_NOT_FOUND,
			  "there is no experiment in %s yet", store->path);
	else if (near)
		error_set(err, ERROR_NOT_FOUND,
			  "there is no experiment \"%.100s\": did you mean "
			  "\"%.100s\"?",
			  name, near);
	else
		error_set(err, ERROR_NOT_FOUND,
			  "there is no experiment \"%.100s\"", name);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return false;
}

bool store_experiment_find(struct store *store, const char *name,
			   struct experiment *ret, struct error *err)
{
	struct strbuf ids = STRBUF_INIT;
	bool found = false;
	int count = 0;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	ok = find_by(store, "SELECT " COLUMNS TABLES "WHERE e.id = ?", name,
		     ret, &found, err);
	if (ok && !found && !strcmp(name, "latest"))
		ok = find_by(store,
			     "SELECT " COLUMNS TABLES
			     "ORDER BY e.created_ns DESC, e.key DESC LIMIT 1",
			     NULL, ret, &found, err);
	if (ok && !found && *name) {
		ok = list_prefix(store, name, &ids, &count, err);
		if (ok && count == 1)
			ok = find_by(store,
				     "SELECT " COLUMNS TABLES "WHERE e.id = ?",
				     ids.data, ret, &found, err);
	}
	if (ok && !found)
		ok = find_by(store,
			     "SELECT " COLUMNS TABLES "WHERE e.name = ?"
			     " ORDER BY e.created_ns DESC, e.key DESC LIMIT 1",
			     name, ret, &found, err);
	if (ok && !found && count > 1)
		ok = error_set(err, ERROR_CONFLICT,
			       "\"%.40s\" could be any of %d experiments: %s",
			       name, count, ids.data);
	else if (ok && !found)
		ok = not_found(store, name, err);
	strbuf_release(&ids);
	return ok;
}

bool store_experiments_count(struct store *store, int64_t *ret,
			     struct error *err)
{
	return store_number(store, "SELECT count(*) FROM experiment", ret, err);
}

bool store_experiment_delete(struct store *store, int64_t key,
			     struct error *err)
{
	/* The order leaves nothing for the foreign keys to search. */
	static const char *const statements[] = {
		"DELETE FROM metric"
		" WHERE trial BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295",
		"DELETE FROM metric_name WHERE experiment = ?1",
		"DELETE FROM event WHERE experiment = ?1",
		"DELETE FROM command WHERE experiment = ?1",
		"DELETE FROM history WHERE experiment = ?1",
		"DELETE FROM cluster_look WHERE experiment = ?1",
		"DELETE FROM cluster_node WHERE experiment = ?1",
		"DELETE FROM trial_place"
		" WHERE trial BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295",
		"DELETE FROM attempt"
		" WHERE trial BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295",
		"DELETE FROM trial_parameters"
		" WHERE trial BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295",
		"DELETE FROM trial"
		" WHERE key BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295",
		"DELETE FROM tag WHERE experiment = ?1",
		"DELETE FROM note WHERE experiment = ?1",
		"DELETE FROM preference WHERE experiment = ?1",
		"DELETE FROM experiment_text WHERE experiment = ?1",
		"DELETE FROM experiment WHERE key = ?1",
	};
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !store_metrics_settle(store, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		if (!sql_open(&sql, store, statements[i], err))
			return false;
		sql_bind_int(&sql, key);
		if (!sql_finish(&sql, err))
			return false;
	}
	store_forget_names(store);
	if (!sqlite3_changes(store->db))
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no experiment with key %lld",
				 (long long)key);
	return true;
}
