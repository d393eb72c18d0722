/* SPDX-License-Identifier: MIT */
/*
 * A platform runs trials: as processes of this machine, or as jobs of a
 * Kubernetes cluster.
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
#include "engine/sideport/sideport.h"
#include "model/action.h"
#include "model/cluster.h"
#include "model/event.h"
#include "model/experiment.h"
#include "model/part.h"
#include "model/trial.h"

#include <stdint.h>

struct platform;

/* Whose fault a failed end is: decides whether it is tried again. */
enum job_blame {
	JOB_BLAME_TRIAL,    /* maxTrialRetries */
	JOB_BLAME_CONFIG,   /* the next trial will fare no better */
	JOB_BLAME_PLATFORM, /* evicted, node lost, ...: infrastructureRetries */
};

/* How an attempt ended, as far as the platform knows. */
struct job_end {
	enum job_blame blame; /* of exit codes other than 0 */
	int exit_code;	      /* 0..255; 128 + n for signal n; -1 unknown */
	int64_t ended_ns;     /* wall time */
	char reason[256];     /* one line: "exit status 3", "killed by SIGSEGV",
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
	/* Something happened that people should find later; trial 0: to the
	 * experiment.  The same text about the same attempt is kept once. */
	void (*event)(void *arg, int64_t trial, int attempt,
		      enum event_level level, const char *kind,
		      const char *text);
	/* Where the attempt is, and what it takes. */
	void (*placed)(void *arg, const struct trial_place *place);
	/* What the attempt consists of; replaces what was said before.  Told
	 * when it changes, at most twice a second, and a last time before
	 * `ended`.  Borrowed for the call. */
	void (*parts)(void *arg, int64_t trial, int attempt,
		      const struct part_list *parts);
	/* The outcome of `act`: NULL, it is done; else why it could not be. */
	void (*acted)(void *arg, int64_t command, const char *problem);
	/* What the cluster looks like; replaces what was said before.  Or why
	 * that could not be found out (nodes are none then). */
	void (*cluster)(void *arg, const struct cluster_node *nodes,
			size_t count, const char *problem);
	void *arg;
};

/* Lives as long as the platform. */
struct platform_context {
	struct loop *loop;
	const struct experiment *experiment;
	const struct experiment_config *config;
	const char *db_path;
	const char *keeper_path; /* executable */
	const char *url_file;	 /* file that holds the side port's base URL */
	struct sideport *sideport;
	const char *certificate; /* PEM of the side port's; NULL: no TLS */
	/* The code can be brought to the experiment's storage: when wants_code
	 * says so it is, and set_code comes before the first submit. */
	bool is_code_coming;
	struct platform_callbacks callbacks;
};

/* What submit needs to know; borrowed for the call. */
struct job_request {
	const struct trial *trial;
	const struct attempt *attempt; /* directory and token set; job set when
					* it was created before */
	const char *parameter_file;    /* text of parameter.cfg (nni.md 4.1) */
	/* Folders as the trial sees them: where it leaves its checkpoint, and
	 * what it goes on from; or NULL */
	const char *checkpoint, *parent_checkpoint;
	bool is_resumed; /* submitted before, by an earlier engine */
	const char *pod; /* in which its command has begun; NULL: it has not,
			  * or nobody knows */
};

struct platform_ops {
	const char *name; /* as in trainingService.platform */
	const char *bind; /* address that the side port listens on */
	bool allows_nni;  /* trials may use NNI's protocol, which has no secret
			   */
	bool (*open)(const struct platform_context *context,
		     struct platform **ret, struct error *err);
	/* ERROR_UNAVAILABLE and ERROR_TIMEOUT are retried by the engine; any
	 * other failure ends the attempt as FAILED with the error's text. */
	bool (*submit)(struct platform *platform,
		       const struct job_request *request, struct error *err);
	/* Ask it to end (TERM, grace, KILL).  The ended callback follows, also
	 * when it was not running.  Asking twice is harmless. */
	void (*kill)(struct platform *platform, int64_t trial, int attempt);
	/* The keeper said its last word, after everything it had was taken in:
	 * its command's exit code.  pod: where it is, "" when it is in none.
	 * NULL: of no use here. */
	void (*farewell)(struct platform *platform, int64_t trial, int attempt,
			 const char *pod, int exit_code);
	/* Do what the attempt's kind of job can do beside running and ending.
	 * False with a sentence: that cannot be done here.  Else one `acted`
	 * callback follows, with the same command, whatever its number means
	 * to the engine; none if the platform is closed before.  Asking twice
	 * is harmless.  NULL: jobs of this platform run and end, no more. */
	bool (*act)(struct platform *platform, int64_t trial, int attempt,
		    enum kind_action action, int64_t command,
		    struct error *err);
	/* With is_code_coming: do pods need it there?  Not when they have it
	 * on a volume already.  NULL: jobs of this platform find it on this
	 * machine. */
	bool (*wants_code)(const struct platform *platform);
	/* After wants_code said yes: the code is whole in the storage, under
	 * NNI's name, and this is the digest of its manifest; or, NULL, it
	 * cannot be brought there, and pods need another way to it (which may
	 * fail). */
	bool (*set_code)(struct platform *platform, const char *digest,
			 struct error *err);
	/* The experiment is over and no attempt is left: clean up what all of
	 * them shared.  May be asked again, and followed by another submit. */
	void (*wind_up)(struct platform *platform); /* or NULL */
	/* Is there still something to fetch or to remove?  NULL: never. */
	bool (*is_busy)(const struct platform *platform);
	/* Path of a log file for a role ("stdout", "stderr", "keeper"), to be
	 * freed by the caller; NULL when there is none. */
	char *(*log_path)(const struct attempt *attempt, const char *role);
	/* Forget everything; jobs go on running. */
	void (*close)(struct platform *platform);
};

extern const struct platform_ops platform_local, platform_kubernetes;

/* By name; NULL when unknown. */
const struct platform_ops *platform_find(const char *name);

#endif
