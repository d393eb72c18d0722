/* SPDX-License-Identifier: MIT */
/*
 * NNI's sharedStorage: a folder that all trials see (nni.md 2.8).
 *
 * NNI mounts it with commands inside of the container, which needs a
 * privileged one; here it is a volume of the pod.  Azure's blobs are no volume
 * that Kubernetes has by itself.
 */
#include "engine/spec/draft.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	char *type, *local_mount, *remote_mount, *mounted, *server, *directory;
	char *ignored;
	struct place type_place, local_place, remote_place, directory_place;
	struct place server_place;
};

#define SHARED(member) offsetof(struct shared, member)
#define PLACE(member) KEY_PLACE(struct shared, member)

static const char *const types[] = {"NFS", "AzureBlob", NULL};
static const char *const mounts[] = {"usermount", "nnimount", "nomount", NULL};

/* clang-format off */
static const struct key shared_keys[] = {
	{"storageType", VALUE_WORD, KEY_REQUIRED, .words = types,
	 .target = SHARED(type), .place = PLACE(type_place),
	 .help = "NFS or AzureBlob"},
	{"localMountPoint", VALUE_TEXT, KEY_REQUIRED, 1, 4096,
	 .target = SHARED(local_mount), .place = PLACE(local_place),
	 .help = "where this machine sees the folder"},
	{"remoteMountPoint", VALUE_TEXT, KEY_REQUIRED, 1, 4096,
	 .target = SHARED(remote_mount), .place = PLACE(remote_place),
	 .help = "where trials see the folder"},
	{"localMounted", VALUE_WORD, KEY_REQUIRED, .words = mounts,
	 .target = SHARED(mounted),
	 .help = "usermount, nnimount or nomount"},
	{"nfsServer", VALUE_TEXT, .least = 1, .most = 253,
	 .target = SHARED(server), .place = PLACE(server_place)},
	{"exportedDirectory", VALUE_TEXT, .least = 1, .most = 4096,
	 .target = SHARED(directory), .place = PLACE(directory_place)},
	{"storageAccountName", VALUE_TEXT, .target = SHARED(ignored)},
	{"storageAccountKey", VALUE_TEXT, .target = SHARED(ignored)},
	{"containerName", VALUE_TEXT, .target = SHARED(ignored)},
	{0},
};
/* clang-format on */
static const struct form shared_form = {shared_keys, NULL};

static void shared_release(struct shared *shared)
{
	free(shared->type);
	free(shared->local_mount);
	free(shared->remote_mount);
	free(shared->mounted);
	free(shared->server);
	free(shared->directory);
	free(shared->ignored);
}

static void check_absolute(struct reader *reader, const struct place *place,
			   const char *path)
{
	if (path && (*path != '/' || !path[1] || strchr(path, ':') ||
		     strstr(path, "/..")))
		reader_fail_at(reader, place,
			       "must be an absolute path such as /mnt/nni, "
			       "without ':' and '..'");
}

static void check(struct reader *reader, const struct place *section,
		  const struct shared *shared)
{
	if (shared->type && !strcmp(shared->type, "AzureBlob")) {
		reader_fail_at(reader, &shared->type_place,
			       "AzureBlob is no volume that pods can mount "
			       "without a driver: install Azure's blob CSI "
			       "driver and write volumes: [{mountPath: /PATH, "
			       "csi: {driver: blob.csi.azure.com, ...}}] in "
			       "trainingService");
		return;
	}
	check_absolute(reader, &shared->local_place, shared->local_mount);
	check_absolute(reader, &shared->remote_place, shared->remote_mount);
	check_absolute(reader, &shared->directory_place, shared->directory);
	if (!shared->server_place.node || !shared->directory_place.node)
		reader_fail_at(reader, section,
			       "NFS needs nfsServer and exportedDirectory");
}

static cJSON *parse(const char *json, const char *empty)
{
	return cJSON_Parse(json ? json : empty);
}

static void print(cJSON *tree, char **slot)
{
	char *printed = cJSON_PrintUnformatted(tree);

	free(*slot);
	*slot = xstrdup(printed);
	cJSON_free(printed);
	cJSON_Delete(tree);
}

static bool is_taken(const cJSON *list, const char *key, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(item, key));

		if (text && !strcmp(text, value))
			return true;
	}
	return false;
}

/* The volume, its mount, and where this machine has it. */
static void add_volume(struct reader *reader, struct kubernetes_config *config,
		       const struct shared *shared)
{
	cJSON *volumes = parse(config->volumes, "[]");
	cJSON *list = parse(config->volume_mounts, "[]");
	cJSON *local = parse(config->local_paths, "{}");
	cJSON *volume = cJSON_CreateObject(), *mount = cJSON_CreateObject();
	cJSON *nfs = cJSON_AddObjectToObject(volume, "nfs");

	if (is_taken(list, "mountPath", shared->remote_mount) ||
	    is_taken(volumes, "name", KUBERNETES_SHARED_VOLUME))
		reader_fail_at(reader, &shared->remote_place,
			       "is mounted by an entry of volumes already, or "
			       "one is called " KUBERNETES_SHARED_VOLUME);
	cJSON_AddStringToObject(nfs, "server", shared->server);
	cJSON_AddStringToObject(nfs, "path", shared->directory);
	cJSON_AddStringToObject(volume, "name", KUBERNETES_SHARED_VOLUME);
	cJSON_AddItemToArray(volumes, volume);
	cJSON_AddStringToObject(mount, "name", KUBERNETES_SHARED_VOLUME);
	cJSON_AddStringToObject(mount, "mountPath", shared->remote_mount);
	cJSON_AddItemToArray(list, mount);
	if (!strcmp(shared->mounted, "usermount"))
		cJSON_AddStringToObject(local, KUBERNETES_SHARED_VOLUME,
					shared->local_mount);
	print(volumes, &config->volumes);
	print(list, &config->volume_mounts);
	if (local->child)
		print(local, &config->local_paths);
	else
		cJSON_Delete(local);
}

void shared_storage_read(struct reader *reader, struct draft *draft)
{
	const struct place *place = &draft->shared_storage;
	size_t before = reader->problems->count;
	struct shared shared = {0};
	struct strbuf out = STRBUF_INIT;
	size_t len = reader_enter(reader, place->path);

	form_read(reader, &shared_form, place->node, place->key_mark, &shared);
	reader_leave(reader, len);
	if (before == reader->problems->count)
		check(reader, place, &shared);
	if (before == reader->problems->count) {
		add_volume(reader, &draft->config.kubernetes, &shared);
		strbuf_addf(&out, "{\"storageType\":\"%s\"", shared.type);
		write_text(&out, "localMountPoint", shared.local_mount);
		write_text(&out, "remoteMountPoint", shared.remote_mount);
		write_text(&out, "localMounted", shared.mounted);
		write_text(&out, "nfsServer", shared.server);
		write_text(&out, "exportedDirectory", shared.directory);
		strbuf_addch(&out, '}');
		free(draft->config.kubernetes.shared_storage);
		draft->config.kubernetes.shared_storage = strbuf_detach(&out);
	}
	strbuf_release(&out);
	shared_release(&shared);
}
