/* SPDX-License-Identifier: MIT */
/* Which keys of a storage belong together, and which type they make. */
#include "engine/spec/storage.h"

#include "base/mem.h"
#include "engine/storage/nfs_place.h"

#include <string.h>

#define TYPE(type) (1u << (type))
#define TYPE_ALL                                                               \
	(TYPE(STORAGE_NFS) | TYPE(STORAGE_AZURE) | TYPE(STORAGE_PVC) |         \
	 TYPE(STORAGE_HOST_PATH) | TYPE(STORAGE_S3))

const char *const storage_type_words[] = {"nfs",      "azureStorage", "pvc",
					  "hostPath", "s3",	      NULL};
static const enum storage_type type_values[] = {
	STORAGE_NFS, STORAGE_AZURE, STORAGE_PVC, STORAGE_HOST_PATH, STORAGE_S3};

/* A key of a form, the types that may have it, and those that need it. */
struct part {
	const char *key;
	size_t place; /* in struct storage_draft */
	unsigned int allowed, required;
	const char *help;
};

#define PART(member) offsetof(struct storage_draft, member)

static const struct part second_parts[] = {
	{"server", PART(server), TYPE(STORAGE_NFS), TYPE(STORAGE_NFS),
	 "the host that exports the folder"},
	{"path", PART(path),
	 TYPE(STORAGE_NFS) | TYPE(STORAGE_HOST_PATH) | TYPE(STORAGE_PVC),
	 TYPE(STORAGE_NFS) | TYPE(STORAGE_HOST_PATH),
	 "such as path: /export/nni"},
	{"claimName", PART(claim), TYPE(STORAGE_PVC), TYPE(STORAGE_PVC),
	 "the PersistentVolumeClaim"},
	{"localPath", PART(local_path),
	 TYPE(STORAGE_NFS) | TYPE(STORAGE_HOST_PATH) | TYPE(STORAGE_PVC), 0,
	 NULL},
	{"azureAccount", PART(azure_account), TYPE(STORAGE_AZURE),
	 TYPE(STORAGE_AZURE), "the storage account"},
	{"azureShare", PART(azure_share), TYPE(STORAGE_AZURE),
	 TYPE(STORAGE_AZURE), "the share of Azure Files"},
	{"keyVaultName", PART(key_vault), TYPE(STORAGE_AZURE), 0,
	 "the Azure Key Vault that keeps the storage key"},
	{"keyVaultKey", PART(key_vault_key), TYPE(STORAGE_AZURE), 0,
	 "the secret that holds the storage key"},
	{"azureKeyFile", PART(azure_key_file), TYPE(STORAGE_AZURE), 0, NULL},
	{"azureEndpoint", PART(azure_endpoint), TYPE(STORAGE_AZURE), 0, NULL},
	{"endpoint", PART(endpoint), TYPE(STORAGE_S3), 0, NULL},
	{"region", PART(region), TYPE(STORAGE_S3), 0, NULL},
	{"bucket", PART(bucket), TYPE(STORAGE_S3), TYPE(STORAGE_S3),
	 "the bucket that outputs go into"},
	{"prefix", PART(prefix), TYPE(STORAGE_S3), 0, NULL},
	{"pathStyle", PART(path_style), TYPE(STORAGE_S3), 0, NULL},
	{"credentialsFile", PART(credentials), TYPE(STORAGE_S3), 0, NULL},
	{"profile", PART(profile), TYPE(STORAGE_S3), 0, NULL},
	{"caFile", PART(ca_file), TYPE(STORAGE_S3) | TYPE(STORAGE_AZURE), 0,
	 NULL},
};

static const struct part first_parts[] = {
	{"nfs", PART(nfs), TYPE(STORAGE_NFS), TYPE(STORAGE_NFS),
	 STORAGE_NFS_HELP},
	{"azureStorage", PART(azure), TYPE(STORAGE_AZURE), TYPE(STORAGE_AZURE),
	 "such as azureStorage: {accountName: ACCOUNT, azureShare: SHARE}"},
	{"keyVault", PART(vault), TYPE(STORAGE_AZURE), TYPE(STORAGE_AZURE),
	 "such as keyVault: {vaultName: VAULT, name: SECRET}"},
	{"pvc", PART(pvc), TYPE(STORAGE_PVC), TYPE(STORAGE_PVC),
	 "such as pvc: {path: /mnt/claim}"},
};

static const struct place *part_place(const struct storage_draft *draft,
				      const struct part *part)
{
	return (const struct place *)((const char *)draft + part->place);
}

const char *storage_type_name(enum storage_type type)
{
	for (size_t i = 0; i < COUNT_OF(type_values); i++)
		if (type_values[i] == type)
			return storage_type_words[i];
	return "?";
}

static enum storage_type type_value(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(type_values); i++)
		if (!strcmp(storage_type_words[i], name))
			return type_values[i];
	return STORAGE_NONE;
}

static void fail_missing(struct reader *reader, const struct place *section,
			 const char *key, const char *text, const char *help)
{
	size_t len = reader_enter(reader, section->path);

	reader_enter(reader, key);
	reader_fail(reader, section->key_mark, "required, but missing: %s%s",
		    text, help);
	reader_leave(reader, len);
}

/* The one type that all parts given may belong to; NONE after reporting. */
static enum storage_type infer(struct reader *reader,
			       const struct storage_draft *draft,
			       const struct part *parts, size_t count,
			       const char *type_key)
{
	unsigned int all = TYPE_ALL;
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		if (!part_place(draft, &parts[i])->node)
			continue;
		all &= parts[i].allowed;
		is_any = true;
	}
	for (size_t i = 0; is_any && i < COUNT_OF(type_values); i++)
		if (all & TYPE(type_values[i]))
			return type_values[i];
	fail_missing(reader, &draft->section, type_key,
		     is_any ? "what is here belongs to different ones: "
			      "choose one, such as "
			    : "such as ",
		     strcmp(type_key, "storage") != 0
			     ? "storageType: nfs"
			     : "storage: nfs, with nfs: {server: HOST, path: "
			       "/PATH}");
	return STORAGE_NONE;
}

static void check_path(struct reader *reader, const struct draft *draft)
{
	const struct storage_config *config = &draft->config.kubernetes.storage;

	if (config->path && *config->path != '/')
		reader_fail_at(reader, &draft->kubernetes.storage.path,
			       "must be an absolute path such as /export/nni, "
			       "got \"%.64s\"",
			       config->path);
}

/* What it says behind '?' is for this machine's access. */
static void check_server(struct reader *reader, const struct draft *draft)
{
	const struct storage_config *config = &draft->config.kubernetes.storage;
	struct nfs_place place;
	struct error err;

	/* what is in a database was checked before, by whatever version */
	if (config->type == STORAGE_NFS && config->server &&
	    !reader->is_reload && !nfs_place_read(config->server, &place, &err))
		reader_fail_at(reader, &draft->kubernetes.storage.server, "%s",
			       err.text);
}

static void check_parts(struct reader *reader, const struct draft *draft,
			const struct part *parts, size_t count,
			const char *type_key)
{
	const struct storage_draft *storage = &draft->kubernetes.storage;
	enum storage_type type = draft->config.kubernetes.storage.type;

	for (size_t i = 0; i < count; i++) {
		const struct place *place = part_place(storage, &parts[i]);
		struct place key = *place;

		key.mark = place->key_mark;
		if (place->node && !(parts[i].allowed & TYPE(type)))
			reader_fail_at(reader, &key,
				       "does not belong to %s: %s; remove one "
				       "of them",
				       type_key, storage_type_name(type));
		/* a template of Frameworks names its claim itself */
		if (!place->node && (parts[i].required & TYPE(type)) &&
		    !(parts[i].place == PART(claim) &&
		      draft->config.kubernetes.manifest))
			fail_missing(reader, &storage->section, parts[i].key,
				     parts[i].help, "");
	}
}

/* A Key Vault and its secret are named both or not at all; the key is looked
 * for in one place. */
static void check_azure_key(struct reader *reader,
			    const struct storage_draft *storage)
{
	bool has_vault = storage->key_vault.node, has_key;

	has_key = storage->key_vault_key.node;
	if (has_vault != has_key)
		fail_missing(reader, &storage->section,
			     has_vault ? "keyVaultKey" : "keyVaultName",
			     has_vault ? "the secret that holds the storage key"
				       : "the Azure Key Vault that keeps the "
					 "storage key",
			     "");
	else if (has_vault && storage->azure_key_file.node)
		reader_fail_at(reader, &storage->azure_key_file,
			       "the key cannot come from a file and from a Key "
			       "Vault: remove one of them");
}

void storage_check(struct reader *reader, struct draft *draft, bool is_required)
{
	struct storage_draft *storage = &draft->kubernetes.storage;
	struct storage_config *config = &draft->config.kubernetes.storage;
	bool is_first = draft->config.is_first_form && !reader->is_reload;
	const struct part *parts = is_first ? first_parts : second_parts;
	size_t count =
		is_first ? COUNT_OF(first_parts) : COUNT_OF(second_parts);
	const char *type_key = is_first ? "storage" : "storageType";

	if (!storage->section.node) {
		if (is_required && !is_first)
			fail_missing(reader, &draft->training_service,
				     "storage",
				     "such as storage: {storageType: nfs, "
				     "server: 10.0.0.1, path: /export/nni}; "
				     "platform kubernetes needs none",
				     "");
		return;
	}
	if (storage->section.node->kind != NODE_MAPPING)
		return; /* reported */
	if (storage->type)
		config->type = type_value(storage->type);
	else if (!storage->type_place.node)
		config->type = infer(reader, storage, parts, count, type_key);
	if (config->type == STORAGE_NONE)
		return; /* reported */
	check_parts(reader, draft, parts, count, type_key);
	check_path(reader, draft);
	check_server(reader, draft);
	if (config->type == STORAGE_AZURE && !is_first)
		check_azure_key(reader, storage);
	if (storage->path_style.node)
		config->s3_path_style = storage->is_path_style;
}
