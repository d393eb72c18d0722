/* SPDX-License-Identifier: MIT */
/*
 * A tuner's history, told to a fresh one.
 *
 * It is told what it proposed, exactly.  Quick tuners propose the last ones
 * once more: what comes out must be what came out then.  What a slow one had
 * ready, and nobody had taken, is kept for the next free place.
 */
#include "engine/advice.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define REPLAY_WARNINGS_MAX 3 /* in the log; the rest is counted silently */

/* So many of the last suggestions are computed once more: thousands would take
 * a slow start. */
#define VERIFIED_MAX 200

struct replay {
	struct engine *engine;
	int64_t suggestions; /* how many there are */
	double *point;
	int warnings;
	/* The last change of space or arguments: what came before it was told
	 * to another tuner.  -1: there was none. */
	int64_t changed_at;
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
		tuner_format(engine->tuner_flags, engine->space, replay->point,
			     &text);
	same = !strcmp(text.data, row->parameters);
	if (!same && replay->warnings++ < REPLAY_WARNINGS_MAX)
		log_line(LOG_LEVEL_WARN,
			 "replay: suggestion %lld differs: was %s, is %s",
			 (long long)row->number, row->parameters, text.data);
	strbuf_release(&text);
	return same;
}

/* A slow tuner's own point, to the last bit. */
static bool has_point(const struct replay *replay, const struct history *row)
{
	return row->point && numbers_parse(row->point, replay->point,
					   replay->engine->space->count);
}

static void forget_ready(struct advice *advice)
{
	if (advice->is_ready)
		tuner_proposal_release(&advice->ready);
	advice->is_ready = false;
}

static void replay_prepared(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	struct advice *advice = engine->advice;
	struct tuner_suggestion suggestion = {
		.budget = row->budget,
		.parent = row->has_parent ? row->parent : -1,
		.extra = STRBUF_INIT,
	};

	if (row->number != engine->next_suggestion || !has_point(replay, row))
		return;
	forget_ready(advice);
	suggestion.point = xcalloc(engine->space->count + 1, sizeof(double));
	memcpy(suggestion.point, replay->point,
	       engine->space->count * sizeof(double));
	if (row->extra)
		strbuf_adds(&suggestion.extra, row->extra);
	advice->ready = (struct tuner_proposal){
		.number = row->number,
		.outcome = TUNER_SUGGESTED,
		.suggestion = suggestion,
	};
	advice->is_ready = true;
}

/* What was handed out, as exactly as it is known: the text has been quantised
 * and raised to powers, and the tuner learns from what it drew before that. */
static bool read_point(struct replay *replay, const struct history *row)
{
	struct error err;
	double budget;

	if (has_point(replay, row) ||
	    advice_point(replay->engine->space, row->parameters, replay->point,
			 NULL, &budget, &err))
		return true;
	if (replay->warnings++ < REPLAY_WARNINGS_MAX)
		log_line(LOG_LEVEL_WARN, "replay suggestion %lld: %s",
			 (long long)row->number, err.text);
	return false;
}

/* Is it to be proposed once more, to see that the same comes out?  The last
 * ones of quick tuners are, and those whose point was not kept. */
static bool is_verified(const struct replay *replay, const struct history *row)
{
	if (!row->point)
		return true;
	return !(replay->engine->tuner_flags & TUNER_SLOW) &&
	       row->number >= replay->suggestions - VERIFIED_MAX;
}

static void replay_suggested(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	bool same = false;

	advice_number(engine->advice, row->number, row->trial);
	/* new, and not run again */
	if (row->number == engine->next_suggestion) {
		forget_ready(engine->advice);
		same = is_verified(replay, row) &&
		       repeats_suggestion(replay, row);
		engine->next_suggestion++;
	}
	if (same || read_point(replay, row))
		tuner_adopt(engine->tuner, row->number, replay->point);
}

/* It knew less than there is to know now. */
static void outdate_ready(struct advice *advice)
{
	if (advice->is_ready)
		advice->ready.knows = UINT64_MAX;
}

static void replay_result(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	double values[OBJECTIVES_MAX];
	struct tuner_result result;
	double budget;
	struct error err;

	advice_row_result(row, &engine->advice->objectives, values, &result);
	if (row->kind == HISTORY_OBSERVED)
		tuner_observe(engine->tuner, row->number, &result);
	else if (advice_point(engine->space, row->parameters, replay->point,
			      NULL, &budget, &err))
		tuner_import(engine->tuner, replay->point, &result);
}

/* A result of a suggestion that was another tuner's: imported, if it is a
 * point of the space of now. */
static void replay_foreign(struct replay *replay, const struct history *row)
{
	struct engine *engine = replay->engine;
	double values[OBJECTIVES_MAX];
	struct tuner_result result;
	struct trial trial;
	struct error ignored;
	double budget;

	if (!store_trial_get(engine->store, row->trial, &trial, &ignored))
		return;
	advice_row_result(row, &engine->advice->objectives, values, &result);
	if (advice_point(engine->space, trial.parameters, replay->point, NULL,
			 &budget, &ignored))
		tuner_import(engine->tuner, replay->point, &result);
	trial_release(&trial);
}

/* True: the row was about a tuner that is no more, and is dealt with. */
static bool replay_before_change(struct replay *replay,
				 const struct history *row)
{
	struct engine *engine = replay->engine;
	bool is_before = row->position <= replay->changed_at;

	if (!is_before && row->number >= engine->advice->first_number)
		return false;
	switch (row->kind) {
	case HISTORY_SUGGESTED:
		advice_number(engine->advice, row->number, row->trial);
		if (row->number == engine->next_suggestion)
			engine->next_suggestion++;
		return true;
	case HISTORY_OBSERVED:
		replay_foreign(replay, row);
		return true;
	case HISTORY_IMPORTED: /* of whatever time, by its parameters */
		return false;
	default:
		return true;
	}
}

static bool replay_row(const struct history *row, void *arg)
{
	struct replay *replay = arg;
	struct engine *engine = replay->engine;

	if (!engine->tuner) { /* in Python: told when its process is up */
		if (row->kind == HISTORY_SUGGESTED) {
			advice_number(engine->advice, row->number, row->trial);
			engine->next_suggestion = replay->suggestions;
		}
		return true;
	}
	if (replay->changed_at >= 0 && replay_before_change(replay, row))
		return true;
	if (row->kind != HISTORY_PREPARED)
		outdate_ready(engine->advice);
	switch (row->kind) {
	case HISTORY_SUGGESTED:
		replay_suggested(replay, row);
		break;
	case HISTORY_OBSERVED:
	case HISTORY_IMPORTED:
		replay_result(replay, row);
		break;
	case HISTORY_ENDED:
		tuner_ended(engine->tuner, row->number, row->state);
		break;
	case HISTORY_PREPARED:
		replay_prepared(replay, row);
		break;
	case HISTORY_CHANGED: /* the fresh tuner is the one we have */
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
	if (!engine->assessor)
		return true;
	if (store_series_each(engine->store, trial->key, trial->attempt,
			      METRIC_OBJECTIVE, -1, add_to_curve, &curve, &err))
		assessor_ended(engine->assessor, trial->key,
			       trial->state == TRIAL_SUCCEEDED, curve.values,
			       curve.count);
	free(curve.values);
	return true;
}

static bool count_suggestion(const struct history *row, void *arg)
{
	struct replay *replay = arg;

	if (row->kind == HISTORY_SUGGESTED &&
	    row->number >= replay->suggestions)
		replay->suggestions = row->number + 1;
	if (row->kind == HISTORY_CHANGED) {
		replay->changed_at = row->position;
		replay->engine->advice->first_number = row->number;
	}
	return true;
}

bool advice_replay(struct engine *engine, struct error *err)
{
	struct replay replay = {.engine = engine, .changed_at = -1};
	bool ok;

	replay.point = xcalloc(engine->space->count + 1, sizeof(double));
	ok = store_history_each(engine->store, engine->experiment.key,
				count_suggestion, &replay, err) &&
	     store_history_each(engine->store, engine->experiment.key,
				replay_row, &replay, err) &&
	     store_trials_each(engine->store, engine->experiment.key, 0,
			       STORE_TRIAL_BRIEF, replay_finished, engine, err);
	free(replay.point);
	return ok;
}
