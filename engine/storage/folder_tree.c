/* SPDX-License-Identifier: MIT */
/* Folders of this machine: what is in them, and their end. */
#include "engine/storage/folder.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 100

struct walk {
	struct folder *folder;
	struct strbuf path; /* below the folder that is listed */
	storage_entry_fn *fn;
	void *arg;
	bool is_deep, is_over;
	struct error *err;
};

static bool walk_folder(struct walk *walk, int fd, int depth);

static bool walk_entry(struct walk *walk, int fd, const char *name, int depth)
{
	struct storage_entry entry;
	size_t len = walk->path.len;
	struct stat st;
	bool ok = true;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true; /* gone meanwhile */
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return true;
	strbuf_addf(&walk->path, "%s%s", len ? "/" : "", name);
	entry = (struct storage_entry){
		.path = walk->path.data,
		.size = S_ISREG(st.st_mode) ? st.st_size : 0,
		.modified_ns =
			st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec,
		.is_folder = S_ISDIR(st.st_mode),
	};
	if (!walk->fn(&entry, walk->arg))
		walk->is_over = true;
	else if (entry.is_folder && walk->is_deep && depth < DEPTH_MAX) {
		int below =
			openat(fd, name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		ok = below < 0 ? folder_fail(walk->folder, walk->path.data,
					     "open", walk->err)
			       : walk_folder(walk, below, depth + 1);
	}
	strbuf_truncate(&walk->path, len);
	return ok;
}

static bool is_entry(const char *name)
{
	return strcmp(name, ".") && strcmp(name, "..") &&
	       strncmp(name, DRAFT, strlen(DRAFT));
}

/* Takes fd. */
static bool walk_folder(struct walk *walk, int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool ok = true;

	if (!dir) {
		close(fd);
		return folder_fail(walk->folder, walk->path.data, "read",
				   walk->err);
	}
	while (ok && !walk->is_over) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			ok = !errno ||
			     folder_fail(walk->folder, walk->path.data, "read",
					 walk->err);
			break;
		}
		if (is_entry(entry->d_name))
			ok = storage_may_go_on(&walk->folder->base,
					       walk->err) &&
			     walk_entry(walk, dirfd(dir), entry->d_name, depth);
	}
	closedir(dir);
	return ok;
}

bool folder_list(struct storage *storage, const char *path, bool is_deep,
		 storage_entry_fn *fn, void *arg, struct error *err)
{
	struct folder *folder = folder_of(storage);
	struct walk walk = {.folder = folder,
			    .path = STRBUF_INIT,
			    .fn = fn,
			    .arg = arg,
			    .is_deep = is_deep,
			    .err = err};
	int fd = folder_descend(folder, path);
	bool ok;

	if (fd < 0)
		return folder_fail(folder, path, "open", err);
	ok = walk_folder(&walk, fd, 0);
	strbuf_release(&walk.path);
	return ok;
}

static bool remove_at(struct folder *folder, int parent, const char *name,
		      int depth, struct error *err)
{
	struct dirent *entry;
	bool ok = true;
	DIR *dir;
	int fd;

	if (!storage_may_go_on(&folder->base, err))
		return false;
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	fd = depth < DEPTH_MAX
		     ? openat(parent, name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
		     : -1;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		folder_fail(folder, name, "remove", err);
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (ok && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			ok = remove_at(folder, dirfd(dir), entry->d_name,
				       depth + 1, err);
	closedir(dir);
	if (ok && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		ok = folder_fail(folder, name, "remove", err);
	return ok;
}

bool folder_remove(struct storage *storage, const char *path, struct error *err)
{
	struct folder *folder = folder_of(storage);
	const char *name;
	int parent = folder_parent(folder, path, false, &name);
	bool ok;

	if (parent < 0)
		return errno == ENOENT ||
		       folder_fail(folder, path, "open the folder of", err);
	ok = remove_at(folder, parent, name, 0, err);
	close(parent);
	return ok;
}
