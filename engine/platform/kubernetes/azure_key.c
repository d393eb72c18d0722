/* SPDX-License-Identifier: MIT */
/*
 * The key of the Azure storage account, for the Secret that pods mount the
 * share with.  Where it comes from: engine/storage/azure_key.h.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/storage/azure_key.h"

#include <stdlib.h>

struct k8s_azure_key {
	struct platform *platform;
	struct azure_vault *vault;
	void (*done)(struct platform *platform, const char *key,
		     const struct error *err);
};

static void finish(void *arg, const char *key, const struct error *err)
{
	struct k8s_azure_key *fetch = arg;
	struct platform *platform = fetch->platform;

	platform->azure_key = NULL;
	fetch->done(platform, key, err);
	free(fetch);
}

void k8s_azure_key_start(struct platform *platform,
			 void (*done)(struct platform *platform,
				      const char *key, const struct error *err))
{
	struct k8s_azure_key *fetch = xcalloc(1, sizeof(*fetch));
	const struct storage_config *storage = &platform->config->storage;
	struct azure_credential found = {0};
	struct error err = {0};
	struct azure_vault *vault;

	fetch->platform = platform;
	fetch->done = done;
	platform->azure_key = fetch;
	switch (azure_key_find(storage, &found, &err)) {
	case AZURE_KEY_IN_VAULT:
		/* it may be over, and fetch gone, when this returns */
		vault = azure_vault_start(platform->context.loop, storage,
					  finish, fetch);
		if (vault)
			fetch->vault = vault;
		return;
	case AZURE_KEY_FOUND:
		if (!found.key)
			error_set(&err, ERROR_INVALID,
				  "pods mount Azure Files with the account's "
				  "key: the SAS token of %s cannot stand in "
				  "for it",
				  found.origin);
		finish(fetch, found.key, &err);
		azure_credential_release(&found);
		return;
	case AZURE_KEY_FAILED:
		finish(fetch, NULL, &err);
	}
}

void k8s_azure_key_stop(struct platform *platform)
{
	if (!platform->azure_key)
		return;
	azure_vault_stop(platform->azure_key->vault);
	free(platform->azure_key);
	platform->azure_key = NULL;
}
