/* SPDX-License-Identifier: MIT */
/* The key `server` of an NFS storage: what is taken is within its bounds, and
 * means the same when it is written down from what was read. */
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/storage/nfs_place.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_number(int value, int unsaid, int least, int most)
{
	return value == unsaid || (value >= least && value <= most);
}

static char sep(struct strbuf *out)
{
	return strchr(out->data, '?') ? '&' : '?';
}

static void add(struct strbuf *out, const char *name, int value, int unsaid)
{
	if (value != unsaid)
		strbuf_addf(out, "%c%s=%d", sep(out), name, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *server = xstrndup((const char *)data, size);
	struct strbuf again = STRBUF_INIT;
	struct nfs_place place, second;
	struct error err = {ERROR_NONE, ""};

	if (!nfs_place_read(server, &place, &err)) {
		assert(err.code == ERROR_INVALID && *err.text);
		free(server);
		return 0;
	}
	assert(*place.host && strlen(place.host) <= NFS_HOST_MAX);
	assert(!strpbrk(place.host, " /?&\n"));
	assert(is_number(place.version, 0, 3, 4));
	assert(is_number(place.nfs_port, 0, 1, 65535));
	assert(is_number(place.mount_port, 0, 1, 65535));
	assert(place.uid >= -1 && place.gid >= -1);
	assert(is_number(place.timeout_s, 0, 1, 600));
	strbuf_adds(&again, place.host);
	add(&again, "version", place.version, 0);
	add(&again, "nfsport", place.nfs_port, 0);
	add(&again, "mountport", place.mount_port, 0);
	add(&again, "uid", place.uid, -1);
	add(&again, "gid", place.gid, -1);
	add(&again, "timeout", place.timeout_s, 0);
	assert(nfs_place_read(again.data, &second, &err));
	assert(!strcmp(second.host, place.host));
	assert(second.version == place.version && second.uid == place.uid &&
	       second.gid == place.gid && second.nfs_port == place.nfs_port &&
	       second.mount_port == place.mount_port &&
	       second.timeout_s == place.timeout_s);
	strbuf_release(&again);
	free(server);
	return 0;
}
