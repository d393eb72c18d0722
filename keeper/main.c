/* SPDX-License-Identifier: MIT */
/*
 * trialdeck-keeper: runs one command and answers for it.
 *
 *     trialdeck-keeper --dir DIR [--url URL | --url-file FILE] [--cwd DIR]
 *                      [--grace SECONDS] [--linger SECONDS]
 *                      [--metric-pattern ERE] -- COMMAND...
 *
 * It claims the attempt's directory (claim.h), starts the command (child.h),
 * copies its output to files (output.h), recognises metrics there and in two
 * files the command may write (report.h, tail.h), spools them (spool.h) and
 * delivers them (deliver.h); at the end it writes down how the command ended.
 * It outlives the console and must never disturb the command: whatever fails
 * here, a full disk or a silent console, is noted and lived with.
 *
 * One thread, this one, owns everything but the delivery.  Its life:
 *
 *     RUNNING   the command runs
 *     ENDING    the command has ended, or is to end: TERM was sent
 *     KILLING   the grace is over: KILL to every descendant, again and again
 *     finished  the command has been waited for and no descendant is left
 *
 * On TERM the command's group gets TERM first, as a terminal would do it, so
 * that a command may end its own helpers; what is left when the command itself
 * has ended gets TERM as well, and what is left after the grace gets KILL.
 *
 * Environment: TRIALDECK_TOKEN (the attempt's secret), TRIALDECK_METRICS (file
 * of metric lines), NNI_SYS_DIR (where NNI's .nni/metrics lies).
 */
#include "keeper/child.h"
#include "keeper/claim.h"
#include "keeper/deliver.h"
#include "keeper/note.h"
#include "keeper/output.h"
#include "keeper/report.h"
#include "keeper/spool.h"
#include "keeper/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 200
#define ENDING_TICK_MS 50
#define GRACE_DEFAULT_S 5
/* A process the kernel cannot end (a dead NFS server) is left behind then. */
#define KILLING_MAX_MS 30000

struct options {
	const char *dir, *url, *url_file, *cwd, *pattern;
	int grace_s, linger_s;
	char *const *command;
};

enum phase { RUNNING, ENDING, KILLING };

struct keeper {
	struct options options;
	int dir_fd, signal_fd;
	pid_t pid; /* the command; 0 once it has been waited for */
	enum phase phase;
	int64_t deadline_ms; /* end of the phase, monotonic */
	bool has_descendants;
	struct keeper_end end;
	struct reporter reporter;
	struct spool spool;
	struct deliver deliver;
	struct output out, err;
	struct tail lines, records;
	int64_t dropped; /* metrics that could not be taken */
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int64_t mono_ms(void)
{
	return now_ns(CLOCK_MONOTONIC) / 1000000;
}

static void count_dropped(struct keeper *keeper)
{
	if (keeper->dropped++ == 0)
		note("metrics: one could not be taken (too large, badly "
		     "formed, or too many names)");
}

/* The pending buffer is emptied often: a burst must not overflow it. */
static void flush_when_large(struct keeper *keeper)
{
	if (keeper->spool.pending.len > 65536)
		spool_flush(&keeper->spool);
}

static void on_line(const char *line, size_t len, void *arg)
{
	struct keeper *keeper = arg;

	if (!report_line(&keeper->reporter, line, len, now_ns(CLOCK_REALTIME),
			 &keeper->spool.pending))
		count_dropped(keeper);
	flush_when_large(keeper);
}

static void on_record(const char *json, size_t len, void *arg)
{
	struct keeper *keeper = arg;

	if (!report_nni(json, len, now_ns(CLOCK_REALTIME),
			&keeper->spool.pending))
		count_dropped(keeper);
	flush_when_large(keeper);
}

static bool parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{"dir", required_argument, NULL, 'd'},
		{"url", required_argument, NULL, 'u'},
		{"url-file", required_argument, NULL, 'f'},
		{"cwd", required_argument, NULL, 'c'},
		{"grace", required_argument, NULL, 'g'},
		{"linger", required_argument, NULL, 'l'},
		{"metric-pattern", required_argument, NULL, 'm'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*ret = (struct options){.grace_s = GRACE_DEFAULT_S,
				.linger_s = DELIVER_LINGER_S};
	while ((c = getopt_long(argc, argv, "+", known, NULL)) >= 0) {
		if (c == 'd')
			ret->dir = optarg;
		else if (c == 'u')
			ret->url = optarg;
		else if (c == 'f')
			ret->url_file = optarg;
		else if (c == 'c')
			ret->cwd = optarg;
		else if (c == 'g')
			ret->grace_s = (int)strtol(optarg, NULL, 10);
		else if (c == 'l')
			ret->linger_s = (int)strtol(optarg, NULL, 10);
		else if (c == 'm')
			ret->pattern = optarg;
		else
			return false;
	}
	ret->command = argv + optind;
	return ret->dir && ret->command[0] && ret->grace_s >= 0 &&
	       ret->grace_s <= 86400 && ret->linger_s >= 0 &&
	       ret->linger_s <= 86400;
}

/* What came open from whoever started us is not for the command. */
static void close_strangers(void)
{
	int null_fd = open("/dev/null", O_RDWR);

	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	if (null_fd < 0)
		return;
	dup2(null_fd, 0);
	if (null_fd > 2)
		close(null_fd);
}

static int open_signals(void)
{
	static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGHUP,
				      SIGINT,  SIGTTOU, SIGTTIN};
	sigset_t wanted;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_SETMASK, &wanted, NULL);
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void begin_phase(struct keeper *keeper, enum phase phase, int64_t ms)
{
	keeper->phase = phase;
	keeper->deadline_ms = mono_ms() + ms;
}

static void on_term(struct keeper *keeper)
{
	keeper->end.is_canceled = true;
	if (keeper->phase != RUNNING)
		return;
	note("asked to end the command");
	begin_phase(keeper, ENDING, keeper->options.grace_s * 1000LL);
	if (keeper->pid) {
		kill(-keeper->pid, SIGTERM);
		kill(-keeper->pid, SIGCONT); /* a stopped one must hear it */
	}
}

static void on_command_end(struct keeper *keeper, int status)
{
	keeper->pid = 0;
	keeper->end.ended_ns = now_ns(CLOCK_REALTIME);
	if (WIFSIGNALED(status)) {
		keeper->end.signal = WTERMSIG(status);
		keeper->end.code = 128 + WTERMSIG(status);
	} else {
		keeper->end.code = WEXITSTATUS(status);
	}
	if (keeper->phase == RUNNING)
		begin_phase(keeper, ENDING, keeper->options.grace_s * 1000LL);
	/* most leave nothing behind and are done here */
	keeper->has_descendants = descendants_signal(SIGTERM) > 0;
}

static void reap(struct keeper *keeper)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == keeper->pid)
			on_command_end(keeper, status);
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			on_term(keeper);
}

/* False when nothing of the command is left. */
static bool step(struct keeper *keeper)
{
	if (keeper->phase == RUNNING)
		return true;
	if (keeper->phase == ENDING && mono_ms() >= keeper->deadline_ms) {
		note("the grace of %d s is over: killing what is left",
		     keeper->options.grace_s);
		begin_phase(keeper, KILLING, KILLING_MAX_MS);
	}
	if (keeper->phase == KILLING) {
		keeper->has_descendants = descendants_signal(SIGKILL) > 0;
		if (mono_ms() >= keeper->deadline_ms) {
			note("processes are left that cannot be killed");
			return false;
		}
	} else if (!keeper->pid && keeper->has_descendants) {
		keeper->has_descendants = descendants_signal(0) > 0;
	}
	return keeper->pid || keeper->has_descendants;
}

static void run(struct keeper *keeper)
{
	int64_t polled_ms = 0;

	do {
		struct pollfd ready[] = {
			{.fd = keeper->signal_fd, .events = POLLIN},
			{.fd = keeper->out.pipe_fd, .events = POLLIN},
			{.fd = keeper->err.pipe_fd, .events = POLLIN},
		};

		poll(ready, 3,
		     keeper->phase == RUNNING ? TICK_MS : ENDING_TICK_MS);
		read_signals(keeper);
		output_pump(&keeper->out);
		output_pump(&keeper->err);
		if (mono_ms() - polled_ms >= TICK_MS) {
			tail_poll(&keeper->lines);
			tail_poll(&keeper->records);
			polled_ms = mono_ms();
		}
		spool_flush(&keeper->spool);
		reap(keeper);
	} while (step(keeper));
}

static bool start(struct keeper *keeper)
{
	struct child_options child = {.argv = keeper->options.command,
				      .cwd = keeper->options.cwd};
	const char *sys_dir = getenv("NNI_SYS_DIR");
	static char records_path[4096];
	int failure;

	if (!output_open(&keeper->out, keeper->dir_fd, "stdout", on_line,
			 keeper, &child.stdout_fd) ||
	    !output_open(&keeper->err, keeper->dir_fd, "stderr", NULL, NULL,
			 &child.stderr_fd)) {
		snprintf(keeper->end.error, sizeof(keeper->end.error),
			 "create pipe: %s", strerror(errno));
		keeper->end.code = 126;
		return false;
	}
	tail_init(&keeper->lines, getenv("TRIALDECK_METRICS"), false, on_line,
		  keeper);
	if (sys_dir)
		snprintf(records_path, sizeof(records_path), "%s/.nni/metrics",
			 sys_dir);
	tail_init(&keeper->records, sys_dir ? records_path : NULL, true,
		  on_record, keeper);
	keeper->end.started_ns = now_ns(CLOCK_REALTIME);
	keeper->pid = child_start(&child, keeper->end.error,
				  sizeof(keeper->end.error), &failure);
	close(child.stdout_fd);
	close(child.stderr_fd);
	if (keeper->pid > 0)
		return true;
	keeper->pid = 0;
	keeper->end.code = failure == ENOENT ? 127 : 126;
	note("%s", keeper->end.error);
	return false;
}

static void finish(struct keeper *keeper)
{
	output_close(&keeper->out);
	output_close(&keeper->err);
	tail_end(&keeper->lines);
	tail_end(&keeper->records);
	spool_flush(&keeper->spool);
	fdatasync(keeper->spool.fd);
	if (!keeper->end.ended_ns)
		keeper->end.ended_ns = now_ns(CLOCK_REALTIME);
	if (keeper->dropped)
		note("metrics: %lld were dropped", (long long)keeper->dropped);
	claim_end(keeper->dir_fd, &keeper->end);
	deliver_finish(&keeper->deliver, keeper->end.code,
		       keeper->options.linger_s);
}

int main(int argc, char **argv)
{
	static struct keeper keeper;
	int status;

	opterr = 0;
	if (!parse_options(argc, argv, &keeper.options)) {
		fprintf(stderr, "usage: trialdeck-keeper --dir DIR "
				"[--url URL | --url-file FILE] [--cwd DIR] "
				"[--grace SECONDS] [--linger SECONDS] "
				"[--metric-pattern ERE] "
				"-- COMMAND...\n");
		return KEEPER_BROKEN;
	}
	close_strangers();
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keeper.signal_fd = open_signals();
	keeper.dir_fd =
		open(keeper.options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (keeper.dir_fd < 0 || keeper.signal_fd < 0)
		return KEEPER_BROKEN;
	status = claim_take(keeper.dir_fd);
	if (status)
		return status;
	note_open(keeper.dir_fd);
	if (!reporter_init(&keeper.reporter, keeper.options.pattern))
		note("the metric pattern is not a regular expression");
	if (!spool_open(&keeper.spool, keeper.dir_fd))
		note("spool: %s", strerror(errno));
	if (start(&keeper)) {
		deliver_start(&keeper.deliver, &keeper.spool, keeper.dir_fd,
			      keeper.options.url, keeper.options.url_file,
			      getenv("TRIALDECK_TOKEN"));
		run(&keeper);
	}
	finish(&keeper);
	_exit(keeper.end.code);
}
