/* SPDX-License-Identifier: MIT */
/* Sending what a trial leaves behind. */
#include "keeper/upload.h"

#include "keeper/clock.h"
#include "keeper/digest.h"
#include "keeper/note.h"
#include "keeper/tree.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_NAME "keeper.log"
#define CHANGES_MAX 3 /* tries with a file that changes */
#define TAKEN_MAX 12  /* with one that somebody else is said to send */

/* --- what there is ------------------------------------------------------ */

static void leave_out(struct upload *upload, const char *path, const char *why)
{
	if (upload->left_out++ < 20)
		note("outputs: %.300s is left out: %s", path, why);
	if (*upload->note)
		return;
	/* it becomes part of a JSON text as it is */
	snprintf(upload->note, sizeof(upload->note), "%.100s: %s", path, why);
	for (char *c = upload->note; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~' ||
		    *c == '"' || *c == '\\')
			*c = '?';
}

static bool found(void *arg, int folder_fd, const char *name, const char *path,
		  const struct stat *info)
{
	struct upload *upload = arg;

	(void)folder_fd, (void)name;
	if (S_ISDIR(info->st_mode))
		return true;
	if (upload->found + info->st_size > upload->options.limit) {
		leave_out(upload, path, "more than outputLimit allows");
		return true;
	}
	if (upload->count == UPLOAD_FILES_MAX) {
		leave_out(upload, path, "there are too many files");
		return true;
	}
	if (upload->count == upload->capacity) {
		size_t wanted = upload->capacity ? 2 * upload->capacity : 32;
		char **more = realloc(upload->paths, wanted * sizeof(*more));

		if (!more)
			return false;
		upload->paths = more;
		upload->capacity = wanted;
	}
	upload->paths[upload->count] = strdup(path);
	if (!upload->paths[upload->count])
		return false;
	upload->count++;
	upload->found += info->st_size;
	return true;
}

bool upload_find(struct upload *upload, const struct upload_options *options)
{
	struct error err;
	long skipped = 0;
	int fd;

	upload->options = *options;
	upload->found_ms = mono_ms();
	if (!options->folder)
		return false;
	fd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !tree_walk(fd, true, found, upload, &skipped)) {
		error_set_errno(&err, "read %s", options->folder);
		leave_out(upload, options->folder, err.text);
	}
	if (skipped)
		leave_out(upload, options->folder,
			  "links and devices are not sent");
	upload->left_out += skipped > 1 ? skipped - 1 : 0;
	return upload->count > 0;
}

/* --- one file ----------------------------------------------------------- */

struct item {
	const char *path; /* below prefix */
	int fd;
	int64_t size;
	unsigned int mode;
	char digest[DIGEST_HEX_SIZE];
};

static bool take_digest(struct upload *upload, struct item *item)
{
	static char data[65536]; /* one thread sends */
	unsigned char digest[br_sha256_SIZE];
	br_sha256_context context;

	br_sha256_init(&context);
	for (int64_t at = 0; at < item->size;) {
		size_t want = item->size - at < (int64_t)sizeof(data)
				      ? (size_t)(item->size - at)
				      : sizeof(data);
		ssize_t n = pread(item->fd, data, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		br_sha256_update(&context, data, (size_t)n);
		at += n;
		atomic_fetch_add(upload->moved, n);
	}
	br_sha256_out(&context, digest);
	digest_hex(digest, item->digest);
	return true;
}

/* The log grows while we send: as much of it as there is now. */
static bool open_item(struct upload *upload, struct item *item)
{
	bool is_log = upload->next == upload->count;
	int folder_fd = is_log ? dup(upload->options.dir_fd)
			       : open(upload->options.folder,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat info;
	struct error err;

	item->path = is_log ? LOG_NAME : upload->paths[upload->next];
	item->fd = folder_fd < 0
			   ? -1
			   : tree_open_file(folder_fd, item->path, &info, &err);
	if (folder_fd >= 0)
		close(folder_fd);
	if (item->fd < 0)
		return false;
	item->size = info.st_size;
	item->mode = info.st_mode & 0777;
	if (take_digest(upload, item))
		return true;
	close(item->fd);
	return false;
}

static bool add_encoded(char *ret, size_t size, size_t *len, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool is_plain = (*c >= '0' && *c <= '9') ||
				((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') ||
				strchr("/._-", *c);

		if (*len + 4 > size)
			return false;
		*len += (size_t)snprintf(ret + *len, 4,
					 is_plain ? "%c" : "%%%02X", *c);
	}
	return true;
}

/* "/v1/output?path=..." and what is said of the file both times. */
static bool make_path(const struct upload *upload, const struct item *item,
		      char *ret, size_t size)
{
	size_t len = (size_t)snprintf(ret, size, "/v1/output?path=");

	if (!add_encoded(ret, size, &len, upload->options.prefix) ||
	    !add_encoded(ret, size, &len, "/") ||
	    !add_encoded(ret, size, &len, item->path))
		return false;
	len += (size_t)snprintf(ret + len, size - len,
				"&size=%" PRId64 "&digest=%s", item->size,
				item->digest);
	return len < size;
}

/* Status; with 200 how much is there. */
static int ask(struct http *http, const char *token, const char *path,
	       int64_t *ret_size, bool *ret_is_whole)
{
	char text[256] = "";
	const struct http_request request = {.method = "GET",
					     .path = path,
					     .token = token,
					     .reply = text,
					     .reply_size = sizeof(text)};
	int status = http_send(http, &request);
	const char *whole;
	long long size;

	if (status != 200)
		return status;
	/* our own side port writes it so and no other way */
	whole = strstr(text, ",\"whole\":");
	if (strncmp(text, "{\"size\":", 8) != 0 || !whole)
		return -1;
	size = strtoll(text + 8, NULL, 10);
	if (size < 0)
		return -1;
	*ret_size = size;
	*ret_is_whole = !strncmp(whole + 9, "true", 4);
	return status;
}

/* Status of what was asked last. */
static int send_item(struct upload *upload, struct http *http,
		     const char *token, const struct item *item, char *path,
		     size_t size)
{
	struct http_request request = {.method = "PUT",
				       .path = path,
				       .token = token,
				       .has_file = true,
				       .file_fd = item->fd,
				       .moved = upload->moved};
	bool is_whole = false;
	int64_t there = 0;
	size_t len = strlen(path);
	int status = ask(http, token, path, &there, &is_whole);

	if (status != 200 || is_whole)
		return status;
	if (there > item->size)
		there = 0;
	snprintf(path + len, size - len, "&offset=%" PRId64 "&mode=%o", there,
		 item->mode);
	request.file_at = there;
	request.file_len = item->size - there;
	return http_send(http, &request);
}

static enum upload_outcome judge(struct upload *upload, const struct item *item,
				 int status, const char *why)
{
	char text[64];

	upload->tries++;
	if (status == 200) {
		if (!upload->files)
			upload->waited_ms = mono_ms() - upload->found_ms;
		upload->files++;
		upload->bytes += item->size;
		return UPLOAD_SENT;
	}
	/* no side port, one that is ending, or one with a full disk */
	if (status < 0 || status == 408 || status == 429 || status >= 500) {
		note("outputs: %.300s: %s %d", item->path,
		     status < 0 ? why : "the side port answered", status);
		return UPLOAD_AGAIN;
	}
	if (status == 401 || status == 403 || status == 404 || status == 405) {
		snprintf(text, sizeof(text), "the side port answered %d",
			 status);
		leave_out(upload, item->path, text);
		return UPLOAD_REFUSED;
	}
	/* 409: it is being sent, perhaps by our connection that was cut */
	if ((status == 409 && upload->tries < TAKEN_MAX) ||
	    (status == 422 && upload->tries < CHANGES_MAX))
		return UPLOAD_AGAIN;
	snprintf(text, sizeof(text), "the side port answered %d", status);
	leave_out(upload, item->path,
		  status == 413 ? "more than outputLimit allows" : text);
	return UPLOAD_SENT;
}

enum upload_outcome upload_next(struct upload *upload, struct http *http,
				const struct target *target, const char *token)
{
	char path[3 * (TREE_PATH_MAX + 256)];
	enum upload_outcome outcome;
	struct item item;

	if (upload->next > upload->count)
		return UPLOAD_END;
	if (!target_apply(target, http))
		return UPLOAD_AGAIN;
	if (!open_item(upload, &item)) {
		leave_out(upload, item.path, "it cannot be read");
		outcome = UPLOAD_SENT;
	} else {
		if (make_path(upload, &item, path, sizeof(path) - 64))
			outcome = judge(upload, &item,
					send_item(upload, http, token, &item,
						  path, sizeof(path)),
					http->why);
		else
			outcome = judge(upload, &item, 414, "");
		close(item.fd);
	}
	if (outcome == UPLOAD_SENT) {
		upload->next++;
		upload->tries = 0;
	}
	atomic_fetch_add(upload->moved, outcome == UPLOAD_SENT);
	return outcome;
}

int upload_describe(const struct upload *upload, char *ret, size_t size)
{
	int n;

	*ret = '\0';
	if (!upload->options.folder)
		return 0;
	n = snprintf(ret, size,
		     ",\"outputs\":{\"files\":%" PRId64 ",\"bytes\":%" PRId64
		     ",\"leftOut\":%" PRId64 ",\"waited\":%" PRId64
		     ",\"note\":\"%s\"}",
		     upload->files, upload->bytes, upload->left_out,
		     upload->waited_ms / 1000, upload->note);
	return n < (int)size ? n : 0;
}
