/* SPDX-License-Identifier: MIT */
/*
 * `delete`: experiments with their rows and files.  The experiment's lock is
 * held meanwhile, so nobody can take it up half gone.  Files go first: should
 * this be cut short, deleting again finishes it.
 */
#include "base/fs.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What it has on storages is not among its files here. */
static void tell_outputs(struct cli *cli, struct store *store,
			 const struct experiment *experiment)
{
	struct files_total total;
	struct error ignored;
	char *size;

	if (!files_total(cli, store, experiment,
			 cli_option(cli, "outputs") != NULL, &total,
			 &ignored) ||
	    !total.attempts)
		return;
	size = files_size(total.bytes);
	fprintf(stderr,
		"%s: outputs of %" PRId64 " attempts (%" PRId64 " files, %s%s) "
		"%s\n",
		experiment->id, total.attempts, total.files, size,
		total.is_complete ? "" : " and what was not counted",
		cli_option(cli, "outputs")
			? "go, too, wherever they lie"
			: "stay where they are on a storage: --outputs removes "
			  "them, too");
	free(size);
}

static bool ask(const struct experiment *experiment)
{
	char answer[16] = "";

	fprintf(stderr,
		"delete experiment %s (%s, %" PRId64 " trials) and %s? [y/N] ",
		experiment->id, experiment->name ? experiment->name : "unnamed",
		experiment->next_sequence,
		experiment->directory ? experiment->directory : "no files");
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* Only a folder that bears the experiment's id is the experiment's own. */
static bool remove_files(const struct experiment *experiment, struct error *err)
{
	const char *folder = experiment->directory;
	const char *name = folder ? strrchr(folder, '/') : NULL;

	if (!name || access(folder, F_OK) < 0)
		return true;
	if (strcmp(name + 1, experiment->id) != 0)
		return error_set(err, ERROR_DENIED,
				 "%s does not bear the experiment's id, so its "
				 "files stay; --keep-files removes the rows",
				 folder);
	return fs_remove_tree(folder, err);
}

static bool may_still_run(const struct experiment *experiment,
			  struct error *err)
{
	int64_t live = experiment->counts[TRIAL_WAITING] +
		       experiment->counts[TRIAL_RUNNING] +
		       experiment->counts[TRIAL_UNKNOWN];

	if (experiment_state_is_terminal(experiment->state) || !live)
		return false;
	error_set(err, ERROR_CONFLICT,
		  "%" PRId64 " of its trials may still be running: "
		  "'trialdeck resume %s' takes them up and stop ends them; "
		  "--force deletes all the same",
		  live, experiment->id);
	return true;
}

static bool delete_one(struct cli *cli, struct store *store,
		       const struct experiment *experiment, struct error *err)
{
	int lock;
	bool ok;

	lock = store_lock_experiment(cli->db_path, experiment->id, err);
	if (lock < 0)
		return false;
	ok = (cli_option(cli, "force") || !may_still_run(experiment, err)) &&
	     (!cli_option(cli, "outputs") ||
	      files_remove_all(cli, store, experiment, err)) &&
	     (cli_option(cli, "keep-files") || remove_files(experiment, err)) &&
	     store_begin(store, err);
	if (ok) {
		ok = store_experiment_delete(store, experiment->key, err) &&
		     store_commit(store, err);
		if (!ok)
			store_rollback(store);
	}
	close(lock);
	return ok;
}

int command_delete(struct cli *cli)
{
	struct error err = {0};
	struct store *store;
	int worst = CLI_DONE;

	if (!cli->is_yes && !isatty(STDIN_FILENO)) {
		error_set(&err, ERROR_INVALID,
			  "delete: there is no terminal to ask on; --yes "
			  "deletes without asking");
		return cli_fail(&err);
	}
	if (access(cli->db_path, F_OK) < 0) {
		error_set_errno(&err, "delete: %s", cli->db_path);
		return cli_fail(&err);
	}
	if (!store_open(cli->db_path, STORE_WRITE, &store, &err))
		return cli_fail_at(&err, "delete");
	for (size_t i = 0; i < cli->argument_count; i++) {
		struct experiment experiment;
		int status = CLI_DONE;

		if (!store_experiment_find(store, cli->arguments[i],
					   &experiment, &err)) {
			status = cli_fail_at(&err, "delete");
		} else {
			tell_outputs(cli, store, &experiment);
			if (!cli->is_yes && !ask(&experiment))
				status = CLI_FAILED;
			else if (!delete_one(cli, store, &experiment, &err))
				status = cli_fail_at(&err, "delete %s",
						     experiment.id);
			else
				printf("deleted %s\n", experiment.id);
			experiment_release(&experiment);
		}
		if (status > worst)
			worst = status;
	}
	store_close(store);
	return worst;
}
