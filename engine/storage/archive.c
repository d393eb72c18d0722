/* SPDX-License-Identifier: MIT */
/*
 * A code directory as one gzipped tar file.
 *
 * The same files give the same bytes: sorted names, no times, no owners, one
 * level of compression, names as bytes whatever the locale.  pax, but in its
 * plain ustar form wherever that can say it, so any tar reads it.
 *
 * Files may change while they are read; a header says how long a file is
 * before its content is written, so the content is cut or the whole is tried
 * again.  What keeps changing is taken as it was found, with a note, and only a
 * file that became shorter in front of our eyes each time is a failure.
 */
#include "engine/storage/archive.h"

#include "base/mem.h"
#include "engine/storage/archive_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3
#define BLOCK_BYTES 65536

/* One archive in the making. */
struct output {
	struct archive *archive;
	int fd;
	EVP_MD_CTX *digest;
	int64_t size;
	int64_t bytes; /* of content */
	int write_errno;
	bool is_last_try;
	bool has_changed; /* a file did: worth another try */
};

static la_ssize_t write_block(struct archive *archive, void *arg,
			      const void *data, size_t len)
{
	struct output *output = arg;
	ssize_t n;

	do
		n = write(output->fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		output->write_errno = errno;
		archive_set_error(archive, errno, "write");
		return -1;
	}
	EVP_DigestUpdate(output->digest, data, (size_t)n);
	output->size += n;
	return n;
}

static bool fail(struct output *output, const char *what, struct error *err)
{
	if (output->write_errno) {
		errno = output->write_errno;
		return error_set_errno(err, "%s", what);
	}
	return error_set(err, ERROR_SYSTEM, "%s: %s", what,
			 archive_error_string(output->archive)
				 ? archive_error_string(output->archive)
				 : "libarchive failed");
}

static bool open_output(struct output *output, struct error *err)
{
	struct archive *archive = archive_write_new();

	output->archive = archive;
	output->digest = EVP_MD_CTX_new();
	if (!archive || !output->digest ||
	    !EVP_DigestInit_ex(output->digest, EVP_sha256(), NULL))
		return error_set(err, ERROR_SYSTEM, "no memory, or no SHA-256");
	if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
	    archive_write_add_filter_gzip(archive) != ARCHIVE_OK ||
	    archive_write_set_filter_option(archive, "gzip", "timestamp",
					    NULL) != ARCHIVE_OK ||
	    archive_write_set_filter_option(
		    archive, "gzip", "compression-level", "6") != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    archive_write_open(archive, output, NULL, write_block, NULL) !=
		    ARCHIVE_OK)
		return fail(output, "start", err);
	return true;
}

static void release_output(struct output *output)
{
	if (output->archive)
		archive_write_free(output->archive);
	EVP_MD_CTX_free(output->digest);
	if (output->fd >= 0)
		close(output->fd);
}

/* ---- entries ----------------------------------------------------------------
 */

static bool put_header(struct output *output, const struct tree_entry *entry,
		       int64_t bytes, struct error *err)
{
	struct archive_entry *header = archive_entry_new();
	int result;

	if (!header)
		return error_set(err, ERROR_SYSTEM, "no memory");
	archive_entry_set_pathname(header, entry->path);
	archive_entry_set_mtime(header, 0, 0);
	archive_entry_set_size(header, bytes);
	switch (entry->kind) {
	case TREE_FOLDER:
		/* who unpacks it must be able to put files there */
		archive_entry_set_mode(header, S_IFDIR | 0700 | entry->mode);
		break;
	case TREE_FILE:
		archive_entry_set_mode(header, S_IFREG | entry->mode);
		break;
	case TREE_LINK:
		archive_entry_set_mode(header, S_IFLNK | 0777);
		archive_entry_set_symlink(header, entry->target);
		break;
	}
	result = archive_write_header(output->archive, header);
	archive_entry_free(header);
	/* a warning: a name that is not ASCII went in as bytes, and says so */
	return result == ARCHIVE_OK || result == ARCHIVE_WARN ||
	       fail(output, entry->path, err);
}

/* Copy exactly `bytes`; *ret_missing is what the file did not have. */
static bool put_content(struct output *output, const struct tree_entry *entry,
			int fd, int64_t bytes, int64_t *ret_missing,
			struct error *err)
{
	static const char zeros[4096];
	char block[BLOCK_BYTES];
	bool is_over = false;

	*ret_missing = 0;
	while (bytes) {
		size_t want = bytes < BLOCK_BYTES ? (size_t)bytes : BLOCK_BYTES;
		ssize_t n = is_over ? 0 : read(fd, block, want);
		const char *data = block;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, "read %s", entry->path);
		if (!n) {
			is_over = true;
			data = zeros;
			n = (ssize_t)(want < sizeof(zeros) ? want
							   : sizeof(zeros));
			*ret_missing += n;
		}
		if (archive_write_data(output->archive, data, (size_t)n) != n)
			return fail(output, entry->path, err);
		bytes -= n;
	}
	return true;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A file differs from what was listed or from itself a moment ago. */
static bool has_changed(struct output *output, struct tree *tree,
			const struct tree_entry *entry, const char *how,
			bool is_fatal, struct error *err)
{
	output->has_changed = true;
	if (is_fatal || !output->is_last_try)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s %s while it was read: try again, or name "
				 "it in .trialdeckignore",
				 entry->path, how);
	tree_note(tree, entry->path,
		  "kept changing; taken as it was when it was read");
	return true;
}

static bool put_file(struct output *output, struct tree *tree,
		     const struct tree_entry *entry, int fd, struct error *err)
{
	struct stat before, after;
	int64_t missing;

	if (fstat(fd, &before) < 0)
		return error_set_errno(err, "read %s", entry->path);
	if (!S_ISREG(before.st_mode) || before.st_dev != entry->device ||
	    before.st_ino != entry->inode)
		return has_changed(output, tree, entry, "was replaced", true,
				   err);
	output->bytes += before.st_size;
	if (output->bytes > ARCHIVE_BYTES_MAX)
		return has_changed(output, tree, entry, "grew beyond the limit",
				   true, err);
	if (!put_header(output, entry, before.st_size, err) ||
	    !put_content(output, entry, fd, before.st_size, &missing, err))
		return false;
	if (missing)
		return has_changed(output, tree, entry, "became shorter", true,
				   err);
	if (fstat(fd, &after) < 0 || after.st_size != before.st_size ||
	    !is_same_time(&after.st_mtim, &before.st_mtim))
		return has_changed(output, tree, entry, "changed", false, err);
	return true;
}

static bool put_entry(struct output *output, struct tree *tree,
		      const struct tree_entry *entry, struct error *err)
{
	bool ok;
	int fd;

	if (entry->kind != TREE_FILE)
		return put_header(output, entry, 0, err);
	/* non-blocking: should a pipe have taken the file's place */
	fd = openat(tree->fd, entry->path,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return has_changed(output, tree, entry, "was removed", true,
				   err);
	if (fd < 0)
		return error_set_errno(err, "read %s", entry->path);
	ok = put_file(output, tree, entry, fd, err);
	close(fd);
	return ok;
}

static bool put_all(struct output *output, struct tree *tree, struct error *err)
{
	for (size_t i = 1; i < tree->count; i++) {
		if (!put_entry(output, tree, &tree->entries[i], err))
			return false;
	}
	if (archive_write_close(output->archive) != ARCHIVE_OK)
		return fail(output, "end", err);
	return fsync(output->fd) == 0 || error_set_errno(err, "write");
}

/* ---- the whole -------------------------------------------------------------
 */

static void summarize(const struct output *output, struct tree *tree,
		      struct archive_summary *ret)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	memset(ret, 0, sizeof(*ret));
	EVP_DigestFinal_ex(output->digest, hash, &len);
	for (unsigned int i = 0; i < len; i++)
		snprintf(ret->digest + 2 * i, 3, "%02x", hash[i]);
	ret->files = tree->entries[0].files;
	ret->bytes = output->bytes;
	ret->size = output->size;
	if (tree->notes.len)
		ret->notes = strbuf_detach(&tree->notes);
}

static bool write_once(struct output *output, const char *folder,
		       const char *path, const char *draft,
		       const char *const *not_these,
		       struct archive_summary *ret, struct error *err)
{
	struct tree tree;
	bool ok = tree_read(&tree, folder, not_these, err);

	if (ok) {
		output->fd = open(
			draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ok = output->fd >= 0 ||
		     error_set_errno(err, "create %s", draft);
	}
	ok = ok && open_output(output, err) && put_all(output, &tree, err);
	if (ok && rename(draft, path) < 0)
		ok = error_set_errno(err, "rename to %s", path);
	if (ok)
		summarize(output, &tree, ret);
	else if (output->fd >= 0)
		unlink(draft);
	tree_release(&tree);
	return ok;
}

bool archive_write(const char *folder, const char *path,
		   const char *const *not_these, struct archive_summary *ret,
		   struct error *err)
{
	const char *all[TREE_NOT_MAX + 1] = {path};
	struct error reason = {ERROR_NONE, ""};
	char *draft = xasprintf("%s.new.%d", path, (int)getpid());
	/* libarchive translates names from the locale's characters */
	locale_t plain = newlocale(LC_ALL_MASK, "C", NULL);
	locale_t usual = uselocale(plain);
	bool ok = false, again = true;

	for (int n = 1; not_these && *not_these && n < TREE_NOT_MAX; n++)
		all[n] = *not_these++;
	for (int i = 0; !ok && again && i < TRIES; i++) {
		struct output output = {.fd = -1,
					.is_last_try = i == TRIES - 1};

		ok = write_once(&output, folder, path, draft, all, ret,
				&reason);
		again = output.has_changed;
		release_output(&output);
	}
	uselocale(usual);
	if (plain)
		freelocale(plain);
	free(draft);
	if (ok)
		return true;
	*err = reason;
	return error_prefix(err, "archive of %s", folder);
}

void archive_summary_release(struct archive_summary *summary)
{
	free(summary->notes);
	memset(summary, 0, sizeof(*summary));
}
