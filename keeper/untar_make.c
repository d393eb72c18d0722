/* SPDX-License-Identifier: MIT */
/*
 * Entries of an archive, made inside one folder.
 *
 * A path is walked step by step with O_NOFOLLOW, so no link of the archive can
 * lead a later entry elsewhere.  A link may have "../" only in front, no more
 * than its own depth allows: the folders above it were walked the same way and
 * are never replaced, so those steps go where they seem to; whatever follows
 * only descends, or passes another link of which the same holds.
 */
#include "keeper/untar_make.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where an entry belongs. */
struct place {
	int fd; /* its folder: to be closed */
	int depth;
	char name[NAME_MAX + 1];
};

static bool refuse(struct error *err, const char *path, const char *why)
{
	return error_set(err, ERROR_DENIED, "%s: %s", path, why);
}

/* The next component; blank ones and "." are passed over.  False at the end. */
static bool next_part(const char **at, const char **ret, size_t *ret_len)
{
	for (;;) {
		*at += strspn(*at, "/");
		*ret = *at;
		*ret_len = strcspn(*at, "/");
		*at += *ret_len;
		if (!*ret_len)
			return false;
		if (*ret_len != 1 || **ret != '.')
			return true;
	}
}

static int open_folder(int fd, const char *name)
{
	return openat(fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Go down into a folder, which is made if need be. */
static bool descend(struct place *place, struct error *err)
{
	int fd = open_folder(place->fd, place->name);

	if (fd < 0 && errno == ENOENT &&
	    (mkdirat(place->fd, place->name, 0777) == 0 || errno == EEXIST))
		fd = open_folder(place->fd, place->name);
	if (fd < 0)
		return error_set_errno(err, "enter %s", place->name);
	close(place->fd);
	place->fd = fd;
	place->depth++;
	return true;
}

/* Walk to the folder of the path's last component.  An empty name: the path is
 * the top folder itself. */
static bool walk(int dir_fd, const char *path, struct place *place,
		 struct error *err)
{
	const char *at = path, *part;
	size_t len;

	if (*path == '/')
		return refuse(err, path, "an absolute path");
	place->depth = 0;
	place->name[0] = '\0';
	place->fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	if (place->fd < 0)
		return error_set_errno(err, "%s", path);
	while (next_part(&at, &part, &len)) {
		if ((len == 2 && !memcmp(part, "..", 2)) || len > NAME_MAX) {
			close(place->fd);
			return refuse(err, path, "a path that leads outside");
		}
		if (*place->name && !descend(place, err)) {
			close(place->fd);
			return error_prefix(err, "%s", path);
		}
		memcpy(place->name, part, len);
		place->name[len] = '\0';
	}
	return true;
}

int untar_make_file(int dir_fd, const char *path, unsigned int mode,
		    struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	struct place place;
	int fd;

	if (!walk(dir_fd, path, &place, err))
		return -1;
	fd = openat(place.fd, place.name, flags, 0600);
	if (fd < 0 && errno == EEXIST && unlinkat(place.fd, place.name, 0) == 0)
		fd = openat(place.fd, place.name, flags, 0600);
	if (fd < 0)
		error_set_errno(err, "create %s", path);
	else
		fchmod(fd, mode);
	close(place.fd);
	return fd;
}

bool untar_make_folder(int dir_fd, const char *path, unsigned int mode,
		       struct error *err)
{
	struct place place;
	bool ok;

	if (!walk(dir_fd, path, &place, err))
		return false;
	/* the owner must be able to fill it, now and later */
	ok = !*place.name ||
	     (descend(&place, err) && (fchmod(place.fd, mode | 0700) == 0 ||
				       error_set_errno(err, "%s", path)));
	close(place.fd);
	return ok;
}

/* Does the target stay inside, seen from a folder of this depth? */
static bool stays_inside(const char *target, int depth)
{
	const char *part;
	size_t len;
	bool is_descending = false;

	if (*target == '/' || !*target)
		return false;
	while (next_part(&target, &part, &len)) {
		if (len != 2 || memcmp(part, "..", 2) != 0)
			is_descending = true;
		else if (is_descending || --depth < 0)
			return false;
	}
	return true;
}

bool untar_make_link(int dir_fd, const char *path, const char *target,
		     struct error *err)
{
	struct place place;
	bool ok;

	if (!walk(dir_fd, path, &place, err))
		return false;
	if (!stays_inside(target, place.depth)) {
		close(place.fd);
		return refuse(err, path, "a link that leads outside");
	}
	ok = symlinkat(target, place.fd, place.name) == 0 ||
	     (errno == EEXIST && unlinkat(place.fd, place.name, 0) == 0 &&
	      symlinkat(target, place.fd, place.name) == 0) ||
	     error_set_errno(err, "create %s", path);
	close(place.fd);
	return ok;
}
