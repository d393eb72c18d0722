/* SPDX-License-Identifier: MIT */
/* Before an experiment runs: does the cluster have its kind of job? */
#include "engine/platform/kubernetes/preflight_private.h"

#include "engine/platform/kubernetes/private.h"

#define GIVE_UP_MS 10000

struct search {
	struct preflight *preflight;
	struct kube_discovery_reply reply;
};

static void answered(const struct kube_discovery_reply *reply, void *arg)
{
	struct search *search = arg;

	search->reply = *reply;
	loop_quit(search->preflight->loop);
}

bool preflight_find_kind(struct preflight *preflight, struct error *err)
{
	const struct kind *kind = kind_find(preflight->kubernetes->kind);
	struct search search = {.preflight = preflight};
	struct kind_search what;
	struct kube_wanted wanted = {.group = what.group,
				     .kind = what.kind,
				     .versions = what.versions,
				     .give_up_ms = GIVE_UP_MS};

	if (!kind)
		return error_set(err, ERROR_INVALID, "unknown kind of job '%s'",
				 preflight->kubernetes->kind);
	if (!kind_search_init(&what, kind, preflight->kubernetes, err))
		return false;
	kube_discover(preflight->client, &wanted, answered, &search);
	loop_run(preflight->loop);
	if (search.reply.is_served) {
		k8s_resource_take(&preflight->resource, &search.reply.resource);
		return true;
	}
	*err = search.reply.err;
	if (err->code != ERROR_NOT_FOUND)
		return false;
	return error_set(err, ERROR_UNAVAILABLE, "%.400s: %.400s",
			 search.reply.err.text, kind_install(kind, &what));
}
