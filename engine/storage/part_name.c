/* SPDX-License-Identifier: MIT */
/* Names of what is not whole yet. */
#include "engine/storage/part_name.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX ".trialdeck-part-"

char *storage_part_name(void)
{
	uint64_t number;

	/* not for secrecy: only so that two never choose the same */
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint64_t)clock_wall_ns();
	return xasprintf(PREFIX "%016llx", (unsigned long long)number);
}

bool storage_is_part_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strncmp(slash ? slash + 1 : path, PREFIX, strlen(PREFIX));
}
