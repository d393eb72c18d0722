/* SPDX-License-Identifier: MIT */
/*
 * Private to engine/storage/sync*.c.
 *
 *   sync.c        what is there, what has to go and to come, in which order
 *   sync_plan.c   files with their digests, and manifests
 *   sync_put.c    many files at once
 */
#ifndef ENGINE_STORAGE_SYNC_PRIVATE_H
#define ENGINE_STORAGE_SYNC_PRIVATE_H

#include "engine/storage/archive_tree.h"
#include "engine/storage/sync.h"

#define SYNC_MANIFEST_MAX ((size_t)32 << 20)

struct sync_file {
	char *path; /* below the folder */
	char digest[65];
	int64_t size, modified_ns;
	unsigned int mode;
	bool is_there; /* in the storage, as it is here */
};

struct sync_plan {
	struct tree tree;
	struct sync_file *files; /* sorted by path */
	size_t count;
	int64_t bytes;
	struct strbuf text; /* the manifest */
	char digest[65];
};

/* Read folder and files.  To be released in either case. */
bool sync_plan_read(struct sync_plan *plan, const struct sync_options *options,
		    struct storage_watch *watch, struct error *err);
void sync_plan_release(struct sync_plan *plan);
struct sync_file *sync_plan_find(const struct sync_plan *plan,
				 const char *path);
/* Open a file of the plan; links lead to files inside.  -1: errno. */
int sync_open_file(const struct sync_plan *plan, const char *path);
/* SHA-256 of a text. */
void sync_digest(const void *data, size_t len, char ret[65]);

/* Mark as there what a manifest has like the plan.  Lines that are none are
 * passed over. */
void sync_plan_compare(struct sync_plan *plan, const char *manifest);

/* Send all that is not there. */
bool sync_put(const struct sync_options *options, struct sync_plan *plan,
	      struct storage *first, struct sync_result *result,
	      struct error *err);

#endif
