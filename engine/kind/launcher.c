/* SPDX-License-Identifier: MIT */
/*
 * The launcher's Framework, FrameworkController's ancestor (kubernetes.md
 * 5.10).  Its controller was never published, only what its users write; its
 * status is read as FrameworkController's, of which anything may be missing,
 * and its pods are known by our labels alone.
 */
#include "engine/kind/framework.h"

static const char *const versions[] = {"v1", NULL};

const struct kind kind_launcher = {
	.name = "launcher",
	.group = "launcher.microsoft.com",
	.kind = "Framework",
	.plural = "frameworks",
	.versions = versions,
	.install = "the launcher cannot be had any more: install "
		   "FrameworkController, which does the same, and write kind: "
		   "framework",
	.operator= "the launcher",
	.container = FRAMEWORK_CONTAINER,
	.leaders = framework_leaders,
	.loses_pods = true,
	.has_our_labels = true,
	.name_object = kind_plain_name,
	.build = framework_build,
	.read = framework_read,
	.read_parts = framework_read_parts,
	.act = framework_act,
};
