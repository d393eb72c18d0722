/* SPDX-License-Identifier: MIT */
/*
 * A fresh process in Python is told what there is to know: a tuner the results
 * as imported data, and from 2.10 on which trials run; an assessor the curves
 * of all trials.
 */
#include "engine/python.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT_MAX (512 * 1024)	 /* bytes of one FD: 6 digits must do */
#define ASSESSOR_TRIALS_MAX 2000 /* newest finished ones it is told again */
#define PARAMETERS_ONE_MAX (256 * 1024)

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
	python_send(fresh->python->tuner.bridge, "FD", &fresh->imports);
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
	python_add_import(&fresh->imports, row->parameters, value.data);
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
	    python_takes_imports(fresh->python->engine))
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
	    python_read_final(engine, trial->key, trial->attempt, &value) &&
	    python_is_learnable(value.data)) {
		if (fresh->imports.len + strlen(parameters) > IMPORT_MAX)
			send_imports(fresh);
		python_add_import(&fresh->imports, parameters, value.data);
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
	python_send(fresh->python->tuner.bridge, "AD", out);
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
	    (python_takes_imports(engine) &&
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
		python_add_value(&value, &metric);
		python_add_metric(&text, number, id, "PERIODICAL", (int64_t)i,
				  value.data);
		python_send(python->assessor.bridge, "ME", &text);
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
	file = python_assessor_file(trial->sequence);
	python_add_end(&text, trial->id, trial->state, file);
	python_send(told->python->assessor.bridge, "EN", &text);
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
		char id[PYTHON_ID_SIZE];

		python_format_id(live, id, sizeof(id));
		tell_curve(python, id, &live->trial, live->attempt.number);
	}
	return told.count;
}
