/* SPDX-License-Identifier: MIT */
/* A form over the console. */
#include "tui/dialog.h"

#include "tui/console.h"
#include "tui/editor.h"

#include <string.h>

void dialog_close(struct console *console)
{
	struct dialog dialog = console->dialog;

	memset(&console->dialog, 0, sizeof(console->dialog));
	if (dialog.form && dialog.ops->release)
		dialog.ops->release(dialog.state);
	form_free(dialog.form);
	console->needs_paint = true;
}

void dialog_open(struct console *console, struct form *form,
		 const struct dialog_ops *ops, void *state)
{
	dialog_close(console);
	console->dialog = (struct dialog){form, ops, state};
	form_check_all(form);
}

void dialog_on_key(struct console *console, int key)
{
	struct dialog *dialog = &console->dialog;

	switch (form_on_key(dialog->form, key)) {
	case FORM_DONE:
		if (dialog->ops->accept(console, dialog->form, dialog->state))
			dialog_close(console);
		break;
	case FORM_CANCELED:
		dialog_close(console);
		console_say(console, ROLE_NORMAL, "nothing was changed");
		break;
	case FORM_EDITOR:
		if (dialog->ops->edit)
			dialog->ops->edit(console, dialog->form, dialog->state);
		break;
	default:
		break;
	}
	console->needs_paint = true;
}

void dialog_draw_keys(const struct console *console, int y, int cols)
{
	static const struct {
		const char *key, *label;
	} keys[] = {
		{"Tab", "Next"},
		{"Enter", "OK"},
		{"^E", "Editor"},
		{"Esc", "Cancel"},
	};
	int x = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].key[0] == '^' && !console->dialog.ops->edit)
			continue;
		x += draw_part(y, x, cols - x, ROLE_KEY, keys[i].key);
		draw_point(y, x++, ROLE_KEY_LABEL, ' ');
		x += draw_part(y, x, cols - x, ROLE_KEY_LABEL, keys[i].label);
		draw_point(y, x++, ROLE_KEY_LABEL, ' ');
	}
}

bool dialog_edit(struct console *console, const char *text, const char *ending,
		 struct strbuf *ret)
{
	struct error err = {0};

	if (!editor_run(text, ending, ret, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return false;
	}
	return strcmp(text, ret->data) != 0;
}
