/* SPDX-License-Identifier: MIT */
/* A form over the console: it has all keys until it is closed.  Thread: ui. */
#ifndef TUI_DIALOG_H
#define TUI_DIALOG_H

#include "tui/form.h"

struct console;

struct dialog_ops {
	/* OK: do it.  True closes the dialog; false leaves it open, with a
	 * question or a message. */
	bool (*accept)(struct console *console, struct form *form, void *state);
	/* ^E: the field under the cursor, or all of it, in the editor; may be
	 * NULL. */
	void (*edit)(struct console *console, struct form *form, void *state);
	/* may be NULL */
	void (*release)(void *state);
};

struct dialog {
	struct form *form; /* NULL: none is open */
	const struct dialog_ops *ops;
	void *state;
};

/* Takes form and state; closes the one that is open. */
void dialog_open(struct console *console, struct form *form,
		 const struct dialog_ops *ops, void *state);
void dialog_close(struct console *console);
void dialog_on_key(struct console *console, int key);
/* The last line: what keys do. */
void dialog_draw_keys(const struct console *console, int y, int cols);
/* Put text into the editor, in a file with this ending (".json"), and what
 * comes of it, when it is other, into ret. False: nothing is to be done; what
 * went wrong has been said. */
bool dialog_edit(struct console *console, const char *text, const char *ending,
		 struct strbuf *ret);

#endif
