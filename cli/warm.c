/* SPDX-License-Identifier: MIT */
/* run --warm-start: from the command line to the new experiment's history. */
#include "cli/warm.h"

#include "cli/foreign.h"
#include "interchange/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gathering {
	struct store *store;
	struct warm **warm;
	struct error *err;
	bool has_failed;
};

static bool gather(const struct experiment *experiment, void *arg)
{
	struct gathering *gathering = arg;

	gathering->has_failed = !warm_read(gathering->store, experiment->id,
					   gathering->warm, gathering->err);
	return !gathering->has_failed;
}

/* All experiments of another database. */
static bool read_database(const char *file, struct warm **ret,
			  struct error *err)
{
	struct gathering gathering = {.warm = ret, .err = err};
	char *path;
	bool ok;

	if (!foreign_read(file, &path, err))
		return error_prefix(err, "warm start");
	ok = store_open(path, STORE_READ, &gathering.store, err);
	free(path);
	if (ok) {
		ok = store_experiments_each(gathering.store, 0, gather,
					    &gathering, err) &&
		     !gathering.has_failed;
		store_close(gathering.store);
	}
	foreign_end();
	return ok;
}

bool warm_given(const struct cli *cli, struct warm **ret, struct error *err)
{
	struct store *store = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < cli->given_count; i++) {
		const char *source = cli->given[i].value;

		if (strcmp(cli->given[i].option->name, "warm-start") != 0)
			continue;
		if (source_is_database(source)) {
			ok = read_database(source, ret, err);
			continue;
		}
		ok = (store ||
		      store_open(cli->db_path, STORE_WRITE, &store, err)) &&
		     warm_read(store, source, ret, err);
	}
	if (store)
		store_close(store);
	return ok;
}

bool warm_begin(const struct cli *cli, struct warm *warm,
		const struct experiment *experiment, struct error *err)
{
	struct strbuf report = STRBUF_INIT;
	struct store *store;
	bool ok = true;

	if (warm && store_open(cli->db_path, STORE_WRITE, &store, err)) {
		ok = warm_write(store, warm, experiment, &report, err);
		store_close(store);
	} else if (warm) {
		ok = false;
	}
	fputs(report.data, stderr);
	strbuf_release(&report);
	warm_free(warm);
	return ok;
}
