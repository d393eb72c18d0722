/* SPDX-License-Identifier: MIT */
/*
 * Opening a database.
 *
 * Journal.  On a local disk WAL: readers never wait for the writer nor it for
 * them, and with synchronous FULL a commit is one write and one fsync of the
 * log.  On a network file system WAL's shared memory does not work between
 * machines, so there a rollback journal is used; EXTRA then also syncs the
 * folder, without which a power cut could bring a committed journal back.
 *
 * The size of the log.  Checkpoints copy it back every WAL_PAGES pages: few,
 * since syncing a file that grows takes many times as long as one that is
 * written over.  A reader that holds a snapshot keeps the log from starting
 * over, not from being copied; so we try again only when it has grown by as
 * much once more, and from WAL_PAGES_LARGE on ask for a whole restart, which
 * succeeds in the first moment without a reader.  journal_size_limit returns
 * the space.
 *
 * Read-only.  SQLite reads a WAL database only with its -wal and -shm files.
 * Where they are missing and cannot be created (a read-only folder) and so
 * nobody can be writing either, the file is opened as immutable.
 */
#include "store/store.h"

#include "base/fs.h"
#include "base/mem.h"
#include "store/metric_stage.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000
#define VALUE_SIZE_MAX (64 << 20)
#define WAL_PAGES 1000
#define WAL_PAGES_LARGE (5 * WAL_PAGES)

static int on_wal_grown(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *store = arg;

	if (pages < store->wal_tried)
		store->wal_tried = 0;
	if (pages < store->wal_tried + WAL_PAGES)
		return SQLITE_OK;
	store->wal_tried = pages;
	if (pages < WAL_PAGES_LARGE) {
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE,
					  NULL, NULL);
		return SQLITE_OK;
	}
	sqlite3_busy_timeout(db, 0);
	sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_TRUNCATE, NULL,
				  NULL);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	return SQLITE_OK;
}

static const char *find_network_kind(const char *path)
{
	const char *wanted = getenv("TRIALDECK_NETWORK_FS");
	char *folder;
	const char *kind;

	if (wanted && *wanted)
		return strcmp(wanted, "none") ? "nfs" : NULL;
	folder = fs_folder(path);
	kind = fs_network_kind(folder);
	free(folder);
	return kind;
}

/* SQLite would create the file with the umask's rights; its journals take the
 * rights of the file.  One that exists is not even opened: closing it would
 * drop the locks that another handle of this process holds on it (POSIX), and
 * other processes would take the journal for abandoned. */
static bool create_file(const char *path, struct error *err)
{
	char *folder = fs_folder(path);
	bool ok = fs_make_folders(folder, err);
	int fd;

	free(folder);
	if (!ok)
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && (errno != EEXIST || access(path, R_OK | W_OK)))
		return error_set_errno(err, "open database %s", path);
	if (fd >= 0)
		close(fd);
	return true;
}

static bool open_handle(struct store *store, const char *name, int flags,
			struct error *err)
{
	int code = sqlite3_open_v2(name, &store->db,
				   flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK)
		code = store_add_seen(store);
	if (code != SQLITE_OK)
		return store_error(store, code, err, "open");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, VALUE_SIZE_MAX);
	/* the file may come from anywhere */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return true;
}

static bool read_journal_mode(struct store *store, const char *text,
			      struct error *err)
{
	struct sql sql;
	bool found;
	bool ok;

	if (!sql_open(&sql, store, text, err))
		return false;
	ok = sql_step(&sql, &found, err);
	if (ok)
		sql_copy_to(&sql, store->journal_mode,
			    sizeof(store->journal_mode));
	sql_close(&sql);
	return ok;
}

static bool choose_journal(struct store *store, struct error *err)
{
	if (!store->network_kind)
		return read_journal_mode(store, "PRAGMA journal_mode = WAL",
					 err) &&
		       store_exec(store, "PRAGMA synchronous = FULL", err);
	/* A file that was in WAL mode leaves it without shared memory when it
	 * is locked as a whole meanwhile. */
	if (!store_exec(store, "PRAGMA locking_mode = EXCLUSIVE", err) ||
	    !read_journal_mode(store, "PRAGMA journal_mode = DELETE", err) ||
	    !store_exec(store,
			"PRAGMA locking_mode = NORMAL;"
			"SELECT count(*) FROM sqlite_schema;"
			"PRAGMA synchronous = EXTRA",
			err))
		return false;
	return true;
}

static bool open_writer(struct store *store, struct error *err)
{
	int version;

	if (!create_file(store->path, err) ||
	    !open_handle(store, store->path, SQLITE_OPEN_READWRITE, err) ||
	    /* before anything is changed in somebody else's file */
	    !schema_check(store, schema_version, &version, err) ||
	    !choose_journal(store, err) ||
	    !store_exec(store,
			"PRAGMA foreign_keys = ON;"
			"PRAGMA cell_size_check = ON;"
			"PRAGMA cache_size = -16000;"
			"PRAGMA temp_store = MEMORY;"
			/* Debian's default; it writes every page freed */
			"PRAGMA secure_delete = OFF;"
			"PRAGMA journal_size_limit = 67108864",
			err))
		return false;
	sqlite3_wal_hook(store->db, on_wal_grown, store);
	return schema_migrate(store, schema_migrations, schema_version, err);
}

/* file: URI with everything escaped that means something in one. */
static char *immutable_uri(const char *path)
{
	struct strbuf uri = STRBUF_INIT;

	strbuf_adds(&uri, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			strbuf_addf(&uri, "%%%02X", (unsigned char)*path);
		else
			strbuf_addch(&uri, *path);
	}
	strbuf_adds(&uri, "?immutable=1");
	return strbuf_detach(&uri);
}

static bool has_log(const struct store *store)
{
	char *path = xasprintf("%s-wal", store->path);
	struct stat st;
	bool is_there = stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	return is_there;
}

static void close_handle(struct store *store)
{
	for (size_t i = 0; i < COUNT_OF(store->statements); i++)
		sqlite3_finalize(store->statements[i].statement);
	memset(store->statements, 0, sizeof(store->statements));
	store->statement_count = 0;
	stage_forget(store);
	sqlite3_close(store->db);
	store->db = NULL;
}

static bool check_readable(struct store *store, struct error *err)
{
	int version;

	if (!schema_check(store, schema_version, &version, err))
		return false;
	if (!version)
		return error_set(err, ERROR_UNAVAILABLE,
				 "database %s: is empty", store->path);
	if (version < schema_version)
		return error_set(err, ERROR_INVALID,
				 "database %s: was written by an older "
				 "trialdeck (schema version %d, now %d); any "
				 "command but view and check migrates it",
				 store->path, version, schema_version);
	return true;
}

static bool is_immutable;

void store_read_as_immutable(bool is_so)
{
	is_immutable = is_so;
}

static bool open_immutable(struct store *store, struct error *err)
{
	char *uri = immutable_uri(store->path);
	bool ok = open_handle(store, uri,
			      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err) &&
		  check_readable(store, err);

	free(uri);
	return ok;
}

static bool open_reader(struct store *store, struct error *err)
{
	bool may_append = store->mode == STORE_APPEND;
	struct error why;
	struct stat st;

	if (stat(store->path, &st) < 0)
		return error_set_errno(err, "database %s", store->path);
	if (is_immutable && !may_append) {
		if (!open_immutable(store, err))
			return false;
	} else if (!open_handle(store, store->path,
				may_append ? SQLITE_OPEN_READWRITE
					   : SQLITE_OPEN_READONLY,
				&why) ||
		   !check_readable(store, &why)) {
		if (may_append || has_log(store) ||
		    (why.code != ERROR_SYSTEM && why.code != ERROR_DENIED)) {
			*err = why;
			return false;
		}
		close_handle(store);
		if (!open_immutable(store, err))
			return false;
	}
	if (may_append &&
	    !store_exec(store,
			store->network_kind ? "PRAGMA synchronous = EXTRA"
					    : "PRAGMA synchronous = FULL",
			err))
		return false;
	return read_journal_mode(store, "PRAGMA journal_mode", err) &&
	       store_exec(store,
			  "PRAGMA foreign_keys = ON;"
			  "PRAGMA cell_size_check = ON;"
			  "PRAGMA cache_size = -4000;"
			  "PRAGMA temp_store = MEMORY;"
			  /* copying the log is the engine's work */
			  "PRAGMA wal_autocheckpoint = 0;"
			  "PRAGMA query_only = ON",
			  err);
}

bool store_open(const char *path, enum store_mode mode,
		struct store **ret_store, struct error *err)
{
	struct store *store = xcalloc(1, sizeof(*store));

	/* SQLite would take this for no file at all */
	store->path = fs_join(strcmp(path, ":memory:") ? "" : ".", path);
	store->mode = mode;
	store->turn = -1;
	store->network_kind = find_network_kind(path);
	if (mode == STORE_WRITE ? !open_writer(store, err)
				: !open_reader(store, err)) {
		store_close(store);
		return false;
	}
	if (mode != STORE_READ)
		store->turn = turn_open(path);
	*ret_store = store;
	return true;
}

/* Leave metrics in order, if that can be had without waiting: the next writer
 * does it otherwise. */
static void settle(struct store *store)
{
	struct error ignored;

	if (!stage_is_filled(store))
		return;
	sqlite3_busy_timeout(store->db, 0);
	if (!store_begin(store, &ignored))
		return;
	if (store_metrics_settle(store, &ignored))
		store_commit(store, &ignored);
	else
		store_rollback(store);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->in_transaction)
		store_rollback(store);
	if (store->in_snapshot)
		store_snapshot_end(store);
	settle(store);
	close_handle(store);
	store_forget_names(store);
	if (store->turn >= 0)
		close(store->turn);
	free(store->seen_from);
	free(store->seen_at);
	free(store->path);
	free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

const char *store_journal_mode(const struct store *store,
			       const char **ret_network_kind)
{
	if (ret_network_kind)
		*ret_network_kind = store->network_kind;
	return store->journal_mode;
}
