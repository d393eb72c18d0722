/* SPDX-License-Identifier: MIT */
/*
 * Trials that are over, run again by hand.
 *
 * A restart is a new attempt of the same trial with the same parameters.  The
 * tuner hears that its suggestion runs again; what the trial had reached counts
 * no longer, so the experiment's best may have to be looked for.
 */
#include "engine/state.h"

#include "base/mem.h"

#include <stdlib.h>

struct best {
	enum objective_mode mode;
	int64_t trial; /* key; 0: none */
	struct metric_value value;
};

static bool take_better(const struct trial *trial, void *arg)
{
	struct best *best = arg;

	if (trial_state_is_terminal(trial->state) && trial->final.is_set &&
	    objective_is_better(best->mode, trial->final, best->value)) {
		best->value = trial->final;
		best->trial = trial->key;
	}
	return true;
}

static bool find_best(struct engine *engine, struct error *err)
{
	struct experiment *experiment = &engine->experiment;
	struct best best = {.mode = experiment->objective};

	if (!store_trials_each(engine->store, experiment->key, 0,
			       STORE_TRIAL_BRIEF, take_better, &best, err))
		return false;
	experiment->best = best.value;
	experiment->best_trial = best.trial;
	engine->has_experiment_changes = true;
	return true;
}

/* The trial is live again, but nothing has been done about it. */
static bool take_back(struct engine *engine, int64_t key, struct error *err)
{
	struct live *live = live_find(engine, key);

	if (live)
		return error_set(err, ERROR_CONFLICT,
				 "trial %s is not over: kill it first",
				 live->trial.id);
	live = live_add(engine);
	if (!store_trial_get(engine->store, key, &live->trial, err)) {
		live_remove(engine, live);
		return false;
	}
	if (live->trial.experiment != engine->experiment.key) {
		live_remove(engine, live);
		return error_set(err, ERROR_NOT_FOUND,
				 "the trial is of another experiment");
	}
	live_index(engine, live);
	live->is_returning = true;
	return true;
}

static bool set_number(const struct history *row, void *arg)
{
	struct live *live;

	if (row->kind != HISTORY_SUGGESTED)
		return true;
	live = live_find(arg, row->trial);
	if (live && live->is_returning)
		advice_take_up(row, live);
	return true;
}

static void begin_again(struct engine *engine, struct live *live)
{
	live->is_returning = false;
	engine->finished_count--;
	attempts_queue_again(engine, live, NULL);
	if (live->number >= 0)
		advice_runs_again(engine, live);
	status_event(engine, live, EVENT_INFO, "trial-restarted",
		     "trial %s (#%lld): attempt %d", live->trial.id,
		     (long long)live->trial.sequence, live->attempt.number);
}

/* One walk over the history, however many come back. */
static bool begin_all(struct engine *engine, struct error *err)
{
	int64_t best = engine->experiment.best_trial;
	struct live *next;
	bool ok = store_history_each(engine->store, engine->experiment.key,
				     set_number, engine, err);

	for (struct live *live = engine->first; live; live = next) {
		next = live->later;
		if (!live->is_returning)
			continue;
		if (ok)
			begin_again(engine, live);
		else
			live_remove(engine, live);
	}
	return ok &&
	       (!best || !live_find(engine, best) || find_best(engine, err));
}

bool restart_trial(struct engine *engine, int64_t key, struct error *err)
{
	return take_back(engine, key, err) && begin_all(engine, err);
}

struct failed {
	int64_t *keys;
	size_t count, capacity;
};

static bool add_failed(const struct trial *trial, void *arg)
{
	struct failed *failed = arg;

	if (trial->state != TRIAL_FAILED)
		return true;
	ARRAY_RESERVE(failed->keys, failed->count, failed->capacity);
	failed->keys[failed->count++] = trial->key;
	return true;
}

bool restart_failed(struct engine *engine, int *ret_count, struct error *err)
{
	struct failed failed = {0};
	bool ok =
		store_trials_each(engine->store, engine->experiment.key, 0,
				  STORE_TRIAL_BRIEF, add_failed, &failed, err);

	for (size_t i = 0; ok && i < failed.count; i++)
		ok = take_back(engine, failed.keys[i], err);
	free(failed.keys);
	*ret_count = (int)failed.count;
	return begin_all(engine, err) && ok;
}
