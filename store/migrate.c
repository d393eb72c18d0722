/* SPDX-License-Identifier: MIT */
/* Which schema a file has, and bringing it to ours: checked, backed up, all or
 * nothing. */
#include "store/schema.h"

#include "base/error.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_number(struct store *store, const char *text,
			int64_t *ret_value, struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store, text, err))
		return false;
	ok = sql_step(&sql, &found, err);
	if (ok)
		*ret_value = sql_int(&sql);
	sql_close(&sql);
	return ok;
}

bool schema_check(struct store *store, int newest, int *ret_version,
		  struct error *err)
{
	int64_t application, version, tables;

	if (!read_number(store, "PRAGMA application_id", &application, err) ||
	    !read_number(store, "PRAGMA user_version", &version, err) ||
	    !read_number(store, "SELECT count(*) FROM sqlite_schema", &tables,
			 err))
		return false;
	if (tables && application != SCHEMA_APPLICATION_ID)
		return error_set(err, ERROR_INVALID,
				 "database %s: belongs to another program",
				 store->path);
	if (version > newest)
		return error_set(err, ERROR_INVALID,
				 "database %s: was written by a newer "
				 "trialdeck (its schema is version %lld, this "
				 "program knows up to %d)",
				 store->path, (long long)version, newest);
	if (version < 0 || (tables && !version))
		return store_corrupt(store, err, "has schema version %lld",
				     (long long)version);
	*ret_version = (int)version;
	return true;
}

/* Copy the whole database, journal included, into one file beside it. */
static bool back_up(struct store *store, int version, struct error *err)
{
	char *path = xasprintf("%s.v%d.bak", store->path, version);
	char *temporary = xasprintf("%s.new", path);
	struct sql sql;
	bool ok = false;
	int fd;

	/* VACUUM INTO takes an empty file, and this one is private */
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		error_set_errno(err, "create %s", temporary);
		goto out;
	}
	if (sql_open(&sql, store, "VACUUM INTO ?", err)) {
		sql_bind_text(&sql, temporary);
		ok = sql_finish(&sql, err);
	}
	if (ok && (fsync(fd) < 0 || rename(temporary, path) < 0))
		ok = error_set_errno(err, "write %s", path);
	close(fd);
	if (!ok)
		unlink(temporary);
out:
	free(path);
	free(temporary);
	return ok || error_prefix(err, "back up before migrating");
}

static bool run_migrations(struct store *store,
			   const struct migration *migrations, int from,
			   int count, struct error *err)
{
	char text[64];

	for (int i = from; i < count; i++)
		if (!store_exec(store, migrations[i].statements, err))
			return error_prefix(err, "migrate to version %d",
					    i + 1);
	snprintf(text, sizeof(text),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 SCHEMA_APPLICATION_ID, count);
	return store_exec(store, text, err);
}

bool schema_migrate(struct store *store, const struct migration *migrations,
		    int count, struct error *err)
{
	int version;

	if (!schema_check(store, count, &version, err))
		return false;
	if (version == count)
		return true;
	if (version && !back_up(store, version, err))
		return false;
	if (!store_exec(store, "BEGIN IMMEDIATE", err))
		return false;
	/* another process may have been faster */
	if (!schema_check(store, count, &version, err) ||
	    !run_migrations(store, migrations, version, count, err)) {
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
		return false;
	}
	if (!store_exec(store, "COMMIT", err)) {
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
		return false;
	}
	return true;
}
