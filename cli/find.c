/* SPDX-License-Identifier: MIT */
/* Looks up what the arguments name. */
#include "cli/find.h"

#include <string.h>

struct running {
	const char *db_path;
	struct strbuf ids;
	size_t count;
};

static bool note_running(const struct experiment *experiment, void *arg)
{
	struct running *running = arg;

	if (!store_experiment_is_live(running->db_path, experiment->id, NULL))
		return true;
	strbuf_addf(&running->ids, "%s%s", running->count ? ", " : "",
		    experiment->id);
	running->count++;
	return true;
}

/* The one that somebody runs. */
static bool find_running(const struct cli *cli, struct store *store,
			 struct experiment *ret, struct error *err)
{
	struct running running = {.db_path = cli->db_path, .ids = STRBUF_INIT};
	bool ok = store_experiments_each(store, 0, note_running, &running, err);

	if (ok && !running.count)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "no experiment is running: name one");
	else if (ok && running.count > 1)
		ok = error_set(err, ERROR_CONFLICT,
			       "several experiments are running (%s): name one",
			       running.ids.data);
	ok = ok && store_experiment_find(store, running.ids.data, ret, err);
	strbuf_release(&running.ids);
	return ok;
}

static bool find_experiment(const struct cli *cli, struct store *store,
			    const char *name, struct experiment *ret,
			    struct error *err)
{
	struct error other = {0};

	if (!name || strcmp(name, "running") != 0)
		return store_experiment_find(store, name ? name : "latest", ret,
					     err);
	/* somebody's name for one comes first */
	return store_experiment_find(store, name, ret, &other) ||
	       find_running(cli, store, ret, err);
}

bool found_experiment(struct cli *cli, enum store_mode mode, struct found *ret,
		      struct error *err)
{
	memset(ret, 0, sizeof(*ret));
	if (!store_open(cli->db_path, mode, &ret->store, err)) {
		ret->store = NULL;
		return false;
	}
	if (find_experiment(cli, ret->store, cli_argument(cli, 0),
			    &ret->experiment, err))
		return true;
	store_close(ret->store);
	ret->store = NULL;
	return false;
}

bool found_trial(struct cli *cli, enum store_mode mode, struct found *ret,
		 struct error *err)
{
	const char *name = cli_argument(cli, 1);

	if (!found_experiment(cli, mode, ret, err))
		return false;
	if (!name)
		return true;
	if (store_trial_find(ret->store, ret->experiment.key, name, &ret->trial,
			     err))
		return true;
	memset(&ret->trial, 0, sizeof(ret->trial));
	found_release(ret);
	return false;
}

void found_release(struct found *found)
{
	trial_release(&found->trial);
	experiment_release(&found->experiment);
	if (found->store)
		store_close(found->store);
	memset(found, 0, sizeof(*found));
}
