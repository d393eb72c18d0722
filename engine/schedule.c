/* SPDX-License-Identifier: MIT */
/*
 * When to start a trial, and when the experiment is over.
 *
 * Looked at once a turn.  Free places go to queued trials first (restarts,
 * retries, trials of the user's own), then to the tuner.  Reaching a limit
 * never kills what runs: the experiment is NO_MORE_TRIAL until the last one
 * has ended, then DONE; raising the limit brings it back.  An exhausted tuner
 * ends it the same way.
 *
 * A stop cancels what runs, or lets it finish: which of them stands in the
 * experiment's row beside STOPPING, so that it outlives a crash.  What is only
 * queued is canceled in either case.
 */
#include "engine/state.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

#define HOLD_MS 1000
/* A turn asks the tuner for no longer: others are waiting. */
#define SUGGESTING_MAX_NS (100 * NS_PER_MS)

static bool is_clock_running(const struct engine *engine)
{
	enum experiment_state state = engine->experiment.state;

	return !engine->experiment.is_paused &&
	       (state == EXPERIMENT_RUNNING ||
		state == EXPERIMENT_NO_MORE_TRIAL ||
		state == EXPERIMENT_TUNER_NO_MORE_TRIAL);
}

int64_t schedule_run_ns(const struct engine *engine)
{
	int64_t ran = engine->experiment.run_ns;

	if (engine->ran_since_ns)
		ran += clock_mono_ns() - engine->ran_since_ns;
	return ran;
}

/* Stop or start the clock that maxExperimentDuration is about. */
static void adjust_clock(struct engine *engine)
{
	bool should_run = is_clock_running(engine);

	if (should_run == (engine->ran_since_ns != 0))
		return;
	engine->experiment.run_ns = schedule_run_ns(engine);
	engine->ran_since_ns = should_run ? clock_mono_ns() : 0;
}

bool schedule_set_state(struct engine *engine, enum experiment_state state)
{
	struct experiment *experiment = &engine->experiment;
	enum experiment_state from = experiment->state;

	if (from == state)
		return true;
	if (!experiment_state_may_move(from, state))
		return false;
	experiment->state = state;
	engine->has_experiment_changes = true;
	adjust_clock(engine);
	if (experiment_state_is_terminal(state))
		experiment->ended_ns = clock_wall_ns();
	else
		experiment->ended_ns = 0;
	status_event(engine, NULL,
		     state == EXPERIMENT_ERROR ? EVENT_ERROR : EVENT_INFO,
		     "experiment-state", "%s -> %s",
		     experiment_state_name(from), experiment_state_name(state));
	return true;
}

void schedule_go_on(struct engine *engine)
{
	free(engine->experiment.error);
	engine->experiment.error = NULL;
	engine->experiment.is_paused = false;
	engine->experiment.lets_finish = false;
	schedule_set_state(engine, EXPERIMENT_RUNNING);
	python_go_on(engine);
}

void schedule_stop(struct engine *engine, bool lets_finish)
{
	struct experiment *experiment = &engine->experiment;
	struct live *next;

	experiment->is_paused = false;
	experiment->lets_finish = lets_finish;
	engine->has_experiment_changes = true;
	schedule_set_state(engine, EXPERIMENT_STOPPING);
	outputs_stop(engine);
	for (struct live *live = engine->first; live; live = next) {
		next = live->later;
		if (!lets_finish || !live->is_submitted)
			attempts_kill(engine, live, TRIAL_USER_CANCELED,
				      "the experiment was stopped");
	}
}

static bool is_out_of_time(const struct engine *engine)
{
	int64_t limit_s = engine->experiment.max_duration_s;

	return limit_s && schedule_run_ns(engine) >= limit_s * NS_PER_S;
}

static bool is_out_of_trials(const struct engine *engine)
{
	return engine->experiment.max_trials &&
	       engine->experiment.next_sequence >=
		       engine->experiment.max_trials;
}

static void limit_due(void *arg)
{
	struct engine *engine = arg;

	engine->limit = NULL; /* the turn that follows looks */
}

static void arm_limit(struct engine *engine)
{
	int64_t limit_s = engine->experiment.max_duration_s;
	int64_t left_ms;

	loop_cancel(engine->loop, engine->limit);
	engine->limit = NULL;
	if (!limit_s || !engine->ran_since_ns || is_out_of_time(engine))
		return;
	left_ms = limit_s * 1000 - schedule_run_ns(engine) / NS_PER_MS + 1;
	engine->limit = loop_after(engine->loop, left_ms, limit_due, engine);
}

void schedule_knobs_changed(struct engine *engine)
{
	engine->has_experiment_changes = true;
	if (python_has_tuner(engine))
		engine->is_stalled = false; /* more may be asked for */
	adjust_clock(engine);
	arm_limit(engine);
	attempts_arm_deadline(engine);
}

static void hold_over(void *arg)
{
	struct engine *engine = arg;

	engine->hold = NULL; /* the turn that follows looks */
}

/* When one could not be started the next one hardly can, and without a limit
 * there is always a next one. */
void schedule_hold(struct engine *engine)
{
	if (!engine->hold)
		engine->hold =
			loop_after(engine->loop, HOLD_MS, hold_over, engine);
}

static bool has_free_place(const struct engine *engine)
{
	return !engine->hold &&
	       engine->live_count < engine->experiment.concurrency;
}

static void submit_queued(struct engine *engine)
{
	for (struct live *live = engine->first;
	     live && engine->queued_count && has_free_place(engine);
	     live = live->later)
		if (!live->is_submitted)
			attempts_submit(engine, live);
}

/* Is there nothing left that must end before the experiment can? */
static bool is_idle(const struct engine *engine)
{
	return !engine->live_count && !engine->queued_count;
}

static void tuner_failed(struct engine *engine, const struct error *err)
{
	free(engine->experiment.error);
	engine->experiment.error = xstrdup(err->text);
	schedule_set_state(engine, EXPERIMENT_ERROR);
}

/* One more trial from the tuner.  False: none now. */
static bool start_suggested(struct engine *engine)
{
	struct advised advised;
	struct live *live;
	struct error err;

	switch (advice_suggest(engine, &advised, &err)) {
	case TUNER_SUGGESTED:
		break;
	case TUNER_NOTHING_NOW:
		if (engine->is_thinking)
			return false;
		engine->is_stalled = true;
		if (is_idle(engine) && !engine->python) {
			/* the result will never come */
			error_set(&err, ERROR_INVALID,
				  "the tuner waits for a result, but no trial "
				  "runs");
			tuner_failed(engine, &err);
		}
		return false;
	case TUNER_EXHAUSTED:
		engine->is_exhausted = true;
		return false;
	case TUNER_FAILED:
		error_prefix(&err, "ask the tuner");
		tuner_failed(engine, &err);
		return false;
	}
	live = attempts_add_trial(engine, advised.parameters, 'a');
	advised.parameters = NULL; /* the trial's */
	if (!engine->has_failed) {
		live->number = engine->next_suggestion++;
		advice_record_suggestion(engine, live, &advised);
	}
	advised_release(&advised);
	if (engine->has_failed)
		return false;
	attempts_submit(engine, live);
	return !engine->has_failed;
}

void schedule_settle(struct engine *engine)
{
	enum experiment_state state = engine->experiment.state;
	bool is_limited = is_out_of_trials(engine) || is_out_of_time(engine);

	if (state == EXPERIMENT_STOPPING) {
		if (is_idle(engine)) {
			engine->experiment.lets_finish = false;
			schedule_set_state(engine, EXPERIMENT_STOPPED);
		}
		return;
	}
	if (experiment_state_is_terminal(state) && state != EXPERIMENT_DONE)
		return;
	if (is_limited || engine->is_exhausted) {
		if (state == EXPERIMENT_DONE && is_idle(engine))
			return;
		if (state == EXPERIMENT_DONE) /* a restart woke it up */
			schedule_set_state(engine, EXPERIMENT_RUNNING);
		schedule_set_state(engine,
				   is_limited ? EXPERIMENT_NO_MORE_TRIAL
					      : EXPERIMENT_TUNER_NO_MORE_TRIAL);
		if (is_idle(engine))
			schedule_set_state(engine, EXPERIMENT_DONE);
	} else {
		schedule_set_state(engine, EXPERIMENT_RUNNING);
	}
}

static void start_suggestions(struct engine *engine)
{
	int64_t until = clock_mono_ns() + SUGGESTING_MAX_NS;

	while (!engine->has_failed && !engine->is_stalled &&
	       has_free_place(engine) && !is_out_of_trials(engine) &&
	       !is_out_of_time(engine) && start_suggested(engine))
		if (clock_mono_ns() >= until) {
			loop_wake(engine->loop); /* and go on */
			return;
		}
}

void schedule(struct engine *engine)
{
	struct experiment *experiment = &engine->experiment;

	schedule_settle(engine);
	if (experiment_state_is_terminal(experiment->state) ||
	    experiment->state == EXPERIMENT_STOPPING || experiment->is_paused)
		return;
	outputs_go_on(engine);
	/* Queued ones are counted already and go on beyond the limits. */
	submit_queued(engine);
	if (experiment->state == EXPERIMENT_RUNNING) {
		start_suggestions(engine);
		schedule_settle(engine);
	}
	if (!engine->limit)
		arm_limit(engine);
}
