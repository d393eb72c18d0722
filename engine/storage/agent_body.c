/* SPDX-License-Identifier: MIT */
/* What is sent to a storage's pod: a file, or many of them one after another,
 * each read when its turn comes. */
#include "engine/storage/agent.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

void agent_body_init(struct agent_body *body, const struct storage_item *items,
		     size_t count, bool has_lines)
{
	memset(body, 0, sizeof(*body));
	body->items = items;
	body->count = count;
	body->has_lines = has_lines;
	strbuf_init(&body->line);
}

void agent_body_release(struct agent_body *body)
{
	strbuf_release(&body->line);
}

void agent_body_rewind(struct agent_body *body)
{
	body->at = 0;
	body->is_begun = false;
	body->sent_bytes = 0;
}

/* "SIZE MODE PATH" */
static void write_line(struct agent_body *body, const struct storage_item *item)
{
	strbuf_truncate(&body->line, 0);
	if (!body->has_lines)
		return;
	strbuf_addf(&body->line, "%" PRId64 " %o ", item->source.size,
		    item->source.mode & 0777);
	kube_encode(&body->line, item->path);
	strbuf_addch(&body->line, '\n');
}

int64_t agent_body_size(struct agent_body *body)
{
	int64_t size = 0;

	for (size_t i = 0; i < body->count; i++) {
		write_line(body, &body->items[i]);
		size += (int64_t)body->line.len + body->items[i].source.size;
	}
	return size;
}

static ssize_t read_source(const struct storage_item *item, int64_t from,
			   char *data, size_t size, struct error *err)
{
	const struct storage_source *source = &item->source;
	ssize_t n;

	if (source->fd < 0) {
		memcpy(data, (const char *)source->data + from, size);
		return (ssize_t)size;
	}
	do
		n = pread(source->fd, data, size, from);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		error_set_errno(err, "read for %.200s", item->path);
	if (n)
		return n;
	error_set(err, ERROR_CONFLICT,
		  "%.200s became shorter while it was sent", item->path);
	return -1;
}

static void begin(struct agent_body *body)
{
	write_line(body, &body->items[body->at]);
	body->line_sent = 0;
	body->sent = 0;
	body->is_begun = true;
}

ssize_t agent_body_read(struct agent_body *body, char *data, size_t size,
			struct error *err)
{
	size_t done = 0;

	while (done < size && body->at < body->count) {
		const struct storage_item *item = &body->items[body->at];
		size_t want = size - done;
		int64_t left;
		ssize_t n;

		if (!body->is_begun)
			begin(body);
		if (body->line_sent < body->line.len) {
			size_t len = body->line.len - body->line_sent;

			if (len > want)
				len = want;
			memcpy(data + done, body->line.data + body->line_sent,
			       len);
			body->line_sent += len;
			done += len;
			continue;
		}
		left = item->source.size - body->sent;
		if (!left) {
			body->at++;
			body->is_begun = false;
			continue;
		}
		n = read_source(item, body->sent, data + done,
				left < (int64_t)want ? (size_t)left : want,
				err);
		if (n < 0)
			return -1;
		body->sent += n;
		body->sent_bytes += n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}
