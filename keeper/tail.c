/* SPDX-License-Identifier: MIT */
/* Following files that a command appends metrics to. */
#include "keeper/tail.h"

#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
#define CHUNKS_A_TURN 64
#define RECORD_HEAD 8
#define RECORD_MAX 999999

void tail_init(struct tail *tail, const char *path, bool is_nni,
	       output_line_fn *fn, void *arg)
{
	memset(tail, 0, sizeof(*tail));
	tail->path = path;
	tail->is_nni = is_nni;
	tail->splitter.fn = fn;
	tail->splitter.arg = arg;
	tail->record.max = RECORD_HEAD + RECORD_MAX + CHUNK_BYTES;
}

/* Length of the record's data, or -1 when this is no head. */
static long record_length(const char *head)
{
	long len = 0;

	if (head[0] != 'M' || head[1] != 'E')
		return -1;
	for (int i = 2; i < RECORD_HEAD; i++) {
		if (head[i] < '0' || head[i] > '9')
			return -1;
		len = len * 10 + (head[i] - '0');
	}
	return len;
}

static void take_records(struct tail *tail)
{
	struct buffer *record = &tail->record;
	size_t at = 0;

	while (record->len - at >= RECORD_HEAD) {
		const char *head = record->data + at;
		long len = record_length(head);

		if (len < 0) { /* look for the next head */
			if (!tail->has_garbage)
				note("%s: not a metric record near %lld",
				     tail->path, (long long)tail->offset);
			tail->has_garbage = true;
			at++;
			continue;
		}
		if ((size_t)len > record->len - at - RECORD_HEAD)
			break;
		tail->splitter.fn(head + RECORD_HEAD, (size_t)len,
				  tail->splitter.arg);
		at += RECORD_HEAD + (size_t)len;
	}
	buffer_consume(record, at);
}

static void start_over(struct tail *tail)
{
	tail->offset = 0;
	tail->record.len = 0;
	tail->splitter.line.len = 0;
	tail->splitter.is_skipping = false;
}

bool tail_poll(struct tail *tail)
{
	char data[CHUNK_BYTES];
	struct stat st;
	bool any = false;
	int fd;

	if (!tail->path || stat(tail->path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size == tail->offset)
		return false;
	if (st.st_size < tail->offset)
		start_over(tail);
	/* opened each time: the file may be replaced, and a FIFO put in its
	 * place must not block */
	fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	for (int i = 0; i < CHUNKS_A_TURN; i++) {
		ssize_t n = pread(fd, data, sizeof(data), tail->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		any = true;
		tail->offset += n;
		if (!tail->is_nni) {
			splitter_feed(&tail->splitter, data, (size_t)n);
		} else if (buffer_add(&tail->record, data, (size_t)n)) {
			take_records(tail);
		}
	}
	close(fd);
	return any;
}

void tail_end(struct tail *tail)
{
	/* bounded: nothing of the command is left that could still write */
	for (int i = 0; i < 256 && tail_poll(tail); i++)
		;
	if (!tail->is_nni)
		splitter_end(&tail->splitter);
	buffer_release(&tail->record);
}
