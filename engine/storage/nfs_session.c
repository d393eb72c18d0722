/* SPDX-License-Identifier: MIT */
/*
 * A connection to an NFS server that is made, lost and made again.
 *
 * libnfs would connect again by itself, for ever and behind a call that waits;
 * here a lost connection ends the call, whose caller decides.
 */
#include "engine/storage/nfs_private.h"

#include "base/mem.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "engine/storage/resolve.h"

#include <errno.h>
#include <nfsc/libnfs-zdr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBE_MS 5000
#define GROUPS_MAX 16 /* of AUTH_SYS */

char *nfs_full(const char *path)
{
	return xasprintf("/%s", path);
}

void nfs_disconnect(struct nfs *nfs)
{
	if (nfs->context)
		nfs_destroy_context(nfs->context);
	nfs->context = NULL;
	nfs->root.len = 0;
	nfs_forget_folders(nfs);
}

/* As we are, with our other groups; as somebody else with none. */
static void set_identity(struct nfs *nfs)
{
	const struct nfs_place *place = &nfs->place;
	bool is_ours = place->uid < 0 && place->gid < 0;
	uint32_t groups[GROUPS_MAX];
	gid_t own[256];
	int count = is_ours ? getgroups(COUNT_OF(own), own) : 0;
	struct AUTH *auth;

	if (count > GROUPS_MAX)
		count = GROUPS_MAX;
	for (int i = 0; i < count; i++)
		groups[i] = own[i];
	auth = libnfs_authunix_create(
		"trialdeck", place->uid >= 0 ? (uint32_t)place->uid : getuid(),
		place->gid >= 0 ? (uint32_t)place->gid : getgid(),
		count > 0 ? (uint32_t)count : 0, groups);
	if (auth)
		nfs_set_auth(nfs->context, auth);
}

/* Ports can be told to libnfs by URL alone. */
static bool set_options(struct nfs *nfs, int version)
{
	const struct nfs_place *place = &nfs->place;
	struct strbuf url = STRBUF_INIT;
	struct nfs_url *parsed;

	strbuf_addf(&url, "nfs://server/export/?version=%d", version);
	if (place->nfs_port)
		strbuf_addf(&url, "&nfsport=%d", place->nfs_port);
	if (place->mount_port)
		strbuf_addf(&url, "&mountport=%d", place->mount_port);
	parsed = nfs_parse_url_dir(nfs->context, url.data);
	strbuf_release(&url);
	if (!parsed)
		return false;
	nfs_destroy_url(parsed);
	set_identity(nfs);
	nfs_set_autoreconnect(nfs->context, 0);
	nfs_set_dircache(nfs->context, 0);
	nfs_umask(nfs->context, 0);
	return true;
}

static void set_client_name(struct nfs *nfs)
{
	char name[40], verifier[9];

	/* two with the same name would take each other's files from them */
	memcpy(name, "trialdeck-", 10);
	random_secret_hex(name + 10, 24);
	random_secret_hex(verifier, 8);
	nfs4_set_client_name(nfs->context, name);
	nfs4_set_verifier(nfs->context, verifier);
}

static int mount_at(struct nfs *nfs, int version, const char *address,
		    struct error *err)
{
	struct nfs_wait wait = {0};
	int status;

	nfs->context = nfs_init_context();
	if (!nfs->context || !set_options(nfs, version)) {
		nfs_fail_mount(nfs, -ENOMEM, NULL, err);
		return -ENOMEM;
	}
	if (version == 4)
		set_client_name(nfs);
	nfs->is_broken = nfs->is_tainted = false;
	status = nfs_await(nfs, &wait,
			   nfs_mount_async(nfs->context, address, nfs->path,
					   nfs_done, &wait));
	if (status >= 0) {
		nfs->version = version;
		return status;
	}
	nfs_fail_mount(nfs, status,
		       nfs->context ? nfs_get_error(nfs->context) : NULL, err);
	nfs_disconnect(nfs);
	return status;
}

static int mount_as(struct nfs *nfs, int version, const struct resolved *at,
		    struct error *err)
{
	int status = -EFAULT;

	/* of a host with several addresses not each may have the server */
	for (int i = 0; i < at->count && status == -EFAULT; i++)
		status = mount_at(nfs, version, at->addresses[i], err);
	return status;
}

/* What a session that was cut off has left. */
static void remove_leftover(struct nfs *nfs)
{
	char *leftover = nfs->leftover;
	int status;

	if (!leftover)
		return;
	status = nfs_remove_file(nfs, leftover);
	/* a server may hold it for the lost connection, for a while */
	if (status >= 0 || status == -ENOENT || status == -EACCES ||
	    status == -EPERM) {
		nfs->leftover = NULL;
		free(leftover);
	}
}

static int64_t usual_limit_ms(const struct nfs *nfs)
{
	return nfs->place.timeout_s ? nfs->place.timeout_s * 1000LL
				    : STORAGE_SILENCE_MS;
}

/* Version 3 first: libnfs writes it in larger pieces.  A portmapper behind a
 * wall is not waited for as long as a server. */
static bool connect_anew(struct nfs *nfs, struct error *err)
{
	int only = nfs->version ? nfs->version : nfs->place.version;
	struct error first = {ERROR_NONE, ""};
	struct resolved at;
	int status;

	nfs->limit_ms = usual_limit_ms(nfs);
	if (!storage_resolve(nfs->place.host, nfs->limit_ms, nfs->base.watch,
			     &at, err))
		return error_prefix(err, "NFS server");
	if (only)
		return mount_as(nfs, only, &at, err) >= 0;
	if (nfs->limit_ms > PROBE_MS)
		nfs->limit_ms = PROBE_MS;
	status = mount_as(nfs, 3, &at, &first);
	nfs->limit_ms = usual_limit_ms(nfs);
	if (status >= 0 ||
	    (status != -ECANCELED && mount_as(nfs, 4, &at, err) >= 0))
		return true;
	/* who refuses says more than who cannot be reached */
	if (status == -ECANCELED || !storage_is_passing(first.code))
		*err = first;
	return false;
}

bool nfs_connect(struct nfs *nfs, struct error *err)
{
	if (!nfs->context || nfs->is_broken || nfs->is_tainted) {
		nfs_disconnect(nfs);
		if (!connect_anew(nfs, err))
			return false;
		nfs_handle_root(nfs);
	}
	remove_leftover(nfs);
	return !nfs->is_broken || nfs_fail(nfs, -EIO, "reach", "", err);
}
