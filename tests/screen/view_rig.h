/* SPDX-License-Identifier: MIT */
/* The console on the screen fixture, in a terminal that can be read back. */
#ifndef TESTS_SCREEN_VIEW_RIG_H
#define TESTS_SCREEN_VIEW_RIG_H

#include "tests/support/pty_screen.h"

#define RIG_DEADLINE_MS 20000

/* A fresh folder with the fixtures in it (t.db, cluster.db, parts.db,
 * pictures.db); the caller frees the path. */
char *rig_folder_new(void);
/* Remove it with all that is in it; frees. */
void rig_folder_free(char *folder);

/* Start the console; arguments: further ones, separated by blanks.  script is
 * its text, or NULL; database is a file in folder. */
struct screen *rig_console(const char *folder, const char *database, int cols,
			   int rows, const char *arguments, const char *script);
/* Wait until the script has come to its end: its last line must be
 * ":save-screen done". */
bool rig_wait_script(struct screen *screen, const char *folder);

/* The terminals in which every view is looked at. */
struct rig_terminal {
	const char *name;
	int cols, rows;
	const char *arguments;
};

enum { RIG_80X24, RIG_40X10, RIG_160X50, RIG_ASCII, RIG_MONO, RIG_TERMINALS };

extern const struct rig_terminal rig_terminals[RIG_TERMINALS];

/* Does the console, once the script is over, show what the golden screen of
 * this name has? */
bool rig_shows(const char *folder, const char *database,
	       const struct rig_terminal *terminal, const char *script,
	       const char *name);

#endif
