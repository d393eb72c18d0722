/* SPDX-License-Identifier: MIT */
/* What logfile.c (the log) and logfile_place.c (how far it was read) share. */
#ifndef ENGINE_PLATFORM_KUBERNETES_LOGFILE_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_LOGFILE_PRIVATE_H

#include "engine/platform/kubernetes/private.h"

/* False, and a size of 0: there is none, or it says nothing. */
bool logfile_place_read(const char *path, int64_t *ret_size,
			logfile_each_fn *each, void *arg);
void logfile_place_format(struct strbuf *out, int64_t size,
			  const struct logfile_source *const *sources,
			  size_t count);

#endif
