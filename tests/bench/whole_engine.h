/* SPDX-License-Identifier: MIT */
/* A whole trialdeck with trials that only wait, for the ingest bench. */
#ifndef TESTS_BENCH_WHOLE_ENGINE_H
#define TESTS_BENCH_WHOLE_ENGINE_H

#include <stdint.h>
#include <sys/types.h>

struct whole_engine {
	pid_t pid;
	char *program, *database;
	uint16_t port;	     /* its side port */
	const char **tokens; /* one a trial; owned */
};

/* Run an experiment of that many trials in folder and wait until all of them
 * run.  Ends the program when that takes a minute. */
void whole_engine_start(struct whole_engine *engine, const char *program,
			const char *folder, int trials);
/* Cancel the trials and wait for its end. */
void whole_engine_stop(struct whole_engine *engine);

#endif
