/* SPDX-License-Identifier: MIT */
/* What to look for on the API server, and what to say when it is not there. */
#include "engine/kind/kind.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* --- what to look for --------------------------------------------------- */

/* "kubeflow.org/v1" or, of the core and where the group is known, "v1". */
static bool split(const char *api_version, struct kind_search *ret)
{
	const char *slash = strchr(api_version, '/');
	size_t len = slash ? (size_t)(slash - api_version) : 0;
	const char *version = slash ? slash + 1 : api_version;

	if (len >= sizeof(ret->group) || !*version || strchr(version, '/') ||
	    strlen(version) >= sizeof(ret->version))
		return false;
	memcpy(ret->group, api_version, len);
	ret->group[len] = '\0';
	snprintf(ret->version, sizeof(ret->version), "%s", version);
	return true;
}

static bool search_manifest(const char *manifest, struct kind_search *ret,
			    struct error *err)
{
	cJSON *tree = manifest ? cJSON_Parse(manifest) : NULL;
	const char *kind = kind_text(tree, "kind");
	bool ok = *kind && strlen(kind) < sizeof(ret->kind) &&
		  split(kind_text(tree, "apiVersion"), ret);

	if (ok) {
		snprintf(ret->kind, sizeof(ret->kind), "%s", kind);
		ret->versions[0] = ret->version;
	} else {
		error_set(err, ERROR_CORRUPT,
			  "trainingService.manifest: apiVersion and kind do "
			  "not say what it is");
	}
	cJSON_Delete(tree);
	return ok;
}

bool kind_search_init(struct kind_search *ret, const struct kind *kind,
		      const struct kubernetes_config *config, struct error *err)
{
	size_t count = 0;

	memset(ret, 0, sizeof(*ret));
	if (!kind->group)
		return search_manifest(config->manifest, ret, err);
	if (config->api_version) {
		if (!split(config->api_version, ret))
			return error_set(err, ERROR_CORRUPT,
					 "trainingService.apiVersion: not a "
					 "version");
		ret->versions[count++] = ret->version;
	}
	for (size_t i = 0; !config->api_version && kind->versions[i] &&
			   count < KIND_VERSIONS_MAX;
	     i++)
		ret->versions[count++] = kind->versions[i];
	snprintf(ret->group, sizeof(ret->group), "%s", kind->group);
	snprintf(ret->kind, sizeof(ret->kind), "%s", kind->kind);
	return true;
}

/* --- what is missing ---------------------------------------------------- */

/* Makers of kinds that have no file here. */
static const struct {
	const char *group, *install;
} makers[] = {
	{"trainer.kubeflow.org",
	 "install Kubeflow Trainer, which brings it (see "
	 "github.com/kubeflow/trainer, manifests)"},
	{"jobset.x-k8s.io", "install JobSet, which brings it (see "
			    "github.com/kubernetes-sigs/jobset)"},
	{"batch.volcano.sh", "install Volcano, which brings it (see "
			     "github.com/volcano-sh/volcano)"},
	{"ray.io", "install KubeRay, which brings it (see "
		   "github.com/ray-project/kuberay)"},
	{"sparkoperator.k8s.io",
	 "install the Spark operator, which brings it (see "
	 "github.com/kubeflow/spark-operator)"},
	{"argoproj.io", "install Argo Workflows, which brings it (see "
			"github.com/argoproj/argo-workflows, manifests)"},
};

const char *kind_install(const struct kind *kind,
			 const struct kind_search *search)
{
	if (kind->group)
		return kind->install;
	for (size_t i = 0; kind_at(i); i++) {
		const struct kind *known = kind_at(i);

		if (known->group && !strcmp(known->group, search->group) &&
		    !strcmp(known->kind, search->kind))
			return known->install;
	}
	for (size_t i = 0; i < COUNT_OF(makers); i++)
		if (!strcmp(makers[i].group, search->group))
			return makers[i].install;
	return kind->install;
}
