/* SPDX-License-Identifier: MIT */
/* A code directory to pack, and what came of it.  Failures fail the test. */
#ifndef TESTS_UNIT_STORAGE_SUPPORT_H
#define TESTS_UNIT_STORAGE_SUPPORT_H

#include "base/strbuf.h"
#include "engine/storage/archive.h"

/* cmocka's set-up and tear-down: the test runs in a folder of its own, with an
 * empty folder code/ in it. */
int folder_make(void **state);
int folder_take_away(void **state);

/* Write a file, with the folders it lies in. */
void put(const char *path, const char *text);
struct archive_summary pack(const char *code, const char *path);
/* A line for each entry: kind, permissions, path, content or target.  Fails on
 * an archive that is not whole, and on times and owners. */
void list(const char *path, struct strbuf *out);
void expect_list(const char *path, const char *expected);
/* archive_write must fail, with these words in its sentence. */
void expect_failure(const char *code, const char *path, enum error_code reason,
		    const char *words);

#endif
