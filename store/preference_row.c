/* SPDX-License-Identifier: MIT */
/* Rows of what screens remember: columns, views, layouts. */
#include "store/store.h"

#include "base/mem.h"
#include "store/sql.h"

#include <cjson/cJSON.h>
#include <string.h>

static bool check(const char *name, const char *value, struct error *err)
{
	cJSON *tree;

	if (!*name || strlen(name) > PREFERENCE_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "a preference's name has 1 to %d bytes",
				 PREFERENCE_NAME_MAX);
	if (!value)
		return true;
	if (strlen(value) > PREFERENCE_VALUE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "preference %s: is longer than %d bytes", name,
				 PREFERENCE_VALUE_MAX);
	tree = cJSON_ParseWithOpts(value, NULL, true);
	cJSON_Delete(tree);
	return tree || error_set(err, ERROR_INVALID,
				 "preference %s: is not JSON", name);
}

static bool put(struct store *store, int64_t experiment, const char *name,
		const char *value, struct error *err)
{
	struct sql sql;

	if (!store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      value ? "INSERT OR REPLACE INTO preference (experiment,"
			      " name, value) SELECT ?1, ?2, ?3 WHERE ?1 = 0"
			      " OR EXISTS (SELECT 1 FROM experiment"
			      "  WHERE key = ?1)"
			    : "DELETE FROM preference WHERE experiment = ?1"
			      " AND name = ?2",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	if (value)
		sql_bind_text(&sql, value);
	if (!sql_finish(&sql, err))
		return false;
	return !value || sqlite3_changes(store->db) ||
	       error_set(err, ERROR_NOT_FOUND,
			 "the experiment is no longer in the database");
}

bool store_preference_put(struct store *store, int64_t experiment,
			  const char *name, const char *value,
			  struct error *err)
{
	bool is_own;

	return check(name, value, err) &&
	       store_ride_begin(store, &is_own, err) &&
	       store_ride_end(store, is_own,
			      put(store, experiment, name, value, err), err);
}

bool store_preference_get(struct store *store, int64_t experiment,
			  const char *name, char **ret_value, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	*ret_value = NULL;
	if (!sql_open(&sql, store,
		      "SELECT value FROM preference WHERE experiment = ?"
		      " AND name = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	ok = sql_step(&sql, &found, err);
	if (ok && found)
		*ret_value = sql_copy(&sql);
	sql_close(&sql);
	return ok;
}

bool store_preferences_each(struct store *store, int64_t experiment,
			    store_preference_fn *fn, void *arg,
			    struct error *err)
{
	const char *name, *value;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT name, value FROM preference WHERE experiment = ?"
		      " ORDER BY name",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		name = sql_text(&sql);
		value = sql_text(&sql);
		if (!fn(name, value, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}
