/* SPDX-License-Identifier: MIT */
/* The life of one Python process with NNI's dispatcher: started, watched,
 * ended, started again. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/bridge/bridge_private.h"
#include "engine/platform/local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PING_MS 5000
#define START_PATIENCE_MS 120000  /* imports from a slow file system */
#define DYING_MS 5000		  /* between hanging up and ending by itself */
#define STEADY_NS (60 * NS_PER_S) /* having lived so long, it is no loop */
#define CRASHES_MAX 3		  /* in a row, each soon after its start */
#define FIRST_PAUSE_MS 500
#define HELLO_MAX 8192

void bridge_set_timer(struct bridge *bridge, int64_t ms, loop_timer_fn *fn)
{
	loop_cancel(bridge->loop, bridge->timer);
	bridge->timer = fn ? loop_after(bridge->loop, ms, fn, bridge) : NULL;
}

void bridge_note_problem(struct bridge *bridge, const char *text)
{
	struct strbuf safe = STRBUF_INIT;

	if (*bridge->problem || !text)
		return;
	utf8_sanitize(&safe, text, strlen(text), false);
	snprintf(bridge->problem, sizeof(bridge->problem), "%s", safe.data);
	strbuf_release(&safe);
}

void bridge_stop_hearing(struct bridge *bridge)
{
	if (bridge->hello_watch)
		loop_unwatch(bridge->loop, bridge->hello_watch);
	if (bridge->hello_fd >= 0)
		close(bridge->hello_fd);
	bridge->hello_watch = NULL;
	bridge->hello_fd = -1;
	channel_free(bridge->channel);
	bridge->channel = NULL;
	loop_cancel(bridge->loop, bridge->pinging);
	bridge->pinging = NULL;
	bridge->asked = 0;
	bridge->due_ns = 0;
}

/* With its helpers: it leads their group. */
static void kill_process(const struct bridge *bridge)
{
	if (!bridge->pid)
		return;
	kill(-bridge->pid, SIGKILL);
	if (bridge->child)
		local_child_signal(bridge->child, SIGKILL);
}

void bridge_kill_due(void *arg)
{
	struct bridge *bridge = arg;

	bridge->timer = NULL;
	bridge->is_killed = true;
	kill_process(bridge); /* that it ended is told then */
}

/* It is of no use any more: its end is near, or made. */
static void give_up_on(struct bridge *bridge, const char *problem, bool at_once)
{
	if (bridge->state == BRIDGE_DYING)
		return;
	bridge_note_problem(bridge, problem);
	bridge_stop_hearing(bridge);
	bridge->state = BRIDGE_DYING;
	bridge_set_timer(bridge, at_once ? 0 : DYING_MS, bridge_kill_due);
}

/* --- the end of a process ----------------------------------------------------
 */

static void add_status(char *text, size_t size, int status)
{
	if (status != -1 && WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d", WTERMSIG(status));
	else if (status != -1 && WIFEXITED(status))
		snprintf(text, size, "exit status %d", WEXITSTATUS(status));
	else
		snprintf(text, size, "it is gone");
}

static void describe_end(struct bridge *bridge, int status, struct strbuf *out)
{
	struct strbuf words = STRBUF_INIT;
	char how[64];

	add_status(how, sizeof(how), status);
	process_last_words(bridge->log_path, bridge->log_from, &words);
	strbuf_addf(out, "%s in Python: ", bridge->noun);
	if (*bridge->problem)
		strbuf_addf(out, "%s (%s)", bridge->problem, how);
	else if (status != -1 && WIFSIGNALED(status) && !bridge->is_killed)
		strbuf_adds(out, how);
	else if (bridge->is_killed)
		strbuf_addf(out, "it hung up%s%s", words.len ? ": " : "",
			    words.data);
	else
		strbuf_addf(out, "%s%s%s", how, words.len ? ": " : "",
			    words.data);
	strbuf_release(&words);
}

static void crashed(struct bridge *bridge, const char *problem)
{
	bool gives_up;

	if (clock_mono_ns() - bridge->started_ns >= STEADY_NS)
		bridge->crashes = 0;
	gives_up = ++bridge->crashes >= CRASHES_MAX;
	bridge->is_resumed = true; /* the next one */
	if (gives_up) {
		bridge->state = BRIDGE_GIVEN_UP;
		bridge_set_timer(bridge, 0, NULL);
	} else {
		int64_t pause = bridge->patience_ms < FIRST_PAUSE_MS
					? bridge->patience_ms
					: FIRST_PAUSE_MS;

		for (int i = 1; i < bridge->crashes; i++)
			pause *= 4;
		bridge->state = BRIDGE_PAUSED;
		bridge_set_timer(bridge, pause, bridge_start);
	}
	bridge->user.down(bridge->user.arg, problem, gives_up);
}

static void on_end(int status, void *arg)
{
	struct bridge *bridge = arg;
	struct strbuf problem = STRBUF_INIT;
	bool is_over = bridge->state == BRIDGE_FINISHING;

	bridge->child = NULL;
	kill(-bridge->pid, SIGKILL); /* what it left behind */
	bridge->pid = 0;
	bridge_stop_hearing(bridge);
	bridge_set_timer(bridge, 0, NULL);
	if (is_over) {
		bridge->state = BRIDGE_GONE;
		bridge->user.gone(bridge->user.arg);
		return;
	}
	describe_end(bridge, status, &problem);
	crashed(bridge, problem.data);
	strbuf_release(&problem);
}

/* --- keeping it alive
 * --------------------------------------------------------- */

static void on_broken(void *arg, const char *problem)
{
	struct bridge *bridge = arg;

	if (bridge->state == BRIDGE_FINISHING) {
		bridge_stop_hearing(bridge); /* it is ending, as wanted */
		return;
	}
	give_up_on(bridge, problem, problem != NULL);
}

static void ping(void *arg);

static void ping_soon(struct bridge *bridge)
{
	int64_t ms =
		bridge->patience_ms < PING_MS ? bridge->patience_ms : PING_MS;

	bridge->pinging = loop_after(bridge->loop, ms, ping, bridge);
}

/* Has it answered, and does it read?  Then ping it, which lets nni 3 notice
 * that a worker of its own has died. */
static void ping(void *arg)
{
	struct bridge *bridge = arg;
	int64_t now = clock_mono_ns();
	uint64_t signs = channel_signs_of_life(bridge->channel);
	char text[128];

	bridge->pinging = NULL;
	process_trim_log(bridge->log_path);
	if (signs != bridge->signs || channel_is_drained(bridge->channel)) {
		bridge->signs = signs;
		bridge->signs_ns = now;
	}
	if ((bridge->due_ns && now >= bridge->due_ns) ||
	    now - bridge->signs_ns >= bridge->patience_ms * NS_PER_MS) {
		snprintf(text, sizeof(text), "no answer within %lld s",
			 (long long)((bridge->state == BRIDGE_UP
					      ? bridge->patience_ms
					      : START_PATIENCE_MS) /
				     1000));
		give_up_on(bridge, text, true);
		return;
	}
	if (bridge->state == BRIDGE_UP) {
		struct error ignored;

		channel_send(bridge->channel, "PI", "", 0, &ignored);
		channel_ping(bridge->channel);
	}
	ping_soon(bridge);
}

/* --- the start ------------------------------------------------------------ */

static bool greet(struct bridge *bridge, struct error *err)
{
	char text[128];

	if (!process_hello_parse(bridge->hello.data, &bridge->said, err))
		return false;
	if (!*bridge->said.nni)
		return error_set(err, ERROR_NOT_FOUND,
				 "nni cannot be imported by %s (Python %s): "
				 "%s: install it there, or name another "
				 "interpreter in pythonPath",
				 bridge->said.executable, bridge->said.python,
				 bridge->said.problem);
	channel_begin(bridge->channel, bridge_framing_of(bridge->said.nni));
	if (!channel_send(bridge->channel, "IN", bridge->space,
			  strlen(bridge->space), err))
		return false;
	snprintf(text, sizeof(text), "nni %s, Python %s, pid %d",
		 bridge->said.nni, bridge->said.python, (int)bridge->pid);
	log_line(LOG_LEVEL_INFO, "%s: %s", bridge->noun, text);
	bridge->state = BRIDGE_GREETING;
	return true;
}

static void on_hello(int fd, short events, void *arg)
{
	struct bridge *bridge = arg;
	struct error err;
	char text[1024];
	ssize_t n;

	(void)events;
	n = read(fd, text, sizeof(text));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		strbuf_add(&bridge->hello, text, (size_t)n);
	if (n > 0 && !memchr(text, '\n', (size_t)n) &&
	    bridge->hello.len < HELLO_MAX)
		return;
	loop_unwatch(bridge->loop, bridge->hello_watch);
	bridge->hello_watch = NULL;
	if (!strchr(bridge->hello.data, '\n')) /* it ends: that says why */
		give_up_on(bridge, NULL, n > 0);
	else if (!greet(bridge, &err))
		give_up_on(bridge, err.text, !*bridge->said.problem);
}

static bool spawn(struct bridge *bridge, struct error *err)
{
	struct channel_callbacks callbacks = {bridge_on_command, on_broken,
					      bridge};
	struct process_launch launch = {
		.python = bridge->python,
		.directory = bridge->log_folder,
		.checkpoints = bridge->checkpoints,
		.params = bridge->params,
		.log_level = bridge->log_level,
		.devices = bridge->devices,
		.is_resumed = bridge->is_resumed,
		.has_intermediates = bridge->has_intermediates,
	};
	struct stat st;
	int hello[2];
	bool ok;

	if (!fs_make_folders(bridge->log_folder, err) ||
	    !fs_make_folders(bridge->checkpoints, err))
		return false;
	bridge->channel = channel_new(bridge->loop, &callbacks, err);
	if (!bridge->channel)
		return false;
	if (pipe2(hello, O_CLOEXEC) < 0)
		return error_set_errno(err, "make a pipe for Python");
	fcntl(hello[0], F_SETFL, O_NONBLOCK);
	bridge->hello_fd = hello[0];
	launch.url = channel_url(bridge->channel);
	launch.socket = channel_take_child_fd(bridge->channel);
	launch.hello = hello[1];
	process_trim_log(bridge->log_path);
	bridge->log_from =
		stat(bridge->log_path, &st) == 0 ? (int64_t)st.st_size : 0;
	ok = process_start(&launch, &bridge->pid, err);
	close(launch.socket);
	close(launch.hello);
	return ok;
}

void bridge_start(void *arg)
{
	struct bridge *bridge = arg;
	struct error err;
	int64_t now = clock_mono_ns();

	bridge->timer = NULL;
	bridge->problem[0] = '\0';
	bridge->is_killed = false;
	bridge->asked = 0;
	strbuf_clear(&bridge->hello);
	memset(&bridge->said, 0, sizeof(bridge->said));
	bridge->started_ns = bridge->signs_ns = now;
	bridge->signs = 0;
	if (!spawn(bridge, &err)) {
		bridge->pid = 0;
		bridge_stop_hearing(bridge);
		error_prefix(&err, "%s in Python", bridge->noun);
		crashed(bridge, err.text);
		return;
	}
	bridge->state = BRIDGE_STARTING;
	bridge->due_ns = now + (bridge->patience_ms < START_PATIENCE_MS
					? START_PATIENCE_MS
					: bridge->patience_ms) *
				       NS_PER_MS;
	bridge->child = local_child_watch(bridge->loop, bridge->pid,
					  local_start_time(bridge->pid), on_end,
					  bridge);
	bridge->hello_watch = loop_watch_fd(bridge->loop, bridge->hello_fd,
					    POLLIN, on_hello, bridge);
	ping_soon(bridge);
}
