/* SPDX-License-Identifier: MIT */
/*
 * The console's own state, shared by its views.  Private to tui/.
 *
 * Who does what:
 *   tui.c       the loop: waits, reads keys, decides when to paint
 *   console.c   focus, views, dispatch of actions, messages
 *   view_*.c    one view each, behind struct view_ops
 *   bars.c      titles, status line, function bar
 *   commands.c  what ':' commands do
 *   request.c   kill, restart, set ...: ask, append, wait for the outcome
 *   acts.h      forms for what takes more than a key; tags, notes, archive
 *   data.c      what is known of the store
 *   wishes.c    what is looked at, told to whoever could fetch it
 *
 * A view never waits and never reads keys.  on_action changes state and says
 * whether the action was its own; recalc follows changed data; repaint paints
 * into a rectangle.  Thread: ui.
 */
#ifndef TUI_CONSOLE_H
#define TUI_CONSOLE_H

#include "base/strbuf.h"
#include "model/action.h"
#include "tui/action.h"
#include "tui/canvas.h"
#include "tui/data.h"
#include "tui/dialog.h"
#include "tui/diff.h"
#include "tui/draw.h"
#include "tui/layout.h"
#include "tui/layout_sizes.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "tui/prompt.h"
#include "tui/remember.h"
#include "tui/settings.h"
#include "tui/term.h"
#include "tui/trial_text.h"
#include "tui/tui.h"
#include "tui/undo.h"

#include <stdbool.h>
#include <stdint.h>

struct console;
struct log_pane;
struct chart_pane;
struct cluster_pane;
struct pictures;
struct palette;
struct plain;
struct ring;
struct script;

struct view_ops {
	const char *name;
	unsigned bit; /* enum view_bit */
	/* Data changed (enum data_change) or was selected anew. */
	void (*recalc)(struct console *console, unsigned changes);
	/* rect begins with the title line. */
	void (*repaint)(struct console *console, struct rect rect,
			bool is_focused);
	bool (*on_action)(struct console *console, enum action_id action);
	/* Find text; again with NULL.  False: there is none. */
	bool (*search)(struct console *console, const char *text,
		       bool is_backward);
};

extern const struct view_ops view_experiments, view_trials, view_log,
	view_chart, view_trial, view_events, view_cluster, view_tuner,
	view_pictures, view_diff, view_columns, view_help;

enum screen {
	SCREEN_PANES,
	SCREEN_TRIAL,
	SCREEN_EVENTS,
	SCREEN_CLUSTER,
	SCREEN_TUNER,
	SCREEN_PICTURES,
	SCREEN_DIFF,
	SCREEN_COLUMNS,
	SCREEN_HELP
};
#define SCREENS_MAX 5

/* What a question is about, until it is answered. */
typedef void answer_fn(struct console *console, int key);

#define REQUEST_TRIALS_MAX 500

/* An item of a menu was chosen, with Enter or '+'.  The menu is closed. */
typedef void menu_fn(struct console *console, const char *item, int key);
struct column_choice;

/* Commands to append when the answer is yes. */
struct request {
	enum command_verb verb;
	int64_t experiment;
	int64_t trials[REQUEST_TRIALS_MAX]; /* keys */
	size_t count;	   /* 0: one command for the whole experiment */
	char *argument;	   /* owned; or NULL */
	char what[200];	   /* "kill 3 trials of digits" */
	bool needs_engine; /* is only done while somebody runs it */
	bool is_destructive;
};

#define REQUEST_FEW 10 /* trials: more are asked about before they die */

enum request_weight {
	REQUEST_PLAIN, /* goes at once */
	REQUEST_ASKS,  /* is asked about */
	REQUEST_SMALL, /* destroys little: can be taken back for a while */
	REQUEST_LARGE, /* destroys much: is asked about, and can be, too */
};

/* Commands appended, whose outcome has not come yet. */
struct pending {
	int64_t keys[REQUEST_TRIALS_MAX];
	size_t count; /* 0: free */
	size_t done, refused;
	int64_t since_ns; /* monotonic */
	char what[200];
	char outcome[300]; /* the last one told, refusals first */
};
#define PENDING_MAX 8

/* What is known before there is a screen. */
struct console_start {
	struct settings settings;
	char problem[600]; /* first one of the configuration file, or empty */
};

struct console {
	const struct tui_options *options;
	struct settings settings;
	bool is_ascii;
	bool has_blocks; /* charts of half blocks, not of braille */
	struct data data;
	struct trial_texts *texts;

	struct layout layout;
	enum pane focus;
	bool is_zoomed;
	bool is_chart;
	enum screen screens[SCREENS_MAX]; /* [0] is the panes */
	int depth;

	struct {
		struct list list;
		int64_t key;	  /* under the cursor */
		char search[256]; /* as typed */
	} experiments;
	struct {
		struct list list;
		int64_t sequence;    /* under the cursor; -1: none */
		bool is_chosen;	     /* by a key; else the first row leads */
		int first_parameter; /* earlier ones are scrolled out */
		char *filter;	     /* as typed; "" for none */
		char *filter_before; /* while it is edited */
		int64_t sequence_before; /* the selected one then */
		char *search;		 /* as typed, or NULL */
		char *fault; /* of the filter that is typed, or NULL */
		struct filter_place fault_place;
		struct filter *marking; /* waits until all is read; or NULL */
		struct trial_column chosen[TRIAL_COLUMNS_MAX];
		size_t chosen_count; /* 0: the usual ones */
		bool is_unsaved;     /* order or columns were changed */
		bool is_following;   /* the selected trial, wherever it goes */
		size_t pins;	     /* best trials held at the top; 0: none */
		struct trial_field fields[LIST_COLUMNS_MAX]; /* of columns */
		char *titles[LIST_COLUMNS_MAX];		     /* owned */
		bool has_reasons, has_tags;	/* some visible trial has one */
		const struct space *columns_of; /* columns are made for it */
		int64_t columns_key;
	} trials;
	struct {
		struct pager pager;
		int64_t key, version; /* of the trial it tells about */
		int64_t event;	      /* key of its newest one */
		int64_t place_ns;     /* when it was seen where it is */
		int64_t told_ns;      /* monotonic */
		int cols;	      /* for which it was told */
		bool is_stale;
	} trial;
	struct {
		struct pager pager;
		int64_t experiment, last;
	} events;
	struct {
		struct pager pager;
		int64_t keys[DIFF_COLUMNS_MAX];
		size_t count;
		int cols; /* for which it was told */
		bool of_experiments, is_all;
	} diff;
	struct {
		struct list list;
		struct column_choice *items; /* owned; shown ones first */
		size_t count;
	} columns;
	struct pager help;
	struct pager tuner;
	struct log_pane *log;
	struct chart_pane *chart;
	struct cluster_pane *cluster;
	struct pictures *pictures;

	struct palette *palette;
	struct ring *ring;
	struct plain *plain; /* there is no screen, but lines; or NULL */
	struct remembered remembered;
	struct {
		bool is_held;
		struct layout_grip grip;
		int y, x; /* where it was taken hold of */
	} drag;
	struct prompt prompt;
	struct dialog dialog;
	struct undo undo;
	answer_fn *on_answer; /* of the open question */
	menu_fn *on_menu;     /* of the open menu */
	char **menu_items;    /* owned */
	size_t menu_count;
	struct request request; /* what the question is about */
	struct pending pendings[PENDING_MAX];

	char message[700];
	enum role message_role;
	int64_t message_until_ns; /* monotonic; 0: until the next key */

	bool is_frozen;
	int64_t frozen_ns; /* wall time */
	char fault[256];   /* what our engine cannot do now, or empty */
	int64_t fault_since_ns;
	char wish[32]; /* wishes.c: what was asked for last; empty: nothing */
	int64_t wish_since_ns, wished_ns; /* monotonic; 0: not said yet */
	bool needs_layout, needs_paint;
	bool in_paste;
	bool stop_then_leave; /* leave once the experiment has ended */
	bool is_done;
	enum tui_result result;
	struct script *script;
};

/* ---- console.c -------------------------------------------------------- */

bool console_init(struct console *console, const struct tui_options *options,
		  struct error *err);
void console_release(struct console *console);
/* One key; one action. */
void console_on_key(struct console *console, int key);
void console_do(struct console *console, enum action_id action);
/* Follow the store.  Returns whether anything was new. */
bool console_refresh(struct console *console);
/* Tell the views about changes (enum data_change). */
void console_recalc(struct console *console, unsigned changes);
/* Paint a frame into curses; the caller flushes. */
void console_paint(struct console *console);
/* Show an experiment: read its first page. */
void console_select(struct console *console, int64_t experiment);
void console_focus(struct console *console, enum pane pane);
void console_push(struct console *console, enum screen screen);
const struct view_ops *console_view(const struct console *console);
/* Say something in the last line: until the next key when it is an error. */
void console_say(struct console *console, enum role role, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));
void console_ask(struct console *console, answer_fn *fn, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));
/* A menu in the last line: begin, add copies of items, open. */
void console_menu_begin(struct console *console);
void console_menu_add(struct console *console, const char *item);
void console_menu_open(struct console *console, const char *question,
		       size_t item, menu_fn *fn);
/* The row under the trials' cursor, or NULL. */
struct trial_row *console_trial(const struct console *console);
/* The shown experiment's name, or its id. */
const char *console_experiment_name(const struct console *console);
void console_quit(struct console *console);
/* Do the shown experiment's trials run in a cluster? */
bool console_has_cluster(const struct console *console);
/* Does this process run the shown experiment (and has not ended it)? */
bool console_runs(const struct console *console);
/* How charts are drawn here: braille, half blocks or ASCII. */
enum canvas_style console_canvas_style(const struct console *console);
/* Is something on the screen that changes by itself?  Then when (ms), else
 * -1. */
int console_tick_ms(const struct console *console);

/* ---- console_layout.c -----------------------------------------------------
 */

/* What layout_compute is asked for; borrowed from console. */
struct layout_wish console_layout_wish(const struct console *console);
/* Write down how the panes lie. */
void console_layout_keep(struct console *console);
/* Ask for keys that change the focused pane's size and place. */
void console_layout_mode(struct console *console);
/* The left button went down or up: borders can be dragged. */
void console_layout_drag(struct console *console, int y, int x, bool is_press);

/* ---- bars.c ----------------------------------------------------------- */

void bars_title(struct rect rect, bool is_focused, const char *left,
		const char *right);
void bars_status(struct console *console);
void bars_functions(struct console *console);
/* "2026-11-21 22:22:04": a time of a journal, to the second. */
void bars_format_time(struct strbuf *out, int64_t at_ns);
enum role bars_state_role(enum trial_state state);
/* What to call an experiment's state; role says how it looks. */
const char *bars_experiment_state(const struct experiment_row *row,
				  enum role *ret_role);
/* What the engine that runs the shown experiment cannot do at the moment, and
 * since when (wall time); NULL: nothing. */
const char *bars_fault(const struct console *console, int64_t *ret_since_ns);
/* Nanoseconds until it is over, as far as can be told; -1: unknown.
 * *ret_is_bound: only that it will not take longer. */
int64_t bars_eta_ns(const struct console *console, bool *ret_is_bound);

/* ---- request.c -------------------------------------------------------- */

void request_kill(struct console *console);
void request_restart(struct console *console);
void request_all(struct console *console, enum command_verb verb);
/* how: "kill", "leave", or NULL to ask. */
void request_stop(struct console *console, const char *how);
void request_pause(struct console *console, int wanted); /* 1, 0; -1: other */
void request_set(struct console *console, const char *assignment);
void request_add(struct console *console, const char *parameters);
void request_add_to(struct console *console, int64_t experiment,
		    const char *parameters, const char *what);
void request_concurrency(struct console *console, int delta);
/* Trials by number or id ("12", "Xa3f1"); verb KILL or RESTART. */
void request_trials(struct console *console, enum command_verb verb,
		    char **names, int count);
/* The named, or else the marked or the selected trials. */
void request_act(struct console *console, enum kind_action action, char **names,
		 int count);
void request_take_up(struct console *console);
/* Look for outcomes.  True when something is to be shown. */
bool request_poll(struct console *console);
bool request_is_pending(const struct console *console);

/* ---- request_send.c ---------------------------------------------------- */

/* The marked trials, or the selected one; verb KILL or RESTART. */
void request_marked(struct console *console, enum command_verb verb);
/* request_filter.c: are all meant that the filter shows?  False: no question
 * of it. */
bool request_asks_which(struct console *console, enum command_verb verb);
/* Begin console->request anew, about the shown experiment. */
void request_begin(struct console *console, enum command_verb verb);
void request_argument(struct console *console, const char *text);
/* A sentence is said when this console only looks (or shows nothing). */
bool request_is_read_only(struct console *console);
bool request_is_refused(struct console *console);
/* "ann@host pid 123 (console)" */
void request_asker(char *ret, size_t size);
/* With request.what in words: as its weight demands. */
void request_propose(struct console *console, enum request_weight weight);
/* Without a question; destructive ones wait a while. */
void request_submit(struct console *console);
void request_offer_take_up(struct console *console);
/* Append now. */
bool request_send(struct console *console, const struct request *request);
/* Several commands about one experiment as one thing, such as a form. */
bool request_send_list(struct console *console, const struct request *requests,
		       size_t count, const char *what);

/* ---- commands.c ------------------------------------------------------- */

void commands_run(struct console *console, const char *text);
void commands_complete(struct console *console);
/* Every command: name, arguments, help.  For the help page and the manual. */
typedef void command_fn(const char *name, const char *arguments,
			const char *help, void *arg);
void commands_each(command_fn *fn, void *arg);

/* ---- view_diff.c -------------------------------------------------------- */

/* Compare what is marked, or say that two are needed. */
void view_diff_open(struct console *console);

/* ---- console_copy.c: the kubectl line of a trial ------------------------- */

bool console_kubectl(struct console *console, const struct trial *trial,
		     struct strbuf *out, struct error *err);

/* ---- view_experiments.c ------------------------------------------------ */

/* After data.order or what is archived changed. */
void experiments_arrange(struct console *console);
/* "age", "name", "state", "best", "started"; false: there is no such order. */
bool experiments_sort_by(struct console *console, const char *name,
			 int descending);

/* ---- the trials pane: view_trials.h says which file has what ----------- */

/* Set the filter from its text; on failure the old one stays. */
bool trials_set_filter(struct console *console, const char *text,
		       struct error *err);
/* The same while it is typed: what is not complete holds; a fault is shown
 * under the prompt. */
bool trials_type_filter(struct console *console, const char *text);
bool trials_has_fault(const struct console *console);
void trials_draw_fault(struct console *console, int y, int cols);
void trials_forget_fault(struct console *console);
/* What may follow in the prompt's text, where the filter begins at `from`. */
void trials_complete_filter(struct console *console, size_t from);
/* Mark all trials that a filter matches, shown or not; once all is read. */
bool trials_mark_filter(struct console *console, const char *text,
			struct error *err);
void trials_finish_marking(struct console *console);
void trials_forget_marking(struct console *console);
void trials_sort_menu(struct console *console);
/* "final,-lr"; descending -1: as it is natural, or said by a sign. */
bool trials_sort_by(struct console *console, const char *text, int descending,
		    struct error *err);
bool trials_choose_columns(struct console *console, char **names, int count,
			   struct error *err);
/* Views by name. */
void trials_view_menu(struct console *console);
bool trials_apply_view(struct console *console, const char *name,
		       struct error *err);
bool trials_save_view(struct console *console, const char *name, bool for_all,
		      struct error *err);
bool trials_delete_view(struct console *console, const char *name,
			struct error *err);
void trials_each_view(struct console *console, trial_views_fn *fn, void *arg);
/* Order and columns are remembered for each experiment. */
void trials_save_table(struct console *console);
void trials_restore_table(struct console *console);
/* Put the cursor on a trial. */
bool trials_go(struct console *console, int64_t sequence);

/* ---- view_log.c, view_chart.c ----------------------------------------- */

struct log_pane *log_pane_new(bool is_ascii);
void log_pane_free(struct log_pane *pane);
/* Look at the file; true when the pane is to be painted. */
bool log_pane_update(struct console *console);
/* Is a file shown that may grow? */
bool log_pane_is_shown(const struct console *console);
/* Does it show the selected trial, with nothing under way? */
bool log_pane_is_settled(const struct console *console);
/* Does it have work to do, in slices? */
bool log_pane_is_busy(const struct console *console);
/* Show the lines that match, or with "!" in front those that do not. */
void log_pane_filter(struct console *console, const char *text);
/* Go to a moment (tui/log_when.h). */
void log_pane_jump(struct console *console, const char *text);
/* "stdout", "stderr", "keeper", "previous"; "all", or a part of the selected
 * trial. False: there is no such thing. */
bool log_pane_set_role(struct console *console, const char *role);
/* Parts that can be shown alone: the i-th, NULL at the end. */
const char *log_pane_part(const struct console *console, size_t i);
/* Is one of them shown alone? */
bool log_pane_is_of_one(const struct console *console);

struct chart_pane *chart_pane_new(void);
void chart_pane_free(struct chart_pane *pane);

/* ---- view_cluster.c, wishes.c ----------------------------------------- */

struct cluster_pane *cluster_pane_new(void);
void cluster_pane_free(struct cluster_pane *pane);
/* Say what is looked at, if it is time to.  Cheap: for every turn. */
void wishes_renew(struct console *console);

/* ---- console_settings.c, console_copy.c, commands_program.c ------------ */

/* Read the file, the environment and the options; binds keys. */
void console_settings_load(const struct tui_options *options,
			   struct console_start *start);
struct term_options console_settings_term(const struct settings *settings);
/* Once the console is up. */
void console_settings_begin(struct console *console,
			    const struct console_start *start);
/* `:set`: "NAME=VALUE", "NAME" and a value or NULL, "noNAME".  False when it
 * is none of the settings; a wrong value is said. */
bool console_settings_set(struct console *console, const char *assignment,
			  const char *value);
void console_next_theme(struct console *console);
/* "json", "yaml", "flags", "id", "kubectl", "best"; says what was copied. */
void console_copy(struct console *console, const char *name);
void console_copy_menu(struct console *console);
const char *console_copy_name(size_t i); /* NULL at the end */
/* The ':' prompt with a file's name to save to. */
void console_save_screen_prompt(struct console *console);

/* ---- script.c --------------------------------------------------------- */

struct script *script_open(const char *path, struct error *err);
void script_free(struct script *script);
/* Feed what is due.  True while there is more. */
bool script_step(struct console *console);
bool script_is_waiting(const struct script *script);
void script_wait(struct script *script);

#endif
