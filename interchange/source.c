/* SPDX-License-Identifier: MIT */
/* Opens databases without touching them, and says what they are. */
#include "interchange/source.h"

#include "base/fs.h"
#include "base/mem.h"
#include "interchange/query.h"
#include "interchange/scratch.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 105 /* and of the first page how many cells it has */
#define HEADER_MAGIC "SQLite format 3"
#define VALUE_SIZE_MAX (16 << 20)
#define BUSY_TIMEOUT_MS 10000

const char *source_format_name(enum source_format format)
{
	static const char *const names[] = {"trialdeck", "nni", "optuna"};

	return names[format];
}

static bool read_header(const char *path, unsigned char header[HEADER_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, header, HEADER_SIZE);

	if (fd >= 0)
		close(fd);
	return got == HEADER_SIZE &&
	       !memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC));
}

static bool is_ours(const unsigned char *header)
{
	uint32_t id = (uint32_t)header[68] << 24 | (uint32_t)header[69] << 16 |
		      (uint32_t)header[70] << 8 | header[71];

	return id == STORE_APPLICATION_ID;
}

/* Made this moment: the header is on disk, what comes next (our id, too) is in
 * the log beside it still. */
static bool is_empty(const unsigned char *header)
{
	return !header[103] && !header[104];
}

static char *file_of(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return fs_join(path, "db/nni.sqlite");
	return xstrdup(path);
}

static bool look(const char *path, bool *ret_is_ours)
{
	unsigned char header[HEADER_SIZE];
	char *file = file_of(path);
	bool is = read_header(file, header);

	*ret_is_ours = is && (is_ours(header) || is_empty(header));
	free(file);
	return is;
}

bool source_is_foreign(const char *path)
{
	bool ours;

	return look(path, &ours) && !ours;
}

bool source_is_database(const char *path)
{
	bool ignored;

	return look(path, &ignored);
}

static bool is_filled(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);
	struct stat st;
	bool is = !stat(name, &st) && st.st_size > 0;

	free(name);
	return is;
}

/* file: URI with everything escaped that means something in one. */
static char *uri_of(const char *path, const char *query)
{
	struct strbuf uri = STRBUF_INIT;

	strbuf_adds(&uri, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			strbuf_addf(&uri, "%%%02X", (unsigned char)*path);
		else
			strbuf_addch(&uri, *path);
	}
	strbuf_adds(&uri, query);
	return strbuf_detach(&uri);
}

static bool copy_aside(struct source *source, const char *log,
		       struct error *err)
{
	char *to;
	bool ok;

	source->scratch = scratch_make(err);
	if (!source->scratch)
		return false;
	to = source_readable_path(source);
	ok = scratch_copy(source->path, "", to, err) &&
	     scratch_copy(source->path, log, to, err);
	free(to);
	return ok;
}

static bool choose_way(struct source *source, const unsigned char *header,
		       struct error *err)
{
	bool is_wal = header[18] == 2;

	if (!is_wal)
		return true;
	if (!is_filled(source->path, "-wal")) {
		source->is_immutable = true;
		return true;
	}
	if (is_filled(source->path, "-shm")) {
		source->note = "a log lies beside it: it is read together with "
			       "that, as it is now";
		return true;
	}
	source->note = "a log lies beside it: both were copied and put "
		       "together there";
	return copy_aside(source, "-wal", err);
}

static bool open_file(struct source *source, struct error *err)
{
	char *path = source_readable_path(source);
	char *uri = uri_of(path, source->scratch	? "?mode=rw"
				 : source->is_immutable ? "?immutable=1"
							: "?mode=ro");
	int flags = (source->scratch ? SQLITE_OPEN_READWRITE
				     : SQLITE_OPEN_READONLY) |
		    SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	bool ok = sqlite3_open_v2(uri, &source->db, flags, NULL) == SQLITE_OK;

	if (!ok)
		error_set(err, ERROR_SYSTEM, "SQLite: %s",
			  sqlite3_errmsg(source->db));
	free(uri);
	free(path);
	if (!ok)
		return false;
	sqlite3_busy_timeout(source->db, BUSY_TIMEOUT_MS);
	/* the file may come from anywhere */
	sqlite3_limit(source->db, SQLITE_LIMIT_LENGTH, VALUE_SIZE_MAX);
	sqlite3_limit(source->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(source->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(source->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(source->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return query_exec(source->db,
			  "PRAGMA cell_size_check = ON;"
			  "PRAGMA cache_size = -16000;"
			  "PRAGMA query_only = ON;"
			  /* one moment of it, whoever writes; sorting of what
			   * has no index goes to files */
			  "PRAGMA temp_store = FILE;"
			  "BEGIN; SELECT count(*) FROM sqlite_schema",
			  err);
}

/* A transaction that a crash cut short must be taken back, which writes. */
static bool undo(struct source *source, struct error *err)
{
	if (source->scratch || !is_filled(source->path, "-journal"))
		return false;
	sqlite3_close(source->db);
	source->db = NULL;
	source->note = "its last transaction was cut short: file and journal "
		       "were copied, and it was taken back there";
	return copy_aside(source, "-journal", err) && open_file(source, err);
}

static void name_optuna(struct source *source)
{
	struct query query;
	struct error ignored;
	bool found;

	snprintf(source->version, sizeof(source->version), "Optuna");
	if (query_open(&query, source->db,
		       "SELECT library_version FROM version_info LIMIT 1",
		       &ignored) &&
	    query_step(&query, &found, &ignored) && found &&
	    query_text(&query, 0))
		snprintf(source->version, sizeof(source->version),
			 "Optuna %.40s", query_text(&query, 0));
	query_close(&query);
}

static bool name_format(struct source *source, const unsigned char *header,
			struct error *err)
{
	sqlite3 *db = source->db;
	bool has_message;

	if (is_ours(header)) {
		source->format = SOURCE_TRIALDECK;
		snprintf(source->version, sizeof(source->version), "trialdeck");
		return true;
	}
	if (query_has(db, "TrialJobEvent", "trialJobId") &&
	    query_has(db, "MetricData", "trialJobId") &&
	    query_has(db, "ExperimentProfile", "params")) {
		source->format = SOURCE_NNI;
		has_message = query_has(db, "TrialJobEvent", "message");
		snprintf(source->version, sizeof(source->version), "NNI %s",
			 query_has(db, "TrialJobEvent", "environmentId")
				 ? "3.0 or newer"
			 : has_message ? "2.1 to 2.10"
				       : "up to 2.0");
		return true;
	}
	if (query_has(db, "studies", "study_name") &&
	    query_has(db, "trials", "study_id") &&
	    query_has(db, "trial_params", "distribution_json")) {
		source->format = SOURCE_OPTUNA;
		name_optuna(source);
		return true;
	}
	return error_set(err, ERROR_INVALID,
			 "is a database of none of the programs that can be "
			 "read: trialdeck, NNI (tables TrialJobEvent, "
			 "MetricData, ExperimentProfile), Optuna (studies, "
			 "trials, trial_params)");
}

bool source_open(const char *path, struct source **ret, struct error *err)
{
	struct source *source = xcalloc(1, sizeof(*source));
	unsigned char header[HEADER_SIZE] = {0};
	char *file = file_of(path);
	bool ok = false;

	source->path = realpath(file, NULL);
	if (!source->path)
		error_set_errno(err, "%s", file);
	else if (!read_header(source->path, header))
		error_set(err, ERROR_INVALID,
			  "%s: is no SQLite database, nor a folder of an NNI "
			  "experiment",
			  path);
	else
		ok = (choose_way(source, header, err) &&
		      (open_file(source, err) || undo(source, err)) &&
		      name_format(source, header, err)) ||
		     error_prefix(err, "%s", path);
	free(file);
	if (!ok) {
		source_close(source);
		return false;
	}
	*ret = source;
	return true;
}

char *source_readable_path(const struct source *source)
{
	return source->scratch ? fs_join(source->scratch, "copy.db")
			       : xstrdup(source->path);
}

void source_close(struct source *source)
{
	if (!source)
		return;
	sqlite3_close(source->db);
	scratch_remove(source->scratch);
	free(source->path);
	free(source);
}
