/* SPDX-License-Identifier: MIT */
/* Painting a frame, ticking, and leaving the program. */
#include "base/clock.h"
#include "tui/palette.h"
#include "tui/picture.h"
#include "tui/term.h"

#include <stdio.h>
#include <string.h>

static void layout(struct console *console)
{
	struct layout_wish wish = console_layout_wish(console);

	layout_compute(&wish, &console->layout);
	console->needs_layout = false;
}

static void paint_panes(struct console *console)
{
	static const struct view_ops *const views[PANE_COUNT] = {
		&view_experiments, &view_trials, &view_log, &view_chart};
	int pane, y;

	for (pane = 0; pane < PANE_COUNT; pane++) {
		struct rect rect = console->layout.panes[pane];

		if (rect.rows < 2)
			continue;
		views[pane]->repaint(console, rect,
				     (int)console->focus == pane);
		for (y = rect.y; rect.x > 0 && y < rect.y + rect.rows; y++)
			draw_point(y, rect.x - 1, ROLE_BORDER,
				   theme_glyph(GLYPH_VLINE));
	}
}

static void paint_last_line(struct console *console)
{
	int y = console->layout.bar_row;

	if (console->message_until_ns &&
	    clock_mono_ns() >= console->message_until_ns)
		console->message[0] = '\0';
	if (trials_has_fault(console)) {
		/* one line up, so that carets stand under the text */
		trials_draw_fault(console, y, draw_cols());
		prompt_draw(&console->prompt, y - 1, draw_cols());
	} else if (console->prompt.kind != PROMPT_NONE)
		prompt_draw(&console->prompt, y, draw_cols());
	else if (*console->message)
		draw_text(y, 0, draw_cols(), console->message_role,
			  console->message);
	else if (console->dialog.form)
		dialog_draw_keys(console, y, draw_cols());
	else
		bars_functions(console);
}

void console_paint(struct console *console)
{
	console->needs_paint = false;
	layout(console);
	draw_begin();
	if (console->layout.is_too_small) {
		draw_text(0, 0, draw_cols(), ROLE_NORMAL,
			  draw_cols() >= 33
				  ? "terminal too small (40x10 needed)"
				  : "40x10 needed");
		draw_end();
		return;
	}
	if (console->dialog.form)
		form_draw(console->dialog.form, console->layout.body);
	else if (console->depth == 0)
		paint_panes(console);
	else
		console_view(console)->repaint(console, console->layout.body,
					       true);
	if (console->prompt.kind == PROMPT_PALETTE)
		palette_draw(console, console->layout.body);
	bars_status(console);
	paint_last_line(console);
	draw_end();
}

static void on_quit_answer(struct console *console, int key)
{
	if (key == 'd' || key == 'D') {
		console->result = TUI_QUIT;
		console->is_done = true;
	} else if (key == 's' || key == 'S') {
		struct request *request = &console->request;

		request_begin(console, COMMAND_STOP);
		request->experiment = console->options->engine_experiment;
		snprintf(request->what, sizeof(request->what),
			 "stop the experiment");
		if (request_send(console, request)) {
			console->stop_then_leave = true;
			console_say(console, ROLE_WAITING,
				    "stopping; the program ends when all "
				    "trials have");
		}
	} else {
		console_say(console, ROLE_NORMAL, "going on");
	}
}

void console_quit(struct console *console)
{
	const struct tui_options *options = console->options;
	const struct experiment_row *row =
		data_find(&console->data, options->engine_experiment);

	if (options->engine && !engine_is_finished(options->engine) && row &&
	    !experiment_state_is_terminal(row->state)) {
		long long live = experiment_row_live(row);

		console_ask(console, on_quit_answer,
			    "%lld trial%s running: [d]etach and go on in the "
			    "background, [s]top, [c]ancel ",
			    live, live == 1 ? "" : "s");
		return;
	}
	console->result = TUI_QUIT;
	console->is_done = true;
}

static bool shows_live(const struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	return row && row->is_live;
}

static bool shows_running(const struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	return row && row->is_live && row->counts[TRIAL_RUNNING] > 0;
}

int console_tick_ms(const struct console *console)
{
	int64_t tick_ns = 60 * NS_PER_S;
	int64_t since_ns;

	if (console->is_frozen)
		return (int)(tick_ns / NS_PER_MS);
	if (shows_running(console))
		tick_ns = 5 * NS_PER_S;
	/* ages that are told by the second */
	if (bars_fault(console, &since_ns) ||
	    (console_view(console) == &view_cluster && shows_live(console)))
		tick_ns = NS_PER_S;
	if (undo_is_open(console))
		tick_ns = NS_PER_S / 4;
	if (*console->message && console->message_until_ns) {
		int64_t left_ns = console->message_until_ns - clock_mono_ns();

		if (left_ns < tick_ns)
			tick_ns = left_ns > 0 ? left_ns : 0;
	}
	if (pictures_wait_ms(console) >= 0 &&
	    pictures_wait_ms(console) * NS_PER_MS < tick_ns)
		tick_ns = pictures_wait_ms(console) * NS_PER_MS;
	if (console->trial.is_stale && console->depth > 0 && tick_ns > NS_PER_S)
		tick_ns = NS_PER_S;
	return (int)(tick_ns / NS_PER_MS) + 1;
}
