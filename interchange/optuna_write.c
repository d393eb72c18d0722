/* SPDX-License-Identifier: MIT */
/*
 * An experiment as a study of Optuna: an SQLite storage with the tables of
 * schema v3.2.0.a, which Optuna 3.2 to 5 use, written as optuna_read.c reads it
 * back.  Optuna has three ends of a trial; ours map to COMPLETE (with finite
 * or infinite results of all objectives), PRUNED (stopped early) and FAIL.
 */
#include "interchange/optuna_write.h"

#include "base/clock.h"
#include "base/mem.h"
#include "interchange/interchange.h"
#include "interchange/outlet.h"
#include "model/objective.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct writing {
	struct outlet outlet;
	struct store *store;
	const struct experiment *experiment;
	struct error *err;
	struct objectives objectives;
	struct space *space; /* NULL: none */
	double *point;
	struct query trials, params, values, steps, attributes, systems;
	struct strbuf text, cell;
	/* of the trial at hand */
	int64_t number; /* of the trial in Optuna: sequence plus 1 */
	double results[OBJECTIVES_MAX];
	bool has_failed;
};

static bool open_statements(struct writing *writing)
{
	sqlite3 *db = writing->outlet.db;
	struct error *err = writing->err;

	return query_open(&writing->trials, db,
			  "INSERT INTO trials VALUES (?, ?, 1, ?, ?, ?)",
			  err) &&
	       query_open(&writing->params, db,
			  "INSERT INTO trial_params (trial_id, param_name,"
			  " param_value, distribution_json)"
			  " VALUES (?, ?, ?, ?)",
			  err) &&
	       query_open(&writing->values, db,
			  "INSERT INTO trial_values (trial_id, objective,"
			  " value, value_type) VALUES (?, ?, ?, ?)",
			  err) &&
	       query_open(&writing->steps, db,
			  "INSERT OR IGNORE INTO trial_intermediate_values"
			  " (trial_id, step, intermediate_value,"
			  " intermediate_value_type) VALUES (?, ?, ?, ?)",
			  err) &&
	       query_open(&writing->attributes, db,
			  "INSERT OR IGNORE INTO trial_user_attributes"
			  " (trial_id, key, value_json) VALUES (?, ?, ?)",
			  err) &&
	       query_open(&writing->systems, db,
			  "INSERT INTO trial_system_attributes"
			  " (trial_id, key, value_json) VALUES (?, ?, ?)",
			  err);
}

static void close_statements(struct writing *writing)
{
	query_close(&writing->trials);
	query_close(&writing->params);
	query_close(&writing->values);
	query_close(&writing->steps);
	query_close(&writing->attributes);
	query_close(&writing->systems);
}

/* Local time, as Optuna writes it. */
static const char *format_time(char text[64], int64_t at_ns)
{
	time_t at = (time_t)(at_ns / NS_PER_S);
	struct tm day;

	if (!at_ns || !localtime_r(&at, &day))
		return NULL;
	snprintf(text, 64, "%04d-%02d-%02d %02d:%02d:%02d.%06d",
		 day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, day.tm_hour,
		 day.tm_min, day.tm_sec,
		 (int)(at_ns % NS_PER_S / 1000) % 1000000);
	return text;
}

static bool add_attribute(struct writing *writing, struct query *into,
			  const char *key, const char *json)
{
	query_bind_int(into, 1, writing->number);
	query_bind_text(into, 2, key);
	query_bind_text(into, 3, json);
	return query_run(into, writing->err);
}

static bool add_value(struct writing *writing, struct query *into, int64_t at,
		      double value)
{
	query_bind_int(into, 1, writing->number);
	query_bind_int(into, 2, at);
	if (isfinite(value))
		query_bind_double(into, 3, value);
	query_bind_text(into, 4,
			isnan(value)	  ? "NAN"
			: isfinite(value) ? "FINITE"
			: value > 0	  ? "INF_POS"
					  : "INF_NEG");
	return query_run(into, writing->err);
}

/* ---- parameters ---------------------------------------------------------- */

static bool add_param(struct writing *writing, const char *name, double value)
{
	query_bind_int(&writing->params, 1, writing->number);
	query_bind_text(&writing->params, 2, name);
	query_bind_double(&writing->params, 3, value);
	query_bind_text(&writing->params, 4, writing->text.data);
	return query_run(&writing->params, writing->err);
}

static bool add_params_alone(struct writing *writing, const char *json)
{
	cJSON *object = cJSON_Parse(json);
	const cJSON *item;
	bool ok = true;

	cJSON_ArrayForEach (item, object) {
		double value;

		strbuf_clear(&writing->text);
		if (!optuna_distribute_alone(item, &value, &writing->text))
			continue;
		ok = add_param(writing, item->string ? item->string : "",
			       value);
		if (!ok)
			break;
	}
	cJSON_Delete(object);
	return ok;
}

static bool add_params(struct writing *writing, const char *json)
{
	const struct space *space = writing->space;
	struct error ignored;
	bool is_exact;

	if (!json)
		return true;
	if (!space || space->is_list)
		return add_params_alone(writing, json);
	is_exact = space_parse_point(space, json, writing->point, &ignored);
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		double value;

		strbuf_clear(&writing->cell);
		space_format_cell(space, json, i, &writing->cell);
		if (is_exact ? isnan(writing->point[i]) : !writing->cell.len)
			continue;
		strbuf_clear(&writing->text);
		if (optuna_distribute(p, writing->cell.data,
				      is_exact ? &writing->point[i] : NULL,
				      &value, &writing->text) &&
		    !add_param(writing, p->path, value))
			return false;
	}
	return true;
}

/* ---- results ------------------------------------------------------------- */

static bool note_metric(const struct metric *metric, void *arg)
{
	struct writing *writing = arg;
	const struct objectives *objectives = &writing->objectives;
	char number[40];

	if (metric->text)
		return true; /* no number */
	if (metric->type == METRIC_INTERMEDIATE) {
		if (strcmp(metric->name, METRIC_OBJECTIVE) || metric->source)
			return true;
		writing->has_failed =
			!add_value(writing, &writing->steps, metric->sequence,
				   metric->value);
		return !writing->has_failed;
	}
	for (size_t k = 0; k < objectives->count; k++) {
		if (strcmp(metric->name, objectives->items[k].metric) != 0)
			continue;
		if (isnan(writing->results[k]))
			writing->results[k] = metric->value;
		return true;
	}
	if (!strcmp(metric->name, METRIC_OBJECTIVE) || !isfinite(metric->value))
		return true;
	strbuf_clear(&writing->text);
	strbuf_add_json_number(&writing->text, metric->value);
	snprintf(number, sizeof(number), "%s", writing->text.data);
	writing->has_failed = !add_attribute(writing, &writing->attributes,
					     metric->name, number);
	return !writing->has_failed;
}

static bool has_all_results(const struct writing *writing)
{
	for (size_t k = 0; k < writing->objectives.count; k++)
		if (isnan(writing->results[k]))
			return false;
	return true;
}

static const char *state_of(const struct writing *writing,
			    const struct trial *trial)
{
	switch (trial->state) {
	case TRIAL_WAITING:
		return "WAITING";
	case TRIAL_RUNNING:
		return "RUNNING";
	case TRIAL_SUCCEEDED:
		return has_all_results(writing) ? "COMPLETE" : "FAIL";
	case TRIAL_EARLY_STOPPED:
		return "PRUNED";
	default:
		return "FAIL";
	}
}

static bool add_results(struct writing *writing, const char *state)
{
	bool has = !strcmp(state, "COMPLETE") ||
		   (!strcmp(state, "PRUNED") && has_all_results(writing));

	for (size_t k = 0; has && k < writing->objectives.count; k++)
		if (!add_value(writing, &writing->values, (int64_t)k,
			       writing->results[k]))
			return false;
	return true;
}

static bool add_row(struct writing *writing, const struct trial *trial,
		    const char *state)
{
	int64_t started = trial->started_ns ? trial->started_ns
			  : trial->submitted_ns
				  ? trial->submitted_ns
				  : writing->experiment->created_ns;
	int64_t ended = trial->ended_ns ? trial->ended_ns : started;
	char start_text[64], end_text[64];

	query_bind_int(&writing->trials, 1, writing->number);
	query_bind_int(&writing->trials, 2, trial->sequence);
	query_bind_text(&writing->trials, 3, state);
	if (trial->state != TRIAL_WAITING)
		query_bind_text(&writing->trials, 4,
				format_time(start_text, started));
	if (trial_state_is_terminal(trial->state) ||
	    trial->state == TRIAL_UNKNOWN)
		query_bind_text(&writing->trials, 5,
				format_time(end_text, ended));
	return query_run(&writing->trials, writing->err);
}

static bool add_words(struct writing *writing, const char *key,
		      const char *text)
{
	if (!text || !*text)
		return true;
	strbuf_clear(&writing->text);
	strbuf_add_json_string(&writing->text, text);
	return add_attribute(writing, &writing->attributes, key,
			     writing->text.data);
}

static bool write_trial(const struct trial *trial, void *arg)
{
	struct writing *writing = arg;
	const char *state;
	bool ok;

	writing->number = trial->sequence + 1;
	for (size_t k = 0; k < OBJECTIVES_MAX; k++)
		writing->results[k] = NAN;
	ok = store_metrics_each(writing->store, trial->key, trial->attempt,
				NULL, note_metric, writing, writing->err) &&
	     !writing->has_failed;
	state = state_of(writing, trial);
	ok = ok && add_row(writing, trial, state) &&
	     add_results(writing, state) &&
	     add_params(writing, trial->parameters) &&
	     add_words(writing, "trialdeck:id", trial->id) &&
	     add_words(writing, "reason", trial->reason) &&
	     add_words(writing, "tags", trial->tags) &&
	     add_words(writing, "note", trial->note) &&
	     (trial->source != 'c' || !trial->parameters ||
	      add_attribute(writing, &writing->systems, "fixed_params",
			    trial->parameters));
	writing->has_failed = !ok;
	return ok;
}

/* ---- the study ----------------------------------------------------------- */

static bool write_directions(struct writing *writing)
{
	const struct objectives *objectives = &writing->objectives;
	struct query query;
	bool ok = query_open(&query, writing->outlet.db,
			     "INSERT INTO study_directions (direction,"
			     " study_id, objective) VALUES (?, 1, ?)",
			     writing->err);

	for (size_t k = 0; ok && k < objectives->count; k++) {
		query_bind_text(&query, 1,
				objectives->items[k].mode == OBJECTIVE_MAXIMIZE
					? "MAXIMIZE"
					: "MINIMIZE");
		query_bind_int(&query, 2, (int64_t)k);
		ok = query_run(&query, writing->err);
	}
	query_close(&query);
	return ok;
}

static bool write_study_attribute(struct writing *writing, const char *table,
				  const char *key, const char *json)
{
	char *text = xasprintf("INSERT INTO %s (study_id, key, value_json)"
			       " VALUES (1, ?, ?)",
			       table);
	struct query query;
	bool ok = query_open(&query, writing->outlet.db, text, writing->err);

	if (ok) {
		query_bind_text(&query, 1, key);
		query_bind_text(&query, 2, json);
		ok = query_run(&query, writing->err);
	}
	query_close(&query);
	free(text);
	return ok;
}

static bool write_metric_names(struct writing *writing)
{
	const struct objectives *objectives = &writing->objectives;

	if (objectives->count < 2)
		return true;
	strbuf_clear(&writing->text);
	for (size_t k = 0; k < objectives->count; k++) {
		strbuf_adds(&writing->text, k ? ", " : "[");
		strbuf_add_json_string(&writing->text,
				       objectives->items[k].metric);
	}
	strbuf_addch(&writing->text, ']');
	return write_study_attribute(writing, "study_system_attributes",
				     "study:metric_names", writing->text.data);
}

static bool write_study(struct writing *writing, const char *name)
{
	struct query query;
	bool ok = query_open(&query, writing->outlet.db,
			     "INSERT INTO studies VALUES (1, ?)", writing->err);

	if (ok) {
		query_bind_text(&query, 1, name);
		ok = query_run(&query, writing->err);
	}
	query_close(&query);
	strbuf_clear(&writing->text);
	strbuf_add_json_string(&writing->text, writing->experiment->id);
	return ok && write_directions(writing) && write_metric_names(writing) &&
	       write_study_attribute(writing, "study_user_attributes",
				     "trialdeck:id", writing->text.data);
}

static bool write_all(struct writing *writing)
{
	const struct experiment *experiment = writing->experiment;
	char *name = outlet_name(experiment);
	bool ok;

	ok = query_exec(writing->outlet.db, optuna_tables, writing->err) &&
	     write_study(writing, name) && open_statements(writing) &&
	     store_trials_each(writing->store, experiment->key, 0,
			       STORE_TRIAL_WHOLE, write_trial, writing,
			       writing->err) &&
	     !writing->has_failed &&
	     outlet_embed(&writing->outlet, writing->store, experiment, name,
			  writing->err);
	free(name);
	return ok;
}

bool interchange_write_optuna(struct store *store,
			      const struct experiment *experiment,
			      const char *path, bool replaces,
			      struct error *err)
{
	struct writing writing = {
		.store = store,
		.experiment = experiment,
		.err = err,
		.text = STRBUF_INIT,
		.cell = STRBUF_INIT,
	};
	struct error ignored;
	bool ok;

	outlet_objectives(experiment, &writing.objectives);
	if (experiment->space &&
	    space_parse(experiment->space, &writing.space, NULL, &ignored))
		writing.point =
			xcalloc(writing.space->count + 1, sizeof(double));
	else
		writing.space = NULL;
	ok = outlet_open(&writing.outlet, path, replaces, err) &&
	     write_all(&writing);
	close_statements(&writing);
	ok = outlet_close(&writing.outlet, ok, err);
	if (writing.space)
		space_free(writing.space);
	free(writing.point);
	strbuf_release(&writing.text);
	strbuf_release(&writing.cell);
	return ok;
}
