/* SPDX-License-Identifier: MIT */
/*
 * A host's addresses, looked up in bounded time.
 *
 * The system's own call waits as long as its configuration says, which may be
 * minutes with name servers that are away, and cannot be ended.  So it runs in
 * a thread of its own, which is left to itself when the time is over or the
 * watch is cancelled, and frees what it has when it ends.
 */
#ifndef ENGINE_STORAGE_RESOLVE_H
#define ENGINE_STORAGE_RESOLVE_H

#include "engine/storage/storage.h"

#define RESOLVE_ADDRESSES_MAX 8
#define RESOLVE_ADDRESS_SIZE 64 /* with the scope of a link-local one */

/* In the system's order, as numbers. */
struct resolved {
	char addresses[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_SIZE];
	int count;
};

/* Blocking; thread: any.  ERROR_TIMEOUT, ERROR_CANCELED, ERROR_UNAVAILABLE (the
 * name servers are away), ERROR_NOT_FOUND: there is no such host. */
bool storage_resolve(const char *host, int64_t limit_ms,
		     const struct storage_watch *watch, struct resolved *ret,
		     struct error *err);

#endif
