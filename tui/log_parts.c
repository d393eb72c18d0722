/* SPDX-License-Identifier: MIT */
/* The parts of an attempt that have a log, each name once. */
#include "tui/log_parts.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void log_parts_release(struct log_parts *parts)
{
	free(parts->names);
	memset(parts, 0, sizeof(*parts));
}

int log_parts_find(const struct log_parts *parts, const char *name, size_t len)
{
	for (size_t i = 0; i < parts->count; i++)
		if (!strncmp(parts->names[i], name, len) &&
		    !parts->names[i][len])
			return (int)i;
	return -1;
}

static void add(struct log_parts *parts, const char *name)
{
	if (log_parts_find(parts, name, strnlen(name, PART_MARK_NAME)) >= 0)
		return;
	ARRAY_RESERVE(parts->names, parts->count, parts->capacity);
	snprintf(parts->names[parts->count++], sizeof(*parts->names), "%.*s",
		 PART_MARK_NAME, name);
}

bool log_parts_read(struct log_parts *parts, struct store *store, int64_t trial,
		    int attempt)
{
	struct log_parts now = {0};
	struct part_list list = {0};
	struct error ignored;
	bool has_changed;

	if (store_parts_get(store, trial, attempt, &list, &ignored)) {
		for (size_t i = 0; i < list.count; i++)
			if (part_has_log(&list, i))
				add(&now, list.items[i].name);
		part_list_release(&list);
	}
	has_changed = now.count != parts->count;
	for (size_t i = 0; i < now.count && !has_changed; i++)
		has_changed = strcmp(now.names[i], parts->names[i]) != 0;
	log_parts_release(parts);
	*parts = now;
	return has_changed;
}
