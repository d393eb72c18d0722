/* SPDX-License-Identifier: MIT */
/*
 * What putting files needs of version 3 (RFC 1813), by handles in place of
 * paths: libnfs looks every part of a path up again for each call, and a file
 * that it has made once more.  Thousands of small files are three requests
 * each so, in place of nine.
 */
#include "config.h"

#include "engine/storage/nfs_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw.h>
#include <stdlib.h>
#include <string.h>

/* For so long a folder is where it was; kernels trust theirs for longer. */
#define FOLDER_NS NS_PER_S

/* What nfs_get_fh gives: libnfs 4's header for raw calls names it and leaves
 * out what it is.  Of another version it is not looked at (configure), and of
 * this one it has to stand a test: handles that the server does not take for
 * the root's are not used, files are then put by their paths. */
#ifdef HAVE_NFS_HANDLES
struct nfs_fh {
	int len;
	char *val;
};
#endif

static struct nfs_fh3 raw_of(const struct nfs_handle *handle)
{
	struct nfs_fh3 raw;

	raw.data.data_len = handle->len;
	raw.data.data_val = (char *)(uintptr_t)handle->data;
	return raw;
}

static char *name_of(const char *name)
{
	return (char *)(uintptr_t)name;
}

/* -errno; what libnfs has no word for gets one. */
static int status_of(int status, const nfsstat3 *answer)
{
	if (status != RPC_STATUS_SUCCESS)
		return -EFAULT;
	if (*answer == NFS3ERR_DQUOT)
		return -EDQUOT;
	return nfsstat3_to_errno((int)*answer);
}

static void finish(struct nfs_wait *wait, int status)
{
	/* the folder has gone, not the export: it is looked for again */
	if (status == -ESTALE && wait->is_below_root)
		status = -ENOENT;
	if (status < 0 && wait->status >= 0)
		wait->status = status;
	wait->is_done = true;
}

static int take_handle(const struct nfs_fh3 *raw, struct nfs_handle *ret)
{
	if (!raw->data.data_len || raw->data.data_len > sizeof(ret->data))
		return -EIO;
	ret->len = raw->data.data_len;
	memcpy(ret->data, raw->data.data_val, ret->len);
	return 0;
}

/* ---- folders -------------------------------------------------------------
 */

#ifdef HAVE_NFS_HANDLES
static void attributes_came(struct rpc_context *rpc, int status, void *data,
			    void *arg)
{
	const struct GETATTR3res *res = data;
	struct nfs_wait *wait = arg;
	const struct fattr3 *found;

	(void)rpc;
	status = status_of(status, data ? &res->status : NULL);
	if (!status) {
		found = &res->GETATTR3res_u.resok.obj_attributes;
		if (found->type != NF3DIR ||
		    found->fileid != *(const uint64_t *)wait->into)
			status = -EBADF;
	}
	finish(wait, status);
}

/* Is it the root's, as the server sees it? */
static bool is_right(struct nfs *nfs, const struct nfs_handle *handle)
{
	struct nfs_stat_64 root;
	uint64_t number;
	struct nfs_wait wait = {.into = &number};
	struct GETATTR3args args = {.object = raw_of(handle)};

	if (nfs_stat_link(nfs, "/", &root) < 0)
		return false;
	number = root.nfs_ino;
	return nfs_await(nfs, &wait,
			 rpc_nfs3_getattr_async(
				 nfs_get_rpc_context(nfs->context),
				 attributes_came, &args, &wait)) >= 0;
}

void nfs_handle_root(struct nfs *nfs)
{
	struct nfs_wait wait = {0};
	const struct nfs_fh *root;

	nfs->root.len = 0;
	if (nfs->version != 3 ||
	    nfs_await(nfs, &wait,
		      nfs_open_async(nfs->context, "/", O_RDONLY,
				     nfs_done_handle, &wait)) < 0)
		return;
	root = nfs_get_fh(wait.handle);
	if (root && root->len > 0 &&
	    (size_t)root->len <= sizeof(nfs->root.data)) {
		nfs->root.len = (unsigned int)root->len;
		memcpy(nfs->root.data, root->val, nfs->root.len);
	}
	nfs_drop_file(nfs, wait.handle);
	if (nfs->root.len && !is_right(nfs, &nfs->root))
		nfs->root.len = 0;
}
#else
void nfs_handle_root(struct nfs *nfs)
{
	nfs->root.len = 0;
}
#endif

static void looked_up(struct rpc_context *rpc, int status, void *data,
		      void *arg)
{
	struct nfs_wait *wait = arg;
	const struct LOOKUP3res *res = data;

	(void)rpc;
	status = status_of(status, data ? &res->status : NULL);
	if (!status)
		status = take_handle(&res->LOOKUP3res_u.resok.object,
				     wait->into);
	finish(wait, status);
}

static bool is_root(const struct nfs *nfs, const struct nfs_handle *handle)
{
	return handle->len == nfs->root.len &&
	       !memcmp(handle->data, nfs->root.data, handle->len);
}

static int look_up(struct nfs *nfs, const struct nfs_handle *folder,
		   const char *name, struct nfs_handle *ret)
{
	struct nfs_wait wait = {.into = ret,
				.is_below_root = !is_root(nfs, folder)};
	struct LOOKUP3args args = {.what = {raw_of(folder), name_of(name)}};

	return nfs_await(
		nfs, &wait,
		rpc_nfs3_lookup_async(nfs_get_rpc_context(nfs->context),
				      looked_up, &args, &wait));
}

/* The folder that path lies in, which nfs_make_parents has made. */
static int find_parent(struct nfs *nfs, const char *path,
		       struct nfs_handle *ret)
{
	const char *last = strrchr(path, '/');
	struct nfs_folder *known;
	int64_t now_ns = clock_mono_ns();
	char *parent, *name;
	int status;

	if (!last) {
		*ret = nfs->root;
		return 0;
	}
	known = nfs_known_folder(nfs, path, (size_t)(last - path));
	if (known && known->handle.len &&
	    now_ns - known->looked_ns < FOLDER_NS) {
		*ret = known->handle;
		return 0;
	}
	parent = xstrndup(path, (size_t)(last - path));
	status = find_parent(nfs, parent, ret);
	name = strrchr(parent, '/');
	if (status >= 0)
		status = look_up(nfs, ret, name ? name + 1 : parent, ret);
	free(parent);
	if (status >= 0 && known) {
		known->handle = *ret;
		known->looked_ns = now_ns;
	}
	return status;
}

/* ---- files ---------------------------------------------------------------
 */

static void created(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct nfs_wait *wait = arg;
	const struct CREATE3res *res = data;
	const struct post_op_fh3 *made;

	(void)rpc;
	status = status_of(status, data ? &res->status : NULL);
	if (!status) {
		made = &res->CREATE3res_u.resok.obj;
		((struct nfs_handle *)wait->into)->len = 0;
		/* a server need not say it */
		if (made->handle_follows)
			status = take_handle(&made->post_op_fh3_u.handle,
					     wait->into);
	}
	finish(wait, status);
}

static char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (char *)(uintptr_t)(slash ? slash + 1 : path);
}

int nfs_handle_create(struct nfs *nfs, const char *path, unsigned int mode,
		      struct nfs_handle *ret)
{
	struct nfs_handle folder;
	int status = find_parent(nfs, path, &folder);
	struct nfs_wait wait = {.into = ret,
				.is_below_root = !is_root(nfs, &folder)};
	struct CREATE3args args = {.where = {raw_of(&folder), last_of(path)}};
	struct sattr3 *attributes = &args.how.createhow3_u.g_obj_attributes;

	if (status < 0)
		return status;
	args.how.mode = GUARDED;
	attributes->mode.set_it = 1;
	attributes->mode.set_mode3_u.mode = mode;
	status = nfs_await(
		nfs, &wait,
		rpc_nfs3_create_async(nfs_get_rpc_context(nfs->context),
				      created, &args, &wait));
	if (status >= 0 && !ret->len)
		status = look_up(nfs, &folder, last_of(path), ret);
	return status;
}

struct piece {
	struct nfs_writing *writing;
	struct nfs_wait *wait;
	unsigned int len;
};

/* What is not on disk must be sent again when the server began anew. */
static int check_verifier(struct nfs_writing *writing, const char *verifier)
{
	if (!writing->has_verifier)
		memcpy(writing->verifier, verifier, NFS3_WRITEVERFSIZE);
	writing->has_verifier = true;
	return memcmp(writing->verifier, verifier, NFS3_WRITEVERFSIZE) ? -EIO
								       : 0;
}

static void written(struct rpc_context *rpc, int status, void *data, void *arg)
{
	const struct piece *piece = arg;
	const struct WRITE3res *res = data;
	const struct WRITE3resok *done;

	(void)rpc;
	status = status_of(status, data ? &res->status : NULL);
	if (!status) {
		done = &res->WRITE3res_u.resok;
		if (done->count < piece->len) {
			status = -EIO;
		} else if (done->committed != FILE_SYNC) {
			status = check_verifier(piece->writing, done->verf);
			piece->writing->is_dirty = true;
		}
	}
	if (status < 0 && piece->wait->status >= 0)
		piece->wait->status = status;
	piece->wait->is_done = --piece->wait->pending == 0;
}

#define PIECES_MAX 64

int nfs_handle_write(struct nfs *nfs, struct nfs_writing *writing,
		     const char *data, size_t size, int64_t at, bool is_whole)
{
	size_t most = (size_t)nfs_get_writemax(nfs->context);
	struct nfs_wait wait = {.pending = 1};
	struct piece pieces[PIECES_MAX];
	struct WRITE3args args = {.file = raw_of(&writing->handle)};
	size_t begun = 0;
	int status = 0;

	if (!most || most > NFS_CHUNK_BYTES)
		most = NFS_CHUNK_BYTES;
	/* the only one goes to the disk at once */
	args.stable = is_whole && size <= most ? FILE_SYNC : UNSTABLE;
	for (int i = 0; i < PIECES_MAX && begun < size && status >= 0; i++) {
		size_t len = size - begun < most ? size - begun : most;

		pieces[i] = (struct piece){writing, &wait, (unsigned int)len};
		args.offset = (uint64_t)at + begun;
		args.count = (unsigned int)len;
		args.data.data_len = (unsigned int)len;
		args.data.data_val = name_of(data + begun);
		wait.pending++;
		status = rpc_nfs3_write_async(nfs_get_rpc_context(nfs->context),
					      written, &args, &pieces[i]);
		if (status < 0) {
			wait.pending--;
			wait.status = -EFAULT;
		}
		begun += len;
	}
	wait.is_done = --wait.pending == 0;
	status = nfs_await(nfs, &wait, 0);
	return status < 0 ? status : (int)begun;
}

struct commit {
	struct nfs_writing *writing;
	struct nfs_wait wait;
};

static void committed(struct rpc_context *rpc, int status, void *data,
		      void *arg)
{
	struct commit *commit = arg;
	const struct COMMIT3res *res = data;

	(void)rpc;
	status = status_of(status, data ? &res->status : NULL);
	if (!status)
		status = check_verifier(commit->writing,
					res->COMMIT3res_u.resok.verf);
	finish(&commit->wait, status);
}

int nfs_handle_commit(struct nfs *nfs, struct nfs_writing *writing)
{
	struct COMMIT3args args = {.file = raw_of(&writing->handle)};
	struct commit commit = {.writing = writing};

	if (!writing->is_dirty)
		return 0;
	return nfs_await(
		nfs, &commit.wait,
		rpc_nfs3_commit_async(nfs_get_rpc_context(nfs->context),
				      committed, &args, &commit));
}

static void renamed(struct rpc_context *rpc, int status, void *data, void *arg)
{
	const struct RENAME3res *res = data;

	(void)rpc;
	finish(arg, status_of(status, data ? &res->status : NULL));
}

int nfs_handle_rename(struct nfs *nfs, const char *from, const char *to)
{
	struct nfs_handle folder;
	int status = find_parent(nfs, to, &folder);
	struct nfs_wait wait = {.is_below_root = !is_root(nfs, &folder)};
	struct RENAME3args args = {.from = {raw_of(&folder), last_of(from)},
				   .to = {raw_of(&folder), last_of(to)}};

	if (status < 0)
		return status;
	return nfs_await(
		nfs, &wait,
		rpc_nfs3_rename_async(nfs_get_rpc_context(nfs->context),
				      renamed, &args, &wait));
}
