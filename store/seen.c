/* SPDX-License-Identifier: MIT */
/*
 * Where the files of an experiment are seen from here.
 *
 * Rows name directories as the engine sees them.  When that runs in a container
 * and its folder is mounted here, or the folder has been moved or copied, they
 * are not there; but they lie beside the database as they always do.
 */
#include "store/sql.h"

#include "base/fs.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char home[] = "/experiments/";

/* "/data/experiments/abc" of ".../abc/trials/x/1": its length; *ret_home is
 * where the home begins.  0: no experiment's. */
static size_t experiment_length(const char *directory, const char **ret_home)
{
	const char *found = NULL;

	for (const char *at = strstr(directory, home); at;
	     at = strstr(at + 1, home))
		found = at;
	if (!found)
		return 0;
	*ret_home = found;
	found += strlen(home);
	return (size_t)(found - directory) + strcspn(found, "/");
}

/* Keeps the answer: rows come by the thousand, of one experiment. */
static bool know(struct store *store, const char *directory, size_t len,
		 const char *at_home)
{
	char *here = xstrndup(directory, len);
	char *folder, *beside;
	bool is_here, is_beside;

	if (store->seen_from && !strcmp(store->seen_from, here)) {
		free(here);
		return true;
	}
	folder = fs_folder(store->path);
	beside = fs_join(folder, at_home + 1);
	beside[strlen(beside) - strlen(directory + len)] = '\0';
	free(folder);
	is_here = access(here, F_OK) == 0;
	is_beside = !is_here && access(beside, F_OK) == 0;
	if (!is_here && !is_beside) {
		free(here);
		free(beside);
		return false; /* it may come yet */
	}
	free(store->seen_from);
	free(store->seen_at);
	store->seen_from = here;
	store->seen_at = is_here ? NULL : beside;
	if (is_here)
		free(beside);
	return true;
}

static void seen(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct store *store = sqlite3_user_data(context);
	const char *directory = (const char *)sqlite3_value_text(values[0]);
	const char *at_home;
	size_t len = directory ? experiment_length(directory, &at_home) : 0;

	(void)count;
	if (len && know(store, directory, len, at_home) && store->seen_at)
		sqlite3_result_text(
			context,
			xasprintf("%s%s", store->seen_at, directory + len), -1,
			free);
	else
		sqlite3_result_value(context, values[0]);
}

int store_add_seen(struct store *store)
{
	return sqlite3_create_function_v2(store->db, "seen", 1,
					  SQLITE_UTF8 | SQLITE_DIRECTONLY,
					  store, seen, NULL, NULL, NULL);
}
