/* SPDX-License-Identifier: MIT */
/* Looks up what the arguments name. */
#include "cli/find.h"

#include <string.h>

bool found_experiment(struct cli *cli, enum store_mode mode, struct found *ret,
		      struct error *err)
{
	const char *name = cli_argument(cli, 0);

	memset(ret, 0, sizeof(*ret));
	if (!store_open(cli->db_path, mode, &ret->store, err)) {
		ret->store = NULL;
		return false;
	}
	if (store_experiment_find(ret->store, name ? name : "latest",
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
