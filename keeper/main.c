/* SPDX-License-Identifier: MIT */
/*
 * trialdeck-keeper: runs one command and answers for it.
 *
 *     trialdeck-keeper --dir DIR [OPTION...] [-- COMMAND...]
 *     trialdeck-keeper --lay-out --sys-dir DIR --input DIR [OPTION...]
 *     trialdeck-keeper --probe URL[,URL...] [--result FILE]
 *     trialdeck-keeper --serve FOLDER --token-file FILE [OPTION...]
 *
 * It claims the attempt's directory (claim.h), starts the command (child.h),
 * copies its output to files (output.h), recognises metrics there and in two
 * files the command may write (report.h, tail.h), spools them (spool.h) and
 * delivers them (deliver.h); at the end it writes down how the command ended.
 * In a pod it is process 1 of the container: it takes what the attempt is given
 * from mounted files (input.h), unpacks the code directory (code.h), passes the
 * output on to the container's (tee.h), and where the side port cannot be
 * reached it sends metrics through the pod's log (echo.h).  What the command
 * leaves in its output folder is sent to the side port (upload.h), where no
 * storage keeps it.
 *
 * It outlives the console and must never disturb the command: whatever fails
 * here, a full disk or a silent console, is noted and lived with.
 *
 * One thread, this one, owns everything but the delivery.  Its life:
 *
 *     PREPARING the code directory is being fetched and unpacked
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
 * of metric lines), NNI_SYS_DIR (where NNI's .nni/metrics lies), TRIALDECK_POD
 * (its pod's name, where a job has several).  Added to the
 * command's: TRIALDECK_CACERT (the side port's certificate, if it has one).
 */
#include "keeper/child.h"
#include "keeper/claim.h"
#include "keeper/clock.h"
#include "keeper/code.h"
#include "keeper/deliver.h"
#include "keeper/echo.h"
#include "keeper/input.h"
#include "keeper/layout.h"
#include "keeper/note.h"
#include "keeper/options.h"
#include "keeper/output.h"
#include "keeper/probe.h"
#include "keeper/report.h"
#include "keeper/self.h"
#include "keeper/serve.h"
#include "keeper/spool.h"
#include "keeper/tail.h"
#include "keeper/tee.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 200
#define WAIT_TOLD_MS 5000
#define ENDING_TICK_MS 50
/* A process the kernel cannot end (a dead NFS server) is left behind then. */
#define KILLING_MAX_MS 30000

enum phase { PREPARING, RUNNING, ENDING, KILLING };

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
	struct code code;
	struct tee tee;
	struct echo echo;
	struct output out, err;
	struct tail lines, records;
	int64_t dropped; /* metrics that could not be taken */
};

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

	if (!report_line(&keeper->reporter, line, len, wall_ns(),
			 &keeper->spool.pending))
		count_dropped(keeper);
	flush_when_large(keeper);
}

static void on_record(const char *json, size_t len, void *arg)
{
	struct keeper *keeper = arg;

	if (!report_nni(json, len, wall_ns(), &keeper->spool.pending))
		count_dropped(keeper);
	flush_when_large(keeper);
}

/* Where whoever looks at the pod will see it. */
static void complain(struct keeper *keeper, const char *text)
{
	char line[600];
	int n = snprintf(line, sizeof(line), "trialdeck-keeper: %s\n", text);

	if (n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	note("%s", text);
	tee_feed(&keeper->tee, 1, line, (size_t)n);
}

static void give_up(struct keeper *keeper, int code, const char *text)
{
	snprintf(keeper->end.error, sizeof(keeper->end.error), "%s", text);
	keeper->end.code = code;
	complain(keeper, text);
}

static void begin_phase(struct keeper *keeper, enum phase phase, int64_t ms)
{
	keeper->phase = phase;
	keeper->deadline_ms = mono_ms() + ms;
}

static void on_term(struct keeper *keeper)
{
	keeper->end.is_canceled = true;
	if (keeper->phase == PREPARING) { /* nothing has been started */
		keeper->end.signal = SIGTERM;
		give_up(keeper, 128 + SIGTERM, "asked to end before the start");
		begin_phase(keeper, ENDING, 0);
	}
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
	keeper->end.ended_ns = wall_ns();
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
		if (info.ssi_signo != SIGCHLD)
			on_term(keeper);
}

/* False when nothing of the command is left. */
static bool step(struct keeper *keeper)
{
	if (keeper->phase <= RUNNING)
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

static bool start(struct keeper *keeper)
{
	const struct options *options = &keeper->options;
	struct child_options child = {.argv = options->command,
				      .cwd = options->cwd};
	const char *sys_dir = getenv("NNI_SYS_DIR");
	static char records_path[4096];
	char why[256];
	int failure;

	if (!child.cwd && options_has_code(options))
		child.cwd = options->code_dir;
	if (!output_open(&keeper->out, keeper->dir_fd, "stdout", on_line,
			 keeper, &child.stdout_fd) ||
	    !output_open(&keeper->err, keeper->dir_fd, "stderr", NULL, NULL,
			 &child.stderr_fd)) {
		snprintf(why, sizeof(why), "create pipe: %s", strerror(errno));
		give_up(keeper, 126, why);
		return false;
	}
	output_set_tee(&keeper->out, &keeper->tee, 0);
	output_set_tee(&keeper->err, &keeper->tee, 1);
	tail_init(&keeper->lines, getenv("TRIALDECK_METRICS"), false, on_line,
		  keeper);
	if (sys_dir)
		snprintf(records_path, sizeof(records_path), "%s/.nni/metrics",
			 sys_dir);
	tail_init(&keeper->records, sys_dir ? records_path : NULL, true,
		  on_record, keeper);
	keeper->end.started_ns = wall_ns();
	keeper->pid = child_start(&child, why, sizeof(why), &failure);
	close(child.stdout_fd);
	close(child.stderr_fd);
	keeper->phase = RUNNING;
	if (keeper->pid > 0)
		return true;
	keeper->pid = 0;
	give_up(keeper, failure == ENOENT ? 127 : 126, why);
	return false;
}

/* False when the command cannot be started. */
static bool look_at_code(struct keeper *keeper)
{
	int state = atomic_load(&keeper->code.state);

	if (keeper->phase != PREPARING || state == CODE_WORKING)
		return true;
	if (state == CODE_READY)
		return start(keeper);
	give_up(keeper, KEEPER_NO_CODE, keeper->code.err.text);
	return false;
}

static void wait_for_something(struct keeper *keeper, int timeout_ms)
{
	const struct tee *tee = &keeper->tee;
	struct pollfd ready[] = {
		{.fd = keeper->signal_fd, .events = POLLIN},
		{.fd = output_fd(&keeper->out), .events = POLLIN},
		{.fd = output_fd(&keeper->err), .events = POLLIN},
		{.fd = keeper->deliver.wake_fd, .events = POLLIN},
		{.fd = keeper->code.wake_fd, .events = POLLIN},
		{.fd = tee_fd(tee, 0), .events = POLLOUT},
		{.fd = tee_fd(tee, 1), .events = POLLOUT},
	};
	eventfd_t count;

	poll(ready, sizeof(ready) / sizeof(ready[0]), timeout_ms);
	eventfd_read(keeper->deliver.wake_fd, &count);
	if (keeper->code.wake_fd >= 0)
		eventfd_read(keeper->code.wake_fd, &count);
}

static void run(struct keeper *keeper)
{
	int64_t polled_ms = 0;

	do {
		wait_for_something(keeper, keeper->phase <= RUNNING
						   ? TICK_MS
						   : ENDING_TICK_MS);
		read_signals(keeper);
		output_pump(&keeper->out);
		output_pump(&keeper->err);
		if (mono_ms() - polled_ms >= TICK_MS) {
			tail_poll(&keeper->lines);
			tail_poll(&keeper->records);
			polled_ms = mono_ms();
		}
		spool_flush(&keeper->spool);
		echo_pump(&keeper->echo);
		tee_pump(&keeper->tee);
		reap(keeper);
	} while (look_at_code(keeper) && step(keeper));
}

/* Is there something to wait for?  With everything in the log anyway, a side
 * port that does not answer is not worth it. */
static bool is_delivering(struct keeper *keeper, int64_t deadline_ms)
{
	struct deliver_state state = deliver_state(&keeper->deliver);

	if (keeper->options.echo == ECHO_ALWAYS && state.is_failing)
		return false;
	return !state.is_done && mono_ms() < deadline_ms;
}

/* How long after anything moved last.  Files have no other way than a side port
 * that may be away for a while; who is asked to end has no time for that. */
static int64_t patience_ms(struct keeper *keeper)
{
	int seconds = keeper->options.linger_s;

	if (!keeper->end.is_canceled &&
	    deliver_state(&keeper->deliver).has_outputs &&
	    keeper->options.output_wait_s > seconds)
		seconds = keeper->options.output_wait_s;
	return seconds * 1000LL;
}

static void tell_waiting(struct keeper *keeper)
{
	if (deliver_state(&keeper->deliver).has_outputs)
		note("outputs: nobody takes what the command left; waiting for "
		     "up to %d s (outputs.wait)",
		     keeper->options.output_wait_s);
}

/* Let the delivery come to its end, and the log take what it could not. */
static void deliver_rest(struct keeper *keeper)
{
	const struct upload_options outputs = {
		.folder = keeper->options.send_outputs
				  ? keeper->options.output_dir
				  : NULL,
		.prefix = keeper->options.send_outputs,
		.limit = keeper->options.output_limit,
		.dir_fd = keeper->dir_fd,
	};
	int64_t since = mono_ms(), moved = 0;
	bool is_told = false;

	deliver_finish(&keeper->deliver, keeper->end.code,
		       !keeper->spool.pending.len || !keeper->echo.mode,
		       &outputs);
	while (is_delivering(keeper, since + patience_ms(keeper))) {
		int64_t now_moved = deliver_state(&keeper->deliver).moved;

		if (now_moved !=
		    moved) /* while something moves it is worth it */
			since = mono_ms();
		else if (!is_told && mono_ms() - since > WAIT_TOLD_MS) {
			is_told = true;
			tell_waiting(keeper);
		}
		moved = now_moved;
		echo_pump(&keeper->echo);
		tee_pump(&keeper->tee);
		wait_for_something(keeper, ENDING_TICK_MS);
		read_signals(keeper);
	}
	if (!deliver_state(&keeper->deliver).is_done)
		note("deliver: not everything reached the console in time");
	while (echo_finish(&keeper->echo) && tee_drain(&keeper->tee))
		;
	/* the last marker shall be the last, whatever the other pipe holds */
	tee_drain(&keeper->tee);
	echo_end(&keeper->echo, keeper->end.code);
	tee_drain(&keeper->tee);
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
		keeper->end.ended_ns = wall_ns();
	if (keeper->dropped)
		note("metrics: %lld were dropped", (long long)keeper->dropped);
	claim_end(keeper->dir_fd, &keeper->end);
	if (keeper->options.sys_dir && keeper->options.output_dir)
		layout_keep_logs(&keeper->options, keeper->dir_fd);
	deliver_rest(keeper);
}

/* What has to be there before the command can start.  False when it is not. */
static bool prepare(struct keeper *keeper)
{
	struct options *options = &keeper->options;
	struct error err;
	const struct code_options code = {.archive = options->code_archive,
					  .dir = options->dir,
					  .source = options->code_source,
					  .manifest = options->code_manifest,
					  .folder = options->code_dir,
					  .digest = options->code_digest,
					  .is_shared = options->sys_dir,
					  .target = options->target,
					  .token = getenv("TRIALDECK_TOKEN"),
					  .wait_s = options->code_wait_s};

	if (!options->command[0]) {
		give_up(keeper, KEEPER_BROKEN, "there is no command to run");
		return false;
	}
	if ((options->sys_dir || options->output_dir) &&
	    !layout_prepare(options, &err)) {
		give_up(keeper, KEEPER_BROKEN, err.text);
		return false;
	}
	if (!options_has_code(options))
		return start(keeper);
	keeper->phase = PREPARING;
	code_start(&keeper->code, &code);
	return true;
}

/* The attempt's folder is ours and open, or a status to exit with. */
static int take_folder(struct keeper *keeper)
{
	const char *dir = keeper->options.dir;
	int status = KEEPER_BROKEN;

	mkdir(dir, 0700);
	keeper->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (keeper->dir_fd >= 0 && keeper->signal_fd >= 0)
		status = claim_take(keeper->dir_fd, keeper->options.is_again);
	if (status && keeper->options.is_tee)
		dprintf(2, "trialdeck-keeper: %s: %s\n", dir,
			status == KEEPER_HELD || status == KEEPER_USED
				? "this attempt was started before"
				: strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	static struct keeper keeper = {.out = {.pipe_fd = -1, .file_fd = -1},
				       .err = {.pipe_fd = -1, .file_fd = -1},
				       .code = {.wake_fd = -1}};
	struct options *options = &keeper.options;
	struct deliver_options delivery = {.spool = &keeper.spool};
	struct error err;
	bool has_input = true;
	int status;

	if (!options_parse(argc, argv, options)) {
		options_usage();
		return KEEPER_BROKEN;
	}
	if (options->is_layout)
		return layout_run(options);
	if (options->serve)
		return serve_run(options);
	if (options->probe)
		return probe_run(options->probe, &options->target,
				 options->result);
	self_detach();
	keeper.signal_fd = self_open_signals(options->is_tee);
	status = take_folder(&keeper);
	if (status)
		return status;
	note_open(keeper.dir_fd);
	tee_init(&keeper.tee, options->is_tee ? 1 : -1,
		 options->is_tee ? 2 : -1);
	target_export(&options->target);
	if (options->input)
		has_input =
			input_take(options->input, options->dir,
				   &options->target, &options->command, &err);
	if (!reporter_init(&keeper.reporter, options->pattern))
		note("the metric pattern is not a regular expression");
	if (!spool_open(&keeper.spool, keeper.dir_fd))
		note("spool: %s", strerror(errno));
	delivery.dir_fd = keeper.dir_fd;
	delivery.target = options->target;
	delivery.token = getenv("TRIALDECK_TOKEN");
	delivery.pod = self_pod_name();
	delivery.has_echo = options->echo != ECHO_NEVER;
	deliver_start(&keeper.deliver, &delivery);
	echo_init(&keeper.echo, options->echo, &keeper.spool, &keeper.deliver,
		  &keeper.tee);
	if (!has_input)
		give_up(&keeper, KEEPER_BROKEN, err.text);
	else if (prepare(&keeper))
		run(&keeper);
	finish(&keeper);
	_exit(keeper.end.code);
}
