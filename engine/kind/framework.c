/* SPDX-License-Identifier: MIT */
/* FrameworkController's Framework: see framework.h. */
#include "engine/kind/framework.h"

static const char *const versions[] = {"v1", NULL};

const struct kind kind_framework = {
	.name = "framework",
	.group = "frameworkcontroller.microsoft.com",
	.kind = "Framework",
	.plural = "frameworks",
	.versions = versions,
	.install = "install FrameworkController, which brings it: a service "
		   "account, its rights and a StatefulSet (see "
		   "github.com/microsoft/frameworkcontroller, example/run)",
	.operator= "FrameworkController",
	.container = FRAMEWORK_CONTAINER,
	.leaders = framework_leaders,
	.loses_pods = true,
	.has_our_labels = true,
	.pod_label = "FC_FRAMEWORK_NAME",
	.name_object = kind_plain_name,
	.build = framework_build,
	.command = framework_command,
	.read = framework_read,
	.read_parts = framework_read_parts,
	.act = framework_act,
};
