/* SPDX-License-Identifier: MIT */
/* Roles of a job: a list that grows, and its text. */
#include "engine/spec/roles.h"

#include "base/mem.h"
#include "engine/spec/write.h"

#include <assert.h>
#include <string.h>

void role_init(struct role_config *role)
{
	*role = (struct role_config){
		.replicas = 1,
		.gpu_number = -1,
		.min_failed = -1,
		.min_succeeded = -1,
		.pod_deletion_timeout_s = -1,
	};
}

struct role_config *roles_add(struct kubernetes_config *config,
			      struct role_config *role)
{
	struct role_config *at;

	assert(config->role_count < ROLES_MAX);
	config->roles = xrealloc(config->roles, (config->role_count + 1) *
							sizeof(*config->roles));
	at = &config->roles[config->role_count++];
	*at = *role;
	role_init(role);
	return at;
}

struct role_config *roles_find(const struct kubernetes_config *config,
			       const char *name)
{
	for (size_t i = 0; i < config->role_count; i++)
		if (!strcmp(config->roles[i].name, name))
			return &config->roles[i];
	return NULL;
}

void role_write_members(const struct role_config *role, struct strbuf *out)
{
	write_text(out, "command", role->command);
	write_text(out, "image", role->image);
	write_json(out, "resources", role->resources);
	write_text(out, "restartPolicy", role->restart_policy);
	write_json(out, "podTemplate", role->pod_template);
}
