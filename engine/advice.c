/* SPDX-License-Identifier: MIT */
/*
 * Tuner and assessor, and the history that makes them replayable.
 *
 * Every call that can change what the tuner proposes next is a row of the
 * history table, written in the transaction that carries its cause: a trial
 * and SUGGESTED, its end and OBSERVED and ENDED.  Opening the advice replays
 * the rows in order on a fresh tuner, which is then in the very state the
 * crashed one was in (promise 5).
 *
 * A slow tuner lives on a thread of its own.  It is asked ahead, after every
 * call; what it proposes is a row, too (PREPARED), before anybody may have it.
 * A place that is free takes the proposal at once when it was made knowing all
 * there is to know; else it waits a moment for that one, then takes what is
 * there.
 */
#include "engine/advice.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELLING_MS 500

static void wake(void *arg)
{
	loop_wake(arg);
}

static bool open_tuner(struct engine *engine, struct error *err)
{
	const struct algorithm_config *config = &engine->config.tuner;
	const struct tuner_ops *ops =
		config->name ? tuner_find(config->name) : NULL;
	struct advice *advice = engine->advice;
	struct tuner_objective objectives[OBJECTIVES_MAX];
	struct tuner_context context = {
		.space = engine->space,
		.class_args = config->class_args,
		.objective = engine->experiment.objective,
		.seed = engine->experiment.seed,
		.objectives = objectives,
		.checkpoint_root = advice->checkpoint_root,
		.max_trials = engine->config.max_trial_number,
	};

	if (config->is_python) /* and has one objective */
		return objectives_parse(NULL, engine->experiment.objective,
					&advice->objectives, err);
	if (!ops)
		return error_set(err, ERROR_INVALID, "unknown tuner '%s'",
				 config->name);
	if (!objectives_parse(config->class_args, engine->experiment.objective,
			      &advice->objectives, err))
		return false;
	context.objective_count = advice->objectives.count;
	for (size_t i = 0; i < advice->objectives.count; i++)
		objectives[i] = (struct tuner_objective){
			advice->objectives.items[i].metric,
			advice->objectives.items[i].mode};
	engine->tuner_flags = ops->flags;
	engine->tuner = tuner_open(ops, &context, err);
	return engine->tuner || error_prefix(err, "tuner %s", ops->name);
}

static bool open_assessor(struct engine *engine, struct error *err)
{
	const struct algorithm_config *config = &engine->config.assessor;
	const struct assessor_ops *ops;
	struct assessor_context context = {
		.class_args = config->class_args,
		.objective = engine->experiment.objective,
	};

	if (!config->name || config->is_python)
		return true;
	ops = assessor_find(config->name);
	if (!ops)
		return error_set(err, ERROR_INVALID, "unknown assessor '%s'",
				 config->name);
	engine->assessor = assessor_open(ops, &context, err);
	return engine->assessor || error_prefix(err, "assessor %s", ops->name);
}

bool advice_open(struct engine *engine, struct error *err)
{
	struct advice *advice = xcalloc(1, sizeof(*advice));

	engine->advice = advice;
	engine->next_suggestion = 0;
	engine->is_exhausted = engine->is_stalled = false;
	engine->finished_count = 0;
	advice->checkpoint_root = checkpoint_root(engine);
	if (!open_tuner(engine, err) || !open_assessor(engine, err))
		return false;
	if (!advice_replay(engine, err))
		return error_prefix(err, "replay the tuner's history");
	python_open(engine);
	if (!(engine->tuner_flags & TUNER_SLOW))
		return true;
	advice->thread = tuner_thread_start(engine->tuner, engine->space->count,
					    wake, engine->loop, err);
	if (!advice->thread)
		engine->tuner = NULL;
	else
		advice_ask_ahead(engine);
	return advice->thread;
}

void advice_close(struct engine *engine)
{
	struct advice *advice = engine->advice;

	python_close(engine, false);
	if (advice && advice->thread)
		tuner_thread_stop(advice->thread);
	else if (engine->tuner)
		tuner_close(engine->tuner);
	if (engine->assessor)
		assessor_close(engine->assessor);
	engine->tuner = NULL;
	engine->assessor = NULL;
	engine->advice = NULL;
	if (!advice)
		return;
	loop_cancel(engine->loop, advice->patience);
	loop_cancel(engine->loop, advice->telling);
	if (advice->is_ready)
		tuner_proposal_release(&advice->ready);
	free(advice->checkpoint_root);
	free(advice->trials);
	free(advice->state);
	free(advice->new_state);
	free(advice);
}

/* ---- what the tuner says of itself -----------------------------------------
 */

void advice_write_state(struct engine *engine)
{
	struct advice *advice = engine->advice;
	struct strbuf text = STRBUF_INIT;
	struct error err;
	char *state;

	if (!advice)
		return;
	state = advice->new_state;
	advice->new_state = NULL;
	if (!advice->thread && engine->tuner &&
	    tuner_describe(engine->tuner, &text) && text.len)
		state = strbuf_detach(&text);
	strbuf_release(&text);
	if (!state || (advice->state && !strcmp(state, advice->state))) {
		free(state);
		return;
	}
	free(advice->state);
	advice->state = state;
	if (turn_begin(engine) &&
	    !store_tuner_state_put(engine->store, engine->experiment.key, state,
				   clock_wall_ns(), &err))
		turn_fail(engine, &err);
	/* screens look at rows that are new */
	engine->has_experiment_changes = true;
}

static void telling_due(void *arg)
{
	struct engine *engine = arg;

	engine->advice->telling = NULL;
	advice_write_state(engine);
}

void advice_want_telling(struct engine *engine)
{
	struct advice *advice = engine->advice;

	if (!advice->telling)
		advice->telling = loop_after(engine->loop, TELLING_MS,
					     telling_due, engine);
}

/* ---- calls -----------------------------------------------------------------
 */

void advice_tell_adopt(struct engine *engine, int64_t number,
		       const double *point)
{
	if (engine->advice->thread)
		tuner_thread_adopt(engine->advice->thread, number, point);
	else if (engine->tuner)
		tuner_adopt(engine->tuner, number, point);
	advice_want_telling(engine);
}

void advice_record(struct engine *engine, struct history *row)
{
	struct error err;

	if (turn_begin(engine) &&
	    !store_history_add(engine->store, engine->experiment.key, row,
			       &err))
		turn_fail(engine, &err);
}

void advice_number(struct advice *advice, int64_t number, int64_t trial)
{
	while ((int64_t)advice->trial_count <= number) {
		ARRAY_RESERVE(advice->trials, advice->trial_count,
			      advice->trial_capacity);
		advice->trials[advice->trial_count++] = 0;
	}
	if (number >= 0)
		advice->trials[number] = trial;
}

const char *advice_primary(const struct engine *engine)
{
	return engine->advice->objectives.items[0].metric;
}

void advice_take_up(const struct history *row, struct live *live)
{
	live->number = row->number;
	live->budget = row->budget;
	live->has_parent = row->has_parent;
	live->parent = row->parent;
	if (row->parameters)
		python_recovered(live, row->parameters);
}

int64_t advice_trial(const struct engine *engine, int64_t number)
{
	const struct advice *advice = engine->advice;

	return number >= 0 && number < (int64_t)advice->trial_count
		       ? advice->trials[number]
		       : 0;
}

/* ---- suggestions -----------------------------------------------------------
 */

void advised_release(struct advised *advised)
{
	free(advised->parameters);
	free(advised->plain);
	free(advised->point);
	free(advised->extra);
	memset(advised, 0, sizeof(*advised));
}

static bool has_parameter(const struct space *space, const char *name)
{
	for (size_t i = 0; i < space->count; i++)
		if (space->parameters[i].parent < 0 &&
		    !strcmp(space->parameters[i].name, name))
			return true;
	return false;
}

static void add_members(struct strbuf *object, const char *members)
{
	strbuf_truncate(object, object->len - 1);
	if (object->data[object->len - 1] != '{')
		strbuf_addch(object, ',');
	strbuf_addf(object, "%s}", members);
}

void advice_form(const struct engine *engine,
		 const struct tuner_suggestion *suggestion, struct advised *ret)
{
	const struct space *space = engine->space;
	struct strbuf text = STRBUF_INIT;
	char budget[64];

	tuner_format(engine->tuner_flags, space, suggestion->point, &text);
	ret->plain = xstrdup(text.data);
	ret->budget = suggestion->budget;
	ret->has_parent = suggestion->parent >= 0;
	ret->parent = suggestion->parent;
	/* replayed without being computed once more */
	ret->point = numbers_format(suggestion->point, space->count);
	if (suggestion->budget > 0 && !has_parameter(space, "TRIAL_BUDGET")) {
		snprintf(budget, sizeof(budget), "\"TRIAL_BUDGET\":%.12g",
			 suggestion->budget);
		add_members(&text, budget);
	}
	if (suggestion->extra.len) {
		ret->extra = xstrdup(suggestion->extra.data);
		add_members(&text, suggestion->extra.data);
	}
	ret->parameters = strbuf_detach(&text);
}

static enum tuner_outcome suggest_now(struct engine *engine,
				      struct advised *ret, struct error *err)
{
	struct tuner_suggestion suggestion = {
		.point = xcalloc(engine->space->count + 1, sizeof(double)),
		.extra = STRBUF_INIT,
	};
	enum tuner_outcome outcome = tuner_suggest(
		engine->tuner, engine->next_suggestion, &suggestion, err);

	if (outcome == TUNER_SUGGESTED) {
		advice_form(engine, &suggestion, ret);
		advice_tell_adopt(engine, engine->next_suggestion,
				  suggestion.point);
	}
	free(suggestion.point);
	strbuf_release(&suggestion.extra);
	return outcome;
}

enum tuner_outcome advice_suggest(struct engine *engine, struct advised *ret,
				  struct error *err)
{
	engine->is_thinking = false;
	memset(ret, 0, sizeof(*ret));
	if (engine->begins_anew)
		return TUNER_NOTHING_NOW; /* another one is about to be asked */
	if (python_is_away(engine))
		return TUNER_NOTHING_NOW; /* nobody would judge them */
	if (python_has_tuner(engine))
		return python_suggest(engine, ret);
	return engine->advice->thread
		       ? advice_suggest_prepared(engine, ret, err)
		       : suggest_now(engine, ret, err);
}

void advice_record_suggestion(struct engine *engine, struct live *live,
			      const struct advised *advised)
{
	struct history row = {
		.kind = HISTORY_SUGGESTED,
		.trial = live->trial.key,
		.number = live->number,
		.parameters = advised->plain,
		.point = advised->point,
		.extra = advised->extra,
		.budget = advised->budget,
		.has_parent = advised->has_parent,
		.parent = advised->parent,
	};

	advice_record(engine, &row);
	live->budget = advised->budget;
	live->has_parent = advised->has_parent;
	live->parent = advised->parent;
	if (python_has_tuner(engine) && !live->file) {
		live->file = xstrdup(advised->plain);
		live->is_known = true;
	}
	advice_number(engine->advice, live->number, live->trial.key);
	advice_ask_ahead(engine);
}

void advice_runs_again(struct engine *engine, struct live *live)
{
	double *point = xcalloc(engine->space->count + 1, sizeof(*point));
	struct advised advised = {
		.budget = live->budget,
		.has_parent = live->has_parent,
		.parent = live->parent,
	};
	double budget;
	struct error ignored;
	bool is_point = advice_point(engine->space, live->trial.parameters,
				     point, &advised.plain, &budget, &ignored);

	if (live->file) {
		free(advised.plain);
		advised.plain = xstrdup(live->file);
	} else if (!is_point) {
		advised.plain = xstrdup(live->trial.parameters);
	}
	if (is_point && live->number >= engine->advice->first_number)
		advice_tell_adopt(engine, live->number, point);
	advice_record_suggestion(engine, live, &advised);
	advised_release(&advised);
	free(point);
}

/* ---- ends -------------------------------------------------------------------
 */

static void tell_customised(struct engine *engine, struct live *live,
			    struct tuner_result *result)
{
	struct history row = {.kind = HISTORY_IMPORTED, .number = -1};
	double *point = xcalloc(engine->space->count + 1, sizeof(*point));
	struct error err;

	/* What is no point of the space is none of the tuner's business. */
	if (advice_point(engine->space, live->trial.parameters, point,
			 &row.parameters, &result->budget, &err)) {
		advice_result_row(result, &row);
		advice_record(engine, &row);
		if (engine->advice->thread)
			tuner_thread_import(engine->advice->thread, point,
					    result);
		else if (engine->tuner)
			tuner_import(engine->tuner, point, result);
	}
	history_release(&row);
	free(point);
}

/* Of a tuner that is no more: what fits the space of now is learnt. */
static void import_result(struct engine *engine, const struct live *live,
			  const struct tuner_result *result)
{
	double *point = xcalloc(engine->space->count + 1, sizeof(*point));
	double budget;
	struct error ignored;

	if (advice_point(engine->space, live->trial.parameters, point, NULL,
			 &budget, &ignored)) {
		if (engine->advice->thread)
			tuner_thread_import(engine->advice->thread, point,
					    result);
		else if (engine->tuner)
			tuner_import(engine->tuner, point, result);
	}
	free(point);
}

static void tell_result(struct engine *engine, const struct live *live,
			const struct tuner_result *result)
{
	struct history row = {
		.kind = HISTORY_OBSERVED,
		.trial = live->trial.key,
		.number = live->number,
	};

	advice_result_row(result, &row);
	advice_record(engine, &row);
	history_release(&row);
	if (live->number < engine->advice->first_number) {
		import_result(engine, live, result);
		return;
	}
	if (engine->advice->thread)
		tuner_thread_observe(engine->advice->thread, live->number,
				     result);
	else if (engine->tuner)
		tuner_observe(engine->tuner, live->number, result);
}

static void tell_end(struct engine *engine, const struct live *live)
{
	struct history row = {
		.kind = HISTORY_ENDED,
		.trial = live->trial.key,
		.number = live->number,
		.state = live->trial.state,
	};

	advice_record(engine, &row);
	if (live->number < engine->advice->first_number)
		return;
	if (engine->advice->thread)
		tuner_thread_ended(engine->advice->thread, row.number,
				   row.state);
	else if (engine->tuner)
		tuner_ended(engine->tuner, row.number, row.state);
}

void advice_ended(struct engine *engine, struct live *live)
{
	double values[OBJECTIVES_MAX];
	struct tuner_result result;
	bool has_result = advice_result(engine, live, values, &result);

	if (engine->assessor)
		assessor_ended(engine->assessor, live->trial.key,
			       live->trial.state == TRIAL_SUCCEEDED,
			       live->history, live->history_count);
	engine->is_stalled = false;
	python_ended(engine, live);
	advice_want_telling(engine);
	if (live->number < 0) {
		if (has_result)
			tell_customised(engine, live, &result);
	} else {
		if (has_result)
			tell_result(engine, live, &result);
		tell_end(engine, live);
	}
	advice_ask_ahead(engine);
}

bool advice_wants_stop(struct engine *engine, struct live *live)
{
	return engine->assessor &&
	       !assessor_assess(engine->assessor, live->trial.key,
				live->history, live->history_count,
				live->kill_reason, sizeof(live->kill_reason));
}
