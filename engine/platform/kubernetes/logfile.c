/* SPDX-License-Identifier: MIT */
/*
 * A job's log on disk: `stdout` in the attempt's directory, and beside it, in
 * `stdout.place`, how long the file was when it was last written down how far
 * each container's log had been read.
 *
 * The two are not written together; so after a crash the file is cut to the
 * length in the place file, and reading goes on from there: no gap, no line
 * twice.  Metrics that lines brought are committed before the place behind
 * them is written down: so they are read again if they are not.
 */
#include "engine/platform/kubernetes/logfile_private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "model/log_time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGFILE_MAX_BYTES (INT64_C(256) << 20)
/* Kept in memory while the file cannot be written. */
#define PENDING_MAX_BYTES (1u << 20)

void logfile_open(struct logfile *file, const char *directory, const char *name,
		  logfile_each_fn *each, void *arg)
{
	memset(file, 0, sizeof(*file));
	file->fd = file->times_fd = -1;
	strbuf_init(&file->times);
	strbuf_init(&file->pending);
	strbuf_init(&file->staged);
	strbuf_init(&file->numbers);
	if (!directory)
		return;
	file->path = fs_join(directory, name);
	file->place_path = xasprintf("%s.place", file->path);
	file->numbers_path = xasprintf("%s.numbers", file->path);
	file->times_path = xasprintf("%s" LOG_TIME_SUFFIX, file->path);
	if (each)
		logfile_place_read(file->place_path, &file->size, each, arg);
	if (file->size < 0 || file->size > LOGFILE_MAX_BYTES + 65536)
		file->size = 0;
}

void logfile_release(struct logfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	strbuf_release(&file->pending);
	strbuf_release(&file->staged);
	strbuf_release(&file->numbers);
	logfile_release_times(file);
	free(file->path);
	free(file->numbers_path);
	free(file->place_path);
}

void logfile_add(struct logfile *file, int64_t at_ns, const char *prefix,
		 const char *line, size_t len, bool is_part)
{
	if (!file->path || file->is_full)
		return;
	file->is_dirty = true;
	if (file->is_broken && file->pending.len + len > PENDING_MAX_BYTES) {
		file->lost_bytes += (int64_t)len + !is_part;
		return;
	}
	if (file->size + (int64_t)file->pending.len + (int64_t)len >
	    LOGFILE_MAX_BYTES) {
		file->is_full = true;
		strbuf_adds(&file->pending,
			    "trialdeck: the log goes on, but no more of it "
			    "is kept\n");
		return;
	}
	logfile_note_line(file, at_ns);
	if (prefix)
		strbuf_adds(&file->pending, prefix);
	strbuf_add(&file->pending, line, len);
	if (!is_part)
		strbuf_addch(&file->pending, '\n');
}

/* What lies behind the size is not known to be whole; a file that is shorter
 * was somebody's doing. */
static bool cut_file(struct logfile *file, struct error *err)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return error_set_errno(err, "look at %s", file->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is no file",
				 file->path);
	if (st.st_size < file->size)
		file->size = st.st_size;
	/* cut to nothing, even when it is empty, some file systems write what
	 * follows to the disk when it is closed */
	if (st.st_size == file->size)
		return true;
	return ftruncate(file->fd, file->size) == 0 ||
	       error_set_errno(err, "cut %s", file->path);
}

static bool open_file(struct logfile *file, struct error *err)
{
	char *folder = fs_folder(file->path);
	bool ok = fs_make_folders(folder, err);

	free(folder);
	if (!ok)
		return false;
	/* a pipe in the way must not stop us */
	file->fd = open(
		file->path,
		O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (file->fd < 0)
		return error_set_errno(err, "open %s", file->path);
	if (cut_file(file, err)) {
		logfile_open_times(file);
		return true;
	}
	close(file->fd);
	file->fd = -1;
	return false;
}

static bool write_pending(struct logfile *file, struct error *err)
{
	size_t done = 0;

	if (file->fd < 0 && !open_file(file, err))
		return false;
	logfile_arrange(file);
	while (done < file->pending.len) {
		ssize_t n = pwrite(file->fd, file->pending.data + done,
				   file->pending.len - done,
				   file->size + (int64_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			error_set_errno(err, "write %s", file->path);
			/* what is in is in, the rest waits */
			file->size += (int64_t)done;
			strbuf_consume(&file->pending, done);
			return false;
		}
		done += (size_t)n;
	}
	file->size += (int64_t)done;
	strbuf_clear(&file->pending);
	logfile_write_times(file);
	return true;
}

bool logfile_flush(struct logfile *file, struct error *err)
{
	bool ok = !file->pending.len || write_pending(file, err);

	if (ok && file->lost_bytes) {
		strbuf_addf(&file->pending,
			    "\ntrialdeck: %" PRId64 " bytes of the log could "
			    "not be written\n",
			    file->lost_bytes);
		file->lost_bytes = 0;
		ok = write_pending(file, err);
	}
	file->is_broken = !ok;
	return ok;
}

void logfile_stage(struct logfile *file,
		   const struct logfile_source *const *sources, size_t count)
{
	struct strbuf *text = &file->staged;
	struct error ignored;

	/* what is pending would be lost if the places were written first */
	if (!file->path || !file->is_dirty || !logfile_flush(file, &ignored))
		return;
	if (file->fd < 0 && !open_file(file, &ignored))
		return;
	strbuf_clear(text);
	logfile_place_format(text, file->size, sources, count);
	file->is_dirty = false;
}

/* Not synced: of a power cut's damage the worst is a log read again, and there
 * may be thousands of them. */
static bool write_place(const struct logfile *file)
{
	char *temporary = xasprintf("%s.new", file->place_path);
	int fd = open(temporary,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW |
			      O_NONBLOCK,
		      0600);
	bool ok = fd >= 0 && write(fd, file->staged.data, file->staged.len) ==
				     (ssize_t)file->staged.len;

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (ok && rename(temporary, file->place_path) < 0)
		ok = false;
	if (!ok && fd >= 0)
		unlink(temporary);
	free(temporary);
	return ok;
}

void logfile_save(struct logfile *file)
{
	if (!file->staged.len)
		return;
	/* a failure leaves the old places: lines are read again after a crash
	 */
	if (!write_place(file))
		file->is_dirty = true;
	strbuf_release(&file->staged);
}
