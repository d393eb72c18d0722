/* SPDX-License-Identifier: MIT */
/* Opening the console on what the database holds. */
#include "cli/background.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/find.h"
#include "cli/foreign.h"
#include "tui/config_file.h"
#include "tui/remember.h"
#include "tui/tui.h"

#include <stdlib.h>
#include <unistd.h>

bool console_is_possible(const struct cli *cli, struct error *err)
{
	const char *term = getenv("TERM");
	char *config = config_file_path();
	const struct tui_options options = {.is_plain = cli->is_plain,
					    .config_path = config};
	bool is_plain = tui_is_plain(&options);

	free(config);
	if (cli->script || is_plain)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, ERROR_UNAVAILABLE,
				 "the console needs a terminal; "
				 "--plain, run --headless, list, show and "
				 "trials do not");
	if (!term || !*term)
		return error_set(err, ERROR_UNAVAILABLE,
				 "the console needs to know the terminal: set "
				 "TERM, for example to xterm-256color");
	return true;
}

int console_open(struct cli *cli, int64_t experiment, struct engine *engine)
{
	struct tui_options options = {
		.db_path = cli->db_path,
		.experiment = experiment,
		.engine = engine,
		.engine_experiment = engine ? experiment : 0,
		.is_read_only = cli->is_read_only,
		.is_ascii = cli->is_ascii,
		.is_monochrome = cli->is_monochrome,
		.is_plain = cli->is_plain,
		.greeting = foreign_greeting(),
		.script = cli->script,
		.resume = cli->is_read_only ? NULL : background_resume,
		.remove = cli->is_read_only ? NULL : background_delete,
	};
	char *config = config_file_path();
	char *state = cli->is_read_only ? NULL : remember_path();
	struct error err = {0};
	int status = CLI_DONE;

	options.config_path = config;
	options.state_path = state;
	if (!engine)
		tui_block_signals();
	if (!console_is_possible(cli, &err) ||
	    tui_run(&options, &err) == TUI_FAILED)
		status = cli_fail(&err);
	free(state);
	free(config);
	return status;
}

/* Browsing a database that does not exist yet is no error: an empty one is
 * made, unless nothing may be touched. */
int command_browse(struct cli *cli)
{
	struct store *store;
	struct error err = {0};

	if (!console_is_possible(cli, &err))
		return cli_fail(&err);
	if (!cli->is_read_only && access(cli->db_path, F_OK) < 0) {
		if (!store_open(cli->db_path, STORE_WRITE, &store, &err))
			return cli_fail(&err);
		store_close(store);
	}
	return console_open(cli, 0, NULL);
}

int command_view(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	int64_t key;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	key = found.experiment.key;
	found_release(&found);
	cli->is_read_only = true;
	return console_open(cli, key, NULL);
}
