/* SPDX-License-Identifier: MIT */
/*
 * Export and import of what attempts consist of: one element an attempt.
 *
 *     "parts": [{"trial": number, "attempt", "omitted",
 *                "parts": [{"depth", "name", "sort", "state", "leader",
 *                           "pod", "node", "restarts", "exit_code",
 *                           "started", "ended", "reason"}, ...]}, ...]
 */
#include "store/transfer.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

/* ---- out ---------------------------------------------------------------- */

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, ",\"%s\":", key);
	strbuf_add_json_string(out, text);
}

static void add_part(struct strbuf *out, const struct trial_part *part)
{
	strbuf_addf(out, "{\"depth\":%d", part->depth);
	add_text(out, "name", part->name);
	add_text(out, "sort", part->sort);
	add_text(out, "state", part_state_name(part->state));
	strbuf_addf(out, ",\"leader\":%s", part->is_leader ? "true" : "false");
	add_text(out, "pod", part->pod);
	add_text(out, "node", part->node);
	strbuf_addf(out, ",\"restarts\":%d,\"exit_code\":%d,\"started\":",
		    part->restarts, part->exit_code);
	transfer_add_time(out, part->started_ns);
	strbuf_adds(out, ",\"ended\":");
	transfer_add_time(out, part->ended_ns);
	add_text(out, "reason", part->reason);
	strbuf_addch(out, '}');
}

static bool write_attempt(struct store *store, int64_t trial, int attempt,
			  struct strbuf *out, struct error *err)
{
	struct part_list parts = {0};

	if (!store_parts_get(store, trial, attempt, &parts, err))
		return false;
	strbuf_addf(out,
		    "\n{\"trial\":%" PRId64 ",\"attempt\":%d,\"omitted\":%zu,"
		    "\"parts\":[",
		    trial & 0xffffffff, attempt, parts.omitted);
	for (size_t i = 0; i < parts.count; i++) {
		if (i)
			strbuf_addch(out, ',');
		add_part(out, &parts.items[i]);
	}
	strbuf_adds(out, "]}");
	part_list_release(&parts);
	return transfer_check_size(out, err);
}

bool transfer_write_parts(struct store *store, int64_t experiment,
			  struct strbuf *out, struct error *err)
{
	bool is_first = true;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT DISTINCT trial, attempt FROM trial_part WHERE"
		      " trial BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295"
		      " ORDER BY trial, attempt",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		int64_t trial = sql_int(&sql);

		if (!is_first)
			strbuf_addch(out, ',');
		is_first = false;
		ok = write_attempt(store, trial, (int)sql_int(&sql), out, err);
		if (!ok)
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- in ----------------------------------------------------------------- */

static void read_text(struct reader *reader, const char *key, char *ret,
		      size_t size)
{
	snprintf(ret, size, "%s", reader_need_text(reader, key, size - 1));
}

static void read_part(struct reader *reader, struct trial_part *ret)
{
	char state[16];

	ret->depth = (int)reader_int(reader, "depth", 0, PARTS_MAX - 1);
	read_text(reader, "name", ret->name, sizeof(ret->name));
	read_text(reader, "sort", ret->sort, sizeof(ret->sort));
	read_text(reader, "pod", ret->pod, sizeof(ret->pod));
	read_text(reader, "node", ret->node, sizeof(ret->node));
	read_text(reader, "reason", ret->reason, sizeof(ret->reason));
	read_text(reader, "state", state, sizeof(state));
	ret->is_leader = reader_bool(reader, "leader");
	ret->restarts = (int)reader_int(reader, "restarts", 0, INT_MAX);
	ret->exit_code = (int)reader_int(reader, "exit_code", -1, 255);
	ret->started_ns = reader_time(reader, "started");
	ret->ended_ns = reader_time(reader, "ended");
	if (!part_state_parse(state, &ret->state))
		reader_refuse(reader, "state", "is not a part's state");
}

bool transfer_read_parts(struct store *store, struct reader *reader,
			 int64_t trial, struct error *err)
{
	int attempt = (int)reader_int(reader, "attempt", 1, INT_MAX);
	const cJSON *items = reader_get(reader, "parts");
	struct part_list parts = {
		.omitted = (size_t)reader_int(reader, "omitted", 0, INT_MAX)};
	const cJSON *item;
	bool is_news;
	bool ok;

	if (!trial)
		reader_refuse(reader, "trial", "is missing");
	if (!cJSON_IsArray(items) || cJSON_GetArraySize(items) > PARTS_MAX)
		reader_refuse(reader, "parts",
			      "must be a list of at most 500 parts");
	if (reader->has_failed)
		return false;
	cJSON_ArrayForEach (item, items) {
		reader->object = item;
		read_part(reader, part_list_add(&parts));
	}
	if (!reader->has_failed)
		part_list_settle(&parts, PART_FAILED, 0,
				 "was running when exported");
	ok = !reader->has_failed &&
	     store_parts_put(store, trial, attempt, &parts, &is_news, err);
	part_list_release(&parts);
	return ok;
}
