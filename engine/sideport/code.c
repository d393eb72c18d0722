/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/code: the archive of the experiment's code.
 *
 * Opened for each request, so that it can be replaced at any time: who began
 * to read the old one reads it to its end.  It may be far larger than what the
 * usual time for an answer is meant for, so every piece that leaves buys more
 * time, up to what the slowest connection we care for needs for the whole.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/sideport/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (16u << 10)
#define SLOWEST_BYTES_PER_S (64 << 10)

struct download {
	struct client *client;
	int fd;
	int64_t latest_ns; /* over by then, monotonic */
};

static ssize_t read_piece(void *arg, uint64_t position, char *data, size_t max)
{
	struct download *download = arg;
	ssize_t n;

	client_extend_deadline(download->client, download->latest_ns);
	do
		n = pread(download->fd, data, max, (off_t)position);
	while (n < 0 && errno == EINTR);
	/* shorter than it said: nobody may take it for whole */
	return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void end_download(void *arg)
{
	struct download *download = arg;

	close(download->fd);
	free(download);
}

static int open_code(struct sideport *sideport, struct stat *st)
{
	int fd = -1;

	pthread_mutex_lock(&sideport->mutex);
	if (sideport->code_path)
		fd = open(sideport->code_path,
			  O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pthread_mutex_unlock(&sideport->mutex);
	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

enum outcome code_get(struct client *client)
{
	struct download *download;
	struct MHD_Response *response;
	enum outcome outcome;
	struct stat st;
	int fd = open_code(client->sideport, &st);

	if (fd < 0)
		return client_fail(client, MHD_HTTP_NOT_FOUND,
				   "there is no code to fetch");
	download = xcalloc(1, sizeof(*download));
	download->client = client;
	download->fd = fd;
	download->latest_ns = clock_mono_ns() +
			      client->sideport->request_ms * NS_PER_MS +
			      st.st_size / SLOWEST_BYTES_PER_S * NS_PER_S;
	response = MHD_create_response_from_callback((uint64_t)st.st_size,
						     PIECE_BYTES, read_piece,
						     download, end_download);
	if (!response) {
		end_download(download);
		return client_fail(client, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "the answer could not be made");
	}
	MHD_add_response_header(response, "Content-Type", "application/gzip");
	outcome = answer_send_static(client, response);
	MHD_destroy_response(response);
	return outcome;
}

void sideport_set_code(struct sideport *sideport, const char *path)
{
	char *copy = xstrdup_or_null(path), *old;

	pthread_mutex_lock(&sideport->mutex);
	old = sideport->code_path;
	sideport->code_path = copy;
	pthread_mutex_unlock(&sideport->mutex);
	free(old);
}
