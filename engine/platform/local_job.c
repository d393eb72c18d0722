/* SPDX-License-Identifier: MIT */
/*
 * A job from the moment a keeper is at work until its end is told: watching,
 * clearing up after a dead keeper, importing the spool.  local.c has the
 * whole story.
 */
#include "engine/platform/local_job.h"

#include "base/clock.h"
#include "base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS 200
#define STRAYS_MS 50
#define STRAYS_ROUNDS_MAX 600
/* A keeper that has not ended by then is stuck itself. */
#define KEEPER_PATIENCE_MS ((LOCAL_GRACE_S + 45) * 1000)

static void on_keeper_gone(int status, void *arg);

struct job **job_find(struct platform *platform, int64_t trial, int attempt)
{
	struct job **at = &platform->jobs;

	while (*at && ((*at)->trial != trial || (*at)->attempt != attempt))
		at = &(*at)->next;
	return at;
}

struct job *job_add(struct platform *platform, int64_t trial, int attempt,
		    const char *directory)
{
	struct job *job = xcalloc(1, sizeof(*job));
	struct job **at = job_find(platform, trial, attempt);

	job->platform = platform;
	job->trial = trial;
	job->attempt = attempt;
	job->directory = xstrdup_or_null(directory);
	*at = job;
	return job;
}

void job_free(struct job *job)
{
	struct loop *loop = job->platform->context.loop;

	loop_cancel(loop, job->timer);
	loop_cancel(loop, job->patience);
	local_child_forget(job->child);
	if (job->has_spool)
		local_spool_close(&job->spool);
	environment_release(&job->environment);
	free(job->directory);
	free(job->gpus);
	free(job->command);
	free(job);
}

void job_step_after(struct job *job, int64_t ms, loop_timer_fn *fn)
{
	struct loop *loop = job->platform->context.loop;

	loop_cancel(loop, job->timer);
	job->timer = loop_after(loop, ms, fn, job);
}

/* --- news for the engine */

static void tell_created(struct job *job)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (job->is_created_told || !job->name[0])
		return;
	job->is_created_told = true;
	callbacks->created(callbacks->arg, job->trial, job->attempt, job->name);
}

static void tell_started(struct job *job)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	tell_created(job);
	if (job->is_started_told)
		return;
	job->is_started_told = true;
	callbacks->started(callbacks->arg, job->trial, job->attempt,
			   job->started_ns ? job->started_ns : clock_wall_ns());
}

void job_tell_waiting(struct job *job, const char *reason)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (!reason && !job->is_waiting_told)
		return;
	job->is_waiting_told = reason != NULL;
	callbacks->waiting(callbacks->arg, job->trial, job->attempt, reason);
}

void job_tell_fault(struct job *job, const char *text)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	job->has_fault = text != NULL;
	callbacks->fault(callbacks->arg, text);
}

/* The last of the job: it is freed here. */
static void tell_ended(void *arg)
{
	struct job *job = arg;
	struct platform *platform = job->platform;
	const struct platform_callbacks *callbacks =
		&platform->context.callbacks;
	struct job_end end = job->end;
	int64_t trial = job->trial;
	int attempt = job->attempt;

	job->timer = NULL;
	job->phase = JOB_ENDED;
	if (job->gpus) {
		local_gpus_return(platform->gpus, job->gpus);
		local_queue_wake(platform);
	}
	*job_find(platform, trial, attempt) = job->next;
	job_free(job);
	callbacks->ended(callbacks->arg, trial, attempt, &end);
}

void job_fail(struct job *job, const char *reason)
{
	job->end =
		(struct job_end){.exit_code = -1, .ended_ns = clock_wall_ns()};
	snprintf(job->end.reason, sizeof(job->end.reason), "%s", reason);
	job_step_after(job, 0, tell_ended);
}

/* --- importing the spool */

static void take_report(const char *json, size_t len, void *arg)
{
	struct job *job = arg;
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	callbacks->report(callbacks->arg, job->trial, job->attempt, json, len,
			  false);
}

static void import_slice(void *arg)
{
	struct job *job = arg;

	job->timer = NULL;
	if (job->has_spool && local_spool_read(&job->spool, take_report, job)) {
		job_step_after(job, 0, import_slice);
		return;
	}
	tell_ended(job);
}

static void import_begin(struct job *job)
{
	job->phase = JOB_IMPORTING;
	job->has_spool = local_spool_open(&job->spool, job->directory);
	job_step_after(job, 0, import_slice);
}

/* --- from what the directory says */

static void clear_strays(void *arg)
{
	struct job *job = arg;

	job->timer = NULL;
	if (local_strays_kill(job->directory) &&
	    ++job->rounds < STRAYS_ROUNDS_MAX) {
		job_step_after(job, STRAYS_MS, clear_strays);
		return;
	}
	import_begin(job);
}

static void begin_clearing(struct job *job)
{
	job->phase = JOB_CLEARING;
	job->end =
		(struct job_end){.exit_code = -1, .ended_ns = clock_wall_ns()};
	snprintf(job->end.reason, sizeof(job->end.reason),
		 "its keeper died (killed, or the machine restarted)");
	clear_strays(job);
}

static void on_patience_over(void *arg)
{
	struct job *job = arg;

	job->patience = NULL;
	if (job->child) /* looking at the directory then clears up */
		local_child_signal(job->child, SIGKILL);
}

void job_terminate(struct job *job)
{
	local_child_signal(job->child, SIGTERM);
	if (!job->patience)
		job->patience =
			loop_after(job->platform->context.loop,
				   KEEPER_PATIENCE_MS, on_patience_over, job);
}

void job_watch(struct job *job, const struct local_keeper *keeper)
{
	job->phase = JOB_ALIVE;
	if (keeper->started_ns)
		job->started_ns = keeper->started_ns;
	if (!keeper->pid) { /* no name yet, or none here: the lock tells */
		job_step_after(job, LOOK_MS, job_look);
		return;
	}
	job->pid = keeper->pid;
	snprintf(job->name, sizeof(job->name), "%d:%llu", (int)keeper->pid,
		 keeper->start_time);
	job->child = local_child_watch(job->platform->context.loop, keeper->pid,
				       keeper->start_time, on_keeper_gone, job);
	tell_started(job);
	if (job->is_killed)
		job_terminate(job);
}

/* The keeper is gone, or was never watched: what has become of it? */
void job_look(void *arg)
{
	struct job *job = arg;
	struct local_keeper keeper;

	job->timer = NULL;
	switch (local_inspect(job->directory, &keeper)) {
	case LOCAL_ALIVE:
		job_watch(job, &keeper);
		break;
	case LOCAL_ENDED:
		tell_created(job);
		local_end_read(job->directory, &job->end);
		import_begin(job);
		break;
	case LOCAL_DIED:
		tell_created(job);
		begin_clearing(job);
		break;
	case LOCAL_NEW:
		/* its keeper left before it could claim the attempt */
		job_fail(job, job->is_killed
				      ? "canceled before it started"
				      : "its keeper could not start; is the "
					"experiment's folder writable?");
		break;
	}
}

static void on_keeper_gone(int status, void *arg)
{
	struct job *job = arg;

	(void)status; /* the directory knows better */
	job->child = NULL;
	job_look(job);
}
