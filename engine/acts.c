/* SPDX-License-Identifier: MIT */
/*
 * Commands that only some kinds of job know: suspend, resume, stop in order,
 * terminate, retry.
 *
 * The platform asks the cluster and tells later; until then the command has no
 * outcome, so that it is found again after a crash.  A trial that was stopped
 * by hand is canceled, as a killed one is, and does not run again by itself.
 */
#include "engine/state.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void refuse(struct engine *engine, const struct command *command,
		   const char *why)
{
	commands_answer(engine, command, COMMAND_REFUSED, why);
}

static void ask_platform(struct engine *engine, const struct command *command,
			 struct live *live, enum kind_action action)
{
	const struct platform_ops *ops = engine->platform_ops;
	char who[64], why[160];
	struct error err;

	if (!live->is_submitted) {
		refuse(engine, command, "the trial still waits for its turn");
		return;
	}
	if (!ops->act) {
		snprintf(why, sizeof(why),
			 "trials of platform %s run and end, no more: kill it, "
			 "or restart it when it is over",
			 ops->name);
		refuse(engine, command, why);
		return;
	}
	commands_describe(live, who, sizeof(who));
	status_event(engine, live, EVENT_INFO, "command", "%s %s by %s",
		     kind_action_name(action), who,
		     command->asked_by ? command->asked_by : "a user");
	if (!ops->act(engine->platform, live->trial.key, live->attempt.number,
		      action, command->key, &err))
		refuse(engine, command, err.text);
}

void acts_carry_out(struct engine *engine, const struct command *command)
{
	const char *name = command->argument ? command->argument : "";
	struct live *live = live_find(engine, command->trial);
	enum kind_action action;
	char why[160];

	if (!kind_action_parse(name, &action)) {
		snprintf(why, sizeof(why), "%s: no such action; there are %s",
			 *name ? name : "nothing", kind_action_list());
		refuse(engine, command, why);
	} else if (!command->trial) {
		refuse(engine, command, "name the trial");
	} else if (live) {
		ask_platform(engine, command, live, action);
	} else if (action == KIND_RETRY) {
		/* what has ended runs again as a whole */
		commands_restart(engine, command);
	} else {
		refuse(engine, command, "the trial is over already");
	}
}

/* ---- the outcome -------------------------------------------------------- */

static void end_by_hand(struct engine *engine, struct live *live,
			const struct command *command)
{
	if (live->kill_as == TRIAL_UNKNOWN) {
		live->kill_as = TRIAL_USER_CANCELED;
		snprintf(live->kill_reason, sizeof(live->kill_reason),
			 "%s by %s", command->argument,
			 command->asked_by ? command->asked_by : "a user");
	}
	commands_await_end(engine, live, command->key);
}

static void take(struct engine *engine, const struct command *command,
		 const char *problem)
{
	struct live *live = live_find(engine, command->trial);
	enum kind_action action;
	char outcome[128], who[64];

	if (command->state != COMMAND_PENDING || !command->argument ||
	    !kind_action_parse(command->argument, &action))
		return;
	if (problem || !live) {
		commands_answer_key(engine, command->key, COMMAND_REFUSED,
				    problem ? problem
					    : "the trial is over already");
		return;
	}
	if (action == KIND_STOP || action == KIND_TERMINATE) {
		end_by_hand(engine, live, command);
		return;
	}
	commands_describe(live, who, sizeof(who));
	snprintf(outcome, sizeof(outcome), "%s: %s", who,
		 action == KIND_SUSPEND	 ? "suspended"
		 : action == KIND_RESUME ? "resumed"
					 : "retried");
	commands_answer_key(engine, command->key, COMMAND_DONE, outcome);
}

void acts_told(struct engine *engine, int64_t key, const char *problem)
{
	struct command command;
	struct error err;

	if (!turn_begin(engine))
		return;
	if (!store_command_get(engine->store, key, &command, &err)) {
		turn_fail(engine, &err);
		return;
	}
	take(engine, &command, problem);
	command_release(&command);
}
