/* SPDX-License-Identifier: MIT */
/*
 * One foreground job on a pseudo-terminal, with the session around it.
 * Private to pty_screen.
 *
 * Between the test and the program stands a process that plays the shell: it
 * leads the session, keeps the terminal open, reports when the job stops or
 * ends, and passes a hang-up on.  Without it the program would be an orphaned
 * process group, which the kernel never stops.
 */
#ifndef TESTS_SUPPORT_PTY_JOB_H
#define TESTS_SUPPORT_PTY_JOB_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct pty_job {
	int master;  /* non-blocking; -1 once hung up */
	int reports; /* socket to the shell process */
	pid_t shell, pid;
	bool is_stopped, has_ended;
	int status; /* once ended */
};

/* *ret_before: the terminal's modes before the program ran. */
void pty_job_start(struct pty_job *job, int cols, int rows,
		   const char *const *argv, char *const *environment,
		   const char *folder, const char *stderr_path,
		   struct termios *ret_before);
/* Take in what the shell process reports; does not wait. */
void pty_job_update(struct pty_job *job);
void pty_job_continue(struct pty_job *job);
void pty_job_end(struct pty_job *job);

#endif
