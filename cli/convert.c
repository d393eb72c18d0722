/* SPDX-License-Identifier: MIT */
/* `convert`: an experiment file in NNI's second form. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/output.h"
#include "engine/spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What NNI would say to it, for people; the file says it too. */
static void print_notes(const char *file, const struct strbuf *notes)
{
	const char *at = notes->data;

	while (*at) {
		size_t len = strcspn(at, "\n");

		fprintf(stderr, "trialdeck: %s: %.*s\n", file, (int)len, at);
		at += len + (at[len] == '\n');
	}
}

static bool print(struct cli *cli, const struct experiment_config *config,
		  const char *text, struct error *err)
{
	struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
	bool ok = true;

	if (cli->is_json)
		strbuf_addf(&out, "%s\n", config->canonical);
	else
		ok = spec_convert(config, text, strlen(text), &out, &notes,
				  err);
	if (ok) {
		print_notes(cli_argument(cli, 0), &notes);
		output_flush(&out);
	}
	strbuf_release(&out);
	strbuf_release(&notes);
	return ok;
}

int command_convert(struct cli *cli)
{
	struct experiment_config config = {0};
	struct strbuf problems = STRBUF_INIT;
	struct error err = {0};
	char *text = NULL, *path = NULL;
	int status = CLI_DONE;

	if (!experiment_file_load(cli_argument(cli, 0), NULL, &config, &text,
				  &path, &problems, &err)) {
		status = experiment_file_fail(&problems, &err);
	} else if (!print(cli, &config, text, &err)) {
		status = cli_fail(&err);
	}
	experiment_config_release(&config);
	strbuf_release(&problems);
	free(text);
	free(path);
	return status;
}
