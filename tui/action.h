/* SPDX-License-Identifier: MIT */
/*
 * The one table of what a user can do.
 *
 * A row yields the enum, the name for `:` and `:map`, the default keys, where
 * it applies, the help page, the function bar and the manual's key table.
 * Adding an action is one row here and one case where it is carried out.
 */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Where an action applies: one bit a view. */
enum view_bit {
	VIEW_EXPERIMENTS = 1 << 0,
	VIEW_TRIALS = 1 << 1,
	VIEW_LOG = 1 << 2,
	VIEW_CHART = 1 << 3,
	VIEW_TRIAL = 1 << 4,
	VIEW_EVENTS = 1 << 5,
	VIEW_HELP = 1 << 6,
	VIEW_CLUSTER = 1 << 7,
	VIEW_TUNER = 1 << 8,
	VIEW_PICTURES = 1 << 9,
	VIEW_DIFF = 1 << 10,
	VIEW_COLUMNS = 1 << 11,
	VIEW_PANES = VIEW_EXPERIMENTS | VIEW_TRIALS | VIEW_LOG | VIEW_CHART,
	VIEW_LISTS = VIEW_EXPERIMENTS | VIEW_TRIALS,
	VIEW_TEXTS = VIEW_LOG | VIEW_TRIAL | VIEW_EVENTS | VIEW_HELP |
		     VIEW_TUNER | VIEW_DIFF,
	VIEW_WORK = VIEW_PANES | VIEW_TRIAL | VIEW_EVENTS | VIEW_CLUSTER |
		    VIEW_TUNER | VIEW_PICTURES | VIEW_DIFF,
	VIEW_ALL = VIEW_WORK | VIEW_HELP | VIEW_COLUMNS
};

enum action_group {
	GROUP_MOVE,
	GROUP_LOOK,
	GROUP_LIST,
	GROUP_LOG,
	GROUP_ACT,
	GROUP_PROGRAM,
	GROUP_COUNT
};

enum action_flag {
	DOES_DESTROY = 1 << 0, /* asks before it is done */
	DOES_COMMAND = 1 << 1  /* appends a command: refused read-only */
};

/* id, name, keys, views, group, flags, function-bar label, help */
#define ACTIONS(X)                                                             \
	X(DOWN, "down", "j <Down>", VIEW_ALL, MOVE, 0, NULL, "next line")      \
	X(UP, "up", "k <Up>", VIEW_ALL, MOVE, 0, NULL, "previous line")        \
	X(PAGE_DOWN, "page-down", "<PgDn> <C-f>", VIEW_ALL, MOVE, 0, NULL,     \
	  "next page")                                                         \
	X(PAGE_UP, "page-up", "<PgUp> <C-b>", VIEW_ALL, MOVE, 0, NULL,         \
	  "previous page")                                                     \
	X(HALF_DOWN, "half-down", "<C-d>", VIEW_ALL, MOVE, 0, NULL,            \
	  "half a page down")                                                  \
	X(HALF_UP, "half-up", "<C-u>", VIEW_ALL, MOVE, 0, NULL,                \
	  "half a page up")                                                    \
	X(FIRST, "first", "g <Home>", VIEW_ALL, MOVE, 0, NULL, "first line")   \
	X(LAST, "last", "G <End>", VIEW_ALL, MOVE, 0, NULL, "last line")       \
	X(LEFT, "left", "h <Left>", VIEW_ALL, MOVE, 0, NULL,                   \
	  "scroll left: earlier columns, start of long lines")                 \
	X(RIGHT, "right", "l <Right>", VIEW_ALL, MOVE, 0, NULL,                \
	  "scroll right: further parameter columns, long lines")               \
	X(NEXT_PANE, "next-pane", "<Tab>", VIEW_PANES, MOVE, 0, NULL,          \
	  "next pane")                                                         \
	X(PREVIOUS_PANE, "previous-pane", "<S-Tab>", VIEW_PANES, MOVE, 0,      \
	  NULL, "previous pane")                                               \
	X(OPEN, "open", "<Enter>", VIEW_LISTS | VIEW_CLUSTER | VIEW_PICTURES,  \
	  MOVE, 0, NULL,                                                       \
	  "experiments: go to its trials; trials: all about the trial")        \
	X(BACK, "back", "<Esc> <Backspace>", VIEW_ALL, MOVE, 0, NULL,          \
	  "back: close the view, clear the filter, leave the pane")            \
                                                                               \
	X(HELP, "help", "? <F1>", VIEW_ALL, LOOK, 0, "Help",                   \
	  "keys of this view, then all keys, the filter and the commands")     \
	X(PANE_EXPERIMENTS, "experiments", "1", VIEW_ALL, LOOK, 0, NULL,       \
	  "to the experiments")                                                \
	X(PANE_TRIALS, "trials", "2", VIEW_ALL, LOOK, 0, NULL,                 \
	  "to the trials")                                                     \
	X(PANE_LOG, "log", "3", VIEW_ALL, LOOK, 0, NULL,                       \
	  "to the log of the selected trial")                                  \
	X(PANE_CHART, "chart", "4", VIEW_ALL, LOOK, 0, NULL,                   \
	  "to the chart of selected and marked trials")                        \
	X(CHART_TOGGLE, "toggle-chart", "c <F5>", VIEW_PANES, LOOK, 0,         \
	  "Chart", "log or chart in the third pane")                           \
	X(EVENTS, "events", "E", VIEW_WORK, LOOK, 0, NULL,                     \
	  "the experiment's journal")                                          \
	X(CLUSTER, "cluster", "C", VIEW_WORK, LOOK, 0, NULL,                   \
	  "the cluster: nodes, and where the trials run")                      \
	X(DIFF, "diff", "d", VIEW_LISTS | VIEW_TRIAL | VIEW_DIFF, LOOK, 0,     \
	  NULL, "how marked trials or experiments differ; again: everything")  \
	X(TUNER, "tuner", "A", VIEW_WORK, LOOK, 0, NULL,                       \
	  "what the tuner does: rungs, brackets, its population")              \
	X(PICTURES, "pictures", "P", VIEW_WORK, LOOK, 0, NULL,                 \
	  "pictures of the whole experiment")                                  \
	X(IMPORTANCE, "importance", "I", VIEW_WORK, LOOK, 0, NULL,             \
	  "which parameters matter; slices, contours and beliefs follow with " \
	  "]")                                                                 \
	X(ZOOM, "zoom", "z", VIEW_PANES, LOOK, 0, NULL,                        \
	  "this pane alone, and back")                                         \
	X(LAYOUT, "panes", "<C-w>", VIEW_PANES, LOOK, 0, NULL,                 \
	  "size and place of this pane; :layout keeps them by name")           \
	X(FREEZE, "freeze", "Z", VIEW_ALL, LOOK, 0, NULL,                      \
	  "hold the picture still while reading, and on again")                \
                                                                               \
	X(SEARCH, "search", "/ <F3>", VIEW_ALL, LIST, 0, NULL,                 \
	  "search; n and N repeat")                                            \
	X(SEARCH_NEXT, "search-next", "n", VIEW_ALL, LIST, 0, NULL,            \
	  "next match")                                                        \
	X(SEARCH_PREVIOUS, "search-previous", "N", VIEW_ALL, LIST, 0, NULL,    \
	  "previous match")                                                    \
	X(FILTER, "filter", "\\ <F4>", VIEW_PANES | VIEW_TRIAL, LIST, 0,       \
	  "Filter", "live filter of the trials, such as state:failed lr>0.01") \
	X(SORT, "sort", "s <F6>", VIEW_LISTS | VIEW_CLUSTER, LIST, 0, "Sort",  \
	  "choose the column to sort by")                                      \
	X(VIEWS, "views", "V", VIEW_TRIALS, LIST, 0, NULL,                     \
	  "views: filter, order and columns by name")                          \
	X(COLUMNS, "choose-columns", "=", VIEW_TRIALS, LIST, 0, NULL,          \
	  "choose, order and size the columns")                                \
	X(COLUMN_LEFT, "column-left", "(", VIEW_TRIALS | VIEW_COLUMNS, LIST,   \
	  0, NULL, "move the column sorted by to the left, or up the list")    \
	X(COLUMN_RIGHT, "column-right", ")", VIEW_TRIALS | VIEW_COLUMNS, LIST, \
	  0, NULL, "move it to the right, or down")                            \
	X(COLUMN_NARROW, "narrower", "{", VIEW_TRIALS | VIEW_COLUMNS, LIST, 0, \
	  NULL, "make the column sorted by narrower")                          \
	X(COLUMN_WIDE, "wider", "}", VIEW_TRIALS | VIEW_COLUMNS, LIST, 0,      \
	  NULL, "make it wider")                                               \
	X(SORT_REVERSE, "reverse", "S", VIEW_LISTS | VIEW_CLUSTER, LIST, 0,    \
	  NULL, "reverse the order")                                           \
	X(SORT_LEFT, "sort-left", "<lt>", VIEW_TRIALS, LIST, 0, NULL,          \
	  "sort by the column to the left")                                    \
	X(SORT_RIGHT, "sort-right", ">", VIEW_TRIALS, LIST, 0, NULL,           \
	  "sort by the column to the right")                                   \
	X(MARK, "mark", "<Space>", VIEW_LISTS | VIEW_COLUMNS | VIEW_PICTURES,  \
	  LIST, 0, NULL,                                                       \
	  "mark the trial or experiment, or take its mark away; show or hide " \
	  "a column")                                                          \
	X(MARK_ALL, "mark-all", "*", VIEW_TRIALS, LIST, 0, NULL,               \
	  "mark every trial that is shown")                                    \
	X(MARK_FILTER, "mark-filter", "M", VIEW_TRIALS, LIST, 0, NULL,         \
	  "mark all trials that a filter matches")                             \
	X(UNMARK_ALL, "unmark-all", "U", VIEW_LISTS | VIEW_COLUMNS, LIST, 0,   \
	  NULL, "take all marks away; back to the usual columns")              \
	X(FOLLOW_TRIAL, "follow-trial", "f", VIEW_TRIALS, LIST, 0, NULL,       \
	  "keep the selected trial in its place, whatever moves or is hidden") \
	X(PIN_BEST, "pin-best", "b", VIEW_TRIALS, LIST, 0, NULL,               \
	  "hold the best trials at the top of the list, and let go")           \
                                                                               \
	X(LOG_FOLLOW, "follow", "F", VIEW_PANES, LOG, 0, NULL,                 \
	  "log: stay at its end")                                              \
	X(LOG_ROLE, "log-role", "o", VIEW_PANES, LOG, 0, NULL,                 \
	  "log: stdout, stderr, keeper in turn; of several pods each alone")   \
	X(LOG_MERGED, "log-merged", "O", VIEW_PANES, LOG, 0, NULL,             \
	  "log: all pods of the trial together")                               \
	X(LOG_WRAP, "wrap", "w", VIEW_ALL, LOG, 0, NULL,                       \
	  "wrap long lines, or cut them")                                      \
	X(LOG_FILTER, "log-filter", "&", VIEW_LOG, LOG, 0, "Only",             \
	  "log: only the lines that match; !, those that do not; <Esc>: all")  \
	X(LOG_TIMES, "log-times", "t", VIEW_LOG, LOG, 0, NULL,                 \
	  "log: when each line came: off, time of day, since the start")       \
	X(LOG_JUMP, "log-jump", "@", VIEW_LOG, LOG, 0, NULL,                   \
	  "log: to a time or result: 14:03, +5m, -30s, acc, acc:12, best")     \
	X(LOG_PREVIOUS, "previous-log", "H", VIEW_LOG, LOG, 0, NULL,           \
	  "log: of the container before its restart, or of the attempt "       \
	  "before")                                                            \
	X(LOG_SAVE, "save-log", "W", VIEW_LOG, LOG, 0, NULL,                   \
	  "log: write it to a file, what is shown or all")                     \
	X(CHART_LOG_AXIS, "log-axis", "L", VIEW_PANES | VIEW_PICTURES, LOG, 0, \
	  NULL, "chart: logarithmic value axis")                               \
	X(CHART_MODE, "chart-mode", "v", VIEW_PANES | VIEW_PICTURES, LOG, 0,   \
	  NULL, "chart: curves of trials, or final results over all trials")   \
	X(PICTURE_PREVIOUS, "previous-picture", "[", VIEW_PICTURES, LOG, 0,    \
	  "Previous", "pictures: the previous one")                            \
	X(PICTURE_NEXT, "next-picture", "]", VIEW_PICTURES, LOG, 0, "Next",    \
	  "pictures: the next one")                                            \
	X(PICTURE_METRIC, "picture-metric", "m", VIEW_PICTURES, LOG, 0,        \
	  "Metric", "pictures: of the next metric that trials report")         \
	X(TOP_K, "top", "t", VIEW_PICTURES, LOG, 0, NULL,                      \
	  "pictures: how many of the best trials; 10, 20, 50, none")           \
	X(BRUSH, "brush", "b", VIEW_PICTURES, LOG, 0, NULL,                    \
	  "pictures: from here to there on this axis; again: filter by it")    \
                                                                               \
	X(RESTART, "restart", "r <F7>", VIEW_TRIALS | VIEW_TRIAL, ACT,         \
	  DOES_COMMAND, "Restart", "run the selected or marked trials again")  \
	X(RESTART_FAILED, "restart-failed", "R", VIEW_WORK, ACT,               \
	  DOES_COMMAND | DOES_DESTROY, NULL, "run every failed trial again")   \
	X(PAUSE, "pause-resume", "p <F8>", VIEW_WORK, ACT, DOES_COMMAND,       \
	  "Pause", "pause the experiment: no new trials; again: go on")        \
	X(KILL, "kill", "x <F9>", VIEW_TRIALS | VIEW_TRIAL, ACT,               \
	  DOES_COMMAND | DOES_DESTROY, "Kill",                                 \
	  "kill the selected or marked trials")                                \
	X(KILL_ALL, "kill-all", "X", VIEW_WORK, ACT,                           \
	  DOES_COMMAND | DOES_DESTROY, NULL,                                   \
	  "kill every running trial of the experiment")                        \
	X(CLONE, "clone", "e", VIEW_TRIALS | VIEW_TRIAL, ACT, DOES_COMMAND,    \
	  NULL, "a new trial with this one's parameters, edited in a form")    \
	X(ADD, "add-form", "a", VIEW_WORK, ACT, DOES_COMMAND, NULL,            \
	  "a trial with parameters of your own, in a form")                    \
	X(TAGS, "tags", "t", VIEW_LISTS | VIEW_TRIAL, ACT, DOES_COMMAND, NULL, \
	  "tags of the selected or marked trials, or of the experiment")       \
	X(NOTE, "note", "i", VIEW_LISTS | VIEW_TRIAL, ACT, DOES_COMMAND, NULL, \
	  "a note on the trial, or on the experiment")                         \
	X(ARCHIVE, "archive", "B", VIEW_EXPERIMENTS, ACT, DOES_COMMAND, NULL,  \
	  "put the experiment aside, or take it back; :archived shows those")  \
	X(CHANGE, "change", "D", VIEW_WORK & ~VIEW_EXPERIMENTS, ACT,           \
	  DOES_COMMAND, NULL,                                                  \
	  "change limits, pause, space, tuner in a form: old, new, effect")    \
	X(DELETE, "delete", "D", VIEW_EXPERIMENTS, ACT,                        \
	  DOES_COMMAND | DOES_DESTROY, NULL,                                   \
	  "delete the experiment with its rows and files")                     \
	X(STOP, "stop", "T", VIEW_WORK, ACT, DOES_COMMAND | DOES_DESTROY,      \
	  NULL, "stop the experiment: kill its trials, or let them finish")    \
	X(TAKE_UP, "take-up", "u", VIEW_WORK, ACT, 0, NULL,                    \
	  "take up an experiment that nobody runs")                            \
	X(MORE, "more", "+", VIEW_WORK, ACT, DOES_COMMAND, NULL,               \
	  "one more trial at a time")                                          \
	X(LESS, "less", "-", VIEW_WORK, ACT, DOES_COMMAND, NULL,               \
	  "one trial fewer at a time")                                         \
                                                                               \
	X(COMMAND, "command", ":", VIEW_ALL, PROGRAM, 0, NULL,                 \
	  "type a command; Tab completes, Up and Down recall")                 \
	X(PALETTE, "palette", "<C-p>", VIEW_ALL, PROGRAM, 0, NULL,             \
	  "go to or do anything by a few letters of its name")                 \
	X(COPY_MENU, "copy-menu", "y", VIEW_WORK, PROGRAM, 0, NULL,            \
	  "copy: parameters as JSON, YAML or flags, id, kubectl line, best")   \
	X(COPY_KUBECTL, "copy-kubectl", "Y", VIEW_WORK, PROGRAM, 0, NULL,      \
	  "copy the kubectl line of the selected trial")                       \
	X(SAVE_SCREEN, "save", "<C-s>", VIEW_ALL, PROGRAM, 0, NULL,            \
	  "save the screen to a file: text, SVG or HTML")                      \
	X(THEME, "next-theme", "<C-t>", VIEW_ALL, PROGRAM, 0, NULL,            \
	  "next theme: dark, light, colour-blind, mono")                       \
	X(REDRAW, "redraw", "<C-l>", VIEW_ALL, PROGRAM, 0, NULL,               \
	  "paint the whole screen again")                                      \
	X(CLOSE, "close", "q <F10>", VIEW_ALL, PROGRAM, 0, "Quit",             \
	  "close the view; in the panes: leave the program")                   \
	X(QUIT, "quit", "Q", VIEW_ALL, PROGRAM, 0, NULL,                       \
	  "leave the program; trials are not killed unless you say so")

enum action_id {
#define X(id, name, keys, views, group, flags, label, help) ACTION_##id,
	ACTIONS(X)
#undef X
		ACTION_COUNT,
	ACTION_NONE = -1
};

struct action {
	const char *name;
	const char *keys; /* names, separated by blanks; the first is shown */
	unsigned views;
	enum action_group group;
	unsigned flags;
	const char *label; /* in the function bar, or NULL */
	const char *help;
};

extern const struct action actions[ACTION_COUNT];

const char *action_group_name(enum action_group group); /* "Moving" */
/* By name; ACTION_NONE when there is none. */
enum action_id action_find(const char *name);
/* The action of a key in a view; runtime bindings first. */
enum action_id action_of_key(int key, unsigned view);
/* Bind a key from now on, wherever the action applies. */
bool action_map(int key, enum action_id id, struct error *err);
void action_unmap_all(void);

/* Walk the table, for the manual's key table and the completions. */
typedef void action_fn(enum action_id id, const struct action *action,
		       void *arg);
void action_each(action_fn *fn, void *arg);

#endif
