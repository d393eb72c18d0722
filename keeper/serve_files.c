/* SPDX-License-Identifier: MIT */
/* What requests to the file server do with its folder. */
#include "keeper/serve.h"

#include "keeper/clock.h"
#include "keeper/file.h"
#include "keeper/serve_part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE_BYTES 32768

/* --- answers ------------------------------------------------------------ */

static const char *words_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 206:
		return "Partial Content";
	default:
		return "Failed";
	}
}

bool serve_send_head(struct wire *wire, int status, int64_t length,
		     const char *more)
{
	char head[512], size[64];
	int n;

	if (length < 0)
		snprintf(size, sizeof(size), "Transfer-Encoding: chunked");
	else
		snprintf(size, sizeof(size), "Content-Length: %" PRId64,
			 length);
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 %d %s\r\n"
		     "Content-Type: application/octet-stream\r\n"
		     "Cache-Control: no-store\r\n"
		     "X-Trialdeck-Storage: 1\r\n%s\r\n%s\r\n",
		     status, words_of(status), size, more);
	return wire_send(wire, head, (size_t)n);
}

/* --- listing ------------------------------------------------------------ */

struct list {
	struct wire *wire;
	char data[PIECE_BYTES];
	size_t len;
	bool is_broken;
};

static bool send_chunk(struct list *list)
{
	char head[16];
	int n = snprintf(head, sizeof(head), "%zx\r\n", list->len);

	list->is_broken = !wire_send(list->wire, head, (size_t)n) ||
			  !wire_send(list->wire, list->data, list->len) ||
			  !wire_send(list->wire, "\r\n", 2);
	list->len = 0;
	return !list->is_broken;
}

static bool list_entry(void *arg, int folder_fd, const char *name,
		       const char *path, const struct stat *info)
{
	static const char digits[] = "0123456789ABCDEF";
	struct list *list = arg;

	(void)folder_fd, (void)name;
	if (list->len + 3 * TREE_PATH_MAX + 64 > sizeof(list->data) &&
	    !send_chunk(list))
		return false;
	list->len += (size_t)snprintf(
		list->data + list->len, 64, "%c %lld %lld ",
		S_ISDIR(info->st_mode) ? 'd' : 'f',
		S_ISDIR(info->st_mode) ? 0LL : (long long)info->st_size,
		info->st_mtim.tv_sec * 1000000000LL + info->st_mtim.tv_nsec);
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		if (*c > ' ' && *c < 0x7f && *c != '%') {
			list->data[list->len++] = (char)*c;
			continue;
		}
		list->data[list->len++] = '%';
		list->data[list->len++] = digits[*c >> 4];
		list->data[list->len++] = digits[*c & 15];
	}
	list->data[list->len++] = '\n';
	return true;
}

static void do_list(int top_fd, const struct serve_request *request,
		    struct wire *wire, struct serve_answer *ret)
{
	struct list list = {.wire = wire};
	struct error err;
	int fd = tree_open_folder(top_fd, request->path, false, &err);

	if (fd < 0) {
		serve_answer_error(ret, &err);
		return;
	}
	/* nothing more can be said once the answer has begun, so an error in
	 * the middle ends it without the last chunk */
	ret->is_broken =
		!serve_send_head(wire, 200, -1, "") ||
		!tree_walk(fd, request->is_deep, list_entry, &list, NULL) ||
		list.is_broken || (list.len && !send_chunk(&list)) ||
		!wire_send(wire, "0\r\n\r\n", 5);
}

/* --- files -------------------------------------------------------------- */

static bool send_file(struct wire *wire, int fd, int64_t at, int64_t size)
{
	char data[PIECE_BYTES];

	while (at < size) {
		size_t want = size - at < PIECE_BYTES ? (size_t)(size - at)
						      : PIECE_BYTES;
		ssize_t n = pread(fd, data, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		/* shorter than it was: nobody may take it for whole */
		if (n <= 0 || !wire_send(wire, data, (size_t)n))
			return false;
		at += n;
	}
	return true;
}

static void do_get(int top_fd, const struct serve_request *request,
		   struct wire *wire, struct serve_answer *ret)
{
	char more[128] = "";
	struct error err;
	struct stat info;
	int fd = tree_open_file(top_fd, request->path, &info, &err);
	int64_t size;

	if (fd < 0) {
		serve_answer_error(ret, &err);
		return;
	}
	size = info.st_size;
	if (request->offset > size) {
		serve_answer(ret, 416, "it is not as long as that");
	} else {
		if (request->has_range)
			snprintf(more, sizeof(more),
				 "Content-Range: bytes %" PRId64 "-%" PRId64
				 "/%" PRId64 "\r\n",
				 request->offset, size - 1, size);
		ret->is_broken =
			!serve_send_head(wire, request->has_range ? 206 : 200,
					 size - request->offset, more) ||
			!send_file(wire, fd, request->offset, size);
	}
	close(fd);
}

/* The rest of the body, into fd; *left counts it down. */
static bool receive(struct wire *wire, int64_t *left, int fd, const char *path,
		    struct error *err)
{
	char data[PIECE_BYTES];

	while (*left) {
		size_t want = *left < PIECE_BYTES ? (size_t)*left : PIECE_BYTES;
		ssize_t n = wire_receive(wire, data, want);

		if (n <= 0)
			return error_set(err, ERROR_UNAVAILABLE,
					 "%.200s: its bytes did not all come",
					 path);
		*left -= n;
		if (!file_write_all(fd, data, (size_t)n))
			return serve_fail(err, "write", path);
	}
	return true;
}

bool serve_drain(struct wire *wire, int64_t left)
{
	char data[PIECE_BYTES];

	if (left > SERVE_DRAIN_MAX)
		return false;
	wire->deadline_ms = mono_ms() + SERVE_DRAIN_MS;
	while (left) {
		size_t want = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
		ssize_t n = wire_receive(wire, data, want);

		if (n <= 0)
			return false;
		left -= n;
	}
	return true;
}

bool serve_go_on(struct wire *wire, const struct serve_request *request,
		 struct error *err)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	return !request->awaits || wire_send(wire, go_on, sizeof(go_on) - 1) ||
	       error_set(err, ERROR_UNAVAILABLE, "the connection is lost");
}

static bool take_body(struct wire *wire, const struct serve_request *request,
		      const char *body, size_t body_len, int fd, int64_t *left,
		      struct error *err)
{
	if (*left && !serve_go_on(wire, request, err))
		return false;
	if (!file_write_all(fd, body, body_len))
		return serve_fail(err, "write", request->path);
	return receive(wire, left, fd, request->path, err);
}

static void do_put(int top_fd, const struct serve_request *request,
		   struct wire *wire, const char *body, size_t body_len,
		   struct serve_answer *ret)
{
	int64_t left = request->length - (int64_t)body_len;
	struct part part;
	struct error err;
	bool ok = part_open(&part, top_fd, request->path, request->mode, &err);

	if (ok)
		ok = part_close(&part, request->path,
				take_body(wire, request, body, body_len,
					  part.fd, &left, &err),
				&err);
	if (ok)
		serve_answer(ret, 200, "");
	else
		serve_answer_error(ret, &err);
	/* a refusal is lost when what comes is not read */
	ret->is_broken = left && !serve_drain(wire, left);
}

static bool copy_bytes(int from, int to, const char *path, struct error *err)
{
	char data[PIECE_BYTES];
	ssize_t n;

	while ((n = read(from, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !file_write_all(to, data, (size_t)n))
			return serve_fail(err, "copy", path);
	}
	return true;
}

static void do_copy(int top_fd, const struct serve_request *request,
		    struct serve_answer *ret)
{
	struct part part;
	struct error err;
	struct stat info;
	int fd = tree_open_file(top_fd, request->path, &info, &err);

	if (fd < 0 ||
	    !part_open(&part, top_fd, request->to, info.st_mode & 0777, &err)) {
		serve_answer_error(ret, &err);
	} else if (part_close(&part, request->to,
			      copy_bytes(fd, part.fd, request->path, &err),
			      &err)) {
		serve_answer(ret, 200, "");
	} else {
		serve_answer_error(ret, &err);
	}
	if (fd >= 0)
		close(fd);
}

static void do_folder(int top_fd, const struct serve_request *request,
		      struct serve_answer *ret)
{
	struct error err;
	int fd = tree_open_folder(top_fd, request->path, true, &err);

	if (fd < 0)
		serve_answer_error(ret, &err);
	else
		serve_answer(ret, 200, "");
	if (fd >= 0)
		close(fd);
}

static void do_space(int top_fd, struct serve_answer *ret)
{
	struct statvfs info;

	if (fstatvfs(top_fd, &info) < 0) {
		serve_answer(ret, 500, strerror(errno));
		return;
	}
	ret->status = 200;
	snprintf(ret->text, sizeof(ret->text), "bytes %llu free %llu\n",
		 (unsigned long long)info.f_blocks * info.f_frsize,
		 (unsigned long long)info.f_bavail * info.f_frsize);
}

void serve_files(int top_fd, const struct serve_request *request,
		 struct wire *wire, const char *body, size_t body_len,
		 struct serve_answer *ret)
{
	struct error err;

	switch (request->what) {
	case SERVE_HEALTH:
		serve_answer(ret, 200, "ok\n");
		break;
	case SERVE_SPACE:
		do_space(top_fd, ret);
		break;
	case SERVE_LIST:
		do_list(top_fd, request, wire, ret);
		break;
	case SERVE_PUT_MANY:
		serve_put_many(top_fd, request, wire, body, body_len, ret);
		break;
	case SERVE_GET:
		do_get(top_fd, request, wire, ret);
		break;
	case SERVE_DIGEST:
		serve_digest(top_fd, request, wire, ret);
		break;
	case SERVE_PUT:
		do_put(top_fd, request, wire, body, body_len, ret);
		break;
	case SERVE_FOLDER:
		do_folder(top_fd, request, ret);
		break;
	case SERVE_COPY:
		do_copy(top_fd, request, ret);
		break;
	case SERVE_REMOVE:
		if (tree_remove(top_fd, request->path, &err))
			serve_answer(ret, 200, "");
		else
			serve_answer_error(ret, &err);
		break;
	}
}
