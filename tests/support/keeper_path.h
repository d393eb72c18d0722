/* SPDX-License-Identifier: MIT */
/* The keeper that tests run: in sanitized builds ($TD_KEEPER) not the one that
 * is carried, which knows no sanitizers. */
#ifndef TESTS_SUPPORT_KEEPER_PATH_H
#define TESTS_SUPPORT_KEEPER_PATH_H

#include "base/mem.h"

#include <stdlib.h>

static inline void keeper_path_prefer(char **path)
{
	const char *other = getenv("TD_KEEPER");

	if (!other)
		return;
	free(*path);
	*path = xstrdup(other);
}

#endif
