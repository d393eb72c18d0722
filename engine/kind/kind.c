/* SPDX-License-Identifier: MIT */
/* The kinds of job there are, and the names of an attempt's object. */
#include "engine/kind/kind.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct kind *const kinds[] = {
	&kind_custom,	 &kind_framework,  &kind_job,	   &kind_launcher,
	&kind_tfjob,	 &kind_pytorchjob, &kind_mpijob,   &kind_xgboostjob,
	&kind_paddlejob, &kind_jaxjob,	   &kind_workflow,
};

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const struct kind *kind_at(size_t index)
{
	return index < COUNT_OF(kinds) ? kinds[index] : NULL;
}

/* --- names -------------------------------------------------------------- */

/* Ids of 32 and 5 characters and a number of 10 digits give 63, which is what
 * the label with the job's name may hold. */
char *kind_object_name(const struct experiment *experiment,
		       const struct trial *trial, const struct attempt *attempt)
{
	char *name = xasprintf("nni-exp-%s-trial-%s-%d", experiment->id,
			       trial->id, attempt->number);

	for (char *at = name; *at; at++)
		*at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
	return name;
}

char *kind_plain_name(const struct experiment *experiment,
		      const struct trial *trial, const struct attempt *attempt)
{
	char *name = xasprintf("nniexp%strial%sn%d", experiment->id, trial->id,
			       attempt->number);
	char *to = name;

	for (const char *from = name; *from; from++)
		if (isalnum((unsigned char)*from))
			*to++ = (char)tolower((unsigned char)*from);
	*to = '\0';
	return name;
}

char *kind_name_object(const struct kind *kind,
		       const struct experiment *experiment,
		       const struct trial *trial, const struct attempt *attempt)
{
	return kind->name_object ? kind->name_object(experiment, trial, attempt)
				 : kind_object_name(experiment, trial, attempt);
}

void kind_resource_init(struct kind_resource *resource, const struct kind *kind)
{
	memset(resource, 0, sizeof(*resource));
	if (!kind->group)
		return;
	snprintf(resource->group, sizeof(resource->group), "%s", kind->group);
	snprintf(resource->version, sizeof(resource->version), "%s",
		 kind->versions[0]);
	snprintf(resource->kind, sizeof(resource->kind), "%s", kind->kind);
	snprintf(resource->plural, sizeof(resource->plural), "%s",
		 kind->plural);
}

char *kind_api_version(const struct kind_resource *resource)
{
	return *resource->group
		       ? xasprintf("%s/%s", resource->group, resource->version)
		       : xstrdup(resource->version);
}

char *kind_api_path(const struct kind_resource *resource)
{
	return *resource->group ? xasprintf("/apis/%s/%s", resource->group,
					    resource->version)
				: xasprintf("/api/%s", resource->version);
}

/* --- roles -------------------------------------------------------------- */

const struct role_config *kind_leader(const struct kind *kind,
				      const struct kubernetes_config *config)
{
	const char *const *leader = kind->leaders;

	for (; leader && *leader; leader++)
		for (size_t i = 0; i < config->role_count; i++)
			if (config->roles[i].replicas &&
			    !strcmp(config->roles[i].name, *leader))
				return &config->roles[i];
	for (size_t i = 0; i < config->role_count; i++)
		if (config->roles[i].replicas)
			return &config->roles[i];
	return config->role_count ? &config->roles[0] : NULL;
}

char *kind_command(const struct kind *kind,
		   const struct experiment_config *config,
		   const struct role_config *role, const char *command)
{
	return kind->command ? kind->command(config, role, command)
			     : xstrdup(command);
}

const char *kind_container(const struct kind *kind,
			   const struct kubernetes_config *config)
{
	if (config->primary_container)
		return config->primary_container;
	return kind->container ? kind->container : POD_MAIN_CONTAINER;
}
