/* SPDX-License-Identifier: MIT */
/*
 * Optuna's databases, read: the RDB storage of 2.x to 5.x
 * (optuna/storages/_rdb, schema versions v1.3.0.a to v3.2.0.a), told apart by
 * their columns.
 *
 *   study                      experiment; its id follows from its name and
 *                              its first trial
 *   COMPLETE PRUNED FAIL       SUCCEEDED EARLY_STOPPED FAILED
 *   value of an objective      final metric: default; of several objectives by
 *                              the study's metric names, else value_0, ...
 *   intermediate value         metric default; its step is the number
 *   numeric user attribute     final metric of that name
 *   other user attributes      lines of the trial's note
 *   constraints                violation in the history: such a trial is not
 *                              the best
 *
 * Times are local, as Optuna's datetime.now() has them.
 */
#include "interchange/optuna_study.h"

#include "base/mem.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUDIES_MAX 10000

/* ---- a study ------------------------------------------------------------- */

static bool read_directions(struct study *study, struct error *err)
{
	sqlite3 *db = study->reading->source->db;
	bool is_old = query_has(db, "studies", "direction");
	struct query query;
	bool found = true, ok;

	ok = query_open(&query, db,
			is_old ? "SELECT direction FROM studies"
				 " WHERE study_id = ?1"
			       : "SELECT direction FROM study_directions WHERE"
				 " study_id = ?1 ORDER BY objective",
			err);
	if (ok)
		query_bind_int(&query, 1, study->key);
	while (ok && (ok = query_step(&query, &found, err)) && found) {
		const char *text = query_text(&query, 0);
		struct objective *objective;

		if (study->objective_count == OBJECTIVES_MAX) {
			ok = error_set(err, ERROR_LIMIT,
				       "has more than %d objectives",
				       OBJECTIVES_MAX);
			break;
		}
		objective = &study->objectives[study->objective_count];
		objective->mode = text && !strcmp(text, "MAXIMIZE")
					  ? OBJECTIVE_MAXIMIZE
					  : OBJECTIVE_MINIMIZE;
		snprintf(objective->metric, sizeof(objective->metric),
			 "value_%zu", study->objective_count++);
	}
	query_close(&query);
	if (!study->objective_count)
		study->objective_count = 1;
	if (study->objective_count == 1)
		snprintf(study->objectives[0].metric, METRIC_NAME_MAX + 1,
			 METRIC_OBJECTIVE);
	return ok;
}

/* The name "default" would change which one is the first. */
static void name_objectives(struct study *study, const char *json)
{
	struct error ignored;
	cJSON *list = json ? json_parse(json, strlen(json), &ignored) : NULL;
	const cJSON *item;
	size_t k = 0;

	cJSON_ArrayForEach (item, list) {
		if (k >= study->objective_count)
			break;
		if (cJSON_IsString(item) && *item->valuestring &&
		    strlen(item->valuestring) <= METRIC_NAME_MAX &&
		    !study_has_objective(study, item->valuestring))
			snprintf(study->objectives[k].metric,
				 METRIC_NAME_MAX + 1, "%s", item->valuestring);
		k++;
	}
	cJSON_Delete(list);
}

static bool read_study_attributes(struct study *study, struct error *err)
{
	struct query query;
	bool found = true, ok;

	ok = query_open(&query, study->reading->source->db,
			"SELECT 0, key, value_json FROM study_user_attributes"
			" WHERE study_id = ?1 UNION ALL SELECT 1, key,"
			" value_json FROM study_system_attributes"
			" WHERE study_id = ?1",
			err);
	if (ok)
		query_bind_int(&query, 1, study->key);
	while (ok && (ok = query_step(&query, &found, err)) && found) {
		const char *key = query_text(&query, 1);
		const char *json = query_text(&query, 2);

		if (!query_int(&query, 0) && key && json)
			study_add_to_note(study, key, json);
		else if (key && !strcmp(key, "study:metric_names") &&
			 study->objective_count > 1)
			name_objectives(study, json);
	}
	query_close(&query);
	return ok;
}

static bool read_first_start(struct study *study, struct strbuf *out,
			     struct error *err)
{
	struct query query;
	bool found, ok;

	ok = query_open(&query, study->reading->source->db,
			"SELECT datetime_start FROM trials WHERE study_id = ?1"
			" ORDER BY trial_id LIMIT 1",
			err);
	if (ok)
		query_bind_int(&query, 1, study->key);
	ok = ok && query_step(&query, &found, err);
	if (ok && found && query_text(&query, 0))
		strbuf_adds(out, query_text(&query, 0));
	query_close(&query);
	return ok;
}

static char *config_of(const struct study *study, const char *space)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "{\"experimentName\":");
	strbuf_add_json_string(&out, study->name);
	strbuf_addf(&out,
		    ",\"searchSpace\":%s,\"trialCommand\":\"false\","
		    "\"trialCodeDirectory\":\"/\",\"trialConcurrency\":1,"
		    "\"tuner\":{\"name\":\"TPE\",\"classArgs\":{"
		    "\"optimize_mode\":",
		    space ? space : "{}");
	for (size_t k = 0; k < study->objective_count; k++) {
		const struct objective *item = &study->objectives[k];

		if (study->objective_count > 1) {
			strbuf_addch(&out, k ? ',' : '{');
			strbuf_add_json_string(&out, item->metric);
			strbuf_addch(&out, ':');
		}
		strbuf_addf(&out, "\"%s\"",
			    item->mode == OBJECTIVE_MAXIMIZE ? "maximize"
							     : "minimize");
	}
	strbuf_addf(&out, "%s}},\"trainingService\":{\"platform\":\"local\"}}",
		    study->objective_count > 1 ? "}" : "");
	return strbuf_detach(&out);
}

static bool begin(struct study *study, struct error *err)
{
	struct source *source = study->reading->source;
	struct strbuf seed = STRBUF_INIT, origin = STRBUF_INIT;
	struct strbuf line = STRBUF_INIT;
	struct experiment row = {
		.name = study->name,
		.platform = xstrdup("optuna"),
		.source_path = xstrdup(source->path),
		.objective = study->objectives[0].mode,
		.concurrency = 1,
	};
	uint64_t hash = 0xcbf29ce484222325u;
	char id[EXPERIMENT_ID_MAX + 1];
	bool ok = read_first_start(study, &seed, err) &&
		  embedded_take(study->reading, study->name, id,
				&study->arrival.is_ours, err);

	row.created_ns = study_time(seed.data);
	strbuf_addf(&seed, "\n%s", study->name);
	for (const char *at = seed.data; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	experiment_id_format(row.id, hash ^ hash >> 29);
	study->arrival.is_embedded = ok && *id;
	if (ok && *id)
		memcpy(row.id, id, sizeof(id));
	strbuf_adds(&origin, "{\"format\":\"optuna\",\"version\":");
	strbuf_add_json_string(&origin, source->version);
	strbuf_adds(&origin, ",\"study\":");
	strbuf_add_json_string(&origin, study->name);
	strbuf_adds(&origin, ",\"file\":");
	strbuf_add_json_string(&origin, source->path);
	strbuf_addch(&origin, '}');
	strbuf_addf(&line, "came from %s: study \"%s\" of %s", source->version,
		    study->name, source->path);
	if (ok && study->arrival.is_ours)
		ok = store_experiment_find(study->reading->store, id,
					   &study->arrival.experiment, err);
	else
		ok = ok && arrival_begin(&study->arrival, study->reading->store,
					 &row, origin.data, line.data, err);
	free(row.platform);
	free(row.source_path);
	strbuf_release(&seed);
	strbuf_release(&origin);
	strbuf_release(&line);
	return ok;
}

static bool put_study_note(struct study *study, struct error *err)
{
	struct note note = {
		.experiment = study->arrival.experiment.key,
		.text = study->note.data,
		.at_ns = study->arrival.experiment.created_ns,
	};
	bool ignored;

	return !study->arrival.is_new || !study->note.len ||
	       store_note_write(study->arrival.store, &note, &ignored, err);
}

static bool read_trials(struct study *study, struct error *err)
{
	struct query trials;
	bool found = true, ok;

	ok = query_open(&trials, study->reading->source->db,
			"SELECT trial_id, state, datetime_start,"
			" datetime_complete FROM trials WHERE study_id = ?1"
			" ORDER BY trial_id",
			err);
	if (ok)
		query_bind_int(&trials, 1, study->key);
	while (ok && (ok = query_step(&trials, &found, err)) && found) {
		int64_t trial = study->arrival.counts.trials;

		ok = study_read_trial(study, &trials, err) ||
		     error_prefix(err, "trial %" PRId64, trial);
	}
	query_close(&trials);
	return ok;
}

static bool finish(struct study *study, struct error *err)
{
	bool is_ours = study->arrival.is_embedded;
	char *space = is_ours ? NULL : optuna_space_text(study->space);
	char *config = is_ours ? NULL : config_of(study, space);
	bool ok = arrival_end(&study->arrival, config, space, false, err);

	free(config);
	free(space);
	return ok;
}

static bool read_rows(struct study *study, struct error *err)
{
	return put_study_note(study, err) && study_open_cursors(study, err) &&
	       read_trials(study, err) && finish(study, err);
}

static bool read_study(struct reading *reading, int64_t key, const char *name,
		       struct error *err)
{
	struct study study = {
		.reading = reading,
		.key = key,
		.name = xstrdup(name),
		.arrival = {.keeps_live = reading->wish->keeps_live},
		.parameters = STRBUF_INIT,
		.note = STRBUF_INIT,
		.space = optuna_space_new(),
	};
	bool ok;

	ok = (read_directions(&study, err) &&
	      read_study_attributes(&study, err) && begin(&study, err) &&
	      (study.arrival.is_ours || read_rows(&study, err))) ||
	     error_prefix(err, "study \"%.60s\"", study.name);
	if (study.arrival.is_ours)
		study.arrival.counts.trials =
			study.arrival.experiment.next_sequence;
	if (reading->is_embedded_new)
		study.arrival.counts.added = study.arrival.counts.trials;
	if (ok && reading->told)
		reading->told(&study.arrival.experiment,
			      !study.arrival.is_new &&
				      !reading->is_embedded_new,
			      &study.arrival.counts, reading->arg);
	study_close_cursors(&study);
	arrival_release(&study.arrival);
	optuna_space_free(study.space);
	metrics_release(&study.finals);
	strbuf_release(&study.parameters);
	strbuf_release(&study.note);
	free(study.name);
	return ok;
}

bool optuna_read(struct reading *reading, struct error *err)
{
	struct query studies;
	int64_t count = 0;
	bool found = true, ok;

	ok = query_open(&studies, reading->source->db,
			"SELECT study_id, study_name FROM studies WHERE"
			" ?1 IS NULL OR study_name = ?1 ORDER BY study_id",
			err);
	if (ok && reading->wish->name)
		query_bind_text(&studies, 1, reading->wish->name);
	while (ok && (ok = query_step(&studies, &found, err)) && found) {
		const char *name = query_text(&studies, 1);

		if (count++ == STUDIES_MAX)
			ok = error_set(err, ERROR_LIMIT,
				       "has more than %d studies: choose one",
				       STUDIES_MAX);
		else
			ok = read_study(reading, query_int(&studies, 0),
					name ? name : "", err);
	}
	query_close(&studies);
	reading->found = count;
	return ok;
}
