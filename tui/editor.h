/* SPDX-License-Identifier: MIT */
/* Text in the user's editor: $VISUAL, $EDITOR, else vi.  Thread: ui. */
#ifndef TUI_EDITOR_H
#define TUI_EDITOR_H

#include "base/error.h"
#include "base/strbuf.h"

#define EDITOR_TEXT_MAX ((size_t)8 << 20)

/* Give the terminal to the editor with text in a file of this ending (".json"),
 * wait until it has ended, take the terminal back and append what the file
 * says now to ret.  Fails when the editor does not end well: then nothing is
 * to be changed.  The file is private and goes. */
bool editor_run(const char *text, const char *ending, struct strbuf *ret,
		struct error *err);

#endif
