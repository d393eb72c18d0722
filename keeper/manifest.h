/* SPDX-License-Identifier: MIT */
/*
 * Code that lies on the trial's storage: what the console brought there is
 * listed in a manifest, a line each,
 *
 *     DIGEST SIZE MODE PATH
 *
 * SHA-256 in hexadecimal, bytes, octal, and the path below the code's folder.
 * The manifest comes last, so the code it speaks of is whole; and its own
 * digest is what a pod was told to expect.  A node may see an older state of a
 * network file system for a while, so what is not there yet is waited for.
 */
#ifndef KEEPER_MANIFEST_H
#define KEEPER_MANIFEST_H

#include "base/error.h"
#include "keeper/code.h"

#include <stdint.h>

#define MANIFEST_MAX_BYTES (32U << 20)

struct manifest_line {
	char digest[65];
	int64_t size;
	unsigned int mode;
	const char *path; /* into the text */
};

/* Take the next line of a text, which is changed.  False at its end, err being
 * untouched, or where it is no manifest.  Pure. */
bool manifest_next(char **at, struct manifest_line *ret, struct error *err);

/* Copy what the options' manifest lists into folder_fd, each file checked;
 * -1: only check it where it lies.  Thread: any; blocking. */
bool manifest_copy(const struct code_options *options, int folder_fd,
		   struct error *err);

#endif
