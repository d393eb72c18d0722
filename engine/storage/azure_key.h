/* SPDX-License-Identifier: MIT */
/*
 * What opens a share of Azure Files, first found first used:
 *
 *   $AZURE_STORAGE_KEY           the account's key
 *   $AZURE_STORAGE_SAS_TOKEN     a token in its place
 *   azureKeyFile                 either of them
 *   keyVaultName, keyVaultKey    what `az keyvault secret show` prints
 *                                (kubernetes.md 8.3)
 *
 * Kept in memory only; the Azure CLI gets names, and its output is never
 * shown.
 */
#ifndef ENGINE_STORAGE_AZURE_KEY_H
#define ENGINE_STORAGE_AZURE_KEY_H

#include "base/error.h"
#include "model/experiment.h"

#include <stdbool.h>

struct loop;
struct storage_watch;
struct azure_vault;

struct azure_credential {
	char *key;    /* base64; or NULL */
	char *token;  /* a SAS token without '?'; or NULL */
	char *origin; /* for sentences: "AZURE_STORAGE_KEY" */
};

enum azure_key_outcome {
	AZURE_KEY_FOUND,
	AZURE_KEY_IN_VAULT, /* azure_vault_start finds it */
	AZURE_KEY_FAILED,
};

/* Look where nothing has to be run.  Thread: any that may read the
 * environment. */
enum azure_key_outcome azure_key_find(const struct storage_config *config,
				      struct azure_credential *ret,
				      struct error *err);
/* The same for a text that the caller has. */
bool azure_key_take(const char *text, struct azure_credential *ret,
		    struct error *err);
void azure_credential_release(struct azure_credential *credential); /* wipes */

/* Ask the Key Vault, on a loop.  done is called once, from the loop or from
 * inside this call: key or err.  NULL: it was called already.  config is
 * borrowed for so long.  Thread: the loop's. */
typedef void azure_vault_fn(void *arg, const char *key,
			    const struct error *err);
struct azure_vault *azure_vault_start(struct loop *loop,
				      const struct storage_config *config,
				      azure_vault_fn *done, void *arg);
void azure_vault_stop(struct azure_vault *vault); /* NULL ok; no call */

/* All of it, waiting up to a minute for the vault; the watch (or NULL) cancels.
 */
bool azure_key_get(const struct storage_config *config,
		   struct storage_watch *watch, struct azure_credential *ret,
		   struct error *err);

#endif
