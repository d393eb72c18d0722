/* SPDX-License-Identifier: MIT */
/* Getting, verifying and unpacking the code directory. */
#include "keeper/code.h"

#include "keeper/clock.h"
#include "keeper/digest.h"
#include "keeper/file.h"
#include "keeper/layout.h"
#include "keeper/manifest.h"
#include "keeper/note.h"
#include "keeper/untar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK_BYTES 65536
#define GZIP_WINDOW (15 + 16)
/* Names, headers and padding besides what untar.h allows for files. */
#define STREAM_MAX_BYTES (UNTAR_BYTES_MAX + (INT64_C(512) << 20))

struct fetch {
	int fd;
	int64_t size;
};

static bool on_data(void *arg, const char *data, size_t len)
{
	struct fetch *fetch = arg;

	fetch->size += (int64_t)len;
	return fetch->size <= CODE_ARCHIVE_MAX_BYTES &&
	       file_write_all(fetch->fd, data, len);
}

/* One attempt.  False with what went wrong in why. */
static bool fetch_once(const struct code_options *options, int fd, char *why,
		       size_t size)
{
	struct fetch fetch = {.fd = fd};
	const struct http_request request = {.method = "GET",
					     .path = "/v1/code",
					     .token = options->token,
					     .sink = on_data,
					     .arg = &fetch};
	struct http http;
	int status;

	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	http_init(&http);
	if (!target_apply(&options->target, &http)) {
		snprintf(why, size, "no address of the side port");
		return false;
	}
	status = http_send(&http, &request);
	http_close(&http);
	if (status < 0)
		snprintf(why, size, "%s", http.why);
	else if (status != 200)
		snprintf(why, size, "the side port answered %d", status);
	return status == 200;
}

static bool fetch(const struct code_options *options, int fd, struct error *err)
{
	int64_t deadline = mono_ms() + options->wait_s * 1000LL;
	int backoff_ms = CODE_BACKOFF_MIN_MS;
	char why[160];

	while (!fetch_once(options, fd, why, sizeof(why))) {
		struct timespec pause;

		note("code: %s", why);
		if (mono_ms() + backoff_ms >= deadline)
			return error_set(err, ERROR_UNAVAILABLE,
					 "fetch it from the side port, tried "
					 "for %d s: %s",
					 options->wait_s, why);
		pause.tv_sec = backoff_ms / 1000;
		pause.tv_nsec = backoff_ms % 1000 * 1000000L;
		nanosleep(&pause, NULL);
		backoff_ms *= 2;
		if (backoff_ms > CODE_BACKOFF_MAX_MS)
			backoff_ms = CODE_BACKOFF_MAX_MS;
	}
	return true;
}

static bool verify(int fd, const char *digest, struct error *err)
{
	char found[DIGEST_HEX_SIZE];

	if (!digest_file(fd, found))
		return error_set_errno(err, "read the archive");
	if (strcasecmp(found, digest) != 0)
		return error_set(err, ERROR_CORRUPT,
				 "the archive's SHA-256 is %s, %s was expected",
				 found, digest);
	return true;
}

/* Inflate what is in the stream's input. */
static bool inflate_input(z_stream *stream, struct untar *untar, int64_t *total,
			  int *ret_status, struct error *err)
{
	static char data[CHUNK_BYTES]; /* one archive at a time */

	do {
		stream->next_out = (unsigned char *)data;
		stream->avail_out = sizeof(data);
		*ret_status = inflate(stream, Z_NO_FLUSH);
		if (*ret_status != Z_OK && *ret_status != Z_STREAM_END &&
		    *ret_status != Z_BUF_ERROR)
			return error_set(err, ERROR_CORRUPT,
					 "the archive is not gzip, or damaged");
		*total += (int64_t)(sizeof(data) - stream->avail_out);
		if (*total > STREAM_MAX_BYTES)
			return error_set(err, ERROR_LIMIT,
					 "the archive unpacks to too much");
		if (!untar_feed(untar, data, sizeof(data) - stream->avail_out,
				err))
			return false;
	} while (*ret_status == Z_OK && !stream->avail_out);
	return true;
}

static bool inflate_file(int fd, z_stream *stream, struct untar *untar,
			 struct error *err)
{
	static char data[CHUNK_BYTES];
	int64_t at = 0, total = 0;
	int status = Z_OK;

	while (status != Z_STREAM_END) {
		ssize_t n = pread(fd, data, sizeof(data), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, "read the archive");
		if (n == 0)
			return error_set(err, ERROR_CORRUPT,
					 "the archive is cut short");
		at += n;
		stream->next_in = (unsigned char *)data;
		stream->avail_in = (unsigned int)n;
		if (!inflate_input(stream, untar, &total, &status, err))
			return false;
	}
	return untar_end(untar, err);
}

bool code_unpack(int archive_fd, int folder_fd, struct error *err)
{
	static struct untar untar;
	z_stream stream = {0};
	bool ok;

	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return error_set(err, ERROR_SYSTEM, "no memory for zlib");
	untar_init(&untar, folder_fd);
	ok = inflate_file(archive_fd, &stream, &untar, err);
	untar_release(&untar);
	inflateEnd(&stream);
	return ok;
}

/* archive_fd -1: copy. */
static bool unpack_into(const struct code_options *options, const char *folder,
			int archive_fd, struct error *err)
{
	int folder_fd;
	bool ok;

	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return error_set_errno(err, "create %s", folder);
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return error_set_errno(err, "open %s", folder);
	ok = archive_fd < 0 ? manifest_copy(options, folder_fd, err)
			    : code_unpack(archive_fd, folder_fd, err);
	close(folder_fd);
	return ok;
}

/* Beside it, under a name of our own; whoever comes first wins. */
static bool unpack_shared(const struct code_options *options, int archive_fd,
			  struct error *err)
{
	const char *folder = options->folder;
	char parent[PATH_MAX], own[PATH_MAX];
	char *slash;
	bool ok;

	snprintf(parent, sizeof(parent), "%s", folder);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		if (!layout_folder(parent, err))
			return false;
	}
	if (!layout_own_name(folder, own, sizeof(own)))
		return error_set(err, ERROR_LIMIT,
				 "%.100s: the path is too "
				 "long",
				 folder);
	ok = unpack_into(options, own, archive_fd, err);
	if (ok && rename(own, folder) == 0)
		return true;
	if (ok && access(folder, F_OK) < 0)
		ok = error_set_errno(err, "rename %s", own);
	layout_remove(own);
	return ok;
}

static bool put_there(const struct code_options *options, int archive_fd,
		      struct error *err)
{
	if (options->is_shared)
		return unpack_shared(options, archive_fd, err);
	return unpack_into(options, options->folder, archive_fd, err);
}

bool code_prepare(const struct code_options *options, struct error *err)
{
	char path[PATH_MAX];
	bool is_fetch = !options->archive, ok;
	int fd;

	snprintf(path, sizeof(path), "%s/code.tar.gz",
		 options->dir ? options->dir : ".");
	if (options->source && !options->folder)
		return manifest_copy(options, -1, err) ||
		       error_prefix(err, "check the code");
	if (options->is_shared && access(options->folder, F_OK) == 0)
		return true;
	if (options->source)
		return put_there(options, -1, err) ||
		       error_prefix(err, "copy the code");
	if (is_fetch)
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	else
		fd = open(options->archive, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, "unpack the code: open %s",
				       is_fetch ? path : options->archive);
	ok = (!is_fetch || fetch(options, fd, err)) &&
	     verify(fd, options->digest, err) && put_there(options, fd, err);
	close(fd);
	if (is_fetch)
		unlink(path);
	return ok || error_prefix(err, "unpack the code");
}

static void *code_main(void *arg)
{
	struct code *code = arg;
	bool ok = code_prepare(&code->options, &code->err);

	atomic_store(&code->state, ok ? CODE_READY : CODE_FAILED);
	eventfd_write(code->wake_fd, 1);
	return NULL;
}

bool code_start(struct code *code, const struct code_options *options)
{
	code->options = *options;
	code->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_store(&code->state, CODE_WORKING);
	if (pthread_create(&code->thread, NULL, code_main, code) == 0) {
		/* it tells its end itself, and a process that ends does not
		 * wait for it */
		pthread_detach(code->thread);
		return true;
	}
	error_set(&code->err, ERROR_SYSTEM, "unpack the code: no thread");
	atomic_store(&code->state, CODE_FAILED);
	return false;
}
