/* SPDX-License-Identifier: MIT */
/*
 * Before an experiment runs: a trial that only looks around.
 *
 * It goes the way of every trial, through the platform itself: ConfigMaps,
 * probe, Job, Secret, pod, keeper, log.  So what it finds is what trials will
 * find: an image that cannot be pulled, a volume that cannot be written, a
 * side port out of reach.
 */
#include "engine/platform/kubernetes/preflight_private.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/loop.h"
#include "engine/platform/keeper_install.h"
#include "engine/platform/kubernetes/private.h"
#include "engine/sideport/sideport.h"
#include "engine/tuner/tuner.h"
#include "model/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REHEARSAL_MS 120000
#define WIND_UP_MS 15000

struct rehearsal {
	struct preflight *preflight;
	struct platform *platform;
	struct experiment experiment;
	struct experiment_config config; /* borrowed but for the command */
	struct preflight_plain plain;
	struct sideport *sideport;
	char folder[64];
	char *keeper_path;
	char waiting[512];
	char side_port_problem[600];
	bool is_started, is_ended, is_late;
	struct job_end end;
};

/* ---- what the platform tells -------------------------------------------- */

static void on_created(void *arg, int64_t trial, int attempt, const char *job)
{
	(void)arg, (void)trial, (void)attempt, (void)job;
}

static void on_started(void *arg, int64_t trial, int attempt, int64_t at_ns)
{
	struct rehearsal *rehearsal = arg;

	(void)trial, (void)attempt, (void)at_ns;
	rehearsal->is_started = true;
}

static void on_waiting(void *arg, int64_t trial, int attempt,
		       const char *reason)
{
	struct rehearsal *rehearsal = arg;

	(void)trial, (void)attempt;
	snprintf(rehearsal->waiting, sizeof(rehearsal->waiting), "%s",
		 reason ? reason : "");
}

static void on_ended(void *arg, int64_t trial, int attempt,
		     const struct job_end *end)
{
	struct rehearsal *rehearsal = arg;

	(void)trial, (void)attempt;
	rehearsal->end = *end;
	rehearsal->is_ended = true;
}

static void on_report(void *arg, int64_t trial, int attempt, const char *json,
		      size_t len, bool is_nni)
{
	(void)arg, (void)trial, (void)attempt, (void)json, (void)len;
	(void)is_nni;
}

static void on_fault(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static void on_event(void *arg, int64_t trial, int attempt,
		     enum event_level level, const char *kind, const char *text)
{
	struct rehearsal *rehearsal = arg;

	(void)trial, (void)attempt, (void)level;
	if (!strcmp(kind, "side-port"))
		snprintf(rehearsal->side_port_problem,
			 sizeof(rehearsal->side_port_problem), "%s", text);
}

static void on_placed(void *arg, const struct trial_place *place)
{
	(void)arg, (void)place;
}

static void on_parts(void *arg, int64_t trial, int attempt,
		     const struct part_list *parts)
{
	(void)arg, (void)trial, (void)attempt, (void)parts;
}

static void on_cluster(void *arg, const struct cluster_node *nodes,
		       size_t count, const char *problem)
{
	(void)arg, (void)nodes, (void)count, (void)problem;
}

/* ---- the dry run -------------------------------------------------------- */

static bool dry_run(struct rehearsal *rehearsal, const struct trial *trial,
		    const struct attempt *attempt)
{
	struct preflight *preflight = rehearsal->preflight;
	const struct kind *kind = kind_find(preflight->kubernetes->kind);
	struct pod_plan plan = k8s_plan(rehearsal->platform);
	const struct kind_resource *resource = &preflight->resource;
	char *path, *api, *name;
	struct error err;
	cJSON *object;
	bool ok = false;

	/* as the experiment will make them, whatever runs below */
	plan.config = preflight->config;
	plan.container = kind_container(kind, preflight->kubernetes);
	plan.trial = trial;
	plan.attempt = attempt;
	plan.secret = "rehearsal";
	name = kind_name_object(kind, &rehearsal->experiment, trial, attempt);
	object = kind->build(&plan, resource, name, &err);
	free(name);
	if (!object) {
		preflight_tell(preflight, PREFLIGHT_FAILED, "job", "%s",
			       err.text);
		return false;
	}
	api = kind_api_path(resource);
	path = xasprintf("%s/namespaces/%s/%s?dryRun=All&"
			 "fieldValidation=Strict",
			 api, rehearsal->platform->namespace, resource->plural);
	free(api);
	ok = preflight_ask(preflight, KUBE_POST, path, object);
	if (!ok)
		preflight_tell(preflight, PREFLIGHT_FAILED, "job",
			       "the server would refuse it: %s",
			       preflight->err.text);
	else
		preflight_tell(
			preflight,
			preflight->warning ? PREFLIGHT_WARNING : PREFLIGHT_OK,
			"job", "%s",
			preflight->warning ? preflight->warning
					   : "the server accepts it (dry run)");
	free(path);
	cJSON_Delete(object);
	return ok;
}

/* ---- the trial ---------------------------------------------------------- */

/* Try to write where the trial's volumes are; names of those that cannot be
 * written come out in lines. */
static char *looking_command(const struct kubernetes_config *config)
{
	cJSON *mounts = config->volume_mounts
				? cJSON_Parse(config->volume_mounts)
				: NULL;
	struct strbuf command = STRBUF_INIT;
	const cJSON *mount;

	strbuf_adds(&command, "for d in");
	cJSON_ArrayForEach (mount, mounts) {
		const char *path = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(mount, "mountPath"));

		if (!path || strchr(path, '\'') ||
		    cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(mount,
								  "readOnly")))
			continue;
		strbuf_addf(&command, " '%s'", path);
	}
	strbuf_adds(&command,
		    " /tmp; do f=\"$d/.trialdeck-check-$$\"; "
		    "if (: >\"$f\") 2>/dev/null; then rm -f \"$f\"; "
		    "echo \"writable $d\"; else echo \"readonly $d\"; fi; "
		    "done");
	cJSON_Delete(mounts);
	return strbuf_detach(&command);
}

static void wake(void *arg)
{
	loop_wake(arg);
}

/* What its keeper says is taken in and forgotten, but for its last word. */
static void answer_reports(struct rehearsal *rehearsal)
{
	struct report *report = sideport_take(rehearsal->sideport);

	while (report) {
		struct report *next = report->next;

		if (report->kind == REPORT_STATUS)
			platform_kubernetes.farewell(rehearsal->platform, 1, 1,
						     report->pod,
						     report->exit_code);
		report->next = NULL;
		sideport_answer(rehearsal->sideport, report, 200, NULL);
		report = next;
	}
}

static void quit_when_over(void *arg)
{
	struct rehearsal *rehearsal = arg;

	answer_reports(rehearsal);
	if (rehearsal->is_ended || rehearsal->is_late)
		loop_quit(rehearsal->preflight->loop);
}

static void quit_when_idle(void *arg)
{
	struct rehearsal *rehearsal = arg;

	platform_kubernetes.wind_up(rehearsal->platform);
	if (rehearsal->is_late ||
	    !platform_kubernetes.is_busy(rehearsal->platform))
		loop_quit(rehearsal->preflight->loop);
}

static void too_late(void *arg)
{
	struct rehearsal *rehearsal = arg;

	rehearsal->is_late = true;
}

static void run_until(struct rehearsal *rehearsal, loop_timer_fn *turn,
		      int64_t limit_ms)
{
	struct loop *loop = rehearsal->preflight->loop;
	struct loop_timer *limit =
		loop_after(loop, limit_ms, too_late, rehearsal);

	rehearsal->is_late = false;
	loop_set_turn(loop, turn, rehearsal);
	loop_run(loop);
	if (!rehearsal->is_late)
		loop_cancel(loop, limit);
	loop_set_turn(loop, NULL, NULL);
}

static void tell_storage(struct rehearsal *rehearsal,
			 const struct attempt *attempt)
{
	struct preflight *preflight = rehearsal->preflight;
	char *path = fs_join(attempt->directory, "stdout");
	struct strbuf log = STRBUF_INIT;
	struct error ignored;
	char *save = NULL;
	char *line;

	if (fs_read_file(path, 65536, &log, &ignored))
		for (line = strtok_r(log.data, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			if (!strncmp(line, "writable /tmp", 13))
				continue;
			if (!strncmp(line, "writable ", 9))
				preflight_tell(preflight, PREFLIGHT_OK,
					       "storage",
					       "%.200s can be written from "
					       "pods",
					       line + 9);
			else if (!strncmp(line, "readonly ", 9))
				preflight_tell(preflight, PREFLIGHT_WARNING,
					       "storage",
					       "%.200s cannot be written from "
					       "pods: look at its permissions "
					       "(securityContext, "
					       "root_squash), or mount it "
					       "readOnly",
					       line + 9);
		}
	strbuf_release(&log);
	free(path);
}

static void tell_side_port(struct rehearsal *rehearsal)
{
	struct platform *platform = rehearsal->platform;

	if (platform->reach == K8S_REACH_SIDEPORT)
		preflight_tell(rehearsal->preflight, PREFLIGHT_OK, "side port",
			       "pods reach %s", platform->url);
	else if (rehearsal->side_port_problem[0])
		preflight_tell(rehearsal->preflight, PREFLIGHT_WARNING,
			       "side port", "%s", rehearsal->side_port_problem);
}

static const char *image_of(const struct rehearsal *rehearsal)
{
	return rehearsal->plain.role.image ? rehearsal->plain.role.image
					   : rehearsal->config.kubernetes.image;
}

static void tell_result(struct rehearsal *rehearsal,
			const struct attempt *attempt)
{
	struct preflight *preflight = rehearsal->preflight;

	if (!rehearsal->is_ended)
		preflight_tell(preflight, PREFLIGHT_FAILED, "pod",
			       "did not %s within %d s%s%s",
			       rehearsal->is_started ? "end" : "start",
			       REHEARSAL_MS / 1000,
			       rehearsal->waiting[0] ? ": " : "",
			       rehearsal->waiting);
	else if (rehearsal->end.exit_code != 0)
		preflight_tell(preflight, PREFLIGHT_FAILED, "pod", "%s",
			       rehearsal->end.reason);
	else
		preflight_tell(preflight, PREFLIGHT_OK, "pod",
			       "image %.200s runs", image_of(rehearsal));
	tell_side_port(rehearsal);
	tell_storage(rehearsal, attempt);
}

/* A point of the search space: objects of the user's own may ask for any
 * parameter. */
static char *some_parameters(const struct experiment_config *config)
{
	const struct tuner_ops *ops =
		config->tuner.name ? tuner_find(config->tuner.name) : NULL;
	struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	struct space *space = NULL;
	struct random random;
	struct error ignored;
	double *point;

	if (config->search_space)
		space_parse(config->search_space, &space, &path, &ignored);
	strbuf_release(&path);
	if (!space)
		return xstrdup("{}");
	random_seed(&random, 1, 0);
	point = xcalloc(space->count + 1, sizeof(*point));
	space_sample(space, &random, point);
	tuner_format(ops ? ops->flags : 0, space, point, &text);
	free(point);
	space_free(space);
	return strbuf_detach(&text);
}

static void rehearse(struct rehearsal *rehearsal)
{
	struct trial trial = {.key = 1, .id = "check"};
	struct attempt attempt = {.trial = 1, .number = 1};
	struct job_request request = {
		.trial = &trial, .attempt = &attempt, .parameter_file = "{}"};
	struct preflight *preflight = rehearsal->preflight;
	struct error err;

	random_secret_hex(attempt.token, sizeof(attempt.token) - 1);
	attempt.directory = xasprintf("%s/trials/check/1", rehearsal->folder);
	trial.parameters = some_parameters(preflight->config);
	if (!dry_run(rehearsal, &trial, &attempt))
		goto out;
	/* pods of the user's own objects are not ours to try */
	if (preflight->kubernetes->keeper == KEEPER_NONE)
		goto out;
	sideport_allow(rehearsal->sideport, 1, 1, trial.id, attempt.token, "{}",
		       false);
	if (!platform_kubernetes.submit(rehearsal->platform, &request, &err)) {
		preflight_tell(rehearsal->preflight, PREFLIGHT_FAILED, "pod",
			       "%s", err.text);
		goto out;
	}
	run_until(rehearsal, quit_when_over, REHEARSAL_MS);
	if (!rehearsal->is_ended)
		platform_kubernetes.kill(rehearsal->platform, 1, 1);
	run_until(rehearsal, quit_when_idle, WIND_UP_MS);
	tell_result(rehearsal, &attempt);
out:
	free(attempt.directory);
	free(trial.parameters);
}

static bool prepare(struct rehearsal *rehearsal, struct error *err)
{
	struct preflight *preflight = rehearsal->preflight;
	struct sideport_options options = {
		.bind = platform_kubernetes.bind,
		.port = (uint16_t)preflight->side_port,
		.experiment_id = rehearsal->experiment.id,
		.wake = wake,
		.wake_arg = preflight->loop,
	};
	struct platform_context context = {
		.loop = preflight->loop,
		.experiment = &rehearsal->experiment,
		.config = &rehearsal->config,
		.callbacks = {.created = on_created,
			      .started = on_started,
			      .waiting = on_waiting,
			      .ended = on_ended,
			      .report = on_report,
			      .fault = on_fault,
			      .event = on_event,
			      .placed = on_placed,
			      .parts = on_parts,
			      .cluster = on_cluster,
			      .arg = rehearsal},
	};

	if (!mkdtemp(rehearsal->folder))
		return error_set_errno(err, "create %s", rehearsal->folder);
	if (!keeper_install(rehearsal->folder, &rehearsal->keeper_path, err) ||
	    !sideport_start(&options, &rehearsal->sideport, err))
		return false;
	context.keeper_path = rehearsal->keeper_path;
	context.sideport = rehearsal->sideport;
	return platform_kubernetes.open(&context, &rehearsal->platform, err);
}

void preflight_rehearse(struct preflight *preflight)
{
	struct rehearsal rehearsal = {
		.preflight = preflight,
		.config = *preflight->config,
		.folder = "/tmp/trialdeck-check-XXXXXX",
	};
	struct error err;
	uint64_t bits;

	random_secret(&bits, sizeof(bits));
	experiment_id_format(rehearsal.experiment.id, bits);
	rehearsal.experiment.directory = rehearsal.folder;
	rehearsal.config.trial_command = looking_command(preflight->kubernetes);
	preflight_plain_make(&rehearsal.plain, &rehearsal.config.kubernetes);
	if (prepare(&rehearsal, &err))
		rehearse(&rehearsal);
	else
		preflight_tell(preflight, PREFLIGHT_FAILED, "pod", "%s",
			       err.text);
	if (rehearsal.platform)
		platform_kubernetes.close(rehearsal.platform);
	if (rehearsal.sideport)
		sideport_stop(rehearsal.sideport);
	fs_remove_tree(rehearsal.folder, &err);
	free(rehearsal.keeper_path);
	free(rehearsal.config.trial_command);
	preflight_plain_release(&rehearsal.plain);
}
