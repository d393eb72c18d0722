/* SPDX-License-Identifier: MIT */
/*
 * A program in a terminal that can be read back.
 *
 * screen_open starts a program under a pseudo-terminal of a given size, as a
 * shell would: a session with a leader that outlives it and foreground job
 * control, so that ^Z stops it and its terminal modes can be looked at when it
 * has ended.  What it writes goes into libvterm; the functions below ask for
 * the result.  Time is waited for, never slept: every wait has a deadline and
 * ends as soon as its condition holds.
 *
 * What cannot happen in a working test environment (no pty, no memory) ends
 * the program with a message.  Thread: one.
 */
#ifndef TESTS_SUPPORT_PTY_SCREEN_H
#define TESTS_SUPPORT_PTY_SCREEN_H

#include "base/strbuf.h"
#include "tui/screen_cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct screen;

struct screen_options {
	int cols, rows;		  /* 0: 80x24 */
	const char *const *argv;  /* NULL-terminated; argv[0] is the path */
	const char *folder;	  /* HOME and working directory */
	const char *const *extra; /* "NAME=value" more, NULL-terminated; or
				   * NULL */
	const char *stderr_path;  /* fd 2 goes there, not to the terminal; or
				   * NULL */
};

/* Environment of the program: TERM=xterm-256color, LANG=C.UTF-8, TZ=UTC,
 * HOME, PATH, the sanitizers' options, `extra`, nothing else. */
struct screen *screen_open(const struct screen_options *options);
/* Kill what still runs; NULL accepted. */
void screen_close(struct screen *screen);

/* ---- driving it -----------------------------------------------------------
 */

void screen_type(struct screen *screen, const char *keys);
void screen_send(struct screen *screen, const void *bytes, size_t len);
void screen_resize(struct screen *screen, int cols, int rows);
/* Close our side: the terminal is gone. */
void screen_hang_up(struct screen *screen);
pid_t screen_pid(const struct screen *screen);
void screen_signal(struct screen *screen, int signal);
/* As `fg`: give a stopped program the terminal and let it go on. */
void screen_continue(struct screen *screen);

/* ---- waiting: true when it came about before the deadline ------------------
 */

typedef bool screen_condition(struct screen *screen, void *arg);
bool screen_wait(struct screen *screen, screen_condition *condition, void *arg,
		 int deadline_ms);
/* Some row shows / no row shows this text. */
bool screen_wait_text(struct screen *screen, const char *text, int deadline_ms);
bool screen_wait_no_text(struct screen *screen, const char *text,
			 int deadline_ms);
/* Nothing was written for quiet_ms. */
bool screen_wait_idle(struct screen *screen, int quiet_ms, int deadline_ms);
/* The same of several at once. */
bool screens_wait_idle(struct screen *const *screens, size_t count,
		       int quiet_ms, int deadline_ms);
/* It ended; *ret_status as waitpid gives it, may be NULL. */
bool screen_wait_exit(struct screen *screen, int *ret_status, int deadline_ms);
bool screen_wait_stopped(struct screen *screen, int deadline_ms);

/* ---- reading it ------------------------------------------------------------
 */

int screen_cols(const struct screen *screen);
int screen_rows(const struct screen *screen);
bool screen_shows(struct screen *screen, const char *text);
/* Append a row's text without trailing blanks. */
void screen_row(struct screen *screen, int row, struct strbuf *out);
/* Append all rows, each with a newline. */
void screen_text(struct screen *screen, struct strbuf *out);
/* Append a map of attributes: a letter per cell ('.': none), given out in the
 * order of first appearance, and a legend such as "a bold fg=4". */
void screen_attributes(struct screen *screen, struct strbuf *out);

void screen_cell(struct screen *screen, int row, int col,
		 struct screen_cell *ret);
/* The first row at or after `from` with a reversed cell, or -1. */
int screen_reversed_row(struct screen *screen, int from);

void screen_cursor(const struct screen *screen, int *ret_row, int *ret_col);
bool screen_is_cursor_visible(const struct screen *screen);
bool screen_is_alternate(const struct screen *screen);
bool screen_has_mouse(const struct screen *screen);
/* Are the terminal's modes what they were before the program started? */
bool screen_is_termios_restored(const struct screen *screen);
/* Bytes written by the program so far. */
size_t screen_bytes(const struct screen *screen);
/* From now on append what the program writes, as it is; NULL ends it. */
void screen_record(struct screen *screen, struct strbuf *record);
/* When its last byte came; monotonic. */
int64_t screen_last_output_ns(const struct screen *screen);

/* ---- goldens ----------------------------------------------------------------
 */

/* Compare text and attributes with tests/screen/golden/NAME.txt; with the
 * environment's UPDATE not empty, write that file instead.  On a difference
 * prints it, leaves the screen as tests/screen/NAME.actual in the build
 * folder, and answers false. */
bool screen_matches_golden(struct screen *screen, const char *name);

#endif
