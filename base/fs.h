/* SPDX-License-Identifier: MIT */
/* Files and paths: bounded reads, atomic writes, private directories. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>

/* "a" + "b" = "a/b"; an absolute b wins.  Caller frees. */
char *fs_join(const char *folder, const char *path);
/* "~" and "~/x" become the home directory; everything else is copied.
 * Caller frees. */
char *fs_expand_home(const char *path);
/* The folder a path lies in ("." when it names none).  Caller frees. */
char *fs_folder(const char *path);
/* Create a directory and its parents with mode 0700. */
bool fs_make_folders(const char *path, struct error *err);
/* Append a whole file to out.  Fails with ERROR_LIMIT above max bytes. */
bool fs_read_file(const char *path, size_t max, struct strbuf *out,
		  struct error *err);
/* Write a whole file of mode 0600 under a temporary name, then rename. */
bool fs_write_file(const char *path, const void *data, size_t len,
		   struct error *err);
/* Remove a folder and everything in it; links are not followed. */
bool fs_remove_tree(const char *path, struct error *err);
/* Name of the network file system a path lies on ("nfs", "lustre", ...), or
 * NULL when it is local or unknown.  SQLite's WAL must not be used there. */
const char *fs_network_kind(const char *path);
/* $XDG_DATA_HOME/trialdeck, else ~/.local/share/trialdeck.  Caller frees. */
char *fs_data_home(void);

#endif
