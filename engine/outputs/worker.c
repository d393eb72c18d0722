/* SPDX-License-Identifier: MIT */
/* The thread that talks to storages. */
#include "engine/outputs/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/outputs/decide.h"
#include "engine/outputs/keys.h"
#include "engine/outputs/move.h"
#include "engine/outputs/place.h"
#include "engine/spec/spec.h"
#include "engine/storage/sync.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDLE_S 30 /* then the session is closed */

struct outputs_worker {
	char *db_path;
	int64_t experiment;
	struct experiment about;	 /* id, directory, objective */
	struct experiment_config config; /* its own copy */
	void (*wake)(void *arg);
	void *wake_arg;
	pthread_t thread;
	struct storage_watch watch;
	struct sync_progress progress;
	/* the thread's */
	struct outputs_session *session;
	/* under the mutex */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct outputs_job *first, **last;
	struct outputs_job *done, **done_last;
	int left;
	bool is_ending, is_uploading;
};

void outputs_job_free(struct outputs_job *job)
{
	while (job) {
		struct outputs_job *next = job->found;

		output_release(&job->output);
		output_code_release(&job->code);
		free(job->arrival);
		free(job->notes);
		free(job);
		job = next;
	}
}

/* ---- the work ----------------------------------------------------------- */

static bool open_session(struct outputs_worker *worker, const char *storage,
			 struct error *err)
{
	if (outputs_session_is(worker->session, storage))
		return true;
	outputs_session_close(worker->session);
	worker->session = NULL;
	return outputs_session_open(storage, worker->db_path, &worker->config,
				    &worker->about, &worker->watch,
				    &worker->session, err);
}

struct opening {
	struct outputs_worker *worker;
	struct storage_config config;
};

static bool open_one_more(void *arg, struct storage **ret, struct error *err)
{
	struct opening *opening = arg;
	struct outputs_worker *worker = opening->worker;

	return outputs_storage_open(&opening->config, &worker->config,
				    &worker->about, &worker->watch, ret, err);
}

static bool upload(struct outputs_worker *worker, struct outputs_job *job,
		   struct error *err)
{
	char *manifest =
		xasprintf("nni/%s/.trialdeck/code.manifest", worker->about.id);
	char **ours = outputs_not_code(worker->db_path);
	struct opening opening = {.worker = worker};
	struct sync_options options = {
		.open = open_one_more,
		.arg = &opening,
		.folder = worker->config.trial_code_directory,
		.not_these = (const char *const *)ours,
		.to = job->code.path,
		.manifest = manifest,
		.progress = &worker->progress,
		.retries = worker->config.kubernetes.storage.upload_retries,
	};
	struct sync_result result;
	bool ok;

	ok = outputs_storage(job->code.storage, worker->db_path,
			     &opening.config, err);
	if (ok && job->code.digest[0]) {
		/* it was whole once: is it still? */
		ok = sync_verify(&options, job->code.digest, err);
		job->was_reached = ok || err->code == ERROR_NOT_FOUND;
	} else if (ok) {
		ok = sync_code(&options, &result, err);
		job->was_reached = atomic_load(&worker->progress.was_reached);
		if (ok) {
			memcpy(job->code.digest, result.digest,
			       sizeof(result.digest));
			job->code.files = result.files;
			job->code.bytes = result.bytes;
			job->code.at_ns = clock_wall_ns();
			job->notes = result.notes;
			job->sent_files = result.sent_files;
			job->sent_bytes = result.sent_bytes;
		}
	}
	storage_config_release(&opening.config);
	for (char **at = ours; *at; at++)
		free(*at);
	free(ours);
	free(manifest);
	return ok;
}

static bool work(struct outputs_worker *worker, struct outputs_job *job,
		 struct error *err)
{
	switch (job->work) {
	case OUTPUTS_UPLOAD:
		return upload(worker, job, err);
	case OUTPUTS_LOOK:
		return open_session(worker, job->output.storage, err) &&
		       outputs_look(worker->session, &job->output, err);
	case OUTPUTS_MOVE:
		return open_session(worker, job->output.storage, err) &&
		       outputs_move(outputs_session_storage(worker->session),
				    job->arrival, job->output.path,
				    &worker->watch, err) &&
		       outputs_look(worker->session, &job->output, err);
	case OUTPUTS_REMOVE:
		return open_session(worker, job->output.storage, err) &&
		       outputs_remove(worker->session, &job->output, err);
	case OUTPUTS_DECIDE:
		return outputs_decide(worker->db_path, worker->experiment,
				      &worker->config.outputs.rule,
				      worker->about.objective, &job->found,
				      err);
	}
	return false;
}

/* ---- the thread --------------------------------------------------------- */

static struct outputs_job *wait_for_job(struct outputs_worker *worker)
{
	struct outputs_job *job;
	struct timespec until;
	bool is_idle = false;

	pthread_mutex_lock(&worker->mutex);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	while (!worker->first && !worker->is_ending && !is_idle) {
		if (worker->session)
			is_idle = pthread_cond_timedwait(&worker->changed,
							 &worker->mutex,
							 &until) != 0;
		else
			pthread_cond_wait(&worker->changed, &worker->mutex);
	}
	job = worker->is_ending ? NULL : worker->first;
	if (job) {
		worker->first = job->next;
		if (!worker->first)
			worker->last = &worker->first;
		job->next = NULL;
		worker->is_uploading = job->work == OUTPUTS_UPLOAD;
		atomic_store(&worker->watch.is_cancelled, false);
	}
	pthread_mutex_unlock(&worker->mutex);
	return job;
}

static bool is_ending(struct outputs_worker *worker)
{
	bool ending;

	pthread_mutex_lock(&worker->mutex);
	ending = worker->is_ending;
	pthread_mutex_unlock(&worker->mutex);
	return ending;
}

static void give_back(struct outputs_worker *worker, struct outputs_job *job)
{
	pthread_mutex_lock(&worker->mutex);
	worker->is_uploading = false;
	*worker->done_last = job;
	worker->done_last = &job->next;
	worker->left--;
	pthread_mutex_unlock(&worker->mutex);
	worker->wake(worker->wake_arg);
}

static void *run(void *arg)
{
	struct outputs_worker *worker = arg;

	while (!is_ending(worker)) {
		struct outputs_job *job = wait_for_job(worker);
		struct error err = {ERROR_NONE, ""};

		if (!job) { /* nothing for a while */
			outputs_session_close(worker->session);
			worker->session = NULL;
			continue;
		}
		if (work(worker, job, &err)) {
			job->err = (struct error){ERROR_NONE, ""};
		} else {
			job->err = err;
			job->rest_ms = storage_rest_ms(&worker->watch, 0);
			if (err.code == ERROR_DENIED)
				outputs_keys_forget();
			/* a session that failed is not used again */
			outputs_session_close(worker->session);
			worker->session = NULL;
		}
		give_back(worker, job);
	}
	outputs_session_close(worker->session);
	return NULL;
}

/* ---- from outside ------------------------------------------------------- */

static bool start_thread(struct outputs_worker *worker, struct error *err)
{
	pthread_condattr_t monotonic;
	sigset_t all, old;
	int failure;

	pthread_mutex_init(&worker->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failure = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !failure ||
	       error_set(err, ERROR_SYSTEM, "start the thread for storages: %s",
			 strerror(failure));
}

static void worker_free(struct outputs_worker *worker)
{
	struct outputs_job *job;

	while ((job = worker->first)) {
		worker->first = job->next;
		outputs_job_free(job);
	}
	while ((job = worker->done)) {
		worker->done = job->next;
		outputs_job_free(job);
	}
	experiment_release(&worker->about);
	experiment_config_release(&worker->config);
	free(worker->db_path);
	free(worker);
}

bool outputs_worker_start(const struct outputs_worker_options *options,
			  struct outputs_worker **ret, struct error *err)
{
	struct outputs_worker *worker = xcalloc(1, sizeof(*worker));

	worker->last = &worker->first;
	worker->done_last = &worker->done;
	worker->db_path = xstrdup(options->db_path);
	worker->experiment = options->about->key;
	worker->wake = options->wake;
	worker->wake_arg = options->wake_arg;
	memcpy(worker->about.id, options->about->id, sizeof(worker->about.id));
	worker->about.objective = options->about->objective;
	worker->about.directory = xstrdup_or_null(options->about->directory);
	if (!spec_reload(options->about->config, &worker->config, err) ||
	    !start_thread(worker, err)) {
		worker_free(worker);
		return false;
	}
	*ret = worker;
	return true;
}

void outputs_worker_stop(struct outputs_worker *worker)
{
	if (!worker)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->is_ending = true;
	atomic_store(&worker->watch.is_cancelled, true);
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	pthread_mutex_destroy(&worker->mutex);
	pthread_cond_destroy(&worker->changed);
	worker_free(worker);
}

void outputs_worker_add(struct outputs_worker *worker, struct outputs_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&worker->mutex);
	*worker->last = job;
	worker->last = &job->next;
	worker->left++;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
}

struct outputs_job *outputs_worker_take(struct outputs_worker *worker)
{
	struct outputs_job *job;

	pthread_mutex_lock(&worker->mutex);
	job = worker->done;
	if (job) {
		worker->done = job->next;
		if (!worker->done)
			worker->done_last = &worker->done;
		job->next = NULL;
	}
	pthread_mutex_unlock(&worker->mutex);
	return job;
}

int outputs_worker_left(struct outputs_worker *worker)
{
	int left;

	pthread_mutex_lock(&worker->mutex);
	left = worker->left + (worker->done != NULL);
	pthread_mutex_unlock(&worker->mutex);
	return left;
}

void outputs_worker_progress(struct outputs_worker *worker,
			     struct outputs_progress *ret)
{
	const struct sync_progress *progress = &worker->progress;

	ret->files = atomic_load(&progress->files);
	ret->files_total = atomic_load(&progress->files_total);
	ret->bytes = atomic_load(&progress->bytes);
	ret->bytes_total = atomic_load(&progress->bytes_total);
}

void outputs_worker_cancel(struct outputs_worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	if (worker->is_uploading)
		atomic_store(&worker->watch.is_cancelled, true);
	pthread_mutex_unlock(&worker->mutex);
}
