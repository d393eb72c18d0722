/* SPDX-License-Identifier: MIT */
/* Putting the keeper that trialdeck carries where it can be executed. */
#ifndef ENGINE_PLATFORM_KEEPER_INSTALL_H
#define ENGINE_PLATFORM_KEEPER_INSTALL_H

#include "base/error.h"

/* Write the keeper into folder (created if missing) under a name that follows
 * from its content, mode 0700, unless it is there already: versions never
 * overwrite one another, and a running one is never touched.  *ret_path is the
 * caller's to free.  Thread: any. */
bool keeper_install(const char *folder, char **ret_path, struct error *err);

#endif
