/* SPDX-License-Identifier: MIT */
/*
 * Starting a keeper.  posix_spawn, because this process has threads: between
 * fork and exec nothing of ours could be trusted there.
 */
#include "engine/platform/local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24

const char *local_shell(void)
{
	return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

/* TERM is blocked from the very start, so that a cancel right after the spawn
 * waits until the keeper listens instead of killing it half-way. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, term;

	sigfillset(&all);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &term);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
						     POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSIGMASK);
}

static void build_arguments(const struct local_launch *launch,
			    const char *arguments[ARGUMENTS_MAX],
			    char grace[16])
{
	size_t n = 0;

	snprintf(grace, 16, "%d", LOCAL_GRACE_S);
	arguments[n++] = "trialdeck-keeper";
	arguments[n++] = "--dir";
	arguments[n++] = launch->directory;
	arguments[n++] = "--grace";
	arguments[n++] = grace;
	/* the spool is read here after the end: no need to insist */
	arguments[n++] = "--linger";
	arguments[n++] = "2";
	if (launch->url_file) {
		arguments[n++] = "--url-file";
		arguments[n++] = launch->url_file;
	}
	if (launch->cwd) {
		arguments[n++] = "--cwd";
		arguments[n++] = launch->cwd;
	}
	if (launch->metric_pattern) {
		arguments[n++] = "--metric-pattern";
		arguments[n++] = launch->metric_pattern;
	}
	arguments[n++] = "--";
	arguments[n++] = local_shell();
	arguments[n++] = "-c";
	arguments[n++] = launch->command;
	arguments[n] = NULL;
}

bool local_spawn(const struct local_launch *launch, pid_t *ret_pid,
		 struct error *err)
{
	const char *arguments[ARGUMENTS_MAX];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char grace[16];
	int failure;

	build_arguments(launch, arguments, grace);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	failure =
		posix_spawn(ret_pid, launch->keeper_path, &actions, &attributes,
			    (char *const *)arguments, launch->environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (!failure)
		return true;
	errno = failure;
	error_set_errno(err, "start the keeper %s", launch->keeper_path);
	/* too many processes, no memory, a file being written: passing */
	if (failure == EAGAIN || failure == ENOMEM || failure == ETXTBSY)
		err->code = ERROR_UNAVAILABLE;
	return false;
}
