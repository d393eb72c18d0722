/* SPDX-License-Identifier: MIT */
/*
 * How the code directory gets into the pods.
 *
 * Where it lies on a volume that the pods mount too, it is used in place.  To a
 * storage that they mount it is brought by the engine, which says when it is
 * there (set_code).  Otherwise it is packed once per experiment, so that every
 * trial runs the same code whatever is edited meanwhile: into a ConfigMap while
 * it fits, or served by the side port.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/outputs/place.h"
#include "engine/storage/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A ConfigMap holds 1 MiB; the rest is for its other members. */
#define CODE_MAP_MAX_BYTES (900 * 1024)

/* ---- in place ----------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Where this machine has mounted server:path, from the kernel's table.  Caller
 * frees. */
static char *nfs_mounted_at(const char *server, const char *path)
{
	char *wanted = xasprintf("%s:%s", server, path);
	FILE *table = fopen("/proc/self/mounts", "re");
	char source[1024], folder[1024], kind[64];
	char *found = NULL;

	while (table && !found &&
	       fscanf(table, "%1023s %1023s %63s %*[^\n]", source, folder,
		      kind) == 3)
		if (!strncmp(kind, "nfs", 3) && !strcmp(source, wanted))
			found = xstrdup(folder);
	if (table)
		fclose(table);
	free(wanted);
	return found;
}

/* Where a volume's root lies on this machine, when the file does not say; NULL
 * when nobody knows.  Caller frees. */
static char *local_path_of(const cJSON *volume)
{
	const cJSON *nfs = cJSON_GetObjectItemCaseSensitive(volume, "nfs");
	const char *host = text_of(
		cJSON_GetObjectItemCaseSensitive(volume, "hostPath"), "path");
	const char *server = text_of(nfs, "server");
	const char *path = text_of(nfs, "path");

	if (host)
		return xstrdup(host);
	return server && path ? nfs_mounted_at(server, path) : NULL;
}

/* A mount may show a folder of the volume only. */
static char *below_sub_path(char *local, const cJSON *mounts, const char *name)
{
	const cJSON *mount;

	cJSON_ArrayForEach (mount, mounts) {
		const char *of = text_of(mount, "name");
		const char *sub = text_of(mount, "subPath");
		char *whole;

		if (!of || strcmp(of, name) != 0)
			continue;
		if (!sub)
			break;
		whole = fs_join(local, sub);
		free(local);
		return whole;
	}
	return local;
}

/* Paths inside pods are found by localPath: complete what the file says. */
static char *find_in_place(const struct kubernetes_config *config,
			   const char *folder)
{
	struct kubernetes_config complete = *config;
	cJSON *volumes = config->volumes ? cJSON_Parse(config->volumes) : NULL;
	cJSON *paths = config->local_paths ? cJSON_Parse(config->local_paths)
					   : cJSON_CreateObject();
	cJSON *mounts = config->volume_mounts
				? cJSON_Parse(config->volume_mounts)
				: NULL;
	const cJSON *volume;
	char *path;

	cJSON_ArrayForEach (volume, volumes) {
		const char *name = text_of(volume, "name");
		char *local = name && !text_of(paths, name)
				      ? local_path_of(volume)
				      : NULL;

		if (!local)
			continue;
		local = below_sub_path(local, mounts, name);
		cJSON_AddStringToObject(paths, name, local);
		free(local);
	}
	complete.local_paths = cJSON_PrintUnformatted(paths);
	path = pod_path_inside(&complete, folder);
	cJSON_free(complete.local_paths);
	cJSON_Delete(volumes);
	cJSON_Delete(mounts);
	cJSON_Delete(paths);
	return path;
}

/* ---- packed ------------------------------------------------------------- */

/* The archive of an earlier start, with the digest beside it. */
static bool is_packed(struct platform *platform, const char *digest_path,
		      int64_t *ret_size)
{
	struct strbuf digest = STRBUF_INIT;
	struct error ignored;
	bool ok;

	ok = access(platform->code_archive, R_OK) == 0 &&
	     fs_read_file(digest_path, 256, &digest, &ignored) &&
	     sscanf(digest.data, "%64[0-9a-f] %lld", platform->code_digest,
		    (long long *)ret_size) == 2;
	strbuf_release(&digest);
	return ok;
}

static bool pack(struct platform *platform, const char *digest_path,
		 int64_t *ret_size, struct error *err)
{
	const char *folder = platform->context.config->trial_code_directory;
	struct archive_summary summary;
	/* the database may lie in the code directory */
	char **ours = outputs_not_code(platform->context.db_path);
	char line[128];
	bool ok;

	ok = archive_write(folder, platform->code_archive,
			   (const char *const *)ours, &summary, err);
	for (char **at = ours; *at; at++)
		free(*at);
	free(ours);
	if (!ok)
		return error_prefix(err, "pack the code directory");
	memcpy(platform->code_digest, summary.digest, sizeof(summary.digest));
	*ret_size = summary.size;
	snprintf(line, sizeof(line), "%s %lld\n", summary.digest,
		 (long long)summary.size);
	ok = fs_write_file(digest_path, line, strlen(line), err);
	if (ok && summary.notes)
		k8s_tell_event(platform, NULL, EVENT_WARNING, "code", "%s",
			       summary.notes);
	archive_summary_release(&summary);
	return ok;
}

static bool open_packed(struct platform *platform, struct error *err)
{
	const char *folder = platform->context.experiment->directory;
	char *digest_path = fs_join(folder, "code.digest");
	int64_t size = 0;
	bool ok;

	platform->code_archive = fs_join(folder, "code.tar.gz");
	ok = is_packed(platform, digest_path, &size) ||
	     pack(platform, digest_path, &size, err);
	free(digest_path);
	if (!ok)
		return false;
	platform->code =
		size <= CODE_MAP_MAX_BYTES ? POD_CODE_MAP : POD_CODE_SIDEPORT;
	if (platform->code == POD_CODE_SIDEPORT)
		sideport_set_code(platform->context.sideport,
				  platform->code_archive);
	return true;
}

bool k8s_wants_code(const struct platform *platform)
{
	return platform->context.is_code_coming && !platform->code_path &&
	       !platform->kind->lacks_keeper;
}

bool k8s_set_code(struct platform *platform, const char *digest,
		  struct error *err)
{
	if (!digest) {
		if (!open_packed(platform, err))
			return false;
		k8s_go_on(platform);
		return true;
	}
	snprintf(platform->code_digest, sizeof(platform->code_digest), "%s",
		 digest);
	platform->code = POD_CODE_STORAGE;
	k8s_go_on(platform);
	return true;
}

bool k8s_code_open(struct platform *platform, struct error *err)
{
	const char *folder = platform->context.config->trial_code_directory;

	platform->code = POD_CODE_NONE;
	/* pods of the user's own bring theirs */
	if (!folder || platform->kind->lacks_keeper)
		return true;
	platform->code_path = find_in_place(platform->config, folder);
	if (!platform->code_path)
		return platform->context.is_code_coming ||
		       open_packed(platform, err);
	platform->code = POD_CODE_IN_PLACE;
	return true;
}
