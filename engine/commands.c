/* SPDX-License-Identifier: MIT */
/*
 * What people asked for, and the one outcome of each.
 *
 * Commands are rows that anybody may append; this answers them, in the same
 * transaction as what they change.  A kill is answered when its trials have
 * really ended.  After a crash, commands without an outcome are simply found
 * pending again; carrying one out twice is harmless by construction.
 */
#include "engine/state.h"

#include "base/log.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETERS_MAX (256 * 1024)

void commands_answer_key(struct engine *engine, int64_t command,
			 enum command_state state, const char *outcome)
{
	struct error err;

	if (!turn_begin(engine))
		return;
	engine->is_versioned = true;
	/* An outcome that is there already stays (ERROR_CONFLICT). */
	if (!store_command_answer(engine->store, command, state, outcome,
				  &err) &&
	    err.code != ERROR_CONFLICT)
		turn_fail(engine, &err);
}

void commands_answer(struct engine *engine, const struct command *command,
		     enum command_state state, const char *outcome)
{
	commands_answer_key(engine, command->key, state, outcome);
	status_event(engine, NULL, EVENT_INFO, "command", "%s%s%s by %s: %s",
		     command_verb_name(command->verb),
		     command->argument && *command->argument ? " " : "",
		     command->argument ? command->argument : "",
		     command->asked_by ? command->asked_by : "somebody",
		     outcome);
}

static void done(struct engine *engine, const struct command *command,
		 const char *outcome)
{
	commands_answer(engine, command, COMMAND_DONE, outcome);
}

static void refuse(struct engine *engine, const struct command *command,
		   const char *why)
{
	commands_answer(engine, command, COMMAND_REFUSED, why);
}

/* ---- kill ---------------------------------------------------------------- */

void commands_describe(const struct live *live, char *text, size_t size)
{
	snprintf(text, size, "trial %s (#%lld)", live->trial.id,
		 (long long)live->trial.sequence);
}

static void finish_kill(struct engine *engine, struct kill_request *request)
{
	char outcome[128];

	if (request->who[0])
		snprintf(outcome, sizeof(outcome), "%s ended", request->who);
	else
		snprintf(outcome, sizeof(outcome), "%d trials ended",
			 request->wanted);
	commands_answer_key(engine, request->command, COMMAND_DONE, outcome);
	free(request);
}

void commands_kill_progress(struct engine *engine, struct live *live)
{
	for (size_t i = 0; i < live->kill_count; i++)
		if (--live->kills[i]->left == 0)
			finish_kill(engine, live->kills[i]);
	live->kill_count = 0;
}

static void kill_one(struct engine *engine, struct live *live,
		     struct kill_request *request, const char *by)
{
	char reason[160];

	ARRAY_RESERVE(live->kills, live->kill_count, live->kill_capacity);
	live->kills[live->kill_count++] = request;
	snprintf(reason, sizeof(reason), "killed by %s", by);
	attempts_kill(engine, live, TRIAL_USER_CANCELED, reason);
}

void commands_await_end(struct engine *engine, struct live *live,
			int64_t command)
{
	struct kill_request *request = xcalloc(1, sizeof(*request));

	(void)engine;
	request->command = command;
	request->wanted = request->left = 1;
	commands_describe(live, request->who, sizeof(request->who));
	ARRAY_RESERVE(live->kills, live->kill_count, live->kill_capacity);
	live->kills[live->kill_count++] = request;
}

static void do_kill(struct engine *engine, const struct command *command)
{
	const char *by = command->asked_by ? command->asked_by : "a user";
	struct live *live = live_find(engine, command->trial);
	struct kill_request *request;
	struct live *next;

	if (command->trial ? !live : !engine->first) {
		refuse(engine, command,
		       command->trial ? "the trial is over already"
				      : "no trial is running");
		return;
	}
	request = xcalloc(1, sizeof(*request));
	request->command = command->key;
	if (live)
		commands_describe(live, request->who, sizeof(request->who));
	request->wanted = live ? 1 : engine->live_count + engine->queued_count;
	/* One more than there are, so that it cannot end half-way. */
	request->left = request->wanted + 1;
	status_event(engine, live, EVENT_INFO, "command", "kill %s by %s",
		     live ? request->who : "all trials", by);
	if (live) {
		kill_one(engine, live, request, by);
	} else {
		for (live = engine->first; live; live = next) {
			next = live->later;
			kill_one(engine, live, request, by);
		}
	}
	if (--request->left == 0)
		finish_kill(engine, request);
}

/* ---- the others -----------------------------------------------------------
 */

static void do_stop(struct engine *engine, const struct command *command)
{
	struct experiment *experiment = &engine->experiment;
	const char *how = command->argument ? command->argument : "";
	bool lets_finish = !strcmp(how, COMMAND_STOP_LEAVE);
	char outcome[96];

	if (*how && !lets_finish) {
		refuse(engine, command,
		       "a stop either cancels trials (no argument) or is "
		       "\"" COMMAND_STOP_LEAVE "\"");
	} else if (experiment_state_is_terminal(experiment->state)) {
		refuse(engine, command, "the experiment is over already");
	} else if (lets_finish && experiment->state == EXPERIMENT_STOPPING &&
		   !experiment->lets_finish) {
		refuse(engine, command,
		       "its trials are being canceled already");
	} else {
		schedule_stop(engine, lets_finish);
		if (lets_finish)
			snprintf(outcome, sizeof(outcome),
				 "stopping when %d trial%s ended",
				 engine->live_count,
				 engine->live_count == 1 ? " has" : "s have");
		else
			snprintf(outcome, sizeof(outcome), "stopping");
		done(engine, command, outcome);
	}
}

static void do_restart_failed(struct engine *engine,
			      const struct command *command)
{
	struct error err;
	char outcome[64];
	int count;

	if (!restart_failed(engine, &count, &err)) {
		refuse(engine, command, err.text);
		return;
	}
	snprintf(outcome, sizeof(outcome), "%d failed trial%s restarted", count,
		 count == 1 ? "" : "s");
	if (count)
		done(engine, command, outcome);
	else
		refuse(engine, command, "no trial has failed");
}

void commands_restart(struct engine *engine, const struct command *command)
{
	enum experiment_state state = engine->experiment.state;
	struct error err;
	char outcome[64];
	struct live *live;

	if (state == EXPERIMENT_STOPPING || state == EXPERIMENT_STOPPED ||
	    state == EXPERIMENT_ERROR) {
		refuse(engine, command,
		       "the experiment is stopped: resume it first");
		return;
	}
	if (!command->trial) {
		do_restart_failed(engine, command);
		return;
	}
	if (!restart_trial(engine, command->trial, &err)) {
		refuse(engine, command, err.text);
		return;
	}
	live = live_find(engine, command->trial);
	snprintf(outcome, sizeof(outcome), "trial %s (#%lld): attempt %d",
		 live->trial.id, (long long)live->trial.sequence,
		 live->attempt.number);
	done(engine, command, outcome);
}

static void do_pause(struct engine *engine, const struct command *command,
		     bool is_paused)
{
	struct experiment *experiment = &engine->experiment;

	if (!is_paused && (experiment->state == EXPERIMENT_STOPPED ||
			   experiment->state == EXPERIMENT_ERROR)) {
		schedule_go_on(engine);
		done(engine, command, "going on");
	} else if (experiment_state_is_terminal(experiment->state)) {
		refuse(engine, command, "the experiment is over");
	} else if (experiment->state == EXPERIMENT_STOPPING) {
		refuse(engine, command, "the experiment is stopping");
	} else if (experiment->is_paused == is_paused) {
		refuse(engine, command,
		       is_paused ? "it is paused already" : "it is not paused");
	} else {
		experiment->is_paused = is_paused;
		schedule_knobs_changed(engine);
		if (!is_paused)
			python_go_on(engine);
		done(engine, command,
		     is_paused ? "paused: no new trials start" : "going on");
	}
}

static void do_set(struct engine *engine, const struct command *command)
{
	struct experiment *experiment = &engine->experiment;
	char name[32], outcome[128];
	struct error err;
	int64_t value, old;

	if (!knob_parse(command->argument ? command->argument : "", name,
			sizeof(name), &value, &err)) {
		refuse(engine, command, err.text);
		return;
	}
	if (!strcmp(name, "concurrency")) {
		old = experiment->concurrency;
		experiment->concurrency = (int)value;
	} else if (!strcmp(name, "max-trials")) {
		old = experiment->max_trials;
		experiment->max_trials = value;
	} else if (!strcmp(name, "max-duration")) {
		old = experiment->max_duration_s;
		experiment->max_duration_s = value;
	} else if (!strcmp(name, "max-trial-duration")) {
		old = experiment->max_trial_duration_s;
		experiment->max_trial_duration_s = value;
	} else {
		old = experiment->max_retries;
		experiment->max_retries = (int)value;
	}
	schedule_knobs_changed(engine);
	snprintf(outcome, sizeof(outcome), "%s: %lld -> %lld", name,
		 (long long)old, (long long)value);
	done(engine, command, outcome);
}

static void do_add_trial(struct engine *engine, const struct command *command)
{
	const struct experiment *experiment = &engine->experiment;
	const char *text = command->argument ? command->argument : "";
	cJSON *json = strlen(text) <= PARAMETERS_MAX
			      ? cJSON_ParseWithOpts(text, NULL, true)
			      : NULL;
	char outcome[64];
	struct live *live;
	char *compact;

	if (!cJSON_IsObject(json)) {
		refuse(engine, command, "parameters must be a JSON object");
	} else if (experiment_state_is_terminal(experiment->state) ||
		   experiment->state != EXPERIMENT_RUNNING) {
		refuse(engine, command,
		       "the experiment takes no more trials: raise its limits");
	} else {
		compact = cJSON_PrintUnformatted(json);
		live = attempts_add_trial(engine, compact, 'c');
		if (!engine->has_failed) {
			snprintf(outcome, sizeof(outcome),
				 "trial %s (#%lld) queued", live->trial.id,
				 (long long)live->trial.sequence);
			done(engine, command, outcome);
		}
	}
	cJSON_Delete(json);
}

static void carry_out(struct engine *engine, const struct command *command)
{
	switch (command->verb) {
	case COMMAND_KILL:
		do_kill(engine, command);
		break;
	case COMMAND_RESTART:
		commands_restart(engine, command);
		break;
	case COMMAND_PAUSE:
		do_pause(engine, command, true);
		break;
	case COMMAND_RESUME:
		do_pause(engine, command, false);
		break;
	case COMMAND_STOP:
		do_stop(engine, command);
		break;
	case COMMAND_SET:
		do_set(engine, command);
		break;
	case COMMAND_ADD_TRIAL:
		do_add_trial(engine, command);
		break;
	case COMMAND_ACT:
		acts_carry_out(engine, command);
		break;
	case COMMAND_CHANGE:
		change_carry_out(engine, command);
		break;
	case COMMAND_VERB_COUNT:
		refuse(engine, command, "this trialdeck knows no such command");
		break;
	}
	engine->last_command = command->key;
	schedule_settle(engine); /* the next one meets what this one did */
}

/* ---- looking ----------------------------------------------------------------
 */

#define LOOK_MAX 1000

struct pending {
	int64_t after; /* key */
	struct command *items;
	size_t count, capacity;
};

/* Keys ascend: what is pending up to the last one carried out is a kill that
 * waits for its trials. */
static bool collect(const struct command *command, void *arg)
{
	struct pending *pending = arg;
	struct command *copy;

	if (command->key <= pending->after)
		return true;
	ARRAY_RESERVE(pending->items, pending->count, pending->capacity);
	copy = &pending->items[pending->count++];
	*copy = *command;
	copy->argument = xstrdup_or_null(command->argument);
	copy->asked_by = xstrdup_or_null(command->asked_by);
	copy->outcome = NULL;
	return pending->count < LOOK_MAX;
}

/* False when there may be more. */
static bool look(struct engine *engine)
{
	struct pending pending = {.after = engine->last_command};
	struct error err;

	if (!store_commands_pending(engine->store, engine->experiment.key,
				    collect, &pending, &err))
		turn_fail(engine, &err);
	for (size_t i = 0; i < pending.count; i++) {
		if (!engine->has_failed)
			carry_out(engine, &pending.items[i]);
		command_release(&pending.items[i]);
	}
	free(pending.items);
	return pending.count < LOOK_MAX || engine->has_failed;
}

void commands_look(struct engine *engine)
{
	while (!look(engine))
		;
}
