/* SPDX-License-Identifier: MIT */
/* Code that lies on the trial's storage. */
#include "keeper/manifest.h"

#include "keeper/clock.h"
#include "keeper/digest.h"
#include "keeper/file.h"
#include "keeper/note.h"
#include "keeper/tree.h"
#include "keeper/untar.h"
#include "keeper/untar_make.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define PIECE_BYTES 65536
#define LOOK_AGAIN_MS 1000
/* NFS clients keep what they know of a folder for a minute at most. */
#define STALE_MAX_S 90

/* The manifest that was promised.  NULL with err: not (yet). */
static char *load(const struct code_options *options, struct error *err)
{
	char found[DIGEST_HEX_SIZE];
	size_t len = 0;
	char *text = file_load(options->manifest, MANIFEST_MAX_BYTES, &len);

	if (!text) {
		error_set_errno(err, "read %s", options->manifest);
		return NULL;
	}
	digest_bytes(text, len, found);
	if (!strcasecmp(found, options->digest) && strlen(text) == len)
		return text;
	error_set(err, ERROR_CORRUPT,
		  "%s is another one: its SHA-256 is %.16s..., %.16s... was "
		  "expected",
		  options->manifest, found, options->digest);
	free(text);
	return NULL;
}

static char *await(const struct code_options *options, struct error *err)
{
	const struct timespec pause = {.tv_sec = LOOK_AGAIN_MS / 1000};
	int wait_s =
		options->wait_s < STALE_MAX_S ? options->wait_s : STALE_MAX_S;
	int64_t deadline = mono_ms() + wait_s * 1000LL;
	bool is_noted = false;
	char *text;

	while (!(text = load(options, err)) && mono_ms() < deadline) {
		if (!is_noted)
			note("code: %s: waiting", err->text);
		is_noted = true;
		nanosleep(&pause, NULL);
	}
	return text;
}

/* --- copying ------------------------------------------------------------ */

/* to -1: only look. */
static bool copy_bytes(int from, int to, const struct manifest_line *line,
		       struct error *err)
{
	static char data[PIECE_BYTES]; /* one code at a time */
	unsigned char digest[br_sha256_SIZE];
	char found[DIGEST_HEX_SIZE];
	br_sha256_context context;
	int64_t size = 0;
	ssize_t n;

	br_sha256_init(&context);
	while ((n = read(from, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, "read %s", line->path);
		br_sha256_update(&context, data, (size_t)n);
		size += n;
		if (to >= 0 && !file_write_all(to, data, (size_t)n))
			return error_set_errno(err, "write %s", line->path);
	}
	br_sha256_out(&context, digest);
	digest_hex(digest, found);
	if (size == line->size && !strcmp(found, line->digest))
		return true;
	return error_set(err, ERROR_CORRUPT,
			 "%.200s on the storage is not what was brought there: "
			 "somebody has changed it",
			 line->path);
}

static bool copy_one(int source_fd, int folder_fd,
		     const struct manifest_line *line, struct error *err)
{
	struct stat info;
	int from = tree_open_file(source_fd, line->path, &info, err);
	int to = -1;
	bool ok = from >= 0;

	if (ok && folder_fd >= 0) {
		to = untar_make_file(folder_fd, line->path, line->mode, err);
		ok = to >= 0;
	}
	ok = ok && copy_bytes(from, to, line, err);
	if (to >= 0 && close(to) < 0 && ok)
		ok = error_set_errno(err, "write %s", line->path);
	if (from >= 0)
		close(from);
	return ok;
}

bool manifest_copy(const struct code_options *options, int folder_fd,
		   struct error *err)
{
	char *text = await(options, err), *at = text;
	struct error why = {.code = ERROR_NONE};
	struct manifest_line line;
	int source_fd, entries = 0;
	int64_t bytes = 0;
	bool ok = true;

	if (!text)
		return false;
	source_fd = open(options->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source_fd < 0)
		ok = error_set_errno(&why, "open %s", options->source);
	while (ok && manifest_next(&at, &line, &why)) {
		bytes += line.size;
		if (++entries > UNTAR_ENTRIES_MAX || bytes > UNTAR_BYTES_MAX)
			ok = error_set(&why, ERROR_LIMIT,
				       "the code is too large");
		ok = ok && copy_one(source_fd, folder_fd, &line, &why);
	}
	if (source_fd >= 0)
		close(source_fd);
	free(text);
	if (why.code)
		*err = why;
	return !why.code;
}
