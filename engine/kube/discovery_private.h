/* SPDX-License-Identifier: MIT */
/* Discovery documents read: discovery_read.c. */
#ifndef ENGINE_KUBE_DISCOVERY_PRIVATE_H
#define ENGINE_KUBE_DISCOVERY_PRIVATE_H

#include "base/error.h"
#include "engine/kube/discovery.h"

#include <stddef.h>

#define KUBE_VERSIONS_MAX 32 /* of one group that are looked at */

/* An APIGroup, or the core's APIVersions: its versions, the preferred one
 * first, each owned by the caller.  ERROR_INVALID: it is neither. */
bool kube_versions_read(const char *text, size_t len,
			char *ret[KUBE_VERSIONS_MAX], size_t *ret_count,
			struct error *err);
/* An APIResourceList: fills all of ret but group and version.
 * ERROR_NOT_FOUND: it does not have the kind. */
bool kube_resources_read(const char *text, size_t len, const char *kind,
			 struct kube_resource *ret, struct error *err);

#endif
