/* SPDX-License-Identifier: MIT */
/*
 * Curses up and down, and the terminal's safety net.
 *
 * Three ways lead out of the screen, and each gives the terminal back:
 *
 *  - term_close, the orderly one: endwin, plus the modes we switched on
 *    ourselves (bracketed paste).
 *  - term_suspend: the same, then SIGSTOP to ourselves.  SIGTSTP is blocked
 *    and read from a descriptor, so the kernel never stops us half-way through
 *    a frame.  On the way back nothing is assumed: modes are set again, the
 *    size is asked for, everything is painted.
 *  - a crash.  endwin may allocate and lock, so the handler does only two
 *    things that are safe in a signal handler: tcsetattr with the settings
 *    found at start, and write of a reset text prepared at start.  It runs on
 *    its own stack (the crash may be an overflow of the other), puts the
 *    handler back that was there before (a sanitizer's, say) and raises the
 *    signal again.  SIGQUIT is treated alike.  Out of memory ends through
 *    abort, and so through here.
 *
 * Libraries print to stderr, which would smear the screen: while curses is on,
 * descriptor 2 leads to the log file, or nowhere.
 *
 * Keys are read on a pad of one cell: reading on a window refreshes it behind
 * our back, on a pad it does not.
 */
#include "tui/term.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tui/curses.h"
#include "tui/draw.h"
#include "tui/keys.h"
#include "tui/term_private.h"
#include "tui/theme.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

static const int crash_signals[] = {SIGSEGV, SIGBUS,  SIGILL,
				    SIGFPE,  SIGABRT, SIGQUIT};

static bool is_open;
static SCREEN *screen;
static WINDOW *key_window;
static bool mouse_is_on;
static bool has_paste; /* a terminal for people, not a dumb one */
static int saved_stderr = -1;
static struct sigaction old_actions[COUNT_OF(crash_signals)];
static char *crash_stack;
static stack_t old_stack;

/* for the crash handler: prepared, never changed while it is installed */
static struct termios saved_termios;
static char reset_text[256];
static size_t reset_len;

static void restore_in_crash(void)
{
	size_t done = 0;

	while (done < reset_len) {
		ssize_t n = write(STDOUT_FILENO, reset_text + done,
				  reset_len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
}

static void on_crash(int number)
{
	size_t i;

	restore_in_crash();
	for (i = 0; i < COUNT_OF(crash_signals); i++)
		if (crash_signals[i] == number)
			sigaction(number, &old_actions[i], NULL);
	if (saved_stderr >= 0)
		dup2(saved_stderr, STDERR_FILENO);
	raise(number);
}

static void add_capability(const char *name)
{
	const char *text = tigetstr((NCURSES_CONST char *)(uintptr_t)name);
	size_t len;

	if (!text || text == (char *)-1)
		return;
	len = strlen(text);
	if (reset_len + len >= sizeof(reset_text) || strchr(text, '$'))
		return;
	memcpy(reset_text + reset_len, text, len);
	reset_len += len;
}

static void prepare_reset(void)
{
	static const char modes[] = PASTE_OFF "\033[?1000l\033[?1006l\033[r";

	reset_len = 0;
	if (has_paste) {
		memcpy(reset_text, modes, sizeof(modes) - 1);
		reset_len = sizeof(modes) - 1;
	}
	add_capability("sgr0");
	add_capability("cnorm");
	add_capability("rmkx");
	add_capability("rmcup");
	reset_text[reset_len++] = '\r';
	reset_text[reset_len++] = '\n';
}

static void install_crash_handlers(void)
{
	struct sigaction action = {.sa_handler = on_crash,
				   .sa_flags = SA_ONSTACK | SA_NODEFER};
	stack_t stack = {.ss_size = 65536};
	size_t i;

	crash_stack = xmalloc(stack.ss_size);
	stack.ss_sp = crash_stack;
	sigaltstack(&stack, &old_stack);
	sigemptyset(&action.sa_mask);
	for (i = 0; i < COUNT_OF(crash_signals); i++)
		sigaction(crash_signals[i], &action, &old_actions[i]);
}

static void remove_crash_handlers(void)
{
	size_t i;

	for (i = 0; i < COUNT_OF(crash_signals); i++)
		sigaction(crash_signals[i], &old_actions[i], NULL);
	sigaltstack(&old_stack, NULL);
	free(crash_stack);
	crash_stack = NULL;
}

static void redirect_stderr(void)
{
	const char *path = log_path();
	int fd = open(path ? path : "/dev/null",
		      O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	fflush(stderr);
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void restore_stderr(void)
{
	if (saved_stderr < 0)
		return;
	fflush(stderr);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	saved_stderr = -1;
}

void term_write(const char *text, size_t len)
{
	fflush(stdout);
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* ^S and ^Q are keys here, not the line discipline's. */
static void free_flow_keys(void)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes) != 0)
		return;
	modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	tcsetattr(STDIN_FILENO, TCSANOW, &modes);
	def_prog_mode();
}

static void set_modes(void)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	meta(stdscr, TRUE);
	idlok(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	curs_set(0);
	free_flow_keys();
	if (has_paste)
		term_write(PASTE_ON, strlen(PASTE_ON));
}

/* With "xterm-256color" that takes RGB, terminfo's "xterm-direct", if it is
 * installed.  A terminal that only says so is not asked: COLORTERM travels to
 * places where it is not true. */
static SCREEN *open_direct(const char *term)
{
	size_t stem = term ? strcspn(term, "-") : 0;
	SCREEN *opened;
	char *name;

	if (!stem || strstr(term, "direct"))
		return NULL;
	name = xasprintf("%.*s-direct", (int)stem, term);
	opened = newterm(name, stdout, stdin);
	free(name);
	return opened;
}

bool term_open(const struct term_options *options, struct error *err)
{
	bool is_ascii = options->is_ascii;
	const char *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		is_ascii = true;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &saved_termios) != 0)
		return error_set(err, ERROR_INVALID,
				 "the console needs a terminal; from a script "
				 "use list, show, trials or log");
	screen = options->depth == DEPTH_TRUE ? open_direct(term) : NULL;
	if (!screen)
		screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return error_set(err, ERROR_INVALID,
				 "terminal type \"%s\" is not known here: set "
				 "TERM, for example to xterm",
				 term ? term : "");
	set_term(screen);
	if (!tigetstr((NCURSES_CONST char *)(uintptr_t) "cup")) {
		endwin();
		delscreen(screen);
		return error_set(
			err, ERROR_INVALID,
			"terminal type \"%s\" cannot place the "
			"cursor: list, show, trials and log do without",
			term ? term : "");
	}
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	has_paste =
		tigetstr((NCURSES_CONST char *)(uintptr_t) "rmcup") != NULL &&
		term && strcmp(term, "linux") != 0 && strcmp(term, "dumb") != 0;
	prepare_reset();
	install_crash_handlers();
	redirect_stderr();
	key_window = newpad(1, 1);
	keypad(key_window, TRUE);
	nodelay(key_window, TRUE);
	define_key("\033[200~", 2000);
	define_key("\033[201~", 2001);
	theme_init(is_ascii, options->theme, options->depth);
	term_configure(options);
	set_modes();
	is_open = true;
	term_resize();
	return true;
}

void term_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	if (mouse_is_on)
		mousemask(0, NULL);
	if (has_paste)
		term_write(PASTE_OFF, strlen(PASTE_OFF));
	delwin(key_window);
	key_window = NULL;
	endwin();
	delscreen(screen);
	screen = NULL;
	remove_crash_handlers();
	restore_stderr();
	draw_release();
}

void term_resize(void)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
	    size.ws_col == 0) {
		size.ws_row = 24;
		size.ws_col = 80;
	}
	/* what nobody has: bounds what a hostile peer can make us allocate */
	if (size.ws_row > 1000)
		size.ws_row = 1000;
	if (size.ws_col > 1000)
		size.ws_col = 1000;
	resizeterm(size.ws_row, size.ws_col);
	draw_resize(size.ws_row, size.ws_col);
	term_redraw();
}

void term_lend(void)
{
	if (has_paste)
		term_write(PASTE_OFF, strlen(PASTE_OFF));
	endwin();
}

void term_take_back(void)
{
	/* anything may have happened to the terminal */
	doupdate();
	set_modes();
	term_resize();
}

void term_suspend(void)
{
	term_lend();
	kill(getpid(), SIGSTOP);
	term_take_back();
}

bool term_is_open(void)
{
	return is_open;
}

bool term_is_rich(void)
{
	return is_open && has_paste;
}

void term_redraw(void)
{
	if (!is_open)
		return;
	term_forget_links();
	clearok(curscr, TRUE);
}

void term_flush(void)
{
	doupdate();
}

bool term_is_writable(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

static int translate(wint_t code)
{
	switch (code) {
	case KEY_UP:
		return TK_UP;
	case KEY_DOWN:
		return TK_DOWN;
	case KEY_LEFT:
		return TK_LEFT;
	case KEY_RIGHT:
		return TK_RIGHT;
	case KEY_HOME:
		return TK_HOME;
	case KEY_END:
		return TK_END;
	case KEY_PPAGE:
		return TK_PAGE_UP;
	case KEY_NPAGE:
		return TK_PAGE_DOWN;
	case KEY_IC:
		return TK_INSERT;
	case KEY_DC:
		return TK_DELETE;
	case KEY_BTAB:
		return TK_BACK_TAB;
	case KEY_BACKSPACE:
		return TK_BACKSPACE;
	case KEY_ENTER:
		return TK_ENTER;
	case KEY_MOUSE:
		return TK_MOUSE;
	case 2000:
		return TK_PASTE_BEGIN;
	case 2001:
		return TK_PASTE_END;
	default:
		if (code > KEY_F0 && code <= KEY_F(12))
			return TK_F0 + (int)(code - KEY_F0);
		return TK_NONE;
	}
}

int term_read_key(void)
{
	for (;;) {
		wint_t code;
		int status = wget_wch(key_window, &code);
		int key;

		if (status == ERR)
			return TK_NONE;
		if (status != KEY_CODE_YES) {
			if (code == '\n')
				return TK_ENTER;
			return code == 8 ? TK_BACKSPACE : (int)code;
		}
		key = translate(code);
		if (key != TK_NONE)
			return key; /* others: a key we know nothing of */
	}
}

void term_set_mouse(bool is_on)
{
	mouse_is_on = is_on;
	if (!is_open)
		return;
	mouseinterval(0);
	mousemask(is_on ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_RELEASED |
				  BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED |
				  BUTTON5_PRESSED
			: 0,
		  NULL);
}

bool term_has_mouse(void)
{
	return mouse_is_on;
}

bool term_mouse(struct term_mouse *ret)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	ret->y = event.y;
	ret->x = event.x;
	ret->is_click = event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED);
	ret->is_press = event.bstate & BUTTON1_PRESSED;
	ret->is_release = event.bstate & BUTTON1_RELEASED;
	ret->is_double = event.bstate & BUTTON1_DOUBLE_CLICKED;
	ret->is_wheel_up = event.bstate & BUTTON4_PRESSED;
	ret->is_wheel_down = event.bstate & BUTTON5_PRESSED;
	return true;
}
