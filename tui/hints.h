/* SPDX-License-Identifier: MIT */
/*
 * What a view is for and the keys that matter most in it, said once, when it is
 * first seen with something in it; which ones were said is remembered.  The
 * setting `hints` switches them off.  Thread: ui.
 */
#ifndef TUI_HINTS_H
#define TUI_HINTS_H

struct console;

/* Before a frame: say the view's hint, if that is still to be done. */
void hints_look(struct console *console);
/* The hint of a view (enum view_bit), or NULL: keys alone when it is narrow. */
const char *hints_text(unsigned view, int cols);

#endif
