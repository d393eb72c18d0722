/* SPDX-License-Identifier: MIT */
/*
 * The shown experiment's points and results, for the pictures that compare
 * them: importance, slice, contour.
 *
 * Points are read once, since parameters never change: blocks of neighbouring
 * trials spread over all of them, so that what is there at any moment is a fair
 * choice, then what is new.  Results come from the trial index, or the column
 * of another metric, each time a picture is prepared.  Two bytes a value and
 * some 30 a trial.  Thread: ui.
 */
#ifndef TUI_PICTURE_POINTS_H
#define TUI_PICTURE_POINTS_H

#include "insight/importance.h"
#include "insight/observations.h"
#include "tui/picture.h"

/* So many of the most important parameters are looked at in pairs. */
#define PICTURE_PAIRED 8
#define PICTURE_PAIRS_MAX (PICTURE_PAIRED * (PICTURE_PAIRED - 1) / 2)

struct picture_points {
	int64_t experiment;
	struct space *space; /* owned */
	char *space_text;    /* what it was made of; owned */
	struct observations *all;
	struct space_scan *scan;
	double *point;
	/* reading: blocks of the first `spread` trials in a spread order, those
	 * above by number */
	size_t spread, block_count, block_step, block_at, blocks_left;
	size_t next, read, strange;
	bool has_failed; /* the store could not be read; not tried again */

	enum objective_mode mode;
	bool is_mode_known;
	struct importance *importance;
	struct parameter_importance *items; /* one a parameter; owned */
	struct interaction pairs[PICTURE_PAIRS_MAX];
	size_t pair_count;
	size_t paired_of;  /* trials there were then; 0: pairs are to be
			    * looked for */
	int64_t paired_ns; /* monotonic */
	size_t chosen[2];  /* the parameters that are looked at */
	bool is_chosen;	   /* by somebody, else the strongest */
};

/* Those of the shown experiment, made anew when it or its space is another one;
 * NULL: it has no search space (that can be read). */
struct picture_points *picture_points_of(struct console *console);
/* Those there are already, or NULL. */
struct picture_points *picture_points_shown(const struct console *console);
void picture_points_free(struct picture_points *points);
/* Are there trials whose points have not been read? */
bool picture_points_wants(const struct console *console);
void picture_points_load(struct console *console, int64_t budget_ns);
/* Take in the results of the metric that is shown. */
void picture_points_follow(struct console *console,
			   struct picture_points *points);
/* ... and say how important each parameter is. */
void picture_points_rank(struct picture_points *points);
/* Is it time to look for pairs (again)?  And looking: those that are more than
 * chance are kept. */
bool picture_points_wants_pairs(const struct picture_points *points);
void picture_points_pair(struct picture_points *points);
/* Look at this parameter, on the first or the second axis. */
void picture_points_choose(struct picture_points *points, int axis,
			   size_t parameter);
/* The next one, or the one before; never that of the other axis when there are
 * others. */
void picture_points_turn(struct picture_points *points, int axis, int by);
/* Tell how much has been read, or what is shown: the note beside the title. */
void picture_points_note(struct console *console,
			 const struct picture_points *points);
/* Why there is nothing to draw: a sentence for each case; false: there is. */
bool picture_points_why(struct console *console,
			const struct picture_points *points, size_t least,
			struct strbuf *out);
const char *picture_points_name(const struct picture_points *points,
				size_t parameter);
/* The safe, displayable text of an option. */
void picture_points_option(const struct console *console,
			   const struct picture_points *points,
			   size_t parameter, size_t option, struct strbuf *out);

#endif
