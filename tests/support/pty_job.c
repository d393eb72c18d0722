/* SPDX-License-Identifier: MIT */
/* The shell process, and talking to it: one struct per report. */
#include "tests/support/pty_job.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct report {
	enum { STARTED, STOPPED, ENDED } kind;
	int value; /* pid, signal, status */
};

static void send_report(int fd, int kind, int value)
{
	struct report report = {kind, value};

	if (write(fd, &report, sizeof(report)) != sizeof(report))
		_exit(1);
}

static void run_job(const char *const *argv, char *const *environment,
		    const char *stderr_path)
{
	sigset_t none;

	setpgid(0, 0);
	tcsetpgrp(0, getpid());
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (stderr_path) {
		int fd = open(stderr_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

		if (fd < 0 || dup2(fd, 2) < 0)
			_exit(126);
	}
	execve(argv[0], (char *const *)(uintptr_t)argv, environment);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Answer to one signal.  False when the job is over. */
static bool on_signal(const struct signalfd_siginfo *info, int socket,
		      pid_t job, bool *is_stopped)
{
	int status;

	if (info->ssi_signo == SIGHUP) {
		kill(-job, SIGHUP); /* as shells do */
		/* Only if it waits for it: SIGCONT takes back a SIGSTOP that
		 * has not arrived, and LeakSanitizer, looking for leaks of a
		 * program that just ends, would wait for its own for ever. */
		if (*is_stopped)
			kill(-job, SIGCONT);
		return true;
	}
	while (waitpid(job, &status, WNOHANG | WUNTRACED) == job) {
		*is_stopped = WIFSTOPPED(status);
		if (*is_stopped) {
			tcsetpgrp(0, getpgrp());
			send_report(socket, STOPPED, WSTOPSIG(status));
		} else {
			tcsetpgrp(0, getpgrp());
			send_report(socket, ENDED, status);
			return false;
		}
	}
	return true;
}

/* The shell process: until the test closes its end of the socket. */
static void run_shell(int socket, pid_t job, int signals)
{
	struct pollfd fds[2] = {{signals, POLLIN, 0}, {socket, POLLIN, 0}};
	struct signalfd_siginfo info;
	bool is_stopped = false;
	char command;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[0].revents &&
		    read(signals, &info, sizeof(info)) == sizeof(info) &&
		    !on_signal(&info, socket, job, &is_stopped))
			fds[0].fd = -1;
		if (!fds[1].revents)
			continue;
		if (read(socket, &command, 1) != 1)
			break;
		tcsetpgrp(0, job);
		is_stopped = false;
		kill(-job, SIGCONT);
	}
	kill(-job, SIGKILL);
	_exit(0);
}

static void become_shell(int slave, int socket, const char *const *argv,
			 char *const *environment, const char *folder,
			 const char *stderr_path)
{
	sigset_t handled;
	int signals;
	pid_t job;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	/* the ends of other screens would keep their shells waiting */
	for (int fd = 3; fd < 1024; fd++) {
		if (fd != slave && fd != socket)
			close(fd);
	}
	ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	if (slave > 2)
		close(slave);
	if (folder && chdir(folder) < 0)
		_exit(126);
	signal(SIGTTOU, SIG_IGN); /* may take the terminal back */
	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGHUP);
	sigprocmask(SIG_BLOCK, &handled, NULL);
	signals = signalfd(-1, &handled, SFD_CLOEXEC);
	job = fork();
	if (job == 0)
		run_job(argv, environment, stderr_path);
	if (job < 0 || signals < 0)
		_exit(1);
	setpgid(job, job);
	tcsetpgrp(0, job);
	send_report(socket, STARTED, job);
	run_shell(socket, job, signals);
}

void pty_job_start(struct pty_job *job, int cols, int rows,
		   const char *const *argv, char *const *environment,
		   const char *folder, const char *stderr_path,
		   struct termios *ret_before)
{
	struct winsize size = {.ws_row = (unsigned short)rows,
			       .ws_col = (unsigned short)cols};
	int slave, sockets[2];
	struct pollfd wait;

	memset(job, 0, sizeof(*job));
	if (openpty(&job->master, &slave, NULL, NULL, &size) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		err(1, "pseudo-terminal");
	if (tcgetattr(slave, ret_before) < 0)
		err(1, "tcgetattr");
	fcntl(job->master, F_SETFD, FD_CLOEXEC);
	fcntl(job->master, F_SETFL, O_NONBLOCK);
	job->shell = fork();
	if (job->shell < 0)
		err(1, "fork");
	if (job->shell == 0) {
		close(sockets[0]);
		close(job->master);
		become_shell(slave, sockets[1], argv, environment, folder,
			     stderr_path);
	}
	close(slave);
	close(sockets[1]);
	job->reports = sockets[0];
	wait = (struct pollfd){job->reports, POLLIN, 0};
	while (!job->pid && !job->has_ended) {
		if (poll(&wait, 1, 10000) != 1)
			errx(1, "the program did not start");
		pty_job_update(job);
	}
}

void pty_job_update(struct pty_job *job)
{
	struct report report;
	struct pollfd ready = {job->reports, POLLIN, 0};

	while (!job->has_ended && poll(&ready, 1, 0) == 1) {
		if (read(job->reports, &report, sizeof(report)) !=
		    sizeof(report))
			errx(1, "lost the session of the pseudo-terminal");
		switch (report.kind) {
		case STARTED:
			job->pid = report.value;
			break;
		case STOPPED:
			job->is_stopped = true;
			break;
		case ENDED:
			job->has_ended = true;
			job->status = report.value;
			break;
		}
	}
}

void pty_job_continue(struct pty_job *job)
{
	job->is_stopped = false;
	if (write(job->reports, "c", 1) != 1)
		err(1, "continue");
}

void pty_job_end(struct pty_job *job)
{
	if (!job->has_ended)
		kill(job->pid, SIGKILL);
	if (job->master >= 0)
		close(job->master);
	close(job->reports);
	kill(job->shell, SIGKILL);
	while (waitpid(job->shell, NULL, 0) < 0 && errno == EINTR)
		;
}
