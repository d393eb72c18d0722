/* SPDX-License-Identifier: MIT */
/* Any bytes as an export to import.  What is refused leaves nothing; what is
 * taken is sound, can be exported in every form, and comes back. */
#include "base/fs.h"
#include "base/strbuf.h"
#include "store/sql.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/trialdeck-fuzz-XXXXXX";
static struct store *store;

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_import: %s\n", err->text);
	abort();
}

static void clean_up(void)
{
	struct error err;

	store_close(store);
	fs_remove_tree(folder, &err);
}

static void set_up(void)
{
	struct error err;
	char *path;

	if (store)
		return;
	if (!mkdtemp(folder))
		abort();
	path = fs_join(folder, "fuzz.db");
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_exec(store, "PRAGMA synchronous = OFF", &err), &err);
	free(path);
	atexit(clean_up);
}

static void forget(int64_t key)
{
	struct error err;

	must(store_begin(store, &err), &err);
	must(store_experiment_delete(store, key, &err), &err);
	must(store_commit(store, &err), &err);
}

static bool seen(const struct experiment *experiment, void *arg)
{
	(void)experiment;
	*(bool *)arg = true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf json = STRBUF_INIT, other = STRBUF_INIT;
	struct experiment row, again;
	struct error err;
	bool any = false;

	set_up();
	if (!store_import(store, (const char *)data, size, &row, &err)) {
		assert(!row.name && !row.directory);
		must(store_experiments_each(store, 0, seen, &any, &err), &err);
		assert(!any);
		return 0;
	}
	must(store_check(store, &other, &err), &err);
	must(store_export(store, row.key, TRANSFER_NNI_JSON, true, &other,
			  &err),
	     &err);
	must(store_export(store, row.key, TRANSFER_CSV, true, &other, &err),
	     &err);
	must(store_export(store, row.key, TRANSFER_JSON, true, &json, &err),
	     &err);
	forget(row.key);
	must(store_import(store, json.data, json.len, &again, &err), &err);
	forget(again.key);
	experiment_release(&row);
	experiment_release(&again);
	strbuf_release(&json);
	strbuf_release(&other);
	return 0;
}
