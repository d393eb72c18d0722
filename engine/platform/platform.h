/* SPDX-License-Identifier: MIT */
/*
 * A platform runs trials: local processes today, kinds of Kubernetes job next.
 *
 * The engine commits an attempt's intent row, then calls submit.  Submitting
 * is idempotent: what exists already under the attempt's name is adopted, so
 * the engine simply submits every live attempt again after a crash.  News come
 * back through the callbacks, on the engine's thread, never from inside submit
 * or kill.
 */
#ifndef ENGINE_PLATFORM_PLATFORM_H
#define ENGINE_PLATFORM_PLATFORM_H

#include "base/error.h"
#include "engine/loop.h"
#include "model/experiment.h"
#include "model/trial.h"

#include <stdint.h>

struct platform;

/* How an attempt ended, as far as the platform knows. */
struct job_end {
	int exit_code;	  /* 0..255; 128 + n for signal n; -1 unknown */
	int64_t ended_ns; /* wall time */
	char reason[256]; /* one line: "exit status 3", "killed by SIGSEGV",
			   * "keeper was killed", ...; empty for success */
};

struct platform_callbacks {
	/* The job exists; job is its name, to be kept in attempt.job. */
	void (*created)(void *arg, int64_t trial, int attempt, const char *job);
	/* The user's command runs since at_ns. */
	void (*started)(void *arg, int64_t trial, int attempt, int64_t at_ns);
	/* It waits, and this is why; NULL: no longer. */
	void (*waiting)(void *arg, int64_t trial, int attempt,
			const char *reason);
	/* It ended.  Everything it reported has been handed over before. */
	void (*ended)(void *arg, int64_t trial, int attempt,
		      const struct job_end *end);
	/* One report found in files rather than received by the side port: a
	 * body for metrics_parse_body (native) or one NNI metric object. */
	void (*report)(void *arg, int64_t trial, int attempt, const char *json,
		       size_t len, bool is_nni);
	/* Something the platform retries by itself; NULL: over. */
	void (*fault)(void *arg, const char *text);
	void *arg;
};

/* Lives as long as the platform. */
struct platform_context {
	struct loop *loop;
	const struct experiment *experiment;
	const struct experiment_config *config;
	const char *keeper_path; /* executable */
	const char *url_file;	 /* file that holds the side port's base URL */
	struct platform_callbacks callbacks;
};

/* What submit needs to know; borrowed for the call. */
struct job_request {
	const struct trial *trial;
	const struct attempt *attempt; /* directory and token set; job set when
					* it was created before */
	const char *parameter_file;    /* text of parameter.cfg (nni.md 4.1) */
	bool is_resumed; /* submitted before, by an earlier engine */
};

struct platform_ops {
	const char *name; /* as in trainingService.platform */
	bool (*open)(const struct platform_context *context,
		     struct platform **ret, struct error *err);
	/* ERROR_UNAVAILABLE and ERROR_TIMEOUT are retried by the engine; any
	 * other failure ends the attempt as FAILED with the error's text. */
	bool (*submit)(struct platform *platform,
		       const struct job_request *request, struct error *err);
	/* Ask it to end (TERM, grace, KILL).  The ended callback follows, also
	 * when it was not running.  Asking twice is harmless. */
	void (*kill)(struct platform *platform, int64_t trial, int attempt);
	/* Path of a log file for a role ("stdout", "stderr", "keeper"), to be
	 * freed by the caller; NULL when there is none. */
	char *(*log_path)(const struct attempt *attempt, const char *role);
	/* Forget everything; jobs go on running. */
	void (*close)(struct platform *platform);
};

extern const struct platform_ops platform_local;

/* By name; NULL when unknown. */
const struct platform_ops *platform_find(const char *name);

#endif
