/* SPDX-License-Identifier: MIT */
/*
 * The thread that talks to storages for an engine: one job after the other, so
 * that nothing of it runs on the loop.  It keeps one session open while jobs
 * for the same storage come, and closes it when none came for a while.
 *
 * Jobs go in and come back as values; between that they are the worker's.
 */
#ifndef ENGINE_OUTPUTS_WORKER_H
#define ENGINE_OUTPUTS_WORKER_H

#include "base/error.h"
#include "engine/outputs/session.h"
#include "model/output.h"

#include <stdatomic.h>

enum outputs_work {
	OUTPUTS_UPLOAD, /* bring the code folder to the storage */
	OUTPUTS_LOOK,	/* count what an attempt left */
	OUTPUTS_MOVE,	/* from where it arrived into the bucket; then look */
	OUTPUTS_REMOVE, /* what an attempt left */
	OUTPUTS_DECIDE, /* apply the rule to what the database says */
};

struct outputs_job {
	struct outputs_job *next;
	enum outputs_work work;
	struct output output; /* owned; LOOK, MOVE, REMOVE */
	char why[80];	      /* REMOVE */
	char *arrival;	      /* MOVE: owned */
	/* UPLOAD: storage and path in; with a digest it is only asked whether
	 * that is still there (ERROR_NOT_FOUND: no) */
	struct output_code code;
	/* DECIDE: out, owned; REMOVE jobs made of them */
	struct outputs_job *found;
	char *notes;			/* UPLOAD: owned; what stayed here */
	int64_t sent_files, sent_bytes; /* UPLOAD */
	int failures;			/* the caller's */
	bool was_reached;		/* UPLOAD: the storage answered once */
	int64_t rest_ms;  /* out, with err: the server wants no try before */
	struct error err; /* out; ERROR_NONE: done */
};

void outputs_job_free(struct outputs_job *job); /* with what it found */

struct outputs_worker_options {
	const char *db_path;
	int64_t experiment;			/* key */
	const struct experiment *about;		/* borrowed for the start */
	const struct experiment_config *config; /* the same */
	void (*wake)(void *arg);		/* thread: the worker's */
	void *wake_arg;
};

struct outputs_worker;

bool outputs_worker_start(const struct outputs_worker_options *options,
			  struct outputs_worker **ret, struct error *err);
/* Cancels what runs, waits for it, frees all jobs.  NULL ok. */
void outputs_worker_stop(struct outputs_worker *worker);
/* Takes the job. */
void outputs_worker_add(struct outputs_worker *worker, struct outputs_job *job);
/* The next one that is done, or NULL; the caller frees it. */
struct outputs_job *outputs_worker_take(struct outputs_worker *worker);
/* Jobs that are not done. */
int outputs_worker_left(struct outputs_worker *worker);

/* How far the upload is; zero totals: not known yet. */
struct outputs_progress {
	int64_t files, files_total, bytes, bytes_total;
};
void outputs_worker_progress(struct outputs_worker *worker,
			     struct outputs_progress *ret);
/* End the upload that runs, with ERROR_CANCELED. */
void outputs_worker_cancel(struct outputs_worker *worker);

#endif
