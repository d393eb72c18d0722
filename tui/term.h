/* SPDX-License-Identifier: MIT */
/*
 * The terminal: curses up and down, keys in, and the promise that whatever
 * happens the user gets a usable terminal back.  Thread: ui.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "base/error.h"
#include "tui/theme.h"

#include <stdbool.h>
#include <stddef.h>

enum term_choice { TERM_AUTO, TERM_ON, TERM_OFF };

struct term_options {
	bool is_ascii; /* widened to true where the locale has no UTF-8 */
	enum theme theme;
	enum theme_depth depth;
	enum term_choice clipboard, links;
};

/* Take the terminal over (stdin and stdout).  Calls theme_init and
 * draw_resize. */
bool term_open(const struct term_options *options, struct error *err);
/* Follow changed clipboard and links. */
void term_configure(const struct term_options *options);
/* Give it back.  Harmless when it is not open. */
void term_close(void);

/* The kernel's idea of the size changed, or may have. */
void term_resize(void);
/* ^Z: give the terminal back, stop this process, take it again. */
void term_suspend(void);
/* Lend the terminal to another program, and take it back. */
void term_lend(void);
void term_take_back(void);
/* Forget what the terminal shows: the next frame is sent whole. */
void term_redraw(void);
/* Send what was drawn. */
void term_flush(void);
/* Does the terminal take output without blocking? */
bool term_is_writable(void);

/* The next key that is there already, or TK_NONE. */
int term_read_key(void);
void term_set_mouse(bool is_on);
bool term_has_mouse(void);
/* After TK_MOUSE. */
struct term_mouse {
	int y, x;
	bool is_click, is_double, is_wheel_up, is_wheel_down;
	bool is_press, is_release;
};
bool term_mouse(struct term_mouse *ret);

/* Copy text through the terminal to its clipboard (OSC 52).  Fails with a
 * sentence when it is too long or the terminal has none; whether the terminal
 * then takes it, it does not say. */
bool term_copy(const char *text, size_t len, struct error *err);
/* Is it ours now? */
bool term_is_open(void);
/* Ring; show a notification (OSC 9).  Nothing on a dumb terminal. */
void term_bell(void);
void term_notify(const char *text);

/* Links over text that a frame has painted, as the setting wants them: what is
 * new or gone is sent after the frame.  url: printable ASCII. */
struct term_link {
	int y, x;
	char *text, *url;
};
bool term_has_links(void);
void term_show_links(const struct term_link *links, size_t count);

#endif
