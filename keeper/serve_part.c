/* SPDX-License-Identifier: MIT */
/* Files on their way into the folder that is served, and what is answered. */
#include "keeper/serve_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void serve_answer(struct serve_answer *ret, int status, const char *text)
{
	ret->status = status;
	snprintf(ret->text, sizeof(ret->text), "%s", text);
}

void serve_answer_error(struct serve_answer *ret, const struct error *err)
{
	int status = 500;

	if (err->code == ERROR_NOT_FOUND)
		status = 404;
	else if (err->code == ERROR_DENIED)
		status = 403;
	else if (err->code == ERROR_INVALID)
		status = 400;
	else if (err->code == ERROR_CONFLICT)
		status = 409;
	else if (err->code == ERROR_LIMIT)
		status = 507;
	serve_answer(ret, status, err->text);
}

bool serve_fail(struct error *err, const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return error_set(err, ERROR_LIMIT, "%s %.200s: %s", what, path,
				 strerror(errno));
	return error_set_errno(err, "%s %.200s", what, path);
}

static void part_name(char *ret, size_t size)
{
	static atomic_uint counter;

	snprintf(ret, size, TREE_PART_PREFIX "%d-%u", (int)getpid(),
		 atomic_fetch_add(&counter, 1));
}

bool part_open(struct part *part, int top_fd, const char *path,
	       unsigned int mode, struct error *err)
{
	part->folder_fd =
		tree_open_parent(top_fd, path, true, &part->name, err);
	if (part->folder_fd < 0)
		return false;
	part_name(part->own, sizeof(part->own));
	part->fd = openat(part->folder_fd, part->own,
			  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (part->fd >= 0) {
		fchmod(part->fd, mode | 0600);
		return true;
	}
	serve_fail(err, "create", path);
	close(part->folder_fd);
	return false;
}

bool part_close(struct part *part, const char *path, bool is_good,
		struct error *err)
{
	bool was_good = is_good;

	is_good = is_good && fdatasync(part->fd) == 0;
	is_good = close(part->fd) == 0 && is_good;
	is_good = is_good && renameat(part->folder_fd, part->own,
				      part->folder_fd, part->name) == 0;
	if (was_good && !is_good)
		serve_fail(err, "write", path);
	if (!is_good)
		unlinkat(part->folder_fd, part->own, 0);
	close(part->folder_fd);
	return is_good;
}
