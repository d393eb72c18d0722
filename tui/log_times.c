/* SPDX-License-Identifier: MIT */
/* Binary search in a file of records. */
#include "tui/log_times.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void log_times_init(struct log_times *times, const char *log_path)
{
	*times = (struct log_times){
		.path = xasprintf("%s" LOG_TIME_SUFFIX, log_path),
		.fd = -1,
	};
}

void log_times_release(struct log_times *times)
{
	if (times->fd >= 0)
		close(times->fd);
	free(times->path);
	*times = (struct log_times){.fd = -1};
}

bool log_times_refresh(struct log_times *times)
{
	struct stat st;

	if (times->fd < 0 && times->path)
		/* non-blocking: a FIFO of this name must not hold us up */
		times->fd = open(times->path, O_RDONLY | O_NONBLOCK | O_NOCTTY |
						      O_CLOEXEC | O_NOFOLLOW);
	if (times->fd < 0 || fstat(times->fd, &st) < 0 || !S_ISREG(st.st_mode))
		times->count = 0;
	else
		times->count = st.st_size / LOG_TIME_BYTES;
	return times->count > 0;
}

static struct log_time read_record(const struct log_times *times, int64_t index)
{
	unsigned char bytes[LOG_TIME_BYTES] = {0};

	if (index < 0 || index >= times->count ||
	    pread(times->fd, bytes, sizeof(bytes), index * LOG_TIME_BYTES) !=
		    (ssize_t)sizeof(bytes))
		return (struct log_time){0, 0};
	return log_time_decode(bytes);
}

int64_t log_times_at(const struct log_times *times, int64_t offset)
{
	int64_t low = 0, high = times->count;

	/* the first that lies behind it */
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (read_record(times, middle).offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return read_record(times, low - 1).at_ns;
}

int64_t log_times_find(const struct log_times *times, int64_t at_ns,
		       int64_t *ret_at_ns)
{
	int64_t low = 0, high = times->count;
	struct log_time found;

	if (!times->count)
		return -1;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (read_record(times, middle).at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == times->count)
		low--;
	found = read_record(times, low);
	*ret_at_ns = found.at_ns;
	return found.offset;
}

int64_t log_times_first(const struct log_times *times)
{
	return read_record(times, 0).at_ns;
}

int64_t log_times_last(const struct log_times *times)
{
	return read_record(times, times->count - 1).at_ns;
}
