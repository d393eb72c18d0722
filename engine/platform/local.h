/* SPDX-License-Identifier: MIT */
/*
 * Platform local from the inside: the pieces that local.c puts together.
 *
 * An attempt has a directory of its own; everything that must survive the
 * console lies there (keeper/claim.h says which files the keeper writes):
 *
 *     parameter.cfg     what NNI's SDK reads        parameters.json  the object
 *     metrics           $TRIALDECK_METRICS          gpus             "0,1"
 *     stdout, stderr    the command's output        keeper.log       its diary
 *     spool.ndjson      every metric                exit             the end
 */
#ifndef ENGINE_PLATFORM_LOCAL_H
#define ENGINE_PLATFORM_LOCAL_H

#include "base/error.h"
#include "base/strbuf.h"
#include "engine/platform/platform.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Seconds from TERM to KILL, as NNI has it. */
#define LOCAL_GRACE_S 5

/* --- local_command.c: {{placeholders}}
 *
 * {{lr}} and {{layer.kernel}} stand for the value of that parameter, {{layer}}
 * of a nested choice for the chosen option's name; blanks inside the braces
 * are ignored, and {{{{ is a literal {{.  A value is quoted so that the shell
 * takes it as text wherever it stands; where that cannot be known for sure
 * (inside $(...), ${...}, here-documents and the like) only harmless values
 * are accepted. */
bool local_command_format(const char *command, const char *parameters,
			  struct strbuf *out, struct error *err);

/* --- local_environment.c */

/* Variables of a process to be; items ends with NULL. */
struct environment {
	char **items; /* "NAME=value", owned */
	size_t count, capacity;
};

void environment_release(struct environment *environment);
/* Replaces an earlier value. */
void environment_set(struct environment *environment, const char *name,
		     const char *value);
/* Ours without TRIALDECK_* and NNI_*: nothing of an outer experiment may leak
 * into this one. */
void environment_inherit(struct environment *environment, char *const *from);
/* TRIALDECK_PARAM_<NAME> for each parameter, nested ones included. */
void environment_add_parameters(struct environment *environment,
				const char *parameters);

/* --- local_directory.c: what lies in an attempt's directory */

enum local_found {
	LOCAL_NEW,   /* no keeper has been here */
	LOCAL_ALIVE, /* a keeper is at work */
	LOCAL_ENDED, /* the exit file says how */
	LOCAL_DIED,  /* a keeper was here and is gone without a word */
};

struct local_keeper {
	pid_t pid; /* 0: unknown, or not of this machine */
	unsigned long long start_time;
	int64_t started_ns; /* wall time of its start */
};

enum local_found local_inspect(const char *directory,
			       struct local_keeper *ret_keeper);
/* Field 22 of /proc/<pid>/stat; 0 when it is gone or a zombie. */
unsigned long long local_start_time(pid_t pid);
/* Write parameter.cfg and parameters.json, atomically. */
bool local_prepare(const char *directory, const char *parameter_file,
		   const char *parameters, struct error *err);

/* --- local_end.c */

/* Read the exit file and say in a line how it went; false when it cannot be
 * read (ret_end then says that). */
bool local_end_read(const char *directory, struct job_end *ret_end);
/* The last line of a text file that says something, made safe, at most size - 1
 * bytes; empty when there is none. */
void local_last_line(const char *path, char *ret_line, size_t size);

/* --- local_spawn.c */

struct local_launch {
	const char *keeper_path, *directory, *url_file, *cwd, *metric_pattern;
	const char *command; /* for the shell */
	char *const *environment;
};

/* Start a keeper: its own session, nothing inherited but the environment. */
bool local_spawn(const struct local_launch *launch, pid_t *ret_pid,
		 struct error *err);
/* /bin/bash where there is one (as NNI 3), else /bin/sh. */
const char *local_shell(void);

/* --- local_strays.c */

/* Send KILL to every process of ours whose environment names this attempt's
 * directory.  Returns how many there were: call again until 0. */
int local_strays_kill(const char *directory);
/* Does this process belong to an attempt below folder? */
bool local_process_is_below(pid_t pid, const char *folder);

#endif
