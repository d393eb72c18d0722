/* SPDX-License-Identifier: MIT */
/*
 * Tuners, assessors and advisors in Python, as the engine sees them.
 *
 * A native tuner is a function that is replayed; one in Python is a process
 * that is asked and answers when it likes (engine/bridge).  So a free place is
 * a question, and a trial that comes is kept until there is a place.  What it
 * sends is arbitrary JSON: the text goes to the trial as it is, and into the
 * history, where a resume finds it.  Its state cannot be replayed; a fresh
 * process is told the results, as NNI tells them on a resume.
 *
 * A question that is answered with "no more" is owed: NNI's tuners may answer
 * it later, when results have come, and are not asked for that place again.
 * When nothing runs and all is owed, they are asked once more after a pause;
 * "no more" once more means that there is nothing left.
 */
#include "engine/python.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_MS 2000
#define LEAVE_MS 5000
#define SENT_MAX 100000 /* trials that wait for a place */
#define FILE_MAX (1024 * 1024)

bool python_has_tuner(const struct engine *engine)
{
	return engine->python && engine->python->tuner.bridge;
}

bool python_is_away(const struct engine *engine)
{
	const struct python *python = engine->python;

	return python && python->assessor.bridge &&
	       !bridge_is_up(python->assessor.bridge);
}

void python_recovered(struct live *live, const char *text)
{
	char *id = python_file_member(text, "parameter_id");
	char *parameters = python_file_member(text, "parameters");

	/* a native tuner's rows hold the parameters alone */
	if (id && parameters) {
		free(live->file);
		live->file = xstrdup(text);
	}
	free(id);
	free(parameters);
}

/* --- what comes --------------------------------------------------------------
 */

static void drop_sent(struct python *python)
{
	for (size_t i = 0; i < python->sent_count; i++)
		free(python->sent[i]);
	python->sent_count = 0;
}

static void on_trial(void *arg, const char *text, size_t len)
{
	struct python_seat *seat = arg;
	struct python *python = seat->python;
	struct engine *engine = python->engine;
	char *parameters =
		len <= FILE_MAX ? python_file_member(text, "parameters") : NULL;

	engine->is_stalled = false; /* the turn that follows takes it */
	if (!parameters || python->sent_count >= SENT_MAX) {
		status_event(engine, NULL, EVENT_WARNING, "tuner-trial-refused",
			     "the tuner sent a trial that is no JSON object "
			     "with parameters, too long, or one too many: "
			     "left out");
		free(parameters);
		return;
	}
	free(parameters);
	if (python->owed && !bridge_asked(seat->bridge))
		python->owed--;
	ARRAY_RESERVE(python->sent, python->sent_count, python->sent_capacity);
	python->sent[python->sent_count++] = xstrndup(text, len);
}

static void on_no_more(void *arg, int missing)
{
	struct python_seat *seat = arg;
	struct python *python = seat->python;

	python->owed += missing;
	python->engine->is_stalled = false;
	if (python->is_last_question && !python->sent_count)
		python->engine->is_exhausted = true;
}

static void on_stop(void *arg, const char *id)
{
	struct python_seat *seat = arg;
	struct engine *engine = seat->python->engine;
	struct live *live = python_find(engine, id);
	const char *name = seat == &seat->python->assessor
				   ? engine->config.assessor.name
				   : engine->config.tuner.name;
	char reason[128];

	if (!live || live->kill_as != TRIAL_UNKNOWN)
		return; /* it ended meanwhile */
	snprintf(reason, sizeof(reason), "%.64s in Python stopped it",
		 name ? name : seat->noun);
	status_event(engine, live, EVENT_INFO, "trial-stopped-early",
		     "trial %s (#%lld) after %lld results: %s", live->trial.id,
		     (long long)live->trial.sequence,
		     (long long)live->trial.intermediates, reason);
	attempts_kill(engine, live, TRIAL_EARLY_STOPPED, reason);
}

static void on_notice(void *arg, const char *text)
{
	struct python_seat *seat = arg;

	status_event(seat->python->engine, NULL, EVENT_WARNING,
		     "python-message", "%s in Python: %s", seat->noun, text);
}

/* --- up and down -------------------------------------------------------------
 */

static void on_ready(void *arg, const char *version)
{
	struct python_seat *seat = arg;
	struct python *python = seat->python;
	struct engine *engine = python->engine;
	int told = seat == &python->tuner ? python_tell_tuner(python, version)
					  : python_tell_assessor(python);

	engine->is_stalled = false;
	if (seat->has_fault)
		status_fault(engine, NULL);
	seat->has_fault = false;
	status_event(engine, NULL, EVENT_INFO, "python-started",
		     "%s in Python (nni %s) %s, told of %d result%s",
		     seat->noun, version, seat->was_up ? "again" : "started",
		     told, told == 1 ? "" : "s");
	seat->was_up = true;
}

static void on_down(void *arg, const char *problem, bool gives_up)
{
	struct python_seat *seat = arg;
	struct python *python = seat->python;
	struct engine *engine = python->engine;

	if (seat == &python->tuner) {
		drop_sent(python);
		python->owed = 0;
		python->is_last_question = false;
		loop_cancel(engine->loop, python->question);
		python->question = NULL;
		for (struct live *live = engine->first; live;
		     live = live->later)
			live->is_known = false;
	}
	status_event(engine, NULL, gives_up ? EVENT_ERROR : EVENT_WARNING,
		     "python-ended", "%s; %s; its log: `trialdeck log %s --%s`",
		     problem,
		     gives_up ? "paused: it ended too often, resume tries again"
			      : "it is started again",
		     engine->experiment.id, seat->noun);
	status_fault(engine, problem);
	seat->has_fault = true;
	if (!gives_up || experiment_state_is_terminal(engine->experiment.state))
		return;
	engine->experiment.is_paused = true;
	schedule_knobs_changed(engine);
}

static void on_gone(void *arg)
{
	struct python_seat *seat = arg;
	struct engine *engine = seat->python->engine;

	/* somebody wanted it to go on meanwhile */
	if (!experiment_state_is_terminal(engine->experiment.state))
		bridge_go_on(seat->bridge);
}

void python_go_on(struct engine *engine)
{
	if (python_has_tuner(engine))
		bridge_go_on(engine->python->tuner.bridge);
	if (engine->python && engine->python->assessor.bridge)
		bridge_go_on(engine->python->assessor.bridge);
}

/* Trials that were made in the old space and have no place yet are not wanted
 * any more; what was refused in it may be had in the new one. */
void python_space_changed(struct engine *engine)
{
	struct python *python = engine->python;

	if (!python_has_tuner(engine))
		return;
	drop_sent(python);
	python->owed = 0;
	python->is_last_question = false;
	loop_cancel(engine->loop, python->question);
	python->question = NULL;
	engine->is_exhausted = false;
	engine->is_stalled = false;
	bridge_set_space(python->tuner.bridge, engine->experiment.space);
}

static bool is_ending(struct python_seat *seat)
{
	if (!seat->bridge)
		return false;
	bridge_finish(seat->bridge);
	return !bridge_is_gone(seat->bridge);
}

bool python_is_ending(struct engine *engine)
{
	struct python *python = engine->python;
	bool tuner = python && is_ending(&python->tuner);
	bool assessor = python && is_ending(&python->assessor);

	return tuner || assessor;
}

/* --- asking
 * ------------------------------------------------------------------- */

static void ask_once_more(void *arg)
{
	struct python *python = arg;

	python->question = NULL;
	if (bridge_asked(python->tuner.bridge) || python->sent_count)
		return;
	python->is_last_question = true;
	python->owed = 0;
	bridge_ask(python->tuner.bridge, 1);
}

static int free_places(const struct engine *engine)
{
	int64_t places = engine->experiment.concurrency - engine->live_count;
	int64_t left = engine->experiment.max_trials -
		       engine->experiment.next_sequence;

	if (engine->experiment.max_trials && left < places)
		places = left;
	return (int)places;
}

static void ask(struct python *python)
{
	struct engine *engine = python->engine;
	int wanted = free_places(engine) - python->owed;
	bool is_idle = !engine->live_count && !engine->queued_count;

	if (!bridge_is_up(python->tuner.bridge) ||
	    bridge_asked(python->tuner.bridge))
		return;
	if (wanted > 0) {
		python->is_last_question = false;
		bridge_ask(python->tuner.bridge, wanted);
	} else if (is_idle && python->owed && !python->question) {
		python->question = loop_after(engine->loop, QUESTION_MS,
					      ask_once_more, python);
	}
}

/* What lists and charts show: an object, whatever the tuner made. */
static char *shown_parameters(const char *file)
{
	char *parameters = python_file_member(file, "parameters");
	char *object;

	if (parameters[0] == '{')
		return parameters;
	object = xasprintf("{\"value\":%s}", parameters);
	free(parameters);
	return object;
}

enum tuner_outcome python_suggest(struct engine *engine, struct advised *ret)
{
	struct python *python = engine->python;

	if (!python->sent_count) {
		ask(python);
		return TUNER_NOTHING_NOW;
	}
	ret->plain = python->sent[0];
	memmove(python->sent, python->sent + 1,
		--python->sent_count * sizeof(*python->sent));
	ret->parameters = shown_parameters(ret->plain);
	return TUNER_SUGGESTED;
}

/* --- what happens
 * -------------------------------------------------------------- */

void python_heard(struct engine *engine, const struct live *live,
		  const struct metrics *metrics)
{
	struct python *python = engine->python;

	if (!python ||
	    (!python->assessor.bridge && !engine->config.tuner.is_advisor))
		return;
	for (size_t i = 0; i < metrics->count;) {
		const struct metric *first = &metrics->items[i];
		size_t n = 1;

		/* a dict's other members follow its objective */
		while (i + n < metrics->count && first[n].type == first->type &&
		       strcmp(first[n].name, METRIC_OBJECTIVE) &&
		       first[n].source == first->source)
			n++;
		if (first->type == METRIC_INTERMEDIATE && !first->source &&
		    !strcmp(first->name, METRIC_OBJECTIVE))
			python_tell_intermediate(python, live, first, n);
		i += n;
	}
}

void python_ended(struct engine *engine, struct live *live)
{
	if (engine->python)
		python_tell_end(engine->python, live);
}

/* --- opening
 * ------------------------------------------------------------------- */

static void add_algorithm(struct strbuf *out, const char *key,
			  const struct algorithm_config *config)
{
	strbuf_addf(out, "{\"%s\":{", key);
	if (config->name) {
		strbuf_adds(out, "\"name\":");
		strbuf_add_json_string(out, config->name);
	} else {
		strbuf_adds(out, "\"className\":");
		strbuf_add_json_string(out, config->class_name);
		strbuf_adds(out, ",\"codeDirectory\":");
		strbuf_add_json_string(out, config->code_directory);
	}
	if (config->class_args)
		strbuf_addf(out, ",\"classArgs\":%s", config->class_args);
	strbuf_adds(out, "}");
}

static void add_devices(struct strbuf *out,
			const struct experiment_config *config)
{
	for (size_t i = 0; i < config->tuner_gpu_index_count; i++)
		strbuf_addf(out, "%s%d", i ? "," : "",
			    config->tuner_gpu_indices[i]);
}

static void open_seat(struct python_seat *seat,
		      const struct algorithm_config *algorithm,
		      const char *params)
{
	struct engine *engine = seat->python->engine;
	const struct experiment_config *config = &engine->config;
	const char *name =
		algorithm->name ? algorithm->name : algorithm->class_name;
	bool is_assessor = seat == &seat->python->assessor;
	char *noun = xasprintf("%s %s", seat->noun, name);
	struct strbuf devices = STRBUF_INIT;
	struct bridge_options options = {
		.loop = engine->loop,
		.noun = noun,
		.python = config->python_path,
		.folder = engine->experiment.directory,
		.log_folder = is_assessor ? "log/assessor" : "log",
		.params = params,
		.space = engine->experiment.space ? engine->experiment.space
						  : "{}",
		.log_level = config->log_level ? config->log_level : "info",
		.is_resumed = engine->next_suggestion > 0,
		.has_intermediates = config->include_intermediate,
		.may_be_silent = algorithm->is_advisor,
		.patience_ms = config->python_timeout_s
				       ? config->python_timeout_s * 1000
				       : BRIDGE_PATIENCE_MS,
	};
	struct bridge_callbacks callbacks = {
		.ready = on_ready,
		.trial = on_trial,
		.no_more = on_no_more,
		.stop = on_stop,
		.down = on_down,
		.notice = on_notice,
		.gone = on_gone,
		.arg = seat,
	};

	add_devices(&devices, config);
	options.devices = devices.data;
	seat->bridge = bridge_new(&options, &callbacks);
	strbuf_release(&devices);
	free(noun);
}

void python_open(struct engine *engine)
{
	const struct experiment_config *config = &engine->config;
	struct strbuf params = STRBUF_INIT;
	struct python *python;

	if (!config->tuner.is_python && !config->assessor.is_python)
		return;
	python = xcalloc(1, sizeof(*python));
	python->engine = engine;
	python->tuner = (struct python_seat){.python = python, .noun = "tuner"};
	python->assessor =
		(struct python_seat){.python = python, .noun = "assessor"};
	engine->python = python;
	if (config->tuner.is_python) {
		add_algorithm(&params,
			      config->tuner.is_advisor ? "advisor" : "tuner",
			      &config->tuner);
		strbuf_addch(&params, '}');
		open_seat(&python->tuner, &config->tuner, params.data);
	}
	strbuf_clear(&params);
	if (config->assessor.is_python) {
		add_algorithm(&params, "assessor", &config->assessor);
		/* the dispatcher wants a tuner; this one is never asked */
		strbuf_adds(&params, ",\"tuner\":{\"name\":\"Random\"}}");
		open_seat(&python->assessor, &config->assessor, params.data);
	}
	strbuf_release(&params);
}

void python_close(struct engine *engine, bool is_orderly)
{
	struct python *python = engine->python;

	if (!python)
		return;
	loop_cancel(engine->loop, python->question);
	bridge_free(python->tuner.bridge, is_orderly ? LEAVE_MS : 0);
	bridge_free(python->assessor.bridge, is_orderly ? LEAVE_MS : 0);
	drop_sent(python);
	free(python->sent);
	free(python);
	engine->python = NULL;
}
