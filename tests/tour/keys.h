/* SPDX-License-Identifier: MIT */
/* Keys by the names that help and manual give them, as an xterm sends them. */
#ifndef TESTS_TOUR_KEYS_H
#define TESTS_TOUR_KEYS_H

#include "tests/support/pty_screen.h"

/* Press "j", "<Enter>", "<C-f>", "<F5>", "<lt>"; a name nobody knows ends the
 * program. */
void press(struct screen *screen, const char *key);
/* Several, separated by blanks; ":text" to the end of the line is typed, with
 * Enter. */
void press_all(struct screen *screen, const char *keys);

#endif
