/* SPDX-License-Identifier: MIT */
/*
 * A code archive that wants out of its folder.  Whatever it holds: nothing is
 * made beside the folder, and no link inside leads outside.
 *
 * Checksums are put right first, or hardly any header would get past them.
 */
#include "base/fs.h"
#include "keeper/untar.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char outside[64], inside[80];

static void mend_checksum(char *block)
{
	unsigned int sum = 0;

	if (!memcmp(block, (char[BLOCK]){0}, BLOCK))
		return;
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
}

static int check(const char *path, const struct stat *st, int type,
		 struct FTW *at)
{
	char target[PATH_MAX];
	size_t len = strlen(inside);

	(void)at;
	if ((st->st_mode & 07000) ||
	    !(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ||
	      S_ISLNK(st->st_mode)))
		abort();
	/* one that leads nowhere cannot be followed, now or later: names in the
	 * way are made by the same rules */
	if (type == FTW_SL && realpath(path, target) &&
	    (strncmp(target, inside, len) != 0 ||
	     (target[len] && target[len] != '/')))
		abort();
	return 0;
}

static void unpack(int dir_fd, const char *data, size_t size, size_t step)
{
	static struct untar untar;
	struct error err;
	bool ok = true;

	untar_init(&untar, dir_fd);
	for (size_t at = 0; ok && at < size; at += step)
		ok = untar_feed(&untar, data + at,
				size - at < step ? size - at : step, &err);
	if (ok)
		untar_end(&untar, &err);
	untar_release(&untar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size ? data[0] * 5u + 1 : 1;
	char *copy = malloc(size + 1);
	struct error err;
	int dir_fd;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		mend_checksum(copy + at);
	snprintf(outside, sizeof(outside), "/tmp/fuzz-untar-XXXXXX");
	if (!mkdtemp(outside))
		abort();
	snprintf(inside, sizeof(inside), "%s/in", outside);
	if (mkdir(inside, 0700) < 0)
		abort();
	dir_fd = open(inside, O_RDONLY | O_DIRECTORY);
	unpack(dir_fd, copy, size, step);
	close(dir_fd);
	nftw(inside, check, 16, FTW_PHYS);
	if (!fs_remove_tree(inside, &err) || rmdir(outside) < 0)
		abort(); /* something lies beside it */
	free(copy);
	return 0;
}
