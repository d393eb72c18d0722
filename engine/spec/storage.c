/* SPDX-License-Identifier: MIT */
/*
 * Where outputs lie: NNI's nfs, azureStorage and pvc in both forms (nni.md 1.6,
 * 1.7, 2.6), and claims and folders of nodes, which are ours.
 */
#include "engine/spec/cluster.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#include <stdlib.h>
#include <string.h>

#define STORAGE(member) offsetof(struct draft, config.kubernetes.storage.member)
#define DRAFT(member) offsetof(struct draft, kubernetes.storage.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.storage.member)

#define TYPE(type) (1u << (type))

static const char *const types[] = {"nfs", "azureStorage", "pvc", "hostPath",
				    NULL};
static const enum storage_type type_values[] = {STORAGE_NFS, STORAGE_AZURE,
						STORAGE_PVC, STORAGE_HOST_PATH};

/* Names that Azure gives out: key->least to key->most letters, digits, '-'. */
static void read_name(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot)
{
	char **text = slot;
	size_t len;

	if (!value_is_text(reader, node))
		return;
	len = strlen(node->text);
	if (len < (size_t)key->least || len > (size_t)key->most ||
	    node->text[strspn(node->text, "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-")]) {
		reader_fail(reader, node->mark,
			    "must be %lld to %lld letters, digits and '-', "
			    "got \"%.64s\"",
			    (long long)key->least, (long long)key->most,
			    node->text);
		return;
	}
	free(*text);
	*text = xstrdup(node->text);
}

/* clang-format off */
#define NAME(key, least_len, most_len, member)                                 \
	{                                                                      \
		key, VALUE_OWN, .least = least_len, .most = most_len,          \
			.target = STORAGE(member), .place = PLACE(member),     \
			.read = read_name                                      \
	}
#define RETRIES                                                                \
	{                                                                      \
		"uploadRetryCount", VALUE_INT, .least = 1, .most = 99999,      \
			.target = STORAGE(upload_retries),                     \
			.place = PLACE(upload_retries)                         \
	}

static const struct key storage_keys[] = {
	{"storageType", VALUE_WORD, .words = types, .target = DRAFT(type),
	 .place = PLACE(type_place)},
	{"server", VALUE_TEXT, .least = 1, .most = 253,
	 .target = STORAGE(server), .place = PLACE(server)},
	{"path", VALUE_TEXT, .least = 1, .most = 4096, .target = STORAGE(path),
	 .place = PLACE(path)},
	{"claimName", VALUE_OWN, .least = RULE_SUBDOMAIN,
	 .target = STORAGE(claim), .place = PLACE(claim),
	 .read = kubernetes_read_word},
	{"localPath", VALUE_PATH, .target = STORAGE(local_path),
	 .place = PLACE(local_path)},
	NAME("azureAccount", 3, 31, azure_account),
	NAME("azureShare", 3, 63, azure_share),
	NAME("keyVaultName", 1, 127, key_vault),
	NAME("keyVaultKey", 1, 127, key_vault_key),
	RETRIES,
	{0},
};
const struct form storage_form = {storage_keys, NULL};

#define NFS_HELP "such as nfs: {server: 10.0.0.1, path: /export/nni}"
static const struct key nfs_keys[] = {
	{"server", VALUE_TEXT, KEY_REQUIRED, .least = 1, .most = 253,
	 .target = STORAGE(server), .place = PLACE(server), .help = NFS_HELP},
	{"path", VALUE_TEXT, KEY_REQUIRED, .least = 1, .most = 4096,
	 .target = STORAGE(path), .place = PLACE(path), .help = NFS_HELP},
	{0},
};
static const struct form nfs_form = {nfs_keys, NULL};

#define REQUIRED_NAME(key, least_len, most_len, member, text)                  \
	{                                                                      \
		key, VALUE_OWN, KEY_REQUIRED, .least = least_len,              \
			.most = most_len, .target = STORAGE(member),           \
			.place = PLACE(member), .help = text,                  \
			.read = read_name                                      \
	}
static const struct key vault_keys[] = {
	REQUIRED_NAME("vaultName", 1, 127, key_vault,
		      "the Azure Key Vault that keeps the storage key"),
	REQUIRED_NAME("name", 1, 127, key_vault_key,
		      "the secret that holds the storage key"),
	{0},
};
static const struct form vault_form = {vault_keys, NULL};

static const struct key azure_keys[] = {
	REQUIRED_NAME("accountName", 3, 31, azure_account,
		      "the storage account"),
	REQUIRED_NAME("azureShare", 3, 63, azure_share,
		      "the share of Azure Files"),
	{0},
};
static const struct form azure_form = {azure_keys, NULL};

static const struct key first_keys[] = {
	{"nfs", VALUE_SECTION, .section = &nfs_form, .place = PLACE(nfs)},
	{"keyVault", VALUE_SECTION, .section = &vault_form,
	 .place = PLACE(vault)},
	{"azureStorage", VALUE_SECTION, .section = &azure_form,
	 .place = PLACE(azure)},
	RETRIES,
	{0},
};
const struct form storage_first_form = {first_keys, NULL};
/* clang-format on */

/* --- which parts belong together --------------------------------------------
 */

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
	{"keyVaultName", PART(key_vault), TYPE(STORAGE_AZURE),
	 TYPE(STORAGE_AZURE), "the Azure Key Vault that keeps the storage key"},
	{"keyVaultKey", PART(key_vault_key), TYPE(STORAGE_AZURE),
	 TYPE(STORAGE_AZURE), "the secret that holds the storage key"},
};

static const struct part first_parts[] = {
	{"nfs", PART(nfs), TYPE(STORAGE_NFS), TYPE(STORAGE_NFS), NFS_HELP},
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

static const char *type_name(enum storage_type type)
{
	for (size_t i = 0; i < COUNT_OF(type_values); i++)
		if (type_values[i] == type)
			return types[i];
	return "?";
}

static enum storage_type type_value(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(type_values); i++)
		if (!strcmp(types[i], name))
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
	unsigned int all = TYPE(STORAGE_NFS) | TYPE(STORAGE_AZURE) |
			   TYPE(STORAGE_PVC) | TYPE(STORAGE_HOST_PATH);
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
				       type_key, type_name(type));
		/* a template of Frameworks names its claim itself */
		if (!place->node && (parts[i].required & TYPE(type)) &&
		    !(parts[i].place == PART(claim) &&
		      draft->config.kubernetes.manifest))
			fail_missing(reader, &storage->section, parts[i].key,
				     parts[i].help, "");
	}
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
}

/* --- writing ----------------------------------------------------------------
 */

void storage_write(const struct storage_config *storage, struct strbuf *out)
{
	if (storage->type == STORAGE_NONE)
		return;
	strbuf_addf(out, ",\"storage\":{\"storageType\":\"%s\"",
		    type_name(storage->type));
	write_text(out, "server", storage->server);
	write_text(out, "path", storage->path);
	write_text(out, "claimName", storage->claim);
	write_text(out, "localPath", storage->local_path);
	write_text(out, "azureAccount", storage->azure_account);
	write_text(out, "azureShare", storage->azure_share);
	write_text(out, "keyVaultName", storage->key_vault);
	write_text(out, "keyVaultKey", storage->key_vault_key);
	if (storage->upload_retries >= 0)
		write_number(out, "uploadRetryCount", storage->upload_retries);
	strbuf_addch(out, '}');
}
