/* SPDX-License-Identifier: MIT */
/*
 * Where a key goes: to an open prompt, to the mouse, through the action table;
 * and that pasted text never counts as keys.
 */
#include "tui/console.h"
#include "tui/keys.h"
#include "tui/palette.h"
#include "tui/term.h"

#include "base/mem.h"

#include <stdlib.h>

static void finish_line(struct console *console)
{
	struct prompt *prompt = &console->prompt;
	enum prompt_kind kind = prompt->kind;
	char *text = xstrdup(prompt->text.data);
	const struct view_ops *view = console_view(console);
	struct error err;

	if (kind == PROMPT_PALETTE) {
		palette_choose(console);
		free(text);
		return;
	}
	prompt_remember(prompt, kind, text);
	/* a filter with a fault stays open, with the fault under its place */
	if ((kind == PROMPT_FILTER &&
	     !trials_set_filter(console, text, &err)) ||
	    (kind == PROMPT_MARK && !trials_mark_filter(console, text, &err))) {
		free(text);
		return;
	}
	prompt_close(prompt);
	if (kind == PROMPT_COMMAND)
		commands_run(console, text);
	else if (kind == PROMPT_LOG_FILTER)
		log_pane_filter(console, text);
	else if (kind == PROMPT_LOG_JUMP && *text)
		log_pane_jump(console, text);
	else if (kind == PROMPT_SEARCH && *text &&
		 (!view->search || !view->search(console, text, false)))
		console_say(console, ROLE_WARNING, "not found: %s", text);
	free(text);
}

static void finish_menu(struct console *console)
{
	struct prompt *prompt = &console->prompt;
	menu_fn *on_menu = console->on_menu;
	char *item = xstrdup(prompt->items[prompt->item]);
	int key = prompt->answer;

	console->on_menu = NULL;
	prompt_close(prompt);
	if (on_menu)
		on_menu(console, item, key);
	free(item);
}

static void on_prompt_key(struct console *console, int key)
{
	struct prompt *prompt = &console->prompt;
	answer_fn *on_answer = console->on_answer;
	struct error ignored;
	int answer;

	if (prompt->kind == PROMPT_PALETTE && palette_on_key(console, key))
		return;
	switch (prompt_on_key(prompt, key)) {
	case PROMPT_DONE:
		if (prompt->kind == PROMPT_MENU)
			finish_menu(console);
		else
			finish_line(console);
		break;
	case PROMPT_CANCELED:
		if (prompt->kind == PROMPT_FILTER)
			trials_set_filter(console,
					  console->trials.filter_before,
					  &ignored);
		prompt_close(prompt);
		break;
	case PROMPT_CHANGED:
		if (prompt->kind == PROMPT_FILTER)
			trials_type_filter(console, prompt->text.data);
		else if (prompt->kind == PROMPT_PALETTE)
			palette_match(console);
		else
			trials_forget_fault(console);
		break;
	case PROMPT_COMPLETE:
		commands_complete(console);
		break;
	case PROMPT_ANSWERED:
		answer = prompt->answer;
		console->on_answer = NULL;
		prompt_close(prompt);
		if (on_answer)
			on_answer(console, answer);
		break;
	default:
		break;
	}
}

static void on_mouse(struct console *console)
{
	struct term_mouse mouse;
	int pane;

	if (!term_mouse(&mouse))
		return;
	if (mouse.is_press || mouse.is_release)
		console_layout_drag(console, mouse.y, mouse.x, mouse.is_press);
	if (mouse.is_release)
		return;
	for (pane = 0; pane < PANE_COUNT && console->depth == 0; pane++) {
		const struct rect *rect = &console->layout.panes[pane];

		if (mouse.y < rect->y || mouse.y >= rect->y + rect->rows ||
		    mouse.x < rect->x || mouse.x >= rect->x + rect->cols)
			continue;
		if (mouse.is_click || mouse.is_double) {
			struct list *list =
				pane == PANE_TRIALS
					? &console->trials.list
					: &console->experiments.list;

			console_focus(console, pane);
			if (pane <= PANE_TRIALS && mouse.y >= rect->y + 2) {
				long to = (long)list->top + mouse.y - rect->y -
					  2 - (long)list->cursor;

				list_move(list, to);
				/* a step that goes nowhere tells the view */
				console_do(console, ACTION_UP);
				console_do(console, ACTION_DOWN);
			}
		}
	}
	if (mouse.is_double)
		console_do(console, ACTION_OPEN);
	for (pane = 0; pane < 3; pane++) {
		if (mouse.is_wheel_up)
			console_do(console, ACTION_UP);
		else if (mouse.is_wheel_down)
			console_do(console, ACTION_DOWN);
	}
}

void console_on_key(struct console *console, int key)
{
	enum action_id action;

	console->needs_paint = true;
	if (key == TK_PASTE_BEGIN || key == TK_PASTE_END) {
		console->in_paste = key == TK_PASTE_BEGIN;
		return;
	}
	if (console->in_paste) {
		/* pasted text is text: never a key, never an Enter */
		if (console->prompt.kind != PROMPT_NONE &&
		    console->prompt.kind < PROMPT_EDITS && key >= 32 &&
		    key < TK_BASE && key != TK_BACKSPACE)
			on_prompt_key(console, key);
		else if (console->prompt.kind == PROMPT_NONE &&
			 console->dialog.form)
			form_paste(console->dialog.form, key);
		else if (console->prompt.kind == PROMPT_NONE)
			console_say(console, ROLE_WARNING,
				    "pasted text ignored: open : / or \\ "
				    "first");
		return;
	}
	console->message[0] = '\0';
	console->trials.is_chosen = true;
	if (console->prompt.kind != PROMPT_NONE) {
		on_prompt_key(console, key);
		return;
	}
	if (console->dialog.form) {
		dialog_on_key(console, key);
		return;
	}
	if (key == TK_ESC && undo_is_open(console)) {
		undo_take_back(console);
		return;
	}
	if (key == TK_MOUSE) {
		on_mouse(console);
		return;
	}
	action = action_of_key(key, console_view(console)->bit);
	if (action != ACTION_NONE) {
		console_do(console, action);
	} else if (key == TK_CTRL('c')) {
		console_say(console, ROLE_NORMAL,
			    "q leaves the program; Esc goes back");
	} else {
		struct strbuf name = STRBUF_INIT;

		key_format(key, &name);
		console_say(console, ROLE_NORMAL,
			    "%s does nothing here (? shows the keys)",
			    name.data);
		strbuf_release(&name);
	}
}
