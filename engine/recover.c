/* SPDX-License-Identifier: MIT */
/*
 * From the store to working state: the one way to begin.
 *
 * A first start, a start after a crash and getting over a full disk are the
 * same walk: read the experiment, replay the tuner's history, take up every
 * trial that is not over, and submit the submitted ones again, which adopts
 * those that still run.
 */
#include "engine/state.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/sideport/address.h"
#include "engine/sideport/certificate.h"
#include "engine/spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wake_loop(void *arg)
{
	loop_wake(arg);
}

/* TLS, where the experiment file asks for it. */
static bool open_certificate(struct engine *engine, struct certificate *ret,
			     struct error *err)
{
	const struct kubernetes_config *config = &engine->config.kubernetes;
	char **addresses;
	size_t count;
	bool ok;

	if (config->side_port_certificate)
		return certificate_load(config->side_port_certificate,
					config->side_port_key, ret, err);
	count = sideport_addresses(config->side_port_address, NULL, 0,
				   &addresses);
	ok = certificate_keep(engine->experiment.directory, addresses, count,
			      ret, err);
	sideport_addresses_free(addresses, count);
	return ok;
}

static bool start_sideport(struct engine *engine, struct error *err)
{
	struct sideport_options options = {
		.bind = engine->platform_ops->bind,
		.experiment_id = engine->experiment.id,
		.wake = wake_loop,
		.wake_arg = engine->loop,
	};

	struct certificate certificate = {0};
	bool ok;

	if (engine->config.kubernetes.side_port_tls) {
		if (!open_certificate(engine, &certificate, err))
			return error_prefix(err, "side port");
		options.cert_pem = certificate.cert_pem;
		options.key_pem = certificate.key_pem;
		free(engine->certificate);
		engine->certificate = xstrdup(certificate.cert_pem);
	}
	/* The port of last time keeps the URLs of running trials good. */
	options.port =
		(uint16_t)(engine->wanted_port ? engine->wanted_port
					       : engine->experiment.side_port);
	ok = sideport_start(&options, &engine->sideport, err);
	if (!ok && !engine->wanted_port && options.port) {
		options.port = 0;
		ok = sideport_start(&options, &engine->sideport, err);
	}
	certificate_release(&certificate);
	return ok || error_prefix(err, "open the side port");
}

static bool open_sideport(struct engine *engine, struct error *err)
{
	char url[64];

	/* it outlives a recovery, and perhaps a file that was never written */
	if (!engine->sideport && !start_sideport(engine, err))
		return false;
	engine->experiment.side_port = sideport_port(engine->sideport);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d\n",
		 engine->experiment.side_port);
	return fs_write_file(engine->url_file, url, strlen(url), err);
}

static bool open_platform(struct engine *engine, struct error *err)
{
	struct platform_context *context = &engine->platform_context;

	context->loop = engine->loop;
	context->experiment = &engine->experiment;
	context->config = &engine->config;
	context->db_path = engine->db_path;
	context->keeper_path = engine->keeper_path;
	context->url_file = engine->url_file;
	context->sideport = engine->sideport;
	context->certificate = engine->certificate;
	context->is_code_coming = outputs_code_may_come(engine);
	context->callbacks = news_callbacks;
	context->callbacks.arg = engine;
	return engine->platform_ops->open(context, &engine->platform, err) ||
	       error_prefix(err, "platform %s", engine->experiment.platform);
}

/* ---- live trials ------------------------------------------------------------
 */

static bool take_up(const struct trial *trial, void *arg)
{
	struct engine *engine = arg;
	struct live *live;

	if (trial_state_is_terminal(trial->state))
		return true;
	live = live_add(engine);
	live->trial = *trial;
	live->trial.parameters = xstrdup_or_null(trial->parameters);
	live->trial.reason = xstrdup_or_null(trial->reason);
	live_index(engine, live);
	return true;
}

static bool number_live(const struct history *row, void *arg)
{
	struct engine *engine = arg;
	struct live *live;

	if (row->kind != HISTORY_SUGGESTED)
		return true;
	live = live_find(engine, row->trial);
	if (live)
		advice_take_up(row, live);
	return true;
}

static bool count_failures(const struct attempt *attempt, void *arg)
{
	struct live *live = arg;

	if (attempt->state == TRIAL_FAILED)
		live->failures++;
	else if (attempt->state == TRIAL_SYS_CANCELED)
		live->interruptions++;
	else if (trial_state_is_terminal(attempt->state))
		live->failures = live->interruptions = 0;
	return true;
}

static bool take_up_live(struct engine *engine, struct error *err)
{
	if (!store_trials_each(engine->store, engine->experiment.key, 0,
			       STORE_TRIAL_WHOLE, take_up, engine, err) ||
	    !store_history_each(engine->store, engine->experiment.key,
				number_live, engine, err))
		return error_prefix(err, "read the trials");
	for (struct live *live = engine->first; live; live = live->later) {
		if (!store_attempt_get(engine->store, live->trial.key, 0,
				       &live->attempt, err) ||
		    !store_attempts_each(engine->store, live->trial.key,
					 count_failures, live, err) ||
		    !ingest_reload(engine, live, err))
			return error_prefix(err, "take up trial %s",
					    live->trial.id);
		if (engine->assessor && live->history_count)
			assessor_resumed(engine->assessor, live->trial.key,
					 live->history, live->history_count);
		live_summarized(engine, live);
		ingest_want_summaries(engine);
		live->is_submitted = live->attempt.submitted_ns != 0;
		live->may_run = live->is_submitted;
		if (live->is_submitted) {
			engine->live_count++;
			turn_after(engine, AFTER_SUBMIT, live->trial.key,
				   live->attempt.number, true);
		} else {
			engine->queued_count++;
		}
	}
	return true;
}

static void claim(struct engine *engine)
{
	struct experiment *experiment = &engine->experiment;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	free(experiment->owner_host);
	experiment->owner_host = xstrdup(host);
	experiment->owner_pid = (int)getpid();
	engine->has_experiment_changes = true;
	if (!experiment->started_ns)
		experiment->started_ns = clock_wall_ns();
	if (experiment->state == EXPERIMENT_INITIALIZED)
		schedule_set_state(engine, EXPERIMENT_RUNNING);
}

/* Tuners in Python may need none. */
static bool read_space(struct engine *engine, struct error *err)
{
	const char *text = engine->experiment.space;

	if (text)
		return space_parse(text, &engine->space, NULL, err);
	engine->space = space_empty();
	return true;
}

bool engine_recover(struct engine *engine, struct error *err)
{
	struct experiment *experiment = &engine->experiment;

	if (!store_experiment_get(engine->store, engine->experiment_key,
				  experiment, err) ||
	    !spec_reload(experiment->config, &engine->config, err) ||
	    !read_space(engine, err))
		return error_prefix(err, "read the experiment");
	engine->platform_ops = platform_find(experiment->platform);
	if (!engine->platform_ops)
		return error_set(err, ERROR_INVALID, "unknown platform '%s'",
				 experiment->platform);
	free(engine->url_file);
	engine->url_file = fs_join(experiment->directory, "sideport.url");
	if (!fs_make_folders(experiment->directory, err) ||
	    !advice_open(engine, err) || !open_sideport(engine, err) ||
	    !open_platform(engine, err) || !outputs_open(engine, err) ||
	    !take_up_live(engine, err))
		return false;
	engine->is_up = true;
	claim(engine);
	if (experiment->state == EXPERIMENT_STOPPING)
		schedule_stop(engine, experiment->lets_finish);
	schedule_knobs_changed(engine);
	ingest_want_summaries(engine); /* a crash leaves metrics staged */
	log_line(LOG_LEVEL_INFO,
		 "%s: up, %d live, %d queued, %lld finished, side port %d",
		 experiment->id, engine->live_count, engine->queued_count,
		 (long long)engine->finished_count, experiment->side_port);
	return true;
}

void engine_forget(struct engine *engine)
{
	loop_cancel(engine->loop, engine->limit);
	loop_cancel(engine->loop, engine->deadline);
	loop_cancel(engine->loop, engine->hold);
	loop_cancel(engine->loop, engine->resubmission);
	loop_cancel(engine->loop, engine->summaries);
	loop_cancel(engine->loop, engine->news);
	engine->limit = engine->deadline = engine->hold = NULL;
	engine->resubmission = engine->summaries = engine->news = NULL;
	/* The side port still knows who may report: trials must hear "come
	 * again" (503) meanwhile, not "go away" (401).
	 * Kill requests without an outcome are found pending again. */
	for (struct live *live = engine->first; live; live = live->later)
		for (size_t i = 0; i < live->kill_count; i++)
			if (--live->kills[i]->left == 0)
				free(live->kills[i]);
	live_remove_all(engine);
	outputs_close(engine);
	for (size_t i = 0; i < COUNT_OF(engine->source_faults); i++) {
		free(engine->source_faults[i]);
		engine->source_faults[i] = NULL;
	}
	if (engine->platform)
		engine->platform_ops->close(engine->platform);
	engine->platform = NULL;
	advice_close(engine);
	space_free(engine->space);
	engine->space = NULL;
	experiment_config_release(&engine->config);
	memset(&engine->config, 0, sizeof(engine->config));
	experiment_release(&engine->experiment);
	memset(&engine->experiment, 0, sizeof(engine->experiment));
	engine->after_count = 0;
	engine->last_command = 0;
	engine->data_version = 0;
	engine->ran_since_ns = 0;
	engine->is_up = false;
}
