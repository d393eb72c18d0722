/* SPDX-License-Identifier: MIT */
/*
 * The user's command and everything it starts.
 *
 * The keeper is a subreaper: whatever the command leaves behind, daemons that
 * changed session included, becomes the keeper's child and can be found and
 * ended.  Nothing else on the machine ever does.
 */
#ifndef KEEPER_CHILD_H
#define KEEPER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child_options {
	char *const *argv; /* NULL-terminated; argv[0] searched in PATH */
	const char *cwd;   /* or NULL */
	int stdout_fd, stderr_fd;
};

/* Start the command in its own process group, with default signals, dying with
 * the keeper.  On failure returns -1, with what failed in text and errno's
 * number in *ret_errno. */
pid_t child_start(const struct child_options *options, char *text, size_t size,
		  int *ret_errno);

/* Send a signal to every descendant of this process.  Returns how many there
 * are, those included that ended but nobody has reaped; signal 0 only counts.
 */
int descendants_signal(int signal);

/* Field 22 of /proc/<pid>/stat: with the pid it names a process for ever.
 * 0 when there is no such process. */
unsigned long long process_start_time(pid_t pid);

#endif
