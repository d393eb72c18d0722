/* SPDX-License-Identifier: MIT */
/*
 * Digests of files: what storages say of theirs, and what came of it here.
 *
 * A file of this machine can carry the digest it came with, in an extended
 * attribute with the time of its last change: who changes it afterwards makes
 * the mark void, and file systems without attributes have no marks.
 */
#ifndef ENGINE_STORAGE_DIGEST_H
#define ENGINE_STORAGE_DIGEST_H

#include "engine/storage/storage.h"

/* Of all bytes of a file, wherever it stands.  The watch may end it. */
bool storage_digest_file(int fd, enum storage_digest_kind kind,
			 const struct storage_watch *watch, char ret[65],
			 struct error *err);
/* A name for people: "SHA-256". */
const char *storage_digest_name(enum storage_digest_kind kind);

/* What cannot be marked stays without a mark. */
void storage_digest_mark(int fd, const char sha256[65]);
bool storage_digest_marked(int fd, char ret[65]);

#endif
