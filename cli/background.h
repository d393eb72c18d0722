/* SPDX-License-Identifier: MIT */
/* Handing an experiment to a process without a screen. */
#ifndef CLI_BACKGROUND_H
#define CLI_BACKGROUND_H

#include "base/error.h"

/* Remember which database the program works on, and its side port (0: any):
 * background_resume has the shape the console wants its callback in and takes
 * neither. */
void background_set(const char *db_path, int side_port);

/* Start `trialdeck resume ID --headless` in a session of its own, with nothing
 * of this terminal, and return at once.  *ret_pid may be NULL. */
bool background_start(const char *experiment_id, int *ret_pid,
		      struct error *err);
/* The same, and wait (10 s at most) until it holds the experiment: fails with
 * what the experiment's row says when it ended instead. */
bool background_launch(const char *experiment_id, int *ret_pid,
		       struct error *err);
bool background_resume(const char *experiment_id, struct error *err);
/* Start `trialdeck delete ID --yes` and return at once: a large one takes a
 * while. */
bool background_delete(const char *experiment_id, struct error *err);

#endif
