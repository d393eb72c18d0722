/* SPDX-License-Identifier: MIT */
/*
 * Private to engine/storage/nfs*.c: NFS spoken by ourselves, through libnfs;
 * nothing is mounted, and nobody need be root.
 *
 *   nfs.c          the storage: files
 *   nfs_tree.c     folders: making, listing, removing
 *   nfs_session.c  a connection that is made, lost and made again
 *   nfs_call.c     libnfs's calls, each waited for
 *   nfs_fault.c    what refusals mean
 *   nfs_place.c    the key `server`
 *
 * Links are never followed where they would be the last part of a path, and
 * listed nowhere.  One in the middle of a path is followed within the export:
 * who can make one there can write what it leads to.
 */
#ifndef ENGINE_STORAGE_NFS_PRIVATE_H
#define ENGINE_STORAGE_NFS_PRIVATE_H

#include "engine/storage/nfs_place.h"
#include "engine/storage/storage.h"

#include <nfsc/libnfs.h>

#define NFS_CHUNK_BYTES (1 << 20)
#define NFS_DEPTH_MAX 100
#define NFS_FOLDERS_MAX 4096

/* A file or folder as version 3's servers know it. */
struct nfs_handle {
	unsigned int len; /* 0: unknown */
	char data[64];
};

struct nfs_folder {
	char *path;
	struct nfs_handle handle; /* version 3 */
	int64_t looked_ns;	  /* when it was this one */
};

struct nfs {
	struct storage base;
	struct nfs_place place;
	char *path; /* what the server exports, or below that */
	struct nfs_context *context; /* NULL: not connected */
	int version;		     /* that worked; 0: none yet */
	bool is_broken;		     /* nothing more goes through it */
	bool is_tainted;  /* its error text is of an old call: connect anew */
	int64_t limit_ms; /* of silence */
	char *chunk;
	/* folders seen or made by this session, sorted not at all */
	struct nfs_folder *folders;
	struct nfs_handle root; /* of the export, where version 3 is spoken */
	size_t folder_count, folder_capacity;
	int64_t ahead_ns; /* the server's clock, of ours: INT64_MIN: unknown */
	/* a file that was given up with the connection; removed with the next
	 * one */
	char *leftover;
};

static inline struct nfs *nfs_of(struct storage *storage)
{
	return (struct nfs *)(void *)storage;
}

/* --- nfs_session.c: connected, or err --------------------------------------
 */

bool nfs_connect(struct nfs *nfs, struct error *err);
void nfs_disconnect(struct nfs *nfs);
/* "/" and path: as libnfs has it.  Caller frees. */
char *nfs_full(const char *path);

/* --- nfs_call.c: 0 or more, or -errno --------------------------------------
 */

/* What a call leaves; used by the callbacks while it runs. */
struct nfs_wait {
	bool is_done;
	int status;
	void *handle;
	struct nfs_stat_64 *stat;
	void *into;
	int pending; /* pieces that are under way */
	/* nfs_handle.c: a stale handle is a folder's, not the export's */
	bool is_below_root;
};

void nfs_done(int status, struct nfs_context *context, void *data, void *arg);
void nfs_done_handle(int status, struct nfs_context *context, void *data,
		     void *arg);
void nfs_done_stat(int status, struct nfs_context *context, void *data,
		   void *arg);
void nfs_done_read(int status, struct nfs_context *context, void *data,
		   void *arg);
/* One of several pieces; arg: struct nfs_piece. */
struct nfs_piece {
	struct nfs_wait *wait;
	int len;
};
void nfs_done_piece(int status, struct nfs_context *context, void *data,
		    void *arg);
/* Serve the connection until the call is done; started: what libnfs said.
 * -ETIMEDOUT and -ECANCELED end the connection, as does a call that the
 * connection did not survive. */
int nfs_await(struct nfs *nfs, struct nfs_wait *wait, int started);
/* A connection must not go while a call waits that has a handle. */
void nfs_drop_file(struct nfs *nfs, struct nfsfh *file);

int nfs_stat_link(struct nfs *nfs, const char *full, struct nfs_stat_64 *ret);
int nfs_remove_file(struct nfs *nfs, const char *full);
int nfs_remove_folder(struct nfs *nfs, const char *full);

/* --- nfs_handle.c: version 3, without paths; 0 or more, or -errno ---------
 */

/* A file that is written. */
struct nfs_writing {
	struct nfs_handle handle;
	bool is_dirty;	   /* to be committed */
	bool has_verifier; /* of the server's present life */
	char verifier[8];
};

/* Learn nfs->root, or leave it unknown: then paths are used. */
void nfs_handle_root(struct nfs *nfs);
/* Make a file that is not there. */
int nfs_handle_create(struct nfs *nfs, const char *path, unsigned int mode,
		      struct nfs_handle *ret);
/* As much as goes at once: how much.  is_whole: nothing else is written. */
int nfs_handle_write(struct nfs *nfs, struct nfs_writing *writing,
		     const char *data, size_t size, int64_t at, bool is_whole);
int nfs_handle_commit(struct nfs *nfs, struct nfs_writing *writing);
/* In the folder that both lie in. */
int nfs_handle_rename(struct nfs *nfs, const char *from, const char *to);

/* --- nfs_tree.c ------------------------------------------------------------
 */

/* All folders that path (of the storage) lies in; -errno. */
int nfs_make_parents(struct nfs *nfs, const char *path);
void nfs_forget_folders(struct nfs *nfs);
/* Or NULL; borrowed until one is made or forgotten. */
struct nfs_folder *nfs_known_folder(const struct nfs *nfs, const char *path,
				    size_t len);
bool nfs_list_folder(struct storage *storage, const char *path, bool is_deep,
		     storage_entry_fn *fn, void *arg, struct error *err);
bool nfs_remove_path(struct storage *storage, const char *path,
		     struct error *err);
/* Remove what killed sessions left in the root an hour ago; in other folders it
 * goes when they are listed.  The server's clock must be known. */
void nfs_sweep(struct nfs *nfs);

/* --- nfs_fault.c -----------------------------------------------------------
 */

/* Fill err; what: "write", "list"; path of the storage.  Returns false.  May
 * ask the server whose folder it is. */
bool nfs_fail(struct nfs *nfs, int status, const char *what, const char *path,
	      struct error *err);
/* Of a mount that failed. */
bool nfs_fail_mount(const struct nfs *nfs, int status, const char *text,
		    struct error *err);

#endif
