/* SPDX-License-Identifier: MIT */
/* How the panes lie, changed by key, mouse and command, and remembered. */
#include "tui/commands.h"
#include "tui/console.h"
#include "tui/keys.h"

#include <stdio.h>
#include <string.h>

#define STEP_ROWS 1
#define STEP_COLS 4

struct layout_wish console_layout_wish(const struct console *console)
{
	size_t count = console->data.experiment_count;
	struct layout_wish wish = {
		.rows = draw_rows(),
		.cols = draw_cols(),
		.focus = count == 0 ? PANE_EXPERIMENTS : console->focus,
		/* nothing to show yet: the place to say how to begin */
		.is_zoomed = console->is_zoomed || count == 0,
		.is_chart = console->is_chart,
		.experiments = count == 0   ? 4
			       : count < 50 ? (int)count
					    : 50,
		.sizes = &console->remembered.sizes};

	return wish;
}

void console_layout_keep(struct console *console)
{
	struct remembered *remembered = &console->remembered;
	struct error err;

	remembered->is_zoomed = console->is_zoomed;
	remembered->is_chart = console->is_chart;
	if (console->options->script)
		return; /* nobody's wish */
	if (!remember_save(remembered, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
}

static void take(struct console *console, const struct layout_sizes *sizes)
{
	console->remembered.sizes = *sizes;
	console->needs_layout = console->needs_paint = true;
	console_layout_keep(console);
}

static void move(struct console *console, const struct layout_grip *grip,
		 int by)
{
	struct layout_wish wish = console_layout_wish(console);
	struct layout_sizes sizes;

	layout_compute(&wish, &console->layout);
	layout_move(&wish, &console->layout, grip, by, &sizes);
	take(console, &sizes);
}

static void grow(struct console *console, bool is_column, int by)
{
	struct layout_grip grip;
	int sign;

	if (layout_grip_of(&console->layout, console->focus, is_column, &grip,
			   &sign))
		move(console, &grip, sign * by);
	else
		console_say(console, ROLE_WARNING,
			    is_column ? "no pane lies beside this one"
				      : "no pane lies above or below this one");
}

static void on_key(struct console *console, int key)
{
	struct layout_sizes sizes = console->remembered.sizes;

	switch (key) {
	case '+':
	case TK_DOWN:
		grow(console, false, STEP_ROWS);
		break;
	case '-':
	case TK_UP:
		grow(console, false, -STEP_ROWS);
		break;
	case '>':
	case TK_RIGHT:
		grow(console, true, STEP_COLS);
		break;
	case '<':
	case TK_LEFT:
		grow(console, true, -STEP_COLS);
		break;
	case 'x':
		layout_exchange(&console->layout, console->focus, &sizes);
		take(console, &sizes);
		break;
	case '=':
		layout_sizes_init(&sizes);
		take(console, &sizes);
		break;
	case 'z':
		console_do(console, ACTION_ZOOM);
		break;
	default:
		return; /* done */
	}
	console_layout_mode(console);
}

void console_layout_mode(struct console *console)
{
	console_ask(console, on_key, "%s",
		    draw_cols() < 80
			    ? "[+][-] rows [<][>] columns [x] [z] [=] "
			    : "pane: [+][-] rows, [<][>] columns, e[x]change, "
			      "[z] alone, [=] usual; Enter ends ");
}

void console_layout_drag(struct console *console, int y, int x, bool is_press)
{
	struct layout_grip *grip = &console->drag.grip;

	if (is_press) {
		console->drag.is_held =
			console->depth == 0 &&
			layout_grip_at(&console->layout, y, x, grip);
		console->drag.y = y;
		console->drag.x = x;
		return;
	}
	if (!console->drag.is_held)
		return;
	console->drag.is_held = false;
	if (grip->is_column ? x != console->drag.x : y != console->drag.y)
		move(console, grip,
		     grip->is_column ? x - console->drag.x
				     : y - console->drag.y);
}

static void say_names(struct console *console)
{
	char names[400] = "";
	size_t used = 0;

	for (int i = 0; i < console->remembered.layout_count; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 " %s",
					 console->remembered.layouts[i].name);
	console_say(console, ROLE_NORMAL,
		    "layouts: usual%s; :layout NAME takes one, :layout save "
		    "NAME keeps this one",
		    names);
}

static void change_name(struct console *console, const char *verb,
			const char *name)
{
	bool saves = strcmp(verb, "save") == 0;

	if (!saves && strcmp(verb, "drop") != 0)
		console_say(console, ROLE_ERROR,
			    "layout: NAME, save NAME or drop NAME");
	else if (!remember_name_is_good(name) || strcmp(name, "usual") == 0 ||
		 strcmp(name, "save") == 0 || strcmp(name, "drop") == 0)
		console_say(
			console, ROLE_ERROR,
			"layout: a name has up to %d letters, digits, - and "
			"_, and is not usual, save or drop",
			REMEMBER_NAME_MAX);
	else if (!remember_set_layout(&console->remembered, name,
				      saves ? &console->remembered.sizes
					    : NULL))
		console_say(console, ROLE_ERROR,
			    saves ? "%d layouts are the most: :layout drop NAME"
				  : "of %d layouts none is called that",
			    saves ? REMEMBER_LAYOUTS_MAX
				  : console->remembered.layout_count);
	else {
		console_say(console, ROLE_MESSAGE, "layout %s %s", name,
			    saves ? "kept" : "dropped");
		console_layout_keep(console);
	}
}

void commands_do_layout(struct console *console, const struct cmdline *line)
{
	struct layout_sizes usual;
	const struct remembered_layout *layout;

	if (line->argc == 1) {
		say_names(console);
		return;
	}
	if (line->argc == 3) {
		change_name(console, line->argv[1], line->argv[2]);
		return;
	}
	layout_sizes_init(&usual);
	layout = remember_layout(&console->remembered, line->argv[1]);
	if (layout)
		take(console, &layout->sizes);
	else if (strcmp(line->argv[1], "usual") == 0)
		take(console, &usual);
	else
		console_say(console, ROLE_ERROR,
			    "no layout is called \"%.40s\": :layout lists them",
			    line->argv[1]);
}
