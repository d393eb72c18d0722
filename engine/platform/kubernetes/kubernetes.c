/* SPDX-License-Identifier: MIT */
/*
 * Platform kubernetes: trials as jobs of a cluster.
 *
 * The cluster is the one that knows; we only remember what we want of it.  A
 * job's object carries a name that follows from trial and attempt, so there is
 * one way in, whether we were here before or not: an attempt that may exist
 * waits for the first list, one that is new is created at once, and creating
 * what exists takes it over.  After that the watches tell everything:
 *
 *     K8S_PENDING     to be made, when shared objects are there (shared.c)
 *     K8S_MAKING      the request is under way (create.c)
 *     K8S_LIVE        it exists; watched (observe.c)
 *     K8S_COLLECTING  it has ended, but not everything it reported has come
 *                     in: its log is read to the end (finish.c, podlog.c)
 *     K8S_OVER        told; log and object are being dealt with, then freed
 *
 * No request is made per trial and period: three watches serve all of them.
 * Callbacks to the engine come from the loop, never from inside submit or
 * kill.  Closing leaves every job as it is.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/interest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- telling ------------------------------------------------------------ */

void k8s_tell_waiting(struct k8s_job *job, const char *reason)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (reason && !*reason)
		reason = NULL;
	if ((job->is_started_told && job->platform->kind->ends_with_pod) ||
	    job->phase == K8S_OVER || (!reason && !job->is_waiting_told))
		return;
	job->is_waiting_told = reason;
	callbacks->waiting(callbacks->arg, job->trial, job->attempt, reason);
}

void k8s_tell_fault(struct platform *platform, int slot, const char *text)
{
	const struct platform_callbacks *callbacks =
		&platform->context.callbacks;
	const char *first = NULL;

	free(platform->faults[slot]);
	platform->faults[slot] = xstrdup_or_null(text);
	for (size_t i = 0; i < COUNT_OF(platform->faults) && !first; i++)
		first = platform->faults[i];
	callbacks->fault(callbacks->arg, first);
}

static void client_fault(void *arg, const char *text)
{
	k8s_tell_fault(arg, 0, text);
}

void k8s_tell_event(struct platform *platform, const struct k8s_job *job,
		    enum event_level level, const char *kind,
		    const char *format, ...)
{
	const struct platform_callbacks *callbacks =
		&platform->context.callbacks;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (job && job->phase == K8S_OVER) /* the engine has forgotten it */
		job = NULL;
	callbacks->event(callbacks->arg, job ? job->trial : 0,
			 job ? job->attempt : 0, level, kind, text);
}

void k8s_job_after(struct k8s_job *job, int64_t delay_ms, loop_timer_fn *fn)
{
	struct loop *loop = job->platform->context.loop;

	loop_cancel(loop, job->timer);
	job->timer = loop_after(loop, delay_ms, fn, job);
}

/* ---- starting ----------------------------------------------------------- */

/* Jobs that exist can be taken up meanwhile, none be made. */
static bool awaits_code(const struct platform *platform)
{
	return k8s_wants_code(platform) && platform->code == POD_CODE_NONE;
}

static bool can_make(const struct k8s_job *job)
{
	const struct platform *platform = job->platform;

	return job->phase == K8S_PENDING && !job->timer && !job->is_killed &&
	       platform->readiness == K8S_READY && platform->is_served &&
	       !awaits_code(platform) &&
	       (!job->is_resumed || platform->is_listed);
}

static const char *why_pending(const struct platform *platform)
{
	if (!platform->is_served)
		return platform->faults[1] ? platform->faults[1]
					   : "asking the cluster where it has "
					     "such jobs";
	if (platform->readiness == K8S_PROBING)
		return "finding out whether pods reach the side port";
	if (platform->readiness != K8S_READY)
		return "preparing the namespace";
	if (awaits_code(platform))
		return "bringing the code to the storage";
	return "asking the cluster what runs already";
}

void k8s_go_on(struct platform *platform)
{
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		if (can_make(job))
			k8s_create(job);
		else if (job->phase == K8S_PENDING && !job->timer)
			k8s_tell_waiting(job, why_pending(platform));
	}
}

static void start_later(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	if (can_make(job))
		k8s_create(job);
	else if (job->phase == K8S_PENDING)
		k8s_tell_waiting(job, why_pending(job->platform));
}

/* Copies: submit's arguments are gone when the object can be made. */
static struct k8s_material *material_new(const struct job_request *request,
					 char **commands)
{
	struct k8s_material *material = xcalloc(1, sizeof(*material));
	const struct trial *trial = request->trial;
	const struct attempt *attempt = request->attempt;

	material->trial.key = trial->key;
	material->trial.sequence = trial->sequence;
	memcpy(material->trial.id, trial->id, sizeof(trial->id));
	material->trial.parameters = xstrdup(trial->parameters);
	material->attempt.trial = attempt->trial;
	material->attempt.number = attempt->number;
	memcpy(material->attempt.token, attempt->token, sizeof(attempt->token));
	material->parameter_file = xstrdup(request->parameter_file);
	material->checkpoint = xstrdup_or_null(request->checkpoint);
	material->parent_checkpoint =
		xstrdup_or_null(request->parent_checkpoint);
	material->commands = commands;
	return material;
}

static bool k8s_submit(struct platform *platform,
		       const struct job_request *request, struct error *err)
{
	const struct attempt *attempt = request->attempt;
	struct k8s_job *job;
	char **commands;
	char *name;

	if (k8s_job_find(platform, request->trial->key, attempt->number))
		return true;
	commands = k8s_commands_new(platform, request->trial->parameters, err);
	if (!commands)
		return false;
	name = kind_name_object(platform->kind, platform->context.experiment,
				request->trial, attempt);
	job = k8s_job_add(platform, request->trial->key, attempt->number, name,
			  attempt->directory);
	free(name);
	job->material = material_new(request, commands);
	job->waiting_since_ns = clock_mono_ns();
	/* one that was committed as submitted may exist */
	job->is_resumed = request->is_resumed;
	job->is_created_told = attempt->job;
	job->is_started_told = attempt->started_ns;
	job->is_waiting_told = attempt->reason;
	job->begun_in = xstrdup_or_null(request->pod);
	job->log = podlog_new(job);
	if (platform->readiness == K8S_ABSENT)
		k8s_shared_ensure(platform);
	if (can_make(job))
		k8s_create(job);
	else
		k8s_job_after(job, 0, start_later);
	return true;
}

/* ---- ending ------------------------------------------------------------- */

static void was_not_running(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	k8s_end(job, JOB_BLAME_TRIAL, -1, "was not running");
}

static void k8s_kill(struct platform *platform, int64_t trial, int attempt)
{
	struct k8s_job *job = k8s_job_find(platform, trial, attempt);

	if (!job) {
		job = k8s_job_add(platform, trial, attempt, "", NULL);
		job->log = podlog_new(job);
		job->is_gone = job->is_killed = true;
		k8s_job_after(job, 0, was_not_running);
		return;
	}
	if (job->is_killed && (job->phase != K8S_LIVE || job->is_deleting))
		return;
	job->is_killed = true;
	if (job->phase == K8S_LIVE)
		k8s_remove(job, true);
	else if (job->phase == K8S_COLLECTING)
		k8s_finish_sooner(job);
	else if (job->phase == K8S_PENDING && !job->is_resumed)
		k8s_end(job, JOB_BLAME_TRIAL, -1, "canceled before it started");
	else if (job->phase == K8S_PENDING && platform->is_listed)
		k8s_end(job, JOB_BLAME_TRIAL, -1, "was not running");
	/* else its object's fate will tell */
}

static void k8s_farewell(struct platform *platform, int64_t trial, int attempt,
			 const char *pod, int exit_code)
{
	struct k8s_job *job = k8s_job_find(platform, trial, attempt);

	if (!job)
		return;
	k8s_farewell_take(job, pod, exit_code);
	if (job->phase == K8S_COLLECTING)
		k8s_finish_collected(job);
}

static void k8s_wind_up(struct platform *platform)
{
	if (platform->is_wound_up || platform->first)
		return;
	platform->is_wound_up = true;
	k8s_probe_remove(platform);
	k8s_shared_remove(platform);
}

void k8s_progress(struct platform *platform)
{
	platform->progress_ns = clock_mono_ns();
}

/* What cannot be removed is left when nothing has moved for a minute: the
 * server may be away for ever. */
#define IDLE_MAX_NS (60 * NS_PER_S)

static bool k8s_is_busy(const struct platform *platform)
{
	if (!platform->first && !platform->removals &&
	    !platform->is_removing_shared)
		return false;
	return clock_mono_ns() - platform->progress_ns < IDLE_MAX_NS;
}

/* ---- every second ------------------------------------------------------- */

static void on_interest(const char *name, void *arg)
{
	struct platform *platform = arg;

	if (!strcmp(name, "cluster")) {
		k8s_look_wanted(platform->look);
		return;
	}
	if (strncmp(name, "log-", 4))
		return;
	for (struct k8s_job *job = platform->first; job; job = job->later) {
		size_t len = strlen(name + 4);
		const char *folder = job->directory;

		/* .../trials/<trial id>/<attempt> */
		if (!job->pods || !folder || job->phase == K8S_OVER)
			continue;
		folder = strstr(folder, "/trials/");
		if (folder && !strncmp(folder + 8, name + 4, len) &&
		    folder[8 + len] == '/')
			podlog_follow(job->log, false);
	}
}

static void on_tick(void *arg)
{
	struct platform *platform = arg;

	platform->tick = loop_after(platform->context.loop, K8S_TICK_MS,
				    on_tick, platform);
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		podlog_tick(job->log);
		k8s_check_overdue(job);
	}
	k8s_operator_check(platform);
	k8s_discover_check(platform);
	k8s_outputs_check(platform);
	if (platform->context.experiment->directory)
		interest_each(platform->context.experiment->directory,
			      on_interest, platform);
}

/* ---- the whole ---------------------------------------------------------- */

static void k8s_close(struct platform *platform)
{
	struct loop *loop;

	if (!platform)
		return;
	loop = platform->context.loop;
	loop_cancel(loop, platform->tick);
	k8s_observe_close(platform);
	k8s_discover_close(platform);
	k8s_act_close(platform);
	k8s_look_free(platform->look);
	k8s_probe_close(platform);
	while (platform->first)
		k8s_job_free(platform->first);
	loop_cancel(loop, platform->settling);
	loop_cancel(loop, platform->parts_timer);
	k8s_shared_close(platform);
	kube_client_close(platform->client);
	kube_config_free(platform->kube_config);
	for (size_t i = 0; i < COUNT_OF(platform->faults); i++)
		free(platform->faults[i]);
	for (size_t i = 0; platform->urls && platform->urls[i]; i++)
		free(platform->urls[i]);
	free(platform->urls);
	free(platform->url);
	free(platform->warning);
	free(platform->selector);
	free(platform->pod_label);
	if (platform->has_pattern)
		regfree(&platform->pattern);
	free(platform->code_archive);
	free(platform->code_path);
	free(platform);
}

static bool open_client(struct platform *platform, struct error *err)
{
	struct kube_config_options which = {
		.kubeconfig = platform->config->kubeconfig,
		.context = platform->config->context,
		.namespace = platform->config->namespace,
	};
	struct kube_client_options options = {
		.loop = platform->context.loop,
		.requests_per_s = platform->config->requests_per_s,
		.fault = client_fault,
		.arg = platform,
	};

	if (!kube_config_load(&which, &platform->kube_config, err)) {
		if (err->code == ERROR_NOT_FOUND)
			err->code = ERROR_UNAVAILABLE; /* no cluster at all */
		return false;
	}
	options.config = platform->kube_config;
	platform->namespace = platform->kube_config->namespace;
	return kube_client_open(&options, &platform->client, err);
}

/* One that is wrong was refused when the file was read. */
static void compile_pattern(struct platform *platform)
{
	const char *text = platform->context.config->metric_pattern;

	platform->has_pattern =
		text && regcomp(&platform->pattern, text, REG_EXTENDED) == 0;
}

static bool k8s_open(const struct platform_context *context,
		     struct platform **ret, struct error *err)
{
	struct platform *platform = xcalloc(1, sizeof(*platform));

	platform->context = *context;
	platform->config = &context->config->kubernetes;
	platform->kind = kind_find(platform->config->kind);
	platform->selector = pod_labels_selector(context->experiment);
	strbuf_init(&platform->keeper);
	if (!platform->kind) {
		error_set(err, ERROR_INVALID, "unknown kind of job '%s'",
			  platform->config->kind);
		goto failed;
	}
	platform->pod_label = kind_pod_label(platform->kind, platform->config);
	compile_pattern(platform);
	k8s_outputs_open(platform);
	if (!k8s_discover_open(platform, err) || !open_client(platform, err) ||
	    !k8s_code_open(platform, err) || !k8s_reach_open(platform, err) ||
	    !k8s_shared_open(platform, err))
		goto failed;
	k8s_progress(platform);
	platform->look = k8s_look_new(platform);
	k8s_observe_open(platform);
	on_tick(platform);
	*ret = platform;
	return true;
failed:
	k8s_close(platform);
	return false;
}

/* Everything the pods printed is one log; another one is what containers
 * printed before they were started again. */
static char *k8s_log_path(const struct attempt *attempt, const char *role)
{
	if (!attempt->directory ||
	    (strcmp(role, "stdout") != 0 && strcmp(role, "previous") != 0))
		return NULL;
	return fs_join(attempt->directory, role);
}

const struct platform_ops platform_kubernetes = {
	.name = "kubernetes",
	.bind = "*",
	.open = k8s_open,
	.submit = k8s_submit,
	.kill = k8s_kill,
	.farewell = k8s_farewell,
	.act = k8s_act,
	.wants_code = k8s_wants_code,
	.set_code = k8s_set_code,
	.wind_up = k8s_wind_up,
	.is_busy = k8s_is_busy,
	.log_path = k8s_log_path,
	.close = k8s_close,
};
