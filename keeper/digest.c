/* SPDX-License-Identifier: MIT */
/* SHA-256 in hexadecimal. */
#include "keeper/digest.h"

#include <bearssl.h>
#include <errno.h>
#include <unistd.h>

void digest_hex(const unsigned char digest[32], char ret[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 32; i++) {
		ret[2 * i] = digits[digest[i] >> 4];
		ret[2 * i + 1] = digits[digest[i] & 15];
	}
	ret[64] = '\0';
}

void digest_bytes(const void *data, size_t len, char ret[DIGEST_HEX_SIZE])
{
	unsigned char digest[br_sha256_SIZE];
	br_sha256_context context;

	br_sha256_init(&context);
	br_sha256_update(&context, data, len);
	br_sha256_out(&context, digest);
	digest_hex(digest, ret);
}

bool digest_file(int fd, char ret[DIGEST_HEX_SIZE])
{
	unsigned char digest[br_sha256_SIZE];
	br_sha256_context context;
	char data[16384];
	off_t at = 0;

	br_sha256_init(&context);
	for (;;) {
		ssize_t n = pread(fd, data, sizeof(data), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		br_sha256_update(&context, data, (size_t)n);
		at += n;
	}
	br_sha256_out(&context, digest);
	digest_hex(digest, ret);
	return true;
}
