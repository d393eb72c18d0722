/* SPDX-License-Identifier: MIT */
/* What is said to NNI's dispatcher, and what it says. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/bridge/bridge_private.h"

#include <cjson/cJSON.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define FINISH_MS 30000

/* --- what it says ------------------------------------------------------------
 */

static void told_up(struct bridge *bridge)
{
	if (bridge->state != BRIDGE_GREETING)
		return;
	bridge->state = BRIDGE_UP;
	bridge->due_ns = 0;
	bridge->user.ready(bridge->user.arg, bridge->said.nni);
}

static void told_stop(struct bridge *bridge, const char *payload)
{
	cJSON *id = cJSON_Parse(payload);

	if (cJSON_IsString(id))
		bridge->user.stop(bridge->user.arg, id->valuestring);
	else
		bridge->user.notice(bridge->user.arg,
				    "it wanted a trial ended and did not say "
				    "which");
	cJSON_Delete(id);
}

static void answered(struct bridge *bridge, int count)
{
	bridge->asked = count < bridge->asked ? bridge->asked - count : 0;
	bridge->due_ns =
		bridge->asked && !bridge->may_be_silent
			? clock_mono_ns() + bridge->patience_ms * NS_PER_MS
			: 0;
}

/* A traceback's last line says what it is; the rest is in the log. */
static void told_error(struct bridge *bridge, const char *payload)
{
	char *text = xstrdup(payload);
	size_t len = strlen(text);
	char *line;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	line = strrchr(text, '\n');
	bridge_note_problem(bridge, line ? line + 1 : text);
	free(text);
}

void bridge_on_command(void *arg, const char *code, const char *payload,
		       size_t len)
{
	struct bridge *bridge = arg;

	if (bridge->state == BRIDGE_DYING || bridge->state == BRIDGE_FINISHING)
		return;
	if (!strcmp(code, "ID")) {
		told_up(bridge);
	} else if (!strcmp(code, "TR")) {
		answered(bridge, 1);
		bridge->user.trial(bridge->user.arg, payload, len);
	} else if (!strcmp(code, "NO")) {
		int missing = bridge->asked;

		answered(bridge, missing);
		bridge->user.no_more(bridge->user.arg, missing);
	} else if (!strcmp(code, "KI")) {
		told_stop(bridge, payload);
	} else if (!strcmp(code, "ER")) {
		told_error(bridge, payload);
	} else {
		char text[64];

		snprintf(text, sizeof(text), "its command %s is not known here",
			 code);
		bridge->user.notice(bridge->user.arg, text);
	}
}

/* --- what it is told --- */

struct bridge *bridge_new(const struct bridge_options *options,
			  const struct bridge_callbacks *callbacks)
{
	struct bridge *bridge = xcalloc(1, sizeof(*bridge));

	bridge->user = *callbacks;
	bridge->loop = options->loop;
	bridge->noun = xstrdup(options->noun);
	bridge->python = process_python(options->python);
	bridge->log_folder = fs_join(options->folder, options->log_folder);
	bridge->checkpoints = fs_join(options->folder, "checkpoint");
	bridge->log_path = fs_join(bridge->log_folder, PROCESS_LOG);
	bridge->params = xstrdup(options->params);
	bridge->space = xstrdup(options->space);
	bridge->log_level = xstrdup(options->log_level);
	bridge->devices = xstrdup(options->devices);
	bridge->is_resumed = options->is_resumed;
	bridge->has_intermediates = options->has_intermediates;
	bridge->may_be_silent = options->may_be_silent;
	bridge->patience_ms = options->patience_ms;
	bridge->hello_fd = -1;
	strbuf_init(&bridge->hello);
	bridge->state = BRIDGE_PAUSED;
	bridge_set_timer(bridge, 0, bridge_start);
	return bridge;
}

/* --- what it is told ---------------------------------------------------------
 */

bool bridge_is_up(const struct bridge *bridge)
{
	return bridge->state == BRIDGE_UP;
}

void bridge_send(struct bridge *bridge, const char *code, const char *text)
{
	struct error err;

	if (bridge->state != BRIDGE_UP)
		return;
	if (!channel_send(bridge->channel, code, text, strlen(text), &err))
		log_line(LOG_LEVEL_WARN, "%s: %s", bridge->noun, err.text);
}

void bridge_set_space(struct bridge *bridge, const char *space)
{
	struct error err;

	free(bridge->space);
	bridge->space = xstrdup(space);
	/* one that is being greeted was told the old one, and reads in order */
	if (bridge->state != BRIDGE_UP && bridge->state != BRIDGE_GREETING)
		return;
	if (!channel_send(bridge->channel, "SS", space, strlen(space), &err))
		log_line(LOG_LEVEL_WARN, "%s: %s", bridge->noun, err.text);
}

void bridge_ask(struct bridge *bridge, int count)
{
	char text[16];

	if (bridge->state != BRIDGE_UP)
		return;
	snprintf(text, sizeof(text), "%d", count);
	bridge_send(bridge, "GE", text);
	bridge->asked += count;
	answered(bridge, 0);
}

int bridge_asked(const struct bridge *bridge)
{
	return bridge->asked;
}

void bridge_go_on(struct bridge *bridge)
{
	if (bridge->state != BRIDGE_GIVEN_UP && bridge->state != BRIDGE_GONE)
		return;
	bridge->crashes = 0;
	bridge->state = BRIDGE_PAUSED;
	bridge_set_timer(bridge, 0, bridge_start);
}

/* --- the end we want ---------------------------------------------------------
 */

static void say_terminate(struct bridge *bridge)
{
	struct error ignored;

	if (bridge->channel &&
	    (bridge->state == BRIDGE_UP || bridge->state == BRIDGE_GREETING))
		channel_send(bridge->channel, "TE", "", 0, &ignored);
}

static void tell_gone(void *arg)
{
	struct bridge *bridge = arg;

	bridge->timer = NULL;
	bridge->state = BRIDGE_GONE;
	bridge->user.gone(bridge->user.arg);
}

bool bridge_is_gone(const struct bridge *bridge)
{
	return bridge->state == BRIDGE_GONE;
}

void bridge_finish(struct bridge *bridge)
{
	bool was_up = bridge->state == BRIDGE_UP;

	if (bridge->state == BRIDGE_FINISHING || bridge->state == BRIDGE_GONE)
		return;
	say_terminate(bridge);
	loop_cancel(bridge->loop, bridge->pinging);
	bridge->pinging = NULL;
	bridge->due_ns = 0;
	bridge->state = BRIDGE_FINISHING;
	if (bridge->pid)
		bridge_set_timer(bridge, was_up ? FINISH_MS : 0,
				 bridge_kill_due);
	else
		bridge_set_timer(bridge, 0, tell_gone);
}

/* Nobody runs the loop any more: write what is left, and wait. */
static void wait_for_end(struct bridge *bridge, int wait_ms)
{
	int64_t until = clock_mono_ns() + wait_ms * NS_PER_MS;
	siginfo_t info = {0};

	while (clock_mono_ns() < until) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)bridge->pid, &info,
			   WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid)
			return;
		poll(NULL, 0, 10);
	}
}

void bridge_free(struct bridge *bridge, int wait_ms)
{
	if (!bridge)
		return;
	if (bridge->pid) {
		say_terminate(bridge);
		if (bridge->state == BRIDGE_UP ||
		    bridge->state == BRIDGE_FINISHING)
			wait_for_end(bridge, wait_ms);
		kill(-bridge->pid, SIGKILL);
		kill(bridge->pid, SIGKILL);
		waitpid(bridge->pid, NULL, 0);
	}
	if (bridge->child)
		local_child_forget(bridge->child);
	bridge_stop_hearing(bridge);
	bridge_set_timer(bridge, 0, NULL);
	strbuf_release(&bridge->hello);
	free(bridge->noun);
	free(bridge->python);
	free(bridge->log_folder);
	free(bridge->checkpoints);
	free(bridge->log_path);
	free(bridge->params);
	free(bridge->space);
	free(bridge->log_level);
	free(bridge->devices);
	free(bridge);
}
