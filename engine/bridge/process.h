/* SPDX-License-Identifier: MIT */
/*
 * The Python process: started, heard, ended.
 *
 * It leads a session of its own, so that no key of the terminal reaches it;
 * its standard input is empty, and what it prints goes to dispatcher.log,
 * where nni writes as well.  It dies with the thread that started it.
 */
#ifndef ENGINE_BRIDGE_PROCESS_H
#define ENGINE_BRIDGE_PROCESS_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BRIDGE_LOG_MAX                                                         \
	(16 * 1024 * 1024) /* bytes, and as many of the one                    \
			    * before */

#define PROCESS_LOG "dispatcher.log" /* NNI's name for it */

extern const char bridge_launcher[]; /* Python text */

struct process_launch {
	const char *python;    /* a path, or a name to be looked for in PATH */
	const char *directory; /* its working directory, and its log's */
	const char *checkpoints;
	const char *params; /* JSON in NNI's second form */
	const char *url;
	const char *log_level;
	const char *devices; /* for CUDA_VISIBLE_DEVICES */
	bool is_resumed;
	bool has_intermediates; /* NNI_INCLUDE_INTERMEDIATE_RESULTS */
	int socket;		/* becomes 3 and 4 */
	int hello;		/* becomes 5 */
};

/* The caller watches the process, and closes socket and hello. */
bool process_start(const struct process_launch *launch, pid_t *ret_pid,
		   struct error *err);

/* The interpreter that runs NNI's algorithms: `configured` (a program, or a
 * folder with one), else $TRIALDECK_PYTHON, else the active virtual
 * environment's, else python3.  Caller frees. */
char *process_python(const char *configured);

/* What the launcher said first. */
struct process_hello {
	char nni[32];	 /* its version; empty: it is not there */
	char python[32]; /* the language's */
	char executable[256];
	char problem[256];
};
bool process_hello_parse(const char *line, struct process_hello *ret,
			 struct error *err);

/* Keep a log within its bound: what is too much moves to NAME.1. */
void process_trim_log(const char *path);
/* The last lines of a log that say why it ended: a traceback's, or simply the
 * last.  From byte `from` on; at most a few. */
void process_last_words(const char *path, int64_t from, struct strbuf *out);

#endif
