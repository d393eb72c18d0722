/* SPDX-License-Identifier: MIT */
/*
 * What the key `server` of an NFS storage says: a host, and behind '?' what
 * unusual servers need, with '&' between:
 *
 *   version=3|4      unless said, 3 is tried first, then 4
 *   nfsport=N        2049, with version 3 as the portmapper says
 *   mountport=N      of version 3's mount service
 *   uid=N gid=N      as whom we come (AUTH_SYS); unless said, as we are
 *   timeout=SECONDS  without an answer; 30, at most 600
 *
 * Pods see the host alone.  Pure.
 */
#ifndef ENGINE_STORAGE_NFS_PLACE_H
#define ENGINE_STORAGE_NFS_PLACE_H

#include "base/error.h"

#define NFS_HOST_MAX 253

struct nfs_place {
	char host[NFS_HOST_MAX + 1];
	int version;		  /* 0: unsaid */
	int nfs_port, mount_port; /* 0: unsaid */
	int uid, gid;		  /* -1: unsaid */
	int timeout_s;		  /* 0: unsaid */
};

/* ERROR_INVALID says what is wrong. */
bool nfs_place_read(const char *server, struct nfs_place *ret,
		    struct error *err);

#endif
