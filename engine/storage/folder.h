/* SPDX-License-Identifier: MIT */
/* Private to engine/storage/folder*.c. */
#ifndef ENGINE_STORAGE_FOLDER_H
#define ENGINE_STORAGE_FOLDER_H

#include "engine/storage/storage.h"

#define DRAFT ".trialdeck-" /* beside what is being written */

struct folder {
	struct storage base;
	char *path;
	int fd; /* -1: not there yet */
};

static inline struct folder *folder_of(struct storage *storage)
{
	return (struct folder *)(void *)storage;
}

/* By errno; false. */
bool folder_fail(const struct folder *folder, const char *path,
		 const char *what, struct error *err);
/* The folder that path lies in, and its last part.  -1: errno. */
int folder_parent(struct folder *folder, const char *path, bool is_made,
		  const char **ret_name);
/* The folder itself; path "": the root. */
int folder_descend(struct folder *folder, const char *path);

/* ---- folder_tree.c: operations ---- */
bool folder_list(struct storage *storage, const char *path, bool is_deep,
		 storage_entry_fn *fn, void *arg, struct error *err);
bool folder_remove(struct storage *storage, const char *path,
		   struct error *err);

#endif
