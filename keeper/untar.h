/* SPDX-License-Identifier: MIT */
/*
 * Unpacking a tar stream into a folder: POSIX ustar and pax, and GNU's long
 * names.
 *
 * The stream is not trusted.  Only regular files, folders and symbolic links
 * are made, all of them inside the folder: names are relative and have no "..";
 * no step of a path is ever taken through a link; a link's target is relative
 * and may climb (leading "../") no higher than the folder itself.  Sizes and
 * counts are bounded.  Of the mode only the nine permission bits are kept, and
 * of owners and times nothing.
 */
#ifndef KEEPER_UNTAR_H
#define KEEPER_UNTAR_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UNTAR_BYTES_MAX (INT64_C(1) << 30) /* of all files together */
#define UNTAR_ENTRIES_MAX 100000
#define UNTAR_HEADER_MAX 65536 /* of one pax header or long name */

enum untar_part {
	UNTAR_HEADER,
	UNTAR_FILE, /* data of a file */
	UNTAR_PAX,  /* data of a pax header */
	UNTAR_NAME, /* data that is the next entry's name */
	UNTAR_LINK, /* or its link's target */
	UNTAR_SKIP, /* data nobody wants */
	UNTAR_FINISHED,
};

struct untar {
	int dir_fd;  /* borrowed */
	int file_fd; /* being written, or -1 */
	enum untar_part part;
	char block[512];
	size_t block_len;
	int64_t left;	/* bytes of data to come */
	size_t padding; /* and of padding behind it */
	int64_t bytes;	/* of files so far */
	int entries;	/* headers so far */
	bool has_zeros; /* one block of zeros: a second ends the archive */
	char name[PATH_MAX], link[PATH_MAX]; /* from long headers, or "" */
	int64_t size;			     /* from a pax header, or -1 */
	char extra[UNTAR_HEADER_MAX];	     /* PAX, NAME, LINK: their data */
	size_t extra_len;
};

void untar_init(struct untar *untar, int dir_fd);
/* The next bytes of the stream; what follows its end is ignored. */
bool untar_feed(struct untar *untar, const char *data, size_t len,
		struct error *err);
/* No more bytes.  Fails when the archive was cut short. */
bool untar_end(struct untar *untar, struct error *err);
void untar_release(struct untar *untar);

#endif
