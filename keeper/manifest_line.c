/* SPDX-License-Identifier: MIT */
/* Lines of a manifest. */
#include "keeper/manifest.h"

#include "keeper/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdef") == len;
}

bool manifest_next(char **at, struct manifest_line *ret, struct error *err)
{
	char *line = *at, *end = strchr(line, '\n'), *next;
	unsigned long mode;

	if (!*line)
		return false;
	if (!end || strcspn(line, " ") != 64 || !is_hex(line, 64))
		return error_set(err, ERROR_CORRUPT,
				 "the manifest has a line that is none");
	*end = '\0';
	*at = end + 1;
	memcpy(ret->digest, line, 64);
	ret->digest[64] = '\0';
	errno = 0;
	ret->size = strtoll(line + 65, &next, 10);
	if (errno || next == line + 65 || *next != ' ' || ret->size < 0)
		return error_set(err, ERROR_CORRUPT,
				 "the manifest has a size that is none");
	line = next + 1;
	mode = strtoul(line, &next, 8);
	if (next == line || *next != ' ' || mode > 07777)
		return error_set(err, ERROR_CORRUPT,
				 "the manifest has a mode that is none");
	ret->mode = (unsigned int)mode & 0777;
	ret->path = next + 1;
	if (!tree_path_is_sound(ret->path, strlen(ret->path)))
		return error_set(err, ERROR_DENIED,
				 "the manifest has a path that leads outside");
	return true;
}
