/* SPDX-License-Identifier: MIT */
/* Trials of an Optuna study, read with what other tables have of them. */
#include "interchange/optuna_study.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/json_text.h"
#include "model/tag.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTRIBUTES_MAX 1000 /* of a trial that become metrics */

/* ---- rows beside the trials ---------------------------------------------- */

static bool cursor_next(struct cursor *cursor, struct error *err)
{
	if (!query_step(&cursor->query, &cursor->has_row, err))
		return false;
	if (cursor->has_row)
		cursor->trial = query_int(&cursor->query, 0);
	return true;
}

static bool cursor_open(struct cursor *cursor, sqlite3 *db, const char *text,
			int64_t study, struct error *err)
{
	if (!query_open(&cursor->query, db, text, err))
		return false;
	query_bind_int(&cursor->query, 1, study);
	return cursor_next(cursor, err);
}

static bool cursor_at(struct cursor *cursor, int64_t trial, bool *ret_is,
		      struct error *err)
{
	while (cursor->has_row && cursor->trial < trial)
		if (!cursor_next(cursor, err))
			return false;
	*ret_is = cursor->has_row && cursor->trial == trial;
	return true;
}

#define OF_STUDY                                                               \
	" WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?1)" \
	" ORDER BY trial_id"

bool study_open_cursors(struct study *study, struct error *err)
{
	sqlite3 *db = study->reading->source->db;
	bool is_old = !query_has(db, "trial_values", "objective");
	const char *values, *steps;

	if (is_old)
		values = "SELECT trial_id, 0, value, NULL FROM trials WHERE"
			 " study_id = ?1 AND value IS NOT NULL"
			 " ORDER BY trial_id";
	else if (query_has(db, "trial_values", "value_type"))
		values = "SELECT trial_id, objective, value, value_type"
			 " FROM trial_values" OF_STUDY ", objective";
	else
		values = "SELECT trial_id, objective, value, NULL"
			 " FROM trial_values" OF_STUDY ", objective";
	if (is_old)
		steps = "SELECT trial_id, step, value, NULL FROM "
			"trial_values" OF_STUDY ", step";
	else if (query_has(db, "trial_intermediate_values",
			   "intermediate_value_type"))
		steps = "SELECT trial_id, step, intermediate_value,"
			" intermediate_value_type"
			" FROM trial_intermediate_values" OF_STUDY ", step";
	else
		steps = "SELECT trial_id, step, intermediate_value, NULL"
			" FROM trial_intermediate_values" OF_STUDY ", step";
	return cursor_open(&study->params, db,
			   "SELECT trial_id, param_name, param_value,"
			   " distribution_json FROM trial_params" OF_STUDY
			   ", param_id",
			   study->key, err) &&
	       cursor_open(&study->values, db, values, study->key, err) &&
	       cursor_open(&study->steps, db, steps, study->key, err) &&
	       cursor_open(&study->attributes, db,
			   "SELECT trial_id, key, value_json"
			   " FROM trial_user_attributes" OF_STUDY
			   ", trial_user_attribute_id",
			   study->key, err) &&
	       cursor_open(&study->systems, db,
			   "SELECT trial_id, key, value_json"
			   " FROM trial_system_attributes" OF_STUDY
			   ", trial_system_attribute_id",
			   study->key, err);
}

void study_close_cursors(struct study *study)
{
	query_close(&study->params.query);
	query_close(&study->values.query);
	query_close(&study->steps.query);
	query_close(&study->attributes.query);
	query_close(&study->systems.query);
}

/* NaN and infinities have no place in some databases' numbers. */
static double number_of(const struct cursor *cursor)
{
	const char *type = query_text(&cursor->query, 3);

	if (type && !strcmp(type, "INF_POS"))
		return INFINITY;
	if (type && !strcmp(type, "INF_NEG"))
		return -INFINITY;
	return query_is_null(&cursor->query, 2)
		       ? NAN
		       : query_double(&cursor->query, 2);
}

int64_t study_time(const char *text)
{
	struct tm tm = {.tm_isdst = -1};
	int64_t fraction = 0, unit = NS_PER_S;
	int used = 0;

	if (!text ||
	    sscanf(text, "%4d-%2d-%2d%*1[ T]%2d:%2d:%2d%n", &tm.tm_year,
		   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		   &used) != 6 ||
	    tm.tm_year < 1970 || tm.tm_year > 2199)
		return 0;
	text += used;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9' && unit > 1; text++)
			fraction += (*text - '0') * (unit /= 10);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int64_t)mktime(&tm) * NS_PER_S + fraction;
}

/* ---- one trial ----------------------------------------------------------- */

static bool read_params(struct study *study, int64_t trial, struct error *err)
{
	struct cursor *cursor = &study->params;
	bool is;

	strbuf_clear(&study->parameters);
	strbuf_addch(&study->parameters, '{');
	for (;;) {
		if (!cursor_at(cursor, trial, &is, err))
			return false;
		if (!is)
			break;
		if (!optuna_space_add(study->space, &study->parameters,
				      query_text(&cursor->query, 1),
				      query_double(&cursor->query, 2),
				      query_text(&cursor->query, 3)))
			study->arrival.counts.skipped++;
		if (!cursor_next(cursor, err))
			return false;
	}
	strbuf_addch(&study->parameters, '}');
	return true;
}

bool study_has_objective(const struct study *study, const char *name)
{
	if (!strcmp(name, METRIC_OBJECTIVE))
		return true;
	for (size_t k = 0; k < study->objective_count; k++)
		if (!strcmp(study->objectives[k].metric, name))
			return true;
	return false;
}

void study_add_to_note(struct study *study, const char *key, const char *text)
{
	size_t more = strlen(key) + strlen(text) + 3;

	if (study->note.len + more > NOTE_MAX)
		return;
	strbuf_addf(&study->note, "%s%s: %s", study->note.len ? "\n" : "", key,
		    text);
}

static void add_attribute(struct study *study, const char *key,
			  const char *json)
{
	struct error ignored;
	cJSON *value =
		key && json ? json_parse(json, strlen(json), &ignored) : NULL;
	struct metric *metric;

	if (!value) {
		study->arrival.counts.skipped++;
	} else if (cJSON_IsNumber(value) && *key &&
		   !study_has_objective(study, key) &&
		   strlen(key) <= METRIC_NAME_MAX &&
		   study->finals.count < ATTRIBUTES_MAX) {
		metric = metrics_add(&study->finals);
		metric->type = METRIC_FINAL;
		metric->value = value->valuedouble;
		snprintf(metric->name, sizeof(metric->name), "%s", key);
	} else {
		study_add_to_note(study, key,
				  cJSON_IsString(value) ? value->valuestring
							: json);
	}
	cJSON_Delete(value);
}

static bool read_attributes(struct study *study, int64_t trial,
			    struct error *err)
{
	struct cursor *cursor = &study->attributes;
	bool is;

	while (cursor_at(cursor, trial, &is, err)) {
		if (!is)
			return true;
		add_attribute(study, query_text(&cursor->query, 1),
			      query_text(&cursor->query, 2));
		if (!cursor_next(cursor, err))
			return false;
	}
	return false;
}

/* Above 0: by so much the trial breaks its constraints. */
static double violation_of(const char *json)
{
	struct error ignored;
	cJSON *list = json ? json_parse(json, strlen(json), &ignored) : NULL;
	const cJSON *item;
	double sum = 0;

	cJSON_ArrayForEach (item, list)
		if (cJSON_IsNumber(item) && item->valuedouble > 0)
			sum += item->valuedouble;
	cJSON_Delete(list);
	return sum;
}

static bool read_systems(struct study *study, int64_t trial, struct error *err)
{
	struct cursor *cursor = &study->systems;
	bool is;

	while (cursor_at(cursor, trial, &is, err)) {
		const char *key;

		if (!is)
			return true;
		key = query_text(&cursor->query, 1);
		if (key && !strcmp(key, "constraints"))
			study->violation =
				violation_of(query_text(&cursor->query, 2));
		else if (key && !strcmp(key, "fixed_params"))
			study->is_enqueued = true;
		if (!cursor_next(cursor, err))
			return false;
	}
	return false;
}

static bool read_values(struct study *study, int64_t trial,
			double values[OBJECTIVES_MAX], struct error *err)
{
	struct cursor *cursor = &study->values;
	bool is;

	for (size_t k = 0; k < OBJECTIVES_MAX; k++)
		values[k] = NAN;
	while (cursor_at(cursor, trial, &is, err)) {
		int64_t at;

		if (!is)
			return true;
		at = query_int(&cursor->query, 1);
		if (at < 0 || at >= (int64_t)study->objective_count) {
			study->arrival.counts.skipped++;
		} else {
			struct metric *metric = metrics_add(&study->finals);

			values[at] = number_of(cursor);
			metric->type = METRIC_FINAL;
			metric->value = values[at];
			snprintf(metric->name, sizeof(metric->name), "%s",
				 study->objectives[at].metric);
			if (!at && study->objective_count > 1) {
				struct metric *copy =
					metrics_add(&study->finals);

				copy->type = METRIC_FINAL;
				copy->value = values[0];
				snprintf(copy->name, sizeof(copy->name),
					 METRIC_OBJECTIVE);
			}
		}
		if (!cursor_next(cursor, err))
			return false;
	}
	return false;
}

static bool add_steps(struct study *study, int64_t trial, int64_t at_ns,
		      struct error *err)
{
	struct cursor *cursor = &study->steps;
	bool is;

	while (cursor_at(cursor, trial, &is, err)) {
		struct metric metric = {.type = METRIC_INTERMEDIATE,
					.at_ns = at_ns,
					.name = METRIC_OBJECTIVE};

		if (!is)
			return true;
		metric.sequence = query_int(&cursor->query, 1);
		metric.value = number_of(cursor);
		if (metric.sequence < 0 || metric.sequence > INT64_MAX / 2)
			study->arrival.counts.skipped++;
		else if (!arrival_metric(&study->arrival, &metric, NULL, err))
			return false;
		if (!cursor_next(cursor, err))
			return false;
	}
	return false;
}

/* What the trial told, as the tuner would have been told it. */
static bool add_history(struct study *study, const double *values,
			struct error *err)
{
	struct arrival *arrival = &study->arrival;
	struct strbuf list = STRBUF_INIT;
	struct history row = {
		.kind = HISTORY_OBSERVED,
		.trial = arrival->trial.key,
		.number = -1,
		.value = values[0],
		.violation = study->violation,
	};
	bool ok;

	if (study->objective_count < 2 && !(study->violation > 0))
		return true;
	for (size_t k = 0; k < study->objective_count; k++) {
		strbuf_addch(&list, k ? ',' : '[');
		strbuf_add_json_number(&list, values[k]);
	}
	strbuf_addch(&list, ']');
	if (study->objective_count > 1)
		row.values = list.data;
	ok = store_history_add(arrival->store, arrival->experiment.key, &row,
			       err);
	strbuf_release(&list);
	return ok;
}

static enum trial_state state_of(const char *text)
{
	static const char *const names[] = {"RUNNING", "COMPLETE", "PRUNED",
					    "FAIL", "WAITING"};
	static const enum trial_state states[] = {
		TRIAL_RUNNING, TRIAL_SUCCEEDED, TRIAL_EARLY_STOPPED,
		TRIAL_FAILED, TRIAL_WAITING};

	for (size_t i = 0; text && i < COUNT_OF(names); i++)
		if (!strcmp(text, names[i]))
			return states[i];
	return TRIAL_UNKNOWN;
}

static bool add_finals(struct study *study, struct error *err)
{
	for (size_t i = 0; i < study->finals.count; i++) {
		struct metric *metric = &study->finals.items[i];
		struct error why = {0};

		metric->at_ns = study->arrival.trial.ended_ns
					? study->arrival.trial.ended_ns
					: study->arrival.trial.started_ns;
		if (arrival_metric(&study->arrival, metric, NULL, &why))
			continue;
		/* a name that is none, or one too many */
		if (why.code != ERROR_INVALID && why.code != ERROR_LIMIT) {
			*err = why;
			return false;
		}
		study->arrival.counts.skipped++;
	}
	return true;
}

bool study_read_trial(struct study *study, const struct query *trials,
		      struct error *err)
{
	struct arrival *arrival = &study->arrival;
	int64_t key = query_int(trials, 0);
	double values[OBJECTIVES_MAX];
	struct trial row = {
		.sequence = arrival->counts.trials,
		.state = state_of(query_text(trials, 1)),
		.exit_code = -1,
		.started_ns = study_time(query_text(trials, 2)),
		.ended_ns = study_time(query_text(trials, 3)),
	};
	bool has_result;

	metrics_clear(&study->finals);
	strbuf_clear(&study->note);
	study->violation = 0;
	study->is_enqueued = false;
	if (!read_params(study, key, err) || !read_systems(study, key, err) ||
	    !read_values(study, key, values, err) ||
	    !read_attributes(study, key, err))
		return false;
	arrival_id_of(row.id, row.sequence);
	row.submitted_ns = row.started_ns;
	row.source = study->is_enqueued ? 'c' : 'a';
	row.parameters = study->parameters.data;
	if (!arrival_trial(arrival, &row, err) ||
	    !add_steps(study, key, row.started_ns, err) ||
	    !add_finals(study, err))
		return false;
	arrival->is_infeasible = study->violation > 0;
	has_result = arrival->trial.state == TRIAL_SUCCEEDED &&
		     !arrival->trial_is_kept;
	return (!has_result || add_history(study, values, err)) &&
	       arrival_trial_end(arrival, study->note.data, err);
}
