/* SPDX-License-Identifier: MIT */
/* A process that writes a database as a busy engine does. */
#ifndef TESTS_BENCH_SCREEN_WRITER_H
#define TESTS_BENCH_SCREEN_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct screen_writer {
	pid_t pid;
	int counter; /* pipe: its report at the end */
};

/* Start writing metrics of the running trials at this rate, a hundred commits
 * a second, and each running trial's summary 20 times a second. */
void screen_writer_start(struct screen_writer *writer, const char *db_path,
			 int metrics_per_s);
/* End it; *ret_per_s: metrics it wrote a second. */
bool screen_writer_stop(struct screen_writer *writer, double *ret_per_s);

#endif
