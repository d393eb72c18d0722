/* SPDX-License-Identifier: MIT */
/*
 * `log`: what a trial wrote.  --role names one of an attempt's files, or one of
 * its parts, whose lines stand in the log of all.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/log_grep.h"
#include "cli/log_reader.h"
#include "engine/platform/platform.h"
#include "store/interest.h"
#include "tui/log_when.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_NS 100000000L

static bool is_over(struct store *store, int64_t trial, int number)
{
	struct error ignored = {0};
	struct attempt attempt;
	bool over;

	if (!store_attempt_get(store, trial, number, &attempt, &ignored))
		return true;
	over = trial_state_is_terminal(attempt.state);
	attempt_release(&attempt);
	return over;
}

static char *find_path(const struct experiment *experiment,
		       const struct attempt *attempt, const char *role)
{
	const struct platform_ops *ops =
		platform_find(experiment->platform ? experiment->platform : "");

	if (ops)
		return ops->log_path(attempt, role);
	/* of a platform that this program lacks: where all have them */
	return attempt->directory ? fs_join(attempt->directory, role) : NULL;
}

static bool is_local(const struct experiment *experiment)
{
	return !experiment_has_cluster(experiment);
}

/* The log of a pod is fetched while somebody says that he looks at it. */
static void ask_for_log(const struct cli *cli, const struct found *found,
			int64_t *asked_ns)
{
	int64_t now_ns = clock_mono_ns();
	char name[32];

	if (cli->is_read_only || is_local(&found->experiment) ||
	    (*asked_ns && now_ns - *asked_ns < INTEREST_RENEW_MS * NS_PER_MS))
		return;
	*asked_ns = now_ns;
	snprintf(name, sizeof(name), "log-%s", found->trial.id);
	interest_declare(found->experiment.directory, name);
}

static bool has_no_log(const struct found *found, const struct attempt *attempt,
		       const char *role, struct error *err)
{
	error_set(err, ERROR_NOT_FOUND, "trial %s: attempt %d has no %s log",
		  found->trial.id, attempt->number, role);
	if (is_local(&found->experiment) && !strcmp(role, "previous"))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s: within an attempt nothing is "
				 "started again on this machine: --attempt N "
				 "has the attempts before",
				 found->trial.id);
	if (is_local(&found->experiment))
		return false;
	if (!strcmp(role, "previous"))
		return error_set(
			err, ERROR_NOT_FOUND,
			"trial %s: no container of attempt %d has been "
			"started again, so there is no previous log",
			found->trial.id, attempt->number);
	if (!strcmp(role, "stderr") || !strcmp(role, "keeper"))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s: a pod has one log, with stdout and "
				 "stderr in it: --role stdout",
				 found->trial.id);
	if (!trial_state_is_terminal(attempt->state))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s: its log has not been fetched, "
				 "which log -f asks for",
				 found->trial.id);
	return false;
}

static bool is_part(const struct part_list *parts, const char *name)
{
	for (size_t i = 0; i < parts->count; i++)
		if (part_list_is_leaf(parts, i) &&
		    !strcmp(parts->items[i].name, name))
			return true;
	return false;
}

static bool refuse_part(const struct found *found, int attempt,
			const struct part_list *parts, const char *name,
			struct error *err)
{
	struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < parts->count && names.len < 150; i++)
		if (part_list_is_leaf(parts, i))
			strbuf_addf(&names, "%s%s", names.len ? ", " : "",
				    parts->items[i].name);
	error_set(err, ERROR_NOT_FOUND,
		  "trial %s: attempt %d has no part '%s'%s%s", found->trial.id,
		  attempt, name, names.len ? ": it has " : "", names.data);
	strbuf_release(&names);
	return false;
}

static bool find_part(struct found *found, const struct attempt *attempt,
		      const char *name, struct error *err)
{
	struct part_list parts = {0};
	bool ok = store_parts_get(found->store, attempt->trial, attempt->number,
				  &parts, err);

	if (ok && !is_part(&parts, name))
		ok = refuse_part(found, attempt->number, &parts, name, err);
	part_list_release(&parts);
	return ok;
}

/* What of a log is wanted. */
struct wanted {
	long tail;	 /* lines; 0: all */
	int64_t from_ns; /* wall time; 0: from its beginning */
	struct log_grep_options lines;
};

static bool has_lines(const struct wanted *wanted)
{
	return wanted->lines.pattern || wanted->lines.has_times;
}

/* Open it, where there is something. */
static bool open_log(struct log_reader *reader, struct log_grep *lines,
		     const char *path, const struct wanted *wanted,
		     struct error *err)
{
	reader->fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (reader->fd < 0)
		return true;
	if (has_lines(wanted)) {
		if (!log_grep_init(lines, &wanted->lines, path, err))
			return false;
		reader->lines = lines;
	}
	return (!wanted->tail ||
		log_reader_seek_tail(reader, wanted->tail, err)) &&
	       (!wanted->from_ns ||
		log_reader_seek_time(reader, path, wanted->from_ns, err));
}

/* With follow, a log that is not there yet is waited for. */
static int print_log(const struct cli *cli, struct found *found,
		     const struct attempt *attempt, const char *role,
		     const char *part, const struct wanted *wanted)
{
	bool follow = cli_option(cli, "follow");
	const struct timespec pause = {0, LOOK_EVERY_NS};
	struct error err = {0};
	struct log_reader reader;
	struct log_grep lines;
	int64_t asked_ns = 0;
	bool ok = true, over = false;

	log_reader_init(&reader, part);
	while (ok) {
		/* asked before reading, so that nothing written in between
		 * is missed */
		over = !follow ||
		       is_over(found->store, attempt->trial, attempt->number);
		if (reader.fd < 0) {
			char *path =
				find_path(&found->experiment, attempt, role);

			ok = open_log(&reader, &lines, path, wanted, &err);
			free(path);
		}
		if (ok && reader.fd >= 0)
			ok = log_reader_drain(&reader, &err);
		if (over || !ok)
			break;
		ask_for_log(cli, found, &asked_ns);
		nanosleep(&pause, NULL);
	}
	if (ok && reader.fd < 0)
		ok = has_no_log(found, attempt, role, &err);
	if (reader.lines)
		log_grep_release(&lines);
	log_reader_release(&reader);
	return ok ? CLI_DONE : cli_fail(&err);
}

static bool is_role(const char *role)
{
	static const char *const roles[] = {"stdout", "stderr", "keeper",
					    "trial", "previous"};

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (!strcmp(role, roles[i]))
			return true;
	return false;
}

static int print_path(struct found *found, const struct attempt *attempt,
		      const char *role)
{
	char *path = find_path(&found->experiment, attempt, role);
	struct error err = {0};

	if (!path) {
		has_no_log(found, attempt, role, &err);
		return cli_fail(&err);
	}
	puts(path);
	free(path);
	return CLI_DONE;
}

static int print_role(const struct cli *cli, struct found *found,
		      const struct attempt *attempt, const char *role,
		      const struct wanted *wanted)
{
	const char *part = NULL;
	struct error err = {0};

	if (!is_role(role)) {
		if (is_local(&found->experiment)) {
			error_set(&err, ERROR_INVALID,
				  "--role: 'stdout', 'stderr', 'keeper' or "
				  "'trial' is needed, not '%s'",
				  role);
			return cli_fail(&err);
		}
		if (!find_part(found, attempt, role, &err))
			return cli_fail(&err);
		part = role;
		role = "stdout";
	}
	if (cli_option(cli, "path"))
		return print_path(found, attempt, role);
	return print_log(cli, found, attempt, role, part, wanted);
}

/* Of NNI's dispatcher, which the engine keeps in the experiment's folder. */
static int print_dispatcher_log(struct cli *cli, const char *folder, long tail)
{
	struct error err = {0};
	struct log_reader reader;
	struct found found;
	char *name, *path;
	bool ok = true;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	name = xasprintf("%s/dispatcher.log", folder);
	path = fs_join(found.experiment.directory ? found.experiment.directory
						  : ".",
		       name);
	log_reader_init(&reader, NULL);
	reader.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (reader.fd < 0)
		ok = error_set(&err, ERROR_NOT_FOUND,
			       "experiment %s has no such log: none of its "
			       "algorithms runs in Python there",
			       found.experiment.id);
	else if (cli_option(cli, "path"))
		puts(path);
	else
		ok = (!tail || log_reader_seek_tail(&reader, tail, &err)) &&
		     log_reader_drain(&reader, &err);
	log_reader_release(&reader);
	free(path);
	free(name);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}

/* "5m" ago, or a moment. */
static bool read_since(const char *text, int64_t *ret_ns, struct error *err)
{
	struct log_when when;
	int64_t now_ns = clock_wall_ns(), span_ns;
	int64_t day_ns = 86400 * NS_PER_S;

	if (log_when_span(text, &span_ns)) {
		*ret_ns = now_ns > span_ns ? now_ns - span_ns : 1;
		return true;
	}
	if (!log_when_parse(text, now_ns - day_ns, now_ns, &when, err) ||
	    when.kind != LOG_WHEN_TIME)
		return error_set(err, ERROR_INVALID,
				 "--since: 5m, 1h30m, 14:03 or "
				 "2026-11-25T14:03:00Z is needed, not '%.60s'",
				 text);
	*ret_ns = when.at_ns;
	return true;
}

static bool read_wanted(const struct cli *cli, struct wanted *ret,
			struct error *err)
{
	const char *since = cli_option(cli, "since");
	struct log_pattern pattern = {0};
	long context;

	*ret = (struct wanted){
		.lines = {.pattern = cli_option(cli, "grep"),
			  .is_inverse = cli_option(cli, "invert") != NULL,
			  .has_times = cli_option(cli, "timestamps") != NULL},
	};
	if (!cli_option_number(cli, "tail", 1, LONG_MAX, 0, &ret->tail, err) ||
	    !cli_option_number(cli, "context", 0, LOG_GREP_CONTEXT_MAX, 0,
			       &context, err) ||
	    (since && !read_since(since, &ret->from_ns, err)))
		return false;
	ret->lines.context = (int)context;
	/* told before a log is waited for */
	if (!log_pattern_set(&pattern, ret->lines.pattern, true, err))
		return error_prefix(err, "--grep");
	log_pattern_release(&pattern);
	return true;
}

int command_log(struct cli *cli)
{
	const char *role = cli_option(cli, "role");
	struct attempt attempt;
	struct found found;
	struct error err = {0};
	struct wanted wanted;
	long number;
	int status;

	if (!cli_option_number(cli, "attempt", 1, INT_MAX, 0, &number, &err) ||
	    !read_wanted(cli, &wanted, &err))
		return cli_fail(&err);
	if (cli_option(cli, "previous"))
		role = "previous";
	if (cli_option(cli, "tuner") || cli_option(cli, "assessor"))
		return print_dispatcher_log(
			cli, cli_option(cli, "tuner") ? "log" : "log/assessor",
			wanted.tail);
	if (!cli_argument(cli, 1)) {
		error_set(&err, ERROR_INVALID,
			  "log needs a trial beside the experiment, or --tuner "
			  "or --assessor");
		return cli_fail(&err);
	}
	if (!found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (!store_attempt_get(found.store, found.trial.key, (int)number,
			       &attempt, &err)) {
		status = cli_fail(&err);
	} else {
		status = print_role(cli, &found, &attempt,
				    role ? role : "stdout", &wanted);
		attempt_release(&attempt);
	}
	found_release(&found);
	return status;
}
