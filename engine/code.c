/* SPDX-License-Identifier: MIT */
/*
 * The code on its way to the experiment's storage.
 *
 * It is brought there before the first trial runs; until it is there trials
 * wait, with the upload's progress as their reason.  A storage that was reached
 * and does not answer is a fault, tried again and again; one that refuses us
 * pauses the experiment with its sentence; one that only pods can reach leaves
 * the code to the ways there were before.
 */
#include "engine/desk.h"

#include "base/mem.h"
#include "engine/outputs/place.h"
#include "engine/storage/storage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_MS 500
#define UNREACHED_TRIES 3 /* then the storage is for pods alone */

/* "1,204" */
static void add_count(struct strbuf *out, int64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, value);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			strbuf_addch(out, ',');
		strbuf_addch(out, digits[i]);
	}
}

void desk_set_progress(struct engine *engine, const char *text)
{
	struct experiment *experiment = &engine->experiment;
	const char *old = experiment->progress ? experiment->progress : "";

	if (!strcmp(old, text ? text : ""))
		return;
	free(experiment->progress);
	experiment->progress = xstrdup_or_null(text);
	engine->has_experiment_changes = true;
}

static void format_progress(struct outputs_desk *desk)
{
	struct outputs_progress progress;
	struct strbuf text = STRBUF_INIT;

	outputs_worker_progress(desk->worker, &progress);
	if (!progress.files_total) {
		strbuf_adds(&text, "code: looking at the storage");
	} else {
		strbuf_adds(&text, "code: ");
		add_count(&text, progress.files);
		strbuf_adds(&text, " of ");
		add_count(&text, progress.files_total);
		strbuf_adds(&text, " files, ");
		add_count(&text, progress.bytes >> 20);
		strbuf_adds(&text, " of ");
		add_count(&text, (progress.bytes_total + (1 << 20) - 1) >> 20);
		strbuf_adds(&text, " MiB");
	}
	snprintf(desk->reason, sizeof(desk->reason), "%s", text.data);
	strbuf_release(&text);
}

static void progress_due(void *arg)
{
	struct engine *engine = arg;
	struct outputs_desk *desk = engine->outputs;

	desk->progress = NULL;
	if (!desk->is_uploading)
		return;
	format_progress(desk);
	desk_set_progress(engine, desk->reason);
	desk->progress =
		loop_after(engine->loop, PROGRESS_MS, progress_due, engine);
}

void desk_start_upload(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;
	struct outputs_job *job = desk_job(OUTPUTS_UPLOAD);
	struct output_code *code = &job->code;
	struct error ignored;
	struct output place;
	struct trial trial = {0};
	struct attempt attempt = {.number = 1};
	char *id;

	/* the storage as rows of outputs have it */
	outputs_place(&engine->config, &engine->experiment, &trial, &attempt,
		      engine->db_path, &place);
	if (!store_code_get(engine->store, engine->experiment.key, code,
			    &ignored)) {
		*code = (struct output_code){0};
		code->storage = xstrdup(place.storage);
		code->path = outputs_code_path(&engine->experiment);
		id = strrchr(place.url, '/'); /* of no trial */
		code->url =
			xasprintf("%.*s/nni-code",
				  (int)(id ? id - place.url : 0), place.url);
	}
	if (desk->has_lost_code)
		code->digest[0] = '\0';
	output_release(&place);
	desk->code = CODE_COMING;
	desk->is_uploading = true;
	format_progress(desk);
	desk_set_progress(engine, desk->reason);
	outputs_worker_add(desk->worker, job);
	if (!desk->progress)
		desk->progress = loop_after(engine->loop, PROGRESS_MS,
					    progress_due, engine);
}

static void retry_upload(void *arg)
{
	struct engine *engine = arg;

	engine->outputs->retry = NULL;
	if (engine->outputs->code == CODE_COMING)
		desk_start_upload(engine);
}

/* Trials may start now: those that wait need not wait a second more. */
static void code_is_settled(struct engine *engine, enum code_state state,
			    const char *digest)
{
	struct outputs_desk *desk = engine->outputs;
	struct error err;

	status_fault_of(engine, FAULT_STORAGE, NULL);
	desk_set_progress(engine, NULL);
	if (!engine->platform_ops->set_code(engine->platform, digest, &err)) {
		outputs_refuse(engine, &err);
		return;
	}
	desk->code = state;
	for (struct live *live = engine->first; live; live = live->later)
		if (live->wants_submit)
			turn_after(engine, AFTER_SUBMIT, live->trial.key,
				   live->attempt.number, true);
}

/* It will not mend itself. */
void outputs_refuse(struct engine *engine, const struct error *err)
{
	struct outputs_desk *desk = engine->outputs;

	desk->code = CODE_REFUSED;
	snprintf(desk->reason, sizeof(desk->reason), "code: %s", err->text);
	desk_set_progress(engine, desk->reason);
	engine->experiment.is_paused = true;
	schedule_knobs_changed(engine);
	status_event(engine, NULL, EVENT_ERROR, "paused",
		     "paused: the code cannot be brought to the storage: %s; "
		     "mend it, then unpause",
		     err->text);
}

static void leave_it_to_others(struct engine *engine, const char *why)
{
	status_event(engine, NULL, EVENT_WARNING, "code",
		     "the storage cannot be reached from here (%s): pods get "
		     "the code otherwise, and outputs stay where pods put them",
		     why);
	code_is_settled(engine, CODE_NOT_HERE, NULL);
}

/* Where nobody can say no for good: a pod would have to bring it, or this
 * program has no way there. */
static bool is_reached_by_a_pod(const struct engine *engine)
{
	const struct storage_config *storage =
		&engine->config.kubernetes.storage;

	if (!storage_find(storage))
		return true;
	return !storage->local_path && (storage->type == STORAGE_PVC ||
					storage->type == STORAGE_HOST_PATH);
}

static void upload_failed(struct engine *engine, struct outputs_job *job)
{
	struct outputs_desk *desk = engine->outputs;
	bool is_passing = storage_is_passing(job->err.code) ||
			  job->err.code == ERROR_SYSTEM;
	int retries = engine->config.kubernetes.storage.upload_retries;
	char text[sizeof(job->err.text) + 64];

	if (job->err.code == ERROR_CANCELED) {
		desk->code = CODE_STOPPED;
		desk_set_progress(engine, NULL);
		return;
	}
	if (job->err.code == ERROR_NOT_FOUND && job->code.digest[0]) {
		/* it was there once: bring it again */
		status_event(engine, NULL, EVENT_WARNING, "code",
			     "the code is no longer in the storage: it is "
			     "brought there again");
		desk->has_lost_code = true;
		desk_start_upload(engine);
		return;
	}
	if (is_passing && job->code.digest[0] && !desk->has_lost_code) {
		/* it was whole; whether it is can be asked later */
		code_is_settled(engine, CODE_THERE, job->code.digest);
		return;
	}
	if (!is_passing && is_reached_by_a_pod(engine)) {
		leave_it_to_others(engine, job->err.text);
		return;
	}
	if (!is_passing) {
		outputs_refuse(engine, &job->err);
		return;
	}
	desk->was_reached |= job->was_reached;
	if (retries >= 0 && desk->upload_failures >= retries &&
	    desk->was_reached) {
		error_prefix(&job->err, "after %d tries (uploadRetryCount)",
			     retries + 1);
		desk->upload_failures = 0; /* unpausing begins anew */
		status_fault_of(engine, FAULT_STORAGE, NULL);
		outputs_refuse(engine, &job->err);
		return;
	}
	if (++desk->upload_failures >= UNREACHED_TRIES && !desk->was_reached) {
		leave_it_to_others(engine, job->err.text);
		return;
	}
	snprintf(text, sizeof(text), "bring the code to the storage: %s",
		 job->err.text);
	snprintf(desk->reason, sizeof(desk->reason), "%s", text);
	desk_set_progress(engine, desk->reason);
	if (status_fault_of(engine, FAULT_STORAGE, text))
		status_event(engine, NULL, EVENT_WARNING, "fault", "%s", text);
	desk->retry = loop_after(engine->loop,
				 desk_backoff_ms(desk->upload_failures, job),
				 retry_upload, engine);
}

void desk_uploaded(struct engine *engine, struct outputs_job *job)
{
	struct outputs_desk *desk = engine->outputs;
	bool is_new = job->sent_files || !desk->was_verified;
	struct error err;

	desk->is_uploading = false;
	if (desk->code != CODE_COMING)
		return;
	if (job->err.code) {
		upload_failed(engine, job);
		return;
	}
	desk->upload_failures = 0;
	desk->was_verified = true;
	if (is_new && turn_begin(engine) &&
	    !store_code_put(engine->store, engine->experiment.key, &job->code,
			    &err))
		turn_fail(engine, &err);
	if (job->sent_files)
		status_event(engine, NULL, EVENT_INFO, "code",
			     "%" PRId64 " of %" PRId64
			     " files (%.1f MiB) brought to %s",
			     job->sent_files, job->code.files,
			     (double)job->sent_bytes / (1 << 20),
			     job->code.url);
	if (job->notes)
		status_event(engine, NULL, EVENT_WARNING, "code", "%s",
			     job->notes);
	code_is_settled(engine, CODE_THERE, job->code.digest);
}

bool outputs_may_submit(struct engine *engine, struct error *err)
{
	struct outputs_desk *desk = engine->outputs;

	if (!desk || desk->code == CODE_NOT_HERE || desk->code == CODE_THERE)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "%s",
			 desk->code == CODE_STOPPED ? "code: not in the storage"
						    : desk->reason);
}

void outputs_go_on(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;

	if (desk && !desk->is_uploading &&
	    (desk->code == CODE_REFUSED || desk->code == CODE_STOPPED))
		desk_start_upload(engine);
}

void outputs_stop(struct engine *engine)
{
	struct outputs_desk *desk = engine->outputs;

	if (!desk || desk->code != CODE_COMING)
		return;
	if (desk->is_uploading) {
		outputs_worker_cancel(desk->worker);
		return;
	}
	loop_cancel(engine->loop, desk->retry);
	desk->retry = NULL;
	desk->code = CODE_STOPPED;
	status_fault_of(engine, FAULT_STORAGE, NULL);
	desk_set_progress(engine, NULL);
}
