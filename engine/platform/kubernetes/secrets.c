/* SPDX-License-Identifier: MIT */
/*
 * Secrets that all jobs of the experiment share: the logins of the registries
 * its roles name.
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

/* A Secret to be: its key's value is text, as it stands. */
struct k8s_secret {
	char *name;
	const char *type, *key; /* static storage */
	char *value;
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
	platform->secrets =
		xrealloc(platform->secrets, (platform->secret_count + 1) *
						    sizeof(*platform->secrets));
	platform->secrets[platform->secret_count++] = (struct k8s_secret){
		.name = name,
		.type = "kubernetes.io/dockerconfigjson",
		.key = ".dockerconfigjson",
		.value = strbuf_detach(&text),
	};
	return true;
}

bool k8s_secrets_open(struct platform *platform, struct error *err)
{
	const struct kubernetes_config *config = platform->config;

	for (size_t i = 0; i < config->role_count; i++)
		if (config->roles[i].registry_auth &&
		    !add_registry(platform, config->roles[i].registry_auth,
				  err))
			return false;
	return true;
}

cJSON *k8s_secret_object(struct platform *platform, size_t index)
{
	const struct k8s_secret *secret = &platform->secrets[index];
	cJSON *object = k8s_object_new(platform, "v1", "Secret", secret->name);

	cJSON_AddStringToObject(object, "type", secret->type);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "stringData"),
				secret->key, secret->value);
	return object;
}

const char *k8s_secret_name(const struct platform *platform, size_t index)
{
	return platform->secrets[index].name;
}

void k8s_secrets_close(struct platform *platform)
{
	for (size_t i = 0; i < platform->secret_count; i++) {
		struct k8s_secret *secret = &platform->secrets[i];

		free(secret->name);
		explicit_bzero(secret->value, strlen(secret->value));
		free(secret->value);
	}
	free(platform->secrets);
}
