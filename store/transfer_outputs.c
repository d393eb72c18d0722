/* SPDX-License-Identifier: MIT */
/*
 * Export and import of where outputs lie.
 *
 *     "outputs": [{"trial": number, "attempt", "state", "storage": {...},
 *                  "path", "url", "files", "bytes", "time", "note"}, ...]
 *     "code":    [{"storage": {...}, "path", "url", "digest", "files",
 *                  "bytes", "time"}]
 *
 * A file from elsewhere must not make us read or remove what it likes: folders
 * of a machine are of the machine it came from, so such outputs arrive as lost;
 * paths in other storages must be below the experiment's own folder; and what
 * was imported is looked at, never cleaned up (is_foreign).
 */
#include "store/transfer.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STORAGE_TEXT_MAX 16384
#define PLACE_TEXT_MAX 8192

/* ---- out ---------------------------------------------------------------- */

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, ",\"%s\":", key);
	if (text)
		strbuf_add_json_string(out, text);
	else
		strbuf_adds(out, "null");
}

static void add_size(struct strbuf *out, int64_t files, int64_t bytes,
		     int64_t at_ns)
{
	strbuf_addf(out,
		    ",\"files\":%" PRId64 ",\"bytes\":%" PRId64 ",\"time\":",
		    files, bytes);
	transfer_add_time(out, at_ns);
}

struct writer {
	struct strbuf *out;
	struct error *err;
	bool is_first, has_failed;
};

static bool write_output(const struct output *row, void *arg)
{
	struct writer *writer = arg;
	struct strbuf *out = writer->out;

	strbuf_addf(out,
		    "%s\n{\"trial\":%" PRId64 ",\"attempt\":%d,\"state\":\"%s\""
		    ",\"storage\":%s",
		    writer->is_first ? "" : ",", row->trial & 0xffffffff,
		    row->attempt, output_state_name(row->state), row->storage);
	add_text(out, "path", row->path);
	add_text(out, "url", row->url);
	add_size(out, row->files, row->bytes, row->at_ns);
	add_text(out, "note", row->note);
	strbuf_addch(out, '}');
	writer->is_first = false;
	writer->has_failed = !transfer_check_size(out, writer->err);
	return !writer->has_failed;
}

bool transfer_write_outputs(struct store *store, int64_t experiment,
			    struct strbuf *out, struct error *err)
{
	struct writer writer = {.out = out, .err = err, .is_first = true};

	return store_outputs_each(store, experiment, 0, write_output, &writer,
				  err) &&
	       !writer.has_failed;
}

bool transfer_write_code(struct store *store, int64_t experiment,
			 struct strbuf *out, struct error *err)
{
	struct output_code code;
	struct error failure;

	if (!store_code_get(store, experiment, &code, &failure)) {
		if (failure.code == ERROR_NOT_FOUND)
			return true;
		*err = failure;
		return false;
	}
	strbuf_addf(out, "\n{\"storage\":%s", code.storage);
	add_text(out, "path", code.path);
	add_text(out, "url", code.url);
	add_text(out, "digest", code.digest);
	add_size(out, code.files, code.bytes, code.at_ns);
	strbuf_addch(out, '}');
	output_code_release(&code);
	return true;
}

/* ---- in ----------------------------------------------------------------- */

/* Text only, so that nothing is nested; without what names this machine.
 * Caller frees with cJSON_free; NULL after refusing. */
static char *read_storage(struct reader *reader, bool *ret_is_folder)
{
	const cJSON *given = reader_get(reader, "storage");
	const char *type = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(given, "storageType"));
	cJSON *copy;
	char *text;

	if (!cJSON_IsObject(given) || !type) {
		reader_refuse(reader, "storage",
			      "must be an object with a storageType");
		return NULL;
	}
	for (const cJSON *item = given->child; item; item = item->next)
		if (cJSON_IsObject(item) || cJSON_IsArray(item)) {
			reader_refuse(reader, "storage",
				      "must have plain values");
			return NULL;
		}
	*ret_is_folder = !strcmp(type, "folder");
	copy = cJSON_Duplicate(given, true);
	cJSON_DeleteItemFromObjectCaseSensitive(copy, "localPath");
	text = cJSON_PrintUnformatted(copy);
	cJSON_Delete(copy);
	if (text && strlen(text) > STORAGE_TEXT_MAX) {
		reader_refuse(reader, "storage", "is too long");
		cJSON_free(text);
		return NULL;
	}
	return text;
}

/* Is it below nni/<experiment>, with no way out? */
static bool is_own_path(const char *path, const char *id)
{
	size_t len = strlen(id);

	if (strncmp(path, "nni/", 4) || strncmp(path + 4, id, len) ||
	    path[4 + len] != '/')
		return false;
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (!n || (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += n;
		if (*part && !*++part)
			return false;
	}
	return true;
}

static const char *read_path(struct reader *reader,
			     const struct experiment *experiment,
			     bool is_folder)
{
	const char *path = reader_need_text(reader, "path", PLACE_TEXT_MAX);

	if (!is_folder && !is_own_path(path, experiment->id))
		reader_refuse(reader, "path",
			      "must be below the experiment's own folder");
	return path;
}

bool transfer_read_output(struct store *store, struct reader *reader,
			  const struct experiment *experiment, int64_t trial,
			  struct error *err)
{
	bool is_folder = false;
	char *storage = read_storage(reader, &is_folder);
	const char *state = reader_need_text(reader, "state", 16);
	struct output row = {
		.trial = trial,
		.attempt = (int)reader_int(reader, "attempt", 1, INT_MAX),
		.storage = storage,
		.path = (char *)(uintptr_t)read_path(reader, experiment,
						     is_folder),
		.url = (char *)(uintptr_t)reader_need_text(reader, "url",
							   PLACE_TEXT_MAX),
		.files = reader_int(reader, "files", -1, INTEGER_MAX),
		.bytes = reader_int(reader, "bytes", -1, INTEGER_MAX),
		.at_ns = reader_time(reader, "time"),
		.is_foreign = true,
		.note = reader_text(reader, "note", 1000),
	};
	bool ok;

	if (!trial)
		reader_refuse(reader, "trial", "is missing");
	if (!output_state_parse(state, &row.state))
		reader_refuse(reader, "state", "is not a state of outputs");
	if (is_folder && row.state != OUTPUT_CLEANED) {
		row.state = OUTPUT_LOST;
		row.note = (char *)(uintptr_t) "stayed on the machine that ran "
					       "the experiment";
	}
	ok = !reader->has_failed && store_output_put(store, &row, err);
	cJSON_free(storage);
	return ok;
}

static bool is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

bool transfer_read_code(struct store *store, struct reader *reader,
			const struct experiment *experiment, struct error *err)
{
	bool is_folder = false;
	char *storage = read_storage(reader, &is_folder);
	const char *digest = reader_need_text(reader, "digest", 64);
	struct output_code code = {
		.storage = storage,
		.path = (char *)(uintptr_t)read_path(reader, experiment,
						     is_folder),
		.url = (char *)(uintptr_t)reader_need_text(reader, "url",
							   PLACE_TEXT_MAX),
		.files = reader_int(reader, "files", -1, INTEGER_MAX),
		.bytes = reader_int(reader, "bytes", -1, INTEGER_MAX),
		.at_ns = reader_time(reader, "time"),
	};
	bool ok;

	if (!is_digest(digest))
		reader_refuse(reader, "digest", "must be 64 hex digits");
	else
		memcpy(code.digest, digest, sizeof(code.digest));
	/* of another machine's folder there is nothing to say */
	ok = !reader->has_failed &&
	     (is_folder || store_code_put(store, experiment->key, &code, err));
	cJSON_free(storage);
	return ok;
}
