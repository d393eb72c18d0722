/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of a file, read where it lies.  That takes a while with large ones:
 * blanks go out meanwhile, so that nobody on the way thinks we are dead.
 */
#include "keeper/serve_part.h"

#include "keeper/digest.h"

#include <bearssl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 32768
#define BLANK_BYTES (256LL << 20) /* a blank for each so many */

static bool send_chunk(struct wire *wire, const char *text)
{
	char chunk[128];
	int n = snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(text),
			 text);

	return wire_send(wire, chunk, (size_t)n);
}

/* False: it cannot be read, or nobody listens. */
static bool read_file(struct wire *wire, int fd, char ret[DIGEST_HEX_SIZE])
{
	unsigned char digest[br_sha256_SIZE];
	br_sha256_context context;
	char data[PIECE_BYTES];
	int64_t at = 0, told = 0;

	br_sha256_init(&context);
	for (;;) {
		ssize_t n = pread(fd, data, sizeof(data), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (!n)
			break;
		br_sha256_update(&context, data, (size_t)n);
		at += n;
		if (at - told >= BLANK_BYTES) {
			told = at;
			if (!send_chunk(wire, " "))
				return false;
		}
	}
	br_sha256_out(&context, digest);
	digest_hex(digest, ret);
	return true;
}

void serve_digest(int top_fd, const struct serve_request *request,
		  struct wire *wire, struct serve_answer *ret)
{
	char hex[DIGEST_HEX_SIZE], text[DIGEST_HEX_SIZE + 16];
	struct error err;
	struct stat info;
	int fd = tree_open_file(top_fd, request->path, &info, &err);
	bool ok;

	if (fd < 0) {
		serve_answer_error(ret, &err);
		return;
	}
	ok = serve_send_head(wire, 200, -1, "") && read_file(wire, fd, hex);
	close(fd);
	if (ok)
		snprintf(text, sizeof(text), "sha256 %s\n", hex);
	/* without the last chunk it is not whole */
	ret->is_broken = !ok || !send_chunk(wire, text) ||
			 !wire_send(wire, "0\r\n\r\n", 5);
}
