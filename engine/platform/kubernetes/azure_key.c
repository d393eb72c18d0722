/* SPDX-License-Identifier: MIT */
/*
 * The key of the Azure storage account: $AZURE_STORAGE_KEY, or what the Azure
 * CLI finds in the Key Vault that the experiment names (kubernetes.md 8.3).
 *
 * It is kept in memory and in the cluster's Secret, nowhere else; the CLI gets
 * names only, and its output is never shown.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/kube/auth_private.h"

#include <stdlib.h>
#include <string.h>

#define CLI_TIMEOUT_MS 60000 /* it may have to refresh a login */
#define CLI_GRACE_MS 2000
#define KEY_MAX_BYTES 512

struct k8s_azure_key {
	struct platform *platform;
	struct kube_plugin *plugin;
	struct kube_exec exec;
	char *arguments[10];
	void (*done)(struct platform *platform, const char *key,
		     const struct error *err);
};

static bool is_key(const char *text)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	size_t len = text ? strlen(text) : 0;

	return len && len <= KEY_MAX_BYTES && strspn(text, base64) == len;
}

static void finish(struct k8s_azure_key *fetch, const char *key,
		   const struct error *err)
{
	struct platform *platform = fetch->platform;

	platform->azure_key = NULL;
	fetch->done(platform, key, err);
	free(fetch);
}

static void cli_ended(void *arg, const char *output, size_t len,
		      const struct error *err)
{
	struct k8s_azure_key *fetch = arg;
	const struct storage_config *storage =
		&fetch->platform->config->storage;
	struct error why = *err;
	cJSON *tree = why.code ? NULL : cJSON_ParseWithLength(output, len);
	const char *key = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "value"));

	fetch->plugin = NULL;
	if (!why.code && !is_key(key))
		error_set(&why, ERROR_INVALID,
			  "it is no key of a storage account");
	if (why.code)
		error_prefix(&why, "secret %.127s of Key Vault %.127s",
			     storage->key_vault_key, storage->key_vault);
	finish(fetch, why.code ? NULL : key, &why);
	cJSON_Delete(tree);
}

static void start_cli(struct k8s_azure_key *fetch)
{
	const struct storage_config *storage =
		&fetch->platform->config->storage;
	const char *const arguments[] = {"keyvault",
					 "secret",
					 "show",
					 "--name",
					 storage->key_vault_key,
					 "--vault-name",
					 storage->key_vault,
					 "--output",
					 "json"};
	struct kube_plugin_options options = {
		.loop = fetch->platform->context.loop,
		.exec = &fetch->exec,
		.info = "",
		.timeout_ms = CLI_TIMEOUT_MS,
		.grace_ms = CLI_GRACE_MS,
		.ended = cli_ended,
		.arg = fetch,
	};
	struct error err;

	for (size_t i = 0; i < COUNT_OF(arguments); i++)
		fetch->arguments[i] = (char *)arguments[i];
	fetch->exec.command = (char *)"az";
	fetch->exec.args = fetch->arguments;
	fetch->exec.install_hint =
		(char *)"install the Azure CLI, or set AZURE_STORAGE_KEY";
	fetch->plugin = kube_plugin_start(&options, &err);
	if (!fetch->plugin)
		finish(fetch, NULL, &err);
}

void k8s_azure_key_start(struct platform *platform,
			 void (*done)(struct platform *platform,
				      const char *key, const struct error *err))
{
	struct k8s_azure_key *fetch = xcalloc(1, sizeof(*fetch));
	const char *given = getenv("AZURE_STORAGE_KEY");
	struct error err = {0};

	fetch->platform = platform;
	fetch->done = done;
	platform->azure_key = fetch;
	if (is_key(given)) {
		finish(fetch, given, &err);
	} else if (platform->config->storage.key_vault) {
		start_cli(fetch);
	} else {
		error_set(&err, ERROR_INVALID,
			  "the key of storage account %.31s: set "
			  "AZURE_STORAGE_KEY, or name the Key Vault that has "
			  "it (keyVaultName, keyVaultKey)",
			  platform->config->storage.azure_account);
		finish(fetch, NULL, &err);
	}
}

void k8s_azure_key_stop(struct platform *platform)
{
	if (!platform->azure_key)
		return;
	kube_plugin_stop(platform->azure_key->plugin);
	free(platform->azure_key);
	platform->azure_key = NULL;
}
