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
void python_format_id(const struct live *live, char *ret, size_t size)
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
		char own[PYTHON_ID_SIZE];

		python_format_id(live, own, sizeof(own));
		if (!strcmp(own, id) || !strcmp(live->trial.id, id))
			return live;
	}
	return NULL;
}

/* --- values
 * ------------------------------------------------------------------- */

void python_add_value(struct strbuf *out, const struct metric *metric)
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
		python_add_value(out, metrics);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, i ? ", " : "{");
		strbuf_add_json_string(out, metrics[i].name);
		strbuf_adds(out, ": ");
		python_add_value(out, &metrics[i]);
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
bool python_read_final(struct engine *engine, int64_t trial, int attempt,
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

void python_add_metric(struct strbuf *out, const char *parameter_id,
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

void python_add_end(struct strbuf *out, const char *trial,
		    enum trial_state state, const char *file)
{
	strbuf_addf(out,
		    "{\"trial_job_id\": \"%s\", \"event\": \"%s\", "
		    "\"hyper_params\": ",
		    trial, trial_state_name(state));
	strbuf_add_json_string(out, file);
	strbuf_addch(out, '}');
}

void python_send(struct bridge *bridge, const char *code, struct strbuf *text)
{
	bridge_send(bridge, code, text->data);
	strbuf_clear(text);
}

/* An assessor's ids are ours. */
char *python_assessor_file(int64_t sequence)
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
	char id[PYTHON_ID_SIZE], number[24];

	add_report(&value, metrics, count);
	if (python->assessor.bridge) {
		python_format_id(live, id, sizeof(id));
		snprintf(number, sizeof(number), "%lld",
			 (long long)live->trial.sequence);
		python_add_metric(&text, number, id, "PERIODICAL",
				  metrics->sequence, value.data);
		python_send(python->assessor.bridge, "ME", &text);
	}
	if (python->tuner.bridge && engine->config.tuner.is_advisor &&
	    live->is_known) {
		char *own = python_file_member(live->file, "parameter_id");

		python_add_metric(&text, own ? own : "null", live->trial.id,
				  "PERIODICAL", metrics->sequence, value.data);
		python_send(python->tuner.bridge, "ME", &text);
		free(own);
	}
	strbuf_release(&value);
	strbuf_release(&text);
}

/* --- the end of a trial
 * ---------------------------------------------------------- */

/* What a tuner can learn from: nni's die of anything else. */
bool python_is_learnable(const char *value)
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

void python_add_import(struct strbuf *out, const char *parameters,
		       const char *value)
{
	/* as text in text: before 2.0 nothing else is read, later both */
	strbuf_addf(out,
		    "%s{\"parameter\": %s, \"value\": ", out->len ? ", " : "[",
		    parameters);
	strbuf_add_json_string(out, value);
	strbuf_addch(out, '}');
}

bool python_takes_imports(const struct engine *engine)
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

	if (python_takes_imports(python->engine) &&
	    python_is_learnable(value)) {
		python_add_import(&text, own ? own : live->trial.parameters,
				  value);
		strbuf_addch(&text, ']');
		python_send(python->tuner.bridge, "FD", &text);
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
			 python_read_final(engine, live->trial.key,
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
		python_add_metric(&text, id ? id : "null", live->trial.id,
				  "FINAL", 0, value.data);
		python_send(python->tuner.bridge, "ME", &text);
	}
	python_add_end(&text, live->trial.id, state, live->file);
	python_send(python->tuner.bridge, "EN", &text);
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
		char id[PYTHON_ID_SIZE];
		char *file = python_assessor_file(live->trial.sequence);

		python_format_id(live, id, sizeof(id));
		python_add_end(&text, id, live->trial.state, file);
		python_send(python->assessor.bridge, "EN", &text);
		free(file);
	}
	strbuf_release(&text);
}
