/* SPDX-License-Identifier: MIT */
/*
 * Commands to a running experiment.  Each is one row that whoever runs the
 * experiment answers; this file appends it and waits for the answer.  When
 * nobody runs the experiment nothing is appended: a command that would be
 * carried out at some later resume is not what was asked for.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/asker.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "model/action.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* pods are given half a minute to end, and a kill is answered when they have */
#define ANSWER_WAIT_NS (60 * NS_PER_S)
#define LOOK_EVERY_MS 20
#define CHANGE_MAX ((size_t)4 << 20) /* bytes of a search space */

/* Look whenever somebody else has committed, until the command is answered. */
static bool wait_for_answer(struct store *store, struct command *command,
			    struct error *err)
{
	const struct timespec pause = {0, LOOK_EVERY_MS * NS_PER_MS};
	int64_t until_ns = clock_mono_ns() + ANSWER_WAIT_NS;
	int64_t key = command->key;
	int64_t seen = -1;

	while (clock_mono_ns() < until_ns) {
		int64_t now = store_data_version(store);

		if (now != seen) {
			command_release(command);
			if (!store_command_get(store, key, command, err))
				return false;
			if (command->state != COMMAND_PENDING)
				return true;
			seen = now;
		}
		nanosleep(&pause, NULL);
	}
	return error_set(err, ERROR_TIMEOUT,
			 "no answer within %d s; the request stays recorded",
			 (int)(ANSWER_WAIT_NS / NS_PER_S));
}

static void print_outcome(struct cli *cli, const struct command *command,
			  const char *trial)
{
	bool is_done = command->state == COMMAND_DONE;
	struct strbuf line = STRBUF_INIT;

	if (cli->is_json) {
		strbuf_addf(&line, "{\"command\":\"%s\",\"trial\":",
			    command_verb_name(command->verb));
		if (trial)
			strbuf_add_json_string(&line, trial);
		else
			strbuf_adds(&line, "null");
		strbuf_addf(&line, ",\"done\":%s,\"outcome\":",
			    is_done ? "true" : "false");
		strbuf_add_json_string(
			&line, command->outcome ? command->outcome : "");
		strbuf_adds(&line, "}\n");
	} else {
		const char *text = command->outcome ? command->outcome : "";

		strbuf_addf(&line, "%s%s%s: ", command_verb_name(command->verb),
			    trial ? " " : "", trial ? trial : "");
		utf8_sanitize(&line,
			      *text	? text
			      : is_done ? "done"
					: "refused",
			      *text	? strlen(text)
			      : is_done ? 4
					: 7,
			      false);
		strbuf_addch(&line, '\n');
	}
	if (is_done || cli->is_json)
		output_flush(&line);
	else
		fprintf(stderr, "trialdeck: %s", line.data);
	strbuf_release(&line);
}

/* Append one command, wait, print.  Returns an exit status. */
static int ask(struct cli *cli, struct found *found, enum command_verb verb,
	       const struct trial *trial, const char *argument)
{
	struct command command = {
		.experiment = found->experiment.key,
		.trial = trial ? trial->key : 0,
		.verb = verb,
		.argument = xstrdup_or_null(argument),
		.asked_by = cli_asker(),
		.asked_ns = clock_wall_ns(),
	};
	struct error err = {0};
	int status = CLI_FAILED;

	if (!store_command_append(found->store, &command, &err) ||
	    !wait_for_answer(found->store, &command, &err)) {
		status = cli_fail_at(&err, "%s", command_verb_name(verb));
	} else {
		print_outcome(cli, &command, trial ? trial->id : NULL);
		if (command.state == COMMAND_DONE)
			status = CLI_DONE;
	}
	command_release(&command);
	return status;
}

/* The experiment, and somebody who runs it. */
static int open_live(struct cli *cli, struct found *found)
{
	struct error err = {0};
	int pid;

	if (!found_experiment(cli, STORE_APPEND, found, &err))
		return cli_fail(&err);
	if (store_experiment_is_live(cli->db_path, found->experiment.id, &pid))
		return CLI_DONE;
	error_set(&err, ERROR_UNAVAILABLE,
		  "%s: no process runs experiment %s; "
		  "'trialdeck resume %s' takes it up",
		  cli->command->name, found->experiment.id,
		  found->experiment.id);
	found_release(found);
	return cli_fail(&err);
}

static int ask_experiment(struct cli *cli, enum command_verb verb,
			  const char *argument)
{
	struct found found;
	int status = open_live(cli, &found);

	if (status)
		return status;
	status = ask(cli, &found, verb, NULL, argument);
	found_release(&found);
	return status;
}

/* One command for each trial named from argument `first` on; the worst status.
 */
static int ask_each(struct cli *cli, struct found *found,
		    enum command_verb verb, size_t first, const char *argument)
{
	int worst = CLI_DONE;

	for (size_t i = first; i < cli->argument_count; i++) {
		struct error err = {0};
		struct trial trial;
		int status;

		if (store_trial_find(found->store, found->experiment.key,
				     cli->arguments[i], &trial, &err)) {
			status = ask(cli, found, verb, &trial, argument);
			trial_release(&trial);
		} else {
			status = cli_fail_at(&err, "%s", cli->command->name);
		}
		if (status > worst)
			worst = status;
	}
	return worst;
}

/* ---- what a filter matches ------------------------------------------------
 */

struct matched {
	enum command_verb verb;
	struct trial *trials; /* owned, brief */
	size_t count, capacity, all;
};

static bool add_match(const struct trial *trial, void *arg)
{
	struct matched *matched = arg;
	bool has_ended = trial_state_is_terminal(trial->state);
	struct trial *one;

	matched->all++;
	if (has_ended != (matched->verb == COMMAND_RESTART))
		return true;
	ARRAY_RESERVE(matched->trials, matched->count, matched->capacity);
	one = &matched->trials[matched->count++];
	*one = *trial;
	one->parameters = one->reason = one->tags = one->note = NULL;
	return true;
}

/* "kill 12 trials of demo that match "lr>1" (#3 #5 #8 ...)? [y/N] " */
static bool confirm(const struct cli *cli, const struct found *found,
		    const struct matched *matched)
{
	const char *name = found->experiment.name ? found->experiment.name
						  : found->experiment.id;
	struct strbuf line = STRBUF_INIT;
	char answer[16] = "";
	size_t i;

	strbuf_addf(&line, "%s %zu trial%s of ", cli->command->name,
		    matched->count, matched->count == 1 ? "" : "s");
	utf8_sanitize(&line, name, strlen(name), false);
	strbuf_adds(&line, " that match (");
	for (i = 0; i < matched->count && i < 10; i++)
		strbuf_addf(&line, "%s#%lld", i ? " " : "",
			    (long long)matched->trials[i].sequence);
	strbuf_adds(&line, matched->count > 10 ? " ...)? [y/N] " : ")? [y/N] ");
	fputs(line.data, stderr);
	fflush(stderr);
	strbuf_release(&line);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

static bool append(const struct found *found, enum command_verb verb,
		   const struct trial *trial, struct command *ret,
		   struct error *err)
{
	*ret = (struct command){
		.experiment = found->experiment.key,
		.trial = trial->key,
		.verb = verb,
		.asked_by = cli_asker(),
		.asked_ns = clock_wall_ns(),
	};
	return store_command_append(found->store, ret, err);
}

/* All are asked for before the first answer is waited for: pods end beside
 * each other. */
static int ask_matched(struct cli *cli, struct found *found,
		       const struct matched *matched)
{
	struct command *commands =
		xcalloc(matched->count + 1, sizeof(*commands));
	struct error err = {0};
	int worst = CLI_DONE;
	size_t sent, i;

	for (sent = 0; sent < matched->count; sent++)
		if (!append(found, matched->verb, &matched->trials[sent],
			    &commands[sent], &err)) {
			worst = cli_fail_at(&err, "%s", cli->command->name);
			command_release(&commands[sent]);
			break;
		}
	for (i = 0; i < sent; i++) {
		int status = CLI_FAILED;

		if (!wait_for_answer(found->store, &commands[i], &err)) {
			status = cli_fail_at(&err, "%s", cli->command->name);
		} else {
			print_outcome(cli, &commands[i], matched->trials[i].id);
			if (commands[i].state == COMMAND_DONE)
				status = CLI_DONE;
		}
		command_release(&commands[i]);
		worst = status > worst ? status : worst;
	}
	free(commands);
	return worst;
}

static int ask_filter(struct cli *cli, struct found *found,
		      enum command_verb verb)
{
	const struct selection_wish wish = {.filter =
						    cli_option(cli, "filter")};
	struct matched matched = {.verb = verb};
	struct selection selection;
	struct error err = {0};
	int status = selection_open(&selection, found, &wish);

	if (status)
		return status;
	if (!selection_each(&selection, add_match, &matched, &err))
		status = cli_fail(&err);
	selection_close(&selection);
	if (!status && matched.count == 0) {
		error_set(&err, ERROR_NOT_FOUND,
			  "%s: %zu trials match, and none of them %s",
			  cli->command->name, matched.all,
			  verb == COMMAND_KILL ? "waits or runs" : "has ended");
		status = cli_fail(&err);
	} else if (!status && !cli->is_yes && !isatty(STDIN_FILENO)) {
		error_set(&err, ERROR_INVALID,
			  "%s: %zu trials match, and there is no terminal to "
			  "ask on; --yes does it without asking",
			  cli->command->name, matched.count);
		status = cli_fail(&err);
	} else if (!status && !cli->is_yes && !confirm(cli, found, &matched)) {
		status = CLI_FAILED;
	} else if (!status) {
		status = ask_matched(cli, found, &matched);
	}
	free(matched.trials);
	return status;
}

/* The trials named, those a filter matches, or one command for all of them. */
static int ask_trials(struct cli *cli, enum command_verb verb, const char *all)
{
	bool is_all = cli_option(cli, all);
	bool is_filter = cli_option(cli, "filter");
	bool is_named = cli->argument_count > 1;
	struct found found;
	struct error err = {0};
	int status;

	if (is_all + is_filter + is_named != 1) {
		error_set(&err, ERROR_INVALID,
			  is_all + is_filter + is_named
				  ? "%s: either trials, --filter or --%s"
				  : "%s: name the trials, or give --filter or "
				    "--%s",
			  cli->command->name, all);
		return cli_fail(&err);
	}
	status = open_live(cli, &found);
	if (status)
		return status;
	status = is_filter ? ask_filter(cli, &found, verb)
		 : is_all  ? ask(cli, &found, verb, NULL, NULL)
			   : ask_each(cli, &found, verb, 1, NULL);
	found_release(&found);
	return status;
}

int command_act(struct cli *cli)
{
	const char *name = cli->arguments[1];
	enum kind_action action;
	struct error err = {0};
	struct found found;
	int status;

	if (!kind_action_parse(name, &action)) {
		error_set(&err, ERROR_INVALID,
			  "act: %s: no such action; there are %s", name,
			  kind_action_list());
		return cli_fail(&err);
	}
	status = open_live(cli, &found);
	if (status)
		return status;
	status = ask_each(cli, &found, COMMAND_ACT, 2, name);
	found_release(&found);
	return status;
}

int command_kill(struct cli *cli)
{
	return ask_trials(cli, COMMAND_KILL, "all");
}

int command_restart(struct cli *cli)
{
	return ask_trials(cli, COMMAND_RESTART, "failed");
}

struct stop_all {
	struct cli *cli;
	int64_t *keys;
	size_t count, capacity;
};

static bool note_live(const struct experiment *experiment, void *arg)
{
	struct stop_all *all = arg;

	if (!store_experiment_is_live(all->cli->db_path, experiment->id, NULL))
		return true;
	ARRAY_RESERVE(all->keys, all->count, all->capacity);
	all->keys[all->count++] = experiment->key;
	return true;
}

/* Every experiment that somebody runs; the worst status. */
static int stop_all(struct cli *cli, const char *how)
{
	struct stop_all all = {.cli = cli};
	struct found found = {0};
	struct error err = {0};
	int worst = CLI_DONE;

	if (!store_open(cli->db_path, STORE_APPEND, &found.store, &err))
		return cli_fail(&err);
	if (!store_experiments_each(found.store, 0, note_live, &all, &err))
		worst = cli_fail(&err);
	for (size_t i = 0; i < all.count; i++) {
		int status;

		found.experiment.key = all.keys[i];
		status = ask(cli, &found, COMMAND_STOP, NULL, how);
		if (status > worst)
			worst = status;
	}
	if (!all.count && !worst)
		fputs("trialdeck: no experiment is running\n", stderr);
	free(all.keys);
	store_close(found.store);
	return worst;
}

int command_stop(struct cli *cli)
{
	const char *how = cli_option(cli, "leave") ? COMMAND_STOP_LEAVE : NULL;
	bool is_all = cli_option(cli, "all");
	struct error err = {0};

	if (is_all == (cli->argument_count > 0)) {
		error_set(&err, ERROR_INVALID,
			  "stop: name an experiment, or give --all");
		return cli_fail(&err);
	}
	return is_all ? stop_all(cli, how)
		      : ask_experiment(cli, COMMAND_STOP, how);
}

int command_pause(struct cli *cli)
{
	return ask_experiment(cli, COMMAND_PAUSE, NULL);
}

int command_unpause(struct cli *cli)
{
	return ask_experiment(cli, COMMAND_RESUME, NULL);
}

int command_set(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	int status;

	/* all of them are checked before the first is sent */
	for (size_t i = 1; i < cli->argument_count; i++) {
		char name[64];
		int64_t value;

		if (!knob_parse(cli->arguments[i], name, sizeof(name), &value,
				&err))
			return cli_fail_at(&err, "set");
	}
	status = open_live(cli, &found);
	if (status)
		return status;
	for (size_t i = 1; i < cli->argument_count && !status; i++)
		status = ask(cli, &found, COMMAND_SET, NULL, cli->arguments[i]);
	found_release(&found);
	return status;
}

/* {"searchSpace": ..., "classArgs": ...}: whoever runs it checks them. */
static bool make_change(const struct cli *cli, struct strbuf *out,
			struct error *err)
{
	const char *path = cli_option(cli, "space");
	const char *arguments = cli_option(cli, "tuner-args");
	struct strbuf text = STRBUF_INIT;
	cJSON *tree;
	bool ok = true;

	if (!path && !arguments)
		return error_set(err, ERROR_INVALID,
				 "--space or --tuner-args is needed");
	strbuf_addch(out, '{');
	if (path) {
		ok = fs_read_file(path, CHANGE_MAX, &text, err);
		tree = ok ? cJSON_ParseWithOpts(text.data, NULL, true) : NULL;
		if (ok && !tree)
			ok = error_set(err, ERROR_INVALID, "%s: is not JSON",
				       path);
		cJSON_Delete(tree);
		if (ok)
			strbuf_addf(out, "\"searchSpace\":%s", text.data);
		strbuf_release(&text);
	}
	if (ok && arguments) {
		tree = cJSON_ParseWithOpts(arguments, NULL, true);
		if (!cJSON_IsObject(tree))
			ok = error_set(err, ERROR_INVALID,
				       "--tuner-args: a JSON object is needed");
		cJSON_Delete(tree);
		if (ok)
			strbuf_addf(out, "%s\"classArgs\":%s", path ? "," : "",
				    arguments);
	}
	strbuf_addch(out, '}');
	return ok;
}

int command_change(struct cli *cli)
{
	struct strbuf change = STRBUF_INIT;
	struct error err = {0};
	int status;

	if (make_change(cli, &change, &err))
		status = ask_experiment(cli, COMMAND_CHANGE, change.data);
	else
		status = cli_fail_at(&err, "change");
	strbuf_release(&change);
	return status;
}

int command_add(struct cli *cli)
{
	struct found found;
	int status = open_live(cli, &found);

	if (status)
		return status;
	for (size_t i = 1; i < cli->argument_count && !status; i++)
		status = ask(cli, &found, COMMAND_ADD_TRIAL, NULL,
			     cli->arguments[i]);
	found_release(&found);
	return status;
}
