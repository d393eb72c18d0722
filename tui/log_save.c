/* SPDX-License-Identifier: MIT */
/* Writing a log, or what is shown of it, to a file: a slice of time at a time,
 * never over a file that is there. */
#include "tui/log_view.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_BYTES (1u << 16)

bool log_text_save(struct log_text *log, const char *path, bool is_all,
		   struct error *err)
{
	struct log_save *save = &log->save;
	int fd;

	if (save->state == LOG_TEXT_SAVE_RUNNING)
		return error_set(err, ERROR_CONFLICT,
				 "%s is still being written: Esc ends that",
				 save->path);
	if (log->file.state != LOG_FILE_OPEN)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no log to save");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
		  0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERROR_CONFLICT,
				 "%s exists: choose another name, nothing is "
				 "overwritten",
				 path);
	if (fd < 0)
		return error_set_errno(err, "create %s", path);
	log_save_release(log);
	*save = (struct log_save){
		.state = LOG_TEXT_SAVE_RUNNING,
		.fd = fd,
		.path = xstrdup(path),
		.is_all = is_all,
		.at = is_all ? 0 : log_view_first(log),
		.limit = is_all ? log->file.size : log_view_limit(log),
	};
	return true;
}

enum log_text_save_state log_text_save_state(const struct log_text *log,
					     const char **ret_path,
					     const char **ret_problem,
					     int *ret_percent)
{
	const struct log_save *save = &log->save;

	*ret_path = save->path ? save->path : "";
	*ret_problem = save->problem.text;
	*ret_percent =
		save->limit > 0
			? (int)((double)save->at / (double)save->limit * 100)
			: 0;
	return save->state;
}

static void finish(struct log_save *save, enum log_text_save_state state)
{
	/* half a file would be taken for a whole one */
	if (state != LOG_TEXT_SAVE_DONE)
		unlink(save->path);
	if (close(save->fd) < 0 && state == LOG_TEXT_SAVE_DONE) {
		error_set_errno(&save->problem, "write %s", save->path);
		unlink(save->path);
		state = LOG_TEXT_SAVE_FAILED;
	}
	save->fd = -1;
	save->state = state;
	strbuf_release(&save->pending);
}

void log_save_release(struct log_text *log)
{
	struct log_save *save = &log->save;

	if (save->state == LOG_TEXT_SAVE_RUNNING)
		finish(save, LOG_TEXT_SAVE_NONE);
	free(save->path);
	memset(save, 0, sizeof(*save));
}

bool log_text_is_saving(const struct log_text *log)
{
	return log->save.state == LOG_TEXT_SAVE_RUNNING;
}

void log_text_save_forget(struct log_text *log)
{
	log_save_release(log);
}

static bool write_out(struct log_save *save, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(save->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set_errno(&save->problem, "write %s",
					       save->path);
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* The bytes as they are; false: that failed. */
static bool save_bytes(struct log_text *log)
{
	struct log_save *save = &log->save;
	size_t len;
	const char *data = log_file_read(&log->file, save->at, &len);

	if (!len)
		return error_set(&save->problem, ERROR_INVALID,
				 "the log was cut short meanwhile");
	if ((int64_t)len > save->limit - save->at)
		len = (size_t)(save->limit - save->at);
	save->at += (int64_t)len;
	return write_out(save, data, len);
}

/* A line as it is shown. */
static bool save_line(struct log_text *log)
{
	struct log_save *save = &log->save;
	int64_t end = log_view_load_line(log, save->at);

	if (end <= save->at)
		return error_set(&save->problem, ERROR_INVALID,
				 "the log was cut short meanwhile");
	strbuf_add(&save->pending, log->clean.data, log->clean.len);
	strbuf_addch(&save->pending, '\n');
	save->at = log_view_seek(log, end);
	if (save->pending.len < FLUSH_BYTES && save->at < save->limit)
		return true;
	if (!write_out(save, save->pending.data, save->pending.len))
		return false;
	strbuf_clear(&save->pending);
	return true;
}

bool log_save_carry_on(struct log_text *log, int64_t until_ns)
{
	struct log_save *save = &log->save;

	if (save->state != LOG_TEXT_SAVE_RUNNING)
		return false;
	while (save->at < save->limit) {
		if (!(save->is_all ? save_bytes(log) : save_line(log))) {
			finish(save, LOG_TEXT_SAVE_FAILED);
			return false;
		}
		if (clock_mono_ns() >= until_ns)
			return true;
	}
	finish(save, LOG_TEXT_SAVE_DONE);
	return false;
}
