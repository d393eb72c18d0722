/* SPDX-License-Identifier: MIT */
/* New files of foreign formats. */
#include "interchange/outlet.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/objective.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define EMBEDDED_MAX ((size_t)1 << 30)

bool outlet_open(struct outlet *outlet, const char *path, bool replaces,
		 struct error *err)
{
	int fd;

	memset(outlet, 0, sizeof(*outlet));
	outlet->replaces = replaces;
	if (!replaces && access(path, F_OK) == 0)
		return error_set(err, ERROR_CONFLICT,
				 "%s exists; --force replaces it", path);
	outlet->path = xstrdup(path);
	outlet->temporary = xasprintf("%s.%ld.new", path, (long)getpid());
	fd = open(outlet->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return error_set_errno(err, "create %s", outlet->temporary);
	close(fd);
	if (sqlite3_open_v2(outlet->temporary, &outlet->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return error_set(err, ERROR_SYSTEM, "%s: SQLite: %s",
				 outlet->temporary, sqlite3_errmsg(outlet->db));
	/* nobody reads it before it is whole */
	return query_exec(outlet->db,
			  "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
			  "PRAGMA locking_mode = EXCLUSIVE; BEGIN",
			  err);
}

static bool put_in_place(struct outlet *outlet, struct error *err)
{
	int fd = open(outlet->temporary, O_RDWR | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	if (ok && outlet->replaces)
		ok = rename(outlet->temporary, outlet->path) == 0;
	else if (ok) /* also when it has come meanwhile */
		ok = link(outlet->temporary, outlet->path) == 0 &&
		     unlink(outlet->temporary) == 0;
	return ok || error_set_errno(err, "write %s", outlet->path);
}

bool outlet_close(struct outlet *outlet, bool ok, struct error *err)
{
	if (ok)
		ok = query_exec(outlet->db, "COMMIT", err);
	sqlite3_close(outlet->db);
	if (ok)
		ok = put_in_place(outlet, err);
	if (!ok && outlet->temporary)
		unlink(outlet->temporary);
	free(outlet->temporary);
	free(outlet->path);
	memset(outlet, 0, sizeof(*outlet));
	return ok;
}

/* ---- along with it ------------------------------------------------------- */

static bool write_pieces(struct outlet *outlet, const struct strbuf *json,
			 const char *owner, struct error *err)
{
	struct query insert;
	bool ok = query_open(&insert, outlet->db,
			     "INSERT INTO trialdeck_export VALUES (?, ?, ?)",
			     err);
	int64_t part = 0;

	for (size_t at = 0; ok && at < json->len; at += PIECE, part++) {
		size_t len = json->len - at < PIECE ? json->len - at : PIECE;

		query_bind_text(&insert, 1, owner);
		query_bind_int(&insert, 2, part);
		sqlite3_bind_blob(insert.statement, 3, json->data + at,
				  (int)len, SQLITE_STATIC);
		ok = query_run(&insert, err);
	}
	query_close(&insert);
	return ok;
}

bool outlet_embed(struct outlet *outlet, struct store *store,
		  const struct experiment *experiment, const char *owner,
		  struct error *err)
{
	struct strbuf json = STRBUF_INIT;
	bool ok = store_export(store, experiment->key, TRANSFER_JSON, true,
			       &json, err) &&
		  query_exec(outlet->db,
			     "CREATE TABLE trialdeck_export (owner TEXT,"
			     " part INTEGER, json BLOB,"
			     " PRIMARY KEY (owner, part))",
			     err) &&
		  write_pieces(outlet, &json, owner, err);

	strbuf_release(&json);
	return ok;
}

bool outlet_read_embedded(sqlite3 *db, const char *owner, struct strbuf *ret,
			  struct error *err)
{
	struct query query;
	bool found = true, ok;

	if (!query_has(db, "trialdeck_export", "json"))
		return true;
	ok = query_open(&query, db,
			"SELECT json FROM trialdeck_export WHERE owner = ?1"
			" ORDER BY part",
			err);
	if (ok)
		query_bind_text(&query, 1, owner);
	while (ok && (ok = query_step(&query, &found, err)) && found) {
		const void *data = sqlite3_column_blob(query.statement, 0);
		int len = sqlite3_column_bytes(query.statement, 0);

		if (ret->len + (size_t)len > EMBEDDED_MAX)
			ok = error_set(err, ERROR_LIMIT,
				       "table trialdeck_export is larger than "
				       "1 GiB");
		else if (len > 0)
			strbuf_add(ret, data, (size_t)len);
	}
	query_close(&query);
	return ok;
}

char *outlet_name(const struct experiment *experiment)
{
	const char *name = experiment->name && *experiment->name
				   ? experiment->name
				   : experiment->id;
	struct strbuf text = STRBUF_INIT;

	utf8_sanitize(&text, name, strlen(name), false);
	return strbuf_detach(&text);
}

void outlet_objectives(const struct experiment *experiment,
		       struct objectives *ret)
{
	cJSON *config =
		cJSON_Parse(experiment->config ? experiment->config : "");
	const cJSON *tuner = cJSON_GetObjectItemCaseSensitive(config, "tuner");
	const cJSON *arguments =
		cJSON_GetObjectItemCaseSensitive(tuner, "classArgs");
	char *text = arguments ? cJSON_PrintUnformatted(arguments) : NULL;
	struct error ignored;

	if (!objectives_parse(text, experiment->objective, ret, &ignored))
		objectives_parse(NULL, experiment->objective, ret, &ignored);
	cJSON_free(text);
	cJSON_Delete(config);
}
