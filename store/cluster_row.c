/* SPDX-License-Identifier: MIT */
/*
 * Rows of what is known of the cluster: its nodes, and where trials are.
 *
 * They say what is, not what was: nodes are replaced as a whole by each look, a
 * place by the next one.  The place of a trial that is over stays: it is asked
 * for when one failed, but no list shows it.
 */
#include "store/store.h"

#include "base/clock.h"
#include "store/sql.h"

#include <string.h>

#define NODE_COLUMNS                                                           \
	"name, is_ready, is_cordoned, gpu_model, taints, allocatable_cpu,"     \
	" allocatable_memory, allocatable_gpus, requested_cpu,"                \
	" requested_memory, requested_gpus, used_cpu, used_memory, used_gpus," \
	" pods, pods_max, trials, at_ns"
#define PLACE_COLUMNS                                                          \
	"trial, attempt, pod, node, restarts, requested_cpu,"                  \
	" requested_memory, requested_gpus, used_cpu, used_memory, used_gpus," \
	" at_ns"

static void bind_amount(struct sql *sql, const struct cluster_amount *amount)
{
	sql_bind_int(sql, amount->cpu_milli);
	sql_bind_int(sql, amount->memory_bytes);
	sql_bind_int(sql, amount->gpus);
}

static void read_amount(struct sql *sql, struct cluster_amount *ret)
{
	ret->cpu_milli = sql_int(sql);
	ret->memory_bytes = sql_int(sql);
	ret->gpus = sql_int(sql);
}

/* ---- nodes --------------------------------------------------------------- */

static bool note_look(struct store *store, int64_t experiment,
		      struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "INSERT OR REPLACE INTO cluster_look (experiment, at_ns,"
		      " failed_ns, problem) VALUES (?, ?, 0, NULL)",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, clock_wall_ns());
	return sql_finish(&sql, err);
}

static bool remove_nodes(struct store *store, int64_t experiment,
			 struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "DELETE FROM cluster_node WHERE experiment = ?", err))
		return false;
	sql_bind_int(&sql, experiment);
	return sql_finish(&sql, err);
}

/* A name that comes twice (two pages of a list, cut names) counts once. */
static bool add_node(struct store *store, int64_t experiment,
		     const struct cluster_node *node, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "INSERT OR REPLACE INTO cluster_node (" NODE_COLUMNS
		      ", experiment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?, ?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_text(&sql, node->name);
	sql_bind_int(&sql, node->is_ready);
	sql_bind_int(&sql, node->is_cordoned);
	sql_bind_text(&sql, node->gpu_model);
	sql_bind_text(&sql, node->taints);
	bind_amount(&sql, &node->allocatable);
	bind_amount(&sql, &node->requested);
	bind_amount(&sql, &node->used);
	sql_bind_int(&sql, node->pods);
	sql_bind_int(&sql, node->pods_max);
	sql_bind_int(&sql, node->trials);
	sql_bind_int(&sql, node->at_ns);
	sql_bind_int(&sql, experiment);
	return sql_finish(&sql, err);
}

bool store_cluster_replace(struct store *store, int64_t experiment,
			   const struct cluster_node *nodes, size_t count,
			   struct error *err)
{
	int64_t version;

	if (!store_stamp(store, &version, err) ||
	    !remove_nodes(store, experiment, err) ||
	    !note_look(store, experiment, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_node(store, experiment, &nodes[i], err))
			return false;
	return true;
}

bool store_cluster_failed(struct store *store, int64_t experiment,
			  const char *problem, struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store,
		      "INSERT INTO cluster_look (experiment, at_ns, failed_ns,"
		      " problem) VALUES (?1, 0, ?2, ?3) ON CONFLICT DO UPDATE"
		      " SET failed_ns = ?2, problem = ?3",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, clock_wall_ns());
	sql_bind_text(&sql, problem);
	return sql_finish(&sql, err);
}

bool store_cluster_look(struct store *store, int64_t experiment,
			struct cluster_look *ret, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store,
		      "SELECT at_ns, failed_ns, problem FROM cluster_look"
		      " WHERE experiment = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	ok = sql_step(&sql, &found, err);
	if (ok && found) {
		ret->at_ns = sql_int(&sql);
		ret->failed_ns = sql_int(&sql);
		sql_copy_to(&sql, ret->problem, sizeof(ret->problem));
	}
	sql_close(&sql);
	return ok;
}

static void read_node(struct sql *sql, struct cluster_node *ret)
{
	memset(ret, 0, sizeof(*ret));
	sql_copy_to(sql, ret->name, sizeof(ret->name));
	ret->is_ready = sql_int(sql);
	ret->is_cordoned = sql_int(sql);
	sql_copy_to(sql, ret->gpu_model, sizeof(ret->gpu_model));
	sql_copy_to(sql, ret->taints, sizeof(ret->taints));
	read_amount(sql, &ret->allocatable);
	read_amount(sql, &ret->requested);
	read_amount(sql, &ret->used);
	ret->pods = sql_int(sql);
	ret->pods_max = sql_int(sql);
	ret->trials = sql_int(sql);
	ret->at_ns = sql_int(sql);
}

bool store_cluster_each(struct store *store, int64_t experiment,
			store_node_fn *fn, void *arg, struct error *err)
{
	struct cluster_node row;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT " NODE_COLUMNS " FROM cluster_node"
		      " WHERE experiment = ? ORDER BY name",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		read_node(&sql, &row);
		if (!fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- places -------------------------------------------------------------- */

bool store_place_set(struct store *store, const struct trial_place *place,
		     struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store,
		      "INSERT OR REPLACE INTO trial_place (" PLACE_COLUMNS
		      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      err))
		return false;
	sql_bind_int(&sql, place->trial);
	sql_bind_int(&sql, place->attempt);
	sql_bind_text(&sql, place->pod);
	sql_bind_text(&sql, place->node);
	sql_bind_int(&sql, place->restarts);
	bind_amount(&sql, &place->requested);
	bind_amount(&sql, &place->used);
	sql_bind_int(&sql, place->at_ns);
	return sql_finish(&sql, err);
}

static void read_place(struct sql *sql, struct trial_place *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->trial = sql_int(sql);
	ret->attempt = (int)sql_int(sql);
	sql_copy_to(sql, ret->pod, sizeof(ret->pod));
	sql_copy_to(sql, ret->node, sizeof(ret->node));
	ret->restarts = (int)sql_int(sql);
	read_amount(sql, &ret->requested);
	read_amount(sql, &ret->used);
	ret->at_ns = sql_int(sql);
}

bool store_place_get(struct store *store, int64_t trial,
		     struct trial_place *ret, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!sql_open(&sql, store,
		      "SELECT " PLACE_COLUMNS " FROM trial_place"
		      " WHERE trial = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	ok = sql_step(&sql, &found, err);
	if (ok && found)
		read_place(&sql, ret);
	else if (ok)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "it is not known where the trial is");
	sql_close(&sql);
	return ok;
}

static bool walk_places(struct sql *sql, store_place_fn *fn, void *arg,
			struct error *err)
{
	struct trial_place row;
	bool ok;

	while (sql_next(sql, &ok, err)) {
		read_place(sql, &row);
		if (!fn(&row, arg))
			break;
	}
	sql_close(sql);
	return ok;
}

bool store_places_each(struct store *store, int64_t experiment,
		       store_place_fn *fn, void *arg, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "SELECT " PLACE_COLUMNS " FROM trial_place p"
		      " WHERE trial BETWEEN ?1 << 32"
		      " AND (?1 << 32) + 4294967295"
		      " AND (SELECT state FROM trial WHERE key = p.trial)"
		      " IN (0, 1, 7)" /* WAITING, RUNNING, UNKNOWN */
		      " ORDER BY trial",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	return walk_places(&sql, fn, arg, err);
}

bool store_places_between(struct store *store, int64_t experiment,
			  int64_t first, int64_t count, store_place_fn *fn,
			  void *arg, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "SELECT " PLACE_COLUMNS " FROM trial_place"
		      " WHERE trial BETWEEN ? AND ?",
		      err))
		return false;
	sql_bind_int(&sql, (experiment << 32) + first);
	sql_bind_int(&sql, (experiment << 32) + first + count - 1);
	return walk_places(&sql, fn, arg, err);
}

bool store_place_delete(struct store *store, int64_t trial, struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store, "DELETE FROM trial_place WHERE trial = ?",
		      err))
		return false;
	sql_bind_int(&sql, trial);
	return sql_finish(&sql, err);
}
