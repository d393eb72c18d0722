/* SPDX-License-Identifier: MIT */
/*
 * Creates experiments.  The file is read once: the text that is checked is the
 * text that is stored, so that an editor saving meanwhile cannot come between.
 */
#include "cli/create.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/platform/kubernetes/preflight.h"
#include "engine/spec/spec.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_TRIES 8

char *experiment_home(const char *db_path)
{
	char *folder = fs_folder(db_path);
	char *home = fs_join(folder, "experiments");

	free(folder);
	return home;
}

struct spec_overrides overrides_given(const struct cli *cli)
{
	return (struct spec_overrides){
		.kubeconfig = cli_option(cli, "kubeconfig"),
		.context = cli_option(cli, "context"),
		.namespace = cli_option(cli, "namespace"),
	};
}

/* What is no file of ours at all, said in words that help. */
static bool read_text(const char *file, struct strbuf *text, struct error *err)
{
	struct stat status;

	if (stat(file, &status) < 0 && errno == ENOENT)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no file %s; 'trialdeck new' writes "
				 "an experiment to begin with",
				 file);
	if (stat(file, &status) == 0 && S_ISDIR(status.st_mode))
		return error_set(err, ERROR_INVALID,
				 "%s is a folder: name the experiment file in "
				 "it, such as %s%sexperiment.yaml",
				 file, file,
				 *file && file[strlen(file) - 1] == '/' ? ""
									: "/");
	if (!fs_read_file(file, SPEC_FILE_MAX, text, err))
		return false;
	if (memchr(text->data, 0, text->len))
		return error_set(err, ERROR_INVALID,
				 "%s is no text, so no experiment file", file);
	return true;
}

bool experiment_file_load(const char *file,
			  const struct spec_overrides *overrides,
			  struct experiment_config *ret, char **ret_text,
			  char **ret_path, struct strbuf *problems,
			  struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path, *folder;
	bool ok = false;

	if (!read_text(file, &text, err)) {
		strbuf_release(&text);
		return false;
	}
	path = realpath(file, NULL);
	if (!path)
		path = xstrdup(file);
	/* relative paths are meant from where the file was named, but a link
	 * to a file leads to the file's own folder, as with NNI */
	folder = fs_folder(path);
	ok = spec_parse(text.data, text.len, file, folder, ret, problems, err);
	if (ok && overrides && !spec_override(ret, overrides, err)) {
		experiment_config_release(ret);
		ok = false;
	}
	if (ok) {
		*ret_text = strbuf_detach(&text);
		*ret_path = path;
		path = NULL;
	}
	free(path);
	free(folder);
	strbuf_release(&text);
	return ok;
}

static void fill(struct experiment *experiment,
		 const struct experiment_config *config)
{
	experiment->name = xstrdup_or_null(config->name);
	experiment->state = EXPERIMENT_INITIALIZED;
	experiment->platform = xstrdup_or_null(config->platform);
	experiment->config = xstrdup_or_null(config->canonical);
	experiment->space = xstrdup_or_null(config->search_space);
	experiment->objective = config->objective;
	experiment->concurrency = config->trial_concurrency;
	experiment->max_trials = config->max_trial_number;
	experiment->max_duration_s = config->max_experiment_s;
	experiment->max_trial_duration_s = config->max_trial_s;
	experiment->max_retries = config->max_trial_retries;
	experiment->created_ns = clock_wall_ns();
	if (config->has_seed) {
		experiment->seed = config->seed;
	} else {
		uint32_t seed; /* short enough to be copied by hand */

		random_secret(&seed, sizeof(seed));
		experiment->seed = seed;
	}
}

/* The row, under an id that nothing has yet. */
static bool record(struct store *store, const char *home,
		   struct experiment *experiment, struct error *err)
{
	for (int i = 0; i < ID_TRIES; i++) {
		struct error why = {0};
		uint64_t bits;

		random_secret(&bits, sizeof(bits));
		experiment_id_format(experiment->id, bits);
		free(experiment->directory);
		experiment->directory = fs_join(home, experiment->id);
		if (access(experiment->directory, F_OK) == 0)
			continue;
		if (!store_begin(store, err))
			return false;
		if (store_experiment_add(store, experiment, &why))
			return store_commit(store, err);
		store_rollback(store);
		if (why.code != ERROR_CONFLICT) {
			*err = why;
			return false;
		}
	}
	return error_set(err, ERROR_CONFLICT, "no free experiment id found");
}

bool experiment_create(const char *db_path, const char *file,
		       const struct spec_overrides *overrides,
		       struct experiment *ret, struct strbuf *problems,
		       bool *ret_is_unreached, struct error *err)
{
	struct experiment_config config = {0};
	struct experiment experiment = {0};
	struct store *store;
	char *home;
	bool ok = false;

	if (!experiment_file_load(file, overrides, &config, &experiment.source,
				  &experiment.source_path, problems, err))
		return false;
	/* nothing is recorded of what could not even begin */
	if (strcmp(config.platform, "local") != 0 &&
	    !preflight_reach(&config, err)) {
		*ret_is_unreached = true;
		experiment_config_release(&config);
		free(experiment.source);
		free(experiment.source_path);
		return false;
	}
	fill(&experiment, &config);
	home = config.working_directory ? xstrdup(config.working_directory)
					: experiment_home(db_path);
	if (store_open(db_path, STORE_WRITE, &store, err)) {
		ok = record(store, home, &experiment, err) &&
		     fs_make_folders(experiment.directory, err);
		store_close(store);
	}
	free(home);
	experiment_config_release(&config);
	if (ok)
		*ret = experiment;
	else
		experiment_release(&experiment);
	return ok;
}

int experiment_file_fail(const struct strbuf *problems, const struct error *err)
{
	if (!problems->len)
		return cli_fail(err);
	fputs(problems->data, stderr);
	return CLI_USAGE;
}
