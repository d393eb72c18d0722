/* SPDX-License-Identifier: MIT */
/* Keys that cost something to find out. */
#include "engine/outputs/keys.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/azure_key.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_NS (600 * NS_PER_S)

/* The last one found: an experiment has one storage.  Under the mutex, which
 * also lets one ask while the others wait. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *known_name, *known_key;
static int64_t known_ns; /* monotonic */

void outputs_key_free(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

static void forget(void)
{
	free(known_name);
	outputs_key_free(known_key);
	known_name = known_key = NULL;
}

void outputs_keys_forget(void)
{
	pthread_mutex_lock(&mutex);
	forget();
	pthread_mutex_unlock(&mutex);
}

static bool is_in_vault(const struct storage_config *config)
{
	return config->type == STORAGE_AZURE && !config->local_path &&
	       config->key_vault && config->key_vault_key;
}

static bool find(const struct storage_config *config,
		 struct storage_watch *watch, const char *name, char **ret,
		 struct error *err)
{
	struct azure_credential credential = {0};

	if (known_name && !strcmp(known_name, name) &&
	    clock_mono_ns() - known_ns < KEPT_NS) {
		*ret = xstrdup(known_key);
		return true;
	}
	if (!azure_key_get(config, watch, &credential, err))
		return false;
	forget();
	known_name = xstrdup(name);
	known_key = xstrdup(credential.key ? credential.key : credential.token);
	known_ns = clock_mono_ns();
	azure_credential_release(&credential);
	*ret = xstrdup(known_key);
	return true;
}

bool outputs_key_get(const struct storage_config *config,
		     struct storage_watch *watch, char **ret, struct error *err)
{
	char *name;
	bool ok;

	*ret = NULL;
	if (!is_in_vault(config))
		return true;
	name = xasprintf("%s/%s/%s", config->azure_account, config->key_vault,
			 config->key_vault_key);
	pthread_mutex_lock(&mutex);
	ok = find(config, watch, name, ret, err);
	pthread_mutex_unlock(&mutex);
	free(name);
	return ok;
}
