/* SPDX-License-Identifier: MIT */
/* Feeding libvterm, and every kind of wait: all of them are one loop around
 * one poll. */
#include "tests/support/pty_screen.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tests/support/pty_job.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

struct screen {
	struct pty_job job;
	int cols, rows;
	VTerm *terminal;
	VTermScreen *cells;
	bool is_cursor_visible, is_alternate, has_mouse;
	struct termios before;
	size_t bytes;
	struct strbuf *record; /* borrowed, or NULL */
	int64_t last_output_ns;
};

/* ---- life -----------------------------------------------------------------
 */

static int on_property(VTermProp property, VTermValue *value, void *arg)
{
	struct screen *screen = arg;

	if (property == VTERM_PROP_CURSORVISIBLE)
		screen->is_cursor_visible = value->boolean;
	else if (property == VTERM_PROP_ALTSCREEN)
		screen->is_alternate = value->boolean;
	else if (property == VTERM_PROP_MOUSE)
		screen->has_mouse = value->number != VTERM_PROP_MOUSE_NONE;
	return 1;
}

static void on_answer(const char *bytes, size_t len, void *arg)
{
	screen_send(arg, bytes, len);
}

/* libvterm 0.1 dies of a wide character on a screen of one column. */
static int vterm_cols(int cols)
{
	return cols > 1 ? cols : 2;
}

static void set_up_terminal(struct screen *screen)
{
	static const VTermScreenCallbacks callbacks = {.settermprop =
							       on_property};

	screen->terminal = vterm_new(screen->rows, vterm_cols(screen->cols));
	if (!screen->terminal)
		errx(1, "libvterm failed");
	vterm_set_utf8(screen->terminal, 1);
	vterm_output_set_callback(screen->terminal, on_answer, screen);
	screen->cells = vterm_obtain_screen(screen->terminal);
	vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
	vterm_screen_enable_altscreen(screen->cells, 1);
	vterm_screen_reset(screen->cells, 1);
	screen->is_cursor_visible = true;
}

/* The environment: a short list of our own, nothing inherited by accident. */
static char **make_environment(const struct screen_options *options)
{
	static const char *const kept[] = {
		"PATH",		"ASAN_OPTIONS",	     "UBSAN_OPTIONS",
		"TSAN_OPTIONS", "LLVM_PROFILE_FILE", "LSAN_OPTIONS"};
	size_t extra = 0, count = 0;
	char **environment;

	while (options->extra && options->extra[extra])
		extra++;
	environment = xcalloc(extra + 16, sizeof(*environment));
	environment[count++] = xstrdup("TERM=xterm-256color");
	environment[count++] = xstrdup("LANG=C.UTF-8");
	environment[count++] = xstrdup("TZ=UTC");
	environment[count++] =
		xasprintf("HOME=%s", options->folder ? options->folder : "/");
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		if (getenv(kept[i]))
			environment[count++] =
				xasprintf("%s=%s", kept[i], getenv(kept[i]));
	}
	for (size_t i = 0; i < extra; i++)
		environment[count++] = xstrdup(options->extra[i]);
	return environment;
}

struct screen *screen_open(const struct screen_options *options)
{
	struct screen *screen = xcalloc(1, sizeof(*screen));
	char **environment = make_environment(options);

	screen->cols = options->cols ? options->cols : 80;
	screen->rows = options->rows ? options->rows : 24;
	set_up_terminal(screen);
	signal(SIGPIPE, SIG_IGN);
	/* modes of a fresh terminal, before the program may change them */
	pty_job_start(&screen->job, screen->cols, screen->rows, options->argv,
		      environment, options->folder, options->stderr_path,
		      &screen->before);
	screen->last_output_ns = clock_mono_ns();
	for (char **p = environment; *p; p++)
		free(*p);
	free(environment);
	return screen;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	pty_job_end(&screen->job);
	vterm_free(screen->terminal);
	free(screen);
}

/* ---- driving --------------------------------------------------------------
 */

/* Take in output for up to timeout_ms (-1: for ever); true if there was any. */
static bool pump(struct screen *screen, int timeout_ms)
{
	struct pollfd fds[2] = {{screen->job.master, POLLIN, 0},
				{screen->job.reports, POLLIN, 0}};
	char buffer[65536];
	ssize_t got;

	if (screen->job.has_ended)
		fds[1].fd = -1;
	if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
		err(1, "poll");
	pty_job_update(&screen->job);
	if (screen->job.master < 0 || !fds[0].revents)
		return false;
	got = read(screen->job.master, buffer, sizeof(buffer));
	if (got <= 0)
		return false;
	screen->bytes += (size_t)got;
	if (screen->record)
		strbuf_add(screen->record, buffer, (size_t)got);
	screen->last_output_ns = clock_mono_ns();
	vterm_input_write(screen->terminal, buffer, (size_t)got);
	return true;
}

void screen_send(struct screen *screen, const void *bytes, size_t len)
{
	const char *from = bytes;

	while (len && screen->job.master >= 0) {
		ssize_t put = write(screen->job.master, from, len);

		if (put > 0) {
			from += put;
			len -= (size_t)put;
		} else if (errno == EAGAIN) {
			struct pollfd fd = {screen->job.master,
					    POLLIN | POLLOUT, 0};

			/* it may wait for us to read before it reads */
			poll(&fd, 1, 1000);
			if (fd.revents & POLLIN)
				pump(screen, 0);
		} else if (errno != EINTR) {
			return;
		}
	}
}

void screen_type(struct screen *screen, const char *keys)
{
	screen_send(screen, keys, strlen(keys));
}

void screen_resize(struct screen *screen, int cols, int rows)
{
	struct winsize size = {.ws_row = (unsigned short)rows,
			       .ws_col = (unsigned short)cols};

	/* what it wrote for the old size belongs on a screen of that size */
	while (pump(screen, 0))
		;
	screen->cols = cols;
	screen->rows = rows;
	vterm_set_size(screen->terminal, rows, vterm_cols(cols));
	ioctl(screen->job.master, TIOCSWINSZ, &size);
}

void screen_hang_up(struct screen *screen)
{
	close(screen->job.master);
	screen->job.master = -1;
}

pid_t screen_pid(const struct screen *screen)
{
	return screen->job.pid;
}

void screen_signal(struct screen *screen, int signal)
{
	kill(screen->job.pid, signal);
}

void screen_continue(struct screen *screen)
{
	pty_job_continue(&screen->job);
}

/* ---- waiting --------------------------------------------------------------
 */

bool screen_wait(struct screen *screen, screen_condition *condition, void *arg,
		 int deadline_ms)
{
	int64_t until = clock_mono_ns() + deadline_ms * NS_PER_MS;

	while (!condition(screen, arg)) {
		int64_t left = until - clock_mono_ns();

		if (left <= 0)
			return false;
		/* 20 ms at most: a hung-up terminal is always ready */
		pump(screen,
		     left > 20 * NS_PER_MS ? 20 : (int)(left / NS_PER_MS) + 1);
	}
	return true;
}

static bool shows_text(struct screen *screen, void *arg)
{
	return screen_shows(screen, arg);
}

static bool shows_no_text(struct screen *screen, void *arg)
{
	return !screen_shows(screen, arg);
}

bool screen_wait_text(struct screen *screen, const char *text, int deadline_ms)
{
	return screen_wait(screen, shows_text, (void *)(uintptr_t)text,
			   deadline_ms);
}

bool screen_wait_no_text(struct screen *screen, const char *text,
			 int deadline_ms)
{
	return screen_wait(screen, shows_no_text, (void *)(uintptr_t)text,
			   deadline_ms);
}

bool screen_wait_idle(struct screen *screen, int quiet_ms, int deadline_ms)
{
	return screens_wait_idle(&screen, 1, quiet_ms, deadline_ms);
}

bool screens_wait_idle(struct screen *const *screens, size_t count,
		       int quiet_ms, int deadline_ms)
{
	int64_t until = clock_mono_ns() + deadline_ms * NS_PER_MS;
	int64_t quiet_since = clock_mono_ns();
	struct pollfd *fds = xcalloc(count, sizeof(*fds));
	bool is_idle = false;

	for (;;) {
		int64_t now = clock_mono_ns();
		int64_t left = quiet_since + quiet_ms * NS_PER_MS - now;
		size_t ended = 0;

		is_idle = left <= 0;
		if (is_idle || now >= until)
			break;
		for (size_t i = 0; i < count; i++) {
			ended += screens[i]->job.has_ended;
			fds[i] = (struct pollfd){
				screens[i]->job.has_ended
					? -1
					: screens[i]->job.master,
				POLLIN, 0};
		}
		is_idle = ended == count;
		if (is_idle)
			break;
		poll(fds, count, (int)(left / NS_PER_MS) + 1);
		for (size_t i = 0; i < count; i++) {
			if (pump(screens[i], 0))
				quiet_since = clock_mono_ns();
		}
	}
	free(fds);
	return is_idle;
}

static bool has_ended(struct screen *screen, void *arg)
{
	(void)arg;
	return screen->job.has_ended;
}

bool screen_wait_exit(struct screen *screen, int *ret_status, int deadline_ms)
{
	if (!screen_wait(screen, has_ended, NULL, deadline_ms))
		return false;
	while (pump(screen, 0))
		; /* its last words */
	if (ret_status)
		*ret_status = screen->job.status;
	return true;
}

static bool is_stopped(struct screen *screen, void *arg)
{
	(void)arg;
	return screen->job.is_stopped;
}

bool screen_wait_stopped(struct screen *screen, int deadline_ms)
{
	if (!screen_wait(screen, is_stopped, NULL, deadline_ms))
		return false;
	while (pump(screen, 0))
		;
	return true;
}

/* ---- reading --------------------------------------------------------------
 */

int screen_cols(const struct screen *screen)
{
	return screen->cols;
}

int screen_rows(const struct screen *screen)
{
	return screen->rows;
}

static void read_color(const struct screen *screen, VTermColor color,
		       struct screen_color *ret)
{
	ret->is_default = VTERM_COLOR_IS_DEFAULT_FG(&color) ||
			  VTERM_COLOR_IS_DEFAULT_BG(&color);
	vterm_screen_convert_color_to_rgb(screen->cells, &color);
	ret->red = color.rgb.red;
	ret->green = color.rgb.green;
	ret->blue = color.rgb.blue;
}

void screen_cell(struct screen *screen, int row, int col,
		 struct screen_cell *ret)
{
	VTermScreenCell cell;
	VTermPos pos = {row, col};
	struct strbuf text = STRBUF_INIT;

	memset(ret, 0, sizeof(*ret));
	memset(&cell, 0, sizeof(cell));
	vterm_screen_get_cell(screen->cells, pos, &cell);
	/* libvterm marks the right half of a wide character with -1 */
	if (cell.chars[0] == (uint32_t)-1) {
		ret->width = 0;
	} else {
		ret->width = cell.width > 1 ? 2 : 1;
		for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i];
		     i++)
			utf8_encode(&text, cell.chars[i]);
		if (!text.len)
			strbuf_addch(&text, ' ');
	}
	memcpy(ret->text, text.data, text.len + 1);
	strbuf_release(&text);
	ret->is_bold = cell.attrs.bold;
	ret->is_underlined = cell.attrs.underline;
	ret->is_italic = cell.attrs.italic;
	ret->is_reversed = cell.attrs.reverse;
	read_color(screen, cell.fg, &ret->foreground);
	read_color(screen, cell.bg, &ret->background);
}

void screen_row(struct screen *screen, int row, struct strbuf *out)
{
	size_t start = out->len;

	for (int col = 0; col < screen->cols; col++) {
		struct screen_cell cell;

		screen_cell(screen, row, col, &cell);
		strbuf_adds(out, cell.text);
	}
	while (out->len > start && out->data[out->len - 1] == ' ')
		strbuf_truncate(out, out->len - 1);
}

bool screen_shows(struct screen *screen, const char *text)
{
	struct strbuf line = STRBUF_INIT;
	bool is_shown = false;

	for (int row = 0; row < screen->rows && !is_shown; row++) {
		strbuf_clear(&line);
		screen_row(screen, row, &line);
		is_shown = strstr(line.data, text) != NULL;
	}
	strbuf_release(&line);
	return is_shown;
}

void screen_text(struct screen *screen, struct strbuf *out)
{
	for (int row = 0; row < screen->rows; row++) {
		screen_row(screen, row, out);
		strbuf_addch(out, '\n');
	}
}

int screen_reversed_row(struct screen *screen, int from)
{
	for (int row = from; row < screen->rows; row++) {
		for (int col = 0; col < screen->cols; col++) {
			struct screen_cell cell;

			screen_cell(screen, row, col, &cell);
			if (cell.is_reversed)
				return row;
		}
	}
	return -1;
}

void screen_cursor(const struct screen *screen, int *ret_row, int *ret_col)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(screen->terminal), &pos);
	*ret_row = pos.row;
	*ret_col = pos.col;
}

bool screen_is_cursor_visible(const struct screen *screen)
{
	return screen->is_cursor_visible;
}

bool screen_is_alternate(const struct screen *screen)
{
	return screen->is_alternate;
}

bool screen_has_mouse(const struct screen *screen)
{
	return screen->has_mouse;
}

bool screen_is_termios_restored(const struct screen *screen)
{
	struct termios now;

	if (tcgetattr(screen->job.master, &now) < 0)
		return false;
	return now.c_iflag == screen->before.c_iflag &&
	       now.c_oflag == screen->before.c_oflag &&
	       now.c_cflag == screen->before.c_cflag &&
	       now.c_lflag == screen->before.c_lflag &&
	       !memcmp(now.c_cc, screen->before.c_cc, sizeof(now.c_cc));
}

void screen_record(struct screen *screen, struct strbuf *record)
{
	screen->record = record;
}

size_t screen_bytes(const struct screen *screen)
{
	return screen->bytes;
}

int64_t screen_last_output_ns(const struct screen *screen)
{
	return screen->last_output_ns;
}
