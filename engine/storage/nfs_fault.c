/* SPDX-License-Identifier: MIT */
/* What an NFS server's refusals mean, and for whom. */
#include "engine/storage/nfs_private.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int own_uid(const struct nfs *nfs)
{
	return nfs->place.uid >= 0 ? nfs->place.uid : (int)getuid();
}

static int own_gid(const struct nfs *nfs)
{
	return nfs->place.gid >= 0 ? nfs->place.gid : (int)getgid();
}

/* path, or the nearest of its folders that is there. */
static bool find_nearest(struct nfs *nfs, char *path, struct nfs_stat_64 *ret)
{
	for (;;) {
		char *full = nfs_full(path), *slash = strrchr(path, '/');
		int status = nfs->context && !nfs->is_broken
				     ? nfs_stat_link(nfs, full, ret)
				     : -EIO;

		free(full);
		if (status >= 0)
			return true;
		if (!*path || (status != -ENOENT && status != -EACCES))
			return false;
		*(slash ? slash : path) = '\0';
	}
}

static void add_way_out(const struct nfs *nfs, const char *where, char *text,
			size_t size)
{
	if (own_uid(nfs) == 0)
		snprintf(text, size,
			 "the export maps root to nobody (root_squash): make "
			 "%.120s writable for others, or come as its owner "
			 "with server: \"%.60s?uid=UID&gid=GID\"",
			 where, nfs->place.host);
	else
		snprintf(text, size,
			 "give uid %d or gid %d the right to write there, or "
			 "come as another one with server: "
			 "\"%.60s?uid=UID&gid=GID\"",
			 own_uid(nfs), own_gid(nfs), nfs->place.host);
}

static bool fail_denied(struct nfs *nfs, const char *what, const char *path,
			struct error *err)
{
	char *nearest = xstrdup(path), way_out[400];
	struct nfs_stat_64 st;
	bool is_known = find_nearest(nfs, nearest, &st);
	char *where = xasprintf("%s%s%s", nfs->path, *nearest ? "/" : "",
				is_known ? nearest : "");

	add_way_out(nfs, where, way_out, sizeof(way_out));
	if (is_known)
		error_set(err, ERROR_DENIED,
			  "%.100s:%.160s: uid %d, gid %d may not %s; it "
			  "belongs to uid %llu, gid %llu, mode %03o: %s",
			  nfs->place.host, where, own_uid(nfs), own_gid(nfs),
			  what, (unsigned long long)st.nfs_uid,
			  (unsigned long long)st.nfs_gid,
			  (unsigned int)st.nfs_mode & 0777, way_out);
	else
		error_set(err, ERROR_DENIED,
			  "%.100s:%.160s: uid %d, gid %d may not %s: %s",
			  nfs->place.host, nfs->path, own_uid(nfs),
			  own_gid(nfs), what, way_out);
	free(where);
	free(nearest);
	return false;
}

/* What needs no more than a code and a word; NULL: ask strerror. */
static const char *words_of(int status, enum error_code *ret)
{
	switch (-status) {
	case ENOSPC:
		*ret = ERROR_LIMIT;
		return "the share is full: remove what is no longer needed, "
		       "or enlarge it";
	case EDQUOT:
		*ret = ERROR_LIMIT;
		return "the quota is used up";
	case EROFS:
		*ret = ERROR_DENIED;
		return "it is exported for reading alone";
	case ENOENT:
		*ret = ERROR_NOT_FOUND;
		return "there is no such file or folder";
	case ECANCELED:
		*ret = ERROR_CANCELED;
		return "canceled";
	case EFAULT:
	case EINTR:
	case EIO:
	case ERANGE: /* of the lease, among others: connecting anew helps */
	case ESTALE:
		*ret = ERROR_UNAVAILABLE;
		return "the connection was lost, or the server had to begin "
		       "anew";
	case EEXIST:
	case ENOTDIR:
	case EISDIR:
		*ret = ERROR_CONFLICT;
		return "a file stands where a folder should be, or the other "
		       "way round";
	case ENAMETOOLONG:
		*ret = ERROR_INVALID;
		return "a name is longer than the server allows";
	default:
		*ret = ERROR_SYSTEM;
		return NULL;
	}
}

static bool fail_silent(const struct nfs *nfs, struct error *err)
{
	return error_set(err, ERROR_TIMEOUT,
			 "NFS server %s: no answer for %d s", nfs->place.host,
			 nfs->place.timeout_s ? nfs->place.timeout_s
					      : STORAGE_SILENCE_MS / 1000);
}

bool nfs_fail(struct nfs *nfs, int status, const char *what, const char *path,
	      struct error *err)
{
	enum error_code code;
	const char *words;

	if (status == -EACCES || status == -EPERM)
		return fail_denied(nfs, what, path, err);
	if (status == -ETIMEDOUT)
		return fail_silent(nfs, err);
	words = words_of(status, &code);
	return error_set(err, code, "%s %.100s:%.120s%s%.200s: %s", what,
			 nfs->place.host, nfs->path, *path ? "/" : "", path,
			 words ? words : strerror(-status));
}

bool nfs_fail_mount(const struct nfs *nfs, int status, const char *text,
		    struct error *err)
{
	struct strbuf safe = STRBUF_INIT;

	if (status == -ECANCELED)
		return error_set(err, ERROR_CANCELED, "canceled");
	if (status == -ETIMEDOUT)
		return fail_silent(nfs, err);
	if (status == -ENOENT || status == -ENOTDIR)
		return error_set(err, ERROR_NOT_FOUND,
				 "NFS server %s exports no folder %.200s",
				 nfs->place.host, nfs->path);
	if (status == -EACCES || status == -EPERM)
		return error_set(err, ERROR_DENIED,
				 "NFS server %s does not let this host have "
				 "%.160s: there is no such export, its list of "
				 "hosts lacks this one, or it wants ports "
				 "below 1024, which need root (the export's "
				 "option insecure lets others in)",
				 nfs->place.host, nfs->path);
	utf8_sanitize(&safe, text ? text : "", text ? strlen(text) : 0, false);
	error_set(err, ERROR_UNAVAILABLE,
		  "NFS server %s: %.160s cannot be reached: %.160s",
		  nfs->place.host, nfs->path,
		  safe.len ? safe.data : strerror(-status));
	strbuf_release(&safe);
	return false;
}
