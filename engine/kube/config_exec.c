/* SPDX-License-Identifier: MIT */
/* user.exec: the program that hands out credentials.  Read here, run in
 * auth_exec.c. */
#include "engine/kube/config_private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <stdlib.h>
#include <string.h>

#define API_GROUP "client.authentication.k8s.io/"

static bool check_version(const struct kube_stanza *stanza, const char *version,
			  struct error *err)
{
	static const char *const known[] = {API_GROUP "v1", API_GROUP "v1beta1",
					    API_GROUP "v1alpha1"};

	if (!version)
		return kube_stanza_fail(stanza, err,
					"exec.apiVersion is "
					"missing");
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(known[i], version))
			return true;
	return kube_stanza_fail(stanza, err,
				"exec.apiVersion \"%s\" is not known: it is "
				"%s, v1beta1 or v1alpha1",
				kube_word(version).text, known[0]);
}

static bool take_interactive(const struct kube_stanza *stanza,
			     struct kube_exec *exec, struct error *err)
{
	static const char *const modes[] = {
		[KUBE_INTERACTIVE_NEVER] = "Never",
		[KUBE_INTERACTIVE_IF_AVAILABLE] = "IfAvailable",
		[KUBE_INTERACTIVE_ALWAYS] = "Always",
	};
	char *text = NULL;
	bool ok = kube_take_text(stanza, "interactiveMode", &text, err);

	exec->interactive = KUBE_INTERACTIVE_IF_AVAILABLE;
	if (ok && !text) {
		if (!strcmp(exec->api_version, API_GROUP "v1"))
			ok = kube_stanza_fail(stanza, err,
					      "exec.interactiveMode is "
					      "missing: version v1 wants "
					      "Never, IfAvailable or Always");
	} else if (ok) {
		size_t i = 0;

		while (i < COUNT_OF(modes) && strcmp(modes[i], text))
			i++;
		if (i < COUNT_OF(modes))
			exec->interactive = (enum kube_interactive)i;
		else
			ok = kube_stanza_fail(stanza, err,
					      "exec.interactiveMode is none "
					      "of Never, IfAvailable, Always");
	}
	free(text);
	return ok;
}

static bool take_variable(const struct kube_stanza *stanza,
			  const struct node *item, char **ret,
			  struct error *err)
{
	struct kube_stanza pair = *stanza;
	char *name = NULL, *value = NULL;
	bool ok;

	pair.prefix = "exec.env.";
	pair.node = item;
	if (item->kind != NODE_MAPPING)
		return kube_stanza_fail(stanza, err,
					"exec.env must list names and values");
	ok = kube_take_text(&pair, "name", &name, err) &&
	     kube_take_text(&pair, "value", &value, err);
	if (ok && (!name || strchr(name, '=')))
		ok = kube_stanza_fail(stanza, err,
				      "exec.env has an entry without a name, "
				      "or with '=' in it");
	if (ok)
		*ret = xasprintf("%s=%s", name, value ? value : "");
	free(name);
	secret_free(value);
	return ok;
}

static bool take_env(const struct kube_stanza *stanza, struct kube_exec *exec,
		     struct error *err)
{
	const struct node_entry *entry = node_find(stanza->node, "env");
	const struct node *list = entry ? entry->value : NULL;

	if (!list || list->kind == NODE_NULL)
		return true;
	if (list->kind != NODE_SEQUENCE || list->count > KUBE_LIST_MAX)
		return kube_stanza_fail(stanza, err,
					"exec.env must be a list of at most "
					"%d variables",
					KUBE_LIST_MAX);
	exec->env = xcalloc(list->count + 1, sizeof(char *));
	for (size_t i = 0; i < list->count; i++)
		if (!take_variable(stanza, list->items[i], &exec->env[i], err))
			return false;
	return true;
}

/* A bare name goes through PATH, anything else is a path. */
static void resolve_command(struct kube_exec *exec, const char *folder)
{
	char *path;

	if (!strchr(exec->command, '/'))
		return;
	path = fs_join(folder, exec->command);
	free(exec->command);
	exec->command = path;
}

static bool fill(const struct kube_stanza *stanza, const char *folder,
		 struct kube_exec *exec, struct error *err)
{
	if (!kube_take_text(stanza, "apiVersion", &exec->api_version, err) ||
	    !check_version(stanza, exec->api_version, err) ||
	    !kube_take_text(stanza, "command", &exec->command, err) ||
	    !kube_take_list(stanza, "args", &exec->args, err) ||
	    !kube_take_text(stanza, "installHint", &exec->install_hint, err) ||
	    !kube_take_bool(stanza, "provideClusterInfo",
			    &exec->provide_cluster_info, err) ||
	    !take_interactive(stanza, exec, err) ||
	    !take_env(stanza, exec, err))
		return false;
	if (!exec->command)
		return kube_stanza_fail(stanza, err, "exec.command is missing");
	resolve_command(exec, folder);
	return true;
}

bool kube_config_take_exec(const struct kube_stanza *stanza, const char *folder,
			   struct kube_exec **ret, struct error *err)
{
	struct kube_exec *exec = xcalloc(1, sizeof(*exec));

	if (fill(stanza, folder, exec, err)) {
		*ret = exec;
		return true;
	}
	kube_exec_free(exec);
	return false;
}

void kube_exec_free(struct kube_exec *exec)
{
	if (!exec)
		return;
	free(exec->api_version);
	free(exec->command);
	secret_list_free(exec->args);
	secret_list_free(exec->env);
	free(exec->install_hint);
	free(exec);
}
