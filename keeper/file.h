/* SPDX-License-Identifier: MIT */
/* Small files, whole. */
#ifndef KEEPER_FILE_H
#define KEEPER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Read a file of at most size - 1 bytes and end it with a NUL.  Its length, or
 * -1 with errno; EFBIG when it is longer. */
ssize_t file_read(const char *path, char *ret, size_t size);
/* The same into memory of the caller's, who frees; NULL with errno. */
char *file_load(const char *path, size_t max, size_t *ret_len);
/* Create or replace (mode 0600).  False with errno. */
bool file_write(const char *path, const char *data, size_t len);
/* Write all, whatever it takes.  False with errno. */
bool file_write_all(int fd, const char *data, size_t len);

#endif
