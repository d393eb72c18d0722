/* SPDX-License-Identifier: MIT */
/*
 * The loop: one wait, keys first, then news, then at most one frame.
 *
 * It waits for the keyboard, for signals (from a descriptor: every signal we
 * care about is blocked), for the engine's notice when this process runs one,
 * and for time.  The work of a turn is bounded: all keys that are there, one
 * look at the store, one slice of loading, one frame.
 *
 * Frames.  A key is answered at once.  News from the store make at most ten
 * frames a second.  No frame is made while the terminal is still busy taking
 * in the last one: over a slow link frames are skipped, not queued.  When
 * nothing on the screen changes nothing is painted, and curses would not send
 * a byte anyway.
 *
 * Without an engine in this process the store's data version is polled: four
 * times a second while some experiment is live, else once.
 */
#include "tui/tui.h"

#include "base/clock.h"
#include "base/wake.h"
#include "tui/console.h"
#include "tui/hints.h"
#include "tui/keys.h"
#include "tui/links.h"
#include "tui/picture.h"
#include "tui/plain.h"
#include "tui/term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define FRAME_NS (100 * NS_PER_MS)
#define ARRANGE_NS (200 * NS_PER_MS)
#define SLICE_NS (8 * NS_PER_MS)
#define LIVE_POLL_NS (250 * NS_PER_MS)
#define IDLE_POLL_NS (1 * NS_PER_S)
#define LIVE_CHECK_NS (1 * NS_PER_S)
#define LOG_POLL_NS (200 * NS_PER_MS)
#define LOG_IDLE_NS (1 * NS_PER_S)

struct loop_state {
	struct console *console;
	int signal_fd;
	int notice_fd;	     /* -1: none */
	bool has_news;	     /* the engine said so; or it is time to look */
	int64_t looked_ns;   /* at the store; monotonic, as all here */
	int64_t arranged_ns; /* what is still being read was shown */
	int64_t log_ns;	     /* last look at the log file */
	int64_t tick_ns;     /* next frame for the passing of time */
};

static void signals_of_ours(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGWINCH);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTSTP);
	sigaddset(set, SIGCONT);
}

void tui_block_signals(void)
{
	sigset_t set;

	signals_of_ours(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void leave(struct console *console, enum tui_result result)
{
	console->result = result;
	console->is_done = true;
}

static void on_signal(struct loop_state *loop, uint32_t number)
{
	struct console *console = loop->console;

	switch (number) {
	case SIGWINCH:
	case SIGCONT:
		/* a stopped process may have missed the resize */
		term_resize();
		console->needs_layout = console->needs_paint = true;
		break;
	case SIGTSTP:
		term_suspend();
		console->needs_layout = console->needs_paint = true;
		console->data.is_stale = true;
		break;
	case SIGINT:
		console_on_key(console, TK_CTRL('c'));
		break;
	case SIGHUP:
		leave(console, TUI_HANGUP);
		break;
	default:
		leave(console, TUI_TERMINATED);
	}
}

static void read_signals(struct loop_state *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		on_signal(loop, info.ssi_signo);
}

static void read_keys(struct console *console)
{
	int key;

	while (!console->is_done && (key = term_read_key()) != TK_NONE)
		console_on_key(console, key);
}

/* The program ends by itself when the experiment it was told to stop has. */
static void check_stop(struct console *console)
{
	const struct experiment_row *row;

	if (!console->stop_then_leave)
		return;
	row = data_find(&console->data, console->options->engine_experiment);
	if (!row || experiment_state_is_terminal(row->state) ||
	    engine_is_finished(console->options->engine))
		leave(console, TUI_QUIT);
}

/* The engine's own trouble is not in the store, which it cannot write. */
static void follow_fault(struct console *console)
{
	char text[sizeof(console->fault)] = "";
	int64_t since_ns = 0;

	if (!console->options->engine)
		return;
	engine_fault(console->options->engine, text, sizeof(text), &since_ns);
	if (!strcmp(text, console->fault))
		return;
	memcpy(console->fault, text, sizeof(text));
	console->fault_since_ns = since_ns;
	console->needs_paint = true;
}

static int64_t store_poll_ns(const struct loop_state *loop)
{
	return data_has_live(&loop->console->data) ||
			       request_is_pending(loop->console)
		       ? LIVE_POLL_NS
		       : IDLE_POLL_NS;
}

/* Look at the store when somebody said so or it is time to. */
static void follow_store(struct loop_state *loop, int64_t now_ns)
{
	struct console *console = loop->console;

	if (now_ns - loop->looked_ns >= store_poll_ns(loop) ||
	    script_is_waiting(console->script))
		loop->has_news = true;
	if (!loop->has_news || now_ns - loop->looked_ns < FRAME_NS)
		return;
	loop->has_news = false;
	loop->looked_ns = now_ns;
	if (now_ns - console->data.live_checked_ns >= LIVE_CHECK_NS &&
	    data_check_live(&console->data))
		console_recalc(console, DATA_EXPERIMENTS);
	console_refresh(console);
	follow_fault(console);
	check_stop(console);
}

/* Read further rows, showing now and then how far it got. */
static bool is_loading(const struct console *console)
{
	return trial_index_is_loading(&console->data.trials) ||
	       pictures_are_loading(console);
}

static void load_slice(struct loop_state *loop, int64_t now_ns)
{
	struct console *console = loop->console;
	struct trial_index *index = &console->data.trials;

	if (!console->data.store)
		return;
	if (!trial_index_is_loading(index)) {
		pictures_load(console, SLICE_NS);
		return;
	}
	if (!trial_index_load(index, console->data.store,
			      console->data.selected, SLICE_NS) ||
	    now_ns - loop->arranged_ns >= ARRANGE_NS) {
		loop->arranged_ns = now_ns;
		console_recalc(console, DATA_TRIALS);
	}
}

static void follow_log(struct loop_state *loop, int64_t now_ns)
{
	struct console *console = loop->console;

	loop->log_ns = now_ns;
	if (log_pane_update(console))
		console->needs_paint = true;
}

static int64_t log_poll_ns(const struct console *console)
{
	const struct trial_row *row = console_trial(console);

	if (!log_pane_is_shown(console))
		return IDLE_POLL_NS;
	if (log_pane_is_busy(console))
		return 0; /* slices; keys are looked at between them */
	if (!log_pane_is_settled(console))
		return 20 * NS_PER_MS;
	return row && !trial_state_is_terminal(row->state) ? LOG_POLL_NS
							   : LOG_IDLE_NS;
}

static void make_frame(struct loop_state *loop)
{
	hints_look(loop->console);
	console_paint(loop->console);
	term_flush();
	links_show(loop->console);
	loop->tick_ns =
		clock_mono_ns() + console_tick_ms(loop->console) * NS_PER_MS;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How long nothing needs to be done, unless a descriptor says otherwise. */
static int wait_ms(const struct loop_state *loop, int64_t now_ns)
{
	const struct console *console = loop->console;
	int64_t at_ns = loop->tick_ns;

	if (console->is_done || console->script || is_loading(console))
		return script_is_waiting(console->script) &&
				       !is_loading(console)
			       ? 10
			       : 0;
	at_ns = least(at_ns,
		      loop->looked_ns + (loop->has_news ? FRAME_NS
							: store_poll_ns(loop)));
	if (log_pane_is_shown(console))
		at_ns = least(at_ns, loop->log_ns + log_poll_ns(console));
	if (at_ns <= now_ns)
		return 0;
	return (int)((at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void wait_for_something(struct loop_state *loop)
{
	struct console *console = loop->console;
	struct pollfd fds[4] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = loop->signal_fd, .events = POLLIN},
		{.fd = loop->notice_fd, .events = POLLIN},
		/* only while a frame waits for the terminal */
		{.fd = console->needs_paint ? STDOUT_FILENO : -1,
		 .events = POLLOUT},
	};
	int timeout_ms = wait_ms(loop, clock_mono_ns());

	if (poll(fds, 4, timeout_ms) < 0 && errno != EINTR)
		return;
	if (fds[1].revents & POLLIN)
		read_signals(loop);
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		leave(console, TUI_HANGUP);
	else if (fds[0].revents & POLLIN)
		read_keys(console);
	if (fds[2].revents & POLLIN) {
		wake_drain(loop->notice_fd);
		loop->has_news = true;
	}
}

static void run(struct loop_state *loop)
{
	struct console *console = loop->console;

	while (!console->is_done) {
		int64_t now_ns;

		if (console->needs_paint && term_is_writable())
			make_frame(loop);
		wait_for_something(loop);
		if (console->is_done)
			break;
		if (console->needs_paint && term_is_writable())
			make_frame(loop); /* keys are answered first */
		now_ns = clock_mono_ns();
		undo_look(console, false);
		follow_store(loop, now_ns);
		wishes_renew(console);
		load_slice(loop, now_ns);
		if (now_ns - loop->log_ns >= log_poll_ns(console))
			follow_log(loop, now_ns);
		if (now_ns >= loop->tick_ns) {
			console_recalc(console, DATA_SELECTION);
			loop->tick_ns = INT64_MAX;
		}
		script_step(console);
	}
}

bool tui_is_plain(const struct tui_options *options)
{
	struct console_start start;

	console_settings_load(options, &start);
	action_unmap_all(); /* read again by tui_run */
	return plain_is_wanted(&start.settings);
}

/* The same console over the same store, with lines in a screen's place. */
static enum tui_result run_plain(const struct loop_state *loop,
				 const struct console_start *start,
				 const struct tui_options *options,
				 struct error *err)
{
	struct console *console = loop->console;
	struct plain plain = {.input = STRBUF_INIT};
	enum tui_result result = TUI_FAILED;

	theme_without_screen(
		settings_is(&start->settings, SETTING_ASCII, "on"));
	draw_resize(PLAIN_ROWS, PLAIN_COLS); /* tables are made for it */
	console->plain = &plain;
	if (console_init(console, options, err)) {
		console_settings_begin(console, start);
		plain_run(console, loop->signal_fd, loop->notice_fd);
		undo_look(console, true);
		result = console->result;
	}
	console_release(console);
	draw_release();
	strbuf_release(&plain.input);
	free(plain.states);
	return result;
}

enum tui_result tui_run(const struct tui_options *options, struct error *err)
{
	struct console *console = calloc(1, sizeof(*console));
	struct loop_state loop = {.console = console, .notice_fd = -1};
	struct console_start start;
	struct term_options term;
	enum tui_result result = TUI_FAILED;
	sigset_t set;

	if (!console) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return TUI_FAILED;
	}
	tui_block_signals();
	signals_of_ours(&set);
	loop.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop.signal_fd < 0) {
		error_set_errno(err, "open the console: signalfd");
		free(console);
		return TUI_FAILED;
	}
	console_settings_load(options, &start);
	if (options->engine)
		loop.notice_fd = engine_notice_fd(options->engine);
	if (!options->script && plain_is_wanted(&start.settings)) {
		result = run_plain(&loop, &start, options, err);
		action_unmap_all();
		close(loop.signal_fd);
		free(console);
		return result;
	}
	term = console_settings_term(&start.settings);
	if (term_open(&term, err)) {
		if (console_init(console, options, err)) {
			console_settings_begin(console, &start);
			run(&loop);
			/* it was asked for, and not taken back */
			undo_look(console, true);
			result = console->result;
		}
		console_release(console);
		term_close();
	}
	action_unmap_all();
	close(loop.signal_fd);
	free(console);
	return result;
}
