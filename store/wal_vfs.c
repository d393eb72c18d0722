/* SPDX-License-Identifier: MIT */
/*
 * A commit of metrics from 64 trials changes 64 pages, since metrics are
 * clustered by trial, and SQLite writes each to the log with two calls, 24
 * bytes and 4096.  That was a third of what storing a metric costs.  This VFS
 * is SQLite's own but for files of the log: there it gathers writes that follow
 * one another and hands them on as one when something else happens: a write
 * elsewhere, a read, a sync, or a full buffer.
 *
 * Why that is safe.  Nobody may use a frame before it is announced in the
 * shared index, and with synchronous FULL a commit is announced only after
 * the log was synced, which empties the buffer first.  A crash before the
 * sync loses frames that no commit was made of, as it always did.  An error of
 * the delayed write comes out of the sync, and SQLite rolls back.
 */
#include "store/wal_vfs.h"

#include "base/mem.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* SQLite's unix VFS takes less than 128 KiB at once (it masks the length). */
#define GATHER_MAX (127 << 10)

/* SQLite allocates szOsFile bytes: this, and the real file behind it. */
struct wal_file {
	sqlite3_file base;
	sqlite3_file *real;
	char *data; /* GATHER_MAX bytes, made at the first write */
	int len;
	sqlite3_int64 offset; /* of data in the file */
};

static sqlite3_vfs wal_vfs;
static sqlite3_vfs *parent;
static const char *usable_name;

static struct wal_file *wal_file(sqlite3_file *file)
{
	return (struct wal_file *)file;
}

static int flush(struct wal_file *file)
{
	int len = file->len;

	file->len = 0;
	if (!len)
		return SQLITE_OK;
	return file->real->pMethods->xWrite(file->real, file->data, len,
					    file->offset);
}

static int wal_close(sqlite3_file *base)
{
	struct wal_file *file = wal_file(base);
	int code = flush(file);
	int close_code = file->real->pMethods->xClose(file->real);

	free(file->data);
	file->data = NULL;
	return code != SQLITE_OK ? code : close_code;
}

static int wal_read(sqlite3_file *base, void *data, int len,
		    sqlite3_int64 offset)
{
	struct wal_file *file = wal_file(base);
	int code = flush(file);

	if (code != SQLITE_OK)
		return code;
	return file->real->pMethods->xRead(file->real, data, len, offset);
}

static int wal_write(sqlite3_file *base, const void *data, int len,
		     sqlite3_int64 offset)
{
	struct wal_file *file = wal_file(base);
	int code;

	if (offset != file->offset + file->len ||
	    len > GATHER_MAX - file->len) {
		code = flush(file);
		if (code != SQLITE_OK)
			return code;
		file->offset = offset;
	}
	if (len > GATHER_MAX)
		return file->real->pMethods->xWrite(file->real, data, len,
						    offset);
	if (!file->data)
		file->data = xmalloc(GATHER_MAX);
	memcpy(file->data + file->len, data, (size_t)len);
	file->len += len;
	return SQLITE_OK;
}

static int wal_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct wal_file *file = wal_file(base);
	int code = flush(file);

	if (code != SQLITE_OK)
		return code;
	return file->real->pMethods->xTruncate(file->real, size);
}

static int wal_sync(sqlite3_file *base, int flags)
{
	struct wal_file *file = wal_file(base);
	int code = flush(file);

	if (code != SQLITE_OK)
		return code;
	return file->real->pMethods->xSync(file->real, flags);
}

static int wal_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	struct wal_file *file = wal_file(base);
	int code = flush(file);

	if (code != SQLITE_OK)
		return code;
	return file->real->pMethods->xFileSize(file->real, ret_size);
}

static int wal_lock(sqlite3_file *base, int level)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xLock(real, level);
}

static int wal_unlock(sqlite3_file *base, int level)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xUnlock(real, level);
}

static int wal_is_reserved(sqlite3_file *base, int *ret_is_reserved)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xCheckReservedLock(real, ret_is_reserved);
}

static int wal_control(sqlite3_file *base, int operation, void *arg)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xFileControl(real, operation, arg);
}

static int wal_sector_size(sqlite3_file *base)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xSectorSize(real);
}

static int wal_characteristics(sqlite3_file *base)
{
	sqlite3_file *real = wal_file(base)->real;

	return real->pMethods->xDeviceCharacteristics(real);
}

static const sqlite3_io_methods wal_methods = {
	.iVersion = 1, /* shared memory is the database file's affair */
	.xClose = wal_close,
	.xRead = wal_read,
	.xWrite = wal_write,
	.xTruncate = wal_truncate,
	.xSync = wal_sync,
	.xFileSize = wal_size,
	.xLock = wal_lock,
	.xUnlock = wal_unlock,
	.xCheckReservedLock = wal_is_reserved,
	.xFileControl = wal_control,
	.xSectorSize = wal_sector_size,
	.xDeviceCharacteristics = wal_characteristics,
};

static int wal_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
		    int flags, int *ret_flags)
{
	struct wal_file *file = wal_file(base);
	int code;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL)) /* the file is SQLite's own */
		return parent->xOpen(parent, name, base, flags, ret_flags);
	memset(file, 0, sizeof(*file));
	file->real = (sqlite3_file *)(file + 1);
	code = parent->xOpen(parent, name, file->real, flags, ret_flags);
	if (code == SQLITE_OK)
		file->base.pMethods = &wal_methods;
	else if (file->real->pMethods)
		file->real->pMethods->xClose(file->real);
	return code;
}

static void register_once(void)
{
	parent = sqlite3_vfs_find(NULL);
	if (!parent)
		return;
	wal_vfs = *parent; /* everything but opening is done by the same */
	wal_vfs.zName = "trialdeck-wal";
	wal_vfs.pNext = NULL;
	wal_vfs.szOsFile = (int)sizeof(struct wal_file) + parent->szOsFile;
	wal_vfs.xOpen = wal_open;
	if (sqlite3_vfs_register(&wal_vfs, 0) == SQLITE_OK)
		usable_name = wal_vfs.zName;
}

const char *wal_vfs_name(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, register_once);
	return usable_name;
}
