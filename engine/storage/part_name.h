/* SPDX-License-Identifier: MIT */
/*
 * Names of files that are not whole yet, and of probes: ".trialdeck-part-" and
 * sixteen random digits.  Lists leave them out; who removes a folder removes
 * them with it.  Thread: any.
 */
#ifndef ENGINE_STORAGE_PART_NAME_H
#define ENGINE_STORAGE_PART_NAME_H

#include <stdbool.h>

char *storage_part_name(void); /* a new one; caller frees */
/* Is the last part of this path one? */
bool storage_is_part_name(const char *path);

#endif
