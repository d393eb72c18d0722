/* SPDX-License-Identifier: MIT */
/* Digests of files of this machine. */
#include "engine/storage/digest.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BLOCK_BYTES 262144
#define MARK "user.trialdeck.sha256" /* "HEX MTIME_NS" */

const char *storage_digest_name(enum storage_digest_kind kind)
{
	return kind == STORAGE_MD5 ? "MD5" : "SHA-256";
}

bool storage_digest_file(int fd, enum storage_digest_kind kind,
			 const struct storage_watch *watch, char ret[65],
			 struct error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char *block = xmalloc(BLOCK_BYTES);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	int64_t at = 0;
	bool ok = EVP_DigestInit_ex(context,
				    kind == STORAGE_MD5 ? EVP_md5()
							: EVP_sha256(),
				    NULL) == 1 ||
		  error_set(err, ERROR_SYSTEM, "%s is not to be had here",
			    storage_digest_name(kind));

	while (ok) {
		ssize_t n = pread(fd, block, BLOCK_BYTES, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = error_set_errno(err, "read it");
		else if (!n)
			break;
		else if (atomic_load(&watch->is_cancelled))
			ok = error_set(err, ERROR_CANCELED, "canceled");
		else
			EVP_DigestUpdate(context, block, (size_t)n);
		at += n;
	}
	if (ok)
		EVP_DigestFinal_ex(context, digest, &len);
	for (unsigned int i = 0; i < len && i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	EVP_MD_CTX_free(context);
	free(block);
	return ok;
}

static int64_t changed_ns(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0
		       ? -1
		       : st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}

void storage_digest_mark(int fd, const char sha256[65])
{
	char text[96];

	snprintf(text, sizeof(text), "%.64s %" PRId64, sha256, changed_ns(fd));
	if (fsetxattr(fd, MARK, text, strlen(text), 0) < 0)
		return; /* then nobody can compare */
}

bool storage_digest_marked(int fd, char ret[65])
{
	char text[96] = "", *end;
	ssize_t n = fgetxattr(fd, MARK, text, sizeof(text) - 1);

	if (n < 66 || strspn(text, "0123456789abcdef") != 64 ||
	    text[64] != ' ' || strtoll(text + 65, &end, 10) != changed_ns(fd) ||
	    *end)
		return false;
	snprintf(ret, 65, "%.64s", text);
	return true;
}
