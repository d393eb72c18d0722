/* SPDX-License-Identifier: MIT */
/*
 * An experiment as NNI keeps one: nni.sqlite with the tables of 3.0, of which
 * 2.x reads the columns it knows, and what `nnictl view` needs around it.
 *
 * A trial is written as the events that make it (WAITING with its parameters,
 * RUNNING, its end), a report as the row its process would have caused.  The
 * configuration is what NNI accepts of ours: its own names alone, and Random in
 * place of a tuner that NNI does not have.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "interchange/interchange.h"
#include "interchange/outlet.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGISTRY_MAX ((size_t)16 << 20)

static const char tables[] =
	"CREATE TABLE TrialJobEvent (timestamp integer, trialJobId text,"
	" event text, data text, logPath text, sequenceId integer,"
	" message text, environmentId text);"
	"CREATE INDEX TrialJobEvent_trialJobId ON TrialJobEvent (trialJobId);"
	"CREATE INDEX TrialJobEvent_event ON TrialJobEvent (event);"
	"CREATE TABLE MetricData (timestamp integer, trialJobId text,"
	" parameterId text, type text, sequence integer, data text);"
	"CREATE INDEX MetricData_trialJobId ON MetricData (trialJobId);"
	"CREATE INDEX MetricData_type ON MetricData (type);"
	"CREATE TABLE ExperimentProfile (params text, id text, execDuration"
	" integer, startTime integer, endTime integer, logDir text,"
	" nextSequenceId integer, revision integer);"
	"CREATE INDEX ExperimentProfile_id ON ExperimentProfile (id);";

struct writing {
	struct outlet outlet;
	struct store *store;
	const struct experiment *experiment;
	const char *folder; /* NNI's folder of experiments, absolute */
	struct error *err;
	struct query events, rows;
	struct strbuf text, outer;
	struct metrics metrics; /* of the trial at hand */
	bool has_failed;
};

/* ---- metrics ------------------------------------------------------------- */

static bool note_metric(const struct metric *metric, void *arg)
{
	struct writing *writing = arg;
	struct metric *copy = metrics_add(&writing->metrics);

	*copy = *metric;
	copy->text = xstrdup_or_null(metric->text);
	return true;
}

/* Reports in the order in which they came; of one the objective first. */
static int by_report(const void *left, const void *right)
{
	const struct metric *a = left, *b = right;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (!strcmp(a->name, METRIC_OBJECTIVE))
		return -1;
	if (!strcmp(b->name, METRIC_OBJECTIVE))
		return 1;
	return strcmp(a->name, b->name);
}

/* As Python's json.dumps writes it. */
static void add_number(struct strbuf *out, const struct metric *metric)
{
	if (metric->text)
		strbuf_adds(out, metric->text);
	else if (isnan(metric->value))
		strbuf_adds(out, "NaN");
	else if (isinf(metric->value))
		strbuf_adds(out, metric->value > 0 ? "Infinity" : "-Infinity");
	else
		strbuf_add_json_number(out, metric->value);
}

/* What the trial reported; a text that stands for the objective is the whole
 * report, whose numbers are metrics of their own. */
static size_t add_report(struct strbuf *out, const struct metrics *list,
			 size_t first)
{
	const struct metric *metric = &list->items[first];
	size_t count = 1;

	while (first + count < list->count &&
	       metric[count].type == metric->type &&
	       metric[count].sequence == metric->sequence &&
	       metric[count].source == metric->source)
		count++;
	if (!strcmp(metric->name, METRIC_OBJECTIVE) &&
	    (count == 1 || metric->text)) {
		add_number(out, metric);
		return count;
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, i ? ", " : "{");
		strbuf_add_json_string(out, metric[i].name);
		strbuf_adds(out, ": ");
		add_number(out, &metric[i]);
	}
	strbuf_addch(out, '}');
	return count;
}

static bool write_metrics(struct writing *writing, const struct trial *trial)
{
	struct metrics *list = &writing->metrics;
	char parameter[24];

	metrics_clear(list);
	if (!store_metrics_each(writing->store, trial->key, trial->attempt,
				NULL, note_metric, writing, writing->err))
		return false;
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items),
		      by_report);
	snprintf(parameter, sizeof(parameter), "%" PRId64, trial->sequence);
	for (size_t i = 0; i < list->count;) {
		const struct metric *metric = &list->items[i];
		bool is_final = metric->type == METRIC_FINAL;

		strbuf_clear(&writing->text);
		strbuf_clear(&writing->outer);
		i += add_report(&writing->text, list, i);
		strbuf_add_json_string(&writing->outer, writing->text.data);
		query_bind_int(&writing->rows, 1, metric->at_ns / NS_PER_MS);
		query_bind_text(&writing->rows, 2, trial->id);
		query_bind_text(&writing->rows, 3, parameter);
		query_bind_text(&writing->rows, 4,
				is_final ? "FINAL" : "PERIODICAL");
		query_bind_int(&writing->rows, 5,
			       is_final ? 0 : metric->sequence);
		query_bind_text(&writing->rows, 6, writing->outer.data);
		if (!query_run(&writing->rows, writing->err))
			return false;
	}
	return true;
}

/* ---- trials -------------------------------------------------------------- */

static bool write_event(struct writing *writing, const struct trial *trial,
			const char *event, int64_t at_ns, const char *data,
			const char *message)
{
	query_bind_int(&writing->events, 1, at_ns / NS_PER_MS);
	query_bind_text(&writing->events, 2, trial->id);
	query_bind_text(&writing->events, 3, event);
	query_bind_text(&writing->events, 4, data);
	query_bind_int(&writing->events, 5, trial->sequence);
	query_bind_text(&writing->events, 6, message);
	return query_run(&writing->events, writing->err);
}

static bool write_trial(const struct trial *trial, void *arg)
{
	struct writing *writing = arg;
	int64_t submitted = trial->submitted_ns ? trial->submitted_ns
			    : trial->started_ns
				    ? trial->started_ns
				    : writing->experiment->created_ns;
	bool is_over =
		trial->state != TRIAL_WAITING && trial->state != TRIAL_RUNNING;
	bool ok;

	strbuf_clear(&writing->text);
	strbuf_addf(&writing->text,
		    "{\"parameter_id\": %" PRId64
		    ", \"parameter_source\": \"%s\", \"parameters\": %s, "
		    "\"parameter_index\": 0}",
		    trial->sequence,
		    trial->source == 'c' ? "customized" : "algorithm",
		    trial->parameters ? trial->parameters : "{}");
	ok = write_event(writing, trial, "WAITING", submitted,
			 writing->text.data, NULL);
	if (ok && (trial->started_ns || trial->state == TRIAL_RUNNING))
		ok = write_event(writing, trial, "RUNNING",
				 trial->started_ns ? trial->started_ns
						   : submitted,
				 NULL, NULL);
	if (ok && is_over)
		ok = write_event(writing, trial, trial_state_name(trial->state),
				 trial->ended_ns ? trial->ended_ns : submitted,
				 NULL, trial->reason);
	ok = ok && write_metrics(writing, trial);
	writing->has_failed = !ok;
	return ok;
}

/* ---- the experiment ------------------------------------------------------ */

static void copy_member(cJSON *to, const cJSON *from, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, key);

	if (item && !cJSON_IsNull(item))
		cJSON_AddItemToObject(to, key, cJSON_Duplicate(item, true));
}

static void add_algorithm(cJSON *params, const cJSON *config, const char *key,
			  const char *const *names, const char *fallback)
{
	const cJSON *from = cJSON_GetObjectItemCaseSensitive(config, key);
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(from, "name");
	cJSON *to;
	bool is_theirs = false;

	for (; cJSON_IsString(name) && *names && !is_theirs; names++)
		is_theirs = !strcmp(name->valuestring, *names);
	if (!is_theirs && !fallback)
		return;
	to = cJSON_AddObjectToObject(params, key);
	cJSON_AddStringToObject(to, "name",
				is_theirs ? name->valuestring : fallback);
	/* several objectives, which NNI does not have */
	if (is_theirs &&
	    !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(
		    cJSON_GetObjectItemCaseSensitive(from, "classArgs"),
		    "optimize_mode")))
		copy_member(to, from, "classArgs");
}

static char *make_params(const struct writing *writing)
{
	static const char *const tuners[] = {
		"TPE",	      "Random",	    "Anneal",  "Evolution",
		"GridSearch", "BatchTuner", "GPTuner", "MetisTuner",
		"PBTTuner",   NULL};
	static const char *const assessors[] = {"Medianstop", "Curvefitting",
						NULL};
	const struct experiment *row = writing->experiment;
	cJSON *config = cJSON_Parse(row->config ? row->config : "{}");
	const cJSON *folder =
		cJSON_GetObjectItemCaseSensitive(config, "trialCodeDirectory");
	cJSON *params = cJSON_CreateObject();
	cJSON *service;
	char *name = outlet_name(row);
	char *text, *copy;
	bool has_folder = cJSON_IsString(folder) &&
			  access(folder->valuestring, R_OK) == 0;

	cJSON_AddStringToObject(params, "experimentName", name);
	cJSON_AddStringToObject(params, "experimentType", "hpo");
	cJSON_AddRawToObject(params, "searchSpace",
			     row->space ? row->space : "{}");
	copy_member(params, config, "trialCommand");
	if (!cJSON_GetObjectItemCaseSensitive(params, "trialCommand"))
		cJSON_AddStringToObject(params, "trialCommand", "false");
	cJSON_AddStringToObject(params, "trialCodeDirectory",
				has_folder ? folder->valuestring : "/");
	cJSON_AddNumberToObject(params, "trialConcurrency",
				row->concurrency > 0 ? row->concurrency : 1);
	if (row->max_trials)
		cJSON_AddNumberToObject(params, "maxTrialNumber",
					(double)row->max_trials);
	if (row->max_duration_s)
		cJSON_AddNumberToObject(params, "maxExperimentDuration",
					(double)row->max_duration_s);
	cJSON_AddBoolToObject(params, "useAnnotation", false);
	cJSON_AddBoolToObject(params, "debug", false);
	cJSON_AddStringToObject(params, "logLevel", "info");
	cJSON_AddStringToObject(params, "experimentWorkingDirectory",
				writing->folder);
	add_algorithm(params, config, "tuner", tuners, "Random");
	add_algorithm(params, config, "assessor", assessors, NULL);
	service = cJSON_AddObjectToObject(params, "trainingService");
	cJSON_AddStringToObject(service, "platform", "local");
	text = cJSON_PrintUnformatted(params);
	copy = xstrdup(text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(params);
	cJSON_Delete(config);
	free(name);
	return copy;
}

static bool write_profile(struct writing *writing)
{
	const struct experiment *row = writing->experiment;
	char *params = make_params(writing);
	struct query query;
	bool ok = query_open(&query, writing->outlet.db,
			     "INSERT INTO ExperimentProfile VALUES"
			     " (?, ?, ?, ?, ?, ?, ?, 1)",
			     writing->err);

	if (ok) {
		query_bind_text(&query, 1, params);
		query_bind_text(&query, 2, row->id);
		query_bind_int(&query, 3, row->run_ns / NS_PER_S);
		query_bind_int(
			&query, 4,
			(row->started_ns ? row->started_ns : row->created_ns) /
				NS_PER_MS);
		if (row->ended_ns)
			query_bind_int(&query, 5, row->ended_ns / NS_PER_MS);
		query_bind_text(&query, 6, writing->folder);
		query_bind_int(&query, 7, row->next_sequence);
		ok = query_run(&query, writing->err);
	}
	query_close(&query);
	free(params);
	return ok;
}

static bool write_all(struct writing *writing)
{
	sqlite3 *db = writing->outlet.db;
	const struct experiment *experiment = writing->experiment;

	return query_exec(db, tables, writing->err) &&
	       query_open(&writing->events, db,
			  "INSERT INTO TrialJobEvent (timestamp, trialJobId,"
			  " event, data, sequenceId, message)"
			  " VALUES (?, ?, ?, ?, ?, ?)",
			  writing->err) &&
	       query_open(&writing->rows, db,
			  "INSERT INTO MetricData VALUES (?, ?, ?, ?, ?, ?)",
			  writing->err) &&
	       write_profile(writing) &&
	       store_trials_each(writing->store, experiment->key, 0,
				 STORE_TRIAL_WHOLE, write_trial, writing,
				 writing->err) &&
	       !writing->has_failed &&
	       outlet_embed(&writing->outlet, writing->store, experiment,
			    experiment->id, writing->err);
}

static bool write_database(struct store *store,
			   const struct experiment *experiment,
			   const char *path, const char *folder, bool replaces,
			   struct error *err)
{
	struct writing writing = {
		.store = store,
		.experiment = experiment,
		.folder = folder,
		.err = err,
		.text = STRBUF_INIT,
		.outer = STRBUF_INIT,
	};
	bool ok = outlet_open(&writing.outlet, path, replaces, err) &&
		  write_all(&writing);

	query_close(&writing.events);
	query_close(&writing.rows);
	ok = outlet_close(&writing.outlet, ok, err);
	metrics_release(&writing.metrics);
	strbuf_release(&writing.text);
	strbuf_release(&writing.outer);
	return ok;
}

/* ---- around it ----------------------------------------------------------- */

static cJSON *make_record(const struct experiment *row, const char *folder)
{
	cJSON *record = cJSON_CreateObject();
	char *name = outlet_name(row);
	double started =
		(double)((row->started_ns ? row->started_ns : row->created_ns) /
			 NS_PER_MS);

	cJSON_AddStringToObject(record, "id", row->id);
	cJSON_AddNumberToObject(record, "port", 8080);
	cJSON_AddNumberToObject(record, "startTime", started);
	if (row->ended_ns)
		cJSON_AddNumberToObject(record, "endTime",
					(double)(row->ended_ns / NS_PER_MS));
	else
		cJSON_AddStringToObject(record, "endTime", "N/A");
	cJSON_AddStringToObject(record, "status", "STOPPED");
	cJSON_AddStringToObject(record, "platform", "local");
	cJSON_AddStringToObject(record, "experimentName", name);
	cJSON_AddItemToObject(record, "tag", cJSON_CreateArray());
	cJSON_AddNullToObject(record, "pid");
	cJSON_AddItemToObject(record, "webuiUrl", cJSON_CreateArray());
	cJSON_AddStringToObject(record, "logDir", folder);
	cJSON_AddNullToObject(record, "prefixUrl");
	free(name);
	return record;
}

/* Add or replace our row of NNI's list; the others' stay. */
static bool write_record(const struct experiment *row, const char *folder,
			 struct error *err)
{
	char *path = fs_join(folder, ".experiment");
	struct strbuf old = STRBUF_INIT;
	cJSON *list = NULL;
	char *text = NULL;
	bool ok = true;

	if (access(path, F_OK) == 0) {
		ok = fs_read_file(path, REGISTRY_MAX, &old, err);
		list = ok ? cJSON_ParseWithLength(old.data, old.len) : NULL;
		if (ok && !cJSON_IsObject(list))
			ok = error_set(err, ERROR_INVALID,
				       "%s: is not NNI's list of experiments",
				       path);
	} else {
		list = cJSON_CreateObject();
	}
	if (ok) {
		cJSON_DeleteItemFromObjectCaseSensitive(list, row->id);
		cJSON_AddItemToObject(list, row->id, make_record(row, folder));
		text = cJSON_Print(list);
		ok = text && fs_write_file(path, text, strlen(text), err);
	}
	cJSON_free(text);
	cJSON_Delete(list);
	strbuf_release(&old);
	free(path);
	return ok;
}

static bool make_folder(const char *folder, const char *name, char **ret,
			struct error *err)
{
	*ret = fs_join(folder, name);
	return fs_make_folders(*ret, err);
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && !strcmp(path + len - end_len, end);
}

bool interchange_write_nni(struct store *store,
			   const struct experiment *experiment,
			   const char *path, bool replaces, struct error *err)
{
	char *whole = NULL, *home = NULL, *db = NULL, *log = NULL;
	char *checkpoint = NULL, *file = NULL;
	bool ok;

	if (ends_with(path, ".sqlite") || ends_with(path, ".db")) {
		home = fs_folder(path);
		whole = realpath(home, NULL);
		ok = write_database(store, experiment, path,
				    whole ? whole : home, replaces, err);
	} else {
		ok = fs_make_folders(path, err);
		whole = ok ? realpath(path, NULL) : NULL;
		if (ok && !whole)
			ok = error_set_errno(err, "%s", path);
		ok = ok && make_folder(whole, experiment->id, &home, err) &&
		     make_folder(home, "db", &db, err) &&
		     make_folder(home, "log", &log, err) &&
		     make_folder(home, "checkpoint", &checkpoint, err);
		file = ok ? fs_join(db, "nni.sqlite") : NULL;
		ok = ok &&
		     write_database(store, experiment, file, whole, replaces,
				    err) &&
		     write_record(experiment, whole, err);
	}
	free(whole);
	free(home);
	free(db);
	free(log);
	free(checkpoint);
	free(file);
	return ok;
}
