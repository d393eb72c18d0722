/* SPDX-License-Identifier: MIT */
/*
 * A code directory as one gzipped tar file, the same bytes for the same files:
 * names sorted, times, owners and special bits zero.  The format is ustar,
 * with a pax header (path, linkpath, size, hdrcharset=BINARY) for each entry
 * whose name is too long or not ASCII; names are bytes.
 *
 * What .trialdeckignore or else .nniignore in the directory names is left out
 * (patterns as in .gitignore), and always .git.  Links that lead outside,
 * pipes, sockets and devices are left out with a note.  A file that cannot be
 * read is an error.  Files may change meanwhile: the archive stays whole, and
 * a note or ERROR_UNAVAILABLE says what happened.
 */
#ifndef ENGINE_STORAGE_ARCHIVE_H
#define ENGINE_STORAGE_ARCHIVE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_FILES_MAX 20000		       /* and folders */
#define ARCHIVE_BYTES_MAX (INT64_C(300) << 20) /* unpacked; NNI's limit */

struct archive_summary {
	int64_t files;	 /* and links, not folders */
	int64_t bytes;	 /* unpacked */
	int64_t size;	 /* of the archive */
	char digest[65]; /* hex SHA-256 of the archive */
	char *notes;	 /* what was left out and why, a line each; or NULL */
};

/* Write the archive of `folder` to `path` (0600, atomically; it may lie in the
 * folder itself).  not_these: files and folders that are not even opened,
 * wherever they lie (NULL-terminated, at most 15; may be NULL): closing a file
 * gives up this process's locks on it, SQLite's among them.  ERROR_LIMIT names
 * the three largest parts, ERROR_DENIED what cannot be read, both with a hint
 * at the ignore file.  Thread: any; blocking. The caller releases *ret. */
bool archive_write(const char *folder, const char *path,
		   const char *const *not_these, struct archive_summary *ret,
		   struct error *err);
void archive_summary_release(struct archive_summary *summary);

#endif
