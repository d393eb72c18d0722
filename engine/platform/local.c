/* SPDX-License-Identifier: MIT */
/*
 * Platform local: trials as processes of this machine.
 *
 * A keeper stands between each command and us; it outlives us, so everything
 * said here must also be found out after a crash, from the attempt's directory
 * alone.  That is why there is only one way in: submit looks at the directory
 * and goes on from what it finds, whether we were here before or not.
 *
 *     nothing      prepare the files, wait for a GPU if one is wanted, spawn
 *     alive        watch it; when it is gone, look again
 *     ended        import the spool, report the end
 *     died         kill what it left behind, import, report the end
 *
 * A job's life here:
 *
 *     JOB_QUEUED     prepared, waiting for its turn or for GPUs
 *     JOB_ALIVE      a keeper is at work: watched by pidfd, or by looking at
 *                    its lock where the pid says nothing (just starting, or
 *                    on another machine that shares the directory)
 *     JOB_CLEARING   its keeper died: strays are being killed
 *     JOB_IMPORTING  the spool is handed over, a slice a turn
 *     JOB_ENDED      told; freed at the end of that call
 *
 * Whatever a keeper could not deliver is imported from its spool before the
 * end is told; reports carry numbers, so what came twice counts once.  No
 * callback is made from inside submit or kill: both only set a timer.
 */
#include "engine/platform/local_job.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPAWN_AGAIN_MS 1000

static void queue_run(void *arg);

void local_queue_wake(void *arg)
{
	struct platform *platform = arg;

	if (!platform->timer)
		platform->timer = loop_after(platform->context.loop, 0,
					     queue_run, platform);
}

/* --- starting */

/* Take the GPUs the job needs; false: later. */
static bool take_gpus(struct job *job)
{
	struct platform *platform = job->platform;
	struct strbuf list = STRBUF_INIT;
	struct error ignored;
	char *path;

	if (!platform->gpus_wanted)
		return true;
	if (!local_gpus_take(platform->gpus, platform->gpus_wanted, &list)) {
		strbuf_clear(&list);
		local_gpus_describe(platform->gpus, platform->gpus_wanted,
				    &list);
		job_tell_waiting(job, list.data);
		strbuf_release(&list);
		return false;
	}
	job->gpus = strbuf_detach(&list);
	environment_set(&job->environment, "CUDA_VISIBLE_DEVICES", job->gpus);
	/* for whoever adopts it; without the file a GPU is shared at worst */
	path = fs_join(job->directory, "gpus");
	fs_write_file(path, job->gpus, strlen(job->gpus), &ignored);
	free(path);
	return true;
}

static void spawn_job(struct job *job);

static void spawn_again(void *arg)
{
	struct job *job = arg;

	job->timer = NULL;
	spawn_job(job);
}

/* No processes or no memory left is a state that passes: said and retried. */
static void spawn_failed(struct job *job, const struct error *err)
{
	if (err->code != ERROR_UNAVAILABLE) {
		job_fail(job, err->text);
		return;
	}
	job_tell_fault(job, err->text);
	job_step_after(job, SPAWN_AGAIN_MS, spawn_again);
}

static void spawn_job(struct job *job)
{
	const struct platform_context *context = &job->platform->context;
	struct local_launch launch = {
		.keeper_path = context->keeper_path,
		.directory = job->directory,
		.url_file = context->url_file,
		.cwd = context->config->trial_code_directory,
		.metric_pattern = context->config->metric_pattern,
		.command = job->command,
		.environment = job->environment.items,
	};
	struct local_keeper keeper = {0};
	struct error err;

	job_tell_waiting(job, NULL);
	if (!local_spawn(&launch, &keeper.pid, &err)) {
		spawn_failed(job, &err);
		return;
	}
	if (job->has_fault)
		job_tell_fault(job, NULL);
	environment_release(&job->environment);
	keeper.start_time = local_start_time(keeper.pid);
	keeper.started_ns = clock_wall_ns();
	job_watch(job, &keeper);
}

/* First come, first served: nobody overtakes a job that waits for GPUs. */
static void queue_run(void *arg)
{
	struct platform *platform = arg;
	bool is_blocked = false;

	platform->timer = NULL;
	for (struct job *job = platform->jobs, *next; job; job = next) {
		next = job->next;
		if (job->phase != JOB_QUEUED || job->timer)
			continue;
		if (is_blocked) {
			if (!job->is_waiting_told)
				job_tell_waiting(job, "waiting for a GPU");
			continue;
		}
		if (take_gpus(job))
			spawn_job(job);
		else
			is_blocked = true;
	}
}

static void set_number(struct environment *environment, const char *name,
		       long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	environment_set(environment, name, text);
}

static void set_path(struct environment *environment, const char *name,
		     const char *folder, const char *file)
{
	char *path = fs_join(folder, file);

	environment_set(environment, name, path);
	free(path);
}

/* What NNI's SDK expects (nni.md 4.2), then ours. */
static void build_environment(const struct platform_context *context,
			      const struct job_request *request,
			      struct environment *environment)
{
	const struct attempt *attempt = request->attempt;
	const struct trial *trial = request->trial;
	const char *directory = attempt->directory;
	struct strbuf url = STRBUF_INIT;
	struct error ignored;

	environment_inherit(environment, environ);
	environment_set(environment, "NNI_PLATFORM", "local");
	environment_set(environment, "NNI_EXP_ID", context->experiment->id);
	environment_set(environment, "NNI_TRIAL_JOB_ID", trial->id);
	set_number(environment, "NNI_TRIAL_SEQ_ID", trial->sequence);
	environment_set(environment, "NNI_SYS_DIR", directory);
	environment_set(environment, "NNI_OUTPUT_DIR", directory);
	environment_set(environment, "TRIALDECK_OUTPUT_DIR", directory);
	if (context->config->trial_code_directory)
		environment_set(environment, "NNI_CODE_DIR",
				context->config->trial_code_directory);
	environment_set(environment, "MULTI_PHASE", "false");
	environment_set(environment, "TRIALDECK_TOKEN", attempt->token);
	environment_set(environment, "TRIALDECK_ATTEMPT_DIR", directory);
	environment_set(environment, "TRIALDECK_TRIAL_ID", trial->id);
	set_number(environment, "TRIALDECK_ATTEMPT", attempt->number);
	set_path(environment, "TRIALDECK_METRICS", directory, "metrics");
	set_path(environment, "TRIALDECK_PARAMETERS", directory,
		 "parameters.json");
	if (context->url_file &&
	    fs_read_file(context->url_file, 4096, &url, &ignored)) {
		strbuf_truncate(&url, strcspn(url.data, " \t\r\n"));
		environment_set(environment, "TRIALDECK_URL", url.data);
	}
	strbuf_release(&url);
	if (request->checkpoint)
		environment_set(environment, "TRIALDECK_CHECKPOINT_DIR",
				request->checkpoint);
	if (request->parent_checkpoint)
		environment_set(environment, "TRIALDECK_PARENT_CHECKPOINT_DIR",
				request->parent_checkpoint);
	environment_add_parameters(environment, trial->parameters);
	if (context->config->trial_gpu_number == 0)
		environment_set(environment, "CUDA_VISIBLE_DEVICES", "-1");
}

/* Nothing is there yet: get everything ready and join the queue. */
static bool prepare_job(struct platform *platform,
			const struct job_request *request, struct error *err)
{
	const struct platform_context *context = &platform->context;
	const struct attempt *attempt = request->attempt;
	struct strbuf command = STRBUF_INIT;
	struct job *job;

	if (platform->gpus_wanted &&
	    platform->gpus_wanted > local_gpus_count(platform->gpus))
		return error_set(err, ERROR_INVALID,
				 "trialGpuNumber is %zu, but of this "
				 "machine's GPUs only %zu may be used",
				 platform->gpus_wanted,
				 local_gpus_count(platform->gpus));
	if (!local_command_format(context->config->trial_command,
				  request->trial->parameters, &command, err) ||
	    !local_prepare(attempt->directory, request->parameter_file,
			   request->trial->parameters, err)) {
		strbuf_release(&command);
		return false;
	}
	job = job_add(platform, request->trial->key, attempt->number,
		      attempt->directory);
	job->command = strbuf_detach(&command);
	build_environment(context, request, &job->environment);
	local_queue_wake(platform);
	return true;
}

/* Something is there: go on from it in a moment. */
static void adopt_job(struct platform *platform,
		      const struct job_request *request)
{
	struct job *job =
		job_add(platform, request->trial->key, request->attempt->number,
			request->attempt->directory);
	struct strbuf list = STRBUF_INIT;
	struct error ignored;
	char *path = fs_join(job->directory, "gpus");

	job->phase = JOB_ALIVE;
	if (request->attempt->job) /* the engine knows the name already */
		job->is_created_told = true;
	if (platform->gpus && fs_read_file(path, 4096, &list, &ignored)) {
		job->gpus = strbuf_detach(&list);
		local_gpus_hold(platform->gpus, job->gpus);
	}
	strbuf_release(&list);
	free(path);
	job_step_after(job, 0, job_look);
}

static bool local_submit(struct platform *platform,
			 const struct job_request *request, struct error *err)
{
	const struct attempt *attempt = request->attempt;
	struct local_keeper keeper;

	if (*job_find(platform, request->trial->key, attempt->number))
		return true;
	if (local_inspect(attempt->directory, &keeper) == LOCAL_NEW)
		return prepare_job(platform, request, err);
	adopt_job(platform, request);
	return true;
}

/* --- ending */

static void local_kill(struct platform *platform, int64_t trial, int attempt)
{
	struct job *job = *job_find(platform, trial, attempt);

	if (!job) {
		job = job_add(platform, trial, attempt, NULL);
		job->phase = JOB_ENDED;
		job_fail(job, "was not running");
		return;
	}
	if (job->is_killed)
		return;
	job->is_killed = true;
	if (job->phase == JOB_QUEUED) {
		job_fail(job, "canceled before it started");
	} else if (job->phase == JOB_ALIVE && job->child) {
		job_terminate(job);
	}
}

/* --- the whole */

static bool local_open(const struct platform_context *context,
		       struct platform **ret, struct error *err)
{
	struct platform *platform = xcalloc(1, sizeof(*platform));
	int wanted = context->config->trial_gpu_number;

	platform->context = *context;
	if (wanted > 0 &&
	    !local_gpus_open(context->config, context->loop,
			     context->experiment->directory, local_queue_wake,
			     platform, &platform->gpus, err)) {
		free(platform);
		return false;
	}
	platform->gpus_wanted = wanted > 0 ? (size_t)wanted : 0;
	*ret = platform;
	return true;
}

static void local_close(struct platform *platform)
{
	if (!platform)
		return;
	while (platform->jobs) {
		struct job *job = platform->jobs;

		platform->jobs = job->next;
		job_free(job);
	}
	loop_cancel(platform->context.loop, platform->timer);
	local_gpus_close(platform->gpus);
	free(platform);
}

static char *local_log_path(const struct attempt *attempt, const char *role)
{
	static const struct {
		const char *role, *file;
	} known[] = {{"stdout", "stdout"},
		     {"stderr", "stderr"},
		     {"keeper", "keeper.log"},
		     {"trial", "trial.log"}}; /* NNI's SDK writes that */

	if (!attempt->directory)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(role, known[i].role))
			return fs_join(attempt->directory, known[i].file);
	return NULL;
}

const struct platform_ops platform_local = {
	.name = "local",
	.bind = "127.0.0.1",
	.allows_nni = true,
	.open = local_open,
	.submit = local_submit,
	.kill = local_kill,
	.log_path = local_log_path,
	.close = local_close,
};
