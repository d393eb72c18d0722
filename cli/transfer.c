/* SPDX-License-Identifier: MIT */
/* `export` and `import`: whole experiments as files. */
#include "base/fs.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "interchange/interchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IMPORT_MAX ((size_t)1 << 30)

enum format {
	FORMAT_JSON,
	FORMAT_NNI_JSON,
	FORMAT_CSV,
	FORMAT_OPTUNA,
	FORMAT_NNI
};

static bool parse_format(const struct cli *cli, enum format *ret,
			 struct error *err)
{
	static const char *const names[] = {"json", "nni-json", "csv", "optuna",
					    "nni"};
	const char *name = cli_option(cli, "format");

	if (!name)
		name = cli->is_csv ? "csv" : "json";
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum format)i;
			return true;
		}
	return error_set(err, ERROR_INVALID,
			 "--format: 'json', 'csv', 'optuna', 'nni' or "
			 "'nni-json' is needed, not '%s'",
			 name);
}

static bool write_text(struct cli *cli, const struct found *found,
		       enum format format, const char *path, bool replaces,
		       struct error *err)
{
	static const enum transfer_format formats[] = {
		TRANSFER_JSON, TRANSFER_NNI_JSON, TRANSFER_CSV};
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	if (path && !replaces && access(path, F_OK) == 0)
		return error_set(err, ERROR_CONFLICT,
				 "%s exists; --force replaces it", path);
	ok = store_export(found->store, found->experiment.key, formats[format],
			  cli_option(cli, "intermediates"), &out, err);
	if (ok && path)
		ok = fs_write_file(path, out.data, out.len, err);
	else if (ok)
		output_flush(&out);
	strbuf_release(&out);
	return ok;
}

static bool write_out(struct cli *cli, const struct found *found,
		      enum format format, struct error *err)
{
	const char *path = cli_option(cli, "output");
	bool replaces = cli_option(cli, "force");

	if (path && !strcmp(path, "-"))
		path = NULL;
	if (format != FORMAT_OPTUNA && format != FORMAT_NNI)
		return write_text(cli, found, format, path, replaces, err);
	if (!path)
		return error_set(err, ERROR_INVALID,
				 "a database is no text: --output FILE says "
				 "where to write it");
	return format == FORMAT_OPTUNA
		       ? interchange_write_optuna(found->store,
						  &found->experiment, path,
						  replaces, err)
		       : interchange_write_nni(found->store, &found->experiment,
					       path, replaces, err);
}

int command_export(struct cli *cli)
{
	enum format format = FORMAT_JSON;
	struct found found;
	struct error err = {0};
	bool ok;

	if (!parse_format(cli, &format, &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	ok = write_out(cli, &found, format, &err);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail_at(&err, "export");
}

/* ---- import -------------------------------------------------------------- */

static void add_json(struct strbuf *out, const struct experiment *experiment,
		     bool is_known, const struct arrival_counts *counts)
{
	strbuf_adds(out, out->len > 1 ? ",\n{\"id\":" : "\n{\"id\":");
	strbuf_add_json_string(out, experiment->id);
	strbuf_adds(out, ",\"name\":");
	strbuf_add_json_string(out, experiment->name ? experiment->name : "");
	strbuf_addf(out,
		    ",\"known\":%s,\"trials\":%" PRId64 ",\"added\":%" PRId64
		    ",\"changed\":%" PRId64 ",\"metrics\":%" PRId64
		    ",\"skipped\":%" PRId64 "}",
		    is_known ? "true" : "false", counts->trials, counts->added,
		    counts->changed, counts->metrics, counts->skipped);
}

struct telling {
	struct cli *cli;
	struct strbuf json, notes;
};

/* The id alone on standard output, for scripts. */
static void tell(const struct experiment *experiment, bool is_known,
		 const struct arrival_counts *counts, void *arg)
{
	struct telling *telling = arg;
	struct strbuf *notes = &telling->notes;

	add_json(&telling->json, experiment, is_known, counts);
	strbuf_addf(notes, "%s: ", experiment->id);
	if (!is_known)
		strbuf_addf(notes, "%" PRId64 " trials", counts->added);
	else if (counts->added || counts->changed)
		strbuf_addf(notes,
			    "was here already: %" PRId64
			    " trials added, %" PRId64 " brought up to date",
			    counts->added, counts->changed);
	else
		strbuf_addf(notes,
			    "was here already, with all of its %" PRId64
			    " trials: nothing to do",
			    counts->trials);
	if (counts->metrics)
		strbuf_addf(notes, ", %" PRId64 " metrics", counts->metrics);
	if (counts->skipped)
		strbuf_addf(notes,
			    "; %" PRId64 " rows could not be read and are left "
			    "out",
			    counts->skipped);
	strbuf_addf(notes, " (%s)\n",
		    experiment->name && *experiment->name ? experiment->name
							  : "no name");
	if (!telling->cli->is_json)
		puts(experiment->id);
}

static bool import_text(struct cli *cli, struct store *store,
			struct telling *telling, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct experiment experiment;
	struct arrival_counts counts = {0};
	bool ok;

	if (cli_option(cli, "study") || cli_option(cli, "experiment"))
		return error_set(err, ERROR_INVALID,
				 "an export holds one experiment: --study and "
				 "--experiment choose in databases");
	ok = fs_read_file(cli_argument(cli, 0), IMPORT_MAX, &text, err) &&
	     store_import(store, text.data, text.len, &experiment, err);
	strbuf_release(&text);
	if (!ok)
		return false;
	counts.trials = counts.added = experiment.next_sequence;
	tell(&experiment, false, &counts, telling);
	strbuf_clear(&telling->notes); /* as ever: the id alone */
	experiment_release(&experiment);
	return true;
}

static bool import_database(struct cli *cli, struct store *store,
			    struct telling *telling, struct error *err)
{
	const char *study = cli_option(cli, "study");
	const struct interchange_wish wish = {
		.name = study ? study : cli_option(cli, "experiment"),
	};
	struct source *source;
	bool ok;

	if (!source_open(cli_argument(cli, 0), &source, err))
		return false;
	if (source->note)
		strbuf_addf(&telling->notes, "%s\n", source->note);
	ok = interchange_import(source, store, &wish, tell, telling, err);
	source_close(source);
	return ok;
}

int command_import(struct cli *cli)
{
	const char *path = cli_argument(cli, 0);
	struct telling telling = {
		.cli = cli, .json = STRBUF_INIT, .notes = STRBUF_INIT};
	struct error err = {0};
	struct store *store;
	int status = CLI_DONE;

	if (!store_open(cli->db_path, STORE_WRITE, &store, &err))
		return cli_fail_at(&err, "import");
	strbuf_addch(&telling.json, '[');
	if (source_is_database(path)
		    ? !import_database(cli, store, &telling, &err)
		    : !import_text(cli, store, &telling, &err)) {
		status = cli_fail_at(&err, "import %s", path);
	} else {
		fputs(telling.notes.data, stderr);
		strbuf_adds(&telling.json, "\n]\n");
		if (cli->is_json)
			output_flush(&telling.json);
	}
	store_close(store);
	strbuf_release(&telling.json);
	strbuf_release(&telling.notes);
	return status;
}
