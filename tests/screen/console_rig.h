/* SPDX-License-Identifier: MIT */
/*
 * The console in a terminal, over a small database with logs.
 *
 * Sixty trials of one finished experiment (fixture makes them, the same every
 * time); the trials' folders are relative to the rig's, which is the program's
 * working directory, so that screens never show a name made at random.
 */
#ifndef TESTS_SCREEN_CONSOLE_RIG_H
#define TESTS_SCREEN_CONSOLE_RIG_H

#include "tests/support/pty_screen.h"

#define CONSOLE_DEADLINE_MS 30000 /* sanitizers on a busy machine */

struct console_rig {
	char folder[64];
	char *db;	 /* "rig.db" in it */
	char *programs;	 /* build folder */
	char newest[16]; /* id of the newest trial: the first one shown */
};

void console_rig_init(struct console_rig *rig);
void console_rig_release(struct console_rig *rig);
/* Make this the newest trial's stdout. */
void console_rig_write_log(const struct console_rig *rig, const void *bytes,
			   size_t len);

/* Run the program itself; flags: NULL-terminated, or NULL.  Returns once its
 * first frame is there and at rest. */
struct screen *console_rig_open(const struct console_rig *rig, int cols,
				int rows, const char *const *flags);
/* The console alone with its clock held an hour after the experiment began:
 * the same picture for ever. */
struct screen *console_rig_open_still(const struct console_rig *rig, int cols,
				      int rows, const char *const *flags);

#endif
