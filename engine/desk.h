/* SPDX-License-Identifier: MIT */
/*
 * What outputs.c and code.c share: the work that is given to the thread for
 * storages, and what waits for it.  Private to them.
 */
#ifndef ENGINE_DESK_H
#define ENGINE_DESK_H

#include "engine/outputs/worker.h"
#include "engine/state.h"

enum code_state {
	CODE_NOT_HERE, /* trials get it otherwise */
	CODE_COMING,
	CODE_THERE,
	CODE_REFUSED, /* paused for it; unpausing tries again */
	CODE_STOPPED, /* the experiment ended before */
};

struct outputs_desk {
	struct outputs_worker *worker;
	enum code_state code;
	bool was_reached, is_uploading, was_verified, has_lost_code;
	int upload_failures;
	char reason[600]; /* why trials wait */
	struct loop_timer *progress, *retry, *decide, *again;
	struct outputs_job *waiting; /* to be tried again, by `next` */
	int failures, told_failures;
	bool is_deciding, is_decided; /* the last time, when all is over */
	int64_t removed, removed_bytes;
};

/* ---- outputs.c ---- */
struct outputs_job *desk_job(enum outputs_work work);
/* The next delay after so many failures of a job, the last of which may know
 * what the server wants. */
int desk_backoff_ms(int failures, const struct outputs_job *job);

/* ---- code.c ---- */
/* Bring the code to the storage, or see that it is there. */
void desk_start_upload(struct engine *engine);
/* An upload is over; the job stays the caller's. */
void desk_uploaded(struct engine *engine, struct outputs_job *job);
/* Experiment's row: what it is busy with before trials can run. */
void desk_set_progress(struct engine *engine, const char *text);

#endif
