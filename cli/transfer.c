/* SPDX-License-Identifier: MIT */
/* `export` and `import`: whole experiments as files. */
#include "base/fs.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"

#include <string.h>

#define IMPORT_MAX ((size_t)1 << 30)

static bool parse_format(const struct cli *cli, enum transfer_format *ret,
			 struct error *err)
{
	const char *name = cli_option(cli, "format");

	if (!name && cli->is_csv)
		name = "csv";
	if (!name || !strcmp(name, "json"))
		*ret = TRANSFER_JSON;
	else if (!strcmp(name, "nni"))
		*ret = TRANSFER_NNI_JSON;
	else if (!strcmp(name, "csv"))
		*ret = TRANSFER_CSV;
	else
		return error_set(err, ERROR_INVALID,
				 "--format: 'json', 'nni' or 'csv' is needed, "
				 "not '%s'",
				 name);
	return true;
}

int command_export(struct cli *cli)
{
	const char *path = cli_option(cli, "output");
	struct strbuf out = STRBUF_INIT;
	enum transfer_format format = TRANSFER_JSON;
	struct found found;
	struct error err = {0};
	bool ok;

	if (!parse_format(cli, &format, &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	ok = store_export(found.store, found.experiment.key, format,
			  cli_option(cli, "intermediates"), &out, &err);
	if (ok && path && strcmp(path, "-") != 0)
		ok = fs_write_file(path, out.data, out.len, &err);
	else if (ok)
		output_flush(&out);
	strbuf_release(&out);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail_at(&err, "export");
}

int command_import(struct cli *cli)
{
	struct strbuf text = STRBUF_INIT;
	struct experiment experiment;
	struct error err = {0};
	struct store *store;
	int status = CLI_DONE;

	if (!fs_read_file(cli_argument(cli, 0), IMPORT_MAX, &text, &err) ||
	    !store_open(cli->db_path, STORE_WRITE, &store, &err)) {
		strbuf_release(&text);
		return cli_fail_at(&err, "import");
	}
	if (store_import(store, text.data, text.len, &experiment, &err)) {
		puts(experiment.id);
		experiment_release(&experiment);
	} else {
		status = cli_fail_at(&err, "import %s", cli_argument(cli, 0));
	}
	store_close(store);
	strbuf_release(&text);
	return status;
}
