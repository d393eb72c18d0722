/* SPDX-License-Identifier: MIT */
/*
 * Starts this same program again, detached.  A fresh process rather than a
 * fork: the console has threads, and a forked copy of those is no program.
 * The experiment's lock says who runs it, so starting one too many is
 * harmless: the second finds the lock taken and ends.
 */
#include "cli/background.h"

#include "base/clock.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define LAUNCH_NS (10 * NS_PER_S)
#define LOOK_EVERY_NS (20 * NS_PER_MS)

extern char **environ;

static const char *database;
static int side_port;

void background_set(const char *db_path, int port)
{
	database = db_path;
	side_port = port;
}

/* This program with these arguments, detached. */
static bool start(char *const *argv, int *ret_pid, struct error *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	pid_t pid;
	int status;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	status = posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv,
			     environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (status) {
		errno = status;
		return error_set_errno(err, "start trialdeck %s %s", argv[3],
				       argv[4]);
	}
	if (ret_pid)
		*ret_pid = pid;
	return true;
}

bool background_start(const char *experiment_id, int *ret_pid,
		      struct error *err)
{
	char port[24];
	char *const argv[] = {(char *)"trialdeck",     (char *)"--db",
			      (char *)database,	       (char *)"resume",
			      (char *)experiment_id,   (char *)"--headless",
			      side_port ? port : NULL, NULL};

	/* the option says one less, as NNI's does */
	snprintf(port, sizeof(port), "--port=%d", side_port - 1);
	return start(argv, ret_pid, err);
}

bool background_delete(const char *experiment_id, struct error *err)
{
	char *const argv[] = {(char *)"trialdeck",
			      (char *)"--db",
			      (char *)database,
			      (char *)"delete",
			      (char *)experiment_id,
			      (char *)"--yes",
			      NULL};

	return start(argv, NULL, err);
}

/* It is gone already: the row says why, if anything does. */
static bool ended_early(const char *experiment_id, struct error *err)
{
	struct experiment experiment;
	struct store *store;
	bool is_well;

	if (!store_open(database, STORE_READ, &store, err))
		return false;
	if (!store_experiment_find(store, experiment_id, &experiment, err)) {
		store_close(store);
		return false;
	}
	/* a short one may have ended well by now */
	is_well = experiment.state == EXPERIMENT_DONE;
	if (!is_well)
		error_set(err, ERROR_SYSTEM, "experiment %s: %s", experiment_id,
			  experiment.error ? experiment.error
					   : "its process ended at once; "
					     "trialdeck resume shows why");
	experiment_release(&experiment);
	store_close(store);
	return is_well;
}

bool background_launch(const char *experiment_id, int *ret_pid,
		       struct error *err)
{
	const struct timespec pause = {0, LOOK_EVERY_NS};
	int64_t until_ns = clock_mono_ns() + LAUNCH_NS;

	if (!background_start(experiment_id, ret_pid, err))
		return false;
	while (clock_mono_ns() < until_ns) {
		if (store_experiment_is_live(database, experiment_id, NULL))
			return true;
		if (waitpid(*ret_pid, NULL, WNOHANG) == *ret_pid)
			return ended_early(experiment_id, err);
		nanosleep(&pause, NULL);
	}
	return error_set(err, ERROR_TIMEOUT,
			 "experiment %s: its process (%d) has not begun yet",
			 experiment_id, *ret_pid);
}

bool background_resume(const char *experiment_id, struct error *err)
{
	return background_start(experiment_id, NULL, err);
}
