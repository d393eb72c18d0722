/* SPDX-License-Identifier: MIT */
/* Reads the command line, finds the command, runs it. */
#include "config.h"

#include "base/fs.h"
#include "base/log.h"
#include "cli/background.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/foreign.h"
#include "cli/nnictl.h"
#include "store/store.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program's own log lies beside the database; none before there is one,
 * and none for those who only look. */
static void open_log(const struct cli *cli)
{
	const char *level = getenv("TRIALDECK_LOG");
	char *folder, *path;

	if (cli->is_read_only || !cli->command->needs_write)
		return;
	folder = fs_folder(cli->db_path);
	path = fs_join(folder, "trialdeck.log");
	log_open(path, level && !strcmp(level, "debug") ? LOG_LEVEL_DEBUG
							: LOG_LEVEL_INFO);
	free(path);
	free(folder);
}

/* A database of an older version is brought up to date by the first command
 * that may touch it, also by one that only looks. */
static void migrate(const struct cli *cli)
{
	struct store *store;
	struct error err;

	if (cli->is_read_only || cli->command->is_hidden ||
	    cli->command->run == command_view ||
	    cli->command->run == command_check ||
	    access(cli->db_path, F_OK) < 0)
		return;
	if (store_open(cli->db_path, STORE_READ, &store, &err) ||
	    (err.code == ERROR_INVALID &&
	     store_open(cli->db_path, STORE_WRITE, &store, &err)))
		store_close(store);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	/* its texts are used until the end, and belong to nobody else */
	static char **translated;
	struct cli cli;
	int status, first;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* numbers are data here */
	if (nnictl_is_meant(argc, argv, &first)) {
		if (!nnictl_translate(argc, argv, first, &argc, &translated,
				      &err))
			return cli_fail(&err);
		argv = translated;
	}
	if (!cli_parse(&cli, cli_commands, argc, argv, &err)) {
		status = cli_fail(&err);
	} else if (cli.wants_version) {
		status = command_version(&cli);
	} else if (cli.wants_help) {
		status = command_help(&cli);
	} else if (!foreign_begin(&cli, &err)) {
		status = cli_fail(&err);
	} else {
		background_set(cli.db_path, cli.side_port);
		open_log(&cli);
		migrate(&cli);
		status = cli.command->run(&cli);
		log_close();
		foreign_end();
	}
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		error_set_errno(&err, "write to standard output");
		cli_fail(&err);
		status = CLI_FAILED;
	}
	cli_release(&cli);
	return status;
}
