/* SPDX-License-Identifier: MIT */
/* Outputs that arrived by the side port, moved into a storage. */
#include "engine/outputs/move.h"

#include "base/fs.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_FOLDER ".trialdeck-part" /* the side port's, on their way */

struct moving {
	struct storage *storage;
	int fd; /* of the folder */
	const char *to;
	struct error *err;
	bool has_failed;
};

static bool put_file(struct moving *moving, const char *path)
{
	/* nobody but us writes there: names are as the side port made them */
	struct storage_source source = {
		.fd = openat(moving->fd, path,
			     O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
		.mode = 0644};
	char *target = xasprintf("%s/%s", moving->to, path);
	struct stat st;
	bool ok;

	if (source.fd < 0 || fstat(source.fd, &st) < 0) {
		ok = error_set_errno(moving->err, "read %s", path);
	} else {
		source.size = st.st_size;
		ok = storage_put(moving->storage, target, &source, moving->err);
	}
	if (source.fd >= 0)
		close(source.fd);
	free(target);
	return ok;
}

static bool move_entry(const struct storage_entry *entry, void *arg)
{
	struct moving *moving = arg;

	if (entry->is_folder ||
	    !strncmp(entry->path, PART_FOLDER "/", strlen(PART_FOLDER) + 1))
		return true;
	moving->has_failed = !put_file(moving, entry->path);
	return !moving->has_failed;
}

bool outputs_move(struct storage *storage, const char *from, const char *to,
		  struct storage_watch *watch, struct error *err)
{
	struct storage_config config = {
		.type = STORAGE_HOST_PATH,
		.local_path = (char *)(uintptr_t)from,
	};
	struct storage_target target = {.config = &config};
	struct moving moving = {.storage = storage, .to = to, .err = err};
	struct storage *source;
	bool ok;

	moving.fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (moving.fd < 0)
		return true; /* nothing came, or it has been moved */
	ok = storage_open(&target, watch, &source, err);
	if (ok) {
		ok = storage_list(source, "", true, move_entry, &moving, err) &&
		     !moving.has_failed;
		storage_close(source);
	}
	close(moving.fd);
	return ok && fs_remove_tree(from, err);
}
