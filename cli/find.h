/* SPDX-License-Identifier: MIT */
/* What nearly every command begins with: the database, an experiment in it, a
 * trial in that. */
#ifndef CLI_FIND_H
#define CLI_FIND_H

#include "base/error.h"
#include "cli/command.h"
#include "store/store.h"

/* What a command works on; found_release frees it. */
struct found {
	struct store *store;
	struct experiment experiment;
	struct trial trial; /* key 0: none named */
};

/* Open the database and look up argument 0 as an experiment: by id, name,
 * "latest" (also when it is missing), or "running": the only one that somebody
 * runs. */
bool found_experiment(struct cli *cli, enum store_mode mode, struct found *ret,
		      struct error *err);
/* The same, and argument 1 as one of its trials when it is there. */
bool found_trial(struct cli *cli, enum store_mode mode, struct found *ret,
		 struct error *err);
void found_release(struct found *found);

#endif
