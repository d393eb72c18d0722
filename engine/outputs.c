/* SPDX-License-Identifier: MIT */
/*
 * What trials leave behind, on the engine's side.
 *
 * Where an attempt's outputs will lie is written down with its intent.  When it
 * has ended they are counted, and moved into the bucket where the storage is
 * one that pods cannot mount; then the rule may remove some.  All of that is
 * the worker's (outputs/worker.h); the rows are written here, in the turn that
 * takes its results.
 */
#include "engine/desk.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/outputs/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIDE_MS 2000 /* after a trial ended; what ends meanwhile counts */
#define RETRY_MAX_MS 60000
#define LAST_TRIES 3 /* when the experiment is over */

static void wake(void *arg)
{
	loop_wake(arg);
}

static bool is_over(const struct engine *engine)
{
	return experiment_state_is_terminal(engine->experiment.state);
}

int desk_backoff_ms(int failures, const struct outputs_job *job)
{
	int shift = failures < 7 ? failures : 7;
	int delay_ms = 500 << shift;

	if (delay_ms > RETRY_MAX_MS)
		delay_ms = RETRY_MAX_MS;
	return job->rest_ms > delay_ms ? (int)job->rest_ms : delay_ms;
}

struct outputs_job *desk_job(enum outputs_work work)
{
	struct outputs_job *job = xcalloc(1, sizeof(*job));

	job->work = work;
	return job;
}

/* ---- what attempts leave --------------------------------------------------
 */

void outputs_submitted(struct engine *engine, const struct live *live)
{
	struct output output;
	struct error err;

	if (!outputs_place(&engine->config, &engine->experiment, &live->trial,
			   &live->attempt, engine->db_path, &output))
		return;
	if (turn_begin(engine) &&
	    !store_output_put(engine->store, &output, &err))
		turn_fail(engine, &err);
	output_release(&output);
}

static void add_look(struct engine *engine, const char *trial_id,
		     const struct output *output)
{
	struct outputs_job *job;

	if (!outputs_is_cheap(output))
		return; /* `files` looks when somebody asks */
	job = desk_job(outputs_arrive(&engine->config) &&
				       engine->config.kubernetes.storage.type ==
					       STORAGE_S3
			       ? OUTPUTS_MOVE
			       : OUTPUTS_LOOK);
	job->output = *output;
	job->output.storage = xstrdup(output->storage);
	job->output.path = xstrdup(output->path);
	job->output.url = xstrdup(output->url);
	job->output.note = NULL;
	if (job->work == OUTPUTS_MOVE)
		job->arrival =
			outputs_arrival(engine->db_path, engine->experiment.id,
					trial_id, output->attempt);
	outputs_worker_add(engine->outputs->worker, job);
}

static void decide_due(void *arg)
{
	struct engine *engine = arg;
	struct outputs_desk *desk = engine->outputs;

	desk->decide = NULL;
	if (desk->is_deciding)
		return;
	desk->is_deciding = true;
	outputs_worker_add(desk->worker, desk_job(OUTPUTS_DECIDE));
}

static void want_decision(struct engine *engine, int delay_ms)
{
	struct outputs_desk *desk = engine->outputs;

	if (output_rule_removes(&engine->config.outputs.rule) && !desk->decide)
		desk->decide =
			loop_after(engine->loop, delay_ms, decide_due, engine);
}

void outputs_ended(struct engine *engine, const struct live *live)
{
	struct output output;
	struct error err;

	if (!engine->outputs || !live->attempt.submitted_ns)
		return;
	want_decision(engine, DECIDE_MS);
	if (!store_output_get(engine->store, live->trial.key,
			      live->attempt.number, &output, &err)) {
		if (err.code != ERROR_NOT_FOUND)
			turn_fail(engine, &err);
		return;
	}
	add_look(engine, live->trial.id, &output);
	output_release(&output);
}

/* ---- results ------------------------------------------------------------ */

/* Somebody else may have removed them meanwhile. */
static bool is_cleaned(struct engine *engine, const struct output *output)
{
	struct output now;
	struct error ignored;
	bool cleaned;

	if (!store_output_get(engine->store, output->trial, output->attempt,
			      &now, &ignored))
		return true;
	cleaned = now.state == OUTPUT_CLEANED;
	output_release(&now);
	return cleaned;
}

static void write_output(struct engine *engine, const struct output *output)
{
	struct error err;

	if (!turn_begin(engine) || is_cleaned(engine, output))
		return;
	engine->is_versioned = true;
	if (!store_output_put(engine->store, output, &err))
		turn_fail(engine, &err);
}

static void removed(struct engine *engine, struct outputs_job *job)
{
	struct outputs_desk *desk = engine->outputs;

	desk->removed++;
	if (job->output.bytes > 0)
		desk->removed_bytes += job->output.bytes;
	job->output.state = OUTPUT_CLEANED;
	job->output.at_ns = clock_wall_ns();
	free(job->output.note);
	job->output.note = xasprintf("by the rule: %s", job->why);
	write_output(engine, &job->output);
}

static void retry_waiting(void *arg)
{
	struct engine *engine = arg;
	struct outputs_desk *desk = engine->outputs;
	struct outputs_job *job;

	desk->again = NULL;
	while ((job = desk->waiting)) {
		desk->waiting = job->next;
		outputs_worker_add(desk->worker, job);
	}
}

/* Takes the job. */
static void failed(struct engine *engine, struct outputs_job *job)
{
	struct outputs_desk *desk = engine->outputs;
	bool is_passing = storage_is_passing(job->err.code);
	char text[sizeof(job->err.text) + 64];

	job->failures++;
	if (is_passing && !(is_over(engine) && job->failures >= LAST_TRIES)) {
		snprintf(text, sizeof(text), "outputs: %s", job->err.text);
		if (status_fault_of(engine, FAULT_STORAGE, text))
			status_event(engine, NULL, EVENT_WARNING, "fault", "%s",
				     text);
		desk->failures++;
		job->next = desk->waiting;
		desk->waiting = job;
		if (!desk->again)
			desk->again =
				loop_after(engine->loop,
					   desk_backoff_ms(job->failures, job),
					   retry_waiting, engine);
		return;
	}
	if (job->err.code != ERROR_CANCELED &&
	    job->output.state == OUTPUT_UNKNOWN) {
		free(job->output.note);
		job->output.note = xstrdup(job->err.text);
		write_output(engine, &job->output);
	}
	if (job->err.code != ERROR_CANCELED && desk->told_failures++ < 3)
		status_event(engine, NULL, EVENT_WARNING, "outputs", "%s",
			     job->err.text);
	outputs_job_free(job);
}

static void add_found(struct engine *engine, struct outputs_job *job)
{
	struct outputs_job *next = job->found;

	job->found = NULL;
	while (next) {
		struct outputs_job *found = next;

		next = found->found;
		found->found = NULL;
		outputs_worker_add(engine->outputs->worker, found);
	}
}

/* Takes the job. */
static void take(struct engine *engine, struct outputs_job *job)
{
	struct outputs_desk *desk = engine->outputs;

	if (job->work == OUTPUTS_UPLOAD) {
		desk_uploaded(engine, job);
		outputs_job_free(job);
		return;
	}
	if (job->work == OUTPUTS_DECIDE)
		desk->is_deciding = false;
	if (job->err.code) {
		failed(engine, job);
		return;
	}
	if (desk->failures && !desk->waiting) {
		desk->failures = 0;
		if (desk->code != CODE_COMING)
			status_fault_of(engine, FAULT_STORAGE, NULL);
	}
	if (job->work == OUTPUTS_DECIDE)
		add_found(engine, job);
	else if (job->work == OUTPUTS_REMOVE)
		removed(engine, job);
	else
		write_output(engine, &job->output);
	outputs_job_free(job);
}

static void tell_removed(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;

	if (!desk->removed || outputs_worker_left(desk->worker))
		return;
	status_event(engine, NULL, EVENT_INFO, "outputs",
		     "outputs of %" PRId64 " attempt%s removed by the rule "
		     "(%.1f MiB)",
		     desk->removed, desk->removed == 1 ? "" : "s",
		     (double)desk->removed_bytes / (1 << 20));
	desk->removed = desk->removed_bytes = 0;
}

void outputs_take(struct engine *engine)
{
	struct outputs_job *job;

	if (!engine->is_up || !engine->outputs)
		return;
	while ((job = outputs_worker_take(engine->outputs->worker)))
		take(engine, job);
	tell_removed(engine);
}

bool outputs_is_busy(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;

	if (!desk)
		return false;
	if (!outputs_worker_left(desk->worker) && !desk->waiting &&
	    !desk->is_decided) {
		desk->is_decided =
			true; /* the last word, when all is counted */
		loop_cancel(engine->loop, desk->decide);
		desk->decide = NULL;
		want_decision(engine, 0);
		return desk->decide;
	}
	return outputs_worker_left(desk->worker) || desk->waiting ||
	       desk->decide;
}

/* ---- beginning and end ----------------------------------------------------
 */

/* What ended and was not counted: an engine died in between. */
static bool catch_up(const struct output *output, void *arg)
{
	struct engine *engine = arg;
	struct attempt attempt;
	struct trial trial;
	struct error ignored;

	if (output->state != OUTPUT_UNKNOWN || output->is_foreign ||
	    !store_attempt_get(engine->store, output->trial, output->attempt,
			       &attempt, &ignored))
		return true;
	if (trial_state_is_terminal(attempt.state) &&
	    store_trial_get(engine->store, output->trial, &trial, &ignored)) {
		add_look(engine, trial.id, output);
		trial_release(&trial);
	}
	attempt_release(&attempt);
	return true;
}

bool outputs_open(struct engine *engine, struct error *err)
{
	const struct platform_ops *ops = engine->platform_ops;
	struct outputs_worker_options options = {
		.db_path = engine->db_path,
		.about = &engine->experiment,
		.wake = wake,
		.wake_arg = engine->loop,
	};
	struct outputs_desk *desk = xcalloc(1, sizeof(*desk));

	if (!outputs_worker_start(&options, &desk->worker, err)) {
		free(desk);
		return false;
	}
	engine->outputs = desk;
	desk_set_progress(engine, NULL);
	if (ops->wants_code && ops->wants_code(engine->platform))
		desk_start_upload(engine);
	if (!store_outputs_each(engine->store, engine->experiment.key, 0,
				catch_up, engine, err))
		return false;
	want_decision(engine, DECIDE_MS);
	return true;
}

bool outputs_code_may_come(const struct engine *engine)
{
	return engine->platform_ops->set_code &&
	       outputs_wants_code(&engine->config);
}

void outputs_close(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;
	struct outputs_job *job;

	if (!desk)
		return;
	loop_cancel(engine->loop, desk->progress);
	loop_cancel(engine->loop, desk->retry);
	loop_cancel(engine->loop, desk->decide);
	loop_cancel(engine->loop, desk->again);
	outputs_worker_stop(desk->worker);
	while ((job = desk->waiting)) {
		desk->waiting = job->next;
		outputs_job_free(job);
	}
	free(desk);
	engine->outputs = NULL;
}
