/* SPDX-License-Identifier: MIT */
/*
 * Bytes that nobody else should see: wiped before they are freed, read from
 * files into one block, and base64 in both directions.  Pure but for reading.
 * Thread: any.
 */
#ifndef ENGINE_KUBE_SECRET_H
#define ENGINE_KUBE_SECRET_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

void secret_free(char *text); /* NULL ok */
/* A NULL-terminated list with all its texts.  NULL ok. */
void secret_list_free(char **list);
/* strbuf_release for text that was reserved before it was filled. */
void secret_release(struct strbuf *buf);

/* Read a regular file of at most max bytes.  Fails with ERROR_INVALID for
 * pipes, folders and text with NUL bytes, with ERROR_LIMIT above max. */
bool secret_read_file(const char *path, size_t max, struct strbuf *out,
		      struct error *err);

void secret_add_base64(struct strbuf *out, const char *data, size_t len);
/* Append what text stands for.  Line breaks are skipped, the padding must be
 * right; false: text is not base64. */
bool secret_decode_base64(const char *text, size_t len, struct strbuf *out);
/* The same for the alphabet of URLs, without padding (RFC 7515). */
bool secret_decode_base64url(const char *text, size_t len, struct strbuf *out);

#endif
