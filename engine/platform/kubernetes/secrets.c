/* SPDX-License-Identifier: MIT */
/*
 * Secrets that all jobs of the experiment share: the logins of the registries
 * its roles name, and the key of its storage account.
 *
 * Made once, like the other shared objects, owned by the address map and so
 * removed with it.  A file that has changed since is written again.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/pod/storage.h"

#include <stdlib.h>
#include <string.h>

/* Of a Docker config.json. */
#define AUTH_MAX_BYTES (512u << 10)

/* A Secret to be: values are text, as it stands. */
struct k8s_secret {
	char *name;
	const char *type; /* static storage, like the keys */
	const char *keys[2];
	char *values[2]; /* the last is NULL: not known yet */
};

static bool has_secret(const struct platform *platform, const char *name)
{
	for (size_t i = 0; i < platform->secret_count; i++)
		if (!strcmp(platform->secrets[i].name, name))
			return true;
	return false;
}

/* Docker's file: {"auths": {"registry": {"auth": "..."}}}.  One that leaves the
 * login to a helper program has nothing a pod could use. */
static bool check_auths(const char *path, const char *text, struct error *err)
{
	cJSON *tree = cJSON_Parse(text);
	const cJSON *auths = cJSON_GetObjectItemCaseSensitive(tree, "auths");
	bool ok = cJSON_IsObject(auths) && auths->child;

	cJSON_Delete(tree);
	return ok || error_set(err, ERROR_INVALID,
			       "privateRegistryAuthPath %s: no Docker "
			       "config.json with \"auths\"; `docker login` "
			       "writes one, unless a credential helper keeps "
			       "the password",
			       path);
}

static struct k8s_secret *add_secret(struct platform *platform)
{
	size_t count = ++platform->secret_count;

	platform->secrets =
		xrealloc(platform->secrets, count * sizeof(*platform->secrets));
	return &platform->secrets[count - 1];
}

static bool add_registry(struct platform *platform, const char *path,
			 struct error *err)
{
	char *name = pod_registry_secret(platform->context.experiment, path);
	struct strbuf text = STRBUF_INIT;

	if (has_secret(platform, name)) {
		free(name);
		return true;
	}
	if (!fs_read_file(path, AUTH_MAX_BYTES, &text, err) ||
	    !check_auths(path, text.data, err)) {
		strbuf_release(&text);
		free(name);
		return false;
	}
	*add_secret(platform) = (struct k8s_secret){
		.name = name,
		.type = "kubernetes.io/dockerconfigjson",
		.keys = {".dockerconfigjson"},
		.values = {strbuf_detach(&text)},
	};
	return true;
}

/* Azure Files, as its volumes want it (kubernetes.md 8.1). */
static void add_azure(struct platform *platform)
{
	const struct storage_config *storage = &platform->config->storage;

	*add_secret(platform) = (struct k8s_secret){
		.name = pod_azure_secret(platform->context.experiment),
		.type = "Opaque",
		.keys = {"azurestorageaccountname", "azurestorageaccountkey"},
		.values = {xstrdup(storage->azure_account)},
	};
}

bool k8s_secrets_open(struct platform *platform, struct error *err)
{
	const struct kubernetes_config *config = platform->config;

	for (size_t i = 0; i < config->role_count; i++)
		if (config->roles[i].registry_auth &&
		    !add_registry(platform, config->roles[i].registry_auth,
				  err))
			return false;
	if (config->storage.type == STORAGE_AZURE)
		add_azure(platform);
	return true;
}

bool k8s_secret_is_known(const struct platform *platform, size_t index)
{
	const struct k8s_secret *secret = &platform->secrets[index];

	return secret->values[0] && (!secret->keys[1] || secret->values[1]);
}

void k8s_secret_set(struct platform *platform, size_t index, const char *value)
{
	platform->secrets[index].values[1] = xstrdup(value);
}

cJSON *k8s_secret_object(struct platform *platform, size_t index)
{
	const struct k8s_secret *secret = &platform->secrets[index];
	cJSON *object = k8s_object_new(platform, "v1", "Secret", secret->name);
	cJSON *data;

	cJSON_AddStringToObject(object, "type", secret->type);
	data = cJSON_AddObjectToObject(object, "stringData");
	for (int i = 0; i < 2 && secret->keys[i]; i++)
		cJSON_AddStringToObject(data, secret->keys[i],
					secret->values[i]);
	return object;
}

const char *k8s_secret_name(const struct platform *platform, size_t index)
{
	return platform->secrets[index].name;
}

void k8s_secrets_close(struct platform *platform)
{
	k8s_azure_key_stop(platform);
	for (size_t i = 0; i < platform->secret_count; i++) {
		struct k8s_secret *secret = &platform->secrets[i];

		free(secret->name);
		for (int k = 0; k < 2; k++) {
			if (secret->values[k])
				explicit_bzero(secret->values[k],
					       strlen(secret->values[k]));
			free(secret->values[k]);
		}
	}
	free(platform->secrets);
}
