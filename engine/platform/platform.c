/* SPDX-License-Identifier: MIT */
/* The platforms there are. */
#include "engine/platform/platform.h"

#include "base/mem.h"

#include <string.h>

const struct platform_ops *platform_find(const char *name)
{
	static const struct platform_ops *const known[] = {
		&platform_local,
		&platform_kubernetes,
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(known[i]->name, name))
			return known[i];
	/* NNI's words for jobs of a cluster */
	if (!strcmp(name, "kubeflow") || !strcmp(name, "frameworkcontroller"))
		return &platform_kubernetes;
	return NULL;
}
