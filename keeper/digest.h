/* SPDX-License-Identifier: MIT */
/* SHA-256 in hexadecimal. */
#ifndef KEEPER_DIGEST_H
#define KEEPER_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX_SIZE 65 /* with its NUL */

/* Of a file from its beginning, whatever its position.  False with errno. */
bool digest_file(int fd, char ret[DIGEST_HEX_SIZE]);
void digest_bytes(const void *data, size_t len, char ret[DIGEST_HEX_SIZE]);
void digest_hex(const unsigned char digest[32], char ret[DIGEST_HEX_SIZE]);

#endif
