/* SPDX-License-Identifier: MIT */
/* libnfs's calls, each waited for: bounded, and ended by the watch. */
#include "engine/storage/nfs_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS 100 /* at the watch */

void nfs_done(int status, struct nfs_context *context, void *data, void *arg)
{
	struct nfs_wait *wait = arg;

	(void)context;
	(void)data;
	wait->status = status;
	wait->is_done = true;
}

void nfs_done_handle(int status, struct nfs_context *context, void *data,
		     void *arg)
{
	struct nfs_wait *wait = arg;

	if (status >= 0)
		wait->handle = data;
	nfs_done(status, context, data, arg);
}

void nfs_done_stat(int status, struct nfs_context *context, void *data,
		   void *arg)
{
	struct nfs_wait *wait = arg;

	if (status >= 0)
		*wait->stat = *(struct nfs_stat_64 *)data;
	nfs_done(status, context, data, arg);
}

void nfs_done_read(int status, struct nfs_context *context, void *data,
		   void *arg)
{
	struct nfs_wait *wait = arg;

	/* never more than was asked for, whatever the server sends */
	if (status > NFS_CHUNK_BYTES)
		status = -EIO;
	if (status > 0)
		memcpy(wait->into, data, (size_t)status);
	nfs_done(status, context, data, arg);
}

void nfs_done_piece(int status, struct nfs_context *context, void *data,
		    void *arg)
{
	const struct nfs_piece *piece = arg;
	struct nfs_wait *wait = piece->wait;

	(void)context;
	(void)data;
	if (status >= 0 && status < piece->len)
		status = -EIO;
	if (status < 0 && wait->status >= 0)
		wait->status = status;
	wait->is_done = --wait->pending == 0;
}

/* Of several writes at once libnfs tells what happened by text alone. */
static int refine(struct nfs *nfs, int status)
{
	static const struct {
		const char *name;
		int status;
	} known[] = {
		{"NFS3ERR_NOSPC", -ENOSPC}, {"NFS3ERR_DQUOT", -EDQUOT},
		{"NFS3ERR_FBIG", -EFBIG},   {"NFS3ERR_ACCES", -EACCES},
		{"NFS3ERR_ROFS", -EROFS},
	};
	const char *text = nfs_get_error(nfs->context);

	if (status != -EFAULT || !text || !strstr(text, "Write failed with"))
		return status;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strstr(text, known[i].name)) {
			nfs->is_tainted = true;
			return known[i].status;
		}
	return status;
}

/* Of the connection itself, not of the server's disk. */
static bool is_lost(int status)
{
	return status == -EFAULT || status == -EINTR || status == -EIO ||
	       status == -ESTALE || status == -ERANGE || status == -ETIMEDOUT ||
	       status == -ECANCELED;
}

static int serve(struct nfs *nfs, struct nfs_wait *wait)
{
	int64_t heard_ns = clock_mono_ns();

	while (!wait->is_done) {
		struct pollfd poller = {
			.fd = nfs_get_fd(nfs->context),
			.events = (short)nfs_which_events(nfs->context)};
		int n = poll(&poller, poller.fd >= 0, LOOK_MS);

		if (atomic_load(&nfs->base.watch->is_cancelled))
			return -ECANCELED;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			heard_ns = clock_mono_ns();
		else if (clock_mono_ns() - heard_ns > nfs->limit_ms * NS_PER_MS)
			return -ETIMEDOUT;
		if (nfs_service(nfs->context, n > 0 ? poller.revents : 0) < 0 &&
		    !wait->is_done)
			return -EFAULT;
	}
	return wait->status;
}

/* The callbacks that are still to come point to *wait: have them come now, by
 * ending the connection under them. */
static void give_up(struct nfs *nfs, const struct nfs_wait *wait)
{
	int fd = nfs_get_fd(nfs->context);

	if (fd >= 0) {
		shutdown(fd, SHUT_RDWR);
		nfs_service(nfs->context, POLLIN);
	}
	if (!wait->is_done)
		nfs_disconnect(nfs);
}

int nfs_await(struct nfs *nfs, struct nfs_wait *wait, int started)
{
	int status = started < 0 ? -EFAULT : serve(nfs, wait);

	if (wait->is_done)
		status = refine(nfs, status);
	if (!is_lost(status))
		return status;
	nfs->is_broken = true;
	if (!wait->is_done && started >= 0)
		give_up(nfs, wait);
	return status;
}

void nfs_drop_file(struct nfs *nfs, struct nfsfh *file)
{
	struct nfs_wait wait = {0};

	if (!file || !nfs->context)
		return;
	if (!nfs->is_broken) {
		nfs_await(nfs, &wait,
			  nfs_close_async(nfs->context, file, nfs_done, &wait));
		return;
	}
	nfs_close_async(nfs->context, file, nfs_done, &wait);
	nfs_disconnect(nfs); /* ends the call, which frees the file */
}

int nfs_stat_link(struct nfs *nfs, const char *full, struct nfs_stat_64 *ret)
{
	struct nfs_wait wait = {.stat = ret};

	return nfs_await(
		nfs, &wait,
		nfs_lstat64_async(nfs->context, full, nfs_done_stat, &wait));
}

int nfs_remove_file(struct nfs *nfs, const char *full)
{
	struct nfs_wait wait = {0};

	return nfs_await(nfs, &wait,
			 nfs_unlink_async(nfs->context, full, nfs_done, &wait));
}

int nfs_remove_folder(struct nfs *nfs, const char *full)
{
	struct nfs_wait wait = {0};

	return nfs_await(nfs, &wait,
			 nfs_rmdir_async(nfs->context, full, nfs_done, &wait));
}
