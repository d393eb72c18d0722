/* SPDX-License-Identifier: MIT */
/* Fewer, larger writes to SQLite's write-ahead log; private to store/. */
#ifndef STORE_WAL_VFS_H
#define STORE_WAL_VFS_H

/* Name of the VFS for handles that write in WAL mode with synchronous FULL, or
 * NULL (SQLite's own) when it cannot be had.  With a lower setting other
 * processes could see a commit before its pages.  Thread: any. */
const char *wal_vfs_name(void);

#endif
