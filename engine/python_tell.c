/* SPDX-License-Identifier: MIT */
/*
 * What algorithms in Python are told, in NNI's words (nni.md 5.6, 6.3).
 *
 * A tuner hears of the trials that its process has made (final result, then
 * end), and of all others as imported data: those of the process before it,
 * and people's own.  An assessor hears of every trial, under ids that no two
 * attempts share.
 */
#include "engine/python.h"

#include "base/mem.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT_MAX (512 * 1024)	 /* bytes of one FD: 6 digits must do */
#define ASSESSOR_TRIALS_MAX 2000 /* newest finished ones it is told again */
#define PARAMETERS_ONE_MAX (256 * 1024)

char *python_file_member(const char *file, const char *name)
{
	struct error ignored;
	cJSON *object = json_parse(file, strlen(file), &ignored);
	const cJSON *item =
		cJSON_IsObject(object)
			? cJSON_GetObjectItemCaseSensitive(object, name)
			: NULL;
	char *text = item ? cJSON_PrintUnformatted(item) : NULL;

	cJSON_Delete(object);
	return text;
}

/* "Xa12b", or "Xa12b-2" of a later attempt. */
static void format_id(const struct live *live, char *ret, size_t size)
{
	if (live->attempt.number > 1)
		snprintf(ret, size, "%s-%d", live->trial.id,
			 live->attempt.number);
	else
		snprintf(ret, size, "%s", live->trial.id);
}

struct live *python_find(struct engine *engine, const char *id)
{
	for (struct live *live = engine->first; live; live = live->later) {
		char own[TRIAL_ID_SIZE + 16];

		format_id(live, own, sizeof(own));
		if (!strcmp(own, id) || !strcmp(live->trial.id, id))
			return live;
	}
	return NULL;
}

/* --- values
 * ------------------------------------------------------------------- */

static void add_value(struct strbuf *out, const struct metric *metric)
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

/* As the trial reported it: a number, or the dict it is a member of. */
static void add_report(struct strbuf *out, const struct metric *metrics,
		       size_t count)
{
	if (count == 1) {
		add_value(out, metrics);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, i ? ", " : "{");
		strbuf_add_json_string(out, metrics[i].name);
		strbuf_adds(out, ": ");
		add_value(out, &metrics[i]);
	}
	strbuf_addch(out, '}');
}

static bool keep_final(const struct metric *metric, void *arg)
{
	struct metrics *finals = arg;
	struct metric *copy;

	if (metric->type != METRIC_FINAL || metric->source)
		return true;
	for (size_t i = 0; i < finals->count; i++)
		if (!strcmp(finals->items[i].name, metric->name))
			return true; /* the first counts */
	copy = metrics_add(finals);
	*copy = *metric;
	copy->text = xstrdup_or_null(metric->text);
	return true;
}

/* The final result's text; false: there is none. */
static bool read_final(struct engine *engine, int64_t trial, int attempt,
		       struct strbuf *out)
{
	struct metrics finals = {0};
	struct error ignored;
	size_t objective = 0;

	store_metrics_each(engine->store, trial, attempt, NULL, keep_final,
			   &finals, &ignored);
	while (objective < finals.count &&
	       strcmp(finals.items[objective].name, METRIC_OBJECTIVE))
		objective++;
	/* what is no number stands for the whole */
	if (objective < finals.count && finals.items[objective].text)
		strbuf_adds(out, finals.items[objective].text);
	else if (objective < finals.count)
		add_report(out, finals.items, finals.count);
	metrics_release(&finals);
	return out->len;
}

/* --- messages
 * ------------------------------------------------------------------ */

static void add_metric(struct strbuf *out, const char *parameter_id,
		       const char *trial, const char *type, int64_t sequence,
		       const char *value)
{
	strbuf_addf(out,
		    "{\"parameter_id\": %s, \"trial_job_id\": \"%s\", "
		    "\"type\": \"%s\", \"sequence\": %lld, \"value\": ",
		    parameter_id, trial, type, (long long)sequence);
	strbuf_add_json_string(out, value);
	strbuf_addch(out, '}');
}

static void add_end(struct strbuf *out, const char *trial,
		    enum trial_state state, const char *file)
{
	strbuf_addf(out,
		    "{\"trial_job_id\": \"%s\", \"event\": \"%s\", "
		    "\"hyper_params\": ",
		    trial, trial_state_name(state));
	strbuf_add_json_string(out, file);
	strbuf_addch(out, '}');
}

static void send(struct bridge *bridge, const char *code, struct strbuf *text)
{
	bridge_send(bridge, code, text->data);
	strbuf_clear(text);
}

/* An assessor's ids are ours. */
static char *assessor_file(int64_t sequence)
{
	return xasprintf("{\"parameter_id\": %lld, \"parameter_source\": "
			 "\"algorithm\", \"parameters\": {}, "
			 "\"parameter_index\": 0}",
			 (long long)sequence);
}

void python_tell_intermediate(struct python *python, const struct live *live,
			      const struct metric *metrics, size_t count)
{
	struct engine *engine = python->engine;
	struct strbuf value = STRBUF_INIT, text = STRBUF_INIT;
	char id[TRIAL_ID_SIZE + 16], number[24];

	add_report(&value, metrics, count);
	if (python->assessor.bridge) {
		format_id(live, id, sizeof(id));
		snprintf(number, sizeof(number), "%lld",
			 (long long)live->trial.sequence);
		add_metric(&text, number, id, "PERIODICAL", metrics->sequence,
			   value.data);
		send(python->assessor.bridge, "ME", &text);
	}
	if (python->tuner.bridge && engine->config.tuner.is_advisor &&
	    live->is_known) {
		char *own = python_file_member(live->file, "parameter_id");

		add_metric(&text, own ? own : "null", live->trial.id,
			   "PERIODICAL", metrics->sequence, value.data);
		send(python->tuner.bridge, "ME", &text);
		free(own);
	}
	strbuf_release(&value);
	strbuf_release(&text);
}

/* --- the end of a trial
 * ---------------------------------------------------------- */

/* What a tuner can learn from: nni's die of anything else. */
static bool is_learnable(const char *value)
{
	struct error ignored;
	cJSON *json = json_parse(value, strlen(value), &ignored);
	const cJSON *number =
		cJSON_IsObject(json)
			? cJSON_GetObjectItemCaseSensitive(json, "default")
			: json;
	bool ok = cJSON_IsNumber(number);

	cJSON_Delete(json);
	return ok;
}

static void add_import(struct strbuf *out, const char *parameters,
		       const char *value)
{
	strbuf_addf(out, "%s{\"parameter\": %s, \"value\": %s}",
		    out->len ? ", " : "[", parameters, value);
}

static bool takes_imports(const struct engine *engine)
{
	/* an advisor's base class has none, and dies of them */
	return !engine->config.tuner.is_advisor || engine->config.tuner.name;
}

static void tell_as_import(struct python *python, const struct live *live,
			   const char *value)
{
	struct strbuf text = STRBUF_INIT;
	char *own = live->file ? python_file_member(live->file, "parameters")
			       : NULL;

	if (takes_imports(python->engine) && is_learnable(value)) {
		add_import(&text, own ? own : live->trial.parameters, value);
		strbuf_addch(&text, ']');
		send(python->tuner.bridge, "FD", &text);
	}
	strbuf_release(&text);
	free(own);
}

static void tell_tuner(struct python *python, struct live *live)
{
	struct engine *engine = python->engine;
	struct strbuf value = STRBUF_INIT, text = STRBUF_INIT;
	enum trial_state state = live->trial.state;
	bool has_value = state != TRIAL_USER_CANCELED &&
			 state != TRIAL_SYS_CANCELED &&
			 read_final(engine, live->trial.key,
				    live->attempt.number, &value);
	char *id;

	if (!has_value && state == TRIAL_EARLY_STOPPED &&
	    engine->config.include_intermediate && live->trial.last.is_set &&
	    isfinite(live->trial.last.number)) {
		strbuf_add_json_number(&value, live->trial.last.number);
		has_value = true;
	}
	if (!live->is_known) {
		if (has_value && state == TRIAL_SUCCEEDED)
			tell_as_import(python, live, value.data);
		goto out;
	}
	id = python_file_member(live->file, "parameter_id");
	if (has_value) {
		add_metric(&text, id ? id : "null", live->trial.id, "FINAL", 0,
			   value.data);
		send(python->tuner.bridge, "ME", &text);
	}
	add_end(&text, live->trial.id, state, live->file);
	send(python->tuner.bridge, "EN", &text);
	free(id);
out:
	strbuf_release(&value);
	strbuf_release(&text);
}

void python_tell_end(struct python *python, struct live *live)
{
	struct strbuf text = STRBUF_INIT;

	if (python->tuner.bridge)
		tell_tuner(python, live);
	if (python->assessor.bridge) {
		char id[TRIAL_ID_SIZE + 16];
		char *file = assessor_file(live->trial.sequence);

		format_id(live, id, sizeof(id));
		add_end(&text, id, live->trial.state, file);
		send(python->assessor.bridge, "EN", &text);
		free(file);
	}
	strbuf_release(&text);
}

/* --- a fresh tuner
 * ---------------------------------------------------------------- */

/* Files of all suggestions: of a trial, the newest. */
struct file {
	int64_t trial; /* key; ascending */
	char *text;
};

struct fresh {
	struct python *python;
	struct file *files;
	size_t file_count, file_capacity;
	struct strbuf imports, resumed;
	int told;
	double highest; /* parameter_id */
	char *highest_file;
	bool has_texts; /* ids that are no numbers */
};

static void send_imports(struct fresh *fresh)
{
	if (!fresh->imports.len)
		return;
	strbuf_addch(&fresh->imports, ']');
	send(fresh->python->tuner.bridge, "FD", &fresh->imports);
}

static void import_point(struct fresh *fresh, const struct history *row)
{
	struct strbuf value = STRBUF_INIT;

	if (!isfinite(row->value) ||
	    strlen(row->parameters) >= PARAMETERS_ONE_MAX)
		return;
	if (fresh->imports.len + strlen(row->parameters) > IMPORT_MAX)
		send_imports(fresh);
	strbuf_add_json_number(&value, row->value);
	add_import(&fresh->imports, row->parameters, value.data);
	fresh->told++;
	strbuf_release(&value);
}

static bool keep_file(const struct history *row, void *arg)
{
	struct fresh *fresh = arg;
	struct file *file;
	char *id;

	/* earlier experiments' results, and of people's own trials */
	if (row->kind == HISTORY_IMPORTED && row->parameters &&
	    takes_imports(fresh->python->engine))
		import_point(fresh, row);
	if (row->kind != HISTORY_SUGGESTED || !row->parameters)
		return true;
	if (fresh->file_count &&
	    fresh->files[fresh->file_count - 1].trial >= row->trial)
		return true; /* a restart: the same */
	id = python_file_member(row->parameters, "parameter_id");
	ARRAY_RESERVE(fresh->files, fresh->file_count, fresh->file_capacity);
	file = &fresh->files[fresh->file_count++];
	*file = (struct file){row->trial, xstrdup(row->parameters)};
	if (!id || id[0] == '"' || id[0] == 'n')
		fresh->has_texts = true;
	else if (strtod(id, NULL) > fresh->highest) {
		fresh->highest = strtod(id, NULL);
		fresh->highest_file = file->text;
	}
	free(id);
	return true;
}

static const char *find_file(const struct fresh *fresh, int64_t trial)
{
	size_t low = 0, high = fresh->file_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (fresh->files[mid].trial < trial)
			low = mid + 1;
		else
			high = mid;
	}
	return low < fresh->file_count && fresh->files[low].trial == trial
		       ? fresh->files[low].text
		       : NULL;
}

static bool import_trial(const struct trial *trial, void *arg)
{
	struct fresh *fresh = arg;
	struct engine *engine = fresh->python->engine;
	const char *file = find_file(fresh, trial->key);
	struct strbuf value = STRBUF_INIT;
	char *own = file ? python_file_member(file, "parameters") : NULL;
	const char *parameters = own ? own : trial->parameters;

	if (trial->source == 'a' && trial->state == TRIAL_SUCCEEDED &&
	    trial->final.is_set && parameters &&
	    strlen(parameters) < PARAMETERS_ONE_MAX &&
	    read_final(engine, trial->key, trial->attempt, &value) &&
	    is_learnable(value.data)) {
		if (fresh->imports.len + strlen(parameters) > IMPORT_MAX)
			send_imports(fresh);
		add_import(&fresh->imports, parameters, value.data);
		fresh->told++;
	}
	strbuf_release(&value);
	free(own);
	return true;
}

/* From 2.10 on: ids of running trials, and all below, are not used again. */
static void tell_running(struct fresh *fresh, const char *version)
{
	struct engine *engine = fresh->python->engine;
	char *rest;
	long major = strtol(version, &rest, 10);
	long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	struct strbuf *out = &fresh->resumed;

	if (major < 2 || (major == 2 && minor < 10) || fresh->has_texts ||
	    !fresh->highest_file || engine->config.tuner.is_advisor)
		return;
	strbuf_addch(out, '[');
	strbuf_adds(out, fresh->highest_file);
	for (struct live *live = engine->first; live; live = live->later)
		if (live->file && strcmp(live->file, fresh->highest_file))
			strbuf_addf(out, ", %s", live->file);
	strbuf_addch(out, ']');
	send(fresh->python->tuner.bridge, "AD", out);
}

int python_tell_tuner(struct python *python, const char *version)
{
	struct engine *engine = python->engine;
	struct fresh fresh = {
		.python = python,
		.imports = STRBUF_INIT,
		.resumed = STRBUF_INIT,
		.highest = -1,
	};
	struct error err;

	if (!store_history_each(engine->store, engine->experiment.key,
				keep_file, &fresh, &err) ||
	    (takes_imports(engine) &&
	     !store_trials_each(engine->store, engine->experiment.key, 0,
				STORE_TRIAL_WHOLE, import_trial, &fresh, &err)))
		status_event(engine, NULL, EVENT_WARNING, "python-message",
			     "what the tuner is told is not whole: %s",
			     err.text);
	send_imports(&fresh);
	tell_running(&fresh, version);
	for (size_t i = 0; i < fresh.file_count; i++)
		free(fresh.files[i].text);
	free(fresh.files);
	strbuf_release(&fresh.imports);
	strbuf_release(&fresh.resumed);
	return fresh.told;
}

/* --- a fresh assessor
 * --------------------------------------------------------------- */

struct curve {
	double *values;
	size_t count, capacity;
};

static bool add_to_curve(const struct metric *metric, void *arg)
{
	struct curve *curve = arg;

	if (metric->sequence != (int64_t)curve->count)
		return false;
	ARRAY_RESERVE(curve->values, curve->count, curve->capacity);
	curve->values[curve->count++] = metric->value;
	return true;
}

/* Backwards: nni judges whenever the results it has are without a gap, and so
 * does once, not for each of them again. */
static void tell_curve(struct python *python, const char *id,
		       const struct trial *trial, int attempt)
{
	struct engine *engine = python->engine;
	struct strbuf text = STRBUF_INIT, value = STRBUF_INIT;
	struct curve curve = {0};
	struct error ignored;
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)trial->sequence);
	store_series_each(engine->store, trial->key, attempt, METRIC_OBJECTIVE,
			  -1, add_to_curve, &curve, &ignored);
	for (size_t i = curve.count; i-- > 0;) {
		struct metric metric = {.value = curve.values[i]};

		strbuf_clear(&value);
		add_value(&value, &metric);
		add_metric(&text, number, id, "PERIODICAL", (int64_t)i,
			   value.data);
		send(python->assessor.bridge, "ME", &text);
	}
	free(curve.values);
	strbuf_release(&text);
	strbuf_release(&value);
}

struct told {
	struct python *python;
	int64_t from; /* sequence */
	int count;
};

static bool tell_finished(const struct trial *trial, void *arg)
{
	struct told *told = arg;
	struct strbuf text = STRBUF_INIT;
	char *file;

	if (trial->state != TRIAL_SUCCEEDED || !trial->intermediates ||
	    trial->sequence < told->from)
		return true;
	tell_curve(told->python, trial->id, trial, trial->attempt);
	file = assessor_file(trial->sequence);
	add_end(&text, trial->id, trial->state, file);
	send(told->python->assessor.bridge, "EN", &text);
	told->count++;
	free(file);
	strbuf_release(&text);
	return true;
}

int python_tell_assessor(struct python *python)
{
	struct engine *engine = python->engine;
	struct told told = {
		.python = python,
		.from = engine->experiment.next_sequence - ASSESSOR_TRIALS_MAX,
	};
	struct error err;

	if (!store_trials_each(engine->store, engine->experiment.key, 0,
			       STORE_TRIAL_BRIEF, tell_finished, &told, &err))
		status_event(engine, NULL, EVENT_WARNING, "python-message",
			     "what the assessor is told is not whole: %s",
			     err.text);
	for (struct live *live = engine->first; live; live = live->later) {
		char id[TRIAL_ID_SIZE + 16];

		format_id(live, id, sizeof(id));
		tell_curve(python, id, &live->trial, live->attempt.number);
	}
	return told.count;
}
