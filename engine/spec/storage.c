/* SPDX-License-Identifier: MIT */
/*
 * Where outputs lie: NNI's nfs, azureStorage and pvc in both forms (nni.md 1.6,
 * 1.7, 2.6), and claims, folders of nodes and S3, which are ours.
 */
#include "engine/spec/storage.h"

#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#define STORAGE(member) offsetof(struct draft, config.kubernetes.storage.member)
#define DRAFT(member) offsetof(struct draft, kubernetes.storage.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.storage.member)

/* clang-format off */
#define NAME(key, least_len, most_len, member)                                 \
	{                                                                      \
		key, VALUE_OWN, .least = least_len, .most = most_len,          \
			.target = STORAGE(member), .place = PLACE(member),     \
			.read = storage_read_name                                      \
	}
#define RETRIES                                                                \
	{                                                                      \
		"uploadRetryCount", VALUE_INT, .least = 1, .most = 99999,      \
			.target = STORAGE(upload_retries),                     \
			.place = PLACE(upload_retries)                         \
	}

static const struct key storage_keys[] = {
	{"storageType", VALUE_WORD, .words = storage_type_words, .target = DRAFT(type),
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
	{"azureKeyFile", VALUE_FILE, .target = STORAGE(azure_key_file),
	 .place = PLACE(azure_key_file)},
	{"azureEndpoint", VALUE_OWN, .target = STORAGE(azure_endpoint),
	 .place = PLACE(azure_endpoint), .read = storage_read_url,
	 .help = "such as https://ACCOUNT.file.core.chinacloudapi.cn"},
	{"endpoint", VALUE_OWN, .target = STORAGE(s3_endpoint),
	 .place = PLACE(endpoint), .read = storage_read_url,
	 .help = "such as https://minio.example:9000"},
	{"region", VALUE_OWN, .least = 1, .most = 63,
	 .target = STORAGE(s3_region), .place = PLACE(region),
	 .read = storage_read_name},
	{"bucket", VALUE_OWN, .target = STORAGE(s3_bucket),
	 .place = PLACE(bucket), .read = storage_read_bucket},
	{"prefix", VALUE_OWN, .target = STORAGE(s3_prefix),
	 .place = PLACE(prefix), .read = storage_read_prefix},
	{"pathStyle", VALUE_BOOL, .target = DRAFT(is_path_style),
	 .place = PLACE(path_style)},
	{"credentialsFile", VALUE_FILE, .target = STORAGE(s3_credentials),
	 .place = PLACE(credentials)},
	{"profile", VALUE_TEXT, .least = 1, .most = 128,
	 .target = STORAGE(s3_profile), .place = PLACE(profile)},
	{"caFile", VALUE_FILE, .target = STORAGE(ca_file),
	 .place = PLACE(ca_file)},
	RETRIES,
	{0},
};
const struct form storage_form = {storage_keys, NULL};

static const struct key nfs_keys[] = {
	{"server", VALUE_TEXT, KEY_REQUIRED, .least = 1, .most = 253,
	 .target = STORAGE(server), .place = PLACE(server), .help = STORAGE_NFS_HELP},
	{"path", VALUE_TEXT, KEY_REQUIRED, .least = 1, .most = 4096,
	 .target = STORAGE(path), .place = PLACE(path), .help = STORAGE_NFS_HELP},
	{0},
};
static const struct form nfs_form = {nfs_keys, NULL};

#define REQUIRED_NAME(key, least_len, most_len, member, text)                  \
	{                                                                      \
		key, VALUE_OWN, KEY_REQUIRED, .least = least_len,              \
			.most = most_len, .target = STORAGE(member),           \
			.place = PLACE(member), .help = text,                  \
			.read = storage_read_name                                      \
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

/* --- writing ----------------------------------------------------------------
 */

void storage_write(const struct storage_config *storage, struct strbuf *out)
{
	if (storage->type == STORAGE_NONE)
		return;
	strbuf_addf(out, ",\"storage\":{\"storageType\":\"%s\"",
		    storage_type_name(storage->type));
	write_text(out, "server", storage->server);
	write_text(out, "path", storage->path);
	write_text(out, "claimName", storage->claim);
	write_text(out, "localPath", storage->local_path);
	write_text(out, "azureAccount", storage->azure_account);
	write_text(out, "azureShare", storage->azure_share);
	write_text(out, "keyVaultName", storage->key_vault);
	write_text(out, "keyVaultKey", storage->key_vault_key);
	write_text(out, "azureKeyFile", storage->azure_key_file);
	write_text(out, "azureEndpoint", storage->azure_endpoint);
	write_text(out, "endpoint", storage->s3_endpoint);
	write_text(out, "region", storage->s3_region);
	write_text(out, "bucket", storage->s3_bucket);
	write_text(out, "prefix", storage->s3_prefix);
	if (storage->s3_path_style >= 0)
		write_truth(out, "pathStyle", storage->s3_path_style);
	write_text(out, "credentialsFile", storage->s3_credentials);
	write_text(out, "profile", storage->s3_profile);
	write_text(out, "caFile", storage->ca_file);
	if (storage->upload_retries >= 0)
		write_number(out, "uploadRetryCount", storage->upload_retries);
	strbuf_addch(out, '}');
}
