/* SPDX-License-Identifier: MIT */
/*
 * Paths inside one folder that others write to as well.
 *
 * A path is relative, its parts are neither empty nor "." nor "..".  It is
 * walked part by part and no step is taken through a link, so whatever lies in
 * the folder, nothing beside it is read or changed.  Links themselves can be
 * removed, never followed.  Thread: any.
 */
#ifndef KEEPER_TREE_H
#define KEEPER_TREE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/stat.h>

#define TREE_PATH_MAX 2047
#define TREE_DEPTH_MAX 64

/* Names that begin so are files on their way: nobody else's concern. */
#define TREE_PART_PREFIX ".trialdeck-part-"

/* Is it such a path?  "" is none. */
bool tree_path_is_sound(const char *path, size_t len);

/* Open a folder, "" being the top; made with its parents if is_made.  -1 on
 * failure.  The caller closes. */
int tree_open_folder(int top_fd, const char *path, bool is_made,
		     struct error *err);
/* The same for the folder that the last part, *ret_name, lies in. */
int tree_open_parent(int top_fd, const char *path, bool is_made,
		     const char **ret_name, struct error *err);
/* A regular file for reading, nothing else.  -1 on failure. */
int tree_open_file(int top_fd, const char *path, struct stat *ret,
		   struct error *err);

/* A file, link or folder with all in it; what is not there is fine. */
bool tree_remove(int top_fd, const char *path, struct error *err);

/* Called for every file and folder below a folder, path being relative to it;
 * false ends the walk. */
typedef bool tree_fn(void *arg, int folder_fd, const char *name,
		     const char *path, const struct stat *info);
/* Folders come before what is in them.  Links, devices and such are counted in
 * *ret_skipped (may be NULL), files on their way are left out.  Takes
 * folder_fd.  False with errno when a folder cannot be read, or fn said so
 * (errno 0). */
bool tree_walk(int folder_fd, bool is_deep, tree_fn *fn, void *arg,
	       long *ret_skipped);

#endif
