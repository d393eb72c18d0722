/* SPDX-License-Identifier: MIT */
/* The loop of the console without a screen. */
#include "tui/plain.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/wake.h"
#include "tui/console.h"
#include "tui/keys.h"
#include "tui/ring.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LIVE_POLL_MS 250
#define IDLE_POLL_MS 1000
#define LIVE_CHECK_NS (1 * NS_PER_S)
#define SLICE_NS (50 * NS_PER_MS)

bool plain_is_wanted(const struct settings *settings)
{
	const char *term = getenv("TERM");

	if (!settings_is(settings, SETTING_PLAIN, "auto"))
		return settings_is(settings, SETTING_PLAIN, "on");
	/* with nobody to type, a script asked for a screen by mistake */
	return isatty(STDIN_FILENO) && (!isatty(STDOUT_FILENO) || !term ||
					!*term || strcmp(term, "dumb") == 0);
}

void plain_say(const struct console *console, bool news, const char *format,
	       ...)
{
	struct strbuf line = STRBUF_INIT, text = STRBUF_INIT;
	char *said;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&said, format, args);
	va_end(args);
	if (length < 0)
		return;
	if (news) {
		time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
		struct tm local;

		if (localtime_r(&now, &local))
			strbuf_addf(&line, "%02d:%02d:%02d ", local.tm_hour,
				    local.tm_min, local.tm_sec);
	}
	utf8_sanitize(&text, said, strlen(said), console->is_ascii);
	strbuf_add(&line, text.data, text.len);
	strbuf_addch(&line, '\n');
	fwrite(line.data, 1, line.len, stdout);
	strbuf_release(&line);
	strbuf_release(&text);
	free(said);
}

void plain_bell(const struct console *console)
{
	if (console->plain->rings)
		fputc('\a', stdout);
}

static void leave(struct console *console, enum tui_result result)
{
	console->result = result;
	console->is_done = true;
}

/* What the console would show in its last line. */
static void say_message(struct console *console)
{
	if (*console->message)
		plain_say(console, false, "%s%s",
			  console->message_role == ROLE_ERROR ? "error: " : "",
			  console->message);
	console->message[0] = '\0';
}

static void say_question(struct console *console)
{
	if (console->prompt.kind == PROMPT_QUESTION)
		plain_say(console, false, "%s", console->prompt.question);
}

/* Read what is still to be read, compare, tell. */
static void tell_trials(struct console *console)
{
	struct trial_index *index = &console->data.trials;

	while (console->data.store && trial_index_is_loading(index))
		if (!trial_index_load(index, console->data.store,
				      console->data.selected, SLICE_NS))
			break;
	console_recalc(console, DATA_TRIALS);
	say_message(console);
	plain_look(console);
}

static void on_line(struct console *console, const char *text)
{
	bool was_open = undo_is_open(console);

	if (console->prompt.kind == PROMPT_QUESTION) {
		console_on_key(console, *text ? (unsigned char)*text : TK_ESC);
	} else {
		plain_command(console, text);
	}
	say_message(console);
	say_question(console);
	if (undo_is_open(console) && !was_open)
		plain_say(console, false,
			  "%s: in %d s; type undo to take it back",
			  console->undo.what, undo_left_s(console));
	tell_trials(console); /* of another experiment, perhaps */
}

static void take_input(struct console *console, const char *bytes, size_t len)
{
	struct plain *plain = console->plain;

	for (size_t i = 0; i < len && !console->is_done; i++) {
		if (bytes[i] != '\n') {
			plain->is_too_long |=
				plain->input.len >= PLAIN_LINE_MAX;
			if (!plain->is_too_long && bytes[i] != '\r')
				strbuf_addch(&plain->input,
					     bytes[i] ? bytes[i] : '?');
			continue;
		}
		if (plain->is_too_long)
			plain_say(console, false,
				  "error: that line is longer than %d bytes",
				  PLAIN_LINE_MAX);
		else
			on_line(console, plain->input.data);
		plain->is_too_long = false;
		strbuf_clear(&plain->input);
	}
}

static void read_input(struct console *console)
{
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n > 0) {
		take_input(console, bytes, (size_t)n);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		console->plain->is_at_end = true;
		if (console->plain->input.len)
			take_input(console, "\n", 1);
		/* nobody is left to answer it */
		if (console->prompt.kind == PROMPT_QUESTION)
			console_on_key(console, TK_ESC);
		say_message(console);
	}
}

static bool runs_something(const struct console *console)
{
	const struct tui_options *options = console->options;
	const struct experiment_row *row =
		data_find(&console->data, options->engine_experiment);

	return options->engine && !engine_is_finished(options->engine) &&
	       (!row || !experiment_state_is_terminal(row->state));
}

static void on_signal(struct console *console, uint32_t number)
{
	switch (number) {
	case SIGINT:
		if (console->prompt.kind == PROMPT_QUESTION ||
		    !runs_something(console)) {
			leave(console, TUI_QUIT);
			break;
		}
		console_quit(console);
		say_question(console);
		break;
	case SIGTSTP:
		fflush(stdout);
		kill(getpid(), SIGSTOP);
		break;
	case SIGHUP:
		leave(console, TUI_HANGUP);
		break;
	case SIGTERM:
		leave(console, TUI_TERMINATED);
		break;
	default:
		break;
	}
}

static void read_signals(struct console *console, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		on_signal(console, info.ssi_signo);
}

static void look(struct console *console)
{
	undo_look(console, false);
	if (clock_mono_ns() - console->data.live_checked_ns >= LIVE_CHECK_NS)
		data_check_live(&console->data);
	console_refresh(console);
	tell_trials(console);
	ring_look(console, DATA_EXPERIMENTS | DATA_OTHER);
	fflush(stdout);
	if (ferror(stdout))
		leave(console, TUI_HANGUP);
	if (console->stop_then_leave && !runs_something(console))
		leave(console, TUI_QUIT);
	if (console->plain->is_at_end && !runs_something(console))
		leave(console, TUI_QUIT);
}

static int wait_ms(const struct console *console)
{
	if (undo_is_open(console) || data_has_live(&console->data) ||
	    request_is_pending(console))
		return LIVE_POLL_MS;
	return IDLE_POLL_MS;
}

void plain_run(struct console *console, int signal_fd, int notice_fd)
{
	struct plain *plain = console->plain;

	plain->rings = isatty(STDOUT_FILENO);
	plain_say(console, false,
		  "trialdeck, lines only; type help for the commands, quit to "
		  "leave");
	say_message(console);
	look(console);
	while (!console->is_done) {
		struct pollfd fds[3] = {
			{.fd = plain->is_at_end ? -1 : STDIN_FILENO,
			 .events = POLLIN},
			{.fd = signal_fd, .events = POLLIN},
			{.fd = notice_fd, .events = POLLIN},
		};

		if (poll(fds, 3, wait_ms(console)) < 0 && errno != EINTR) {
			leave(console, TUI_HANGUP);
			break;
		}
		if (fds[1].revents & POLLIN)
			read_signals(console, signal_fd);
		if (fds[2].revents & POLLIN)
			wake_drain(notice_fd);
		/* before what was typed: it may ask about it */
		if (!console->is_done)
			look(console);
		if (!console->is_done && fds[0].revents)
			read_input(console);
		fflush(stdout);
	}
}
