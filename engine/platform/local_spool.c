/* SPDX-License-Identifier: MIT */
/* Reading a keeper's spool after the fact. */
#include "engine/platform/local_spool.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool local_spool_open(struct local_spool *spool, const char *directory)
{
	char *path = fs_join(directory, "spool.ndjson");
	struct stat st;

	*spool = (struct local_spool){.rest = STRBUF_INIT};
	spool->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	free(path);
	if (spool->fd < 0)
		return false;
	if (fstat(spool->fd, &st) == 0 && S_ISREG(st.st_mode))
		return true;
	close(spool->fd);
	return false;
}

void local_spool_close(struct local_spool *spool)
{
	close(spool->fd);
	strbuf_release(&spool->rest);
}

static void take_line(struct local_spool *spool, const char *line, size_t len,
		      local_spool_fn *fn, void *arg)
{
	if (spool->is_skipping || len > LOCAL_SPOOL_LINE_MAX)
		return;
	/* what the keeper writes is always an object */
	if (len >= 2 && line[0] == '{' && line[len - 1] == '}')
		fn(line, len, arg);
}

void local_spool_feed(struct local_spool *spool, const char *data, size_t len,
		      local_spool_fn *fn, void *arg)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t part = end ? (size_t)(end - data) : len;

		if (end && !spool->rest.len) {
			take_line(spool, data, part, fn, arg);
		} else if (!spool->is_skipping) {
			strbuf_add(&spool->rest, data, part);
			if (end)
				take_line(spool, spool->rest.data,
					  spool->rest.len, fn, arg);
		}
		if (end) {
			spool->is_skipping = false;
			strbuf_clear(&spool->rest);
			part++;
		} else if (spool->rest.len > LOCAL_SPOOL_LINE_MAX) {
			spool->is_skipping = true;
			strbuf_clear(&spool->rest);
		}
		data += part;
		len -= part;
	}
}

bool local_spool_read(struct local_spool *spool, local_spool_fn *fn, void *arg)
{
	char *slice = malloc(LOCAL_SPOOL_SLICE);
	ssize_t n;

	if (!slice)
		return false;
	do
		n = read(spool->fd, slice, LOCAL_SPOOL_SLICE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		local_spool_feed(spool, slice, (size_t)n, fn, arg);
	free(slice);
	return n > 0;
}
