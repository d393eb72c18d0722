/* SPDX-License-Identifier: MIT */
/* A belief found out by a thread that can be told to stop. */
#include "engine/belief.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a thread does: made before it, freed by it. */
struct work {
	struct work *next; /* under at_work's lock */
	atomic_bool must_stop;
};

struct belief_job {
	pthread_mutex_t lock; /* over what follows */
	bool is_done, is_left;
	struct work *work; /* there until it is done */
	struct belief *belief;
	struct error err;
	/* the thread's until it is done */
	char *db_path;
	int64_t experiment;
};

static void job_release(struct belief_job *job)
{
	pthread_mutex_destroy(&job->lock);
	belief_free(job->belief);
	free(job->db_path);
	free(job);
}

static struct belief *find_at(const char *db_path, int64_t key,
			      const atomic_bool *stop, struct error *err)
{
	struct experiment experiment;
	struct belief *belief = NULL;
	struct store *store;

	if (!store_open(db_path, STORE_READ, &store, err))
		return NULL;
	if (store_experiment_get(store, key, &experiment, err)) {
		belief = belief_find(store, &experiment, BELIEF_JOB_MOST, stop,
				     err);
		experiment_release(&experiment);
	}
	store_close(store);
	return belief;
}

/* A program that ends takes its libraries apart, BLAS too: whoever still works
 * then is told to stop, and waited for until he has: a row, or one parameter's
 * line. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct work *first;
	bool is_known; /* to atexit */
} at_work = {.lock = PTHREAD_MUTEX_INITIALIZER,
	     .changed = PTHREAD_COND_INITIALIZER};

#define LEAVE_S 10

static void stop_all(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LEAVE_S;
	pthread_mutex_lock(&at_work.lock);
	for (struct work *work = at_work.first; work; work = work->next)
		atomic_store(&work->must_stop, true);
	while (at_work.first &&
	       !pthread_cond_timedwait(&at_work.changed, &at_work.lock, &until))
		;
	pthread_mutex_unlock(&at_work.lock);
}

static struct work *begin_work(void)
{
	struct work *work = xcalloc(1, sizeof(*work));

	pthread_mutex_lock(&at_work.lock);
	if (!at_work.is_known)
		at_work.is_known = !atexit(stop_all);
	work->next = at_work.first;
	at_work.first = work;
	pthread_mutex_unlock(&at_work.lock);
	return work;
}

static void end_work(struct work *work)
{
	struct work **link = &at_work.first;

	pthread_mutex_lock(&at_work.lock);
	while (*link != work)
		link = &(*link)->next;
	*link = work->next;
	free(work);
	pthread_cond_broadcast(&at_work.changed);
	pthread_mutex_unlock(&at_work.lock);
}

static void *run(void *arg)
{
	struct belief_job *job = arg;
	struct work *work = job->work;
	struct error err = {0};
	struct belief *belief =
		find_at(job->db_path, job->experiment, &work->must_stop, &err);
	bool is_left;

	pthread_mutex_lock(&job->lock);
	job->belief = belief;
	job->err = err;
	job->is_done = true;
	is_left = job->is_left;
	pthread_mutex_unlock(&job->lock);
	if (is_left)
		job_release(job);
	end_work(work);
	return NULL;
}

struct belief_job *belief_start(const char *db_path, int64_t experiment,
				struct error *err)
{
	struct belief_job *job = xcalloc(1, sizeof(*job));
	pthread_attr_t attributes;
	sigset_t all, old;
	pthread_t thread;
	int problem;

	pthread_mutex_init(&job->lock, NULL);
	job->db_path = xstrdup(db_path);
	job->experiment = experiment;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	job->work = begin_work();
	problem = pthread_create(&thread, &attributes, run, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	if (!problem)
		return job;
	end_work(job->work);
	job_release(job);
	error_set(err, ERROR_SYSTEM, "no thread to find out with: %s",
		  strerror(problem));
	return NULL;
}

bool belief_poll(struct belief_job *job, const struct belief **ret_belief,
		 struct error *err)
{
	bool is_done;

	pthread_mutex_lock(&job->lock);
	is_done = job->is_done;
	*ret_belief = job->belief;
	if (is_done && !job->belief)
		*err = job->err;
	pthread_mutex_unlock(&job->lock);
	return is_done;
}

void belief_job_free(struct belief_job *job)
{
	bool is_done;

	if (!job)
		return;
	pthread_mutex_lock(&job->lock);
	is_done = job->is_done;
	job->is_left = true;
	if (!is_done)
		atomic_store(&job->work->must_stop, true);
	pthread_mutex_unlock(&job->lock);
	if (is_done)
		job_release(job);
}
