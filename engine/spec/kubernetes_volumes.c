/* SPDX-License-Identifier: MIT */
/*
 * volumes: what a pod mounts, each entry a volume and its place in one.
 *
 *     volumes:
 *       - {mountPath: /data, pvc: datasets, readOnly: true}
 *       - {mountPath: /home/ann, nfs: {server: nas, path: /export/ann},
 *          localPath: /nas/ann}
 *       - {name: scratch, mountPath: /scratch, emptyDir: {}}
 *       - {name: scratch, mountPath: /tmp, subPath: tmp}
 *
 * Besides our short forms an entry takes any volume source as Kubernetes has
 * it.  An entry that names an earlier one's volume, without a source, mounts
 * that again.  It becomes three texts: Volumes, VolumeMounts, and which volumes
 * this machine sees too.
 */
#include "engine/spec/kubernetes.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Ours, in the pod; see engine/pod/template.h. */
#define OWN_NAME "trialdeck-"
#define OWN_FOLDER "/trialdeck"
#define KEYS_MAX 64 /* of one entry */
#define NAMES_MAX 64

struct volumes {
	cJSON *volumes, *mounts, *local_paths;
};

/* One entry, read. */
struct entry {
	const struct node *node;
	char *name, *mount_path, *sub_path, *sub_path_expr, *propagation;
	char *local_path;
	bool is_read_only;
	struct place name_place, mount_place, sub_path_place,
		sub_path_expr_place, local_place;
	/* the source: its key as Kubernetes has it, its node */
	const char *source;
	const struct node_entry *source_entry;
};

static const char *const propagations[] = {"None", "HostToContainer",
					   "Bidirectional", NULL};

#define ENTRY(member) offsetof(struct entry, member)
#define PLACE(member) KEY_PLACE(struct entry, member)

/* clang-format off */
static const struct key entry_keys[] = {
	{"name", VALUE_OWN, .least = RULE_LABEL, .target = ENTRY(name),
	 .place = PLACE(name_place), .read = kubernetes_read_word},
	{"mountPath", VALUE_TEXT, KEY_REQUIRED, 1, 4096,
	 .target = ENTRY(mount_path), .place = PLACE(mount_place),
	 .help = "where the pod sees it, such as mountPath: /data"},
	{"subPath", VALUE_TEXT, .least = 1, .most = 4096,
	 .target = ENTRY(sub_path), .place = PLACE(sub_path_place)},
	{"subPathExpr", VALUE_TEXT, .least = 1, .most = 4096,
	 .target = ENTRY(sub_path_expr), .place = PLACE(sub_path_expr_place)},
	{"readOnly", VALUE_BOOL, .target = ENTRY(is_read_only)},
	{"mountPropagation", VALUE_WORD, .words = propagations,
	 .target = ENTRY(propagation)},
	{"localPath", VALUE_FOLDER, .target = ENTRY(local_path),
	 .place = PLACE(local_place)},
	{0},
};
static const struct form entry_form = {entry_keys, NULL};
/* clang-format on */

static void entry_release(struct entry *entry)
{
	free(entry->name);
	free(entry->mount_path);
	free(entry->sub_path);
	free(entry->sub_path_expr);
	free(entry->propagation);
	free(entry->local_path);
}

/* --- paths ------------------------------------------------------------------
 */

static bool has_dots(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (!strncmp(at, "..", 2) && (at[2] == '/' || !at[2]))
			return true;
	}
	return false;
}

static bool check_mount_path(struct reader *reader, struct entry *entry)
{
	char *path = entry->mount_path;
	size_t len = strlen(path), own = strlen(OWN_FOLDER);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	if (*path != '/' || len == 1 || strchr(path, ':') || has_dots(path))
		reader_fail_at(reader, &entry->mount_place,
			       "must be an absolute path such as /data, "
			       "without ':' and '..'");
	else if (!strncmp(path, OWN_FOLDER, own) &&
		 (!path[own] || path[own] == '/'))
		reader_fail_at(reader, &entry->mount_place,
			       "is where trialdeck's own files are: use "
			       "another path");
	else
		return true;
	return false;
}

static bool check_sub_path(struct reader *reader, const struct entry *entry)
{
	bool is_expr = entry->sub_path_expr != NULL;
	const char *path = is_expr ? entry->sub_path_expr : entry->sub_path;
	const struct place *place =
		is_expr ? &entry->sub_path_expr_place : &entry->sub_path_place;

	if (is_expr && entry->sub_path)
		reader_fail_at(reader, place,
			       "excludes subPath: keep one of them");
	else if (path && (*path == '/' || has_dots(path)))
		reader_fail_at(reader, place,
			       "must be a path within the volume, without "
			       "'..'");
	else
		return true;
	return false;
}

/* --- reading an entry -------------------------------------------------------
 */

static bool take_source(struct reader *reader, struct entry *entry,
			const struct node_entry *at, const char *source)
{
	if (at->value->kind == NODE_NULL)
		return true;
	if (entry->source) {
		reader_fail(reader, at->mark,
			    "a volume has one source, and this one has "
			    "'%.64s' already",
			    entry->source_entry->key);
		return false;
	}
	entry->source = source;
	entry->source_entry = at;
	return true;
}

static bool is_entry_key(const struct reader *reader, const struct node *node,
			 const struct node_entry *at)
{
	for (const struct key *key = entry_keys; key->name; key++)
		if (reader_find(reader, node, key->name) == at)
			return true;
	return false;
}

static void fail_key(struct reader *reader, const struct node_entry *at)
{
	const char *names[NAMES_MAX];
	size_t count = 0;
	const char *near;

	for (const struct key *key = entry_keys; key->name; key++)
		names[count++] = key->name;
	for (size_t i = 0; count < NAMES_MAX && kubernetes_source_name(i); i++)
		names[count++] = kubernetes_source_name(i);
	near = nearest_word(at->key, names, count);
	reader_fail(reader, at->mark, "unknown key%s%s%s",
		    near ? ", did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
}

/* Sort the keys: sources to entry->source, the rest to a form. */
static bool read_keys(struct reader *reader, const struct node *node,
		      struct entry *entry)
{
	struct node rest = *node;
	bool ok = true;

	rest.count = 0;
	rest.entries = xcalloc(node->count + 1, sizeof(*rest.entries));
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *at = &node->entries[i];
		size_t len = reader_enter(reader, at->key);
		const char *source = kubernetes_source_find(reader, node, at);

		if (source) {
			ok &= take_source(reader, entry, at, source);
		} else if (is_entry_key(reader, node, at)) {
			rest.entries[rest.count++] = *at;
		} else {
			fail_key(reader, at);
			ok = false;
		}
		reader_leave(reader, len);
	}
	form_read(reader, &entry_form, &rest, node->mark, entry);
	free(rest.entries);
	return ok;
}

/* --- putting entries together -----------------------------------------------
 */

static cJSON *find_by(const cJSON *list, const char *key, const char *value)
{
	cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, key);

		if (cJSON_IsString(name) && !strcmp(name->valuestring, value))
			return item;
	}
	return NULL;
}

static bool check_entry(struct reader *reader, struct entry *entry,
			const struct volumes *volumes)
{
	bool exists =
		entry->name && find_by(volumes->volumes, "name", entry->name);

	if (!check_mount_path(reader, entry) || !check_sub_path(reader, entry))
		return false;
	if (entry->name && !strncmp(entry->name, OWN_NAME, strlen(OWN_NAME)))
		reader_fail_at(reader, &entry->name_place,
			       "names that begin with " OWN_NAME
			       " are trialdeck's own: use another");
	else if (find_by(volumes->mounts, "mountPath", entry->mount_path))
		reader_fail_at(reader, &entry->mount_place,
			       "is mounted twice: use another path");
	else if (exists && entry->source)
		reader_fail_at(reader, &entry->name_place,
			       "is the name of another volume: use another, "
			       "or leave out the source to mount that volume "
			       "again");
	else if (exists && entry->local_path)
		reader_fail_at(reader, &entry->local_place,
			       "belongs to the volume's first entry");
	else if (!exists && !entry->source)
		reader_fail(reader, entry->node->mark,
			    "has no source: add one, such as pvc: CLAIM, nfs: "
			    "{server: HOST, path: /PATH}, hostPath: /PATH or "
			    "emptyDir: {}");
	else
		return true;
	return false;
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, key, text);
}

static void add_mount(const struct entry *entry, cJSON *mounts)
{
	cJSON *mount = cJSON_CreateObject();

	add_text(mount, "name", entry->name);
	add_text(mount, "mountPath", entry->mount_path);
	add_text(mount, "subPath", entry->sub_path);
	add_text(mount, "subPathExpr", entry->sub_path_expr);
	add_text(mount, "mountPropagation", entry->propagation);
	if (entry->is_read_only)
		cJSON_AddTrueToObject(mount, "readOnly");
	cJSON_AddItemToArray(mounts, mount);
}

static bool add_volume(struct reader *reader, const struct entry *entry,
		       struct volumes *volumes)
{
	size_t len = reader_enter(reader, entry->source_entry->key);
	cJSON *source = kubernetes_source_read(reader, entry->source,
					       entry->source_entry->value);
	cJSON *volume;

	reader_leave(reader, len);
	if (!source)
		return false;
	volume = cJSON_CreateObject();
	add_text(volume, "name", entry->name);
	cJSON_AddItemToObject(volume, entry->source, source);
	cJSON_AddItemToArray(volumes->volumes, volume);
	add_text(volumes->local_paths, entry->name, entry->local_path);
	return true;
}

/* For a volume that has none. */
static char *free_name(const cJSON *volumes, size_t index)
{
	for (;; index++) {
		char *name = xasprintf("volume-%zu", index);

		if (!find_by(volumes, "name", name))
			return name;
		free(name);
	}
}

static bool read_entry(struct reader *reader, const struct node *node,
		       size_t index, struct volumes *volumes)
{
	struct entry entry = {.node = node};
	size_t before = reader->problems->count;
	bool ok;

	if (node->kind != NODE_MAPPING)
		return value_fail(reader, node,
				  "a mapping such as {mountPath: /data, pvc: "
				  "CLAIM}");
	if (node->count > KEYS_MAX) {
		reader_fail(reader, node->mark, "has more than %d keys",
			    KEYS_MAX);
		return false;
	}
	ok = read_keys(reader, node, &entry) &&
	     reader->problems->count == before &&
	     check_entry(reader, &entry, volumes);
	if (ok && !entry.name)
		entry.name = free_name(volumes->volumes, index);
	if (ok && entry.source)
		ok = add_volume(reader, &entry, volumes);
	if (ok)
		add_mount(&entry, volumes->mounts);
	entry_release(&entry);
	return ok;
}

static void store(struct reader *reader, const struct node *node,
		  const cJSON *tree, char **slot)
{
	struct strbuf out = STRBUF_INIT;
	char *printed = cJSON_PrintUnformatted(tree);

	strbuf_adds(&out, printed);
	cJSON_free(printed);
	kubernetes_store(reader, node, &out, slot);
}

void kubernetes_read_volumes(struct reader *reader, const struct key *key,
			     const struct node *node, void *slot)
{
	struct kubernetes_config *config = slot;
	struct volumes volumes;
	bool ok = true;

	(void)key;
	if (!kubernetes_is_list(reader, node,
				"[{mountPath: /data, pvc: CLAIM}]"))
		return;
	volumes.volumes = cJSON_CreateArray();
	volumes.mounts = cJSON_CreateArray();
	volumes.local_paths = cJSON_CreateObject();
	for (size_t i = 0; i < node->count; i++) {
		size_t len = kubernetes_enter_item(reader, i);

		ok &= read_entry(reader, node->items[i], i, &volumes);
		reader_leave(reader, len);
	}
	if (ok && volumes.volumes->child) {
		store(reader, node, volumes.volumes, &config->volumes);
		store(reader, node, volumes.mounts, &config->volume_mounts);
	}
	if (ok && volumes.local_paths->child)
		store(reader, node, volumes.local_paths, &config->local_paths);
	cJSON_Delete(volumes.volumes);
	cJSON_Delete(volumes.mounts);
	cJSON_Delete(volumes.local_paths);
}

/* --- writing ----------------------------------------------------------------
 */

void kubernetes_write_volumes(const struct kubernetes_config *config,
			      struct strbuf *out)
{
	cJSON *volumes = cJSON_Parse(config->volumes);
	cJSON *mounts = cJSON_Parse(config->volume_mounts);
	cJSON *local_paths =
		cJSON_Parse(config->local_paths ? config->local_paths : "{}");
	cJSON *mount = find_by(mounts, "name", KUBERNETES_SHARED_VOLUME);
	char *printed;

	if (config->shared_storage && mount)
		cJSON_Delete(cJSON_DetachItemViaPointer(mounts, mount));
	cJSON_ArrayForEach (mount, mounts) {
		const char *name =
			cJSON_GetObjectItemCaseSensitive(mount, "name")
				->valuestring;
		cJSON *volume = find_by(volumes, "name", name);
		cJSON *source = volume ? volume->child->next : NULL;
		const cJSON *local =
			cJSON_GetObjectItemCaseSensitive(local_paths, name);

		/* only the first mount of a volume says what it is */
		if (!source)
			continue;
		if (local)
			cJSON_AddStringToObject(mount, "localPath",
						local->valuestring);
		source = cJSON_DetachItemViaPointer(volume, source);
		cJSON_AddItemToObject(mount, source->string, source);
	}
	printed =
		mounts && mounts->child ? cJSON_PrintUnformatted(mounts) : NULL;
	if (printed)
		strbuf_addf(out, ",\"volumes\":%s", printed);
	cJSON_free(printed);
	cJSON_Delete(volumes);
	cJSON_Delete(mounts);
	cJSON_Delete(local_paths);
}
