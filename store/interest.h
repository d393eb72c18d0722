/* SPDX-License-Identifier: MIT */
/*
 * What somebody is looking at, told to whoever runs the experiment.
 *
 * Some things cost the cluster a request or a connection each (following a
 * log, listing nodes), so they are fetched only while a screen shows them.
 * The screen may be of another process and may only read the database, so it
 * says so with a file: `<experiment directory>/watched/<name>`, touched again
 * every few seconds.  Names: "log-<trial id>", "cluster".  Where the folder
 * cannot be written nothing is fetched, and what is known is shown.
 */
#ifndef STORE_INTEREST_H
#define STORE_INTEREST_H

#include <stdbool.h>
#include <stdint.h>

#define INTEREST_RENEW_MS 2000 /* how often a screen should say so */
#define INTEREST_AGE_MS 8000   /* older ones do not count */

/* I am looking at `name`.  Failure is not told: it is a wish. */
void interest_declare(const char *experiment_directory, const char *name);
/* Everything somebody looks at now; stale files are removed.  One readdir;
 * cheap enough for every second. */
typedef void interest_fn(const char *name, void *arg);
void interest_each(const char *experiment_directory, interest_fn *fn,
		   void *arg);

#endif
