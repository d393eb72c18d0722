/* SPDX-License-Identifier: MIT */
/*
 * What a turn has decided goes to the platform once it is committed: a job to
 * make, with all that its trial is given, or one to kill.  What the platform
 * cannot take at the moment is offered again.
 */
#include "engine/state.h"

#include "base/mem.h"

#include <stdlib.h>

/* parameter.cfg, as NNI's dispatcher would have sent it (nni.md 4.1) */
static char *parameter_file(const struct live *live)
{
	if (live->file)
		return xstrdup(live->file);
	if (live->number < 0)
		return xasprintf("{\"parameter_id\": null, "
				 "\"parameter_source\": \"customized\", "
				 "\"parameters\": %s, \"parameter_index\": 0}",
				 live->trial.parameters);
	return xasprintf("{\"parameter_id\": %lld, "
			 "\"parameter_source\": \"algorithm\", "
			 "\"parameters\": %s, \"parameter_index\": 0}",
			 (long long)live->number, live->trial.parameters);
}

static void submit_again(void *arg)
{
	struct engine *engine = arg;

	engine->resubmission = NULL;
	for (struct live *live = engine->first; live; live = live->later)
		if (live->wants_submit)
			turn_after(engine, AFTER_SUBMIT, live->trial.key,
				   live->attempt.number, true);
}

/* The platform cannot take it at the moment: say so, and try again soon. */
static void submit_later(struct engine *engine, struct live *live,
			 const struct error *err)
{
	live->wants_submit = true;
	attempts_set_reason(engine, live, err->text);
	if (!engine->resubmission)
		engine->resubmission =
			loop_after(engine->loop, 1000, submit_again, engine);
}

static void submit(struct engine *engine, struct live *live, bool is_resumed)
{
	struct job_request request = {
		.trial = &live->trial,
		.attempt = &live->attempt,
		.is_resumed = is_resumed,
	};
	const struct experiment_config *config = &engine->config;
	struct trial_place place;
	char *text, *own, *parent;
	struct error err;

	/* of one that may run the platform has to know before it looks around:
	 * it removes what nobody has told it of.  It makes none without code */
	if ((!live->may_run && !outputs_may_submit(engine, &err)) ||
	    !checkpoint_paths(engine, live, &own, &parent, &err)) {
		submit_later(engine, live, &err);
		return;
	}
	text = parameter_file(live);
	request.checkpoint = own;
	request.parent_checkpoint = parent;
	if (is_resumed && live->attempt.started_ns &&
	    store_place_get(engine->store, live->trial.key, &place, &err) &&
	    place.attempt == live->attempt.number && place.pod[0])
		request.pod = place.pod;
	sideport_allow(engine->sideport, live->trial.key, live->attempt.number,
		       live->trial.id, live->attempt.token,
		       live->trial.parameters,
		       engine->platform_ops->allows_nni ||
			       config->kubernetes.keeper == KEEPER_NNI);
	request.parameter_file = text;
	if (engine->platform_ops->submit(engine->platform, &request, &err))
		live->wants_submit = false;
	else if (err.code == ERROR_UNAVAILABLE || err.code == ERROR_TIMEOUT)
		submit_later(engine, live, &err);
	else {
		bool is_killed = live->kill_as != TRIAL_UNKNOWN;
		struct attempt_end end = {
			.state = is_killed ? live->kill_as : TRIAL_FAILED,
			.retry = is_killed ? RETRY_NEVER : RETRY_TRIAL,
			.exit_code = -1,
			.reason = err.text,
		};

		attempts_finish(engine, live, &end);
		schedule_hold(engine);
	}
	free(text);
	free(own);
	free(parent);
}

void handover(struct engine *engine, const struct after *after)
{
	struct live *live = attempts_find(engine, after->trial, after->attempt);

	if (!live)
		return;
	if (after->kind == AFTER_SUBMIT)
		submit(engine, live, after->is_resumed);
	else
		engine->platform_ops->kill(engine->platform, after->trial,
					   after->attempt);
}
