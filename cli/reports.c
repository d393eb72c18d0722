/* SPDX-License-Identifier: MIT */
/* `report`: an experiment as one page. */
#include "base/clock.h"
#include "base/fs.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int command_report(struct cli *cli)
{
	const char *path = cli_option(cli, "output");
	const char *name = cli_option(cli, "format");
	enum report_format format = report_format_of(path);
	struct strbuf page = STRBUF_INIT;
	struct found found;
	struct error err = {0};
	bool ok;

	if (name && !strcmp(name, "md"))
		format = REPORT_MARKDOWN;
	else if (name && !strcmp(name, "html"))
		format = REPORT_HTML;
	else if (name)
		error_set(&err, ERROR_INVALID,
			  "--format: 'html' or 'md' is needed, not '%s'", name);
	if (err.code || !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (!path || !strcmp(path, "-")) {
		ok = report_write(&page, found.store, found.experiment.key,
				  format, clock_wall_ns(), &err);
		if (ok)
			output_flush(&page);
	} else {
		ok = report_save(path, found.store, found.experiment.key,
				 format, clock_wall_ns(), &err);
	}
	strbuf_release(&page);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail_at(&err, "report");
}
