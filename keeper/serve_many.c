/* SPDX-License-Identifier: MIT */
/*
 * Many small files in one request, where a request costs more than they do.
 *
 * The body is, for each file, a line "SIZE MODE PATH" (the path
 * percent-encoded) and then its bytes.  Each file appears whole or not at all;
 * when one fails, those before it may be there.
 */
#include "keeper/serve_part.h"

#include "keeper/clock.h"
#include "keeper/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 32768
#define LINE_MAX_BYTES (3 * TREE_PATH_MAX + 64)
/* Brought to disk together; two descriptors each. */
#define GROUP_FILES 16

struct group {
	struct part parts[GROUP_FILES];
	char names[GROUP_FILES][NAME_MAX + 1];
	int count;
};

/* The body, from what came with the header on. */
struct body {
	struct wire *wire;
	const char *early;
	size_t early_len;
	int64_t left; /* on the wire */
	size_t at, len;
	char data[PIECE_BYTES];
	char line[LINE_MAX_BYTES];
	char path[TREE_PATH_MAX + 1];
	struct group group;
};

static bool fill(struct body *body)
{
	size_t most = sizeof(body->data);
	ssize_t n;

	body->at = body->len = 0;
	if (body->early_len) {
		n = (ssize_t)(body->early_len < most ? body->early_len : most);
		memcpy(body->data, body->early, (size_t)n);
		body->early += n;
		body->early_len -= (size_t)n;
	} else {
		if (!body->left)
			return false;
		n = wire_receive(body->wire, body->data,
				 body->left < (int64_t)most ? (size_t)body->left
							    : most);
		if (n <= 0)
			return false;
		body->left -= n;
	}
	body->len = (size_t)n;
	return true;
}

static bool is_over(const struct body *body)
{
	return body->at == body->len && !body->early_len && !body->left;
}

static bool read_line(struct body *body)
{
	for (size_t len = 0; len + 1 < sizeof(body->line); len++) {
		if (body->at == body->len && !fill(body))
			return false;
		body->line[len] = body->data[body->at++];
		if (body->line[len] == '\n') {
			body->line[len] = '\0';
			return strlen(body->line) == len;
		}
	}
	return false;
}

static bool parse_line(struct body *body, int64_t *ret_size,
		       unsigned int *ret_mode)
{
	unsigned long mode;
	char *end;

	*ret_size = strtoll(body->line, &end, 10);
	if (*body->line < '0' || *body->line > '9' || *end != ' ' ||
	    *ret_size == LLONG_MAX)
		return false;
	if (end[1] < '0' || end[1] > '7')
		return false;
	mode = strtoul(end + 1, &end, 8);
	*ret_mode = (unsigned int)mode;
	return mode <= 0777 && *end == ' ' &&
	       serve_path_read(end + 1, body->path) && *body->path;
}

static bool take_bytes(struct body *body, int fd, int64_t size,
		       struct error *err)
{
	while (size) {
		size_t n = body->len - body->at;

		if (!n) {
			if (!fill(body))
				return error_set(err, ERROR_UNAVAILABLE,
						 "%.200s: its bytes did not "
						 "all come",
						 body->path);
			continue;
		}
		if ((int64_t)n > size)
			n = (size_t)size;
		if (!file_write_all(fd, body->data + body->at, n))
			return serve_fail(err, "write", body->path);
		body->at += n;
		size -= (int64_t)n;
	}
	return true;
}

/* The disk is told of all before any is waited for. */
static bool settle(struct body *body, bool is_good, struct error *err)
{
	struct group *group = &body->group;

	for (int i = 0; is_good && i < group->count; i++)
		sync_file_range(group->parts[i].fd, 0, 0,
				SYNC_FILE_RANGE_WRITE);
	for (int i = 0; i < group->count; i++)
		is_good = part_close(&group->parts[i], group->names[i], is_good,
				     err) &&
			  is_good;
	group->count = 0;
	return is_good;
}

static bool take_file(struct body *body, int top_fd, struct error *err)
{
	struct group *group = &body->group;
	struct part *part = &group->parts[group->count];
	unsigned int mode;
	int64_t size;

	if (!read_line(body) || !parse_line(body, &size, &mode))
		return error_set(err, ERROR_INVALID,
				 "a file's line is not as it should be, or its "
				 "path leads outside");
	if (!part_open(part, top_fd, body->path, mode, err))
		return false;
	snprintf(group->names[group->count], sizeof(group->names[0]), "%s",
		 part->name);
	part->name = group->names[group->count++];
	return take_bytes(body, part->fd, size, err) &&
	       (group->count < GROUP_FILES || settle(body, true, err));
}

void serve_put_many(int top_fd, const struct serve_request *request,
		    struct wire *wire, const char *early, size_t early_len,
		    struct serve_answer *ret)
{
	struct body *body = calloc(1, sizeof(*body));
	bool ok = body;
	struct error err;

	if (!body) {
		serve_answer(ret, 500, "no memory");
		ret->is_broken = true;
		return;
	}
	body->wire = wire;
	body->early = early;
	body->early_len = early_len;
	body->left = request->length - (int64_t)early_len;
	ok = !body->left || serve_go_on(wire, request, &err);
	while (ok && !is_over(body))
		ok = take_file(body, top_fd, &err);
	ok = settle(body, ok, &err);
	if (ok)
		serve_answer(ret, 200, "");
	else
		serve_answer_error(ret, &err);
	ret->is_broken = body->left && !serve_drain(wire, body->left);
	free(body);
}
