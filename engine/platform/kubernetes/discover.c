/* SPDX-License-Identifier: MIT */
/*
 * Where the API server has the objects of the experiment's kind.
 *
 * Kinds of operators exist where somebody installed them, in the version that
 * is served there.  Until that is known nothing can be made or watched; where
 * it is not served the fault says what to install, and it is looked for again:
 * also when their watch fails later, since they may be installed anew.
 * Kubernetes' own Job is where it always is.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_NS (10 * NS_PER_S)

static bool is_builtin(const struct kind *kind)
{
	return kind->group && !strcmp(kind->group, "batch");
}

void k8s_resource_take(struct kind_resource *ret,
		       const struct kube_resource *found)
{
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->group, sizeof(ret->group), "%s", found->group);
	snprintf(ret->version, sizeof(ret->version), "%s", found->version);
	snprintf(ret->kind, sizeof(ret->kind), "%s", found->kind);
	snprintf(ret->plural, sizeof(ret->plural), "%s", found->plural);
}

static bool is_same(const struct kind_resource *a,
		    const struct kind_resource *b)
{
	return !strcmp(a->version, b->version) && !strcmp(a->plural, b->plural);
}

static void found(struct platform *platform, const struct kube_resource *at)
{
	struct kind_resource resource;

	k8s_resource_take(&resource, at);
	if (platform->is_served && is_same(&resource, &platform->resource))
		return; /* the watch's own fault, and its own to mend */
	platform->resource = resource;
	platform->is_served = true;
	if (platform->faults[1])
		k8s_tell_fault(platform, 1, NULL);
	k8s_objects_watch(platform);
	k8s_go_on(platform);
}

static void not_found(struct platform *platform, const struct error *err)
{
	char *text;

	if (err->code == ERROR_NOT_FOUND)
		text = xasprintf(
			"%s: %s", err->text,
			kind_install(platform->kind, &platform->search));
	else
		text = xstrdup(err->text);
	k8s_tell_fault(platform, 1, text);
	free(text);
	k8s_go_on(platform); /* those that wait say why */
}

static void answered(const struct kube_discovery_reply *reply, void *arg)
{
	struct platform *platform = arg;

	platform->discovery = NULL;
	platform->discovered_ns = clock_mono_ns();
	if (reply->is_served)
		found(platform, &reply->resource);
	else
		not_found(platform, &reply->err);
}

static void look(struct platform *platform)
{
	struct kube_wanted wanted = {
		.group = platform->search.group,
		.kind = platform->search.kind,
		.versions = platform->search.versions,
		.give_up_ms = 30000,
	};

	platform->discovery =
		kube_discover(platform->client, &wanted, answered, platform);
}

bool k8s_discover_open(struct platform *platform, struct error *err)
{
	if (is_builtin(platform->kind)) {
		kind_resource_init(&platform->resource, platform->kind);
		platform->is_served = true;
		return true;
	}
	/* names for sentences, until more is known */
	if (!kind_search_init(&platform->search, platform->kind,
			      platform->config, err))
		return false;
	snprintf(platform->resource.kind, sizeof(platform->resource.kind), "%s",
		 platform->search.kind);
	return true;
}

void k8s_discover_check(struct platform *platform)
{
	bool is_wanted = !platform->is_served || platform->faults[1];

	/* without a server it cannot be found */
	if (!is_wanted || platform->discovery || platform->faults[0] ||
	    is_builtin(platform->kind) ||
	    (platform->discovered_ns &&
	     clock_mono_ns() - platform->discovered_ns < AGAIN_NS))
		return;
	look(platform);
}

void k8s_discover_close(struct platform *platform)
{
	kube_discovery_cancel(platform->discovery);
}
