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
#include "engine/platform/local.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/local_child.h"
#include "engine/platform/local_gpu.h"
#include "engine/platform/local_spool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 200
#define SPAWN_AGAIN_MS 1000
#define STRAYS_MS 50
#define STRAYS_ROUNDS_MAX 600
/* A keeper that has not ended by then is stuck itself. */
#define KEEPER_PATIENCE_MS ((LOCAL_GRACE_S + 45) * 1000)

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

static void look_at_directory(void *arg);
static void on_keeper_gone(int status, void *arg);

static struct job **find(struct platform *platform, int64_t trial, int attempt)
{
	struct job **at = &platform->jobs;

	while (*at && ((*at)->trial != trial || (*at)->attempt != attempt))
		at = &(*at)->next;
	return at;
}

static struct job *job_add(struct platform *platform, int64_t trial,
			   int attempt, const char *directory)
{
	struct job *job = xcalloc(1, sizeof(*job));
	struct job **at = find(platform, trial, attempt);

	job->platform = platform;
	job->trial = trial;
	job->attempt = attempt;
	job->directory = xstrdup_or_null(directory);
	*at = job;
	return job;
}

static void job_free(struct job *job)
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

static void step_after(struct job *job, int64_t ms, loop_timer_fn *fn)
{
	struct loop *loop = job->platform->context.loop;

	loop_cancel(loop, job->timer);
	job->timer = loop_after(loop, ms, fn, job);
}

static void queue_run(void *arg);

static void queue_wake(void *arg)
{
	struct platform *platform = arg;

	if (!platform->timer)
		platform->timer = loop_after(platform->context.loop, 0,
					     queue_run, platform);
}

/* --- news for the engine
 * ------------------------------------------------------ */

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

static void tell_waiting(struct job *job, const char *reason)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (!reason && !job->is_waiting_told)
		return;
	job->is_waiting_told = reason != NULL;
	callbacks->waiting(callbacks->arg, job->trial, job->attempt, reason);
}

static void tell_fault(struct job *job, const char *text)
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
		queue_wake(platform);
	}
	*find(platform, trial, attempt) = job->next;
	job_free(job);
	callbacks->ended(callbacks->arg, trial, attempt, &end);
}

static void fail_job(struct job *job, const char *reason)
{
	job->end =
		(struct job_end){.exit_code = -1, .ended_ns = clock_wall_ns()};
	snprintf(job->end.reason, sizeof(job->end.reason), "%s", reason);
	step_after(job, 0, tell_ended);
}

/* --- importing the spool
 * ------------------------------------------------------ */

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
		step_after(job, 0, import_slice);
		return;
	}
	tell_ended(job);
}

static void import_begin(struct job *job)
{
	job->phase = JOB_IMPORTING;
	job->has_spool = local_spool_open(&job->spool, job->directory);
	step_after(job, 0, import_slice);
}

/* --- from what the directory says
 * --------------------------------------------- */

static void clear_strays(void *arg)
{
	struct job *job = arg;

	job->timer = NULL;
	if (local_strays_kill(job->directory) &&
	    ++job->rounds < STRAYS_ROUNDS_MAX) {
		step_after(job, STRAYS_MS, clear_strays);
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

static void ask_keeper_to_end(struct job *job)
{
	local_child_signal(job->child, SIGTERM);
	if (!job->patience)
		job->patience =
			loop_after(job->platform->context.loop,
				   KEEPER_PATIENCE_MS, on_patience_over, job);
}

static void watch_keeper(struct job *job, const struct local_keeper *keeper)
{
	job->phase = JOB_ALIVE;
	if (keeper->started_ns)
		job->started_ns = keeper->started_ns;
	if (!keeper->pid) { /* no name yet, or none here: the lock tells */
		step_after(job, LOOK_MS, look_at_directory);
		return;
	}
	job->pid = keeper->pid;
	snprintf(job->name, sizeof(job->name), "%d:%llu", (int)keeper->pid,
		 keeper->start_time);
	job->child = local_child_watch(job->platform->context.loop, keeper->pid,
				       keeper->start_time, on_keeper_gone, job);
	tell_started(job);
	if (job->is_killed)
		ask_keeper_to_end(job);
}

/* The keeper is gone, or was never watched: what has become of it? */
static void look_at_directory(void *arg)
{
	struct job *job = arg;
	struct local_keeper keeper;

	job->timer = NULL;
	switch (local_inspect(job->directory, &keeper)) {
	case LOCAL_ALIVE:
		watch_keeper(job, &keeper);
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
		fail_job(job, job->is_killed
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
	look_at_directory(job);
}

/* --- starting
 * ------------------------------------------------------------------ */

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
		tell_waiting(job, list.data);
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
		fail_job(job, err->text);
		return;
	}
	tell_fault(job, err->text);
	step_after(job, SPAWN_AGAIN_MS, spawn_again);
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

	tell_waiting(job, NULL);
	if (!local_spawn(&launch, &keeper.pid, &err)) {
		spawn_failed(job, &err);
		return;
	}
	if (job->has_fault)
		tell_fault(job, NULL);
	environment_release(&job->environment);
	keeper.start_time = local_start_time(keeper.pid);
	keeper.started_ns = clock_wall_ns();
	watch_keeper(job, &keeper);
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
				tell_waiting(job, "waiting for a GPU");
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
				 "trialGpuNumber is %zu, but there are only "
				 "%zu GPUs to use",
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
	queue_wake(platform);
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
	step_after(job, 0, look_at_directory);
}

static bool local_submit(struct platform *platform,
			 const struct job_request *request, struct error *err)
{
	const struct attempt *attempt = request->attempt;
	struct local_keeper keeper;

	if (*find(platform, request->trial->key, attempt->number))
		return true;
	if (local_inspect(attempt->directory, &keeper) == LOCAL_NEW)
		return prepare_job(platform, request, err);
	adopt_job(platform, request);
	return true;
}

/* --- ending
 * --------------------------------------------------------------------- */

static void local_kill(struct platform *platform, int64_t trial, int attempt)
{
	struct job *job = *find(platform, trial, attempt);

	if (!job) {
		job = job_add(platform, trial, attempt, NULL);
		job->phase = JOB_ENDED;
		fail_job(job, "was not running");
		return;
	}
	if (job->is_killed)
		return;
	job->is_killed = true;
	if (job->phase == JOB_QUEUED) {
		fail_job(job, "canceled before it started");
	} else if (job->phase == JOB_ALIVE && job->child) {
		ask_keeper_to_end(job);
	}
}

/* --- the whole
 * ------------------------------------------------------------------- */

static bool local_open(const struct platform_context *context,
		       struct platform **ret, struct error *err)
{
	struct platform *platform = xcalloc(1, sizeof(*platform));
	int wanted = context->config->trial_gpu_number;

	platform->context = *context;
	if (wanted > 0 &&
	    !local_gpus_open(context->config, context->loop,
			     context->experiment->directory, queue_wake,
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
	.open = local_open,
	.submit = local_submit,
	.kill = local_kill,
	.log_path = local_log_path,
	.close = local_close,
};
