/* SPDX-License-Identifier: MIT */
/*
 * Another search space, or other arguments of the tuner, for an experiment
 * that runs.
 *
 * A tuner is a function of the calls made to it, and cannot be told that its
 * space was another one.  So a change is a row of the history from which a
 * fresh tuner starts: what is known so far is told to it as results from
 * elsewhere, as far as it fits the new space.  After the commit everything is
 * read anew, as after a crash: so replay and life cannot differ.
 *
 * One in Python is told its new space, as NNI tells it; what it makes of the
 * results so far is its own affair.
 */
#include "engine/state.h"

#include "base/mem.h"
#include "engine/spec/spec.h"
#include "model/objective.h"
#include "model/space_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENT_MAX (8 * 1024 * 1024)

/* What is to be optimised stays the same within one experiment. */
static const char *const fixed[] = {"optimize_mode", "objectives",
				    "constraints", "seed"};

static bool check_tuner(const struct engine *engine, const cJSON *change,
			struct error *err)
{
	const struct algorithm_config *config = &engine->config.tuner;

	if (config->is_python) {
		if (cJSON_GetObjectItemCaseSensitive(change, "classArgs"))
			return error_set(err, ERROR_INVALID,
					 "an algorithm in Python can be given "
					 "another space, but no other "
					 "arguments: start an experiment with "
					 "--warm-start");
		return true;
	}
	if (engine->tuner_flags &
	    (TUNER_BUDGETS | TUNER_CHECKPOINTS | TUNER_WHOLE))
		return error_set(err, ERROR_INVALID,
				 "tuner %s keeps budgets, checkpoints or a "
				 "list that a change would break: start an "
				 "experiment with --warm-start",
				 config->name);
	return true;
}

/* Class arguments laid over those there are; null takes one away. */
static bool merge(cJSON *config, const cJSON *arguments, struct error *err)
{
	cJSON *tuner = cJSON_GetObjectItemCaseSensitive(config, "tuner");
	cJSON *old = cJSON_GetObjectItemCaseSensitive(tuner, "classArgs");
	const cJSON *item;

	if (!cJSON_IsObject(arguments))
		return error_set(err, ERROR_INVALID,
				 "classArgs must be an object");
	if (!cJSON_IsObject(tuner))
		return error_set(err, ERROR_INVALID, "there is no tuner");
	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		if (cJSON_GetObjectItemCaseSensitive(arguments, fixed[i]))
			return error_set(err, ERROR_INVALID,
					 "%s does not change within an "
					 "experiment",
					 fixed[i]);
	if (!cJSON_IsObject(old)) {
		cJSON_DeleteItemFromObjectCaseSensitive(tuner, "classArgs");
		old = cJSON_AddObjectToObject(tuner, "classArgs");
	}
	cJSON_ArrayForEach (item, arguments) {
		cJSON_DeleteItemFromObjectCaseSensitive(old, item->string);
		if (!cJSON_IsNull(item))
			cJSON_AddItemToObject(old, item->string,
					      cJSON_Duplicate(item, true));
	}
	return true;
}

/* The configuration with the change in it; caller frees. */
static char *apply(const struct engine *engine, const cJSON *change,
		   struct error *err)
{
	const cJSON *space =
		cJSON_GetObjectItemCaseSensitive(change, "searchSpace");
	const cJSON *arguments =
		cJSON_GetObjectItemCaseSensitive(change, "classArgs");
	cJSON *config = space_json_parse(engine->experiment.config, err);
	char *text = NULL;
	bool ok = config != NULL;

	if (ok && !space && !arguments)
		ok = error_set(err, ERROR_INVALID,
			       "searchSpace or classArgs is needed");
	if (ok && space) {
		cJSON_DeleteItemFromObjectCaseSensitive(config, "searchSpace");
		cJSON_AddItemToObject(config, "searchSpace",
				      cJSON_Duplicate(space, true));
	}
	if (ok && arguments)
		ok = merge(config, arguments, err);
	if (ok)
		text = space_json_print(config);
	cJSON_Delete(config);
	return text;
}

/* What opening the tuner would say. */
static bool try_tuner(const struct engine *engine,
		      const struct experiment_config *config,
		      const struct space *space, struct error *err)
{
	struct objectives parsed;
	struct tuner_objective objectives[OBJECTIVES_MAX];
	struct tuner_context context = {
		.space = space,
		.class_args = config->tuner.class_args,
		.objective = engine->experiment.objective,
		.seed = engine->experiment.seed,
		.objectives = objectives,
	};
	const struct tuner_ops *ops = tuner_find(config->tuner.name);

	if (!ops)
		return error_set(err, ERROR_INVALID, "unknown tuner '%s'",
				 config->tuner.name);
	if (!objectives_parse(config->tuner.class_args,
			      engine->experiment.objective, &parsed, err))
		return false;
	context.objective_count = parsed.count;
	for (size_t i = 0; i < parsed.count; i++)
		objectives[i] = (struct tuner_objective){parsed.items[i].metric,
							 parsed.items[i].mode};
	return tuner_validate(ops, &context, err);
}

static bool write_change(struct engine *engine, const char *config,
			 const char *space, const char *asked,
			 struct error *err)
{
	struct history row = {
		.kind = HISTORY_CHANGED,
		.number = engine->next_suggestion,
		.parameters = (char *)(uintptr_t)asked,
	};

	return store_history_add(engine->store, engine->experiment.key, &row,
				 err) &&
	       store_experiment_reconfigure(engine->store,
					    engine->experiment.key, config,
					    space, err);
}

/* Of a tuner in Python the rest is for it to judge. */
static bool check_space(const struct experiment_config *config,
			struct error *err)
{
	const char *space = config->search_space;

	return (space && space[0] == '{') ||
	       error_set(err, ERROR_INVALID,
			 space ? "a search space is a JSON object"
			       : "there is no search space");
}

static bool change(struct engine *engine, const cJSON *json, const char *asked,
		   struct error *err)
{
	struct experiment_config config = {0};
	struct space *space = NULL;
	struct error failure;
	char *text;
	bool ok;

	text = apply(engine, json, err);
	if (!text)
		return false;
	ok = spec_reload(text, &config, err) && check_space(&config, err);
	if (ok && !engine->config.tuner.is_python)
		ok = space_parse(config.search_space, &space, NULL, err) &&
		     try_tuner(engine, &config, space, err);
	if (ok && turn_begin(engine) &&
	    !write_change(engine, text, config.search_space, asked, &failure))
		turn_fail(engine, &failure);
	if (ok) { /* the experiment's row is written with it */
		free(engine->experiment.space);
		engine->experiment.space = xstrdup(config.search_space);
		free(engine->experiment.config);
		engine->experiment.config = text;
		text = NULL;
	}
	space_free(space);
	experiment_config_release(&config);
	free(text);
	return ok;
}

void change_carry_out(struct engine *engine, const struct command *command)
{
	const char *text = command->argument ? command->argument : "";
	struct experiment *experiment = &engine->experiment;
	struct error err;
	cJSON *json;

	if (strlen(text) > ARGUMENT_MAX) {
		commands_answer(engine, command, COMMAND_REFUSED,
				"the change is larger than 8 MiB");
		return;
	}
	if (experiment_state_is_terminal(experiment->state) ||
	    experiment->state == EXPERIMENT_STOPPING) {
		commands_answer(engine, command, COMMAND_REFUSED,
				"the experiment takes no more trials");
		return;
	}
	json = space_json_parse(text, &err);
	if (json && !cJSON_IsObject(json)) {
		error_set(&err, ERROR_INVALID, "a change is a JSON object");
		cJSON_Delete(json);
		json = NULL;
	}
	if (!json || !check_tuner(engine, json, &err) ||
	    !change(engine, json, text, &err)) {
		cJSON_Delete(json);
		commands_answer(engine, command, COMMAND_REFUSED, err.text);
		return;
	}
	cJSON_Delete(json);
	if (engine->has_failed)
		return;
	engine->has_experiment_changes = true;
	if (engine->config.tuner.is_python) {
		python_space_changed(engine);
		commands_answer(engine, command, COMMAND_DONE,
				"changed: the tuner in Python is told its new "
				"search space");
		return;
	}
	engine->begins_anew = true;
	experiment->run_ns = schedule_run_ns(engine);
	commands_answer(engine, command, COMMAND_DONE,
			"changed: the tuner begins anew with the results so "
			"far");
}
