/* SPDX-License-Identifier: MIT */
/* What the files of the terminal tell each other. */
#ifndef TUI_TERM_PRIVATE_H
#define TUI_TERM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/* It is ours now, and one for people: not a dumb one, nor the kernel's. */
bool term_is_rich(void);
/* Past curses; waits until all is taken. */
void term_write(const char *text, size_t len);
/* What was shown beside curses is gone. */
void term_forget_links(void);

#endif
