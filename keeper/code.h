/* SPDX-License-Identifier: MIT */
/*
 * The code directory: an archive, verified by its SHA-256, unpacked.
 *
 * It comes from a file (a ConfigMap's key) or from the side port
 * (GET /v1/code), which is asked again and again while it does not answer: the
 * console may be away for a while.  Or it lies on a storage, file by file
 * (manifest.h), and is copied.  A thread of its own does the work, so that the
 * keeper can be ended meanwhile.
 */
#ifndef KEEPER_CODE_H
#define KEEPER_CODE_H

#include "base/error.h"
#include "keeper/target.h"

#include <pthread.h>
#include <stdatomic.h>

#define CODE_ARCHIVE_MAX_BYTES (INT64_C(1) << 30)
#define CODE_BACKOFF_MIN_MS 500
#define CODE_BACKOFF_MAX_MS 10000

struct code_options {
	const char *archive; /* file; NULL: fetch */
	const char *source;  /* folder to copy from, instead; or NULL */
	const char *manifest;
	const char *dir; /* the attempt's folder, for what is fetched */
	/* unpack there; made if need be.  NULL, with source: leave it where it
	 * is, but see that it is whole */
	const char *folder;
	const char *digest; /* hex SHA-256, of archive or manifest */
	/* other pods may unpack to the same folder at the same time: it
	 * appears whole, and one that is there is taken as it is */
	bool is_shared;
	struct target target;
	const char *token;
	int wait_s; /* how long to ask the side port, or the storage */
};

enum code_state { CODE_WORKING, CODE_READY, CODE_FAILED };

struct code {
	struct code_options options;
	int wake_fd; /* readable: state has changed */
	_Atomic int state;
	struct error err; /* CODE_FAILED: why */
	pthread_t thread;
};

/* False when there is no thread to be had (state is CODE_FAILED then). */
bool code_start(struct code *code, const struct code_options *options);

/* The work itself.  Thread: any; blocking. */
bool code_prepare(const struct code_options *options, struct error *err);
/* Unpack a gzipped tar file into a folder. */
bool code_unpack(int archive_fd, int folder_fd, struct error *err);

#endif
