/* SPDX-License-Identifier: MIT */
/* What the command line says in place of an experiment file. */
#include "engine/spec/spec.h"

#include "base/mem.h"
#include "engine/spec/draft.h"
#include "engine/spec/kubernetes.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT_MAX 1024 /* as in files */

static const char *first_option(const struct spec_overrides *overrides)
{
	if (overrides->kubeconfig)
		return "kubeconfig";
	if (overrides->context)
		return "context";
	return overrides->namespace ? "namespace" : NULL;
}

static bool check(const struct spec_overrides *overrides, struct error *err)
{
	const char *breach;

	if (overrides->context &&
	    (!*overrides->context || strlen(overrides->context) > CONTEXT_MAX))
		return error_set(err, ERROR_INVALID,
				 "--context: 1 to %d bytes are needed",
				 CONTEXT_MAX);
	if (!overrides->namespace)
		return true;
	breach = kubernetes_rule_breach(RULE_LABEL, overrides->namespace);
	return !breach || error_set(err, ERROR_INVALID,
				    "--namespace: must be %s, got \"%.64s\"",
				    breach, overrides->namespace);
}

static void replace(char **at, const char *text)
{
	if (!text)
		return;
	free(*at);
	*at = xstrdup(text);
}

bool spec_override(struct experiment_config *config,
		   const struct spec_overrides *overrides, struct error *err)
{
	struct kubernetes_config *kubernetes = &config->kubernetes;
	const char *option = first_option(overrides);
	char *path = NULL;

	if (!option)
		return true;
	if (!config->platform || !spec_platform_of(config)->is_on_cluster)
		return error_set(err, ERROR_INVALID,
				 "--%s: the experiment's platform is %s, which "
				 "has none",
				 option,
				 config->platform ? config->platform : "?");
	if (!check(overrides, err))
		return false;
	if (overrides->kubeconfig) {
		/* the engine may run in another folder */
		path = realpath(overrides->kubeconfig, NULL);
		if (!path)
			return error_set_errno(err, "--kubeconfig %s",
					       overrides->kubeconfig);
	}
	replace(&kubernetes->kubeconfig, path);
	replace(&kubernetes->context, overrides->context);
	replace(&kubernetes->namespace, overrides->namespace);
	free(path);
	free(config->canonical);
	config->canonical = canonical_write(config, spec_platform_of(config));
	return true;
}
