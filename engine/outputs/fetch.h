/* SPDX-License-Identifier: MIT */
/*
 * Files of a storage brought into a folder of this machine, several at once.
 *
 * Whatever names a server lists, nothing is written outside the folder: each
 * part of a path is opened from the one above without following links.  A file
 * gets its name when it is whole; what is on its way lies beside it under a
 * name made of path, size and time, so that a fetch that was cut short goes on
 * where it was, and never with another file's beginning.  What is there already
 * with the same size and time is left alone.  Where the storage knows a digest
 * of a file, what came is compared with it before it gets its name.
 */
#ifndef ENGINE_OUTPUTS_FETCH_H
#define ENGINE_OUTPUTS_FETCH_H

#include "engine/storage/storage.h"

struct fetch_item {
	char *from; /* path in the storage */
	char *to;   /* path below the folder */
	int64_t size, modified_ns;
};

struct fetch_options {
	/* Open one session more; thread: any. */
	bool (*open)(void *arg, struct storage **ret, struct error *err);
	void *arg;
	const char *folder; /* made if need be */
	const struct fetch_item *items;
	size_t count;
	/* Called every 200 ms, and once at the end; or NULL.  Thread: the
	 * caller's. */
	void (*progress)(void *arg, int64_t files, int64_t bytes);
	void *progress_arg;
	struct storage_watch *watch;
};

struct fetch_result {
	int64_t files, bytes;	 /* brought now */
	int64_t checked;	 /* of those files: by their digests */
	int64_t there;		 /* files that were there already */
	int64_t failed;		 /* files */
	char first_failure[512]; /* of those, "" for none */
};

/* Blocking.  False only when nothing could be tried; files that fail are in the
 * result.  Faults that may pass are tried again. */
bool outputs_fetch(const struct fetch_options *options,
		   struct fetch_result *ret, struct error *err);

#endif
