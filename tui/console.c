/* SPDX-License-Identifier: MIT */
/*
 * Focus, views, and where keys go.
 *
 * A key goes to the prompt if one is open, else through the action table to
 * the view that has the focus, else to the console itself.  Painting happens
 * in one place, once a frame, from whatever state there is then.
 */
#include "tui/console.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tui/acts.h"
#include "tui/keys.h"
#include "tui/palette.h"
#include "tui/picture.h"
#include "tui/plain.h"
#include "tui/ring.h"
#include "tui/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_NS (6 * NS_PER_S)

static const struct view_ops *const pane_views[PANE_COUNT] = {
	[PANE_EXPERIMENTS] = &view_experiments,
	[PANE_TRIALS] = &view_trials,
	[PANE_LOG] = &view_log,
	[PANE_CHART] = &view_chart,
};

static const struct view_ops *const screen_views[] = {
	[SCREEN_TRIAL] = &view_trial,	  [SCREEN_EVENTS] = &view_events,
	[SCREEN_CLUSTER] = &view_cluster, [SCREEN_TUNER] = &view_tuner,
	[SCREEN_DIFF] = &view_diff,	  [SCREEN_PICTURES] = &view_pictures,
	[SCREEN_COLUMNS] = &view_columns, [SCREEN_HELP] = &view_help,
};

bool console_init(struct console *console, const struct tui_options *options,
		  struct error *err)
{
	const char *term = getenv("TERM");
	struct error problem;
	int64_t first;

	struct plain *plain = console->plain;

	memset(console, 0, sizeof(*console));
	console->plain = plain;
	console->options = options;
	console->is_ascii = theme_is_ascii();
	prompt_init(&console->prompt);
	console->trials.filter = xstrdup("");
	console->trials.sequence = -1;
	remember_load(&console->remembered, options->state_path);
	console->is_zoomed = console->remembered.is_zoomed;
	console->is_chart = console->remembered.is_chart;
	console->focus = PANE_TRIALS;
	console->texts = trial_texts_new(console->is_ascii);
	console->log = log_pane_new(console->is_ascii);
	console->chart = chart_pane_new();
	console->cluster = cluster_pane_new();
	console->palette = palette_new();
	console->ring = ring_new();
	console->pictures = pictures_new();
	/* the fonts of a virtual terminal have no braille */
	console->has_blocks = term && strcmp(term, "linux") == 0;
	console->needs_layout = console->needs_paint = true;
	if (options->script) {
		console->script = script_open(options->script, err);
		if (!console->script)
			return false;
	}
	if (!data_open(&console->data, options->db_path, options->is_read_only,
		       err))
		return false;
	console->data.is_ascii = console->is_ascii;
	console->data.own_experiment =
		options->engine ? options->engine_experiment : 0;
	data_refresh(&console->data);
	first = options->experiment;
	if (!first && console->data.experiment_count)
		first = console->data.experiments[0].key;
	if (first)
		console_select(console, first);
	if (console->data.experiment_count == 0)
		console->focus = PANE_EXPERIMENTS;
	if (options->greeting)
		console_say(console, ROLE_NORMAL, "%s", options->greeting);
	(void)problem;
	return true;
}

void console_release(struct console *console)
{
	size_t i;

	trials_save_table(console);
	script_free(console->script);
	log_pane_free(console->log);
	chart_pane_free(console->chart);
	cluster_pane_free(console->cluster);
	palette_free(console->palette);
	ring_free(console->ring);
	remember_release(&console->remembered);
	pictures_free(console->pictures);
	trial_texts_free(console->texts);
	pager_release(&console->trial.pager);
	pager_release(&console->events.pager);
	pager_release(&console->help);
	pager_release(&console->diff.pager);
	pager_release(&console->tuner);
	prompt_release(&console->prompt);
	free(console->trials.filter);
	free(console->trials.filter_before);
	free(console->trials.search);
	free(console->trials.fault);
	trials_forget_marking(console);
	for (i = 0; i < LIST_COLUMNS_MAX; i++)
		free(console->trials.titles[i]);
	free(console->columns.items);
	console_menu_begin(console);
	free(console->menu_items);
	data_close(&console->data);
	free(console->request.argument);
	dialog_close(console);
}

const struct view_ops *console_view(const struct console *console)
{
	enum screen screen = console->screens[console->depth];

	return screen == SCREEN_PANES ? pane_views[console->focus]
				      : screen_views[screen];
}

struct trial_row *console_trial(const struct console *console)
{
	return trial_index_find(&console->data.trials,
				console->trials.sequence);
}

const char *console_experiment_name(const struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	if (!row)
		return "(none)";
	return row->name && *row->name ? row->name : row->id;
}

bool console_has_cluster(const struct console *console)
{
	return experiment_has_cluster(&console->data.experiment);
}

bool console_runs(const struct console *console)
{
	const struct tui_options *options = console->options;

	return options->engine &&
	       console->data.selected == options->engine_experiment &&
	       !engine_is_finished(options->engine);
}

enum canvas_style console_canvas_style(const struct console *console)
{
	return console->is_ascii     ? CANVAS_ASCII
	       : console->has_blocks ? CANVAS_BLOCK
				     : CANVAS_BRAILLE;
}

void console_say(struct console *console, enum role role, const char *format,
		 ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(console->message, sizeof(console->message), format, args);
	va_end(args);
	console->message_role = role;
	console->message_until_ns =
		role == ROLE_ERROR ? 0 : clock_mono_ns() + MESSAGE_NS;
	console->needs_paint = true;
}

void console_ask(struct console *console, answer_fn *fn, const char *format,
		 ...)
{
	char text[500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	prompt_ask(&console->prompt, text);
	console->on_answer = fn;
	console->needs_paint = true;
}

void console_menu_begin(struct console *console)
{
	while (console->menu_count > 0)
		free(console->menu_items[--console->menu_count]);
	console->prompt.item_count = 0;
}

void console_menu_add(struct console *console, const char *item)
{
	struct prompt *prompt = &console->prompt;

	if (console->menu_count == PROMPT_ITEMS_MAX)
		return;
	console->menu_items =
		xrealloc(console->menu_items,
			 (console->menu_count + 1) * sizeof(char *));
	console->menu_items[console->menu_count++] = xstrdup(item);
	prompt->items[prompt->item_count++] =
		console->menu_items[console->menu_count - 1];
}

void console_menu_open(struct console *console, const char *question,
		       size_t item, menu_fn *fn)
{
	prompt_menu(&console->prompt, question, item);
	console->on_menu = fn;
	console->needs_paint = true;
}

void console_recalc(struct console *console, unsigned changes)
{
	size_t i;

	if (!changes)
		return;
	for (i = 0; i < PANE_COUNT && changes != DATA_OTHER; i++)
		pane_views[i]->recalc(console, changes);
	if (console->depth > 0)
		console_view(console)->recalc(console, changes);
	if (changes & DATA_EXPERIMENTS)
		console->needs_layout = true;
	if (changes != DATA_OTHER || console->depth > 0)
		console->needs_paint = true;
}

void console_select(struct console *console, int64_t experiment)
{
	size_t i;

	console->experiments.key = experiment;
	for (i = 0; i < console->data.experiment_count; i++)
		if (console->data.experiments[i].key == experiment)
			console->experiments.list.cursor = i;
	if (experiment == console->data.selected)
		return;
	if (console->prompt.kind == PROMPT_MENU)
		prompt_close(&console->prompt); /* its items go away */
	trials_save_table(console);
	trials_forget_marking(console);
	free(console->trials.filter);
	console->trials.filter = xstrdup("");
	console->trials.sequence = -1;
	console->trials.is_chosen = false;
	console->trials.is_following = false;
	memset(&console->trials.list, 0, sizeof(console->trials.list));
	data_select(&console->data, experiment,
		    draw_rows() > 0 ? draw_rows() : 60);
	console->data.trials.pins_wanted = console->trials.pins;
	trials_restore_table(console);
	trial_index_arrange(&console->data.trials);
	trial_texts_clear(console->texts, console_has_cluster(console));
	console->trials.list.count = console->data.trials.shown;
	if (console->data.trials.shown)
		trials_go(console,
			  trial_index_sequence(&console->data.trials, 0));
	console_recalc(console, DATA_SELECTION | DATA_EXPERIMENT | DATA_TRIALS);
}

bool console_refresh(struct console *console)
{
	unsigned changes;

	if (console->is_frozen)
		return false;
	changes = data_refresh(&console->data);
	if (console->data.has_new_space) { /* other columns */
		int64_t key = console->data.selected;

		console->data.selected = 0;
		console_select(console, key);
	}
	if (changes & DATA_SELECTION)
		console->trials.sequence = -1;
	console_recalc(console, changes);
	if (!console->plain) /* its lines come in order */
		ring_look(console, changes);
	if (request_poll(console))
		console->needs_paint = true;
	return changes != 0;
}

void console_focus(struct console *console, enum pane pane)
{
	console->depth = 0;
	console->focus = pane;
	if (pane == PANE_LOG || pane == PANE_CHART)
		console->is_chart = pane == PANE_CHART;
	console->needs_layout = console->needs_paint = true;
}

void console_push(struct console *console, enum screen screen)
{
	if (console->screens[console->depth] == screen)
		return;
	if (console->depth + 1 == SCREENS_MAX)
		console->depth--;
	console->screens[++console->depth] = screen;
	console_recalc(console, DATA_SELECTION);
	console->needs_paint = true;
}

static void search_again(struct console *console, bool is_backward)
{
	const struct view_ops *view = console_view(console);

	if (!view->search || !view->search(console, NULL, is_backward))
		console_say(console, ROLE_WARNING, "nothing more found");
}

static void go_back(struct console *console)
{
	if (console->depth > 0) {
		console->depth--;
		console_recalc(console, DATA_SELECTION);
	} else if (console->is_zoomed) {
		console->is_zoomed = false;
	} else if (console->focus != PANE_TRIALS &&
		   console->focus != PANE_EXPERIMENTS) {
		console_focus(console, PANE_TRIALS);
	}
	console->needs_layout = console->needs_paint = true;
}

static void toggle_chart(struct console *console)
{
	console->is_chart = !console->is_chart;
	if (console->focus == PANE_LOG || console->focus == PANE_CHART)
		console->focus = console->is_chart ? PANE_CHART : PANE_LOG;
	console->needs_layout = true;
	console_layout_keep(console);
}

static void toggle_freeze(struct console *console)
{
	console->is_frozen = !console->is_frozen;
	console->frozen_ns = clock_wall_ns();
	if (!console->is_frozen)
		console->data.is_stale = true;
}

static void open_filter(struct console *console)
{
	free(console->trials.filter_before);
	console->trials.filter_before = xstrdup(console->trials.filter);
	console->trials.sequence_before = console->trials.sequence;
	trials_forget_fault(console);
	if (console->depth > 0 || console->layout.is_single)
		console_focus(console, PANE_TRIALS);
	prompt_open(&console->prompt, PROMPT_FILTER, console->trials.filter);
}

static void open_prompt(struct console *console, enum prompt_kind kind)
{
	prompt_open(&console->prompt, kind, "");
}

static void show_importance(struct console *console)
{
	struct error ignored; /* there is a picture of this name */

	pictures_show(console, "importance", &ignored);
}

void console_do(struct console *console, enum action_id action)
{
	console->needs_paint = true;
	if (console_view(console)->on_action(console, action))
		return;
	switch (action) {
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
		console_focus(console,
			      layout_next(&console->layout, console->focus,
					  action == ACTION_PREVIOUS_PANE));
		break;
	case ACTION_PANE_EXPERIMENTS:
	case ACTION_PANE_TRIALS:
	case ACTION_PANE_LOG:
	case ACTION_PANE_CHART:
		console_focus(console,
			      (enum pane)(action - ACTION_PANE_EXPERIMENTS));
		break;
	case ACTION_BACK:
		go_back(console);
		break;
	case ACTION_HELP:
		/* the keys of the view one comes from stand first */
		if (console_view(console) != &view_help)
			console->help.top = 0;
		console_push(console, SCREEN_HELP);
		break;
	case ACTION_EVENTS:
		console_push(console, SCREEN_EVENTS);
		break;
	case ACTION_CLUSTER:
		console_push(console, SCREEN_CLUSTER);
		break;
	case ACTION_DIFF:
		view_diff_open(console);
		break;
	case ACTION_TUNER:
		console_push(console, SCREEN_TUNER);
		break;
	case ACTION_PICTURES:
		console_push(console, SCREEN_PICTURES);
		break;
	case ACTION_IMPORTANCE:
		show_importance(console);
		break;
	case ACTION_CHART_TOGGLE:
		toggle_chart(console);
		break;
	case ACTION_ZOOM:
		console->is_zoomed = !console->is_zoomed;
		console->needs_layout = true;
		console_layout_keep(console);
		break;
	case ACTION_LAYOUT:
		console_layout_mode(console);
		break;
	case ACTION_FREEZE:
		toggle_freeze(console);
		break;
	case ACTION_SEARCH:
		open_prompt(console, PROMPT_SEARCH);
		break;
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREVIOUS:
		search_again(console, action == ACTION_SEARCH_PREVIOUS);
		break;
	case ACTION_FILTER:
		open_filter(console);
		break;
	case ACTION_MARK_FILTER:
		trials_forget_fault(console);
		open_prompt(console, PROMPT_MARK);
		break;
	case ACTION_VIEWS:
		trials_view_menu(console);
		break;
	case ACTION_COLUMNS:
		console_push(console, SCREEN_COLUMNS);
		break;
	case ACTION_LOG_FOLLOW:
	case ACTION_LOG_ROLE:
	case ACTION_LOG_MERGED:
	case ACTION_LOG_WRAP:
		view_log.on_action(console, action);
		break;
	case ACTION_CHART_LOG_AXIS:
	case ACTION_CHART_MODE:
		view_chart.on_action(console, action);
		break;
	case ACTION_CLONE:
		act_clone(console);
		break;
	case ACTION_ADD:
		act_add(console);
		break;
	case ACTION_TAGS:
		act_tags(console);
		break;
	case ACTION_NOTE:
		act_note(console);
		break;
	case ACTION_ARCHIVE:
		act_archive(console);
		break;
	case ACTION_CHANGE:
		act_change(console);
		break;
	case ACTION_DELETE:
		act_delete(console);
		break;
	case ACTION_RESTART:
		request_restart(console);
		break;
	case ACTION_RESTART_FAILED:
		request_all(console, COMMAND_RESTART);
		break;
	case ACTION_KILL:
		request_kill(console);
		break;
	case ACTION_KILL_ALL:
		request_all(console, COMMAND_KILL);
		break;
	case ACTION_STOP:
		request_stop(console, NULL);
		break;
	case ACTION_PAUSE:
		request_pause(console, -1);
		break;
	case ACTION_TAKE_UP:
		request_take_up(console);
		break;
	case ACTION_MORE:
	case ACTION_LESS:
		request_concurrency(console, action == ACTION_MORE ? 1 : -1);
		break;
	case ACTION_COMMAND:
		open_prompt(console, PROMPT_COMMAND);
		break;
	case ACTION_PALETTE:
		palette_open(console);
		break;
	case ACTION_THEME:
		console_next_theme(console);
		break;
	case ACTION_SAVE_SCREEN:
		console_save_screen_prompt(console);
		break;
	case ACTION_COPY_MENU:
		console_copy_menu(console);
		break;
	case ACTION_COPY_KUBECTL:
		console_copy(console, "kubectl");
		break;
	case ACTION_REDRAW:
		term_redraw();
		break;
	case ACTION_CLOSE:
		if (console->depth > 0)
			go_back(console);
		else
			console_quit(console);
		break;
	case ACTION_QUIT:
		console_quit(console);
		break;
	default:
		break;
	}
}
