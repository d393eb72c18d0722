/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: what one trial leaves and another goes on from.
 *
 * Each trial has a folder of its own, the same for all of its attempts, named
 * after the trial: nni/<experiment>/checkpoints/<trial> on the storage of pods,
 * experiments/<experiment>/checkpoints/<trial> on this machine.  Trials hear of
 * theirs, and of the one they go on from, where the tuner works with budgets or
 * checkpoints.  On a storage the folder is the trial's to make.
 */
#include "engine/advice.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/pod/storage.h"

#include <stdlib.h>
#include <string.h>

char *checkpoint_root(const struct engine *engine)
{
	const struct kubernetes_config *config = &engine->config.kubernetes;

	if (engine->platform_ops == &platform_local)
		return fs_join(engine->experiment.directory, "checkpoints");
	/* an empty volume that NNI's keeper needs does not outlive the pod */
	if (config->storage.type == STORAGE_NONE || !pod_has_storage(config))
		return NULL;
	return xasprintf(POD_STORAGE_MOUNT "/nni/%s/checkpoints",
			 engine->experiment.id);
}

bool checkpoint_paths(struct engine *engine, const struct live *live,
		      char **ret_own, char **ret_parent, struct error *err)
{
	const char *root = engine->advice->checkpoint_root;
	unsigned int wanted = TUNER_BUDGETS | TUNER_CHECKPOINTS;
	struct trial parent;
	int64_t key;

	*ret_own = *ret_parent = NULL;
	if (!root || !(engine->tuner_flags & wanted))
		return true;
	*ret_own = fs_join(root, live->trial.id);
	if (engine->platform_ops == &platform_local &&
	    !fs_make_folders(*ret_own, err))
		goto failed;
	key = live->has_parent ? advice_trial(engine, live->parent) : 0;
	if (!key)
		return true;
	if (!store_trial_get(engine->store, key, &parent, err))
		goto failed;
	*ret_parent = fs_join(root, parent.id);
	trial_release(&parent);
	return true;
failed:
	free(*ret_own);
	*ret_own = NULL;
	return error_prefix(err, "checkpoints");
}
