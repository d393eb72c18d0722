/* SPDX-License-Identifier: MIT */
/*
 * The rehearsal's job: whatever the experiment's kind, a plain Job with what
 * its leading pod has.  It tries image, volumes and network, nothing else.
 *
 * Init containers stay with their own kind: those of roles wait for pods that
 * are not there, or for what an operator writes into their environment.
 */
#include "engine/platform/kubernetes/preflight_private.h"

#include "base/mem.h"
#include "engine/kind/kind.h"

#include <stdlib.h>

void preflight_plain_make(struct preflight_plain *plain,
			  struct kubernetes_config *config)
{
	const struct kind *kind = kind_find(config->kind);
	const struct role_config *leader =
		kind ? kind_leader(kind, config) : NULL;

	/* podTemplate speaks of the command's container by the kind's name */
	if (leader)
		plain->container = xstrdup(kind_container(kind, config));
	plain->kind = xstrdup("job");
	config->kind = plain->kind;
	config->keeper = KEEPER_OURS;
	config->cleanup = CLEANUP_ALL;
	config->primary_container = plain->container;
	config->role_count = leader ? 1 : 0;
	if (!leader)
		return;
	plain->pod_template = pod_overlay_without_init(config->pod_template);
	config->pod_template = plain->pod_template;
	plain->role = *leader;
	plain->role_template = pod_overlay_without_init(leader->pod_template);
	plain->role.pod_template = plain->role_template;
	plain->role.command = NULL;
	config->roles = &plain->role;
}

void preflight_plain_release(struct preflight_plain *plain)
{
	free(plain->kind);
	free(plain->container);
	free(plain->pod_template);
	free(plain->role_template);
}
