/* SPDX-License-Identifier: MIT */
/*
 * Making the entries of an archive inside a folder, and nowhere else.  Folders
 * that are missing on the way are made; a file or link that is there already
 * is replaced, a folder never.
 */
#ifndef KEEPER_UNTAR_MAKE_H
#define KEEPER_UNTAR_MAKE_H

#include "base/error.h"

/* A descriptor for writing, or -1. */
int untar_make_file(int dir_fd, const char *path, unsigned int mode,
		    struct error *err);
bool untar_make_folder(int dir_fd, const char *path, unsigned int mode,
		       struct error *err);
bool untar_make_link(int dir_fd, const char *path, const char *target,
		     struct error *err);

#endif
