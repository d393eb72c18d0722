/* SPDX-License-Identifier: MIT */
/*
 * A code directory as one gzipped tar file, the same bytes for the same files.
 *
 * What .trialdeckignore or else .nniignore in the directory names is left out
 * (patterns as in .gitignore).  Links that lead outside, devices and sockets
 * are refused or left out with a note; file modes are kept, owners are not.
 */
#ifndef ENGINE_STORAGE_ARCHIVE_H
#define ENGINE_STORAGE_ARCHIVE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_FILES_MAX 20000
#define ARCHIVE_BYTES_MAX (INT64_C(300) << 20) /* unpacked; NNI's limit */

struct archive_summary {
	int64_t files;
	int64_t bytes;	 /* unpacked */
	int64_t size;	 /* of the archive */
	char digest[65]; /* hex SHA-256 of the archive */
	char *notes;	 /* what was left out and why, a line each; or NULL */
};

/* Write the archive of `folder` to `path` (0600, atomically).  ERROR_LIMIT
 * names the largest files, with the hint about the ignore file.  Thread: any;
 * blocking. */
bool archive_write(const char *folder, const char *path,
		   struct archive_summary *ret, struct error *err);
void archive_summary_release(struct archive_summary *summary);

#endif
