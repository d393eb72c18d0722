/* SPDX-License-Identifier: MIT */
/*
 * The tour: every action of tui/action.h, one line each.
 *
 * A stop's key is pressed in every view the action is for, and after it the
 * screen must be sane.  Without more said, what the key opens is closed with
 * Esc.  A new action needs one line here, anywhere but after QUIT; a new view
 * one line in tour.c.
 */
#ifndef TESTS_TOUR_STOPS_H
#define TESTS_TOUR_STOPS_H

#include "tui/action.h"

enum stop_flag {
	STOP_ONCE = 1 << 0,   /* on one terminal, in one view: it changes what
			       * later stops stand on */
	STOP_LEAVES = 1 << 1, /* the program, from the panes */
	STOP_QUITS = 1 << 2,  /* the program, from anywhere */
	STOP_MAY_REFUSE = 1 << 3, /* with an error that is right where it is */
};

struct stop {
	enum action_id action;
	/* all of these may be NULL; keys as press_all takes them */
	const char *before; /* pressed once before, from the experiments pane */
	const char *shows;  /* then stands on the screen, in the first view */
	const char *then;   /* pressed after that, in the first view */
	const char *undo;   /* pressed after the key in every view */
	unsigned flags;
};

/* clang-format off */
static const struct stop stops[] = {
	{.action = ACTION_DOWN},
	{.action = ACTION_UP},
	{.action = ACTION_PAGE_DOWN},
	{.action = ACTION_PAGE_UP},
	{.action = ACTION_HALF_DOWN},
	{.action = ACTION_HALF_UP},
	{.action = ACTION_FIRST},
	{.action = ACTION_LAST},
	{.action = ACTION_RIGHT},
	{.action = ACTION_LEFT},
	{.action = ACTION_NEXT_PANE},
	{.action = ACTION_PREVIOUS_PANE},
	{.action = ACTION_OPEN},
	{.action = ACTION_BACK},
	{.action = ACTION_HELP, .shows = "Keys of the view you came from"},
	{.action = ACTION_PANE_EXPERIMENTS},
	{.action = ACTION_PANE_TRIALS, .shows = "Trials of"},
	{.action = ACTION_PANE_LOG, .shows = "3 Log"},
	{.action = ACTION_PANE_CHART},
	{.action = ACTION_CHART_TOGGLE, .undo = "c"},
	{.action = ACTION_EVENTS, .shows = "Journal of slow"},
	{.action = ACTION_CLUSTER, .shows = "No cluster"},
	{.action = ACTION_DIFF, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_TUNER, .shows = "Tuner of slow"},
	{.action = ACTION_PICTURES},
	{.action = ACTION_IMPORTANCE},
	{.action = ACTION_ZOOM, .undo = "z"},
	{.action = ACTION_LAYOUT},
	{.action = ACTION_FREEZE, .undo = "Z"},

	{.action = ACTION_SEARCH, .then = "slow <Enter>"},
	{.action = ACTION_SEARCH_NEXT, .before = "/ o <Enter>", .flags = STOP_MAY_REFUSE},
	{.action = ACTION_SEARCH_PREVIOUS, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_FILTER},
	{.action = ACTION_SORT},
	{.action = ACTION_SORT_REVERSE, .undo = "S"},
	{.action = ACTION_SORT_RIGHT},
	{.action = ACTION_SORT_LEFT},
	{.action = ACTION_MARK},
	{.action = ACTION_MARK_ALL},
	{.action = ACTION_MARK_FILTER},
	{.action = ACTION_UNMARK_ALL},
	{.action = ACTION_VIEWS},
	{.action = ACTION_COLUMNS},
	{.action = ACTION_COLUMN_RIGHT, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_COLUMN_LEFT, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_COLUMN_WIDE, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_COLUMN_NARROW, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_FOLLOW_TRIAL, .undo = "f"},
	{.action = ACTION_PIN_BEST, .undo = "b"},

	{.action = ACTION_LOG_FOLLOW},
	{.action = ACTION_LOG_ROLE},
	{.action = ACTION_LOG_MERGED, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_LOG_WRAP, .undo = "w"},
	{.action = ACTION_LOG_FILTER},
	{.action = ACTION_LOG_TIMES, .undo = "t", .flags = STOP_MAY_REFUSE},
	{.action = ACTION_LOG_JUMP},
	{.action = ACTION_LOG_PREVIOUS, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_LOG_SAVE},
	{.action = ACTION_CHART_LOG_AXIS, .undo = "L"},
	{.action = ACTION_CHART_MODE, .undo = "v"},
	{.action = ACTION_PICTURE_NEXT, .before = ":experiment moons"},
	{.action = ACTION_PICTURE_PREVIOUS, .before = ":experiment moons"},
	{.action = ACTION_PICTURE_METRIC, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_TOP_K},
	{.action = ACTION_BRUSH, .flags = STOP_MAY_REFUSE},

	{.action = ACTION_TAGS, .then = "+ t o u r <Enter>"},
	{.action = ACTION_NOTE, .then = "h i <Enter>"},
	{.action = ACTION_CLONE},
	{.action = ACTION_ADD},
	{.action = ACTION_CHANGE},
	{.action = ACTION_MORE, .undo = "-"},
	{.action = ACTION_LESS, .undo = "+"},
	{.action = ACTION_PAUSE, .undo = "p"},
	{.action = ACTION_TAKE_UP, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_RESTART, .before = ":experiment moons", .flags = STOP_MAY_REFUSE},
	{.action = ACTION_RESTART_FAILED, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_KILL},
	{.action = ACTION_KILL_ALL},

	{.action = ACTION_COMMAND, .then = "h e l p <Enter>"},
	{.action = ACTION_PALETTE, .shows = "Go to, do"},
	{.action = ACTION_COPY_MENU, .then = "j"},
	{.action = ACTION_COPY_KUBECTL, .flags = STOP_MAY_REFUSE},
	{.action = ACTION_SAVE_SCREEN},
	{.action = ACTION_THEME, .undo = "<C-t> <C-t> <C-t>"},
	{.action = ACTION_REDRAW},

	{.action = ACTION_ARCHIVE, .before = ":experiment spare", .flags = STOP_ONCE},
	{.action = ACTION_DELETE, .before = ":experiment empty", .shows = "delete", .then = "y",
	 .flags = STOP_ONCE},
	{.action = ACTION_STOP, .before = ":experiment slow"},
	{.action = ACTION_CLOSE, .flags = STOP_LEAVES},
	{.action = ACTION_QUIT, .flags = STOP_QUITS},
};
/* clang-format on */

#define STOPS (sizeof(stops) / sizeof(stops[0]))

#endif
