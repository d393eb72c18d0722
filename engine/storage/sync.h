/* SPDX-License-Identifier: MIT */
/*
 * A code folder brought to a storage, file by file, and only what changed.
 *
 *     <to>/...      the files, links that stay inside as what they lead to
 *     <manifest>    a line "SHA-256 SIZE MODE PATH" for each, sorted by path;
 *                   written last: where it is, all is there and whole
 *     <manifest>.plan   the manifest to be, while it is not
 *
 * What the ignore file of the folder names stays here, as with an archive.  An
 * upload that was cut short goes on where it was: files appear whole, and those
 * that would differ from the plan are removed before it is written.
 */
#ifndef ENGINE_STORAGE_SYNC_H
#define ENGINE_STORAGE_SYNC_H

#include "engine/storage/storage.h"

struct sync_progress {
	atomic_llong files, files_total;
	atomic_llong bytes, bytes_total;
	atomic_bool was_reached; /* the storage has answered */
};

struct sync_options {
	/* Open one session more of the storage; thread: any. */
	bool (*open)(void *arg, struct storage **ret, struct error *err);
	void *arg;
	const char *folder;
	const char *const *not_these; /* as in archive.h */
	const char *to, *manifest;    /* paths in the storage */
	struct sync_progress *progress;
	int retries; /* of a file whose fault may pass; -1: 3 */
};

struct sync_result {
	char digest[65]; /* of the manifest */
	int64_t files, bytes;
	int64_t sent_files, sent_bytes; /* of them, this time */
	char *notes; /* what was left out and why, a line each; or NULL */
};

/* Blocking; up to 4 sessions at once.  ERROR_UNAVAILABLE also when a file kept
 * changing.  The caller releases *ret on success. */
bool sync_code(const struct sync_options *options, struct sync_result *ret,
	       struct error *err);
/* Is the code with this manifest digest still there, as far as the manifest
 * says?  ERROR_NOT_FOUND: no, or another one. */
bool sync_verify(const struct sync_options *options, const char *digest,
		 struct error *err);
void sync_result_release(struct sync_result *result);

#endif
