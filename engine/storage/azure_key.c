/* SPDX-License-Identifier: MIT */
/* Keys and tokens of Azure Files. */
#include "engine/storage/azure_key.h"

#include "base/mem.h"
#include "engine/kube/auth_private.h"
#include "engine/kube/secret.h"
#include "engine/storage/sharedkey.h"
#include "engine/storage/storage.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CLI_TIMEOUT_MS 60000 /* it may have to refresh a login */
#define CLI_GRACE_MS 2000
#define CANCEL_LOOK_MS 100
#define FILE_MAX_BYTES 16384

void azure_credential_release(struct azure_credential *credential)
{
	secret_free(credential->key);
	secret_free(credential->token);
	free(credential->origin);
	*credential = (struct azure_credential){0};
}

/* --- environment and file ---------------------------------------------------
 */

/* "?sv=...&sig=...": what the portal shows, with or without its '?'. */
static const char *token_of(const char *text)
{
	if (*text == '?')
		text++;
	return (strstr(text, "sig=") && !strpbrk(text, " \t\r\n#")) ? text
								    : NULL;
}

static bool take(const char *text, const char *origin,
		 struct azure_credential *ret)
{
	const char *token = token_of(text);

	if (sharedkey_is_key(text))
		ret->key = xstrdup(text);
	else if (token)
		ret->token = xstrdup(token);
	else
		return false;
	ret->origin = xstrdup(origin);
	return true;
}

bool azure_key_take(const char *text, struct azure_credential *ret,
		    struct error *err)
{
	*ret = (struct azure_credential){0};
	return take(text, "as given", ret) ||
	       error_set(err, ERROR_INVALID,
			 "what was given is neither the key of a storage "
			 "account nor a SAS token");
}

static bool read_file(const char *path, struct azure_credential *ret,
		      struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	bool ok = secret_read_file(path, FILE_MAX_BYTES, &text, err);

	while (text.len && isspace((unsigned char)text.data[text.len - 1]))
		strbuf_truncate(&text, text.len - 1);
	if (ok && !take(text.data, path, ret))
		ok = error_set(err, ERROR_INVALID,
			       "%s holds neither the key of a storage account "
			       "nor a SAS token",
			       path);
	secret_release(&text);
	return ok;
}

enum azure_key_outcome azure_key_find(const struct storage_config *config,
				      struct azure_credential *ret,
				      struct error *err)
{
	static const char *const names[] = {"AZURE_STORAGE_KEY",
					    "AZURE_STORAGE_SAS_TOKEN"};

	*ret = (struct azure_credential){0};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *given = getenv(names[i]);

		if (!given || !*given)
			continue;
		if (take(given, names[i], ret))
			return AZURE_KEY_FOUND;
		error_set(err, ERROR_INVALID,
			  "%s holds neither the key of a storage account nor a "
			  "SAS token",
			  names[i]);
		return AZURE_KEY_FAILED;
	}
	if (config->azure_key_file)
		return read_file(config->azure_key_file, ret, err)
			       ? AZURE_KEY_FOUND
			       : AZURE_KEY_FAILED;
	if (config->key_vault && config->key_vault_key)
		return AZURE_KEY_IN_VAULT;
	error_set(
		err, ERROR_INVALID,
		"the key of storage account %.31s: set AZURE_STORAGE_KEY, or "
		"name the file (azureKeyFile) or the Key Vault (keyVaultName, "
		"keyVaultKey) that has it",
		config->azure_account);
	return AZURE_KEY_FAILED;
}

/* --- Key Vault --------------------------------------------------------------
 */

struct azure_vault {
	const struct storage_config *config;
	struct kube_plugin *plugin;
	struct kube_exec exec;
	char *arguments[10];
	azure_vault_fn *done;
	void *arg;
};

static void finish(struct azure_vault *vault, const char *key,
		   const struct error *err)
{
	azure_vault_fn *done = vault->done;
	void *arg = vault->arg;

	free(vault);
	done(arg, key, err);
}

static void cli_ended(void *arg, const char *output, size_t len,
		      const struct error *err)
{
	struct azure_vault *vault = arg;
	const struct storage_config *config = vault->config;
	struct error why = *err;
	cJSON *tree = why.code ? NULL : cJSON_ParseWithLength(output, len);
	char *key = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "value"));

	if (!why.code && !sharedkey_is_key(key))
		error_set(&why, ERROR_INVALID,
			  "it is no key of a storage account");
	if (why.code)
		error_prefix(&why, "secret %.127s of Key Vault %.127s",
			     config->key_vault_key, config->key_vault);
	finish(vault, why.code ? NULL : key, &why);
	if (key)
		explicit_bzero(key, strlen(key));
	cJSON_Delete(tree);
}

struct azure_vault *azure_vault_start(struct loop *loop,
				      const struct storage_config *config,
				      azure_vault_fn *done, void *arg)
{
	struct azure_vault *vault = xcalloc(1, sizeof(*vault));
	const char *const arguments[] = {"keyvault",
					 "secret",
					 "show",
					 "--name",
					 config->key_vault_key,
					 "--vault-name",
					 config->key_vault,
					 "--output",
					 "json"};
	struct kube_plugin_options options = {
		.loop = loop,
		.exec = &vault->exec,
		.info = "",
		.timeout_ms = CLI_TIMEOUT_MS,
		.grace_ms = CLI_GRACE_MS,
		.ended = cli_ended,
		.arg = vault,
	};
	struct error err;

	vault->config = config;
	vault->done = done;
	vault->arg = arg;
	for (size_t i = 0; i < COUNT_OF(arguments); i++)
		vault->arguments[i] = (char *)arguments[i];
	vault->exec.command = (char *)"az";
	vault->exec.args = vault->arguments;
	vault->exec.install_hint =
		(char *)"install the Azure CLI, or set AZURE_STORAGE_KEY";
	vault->plugin = kube_plugin_start(&options, &err);
	if (vault->plugin)
		return vault;
	error_prefix(&err, "az");
	finish(vault, NULL, &err);
	return NULL;
}

void azure_vault_stop(struct azure_vault *vault)
{
	if (!vault)
		return;
	kube_plugin_stop(vault->plugin);
	free(vault);
}

/* --- waiting for it ---------------------------------------------------------
 */

struct wait {
	struct loop *loop;
	struct storage_watch *watch;
	struct azure_credential *ret;
	struct azure_vault *vault;
	struct error *err;
	bool ok, is_over;
};

static void vault_answered(void *arg, const char *key, const struct error *err)
{
	struct wait *wait = arg;

	wait->vault = NULL;
	wait->is_over = true;
	wait->ok = key != NULL;
	if (key) {
		wait->ret->key = xstrdup(key);
		wait->ret->origin = xstrdup("the Key Vault");
	} else {
		*wait->err = *err;
	}
	loop_quit(wait->loop);
}

static void look(void *arg)
{
	struct wait *wait = arg;

	if (wait->is_over)
		return;
	if (!wait->watch || !atomic_load(&wait->watch->is_cancelled)) {
		loop_after(wait->loop, CANCEL_LOOK_MS, look, wait);
		return;
	}
	azure_vault_stop(wait->vault);
	wait->vault = NULL;
	error_set(wait->err, ERROR_CANCELED, "cancelled");
	loop_quit(wait->loop);
}

static bool ask_vault(const struct storage_config *config, struct wait *wait)
{
	wait->loop = loop_new(wait->err);
	if (!wait->loop)
		return false;
	wait->vault =
		azure_vault_start(wait->loop, config, vault_answered, wait);
	if (!wait->is_over) {
		look(wait);
		loop_run(wait->loop);
	}
	loop_free(wait->loop);
	return wait->ok;
}

bool azure_key_get(const struct storage_config *config,
		   struct storage_watch *watch, struct azure_credential *ret,
		   struct error *err)
{
	struct wait wait = {.watch = watch, .ret = ret, .err = err};

	switch (azure_key_find(config, ret, err)) {
	case AZURE_KEY_FOUND:
		return true;
	case AZURE_KEY_IN_VAULT:
		return ask_vault(config, &wait);
	case AZURE_KEY_FAILED:
		break;
	}
	return false;
}
