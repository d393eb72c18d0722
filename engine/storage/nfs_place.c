/* SPDX-License-Identifier: MIT */
/* The key `server` of an NFS storage. */
#include "engine/storage/nfs_place.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool read_number(const char *text, size_t len, long least, long most,
			int *ret)
{
	char digits[12];
	long value;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (digits[strspn(digits, "0123456789")])
		return false;
	value = strtol(digits, NULL, 10);
	*ret = (int)value;
	return value >= least && value <= most;
}

static bool read_option(const char *text, size_t len, struct nfs_place *ret,
			struct error *err)
{
	const struct {
		const char *name;
		long least, most;
		int *slot;
	} options[] = {
		{"version=", 3, 4, &ret->version},
		{"nfsport=", 1, 65535, &ret->nfs_port},
		{"mountport=", 1, 65535, &ret->mount_port},
		{"uid=", 0, 0x7ffffffe, &ret->uid},
		{"gid=", 0, 0x7ffffffe, &ret->gid},
		{"timeout=", 1, 600, &ret->timeout_s},
	};

	for (size_t i = 0; i < COUNT_OF(options); i++) {
		size_t head = strlen(options[i].name);

		if (len < head || strncmp(text, options[i].name, head) != 0)
			continue;
		return read_number(text + head, len - head, options[i].least,
				   options[i].most, options[i].slot) ||
		       error_set(err, ERROR_INVALID,
				 "%s must be followed by a number from %ld to "
				 "%ld",
				 options[i].name, options[i].least,
				 options[i].most);
	}
	return error_set(err, ERROR_INVALID,
			 "\"%.*s\" is none of version=, nfsport=, mountport=, "
			 "uid=, gid=, timeout=",
			 (int)(len > 40 ? 40 : len), text);
}

static bool is_host(const char *host)
{
	for (; *host; host++)
		if ((unsigned char)*host <= ' ' || *host == 127 ||
		    *host == '/' || *host == '&')
			return false;
	return true;
}

static bool fail_host(char *host, struct error *err)
{
	for (char *c = host; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return error_set(err, ERROR_INVALID, "\"%.64s\" is no host%s", host,
			 strchr(host, '/') ? ": the folder belongs to path"
					   : "");
}

bool nfs_place_read(const char *server, struct nfs_place *ret,
		    struct error *err)
{
	size_t len = strcspn(server, "?");

	*ret = (struct nfs_place){.uid = -1, .gid = -1};
	if (!len || len > NFS_HOST_MAX)
		return error_set(err, ERROR_INVALID,
				 "a server's name has 1 to %d characters",
				 NFS_HOST_MAX);
	memcpy(ret->host, server, len);
	if (!is_host(ret->host))
		return fail_host(ret->host, err);
	server += len;
	while (*server) {
		server++; /* '?' or '&' */
		len = strcspn(server, "&");
		if (!read_option(server, len, ret, err))
			return false;
		server += len;
	}
	return true;
}
