/* SPDX-License-Identifier: MIT */
/*
 * `tensorboard`: TensorBoard over what trials left behind.  Where their outputs
 * can be read from here it is a process of this machine; where only pods can,
 * it is a pod, and kubectl brings its port here.  What lies where neither can
 * mount it (S3) is fetched first.
 */
#include "cli/board_process.h"
#include "cli/files.h"

#include "base/fs.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "engine/outputs/place.h"
#include "engine/platform/kubernetes/board.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_S 180
#define HOURS 12
#define TRIALS_MAX 1000 /* of a command line */

/* A run's name: its trial's number first, so that they are in order. */
static char *run_name(const struct files_attempt *attempt)
{
	return attempt->output.attempt > 1
		       ? xasprintf("%04" PRId64 "-%s-%d", attempt->sequence,
				   attempt->trial_id, attempt->output.attempt)
		       : xasprintf("%04" PRId64 "-%s", attempt->sequence,
				   attempt->trial_id);
}

/* The trials named after the experiment; all when none is.  Those without
 * outputs are left out, with a word. */
static bool choose(struct files *files, struct cli *cli, struct error *err)
{
	size_t kept = 0;
	struct error why = {ERROR_NONE, ""};

	if (!files_open_named(files, cli, err))
		return false;
	for (size_t i = 0; i < files->count; i++) {
		if (files_may_be_there(&files->attempts[i], &why))
			files->attempts[kept++] = files->attempts[i];
		else
			output_release(&files->attempts[i].output);
	}
	files->count = kept;
	if (!kept && why.code) {
		*err = why;
		return false;
	}
	if (!kept)
		return error_set(err, ERROR_NOT_FOUND,
				 "experiment %s has no outputs to show (yet)",
				 files->found.experiment.id);
	return kept <= TRIALS_MAX ||
	       error_set(err, ERROR_LIMIT,
			 "%zu trials are more than TensorBoard can be given: "
			 "name those to show, at most %d",
			 kept, TRIALS_MAX);
}

/* Characters that --logdir_spec has for itself. */
static bool is_plain(const char *path)
{
	return !strpbrk(path, ",:");
}

/* ---- on this machine
 * --------------------------------------------------------- */

/* name:path,... of folders that can be read here; NULL: not all of them. */
static char *local_spec(struct files *files)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < files->count; i++) {
		char *path = outputs_local_path(&files->attempts[i].output,
						files->cli->db_path);
		char *name = run_name(&files->attempts[i]);

		if (!path || !is_plain(path)) {
			free(path);
			free(name);
			strbuf_release(&out);
			return NULL;
		}
		strbuf_addf(&out, "%s%s:%s", i ? "," : "", name, path);
		free(path);
		free(name);
	}
	return strbuf_detach(&out);
}

/* Brought into the experiment's folder first. */
static char *fetched_spec(struct files *files, struct error *err)
{
	char *folder =
		fs_join(files->found.experiment.directory, "tensorboard");
	struct strbuf out = STRBUF_INIT;
	bool ok;

	fprintf(stderr,
		"no pod can mount this storage: fetching the outputs of %zu "
		"trials into %s first\n",
		files->count, folder);
	ok = files_fetch(files, folder, true, NULL, 0, true, err);
	if (ok && !is_plain(folder))
		ok = error_set(err, ERROR_INVALID,
			       "TensorBoard cannot be given a path with ',' or "
			       "':' in it: %s",
			       folder);
	for (size_t i = 0; ok && i < files->count; i++) {
		char *name = run_name(&files->attempts[i]);

		strbuf_addf(&out, "%s%s:%s/%s", i ? "," : "", name, folder,
			    files->attempts[i].trial_id);
		free(name);
	}
	free(folder);
	if (ok)
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}

static bool run_here(struct files *files, const char *spec, struct error *err)
{
	const char *folder = files->found.experiment.directory;
	bool was_there;
	int port = 0;
	long wanted;

	if (!cli_option_number(files->cli, "at", 1, 65535, 0, &wanted, err) ||
	    !board_process_stop(folder, &was_there, err) ||
	    !board_process_start(folder, spec, (int)wanted, &port, err))
		return false;
	printf("http://localhost:%d/\n", port);
	fflush(stdout);
	fprintf(stderr,
		"TensorBoard shows %zu trial%s; 'trialdeck tensorboard --stop "
		"%s' ends it\n",
		files->count, files->count == 1 ? "" : "s",
		files->found.experiment.id);
	return true;
}

/* ---- in the cluster
 * ---------------------------------------------------------- */

static void show_waiting(void *arg, const char *reason)
{
	(void)arg;
	fprintf(stderr, "waiting: %s\n", reason);
}

static void print_kubectl(const struct files *files,
			  const struct board_place *place)
{
	const struct kubernetes_config *config = &files->config.kubernetes;

	printf("kubectl%s%s%s%s -n %s port-forward pod/%s %d:%d\n",
	       config->kubeconfig ? " --kubeconfig " : "",
	       config->kubeconfig ? config->kubeconfig : "",
	       config->context ? " --context " : "",
	       config->context ? config->context : "", place->namespace,
	       place->pod, BOARD_PORT, BOARD_PORT);
	fflush(stdout);
	fprintf(stderr,
		"then http://localhost:%d/ shows %zu trial%s, for %d hours at "
		"most; 'trialdeck tensorboard --stop %s' ends it\n",
		BOARD_PORT, files->count, files->count == 1 ? "" : "s", HOURS,
		files->found.experiment.id);
}

static bool run_in_cluster(struct files *files, struct error *err)
{
	const char *image = cli_option(files->cli, "image");
	struct board_run *runs = xcalloc(files->count, sizeof(*runs));
	struct board_options options = {
		.experiment = &files->found.experiment,
		.config = &files->config,
		.image =
			image ? image : files->config.outputs.tensorboard_image,
		.command = cli_option(files->cli, "command"),
		.runs = runs,
		.count = files->count,
		.deadline_s = HOURS * 3600,
		.wait_s = WAIT_S,
		.waiting = show_waiting,
	};
	struct board_place place;
	bool ok;

	if (!options.image)
		options.image = OUTPUTS_TENSORBOARD_IMAGE;
	for (size_t i = 0; i < files->count; i++) {
		runs[i].name = run_name(&files->attempts[i]);
		runs[i].path =
			xasprintf("%s/output", files->attempts[i].output.path);
	}
	ok = board_start(&options, &place, err);
	for (size_t i = 0; i < files->count; i++) {
		free((char *)(uintptr_t)runs[i].name);
		free((char *)(uintptr_t)runs[i].path);
	}
	free(runs);
	if (ok)
		print_kubectl(files, &place);
	return ok;
}

/* ---- the command ----------------------------------------------------------
 */

static bool start(struct files *files, struct error *err)
{
	bool is_forced = cli_option(files->cli, "in-cluster");
	bool has_volume = outputs_has_volume(&files->config);
	char *spec;
	bool ok;

	if (is_forced && !has_volume)
		return error_set(err, ERROR_INVALID,
				 "--in-cluster: this experiment has no storage "
				 "that a pod could mount");
	spec = is_forced ? NULL : local_spec(files);
	if (!spec && has_volume)
		return run_in_cluster(files, err);
	if (!spec)
		spec = fetched_spec(files, err);
	ok = spec && run_here(files, spec, err);
	free(spec);
	return ok;
}

static bool stop(struct cli *cli, struct error *err)
{
	struct files files;
	bool was_here = false, was_there = false;
	bool ok;

	ok = files_open_experiment(&files, cli, STORE_READ, err) &&
	     board_process_stop(files.found.experiment.directory, &was_here,
				err);
	if (ok && outputs_has_volume(&files.config))
		ok = board_stop(&files.found.experiment, &files.config,
				&was_there, err);
	if (ok && !was_here && !was_there)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "no TensorBoard runs for experiment %s",
			       files.found.experiment.id);
	files_release(&files);
	return ok;
}

int command_tensorboard(struct cli *cli)
{
	struct files files = {0};
	struct error err = {0};
	bool ok;

	if (cli_option(cli, "stop"))
		return stop(cli, &err) ? CLI_DONE : cli_fail(&err);
	ok = choose(&files, cli, &err) && start(&files, &err);
	files_release(&files);
	return ok ? CLI_DONE : cli_fail(&err);
}
