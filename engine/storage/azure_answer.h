/* SPDX-License-Identifier: MIT */
/* Azure Files' lists.  Pure; hostile input. */
#ifndef ENGINE_STORAGE_AZURE_ANSWER_H
#define ENGINE_STORAGE_AZURE_ANSWER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct azure_entry {
	char *name; /* one part of a path; decoded */
	int64_t size, modified_ns;
	bool is_folder;
};

struct azure_page {
	struct azure_entry *items;
	size_t count, capacity;
	char *next; /* marker of the page behind it; NULL: the last one */
};

/* Entries are added to what page holds; next is replaced. */
bool azure_page_read(const char *data, size_t len, struct azure_page *page,
		     struct error *err);
void azure_page_release(struct azure_page *page);

#endif
