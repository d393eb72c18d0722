/* SPDX-License-Identifier: MIT */
/*
 * A small engine for tests of platform local: a loop, a platform with real
 * keepers in a folder of its own, and everything it tells, written down.
 */
#ifndef TESTS_UNIT_PLATFORM_LOCAL_WORLD_H
#define TESTS_UNIT_PLATFORM_LOCAL_WORLD_H

#include "base/strbuf.h"
#include "engine/platform/platform.h"

#define WORLD_TRIALS 8

struct world {
	char *folder, *keeper_path, *url_file;
	struct loop *loop;
	struct platform *platform;
	struct experiment experiment;
	struct experiment_config config;
	struct strbuf told;    /* "created 1.1", "ended 1.1 3 reason", ... */
	struct strbuf reports; /* one a line */
	int ended, started;
	int wanted_ended, wanted_started;
};

struct world *world_new(void);
void world_free(struct world *world);
void world_open(struct world *world);  /* the platform */
void world_close(struct world *world); /* and let jobs run on */
/* Submit trial n (key n, id "Tnnnn"), attempt 1. */
bool world_submit(struct world *world, int n, const char *parameters,
		  struct error *err);
/* Run the loop until so many have ended (or started); fails the test after
 * 30 s. */
void world_wait_ended(struct world *world, int count);
void world_wait_started(struct world *world, int count);
/* Wait until a file has text; fails the test after 30 s.  Caller frees. */
char *world_wait_file(const char *path);
/* Path of a file in trial n's attempt directory; caller frees. */
char *world_path(const struct world *world, int n, const char *name);
/* Wait until a process is gone (or a zombie). */
void world_wait_gone(int pid);

#endif
