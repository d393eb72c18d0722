/* SPDX-License-Identifier: MIT */
/* Files of trials: asked for, and taken in piece by piece. */
#include "engine/sideport/output.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define STATUS_UNPROCESSABLE 422
#define STATUS_FULL 507
#define SLOWEST_BYTES_PER_S (64 << 10)
/* The database must be able to go on when outputs have filled the disk. */
#define SPARE_BYTES (INT64_C(32) << 20)

/* ---- what is asked for -------------------------------------------------- */

/* NULL: not there, or with a NUL byte in it. */
static const char *argument(const struct client *client, const char *name)
{
	const char *value = NULL;
	size_t len = 0;

	if (MHD_lookup_connection_value_n(
		    client->connection, MHD_GET_ARGUMENT_KIND, name,
		    strlen(name), &value, &len) != MHD_YES ||
	    !value || strlen(value) != len)
		return NULL;
	return value;
}

static bool read_number(const struct client *client, const char *name,
			int64_t *ret)
{
	const char *text = argument(client, name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return !errno && !*end && *ret <= OUTPUT_FILE_MAX;
}

static enum outcome read_arguments(struct client *client,
				   struct output_upload *upload)
{
	const char *path = argument(client, "path");
	const char *digest = argument(client, "digest");

	if (!path || !output_path_is_sound(path))
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "path: one inside the outputs was expected");
	if (!digest || strlen(digest) != 64 ||
	    strspn(digest, "0123456789abcdef") != 64 ||
	    !read_number(client, "size", &upload->size))
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "size and digest (SHA-256 in hexadecimal) "
				   "of the whole file were expected");
	snprintf(upload->path, sizeof(upload->path), "%s", path);
	snprintf(upload->digest, sizeof(upload->digest), "%s", digest);
	output_part_name(path, upload->part);
	upload->caller = client->caller;
	upload->socket_fd = client->fd;
	return OUTCOME_OK;
}

/* ---- the disk ----------------------------------------------------------- */

static enum outcome fail_disk(struct client *client)
{
	bool is_full = errno == ENOSPC || errno == EDQUOT;
	char text[300];

	snprintf(text, sizeof(text), "outputs cannot be stored: %s",
		 strerror(errno));
	output_tell_fault(client->sideport, text);
	return client_fail(
		client, is_full ? STATUS_FULL : MHD_HTTP_INTERNAL_SERVER_ERROR,
		"%s", text);
}

static enum outcome check_room(struct client *client,
			       const struct output_upload *upload)
{
	struct statvfs info;
	int64_t room;

	if (fstatvfs(upload->folder_fd, &info) < 0)
		return fail_disk(client);
	room = (int64_t)info.f_bavail * (int64_t)info.f_frsize;
	if (room >= upload->size - upload->at + SPARE_BYTES)
		return OUTCOME_OK;
	errno = ENOSPC;
	return fail_disk(client);
}

/* Names of a file and of a folder may collide: that is the sender's. */
static enum outcome fail_name(struct client *client)
{
	return client_fail(client, MHD_HTTP_BAD_REQUEST,
			   "path: a file is there where a folder would have to "
			   "be, or the other way round");
}

/* ---- one file ----------------------------------------------------------- */

static void upload_free(struct output_upload *upload)
{
	if (upload->fd >= 0)
		close(upload->fd);
	if (upload->folder_fd >= 0)
		close(upload->folder_fd);
	EVP_MD_CTX_free(upload->context);
	free(upload);
}

/* How much of it is there, and what it takes the place of. */
static enum outcome look(struct client *client, struct output_upload *upload)
{
	struct stat info;
	int fd = output_part_open(upload->folder_fd, upload->part, false);

	upload->at = 0;
	if (fd >= 0) {
		if (fstat(fd, &info) == 0)
			upload->at = info.st_size;
		close(fd);
	}
	if (upload->at > upload->size) { /* of another version of it */
		output_part_remove(upload->folder_fd, upload->part);
		upload->at = 0;
	}
	fd = output_file_open(upload->folder_fd, upload->path);
	if (fd < 0 && errno != ENOENT)
		return fail_name(client);
	upload->is_new = fd < 0 && !upload->at;
	upload->replaces = 0;
	if (fd >= 0) {
		if (fstat(fd, &info) == 0)
			upload->replaces = info.st_size;
		close(fd);
	}
	return OUTCOME_OK;
}

static enum outcome judge(struct client *client, enum output_verdict verdict)
{
	switch (verdict) {
	case OUTPUT_BUSY:
		return client_fail(client, MHD_HTTP_CONFLICT,
				   "this file is being sent already");
	case OUTPUT_TOO_MUCH:
		return client_fail(client, STATUS_TOO_LARGE,
				   "more than the %" PRId64
				   " bytes or %d files that one trial may "
				   "leave (outputs.limit)",
				   client->sideport->outputs.limit_bytes,
				   OUTPUT_FILES_MAX);
	case OUTPUT_GRANTED:
		break;
	}
	return OUTCOME_OK;
}

/* Everything that can be said before the first byte comes.  The upload is the
 * caller's, also on failure. */
static enum outcome open_upload(struct client *client,
				struct output_upload **ret)
{
	struct output_upload *upload = xcalloc(1, sizeof(*upload));
	char *top = output_top(client->sideport);
	enum outcome outcome;

	upload->fd = upload->folder_fd = -1;
	*ret = upload;
	outcome = read_arguments(client, upload);
	if (outcome == OUTCOME_OK && !top)
		outcome = client_fail(client, MHD_HTTP_NOT_FOUND,
				      "outputs of this experiment go to its "
				      "storage, not here");
	if (outcome == OUTCOME_OK) {
		upload->folder_fd =
			output_folder_open(top, &client->caller, true);
		outcome = upload->folder_fd < 0 ? fail_disk(client)
						: look(client, upload);
	}
	free(top);
	return outcome;
}

/* Reading a large file takes an HTTP thread's time: one at a time, so that
 * others are left for metrics. */
static enum outcome add_digest(struct client *client,
			       struct output_upload *upload, int fd,
			       int64_t size)
{
	atomic_bool *is_reading = &client->sideport->outputs.is_reading;
	bool ok;

	if (!size)
		return OUTCOME_OK;
	if (atomic_exchange(is_reading, true))
		return client_fail(client, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "another file is being read: try again");
	ok = output_digest_add(upload->context, fd, size);
	atomic_store(is_reading, false);
	return ok ? OUTCOME_OK : fail_disk(client);
}

static bool is_digest(struct output_upload *upload)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	char text[65] = "";

	if (EVP_DigestFinal_ex(upload->context, digest, &len) != 1 || len != 32)
		return false;
	for (unsigned int i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return !strcmp(text, upload->digest);
}

static bool start_digest(struct output_upload *upload)
{
	upload->context = EVP_MD_CTX_new();
	return upload->context &&
	       EVP_DigestInit_ex(upload->context, EVP_sha256(), NULL) == 1;
}

/* Is the file that is there the one that is meant?  It was sent before then,
 * and the answer was lost. */
static enum outcome is_same(struct client *client, struct output_upload *upload,
			    bool *ret)
{
	enum outcome outcome = OUTCOME_OK;
	int fd = output_file_open(upload->folder_fd, upload->path);

	if (fd >= 0 && start_digest(upload)) {
		outcome = add_digest(client, upload, fd, upload->size);
		*ret = outcome == OUTCOME_OK && is_digest(upload);
	}
	if (fd >= 0)
		close(fd);
	return outcome;
}

static enum outcome get_output(struct client *client)
{
	struct output_upload *upload;
	enum outcome outcome = open_upload(client, &upload);
	bool is_whole = false;
	char *text;

	if (outcome == OUTCOME_OK && upload->replaces == upload->size)
		outcome = is_same(client, upload, &is_whole);
	if (outcome == OUTCOME_OK && !is_whole)
		outcome = judge(client,
				output_enter(client->sideport, upload, false));
	if (outcome == OUTCOME_OK && !is_whole)
		outcome = check_room(client, upload);
	text = xasprintf("{\"size\":%" PRId64 ",\"whole\":%s}",
			 is_whole ? upload->size : upload->at,
			 is_whole ? "true" : "false");
	upload_free(upload);
	if (outcome == OUTCOME_OK)
		return answer_send_text(client, "application/json", text);
	free(text);
	return outcome;
}

/* ---- taking it in ------------------------------------------------------- */

/* The body of this request is in the file from now on. */
static enum outcome start_upload(struct client *client,
				 struct output_upload *upload)
{
	enum outcome outcome;

	upload->fd = output_part_open(upload->folder_fd, upload->part, true);
	if (upload->fd < 0 || ftruncate(upload->fd, upload->at) < 0)
		return fail_disk(client);
	if (!start_digest(upload))
		return client_fail(client, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "the digest cannot be made");
	outcome = add_digest(client, upload, upload->fd, upload->at);
	upload->latest_ns =
		clock_mono_ns() + client->sideport->request_ms * NS_PER_MS +
		(upload->size - upload->at) / SLOWEST_BYTES_PER_S * NS_PER_S;
	return outcome;
}

/* Does the body begin where the file ended? */
static enum outcome check_offset(struct client *client,
				 struct output_upload *upload)
{
	const char *length = MHD_lookup_connection_value(
		client->connection, MHD_HEADER_KIND, "Content-Length");
	int64_t offset;

	if (!read_number(client, "offset", &offset))
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "offset: the position of the first byte was "
				   "expected");
	if (!offset)
		upload->at = 0;
	if (offset != upload->at)
		return client_fail(client, MHD_HTTP_CONFLICT,
				   "%" PRId64 " bytes of it are there: ask, "
				   "then go on there",
				   upload->at);
	if (!length || strtoll(length, NULL, 10) != upload->size - upload->at)
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "the body must have the rest of the file, "
				   "and say its length");
	return OUTCOME_OK;
}

enum outcome output_begin(struct client *client)
{
	struct output_upload *upload;
	enum outcome outcome;

	if (strcmp(client->method, "PUT") != 0)
		return OUTCOME_OK;
	outcome = open_upload(client, &upload);
	if (outcome == OUTCOME_OK)
		outcome = check_offset(client, upload);
	if (outcome == OUTCOME_OK)
		outcome = check_room(client, upload);
	if (outcome == OUTCOME_OK)
		outcome = judge(client,
				output_enter(client->sideport, upload, true));
	if (outcome != OUTCOME_OK) {
		upload_free(upload);
		return outcome;
	}
	client->upload = upload;
	outcome = start_upload(client, upload);
	if (outcome != OUTCOME_OK)
		output_drop(client);
	return outcome;
}

enum outcome output_take(struct client *client, const char *data, size_t len)
{
	struct output_upload *upload = client->upload;

	client_extend_deadline(client, upload->latest_ns);
	if ((int64_t)len > upload->size - upload->at ||
	    EVP_DigestUpdate(upload->context, data, len) != 1)
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "the body is longer than it said");
	while (len) {
		ssize_t n = pwrite(upload->fd, data, len, upload->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_disk(client);
		upload->at += n;
		data += n;
		len -= (size_t)n;
	}
	return OUTCOME_OK;
}

void output_drop(struct client *client)
{
	struct output_upload *upload = client->upload;

	client->upload = NULL;
	upload->is_failed = true;
	output_leave(client->sideport, upload);
	upload_free(upload);
}

static enum outcome put_output(struct client *client)
{
	struct output_upload *upload = client->upload;

	if (upload->at != upload->size)
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "the body is shorter than it said");
	if (!is_digest(upload)) {
		output_part_remove(upload->folder_fd, upload->part);
		upload->at = 0;
		return client_fail(client, STATUS_UNPROCESSABLE,
				   "the file's SHA-256 is another one: it "
				   "changed while it was sent");
	}
	/* on this thread: others' reports may wait for the disk, too */
	if (fdatasync(upload->fd) < 0)
		return fail_disk(client);
	storage_digest_mark(upload->fd, upload->digest);
	if (!output_publish(upload->folder_fd, upload->part, upload->path))
		return errno == ENOTDIR || errno == EISDIR || errno == EEXIST
			       ? fail_name(client)
			       : fail_disk(client);
	output_tell_fault(client->sideport, NULL);
	client->upload = NULL;
	output_leave(client->sideport, upload);
	upload_free(upload);
	return OUTCOME_OK;
}

enum outcome output_handle(struct client *client)
{
	enum outcome outcome;

	if (!client->upload)
		return get_output(client);
	outcome = put_output(client);
	/* before the answer is out: who reads it may begin again at once */
	if (client->upload)
		output_drop(client);
	return outcome;
}
