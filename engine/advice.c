/* SPDX-License-Identifier: MIT */
/*
 * Tuner and assessor, and the history that makes them replayable.
 *
 * Every call that can change what the tuner proposes next is a row of the
 * history table, written in the transaction that carries its cause: a trial
 * and SUGGESTED, its end and OBSERVED and ENDED.  Opening the advice replays
 * the rows in order on a fresh tuner, which is then in the very state the
 * crashed one was in (promise 5).
 */
#include "engine/state.h"

#include "base/log.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_WARNINGS_MAX 3 /* in the log; the rest is counted silently */

struct replay {
	struct engine *engine;
	double *point;
	int warnings;
};

/* What the tuner proposes now must be what it proposed then, and is left in
 * replay->point.  It is not when the program changed in between; then what was
 * handed out counts. */
static bool repeats_suggestion(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	struct strbuf text = STRBUF_INIT;
	struct error err;
	bool same;

	if (tuner_suggest_point(engine->tuner, row->number, replay->point,
				&err) == TUNER_SUGGESTED)
		space_format(engine->space, replay->point, &text);
	same = !strcmp(text.data, row->parameters);
	if (!same && replay->warnings++ < REPLAY_WARNINGS_MAX)
		log_line(LOG_LEVEL_WARN,
			 "replay: suggestion %lld differs: was %s, is %s",
			 (long long)row->number, row->parameters, text.data);
	strbuf_release(&text);
	return same;
}

static void replay_suggested(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	struct error err;

	/* A new suggestion (not a restart of an old one) advanced the tuner:
	 * let it advance again, then force what was really handed out.  When
	 * that is the same, adopt the point and not the text: the text has
	 * been quantised and raised to powers, and the tuner learns from what
	 * it drew before that. */
	if (row->number == engine->next_suggestion) {
		bool same = repeats_suggestion(replay, row);

		engine->next_suggestion++;
		if (same) {
			tuner_adopt(engine->tuner, row->number, replay->point);
			return;
		}
	}
	if (!space_parse_point(engine->space, row->parameters, replay->point,
			       &err)) {
		if (replay->warnings++ < REPLAY_WARNINGS_MAX)
			log_line(LOG_LEVEL_WARN, "replay suggestion %lld: %s",
				 (long long)row->number, err.text);
		return;
	}
	tuner_adopt(engine->tuner, row->number, replay->point);
}

static bool replay_row(const struct history *row, void *arg)
{
	struct replay *replay = arg;
	struct engine *engine = replay->engine;
	struct error err;

	switch (row->kind) {
	case HISTORY_SUGGESTED:
		replay_suggested(replay, row);
		break;
	case HISTORY_OBSERVED:
		tuner_observe_value(engine->tuner, row->number, row->value);
		break;
	case HISTORY_ENDED:
		tuner_ended(engine->tuner, row->number, row->state);
		break;
	case HISTORY_IMPORTED:
		if (space_parse_point(engine->space, row->parameters,
				      replay->point, &err))
			tuner_import_value(engine->tuner, replay->point,
					   row->value);
		break;
	}
	return true;
}

/* Finished trials' curves, for the assessor. */
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

static bool replay_finished(const struct trial *trial, void *arg)
{
	struct engine *engine = arg;
	struct curve curve = {0};
	struct error err;

	if (!trial_state_is_terminal(trial->state))
		return true;
	engine->finished_count++;
	if (!engine->assessor || trial->state != TRIAL_SUCCEEDED)
		return true;
	if (store_series_each(engine->store, trial->key, trial->attempt,
			      METRIC_OBJECTIVE, -1, add_to_curve, &curve, &err))
		assessor_ended(engine->assessor, trial->key, true, curve.values,
			       curve.count);
	free(curve.values);
	return true;
}

bool advice_open(struct engine *engine, struct error *err)
{
	const struct algorithm_config *tuner = &engine->config.tuner;
	const struct algorithm_config *assessor = &engine->config.assessor;
	const struct tuner_ops *ops = tuner_find(tuner->name);
	struct tuner_context context = {
		.space = engine->space,
		.class_args = tuner->class_args,
		.objective = engine->experiment.objective,
		.seed = engine->experiment.seed,
	};
	struct replay replay = {.engine = engine};
	bool ok;

	if (!ops)
		return error_set(err, ERROR_INVALID, "unknown tuner '%s'",
				 tuner->name);
	engine->tuner = tuner_open(ops, &context, err);
	if (!engine->tuner)
		return error_prefix(err, "tuner %s", ops->name);
	if (assessor->name) {
		const struct assessor_ops *judge =
			assessor_find(assessor->name);
		struct assessor_context judging = {
			.class_args = assessor->class_args,
			.objective = engine->experiment.objective,
		};

		if (!judge)
			return error_set(err, ERROR_INVALID,
					 "unknown assessor '%s'",
					 assessor->name);
		engine->assessor = assessor_open(judge, &judging, err);
		if (!engine->assessor)
			return error_prefix(err, "assessor %s", judge->name);
	}
	engine->next_suggestion = 0;
	engine->is_exhausted = engine->is_stalled = false;
	engine->finished_count = 0;
	replay.point = xcalloc(engine->space->count + 1, sizeof(double));
	ok = store_history_each(engine->store, engine->experiment.key,
				replay_row, &replay, err) &&
	     store_trials_each(engine->store, engine->experiment.key, 0,
			       STORE_TRIAL_BRIEF, replay_finished, engine, err);
	free(replay.point);
	return ok || error_prefix(err, "replay the tuner's history");
}

void advice_close(struct engine *engine)
{
	if (engine->tuner)
		tuner_close(engine->tuner);
	if (engine->assessor)
		assessor_close(engine->assessor);
	engine->tuner = NULL;
	engine->assessor = NULL;
}

enum tuner_outcome advice_suggest(struct engine *engine, char **ret_parameters,
				  struct error *err)
{
	double *point = xcalloc(engine->space->count + 1, sizeof(*point));
	struct strbuf text = STRBUF_INIT;
	enum tuner_outcome outcome;

	outcome = tuner_suggest_point(engine->tuner, engine->next_suggestion,
				      point, err);
	if (outcome == TUNER_SUGGESTED) {
		tuner_adopt(engine->tuner, engine->next_suggestion, point);
		space_format(engine->space, point, &text);
		*ret_parameters = strbuf_detach(&text);
	}
	free(point);
	return outcome;
}

static void record(struct engine *engine, struct history *row)
{
	struct error err;

	if (turn_begin(engine) &&
	    !store_history_add(engine->store, engine->experiment.key, row,
			       &err))
		turn_fail(engine, &err);
}

bool advice_record_suggestion(struct engine *engine, struct live *live)
{
	struct history row = {
		.kind = HISTORY_SUGGESTED,
		.trial = live->trial.key,
		.number = live->number,
		.parameters = live->trial.parameters,
	};

	record(engine, &row);
	return !engine->has_failed;
}

static void tell_customised(struct engine *engine, struct live *live)
{
	struct history row = {
		.kind = HISTORY_IMPORTED,
		.number = -1,
		.parameters = live->trial.parameters,
		.value = live->trial.final.number,
	};
	double *point = xcalloc(engine->space->count + 1, sizeof(*point));
	struct error err;

	/* What is no point of the space is none of the tuner's business. */
	if (space_parse_point(engine->space, live->trial.parameters, point,
			      &err)) {
		record(engine, &row);
		tuner_import_value(engine->tuner, point, row.value);
	}
	free(point);
}

void advice_ended(struct engine *engine, struct live *live)
{
	struct history row = {
		.trial = live->trial.key,
		.number = live->number,
	};

	if (engine->assessor)
		assessor_ended(engine->assessor, live->trial.key,
			       live->trial.state == TRIAL_SUCCEEDED,
			       live->history, live->history_count);
	engine->is_stalled = false;
	if (live->number < 0) {
		if (live->trial.final.is_set)
			tell_customised(engine, live);
		return;
	}
	/* A canceled trial's result is not the point's own. */
	if (live->trial.final.is_set &&
	    live->trial.state != TRIAL_USER_CANCELED &&
	    live->trial.state != TRIAL_SYS_CANCELED) {
		row.kind = HISTORY_OBSERVED;
		row.value = live->trial.final.number;
		record(engine, &row);
		tuner_observe_value(engine->tuner, row.number, row.value);
	}
	row.kind = HISTORY_ENDED;
	row.state = live->trial.state;
	record(engine, &row);
	tuner_ended(engine->tuner, row.number, row.state);
}

bool advice_wants_stop(struct engine *engine, struct live *live)
{
	return engine->assessor &&
	       !assessor_assess(engine->assessor, live->trial.key,
				live->history, live->history_count,
				live->kill_reason, sizeof(live->kill_reason));
}
