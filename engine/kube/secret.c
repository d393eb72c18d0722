/* SPDX-License-Identifier: MIT */
/* Wiping, reading and encoding.  Buffers are reserved whole before anything is
 * put in, because a block that grows leaves its old self behind in the heap. */
#include "engine/kube/secret.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void secret_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void secret_list_free(char **list)
{
	for (char **at = list; at && *at; at++)
		secret_free(*at);
	free(list);
}

void secret_release(struct strbuf *buf)
{
	if (buf->capacity)
		explicit_bzero(buf->data, buf->capacity);
	strbuf_release(buf);
}

/* --- files ------------------------------------------------------------------
 */

static bool read_open_file(int fd, const char *path, size_t max,
			   struct strbuf *out, struct error *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return error_set_errno(err, "read %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is no regular file",
				 path);
	if ((uint64_t)st.st_size > max)
		return error_set(err, ERROR_LIMIT,
				 "%s is larger than %zu bytes", path, max);
	strbuf_reserve(out, (size_t)st.st_size + 1);
	/* one byte more than there was: it may be growing */
	for (size_t left = (size_t)st.st_size + 1; left; left -= (size_t)n) {
		do
			n = read(fd, out->data + out->len, left);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return error_set_errno(err, "read %s", path);
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (n == 0)
			break;
	}
	if (out->len > (size_t)st.st_size)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s is being written to", path);
	if (strlen(out->data) != out->len)
		return error_set(err, ERROR_INVALID,
				 "%s is no text: it has NUL bytes", path);
	return true;
}

bool secret_read_file(const char *path, size_t max, struct strbuf *out,
		      struct error *err)
{
	/* a pipe without a writer must not hold the loop up */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	strbuf_clear(out);
	if (fd < 0)
		return error_set_errno(err, "open %s", path);
	ok = read_open_file(fd, path, max, out, err);
	close(fd);
	return ok;
}

/* --- base64 -----------------------------------------------------------------
 */

void secret_add_base64(struct strbuf *out, const char *data, size_t len)
{
	size_t size = (len + 2) / 3 * 4;

	strbuf_reserve(out, size);
	EVP_EncodeBlock((unsigned char *)out->data + out->len,
			(const unsigned char *)data, (int)len);
	out->len += size;
}

/* Digits of base64 alone, padded to whole groups; false: others among them. */
static bool collect_digits(const char *text, size_t len, bool is_url,
			   struct strbuf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t padding = 0;

	strbuf_reserve(out, len + 4);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!is_url && (c == '\n' || c == '\r'))
			continue;
		if (!is_url && c == '=') {
			padding++;
		} else if (padding) {
			return false;
		} else if (is_url && (c == '-' || c == '_')) {
			c = c == '-' ? '+' : '/';
		} else if (!c || (!strchr(digits, c) &&
				  (is_url || (c != '+' && c != '/')))) {
			return false;
		}
		strbuf_addch(out, c);
	}
	if (padding > 2)
		return false;
	while (is_url && out->len % 4 && padding < 2)
		strbuf_addch(out, '='), padding++;
	return out->len % 4 == 0;
}

static bool decode(const char *text, size_t len, bool is_url,
		   struct strbuf *out)
{
	struct strbuf plain = STRBUF_INIT;
	size_t padding = 0;
	bool ok =
		len < INT_MAX / 2 && collect_digits(text, len, is_url, &plain);
	int n = 0;

	if (ok) {
		while (padding < plain.len &&
		       plain.data[plain.len - 1 - padding] == '=')
			padding++;
		strbuf_reserve(out, plain.len / 4 * 3);
		n = EVP_DecodeBlock((unsigned char *)out->data + out->len,
				    (const unsigned char *)plain.data,
				    (int)plain.len);
		ok = n >= (int)padding;
	}
	if (ok)
		out->len += (size_t)n - padding;
	if (out->capacity)
		out->data[out->len] = '\0';
	secret_release(&plain);
	return ok;
}

bool secret_decode_base64(const char *text, size_t len, struct strbuf *out)
{
	return decode(text, len, false, out);
}

bool secret_decode_base64url(const char *text, size_t len, struct strbuf *out)
{
	return decode(text, len, true, out);
}
