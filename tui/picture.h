/* SPDX-License-Identifier: MIT */
/*
 * Pictures: one screen (P), one picture at a time, others by [ and ].
 *
 * A picture is a row of PICTURES in picture.c and a file picture_NAME.c with a
 * struct picture_ops.  It gathers what it shows in prepare, draws it on a
 * canvas in draw, and says in readout what lies under its cursor.  It never
 * reads the store within a key or a frame: what the trial index does not hold
 * comes in slices (picture_values.h, picture_sample.h), and the picture is
 * prepared again as it comes.
 *
 *     prepare   after data, metric or settings changed; at most every few
 *               frames, by what it costs.  Budget: 8 ms at 100,000 trials
 *     draw      after prepare, a new size, or on_action returned
 *               PICTURE_DRAW.  Budget: 8 ms
 *     cursor, readout, trial   every frame; cheap
 *
 * What is sampled says so by pictures_note ("1,000 of 100,000 shown").
 * Thread: ui.
 */
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include "model/objective.h"
#include "tui/canvas.h"
#include "tui/console.h"
#include "tui/picture_sample.h"
#include "tui/picture_values.h"

/* What on_action did. */
enum picture_did {
	PICTURE_NOTHING, /* not mine */
	PICTURE_MOVED,	 /* the cursor alone */
	PICTURE_DRAW,	 /* draw again */
	PICTURE_PREPARE, /* gather again, then draw */
};

/* Where the cursor is to be seen, in cells of the canvas. */
struct picture_cursor {
	int row, col;	 /* row < 0: only the column is known */
	int top, bottom; /* a line through these rows; top > bottom: none */
};

struct picture_ops {
	const char *name;  /* ":picture NAME" */
	const char *title; /* "Final results" */
	const char *hint;  /* its keys, told while there is no cursor */
	bool uses_metric;  /* m chooses which; shown in the title */
	bool uses_log;	   /* L: pictures_is_log; shown there, too */
	size_t state_size; /* zeroed at first; lives as long as the console */
	void (*release)(void *state); /* what state owns; NULL: nothing */
	/* is_new: another experiment, or the first time: forget cursors. */
	void (*prepare)(struct console *console, void *state, bool is_new);
	/* Is there something to be read from the store, as curves are; and
	 * reading it, for at most budget_ns.  NULL: never.  It is prepared
	 * and drawn again now and then while it reads. */
	bool (*wants)(const struct console *console, const void *state);
	void (*load)(struct console *console, void *state, int64_t budget_ns);
	/* False: there is nothing to draw; ret_why says why and what to do. */
	bool (*draw)(struct console *console, void *state,
		     struct canvas *canvas, struct strbuf *ret_why);
	enum picture_did (*on_action)(struct console *console, void *state,
				      enum action_id action);
	/* False: no cursor. */
	bool (*cursor)(const struct console *console, void *state,
		       struct picture_cursor *ret);
	/* One line on what is under the cursor; nothing without one. */
	void (*readout)(struct console *console, void *state,
			struct strbuf *out);
	/* Sequence of the trial under the cursor, or -1: Enter opens it, Space
	 * marks it.  NULL: never one. */
	int64_t (*trial)(const struct console *console, void *state);
	/* How to paint a cell's owner; NULL: pictures_role. */
	enum role (*role)(const struct console *console, const void *state,
			  int owner);
};

/* One a file: picture_NAME.c. */
extern const struct picture_ops picture_curves, picture_durations,
	picture_finals, picture_front, picture_parallel, picture_timeline;
extern const struct picture_ops picture_importance, picture_slice,
	picture_contour, picture_belief;

/* ---- picture.c ---------------------------------------------------------- */

struct pictures;

struct pictures *pictures_new(void);
void pictures_free(struct pictures *pictures);
/* The i-th picture, NULL at the end. */
const struct picture_ops *pictures_at(size_t i);
/* Show one by its name on SCREEN_PICTURES. */
bool pictures_show(struct console *console, const char *name,
		   struct error *err);
/* The way charts are drawn changed. */
void pictures_redraw(struct console *console);
/* Read on for at most budget_ns, if a picture is shown that wants more of the
 * store.  Returns whether there is more to read. */
bool pictures_load(struct console *console, int64_t budget_ns);
bool pictures_are_loading(const struct console *console);
/* When, in ms from now, a picture that waits for its turn is prepared again;
 * -1: none waits. */
int pictures_wait_ms(const struct console *console);

/* ---- for the pictures ---------------------------------------------------- */

/* Told beside the title while this picture is shown; "" for nothing. */
void pictures_note(struct console *console, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum role pictures_role(int owner);
/* Have series to be told apart by marks, since colours cannot? */
bool pictures_has_marks(const struct console *console);
/* L: is the value axis logarithmic? */
bool pictures_is_log(const struct console *console);
/* The metric that m chose: its name, and as the objective it is whether less
 * is better.  false in *ret_is_known: no objective, nobody said. */
const char *pictures_metric(const struct console *console,
			    bool *ret_is_minimized, bool *ret_is_known);
/* ---- picture_optimum.c ---- */
/* The best result there can be of that metric, if somebody told it. */
bool pictures_optimum(struct console *console, double *ret);
/* Tell it: a number, or "none"; it is remembered with the experiment. */
bool pictures_set_optimum(struct console *console, const char *text,
			  struct error *err);
/* ---- picture.c ---- */

/* What the shown experiment optimises: at least one. */
const struct objectives *pictures_objectives(const struct console *console);
/* A trial's final result of that metric; NaN: none (yet). */
double pictures_final(const struct console *console, int64_t sequence);
/* Some trials with their parameters (picture_sample.h), about `wanted` of those
 * whose values[sequence] is finite, with so many of the best; for prepare.
 * NULL: no search space. */
const struct picture_sample *pictures_sample(struct console *console,
					     const double *values, size_t count,
					     bool is_minimized, size_t wanted,
					     size_t best);
/* "1,000" */
void pictures_format_count(struct strbuf *out, size_t count);
/* Narrow the filter of the trials by terms, and say so. */
void pictures_filter(struct console *console, const char *terms);
/* The values of another metric, read in slices from now on; NULL: too many. */
const struct picture_column *pictures_column(struct console *console,
					     const char *metric);

#endif
