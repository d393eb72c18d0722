/* SPDX-License-Identifier: MIT */
/* run --warm-start: from the command line to the new experiment's history. */
#include "cli/warm.h"

#include <stdio.h>
#include <string.h>

bool warm_given(const struct cli *cli, struct warm **ret, struct error *err)
{
	struct store *store = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < cli->given_count; i++) {
		if (strcmp(cli->given[i].option->name, "warm-start") != 0)
			continue;
		ok = (store ||
		      store_open(cli->db_path, STORE_WRITE, &store, err)) &&
		     warm_read(store, cli->given[i].value, ret, err);
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
