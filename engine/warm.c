/* SPDX-License-Identifier: MIT */
/* Results of earlier experiments as imported points. */
#include "engine/warm.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/advice.h"
#include "engine/spec/spec.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64 * 1024 * 1024)

struct warm_point {
	char *parameters;	       /* JSON object */
	double values[OBJECTIVES_MAX]; /* of the source's objectives */
	double violation, budget;
	int64_t trial; /* its key there; 0: from a file */
};

struct warm_source {
	struct warm_source *next;
	char *name; /* "experiment x (digits)" */
	struct objectives objectives;
	bool is_file; /* objectives are the new experiment's, by name */
	struct warm_point *points;
	size_t count, capacity;
	/* of a file: values by name */
	cJSON *tree;
};

struct warm {
	struct warm_source *first, **end;
};

static void source_free(struct warm_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		free(source->points[i].parameters);
	free(source->points);
	free(source->name);
	cJSON_Delete(source->tree);
	free(source);
}

void warm_free(struct warm *warm)
{
	while (warm && warm->first) {
		struct warm_source *source = warm->first;

		warm->first = source->next;
		source_free(source);
	}
	free(warm);
}

static struct warm_point *add_point(struct warm_source *source,
				    const char *parameters)
{
	struct warm_point *point;

	ARRAY_RESERVE(source->points, source->count, source->capacity);
	point = &source->points[source->count++];
	memset(point, 0, sizeof(*point));
	point->parameters = xstrdup_or_null(parameters);
	for (size_t k = 0; k < OBJECTIVES_MAX; k++)
		point->values[k] = NAN;
	return point;
}

/* ---- from the store ------------------------------------------------------
 */

static bool add_trial(const struct trial *trial, void *arg)
{
	struct warm_source *source = arg;
	struct warm_point *point;

	if (!trial->final.is_set || !trial_state_is_terminal(trial->state) ||
	    trial->state == TRIAL_USER_CANCELED ||
	    trial->state == TRIAL_SYS_CANCELED)
		return true;
	point = add_point(source, trial->parameters);
	point->values[0] = trial->final.number;
	point->trial = trial->key;
	return true;
}

/* Points stand by trial, ascending. */
static struct warm_point *find_point(struct warm_source *source, int64_t trial)
{
	size_t low = 0, high = source->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (source->points[middle].trial < trial)
			low = middle + 1;
		else
			high = middle;
	}
	return low < source->count && source->points[low].trial == trial
		       ? &source->points[low]
		       : NULL;
}

static bool add_history(const struct history *row, void *arg)
{
	struct warm_source *source = arg;
	struct warm_point *point;
	struct tuner_result result;

	if (row->kind != HISTORY_OBSERVED)
		return true;
	point = find_point(source, row->trial);
	if (!point)
		return true;
	advice_row_result(row, &source->objectives, point->values, &result);
	point->violation = result.violation;
	point->budget = result.budget;
	return true;
}

static bool read_experiment(struct store *store, const char *name,
			    struct warm_source *source, struct error *err)
{
	struct experiment_config config = {0};
	struct experiment experiment;
	struct error ignored;
	bool ok;

	if (!store_experiment_find(store, name, &experiment, err))
		return false;
	source->name = xasprintf("experiment %s", experiment.id);
	/* imported ones may have a configuration that is none of ours */
	if (!spec_reload(experiment.config, &config, &ignored) ||
	    !objectives_parse(config.tuner.class_args, experiment.objective,
			      &source->objectives, &ignored))
		objectives_parse(NULL, experiment.objective,
				 &source->objectives, &ignored);
	experiment_config_release(&config);
	ok = store_trials_each(store, experiment.key, 0, STORE_TRIAL_WHOLE,
			       add_trial, source, err) &&
	     store_history_each(store, experiment.key, add_history, source,
				err);
	experiment_release(&experiment);
	return ok;
}

/* ---- from a file ----------------------------------------------------------
 */

static bool read_file(const char *path, struct warm_source *source,
		      struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	const cJSON *item;
	bool ok = fs_read_file(path, FILE_MAX, &text, err);

	source->name = xstrdup(path);
	source->is_file = true;
	if (ok) {
		source->tree = cJSON_ParseWithLength(text.data, text.len);
		ok = cJSON_IsArray(source->tree) ||
		     error_set(err, ERROR_INVALID,
			       "%s: must be a list as `nnictl experiment "
			       "export` writes it: [{\"parameter\": {...}, "
			       "\"value\": 0.5}]; exports of trialdeck's own "
			       "are imported, then named",
			       path);
	}
	strbuf_release(&text);
	if (!ok)
		return false;
	cJSON_ArrayForEach (item, source->tree) {
		cJSON *parameters =
			cJSON_GetObjectItemCaseSensitive(item, "parameter");
		char *json;

		if (cJSON_IsString(parameters)) { /* JSON in a string */
			add_point(source, parameters->valuestring);
			continue;
		}
		json = parameters ? cJSON_PrintUnformatted(parameters) : NULL;
		add_point(source, json);
		cJSON_free(json);
	}
	return true;
}

static double number_of(const cJSON *item)
{
	char *end;
	double value;

	if (cJSON_IsNumber(item))
		return item->valuedouble;
	if (!cJSON_IsString(item))
		return NAN;
	value = strtod(item->valuestring, &end);
	return end != item->valuestring && !*end ? value : NAN;
}

/* "value": a number, or an object, or text that holds one of them. */
static void read_values(const cJSON *value, const struct objectives *objectives,
			double *ret)
{
	cJSON *parsed = NULL;

	if (cJSON_IsString(value))
		value = parsed = cJSON_Parse(value->valuestring);
	for (size_t k = 0; k < objectives->count; k++) {
		const char *name = objectives->items[k].metric;
		const cJSON *item =
			cJSON_GetObjectItemCaseSensitive(value, name);

		if (!item && !k)
			item = cJSON_IsObject(value)
				       ? cJSON_GetObjectItemCaseSensitive(
						 value, METRIC_OBJECTIVE)
				       : value;
		ret[k] = number_of(item);
	}
	cJSON_Delete(parsed);
}

bool warm_read(struct store *store, const char *name, struct warm **warm,
	       struct error *err)
{
	struct warm_source *source = xcalloc(1, sizeof(*source));
	size_t len = strlen(name);
	bool is_file = strchr(name, '/') ||
		       (len > 5 && !strcmp(name + len - 5, ".json"));

	if (!(is_file ? read_file(name, source, err)
		      : read_experiment(store, name, source, err))) {
		source_free(source);
		return error_prefix(err, "warm start");
	}
	if (!*warm) {
		*warm = xcalloc(1, sizeof(**warm));
		(*warm)->end = &(*warm)->first;
	}
	*(*warm)->end = source;
	(*warm)->end = &source->next;
	return true;
}

/* ---- into the new experiment ----------------------------------------------
 */

struct writing {
	struct store *store;
	const struct experiment *experiment;
	struct space *space;
	struct objectives objectives;
	double *point;
	struct error *err;
	/* of a source */
	int taken, unfit, unfinished;
	char why[200]; /* the first that did not fit */
};

/* Where the source has each of our objectives; its count where it has none.
 * False: one of them is meant the other way round. */
static bool match(const struct writing *writing,
		  const struct warm_source *source, size_t *ret, char *why,
		  size_t size)
{
	const struct objectives *theirs = &source->objectives;
	const struct objectives *ours = &writing->objectives;

	for (size_t k = 0; k < ours->count; k++) {
		size_t i = 0;

		while (i < theirs->count && strcmp(theirs->items[i].metric,
						   ours->items[k].metric) != 0)
			i++;
		if (i == theirs->count && !k)
			i = 0; /* the primary ones, whatever they are called */
		ret[k] = i;
		if (i == theirs->count ||
		    theirs->items[i].mode == ours->items[k].mode)
			continue;
		snprintf(why, size, "it was to be %s there",
			 theirs->items[i].mode == OBJECTIVE_MAXIMIZE
				 ? "maximized"
				 : "minimized");
		return false;
	}
	return true;
}

static bool write_point(struct writing *writing, const struct warm_point *from,
			const double *values)
{
	struct tuner_result result = {
		.values = values,
		.count = writing->objectives.count,
		.violation = from->violation,
	};
	struct history row = {.kind = HISTORY_IMPORTED, .number = -1};
	struct error why;
	bool ok = true;

	if (!isfinite(values[0])) {
		writing->unfinished++;
	} else if (!advice_point(writing->space, from->parameters,
				 writing->point, &row.parameters,
				 &result.budget, &why)) {
		if (!writing->unfit++)
			snprintf(writing->why, sizeof(writing->why), "%.190s",
				 why.text);
	} else {
		if (from->budget > 0)
			result.budget = from->budget;
		advice_result_row(&result, &row);
		ok = store_history_add(writing->store, writing->experiment->key,
				       &row, writing->err);
		writing->taken++;
	}
	history_release(&row);
	return ok;
}

static bool write_points(struct writing *writing,
			 const struct warm_source *source, const size_t *places)
{
	const cJSON *item = source->tree ? source->tree->child : NULL;

	for (size_t i = 0; i < source->count; i++) {
		const struct warm_point *from = &source->points[i];
		double values[OBJECTIVES_MAX];

		if (source->is_file) {
			read_values(
				cJSON_GetObjectItemCaseSensitive(item, "value"),
				&writing->objectives, values);
			item = item->next;
		} else {
			for (size_t k = 0; k < writing->objectives.count; k++)
				values[k] = places[k] < OBJECTIVES_MAX
						    ? from->values[places[k]]
						    : NAN;
		}
		if (!write_point(writing, from, values))
			return false;
	}
	return true;
}

static void report_source(const struct writing *writing,
			  const struct warm_source *source, struct strbuf *out)
{
	strbuf_addf(out, "warm start: %d of %zu results of %s taken",
		    writing->taken, source->count, source->name);
	if (writing->unfit)
		strbuf_addf(out, "; %d are no points of this space (%s)",
			    writing->unfit, writing->why);
	if (writing->unfinished)
		strbuf_addf(out, "; %d have no finite number",
			    writing->unfinished);
}

static bool write_source(struct writing *writing,
			 const struct warm_source *source,
			 struct strbuf *report)
{
	struct strbuf line = STRBUF_INIT;
	size_t places[OBJECTIVES_MAX];
	struct event event = {
		.experiment = writing->experiment->key,
		.at_ns = clock_wall_ns(),
		.kind = "warm-start",
	};
	bool ok = true;

	writing->taken = writing->unfit = writing->unfinished = 0;
	if (!source->is_file && !match(writing, source, places, writing->why,
				       sizeof(writing->why))) {
		strbuf_addf(&line, "warm start: no result of %s taken: %s",
			    source->name, writing->why);
	} else {
		ok = write_points(writing, source, places);
		report_source(writing, source, &line);
	}
	event.text = line.data;
	event.level = writing->taken ? EVENT_INFO : EVENT_WARNING;
	ok = ok && store_event_add(writing->store, &event, writing->err);
	strbuf_addf(report, "%s\n", line.data);
	strbuf_release(&line);
	return ok;
}

static bool write_all(struct writing *writing, const struct warm *warm,
		      struct strbuf *report)
{
	struct experiment_config config;
	const struct tuner_ops *ops;
	bool ok =
		spec_reload(writing->experiment->config, &config, writing->err);

	if (!ok)
		return false;
	ops = config.tuner.name ? tuner_find(config.tuner.name) : NULL;
	ok = objectives_parse(config.tuner.class_args,
			      writing->experiment->objective,
			      &writing->objectives, writing->err);
	if (ok && ops && !ops->import)
		strbuf_addf(report,
			    "warm start: %s learns nothing from results\n",
			    ops->name);
	experiment_config_release(&config);
	for (const struct warm_source *source = warm->first; ok && source;
	     source = source->next)
		ok = write_source(writing, source, report);
	return ok;
}

bool warm_write(struct store *store, const struct warm *warm,
		const struct experiment *experiment, struct strbuf *report,
		struct error *err)
{
	struct writing writing = {
		.store = store, .experiment = experiment, .err = err};
	bool ok;

	if (!warm)
		return true;
	if (!space_parse(experiment->space ? experiment->space : "{}",
			 &writing.space, NULL, err) ||
	    !store_begin(store, err)) {
		space_free(writing.space);
		return error_prefix(err, "warm start");
	}
	writing.point = xcalloc(writing.space->count + 1, sizeof(double));
	ok = write_all(&writing, warm, report);
	if (ok)
		ok = store_commit(store, err);
	else
		store_rollback(store);
	free(writing.point);
	space_free(writing.space);
	return ok || error_prefix(err, "warm start");
}
