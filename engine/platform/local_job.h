/* SPDX-License-Identifier: MIT */
/*
 * A job of platform local, and the platform's own state: shared by local.c,
 * which starts jobs, and local_job.c, which follows them to their end.
 */
#ifndef ENGINE_PLATFORM_LOCAL_JOB_H
#define ENGINE_PLATFORM_LOCAL_JOB_H

#include "engine/platform/local.h"
#include "engine/platform/local_child.h"
#include "engine/platform/local_gpu.h"
#include "engine/platform/local_spool.h"

enum job_phase {
	JOB_QUEUED,
	JOB_ALIVE,
	JOB_CLEARING,
	JOB_IMPORTING,
	JOB_ENDED
};

struct job {
	struct job *next; /* in order of submission */
	struct platform *platform;
	int64_t trial;
	int attempt;
	enum job_phase phase;
	bool is_killed, has_fault;
	bool is_created_told, is_started_told, is_waiting_told;
	char *directory;
	char *gpus; /* "0,1", or NULL: none */
	char *command;
	struct environment environment;
	pid_t pid;
	int64_t started_ns;
	char name[48]; /* "pid:starttime" */
	struct local_child *child;
	struct loop_timer *timer; /* the next step */
	struct loop_timer *patience;
	struct local_spool spool;
	bool has_spool;
	int rounds;
	struct job_end end;
};

struct platform {
	struct platform_context context;
	struct local_gpus *gpus; /* NULL unless trials want some */
	size_t gpus_wanted;	 /* per trial */
	struct job *jobs;
	struct loop_timer *timer; /* to look at the queue */
};

/* Where the job's pointer stands in the platform's list; *result is NULL when
 * there is none. */
struct job **job_find(struct platform *platform, int64_t trial, int attempt);
/* A new job at the end of the list.  directory may be NULL. */
struct job *job_add(struct platform *platform, int64_t trial, int attempt,
		    const char *directory);
void job_free(struct job *job);
/* Call fn with the job after a while, instead of what was planned so far. */
void job_step_after(struct job *job, int64_t ms, loop_timer_fn *fn);

/* Tell why it waits; NULL: no longer. */
void job_tell_waiting(struct job *job, const char *reason);
/* Tell of trouble that is retried; NULL: over. */
void job_tell_fault(struct job *job, const char *text);
/* End it without an exit file, in a moment. */
void job_fail(struct job *job, const char *reason);
/* A keeper is at work: follow it until it is gone, and on from there. */
void job_watch(struct job *job, const struct local_keeper *keeper);
/* Go on from what the directory says (a loop_timer_fn). */
void job_look(void *arg);
/* TERM to the keeper, KILL if even that does not answer. */
void job_terminate(struct job *job);

/* Look at the queue soon: a job was added or GPUs came free. */
void local_queue_wake(void *platform);

#endif
