/* SPDX-License-Identifier: MIT */
/* Putting the keeper that trialdeck carries where it can be executed. */
#include "engine/platform/keeper_install.h"

#include "base/fs.h"
#include "base/mem.h"
#include "keeper/embed.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a: names a version, protects against nothing. */
static uint64_t hash(const unsigned char *data, size_t len)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		value = (value ^ data[i]) * 0x100000001b3u;
	return value;
}

static bool is_there(const char *path, const void *image, size_t len)
{
	struct strbuf have = STRBUF_INIT;
	struct error ignored;
	bool same = fs_read_file(path, len, &have, &ignored) &&
		    have.len == len && !memcmp(have.data, image, len) &&
		    access(path, X_OK) == 0;

	strbuf_release(&have);
	return same;
}

static bool put(const char *path, const void *image, size_t len,
		struct error *err)
{
	char *draft = xasprintf("%s.%d", path, (int)getpid());
	bool ok = fs_write_file(draft, image, len, err);

	if (ok && (chmod(draft, 0700) < 0 || rename(draft, path) < 0)) {
		ok = error_set_errno(err, "install %s", path);
		unlink(draft);
	}
	free(draft);
	return ok;
}

bool keeper_install(const char *folder, char **ret_path, struct error *err)
{
	size_t len;
	const void *image = keeper_image(&len);
	char name[48];
	char *path;

	snprintf(name, sizeof(name), "trialdeck-keeper-%016" PRIx64,
		 hash(image, len));
	path = fs_join(folder, name);
	if (!is_there(path, image, len) &&
	    (!fs_make_folders(folder, err) || !put(path, image, len, err))) {
		free(path);
		return error_prefix(err, "install the keeper");
	}
	*ret_path = path;
	return true;
}
