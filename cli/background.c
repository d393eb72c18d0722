/* SPDX-License-Identifier: MIT */
/*
 * Starts this same program again, detached.  A fresh process rather than a
 * fork: the console has threads, and a forked copy of those is no program.
 * The experiment's lock says who runs it, so starting one too many is
 * harmless: the second finds the lock taken and ends.
 */
#include "cli/background.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>

extern char **environ;

static const char *database;

void background_set_database(const char *db_path)
{
	database = db_path;
}

bool background_start(const char *experiment_id, int *ret_pid,
		      struct error *err)
{
	char *argv[] = {(char *)"trialdeck",
			(char *)"--db",
			(char *)database,
			(char *)"resume",
			(char *)experiment_id,
			(char *)"--headless",
			NULL};
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
		return error_set_errno(err, "start trialdeck resume %s",
				       experiment_id);
	}
	if (ret_pid)
		*ret_pid = pid;
	return true;
}

bool background_resume(const char *experiment_id, struct error *err)
{
	return background_start(experiment_id, NULL, err);
}
