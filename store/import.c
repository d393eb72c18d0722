/* SPDX-License-Identifier: MIT */
/*
 * Import: an export read back as a new experiment, all or nothing.
 *
 * The file is hostile until shown otherwise.  Its size, the size of each
 * element, every number and every name are checked; a member that is missing,
 * of the wrong type or out of range ends the import with where it was.
 *
 * An imported experiment belongs to this machine, not to the one it ran on:
 * its folder lies beside this database, and jobs and tokens of its attempts
 * are dropped, so that no file can make us kill a process or remove a folder
 * of its choice.  What was running when it was exported has no job here: the
 * experiment becomes STOPPED, its live trials SYS_CANCELED.
 */
#include "store/import_reader.h"
#include "store/transfer.h"

#include "base/fs.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_MAX INT64_C(0xffffffff)
#define TEXT_LINE_MAX 65536

/* ---- the document ---------------------------------------------------------
 */

struct importer {
	struct store *store;
	struct error *err;
	struct experiment *experiment;
	int64_t best_trial; /* sequence number, or -1 */
	int64_t trial_count;
};

static cJSON *parse_element(struct importer *importer,
			    const struct json_cursor *value)
{
	size_t len = (size_t)(value->end - value->at);
	const char *end = NULL;
	cJSON *object;

	if (len > TRANSFER_ELEMENT_MAX) {
		error_set(importer->err, ERROR_LIMIT, "is larger than %zu MiB",
			  TRANSFER_ELEMENT_MAX >> 20);
		return NULL;
	}
	object = cJSON_ParseWithLengthOpts(value->at, len, &end, 0);
	if (cJSON_IsObject(object) && end) {
		while (end < value->end && strchr(" \t\r\n", *end) && *end)
			end++;
		if (end == value->end)
			return object;
	}
	cJSON_Delete(object);
	error_set(importer->err, ERROR_INVALID, "is not a JSON object");
	return NULL;
}

static int64_t trial_key(const struct importer *importer, int64_t sequence)
{
	return (importer->experiment->key << 32) + sequence;
}

/* A "trial" member: key, or 0 for null. */
static int64_t get_trial(struct importer *importer, struct reader *reader)
{
	const cJSON *item = reader_get(reader, "trial");

	if (!item)
		return 0;
	if (!importer->trial_count) {
		reader_refuse(reader, "trial", "there are no trials");
		return 0;
	}
	return trial_key(importer, reader_number_of(reader, "trial", item, 0,
						    importer->trial_count - 1));
}

static bool read_experiment(struct importer *importer, struct reader *reader)
{
	static const char *const objectives[] = {"minimize", "maximize"};
	struct experiment row = {0};
	const char *seed;
	char *end;
	char *path;
	bool ok;

	snprintf(row.id, sizeof(row.id), "%s",
		 reader_need_text(reader, "id", EXPERIMENT_ID_MAX));
	if (!experiment_id_is_valid(row.id))
		reader_refuse(reader, "id", "is not an experiment id");
	if (!experiment_state_parse(reader_need_text(reader, "state", 32),
				    &row.state))
		reader_refuse(reader, "state", "is not an experiment state");
	if (!experiment_state_is_terminal(row.state))
		row.state = EXPERIMENT_STOPPED;
	row.name = reader_text(reader, "name", 4 * EXPERIMENT_NAME_MAX);
	row.is_paused = reader_bool(reader, "paused");
	row.is_archived = reader_bool(reader, "archived");
	row.platform = reader_text(reader, "platform", 64);
	row.error = reader_text(reader, "error", TEXT_LINE_MAX);
	row.objective = (enum objective_mode)reader_word(reader, "objective",
							 objectives, 2);
	seed = reader_text(reader, "seed", 20);
	if (seed) {
		row.seed = strtoull(seed, &end, 10);
		if (!*seed || *end || *seed == '-')
			reader_refuse(reader, "seed", "must be digits");
	}
	row.concurrency = (int)reader_int(reader, "concurrency", 0, 100000);
	row.max_trials = reader_int(reader, "max_trials", 0, SEQUENCE_MAX);
	row.max_duration_s =
		reader_int(reader, "max_duration_s", 0, UINT32_MAX);
	row.max_trial_duration_s =
		reader_int(reader, "max_trial_duration_s", 0, UINT32_MAX);
	row.max_retries = (int)reader_int(reader, "max_retries", 0, INT_MAX);
	row.created_ns = reader_time(reader, "created");
	row.started_ns = reader_time(reader, "started");
	row.ended_ns = reader_time(reader, "ended");
	row.run_ns = reader_int(reader, "run_ns", 0, INT64_MAX / 2);
	row.best = reader_value(reader, "best");
	importer->best_trial = -1;
	if (reader_get(reader, "best_trial"))
		importer->best_trial =
			reader_int(reader, "best_trial", 0, SEQUENCE_MAX);
	row.source_path = reader_text(reader, "source_path", TEXT_LINE_MAX);
	row.source = reader_text(reader, "source", TRANSFER_ELEMENT_MAX);
	row.config = reader_text(reader, "config", TRANSFER_ELEMENT_MAX);
	row.space = reader_text(reader, "space", TRANSFER_ELEMENT_MAX);
	if (reader->has_failed)
		return false;
	path = fs_folder(importer->store->path);
	row.directory = realpath(path, NULL);
	free(path);
	path = xasprintf("%s/experiments/%s",
			 row.directory ? row.directory : "/nowhere", row.id);
	free(row.directory);
	row.directory = path;
	ok = store_experiment_add(importer->store, &row, importer->err);
	if (ok)
		ok = store_experiment_get(importer->store, row.key,
					  importer->experiment, importer->err);
	free(path);
	return ok;
}

static bool read_attempt(struct importer *importer, struct reader *reader,
			 const struct trial *trial, int number)
{
	struct attempt row = {
		.trial = trial->key,
		.number = number,
		.state = reader_trial_state(reader),
		.exit_code = (int)reader_int(reader, "exit_code", -1, 255),
		.submitted_ns = reader_time(reader, "submitted"),
		.started_ns = reader_time(reader, "started"),
		.ended_ns = reader_time(reader, "ended"),
		.reason = reader_text(reader, "reason", TEXT_LINE_MAX),
	};

	if (reader_int(reader, "number", 0, INT_MAX) != number)
		reader_refuse(reader, "attempts", "must count 1, 2, 3, ...");
	if (!trial_state_is_terminal(row.state))
		row.state = TRIAL_SYS_CANCELED;
	return !reader->has_failed &&
	       store_attempt_add(importer->store, &row, importer->err);
}

static bool read_attempts(struct importer *importer, struct reader *reader,
			  const cJSON *attempts, const struct trial *trial)
{
	const cJSON *attempt;
	int number = 0;

	cJSON_ArrayForEach (attempt, attempts) {
		reader->object = attempt;
		if (!read_attempt(importer, reader, trial, ++number))
			return false;
	}
	if (number && number != trial->attempt)
		return reader_refuse(reader, "attempt",
				     "is not the number of the newest one");
	return true;
}

static bool check_parameters(struct reader *reader, const char *text)
{
	cJSON *object = text ? cJSON_Parse(text) : NULL;

	if (text && !cJSON_IsObject(object))
		reader_refuse(reader, "parameters",
			      "is not the text of an object");
	cJSON_Delete(object);
	return !reader->has_failed;
}

static bool read_trial(struct importer *importer, struct reader *reader)
{
	const char *source = reader_need_text(reader, "source", 1);
	const cJSON *attempts = reader_get(reader, "attempts");
	struct trial row = {
		.experiment = importer->experiment->key,
		.sequence = reader_int(reader, "sequence", 0, SEQUENCE_MAX),
		.state = reader_trial_state(reader),
		.attempt = (int)reader_int(reader, "attempt", 0, INT_MAX),
		.exit_code = (int)reader_int(reader, "exit_code", -1, 255),
		.submitted_ns = reader_time(reader, "submitted"),
		.started_ns = reader_time(reader, "started"),
		.ended_ns = reader_time(reader, "ended"),
		.final = reader_value(reader, "final"),
		.last = reader_value(reader, "last"),
		.best = reader_value(reader, "best"),
		.intermediates =
			reader_int(reader, "intermediates", 0, INTEGER_MAX),
		.source = source[0],
		.parameters =
			reader_text(reader, "parameters", TRANSFER_ELEMENT_MAX),
		.reason = reader_text(reader, "reason", TEXT_LINE_MAX),
	};
	char reason[64];

	snprintf(row.id, sizeof(row.id), "%s",
		 reader_need_text(reader, "id", TRIAL_ID_LENGTH));
	if (!trial_id_is_valid(row.id))
		reader_refuse(reader, "id", "is not a trial id");
	if (!source[0] || !strchr("aci", source[0]))
		reader_refuse(reader, "source", "must be a, c or i");
	if (row.sequence != importer->trial_count)
		reader_refuse(reader, "sequence", "must count 0, 1, 2, ...");
	if (attempts && !cJSON_IsArray(attempts))
		reader_refuse(reader, "attempts", "must be a list");
	if (!check_parameters(reader, row.parameters))
		return false;
	if (!trial_state_is_terminal(row.state)) {
		snprintf(reason, sizeof(reason), "was %s when exported",
			 trial_state_name(row.state));
		row.reason = reason;
		row.state = TRIAL_SYS_CANCELED;
	}
	if (!store_trial_add(importer->store, &row, importer->err))
		return false;
	importer->trial_count++;
	return read_attempts(importer, reader, attempts, &row);
}

static bool read_metrics(struct importer *importer, struct reader *reader)
{
	return transfer_read_metrics(importer->store, reader,
				     get_trial(importer, reader),
				     importer->err);
}

static bool read_parts(struct importer *importer, struct reader *reader)
{
	return transfer_read_parts(importer->store, reader,
				   get_trial(importer, reader), importer->err);
}

static bool read_output(struct importer *importer, struct reader *reader)
{
	return transfer_read_output(importer->store, reader,
				    importer->experiment,
				    get_trial(importer, reader), importer->err);
}

static bool read_code(struct importer *importer, struct reader *reader)
{
	return transfer_read_code(importer->store, reader, importer->experiment,
				  importer->err);
}

static bool read_tag(struct importer *importer, struct reader *reader)
{
	return transfer_read_tag(importer->store, reader,
				 importer->experiment->key,
				 get_trial(importer, reader), importer->err);
}

static bool read_note(struct importer *importer, struct reader *reader)
{
	return transfer_read_note(importer->store, reader,
				  importer->experiment->key,
				  get_trial(importer, reader), importer->err);
}

static bool read_event(struct importer *importer, struct reader *reader)
{
	static const char *const levels[] = {"info", "warning", "error"};
	struct event row = {
		.experiment = importer->experiment->key,
		.trial = get_trial(importer, reader),
		.attempt = (int)reader_int(reader, "attempt", 0, INT_MAX),
		.at_ns = reader_time(reader, "time"),
		.level = (enum event_level)reader_word(reader, "level", levels,
						       3),
		.text = reader_text(reader, "text", TEXT_LINE_MAX),
	};

	snprintf(row.kind, sizeof(row.kind), "%s",
		 reader_need_text(reader, "kind", sizeof(row.kind) - 1));
	return !reader->has_failed &&
	       store_event_add(importer->store, &row, importer->err);
}

static bool read_history(struct importer *importer, struct reader *reader)
{
	static const char *const kinds[] = {"suggested", "observed", "ended",
					    "imported",	 "prepared", "changed"};
	struct history row = {
		.kind = (enum history_kind)reader_word(reader, "kind", kinds,
						       6),
		.trial = get_trial(importer, reader),
		.number = reader_int(reader, "number", -1, INTEGER_MAX),
		.state = reader_trial_state(reader),
		.value = reader_value(reader, "value").number,
		.parameters =
			reader_text(reader, "parameters", TRANSFER_ELEMENT_MAX),
		.point = reader_text(reader, "point", TRANSFER_ELEMENT_MAX),
		.extra = reader_text(reader, "extra", TRANSFER_ELEMENT_MAX),
		.values = reader_text(reader, "values", TRANSFER_ELEMENT_MAX),
		.violation = reader_value(reader, "violation").number,
		.budget = reader_value(reader, "budget").number,
		.has_parent = reader_get(reader, "parent") != NULL,
		.parent = reader_int(reader, "parent", 0, INTEGER_MAX),
	};

	return check_parameters(reader, row.parameters) &&
	       store_history_add(importer->store, importer->experiment->key,
				 &row, importer->err);
}

/* ---- the whole ------------------------------------------------------------
 */

static const struct section {
	const char *name;
	bool (*read)(struct importer *importer, struct reader *reader);
} sections[] = {
	/* in the order in which they need each other */
	{"experiment", read_experiment},
	{"trials", read_trial},
	{"metrics", read_metrics},
	{"parts", read_parts},
	{"outputs", read_output},
	{"code", read_code},
	{"tags", read_tag},
	{"notes", read_note},
	{"events", read_event},
	{"history", read_history},
};

static bool read_element(struct importer *importer,
			 const struct section *section,
			 const struct json_cursor *value, int64_t index)
{
	struct reader reader = {
		.err = importer->err, .list = section->name, .index = index};
	cJSON *object = parse_element(importer, value);
	bool ok;

	reader.object = object;
	ok = object && section->read(importer, &reader) && !reader.has_failed;
	if (!ok && !reader.has_failed && index < 0)
		error_prefix(importer->err, "%s", section->name);
	else if (!ok && !reader.has_failed)
		error_prefix(importer->err, "%s[%" PRId64 "]", section->name,
			     index);
	cJSON_Delete(object);
	return ok;
}

static bool read_list(struct importer *importer, const struct section *section,
		      struct json_cursor list)
{
	struct json_cursor value;
	int64_t index = 0;
	bool is_broken;

	if (!json_enter(&list, '['))
		return error_set(importer->err, ERROR_INVALID,
				 "%s: must be a list", section->name);
	while (json_next(&list, NULL, &value, &is_broken))
		if (!read_element(importer, section, &value, index++))
			return false;
	return !is_broken ||
	       error_set(importer->err, ERROR_INVALID,
			 "%s[%" PRId64 "]: is cut off", section->name, index);
}

/* Where the sections lie, whatever their order. */
static bool find_sections(const char *json, size_t len, struct json_cursor *ret,
			  struct error *err)
{
	struct json_cursor cursor = {json, json + len};
	struct json_cursor key, value;
	bool is_ours = false;
	bool is_newer = false;
	bool is_broken = false;

	if (len > TRANSFER_SIZE_MAX)
		return error_set(err, ERROR_LIMIT, "is larger than %zu MiB",
				 TRANSFER_SIZE_MAX >> 20);
	if (!json_enter(&cursor, '{'))
		return error_set(err, ERROR_INVALID, "is not a JSON object");
	while (json_next(&cursor, &key, &value, &is_broken)) {
		if (json_is(&key, "format"))
			is_ours = json_is(&value, "\"" TRANSFER_FORMAT "\"");
		if (json_is(&key, "version"))
			is_newer = !json_is(&value, "1");
		for (size_t i = 0; i < COUNT_OF(sections); i++)
			if (json_is(&key, sections[i].name))
				ret[i] = value;
	}
	if (!is_ours)
		return error_set(err, ERROR_INVALID,
				 "is not an export of an experiment: "
				 "\"format\" must be \"%s\"",
				 TRANSFER_FORMAT);
	if (is_broken)
		return error_set(err, ERROR_INVALID, "is cut off or damaged");
	if (is_newer)
		return error_set(err, ERROR_INVALID,
				 "was exported by a newer trialdeck");
	if (!ret[0].at)
		return error_set(err, ERROR_INVALID, "experiment: is missing");
	return true;
}

static bool finish(struct importer *importer)
{
	struct experiment *row = importer->experiment;

	if (importer->best_trial >= importer->trial_count)
		return error_set(importer->err, ERROR_INVALID,
				 "experiment.best_trial: there is no such "
				 "trial");
	if (importer->best_trial >= 0)
		row->best_trial = trial_key(importer, importer->best_trial);
	return store_experiment_update(importer->store, row, importer->err);
}

bool store_import(struct store *store, const char *json, size_t len,
		  struct experiment *ret, struct error *err)
{
	struct json_cursor spans[COUNT_OF(sections)] = {{NULL, NULL}};
	struct importer importer = {
		.store = store, .err = err, .experiment = ret};
	bool rides = store_in_transaction(store);
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!find_sections(json, len, spans, err) ||
	    (!rides && !store_begin(store, err)))
		return false;
	ok = read_element(&importer, &sections[0], &spans[0], -1);
	for (size_t i = 1; ok && i < COUNT_OF(sections); i++)
		if (spans[i].at)
			ok = read_list(&importer, &sections[i], spans[i]);
	ok = ok && finish(&importer);
	if (ok && !rides)
		ok = store_commit(store, err);
	else if (!rides)
		store_rollback(store);
	if (!ok)
		experiment_release(ret);
	return ok;
}
