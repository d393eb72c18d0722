/* SPDX-License-Identifier: MIT */
/*
 * Running experiments, with the console or without.
 *
 * Whoever runs an experiment holds its lock and its engine.  Leaving the
 * console does not end it: the engine lets go (its trials run on), and the
 * same program, without a screen, takes it up again a moment later.  What is
 * lost is nothing, since taking up is what it would do after a crash as well.
 *
 * Without a screen, SIGTERM and SIGINT mean "let go": trials run on under
 * their keepers and `trialdeck resume` takes them up.  SIGHUP is ignored, so
 * that the end of an SSH session does not reach it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wake.h"
#include "cli/background.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/create.h"
#include "cli/find.h"
#include "cli/warm.h"
#include "engine/engine.h"
#include "interchange/interchange.h"
#include "tui/tui.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The engine's notices wake us; this only bounds how late its end is seen. */
#define LOOK_AGAIN_MS 500

/* Must come before the engine's threads start: they inherit the mask. */
static int catch_signals(struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		error_set_errno(err, "watch for signals");
	return fd;
}

/* Until the engine has ended (0) or a signal came (its number). */
static int wait_for_end(struct engine *engine, int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN},
		{.fd = engine_notice_fd(engine), .events = POLLIN},
	};

	while (!engine_is_finished(engine)) {
		struct signalfd_siginfo info;

		poll(fds, 2, LOOK_AGAIN_MS);
		if (fds[1].revents)
			wake_drain(fds[1].fd);
		if (read(signals, &info, sizeof(info)) == sizeof(info))
			return (int)info.ssi_signo;
	}
	return 0;
}

/* How it ended, from the store: 0 only for an experiment that is done. */
static int report_end(struct cli *cli, int64_t key)
{
	struct experiment experiment;
	struct store *store;
	struct error err = {0};
	int status = CLI_FAILED;

	if (!store_open(cli->db_path, STORE_READ, &store, &err))
		return cli_fail(&err);
	if (!store_experiment_get(store, key, &experiment, &err)) {
		store_close(store);
		return cli_fail(&err);
	}
	if (experiment.state == EXPERIMENT_DONE) {
		status = CLI_DONE;
	} else if (experiment.state == EXPERIMENT_ERROR) {
		error_set(&err, ERROR_SYSTEM, "experiment %s: %s",
			  experiment.id,
			  experiment.error ? experiment.error : "failed");
		cli_fail(&err);
	} else {
		fprintf(stderr, "trialdeck: experiment %s is %s\n",
			experiment.id, experiment_state_name(experiment.state));
	}
	experiment_release(&experiment);
	store_close(store);
	return status;
}

static int run_headless(struct cli *cli, const struct experiment *experiment)
{
	struct engine_options options = {
		.db_path = cli->db_path,
		.experiment = experiment->key,
		.side_port = cli->side_port,
	};
	struct engine *engine;
	struct error err = {0};
	int signals, number;

	signals = catch_signals(&err);
	if (signals < 0)
		return cli_fail(&err);
	if (!engine_start(&options, &engine, &err)) {
		close(signals);
		return cli_fail_at(&err, "run experiment %s", experiment->id);
	}
	number = wait_for_end(engine, signals);
	engine_leave(engine);
	close(signals);
	if (!number)
		return report_end(cli, experiment->key);
	fprintf(stderr,
		"trialdeck: %s: left experiment %s with its trials running; "
		"trialdeck resume %s takes it up again\n",
		strsignal(number), experiment->id, experiment->id);
	return CLI_FAILED;
}

/* How it stands; release ret on success. */
static bool read_again(struct cli *cli, const struct experiment *experiment,
		       struct experiment *ret, struct error *err)
{
	struct store *store;
	bool ok;

	if (!store_open(cli->db_path, STORE_READ, &store, err))
		return false;
	ok = store_experiment_get(store, experiment->key, ret, err);
	store_close(store);
	return ok;
}

/* What it came to, and where to read on. */
static void tell(const struct experiment *now)
{
	printf("experiment %s is %s\n", now->id,
	       experiment_state_name(now->state));
	if (now->best_trial)
		printf("the best trial's parameters: trialdeck best %s\n",
		       now->id);
	if (now->counts[TRIAL_FAILED])
		printf("%" PRId64 " failed; the reasons: "
		       "trialdeck trials --state FAILED %s\n",
		       now->counts[TRIAL_FAILED], now->id);
	fflush(stdout);
}

/* The experiment is over, but not everything it left behind: objects to be
 * removed, logs to be fetched.  An impatient user may go. */
static void see_off(struct engine *engine)
{
	struct error ignored;
	int signals = catch_signals(&ignored);

	engine_let_end(engine);
	if (signals < 0)
		return;
	if (wait_for_end(engine, signals))
		fputs("trialdeck: some of its objects may be left\n", stderr);
	close(signals);
}

/* After the console: does somebody have to carry on? */
static int hand_over(struct cli *cli, const struct experiment *experiment,
		     struct engine *engine)
{
	struct experiment now;
	struct error err = {0};
	bool is_over;
	int pid;

	if (!read_again(cli, experiment, &now, &err)) {
		engine_leave(engine);
		return cli_fail(&err);
	}
	is_over = experiment_state_is_terminal(now.state);
	tell(&now);
	experiment_release(&now);
	if (is_over)
		see_off(engine);
	engine_leave(engine);
	if (is_over)
		return CLI_DONE;
	if (!background_start(experiment->id, &pid, &err))
		return cli_fail(&err);
	printf("it goes on in the background (pid %d); "
	       "trialdeck resume %s shows it\n",
	       pid, experiment->id);
	return CLI_DONE;
}

static int run_console(struct cli *cli, const struct experiment *experiment)
{
	struct engine_options options = {
		.db_path = cli->db_path,
		.experiment = experiment->key,
		.side_port = cli->side_port,
		.keep_open = true,
	};
	struct engine *engine;
	struct error err = {0};
	int status, left;

	if (!console_is_possible(cli, &err))
		return cli_fail(&err);
	tui_block_signals();
	if (!engine_start(&options, &engine, &err))
		return cli_fail_at(&err, "run experiment %s", experiment->id);
	status = console_open(cli, experiment->key, engine);
	left = hand_over(cli, experiment, engine);
	return status ? status : left;
}

/* The id, and that somebody runs it; then this process is needed no more. */
static int run_detached(struct cli *cli, const struct experiment *experiment)
{
	struct error err = {0};
	int pid;

	if (!background_launch(experiment->id, &pid, &err))
		return cli_fail(&err);
	if (cli_option(cli, "as-nnictl")) {
		/* the two lines that scripts look for */
		printf("INFO: Successfully started experiment!\n"
		       "The experiment id is %s\n"
		       "(there is no web UI: trialdeck, in any terminal here, "
		       "shows it)\n",
		       experiment->id);
		return CLI_DONE;
	}
	if (cli->is_json)
		printf("{\"id\":\"%s\",\"pid\":%d}\n", experiment->id, pid);
	else
		printf("%s\n", experiment->id);
	fflush(stdout);
	fprintf(stderr,
		"experiment %s runs in the background (pid %d); trialdeck "
		"shows it\n",
		experiment->id, pid);
	return CLI_DONE;
}

static bool read_way(const struct cli *cli, bool *is_headless,
		     bool *is_detached, struct error *err)
{
	*is_headless = cli_option(cli, "headless");
	*is_detached = cli_option(cli, "detach");
	/* whose --foreground comes after what it means without */
	if (*is_headless && cli_option(cli, "as-nnictl"))
		*is_detached = false;
	return !(*is_headless && *is_detached) ||
	       error_set(err, ERROR_INVALID,
			 "--headless stays until the experiment ends, "
			 "--detach does not: give one of them");
}

int command_run(struct cli *cli)
{
	struct spec_overrides overrides = overrides_given(cli);
	bool is_headless, is_detached;
	struct strbuf problems = STRBUF_INIT;
	struct experiment experiment;
	struct warm *warm = NULL;
	struct error err = {0};
	bool is_unreached = false;
	int status;

	if (!cli_argument(cli, 0)) {
		error_set(&err, ERROR_INVALID,
			  "run: FILE is missing, the experiment to run, as in "
			  "'trialdeck run exp.yaml'; 'trialdeck new' writes "
			  "one to begin with");
		return cli_fail(&err);
	}
	/* before anything is recorded */
	if (!read_way(cli, &is_headless, &is_detached, &err) ||
	    (!is_headless && !is_detached && !console_is_possible(cli, &err)) ||
	    !warm_given(cli, &warm, &err)) {
		warm_free(warm);
		return cli_fail(&err);
	}
	if (!experiment_create(cli->db_path, cli_argument(cli, 0), &overrides,
			       &experiment, &problems, &is_unreached, &err)) {
		if (is_unreached) {
			cli_fail(&err);
			status = CLI_UNREACHABLE;
		} else {
			status = experiment_file_fail(&problems, &err);
		}
		strbuf_release(&problems);
		warm_free(warm);
		return status;
	}
	strbuf_release(&problems);
	if (!warm_begin(cli, warm, &experiment, &err)) {
		experiment_release(&experiment);
		return cli_fail(&err);
	}
	if (is_headless) {
		printf("%s\n", experiment.id);
		fflush(stdout);
		status = run_headless(cli, &experiment);
	} else if (is_detached) {
		status = run_detached(cli, &experiment);
	} else {
		status = run_console(cli, &experiment);
	}
	experiment_release(&experiment);
	return status;
}

/* What another program's trials need to run, its database does not say. */
static bool check_origin(const struct found *found, struct error *err)
{
	const char *id = found->experiment.id;
	char *origin;
	bool ok = interchange_origin(found->store, found->experiment.key,
				     &origin, err);

	if (ok && origin)
		ok = error_set(
			err, ERROR_INVALID,
			"experiment %s was imported (%s), and cannot run "
			"here; `trialdeck run --warm-start %s FILE` "
			"begins with its results",
			id, origin, id);
	free(origin);
	return ok;
}

int command_resume(struct cli *cli)
{
	bool is_headless, is_detached;
	struct found found;
	struct error err = {0};
	int64_t key;
	int status;

	if (!read_way(cli, &is_headless, &is_detached, &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (!check_origin(&found, &err)) {
		found_release(&found);
		return cli_fail_at(&err, "resume");
	}
	key = found.experiment.key;
	store_close(found.store);
	found.store = NULL;
	if (is_headless)
		status = run_headless(cli, &found.experiment);
	else if (is_detached)
		status = run_detached(cli, &found.experiment);
	else if (store_experiment_is_live(cli->db_path, found.experiment.id,
					  NULL))
		status = console_open(cli, key, NULL);
	else
		status = run_console(cli, &found.experiment);
	found_release(&found);
	return status;
}
