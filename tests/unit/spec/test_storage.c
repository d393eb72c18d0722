/* SPDX-License-Identifier: MIT */
/* Storages over HTTP in experiment files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"

#include <stdlib.h>
#include <string.h>

static void test_s3(void **state)
{
	const struct storage_config *s3;
	struct experiment_config config;

	(void)state;
	folder_write("keys", "");
	folder_write("ca.pem", "");
	config = expect_config(KUBERNETES
			       "  storage:\n"
			       "    endpoint: https://minio.example:9000/s3\n"
			       "    region: eu-west-1\n"
			       "    bucket: my.bucket-1\n"
			       "    prefix: team/trials/\n"
			       "    pathStyle: false\n"
			       "    credentialsFile: keys\n"
			       "    profile: lab\n"
			       "    caFile: ca.pem\n"
			       "    uploadRetryCount: 7\n");
	s3 = &config.kubernetes.storage;
	assert_int_equal(s3->type, STORAGE_S3); /* by its keys */
	assert_string_equal(s3->s3_endpoint, "https://minio.example:9000/s3");
	assert_string_equal(s3->s3_region, "eu-west-1");
	assert_string_equal(s3->s3_bucket, "my.bucket-1");
	assert_string_equal(s3->s3_prefix, "team/trials");
	assert_int_equal(s3->s3_path_style, 0);
	assert_string_equal(s3->s3_profile, "lab");
	assert_non_null(strstr(s3->s3_credentials, "/keys"));
	assert_non_null(strstr(s3->ca_file, "/ca.pem"));
	assert_int_equal(s3->upload_retries, 7);
	experiment_config_release(&config);
}

static void test_defaults(void **state)
{
	struct experiment_config config =
		expect_config(KUBERNETES "  storage: {storageType: s3, "
					 "bucket: abc}\n");
	const struct storage_config *s3 = &config.kubernetes.storage;

	(void)state;
	assert_int_equal(s3->type, STORAGE_S3);
	assert_int_equal(s3->s3_path_style, -1);
	assert_null(s3->s3_endpoint);
	assert_null(s3->s3_region);
	assert_null(s3->s3_prefix);
	experiment_config_release(&config);
}

static void test_azure(void **state)
{
	struct experiment_config config;

	(void)state;
	folder_write("key", "");
	config = expect_config(
		KUBERNETES "  storage: {azureAccount: acc, azureShare: share, "
			   "azureKeyFile: key, azureEndpoint: "
			   "'http://127.0.0.1:10004/acc'}\n");
	assert_int_equal(config.kubernetes.storage.type, STORAGE_AZURE);
	assert_non_null(
		strstr(config.kubernetes.storage.azure_key_file, "/key"));
	assert_string_equal(config.kubernetes.storage.azure_endpoint,
			    "http://127.0.0.1:10004/acc");
	experiment_config_release(&config);
	/* the key can come from the environment */
	config = expect_config(KUBERNETES
			       "  storage: {azureAccount: acc, azureShare: "
			       "share}\n");
	assert_int_equal(config.kubernetes.storage.type, STORAGE_AZURE);
	experiment_config_release(&config);
}

#define S3 "storage: {storageType: s3, bucket: abc, "
#define AZURE "storage: {azureAccount: acc, azureShare: share, "
#define AT "trainingService.storage."
#define BUCKET                                                                 \
	AT "bucket: must be 3 to 63 lower-case letters, digits, '-' and "      \
	   "single '.', a letter or digit at both ends, got "
#define PREFIX                                                                 \
	AT "prefix: must be at most 512 bytes such as team/trials, without "   \
	   "empty parts, '.' and '..', got "
#define SUCH_AS "such as https://minio.example:9000"

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{"storage: {storageType: s3}\n",
		 "3: " AT "bucket: required, but missing: the bucket that "
		 "outputs go into"},
		{"storage: {storageType: s3, bucket: A_b}\n",
		 "38: " BUCKET "\"A_b\""},
		{"storage: {storageType: s3, bucket: a..b}\n",
		 "38: " BUCKET "\"a..b\""},
		{"storage: {storageType: s3, bucket: -ab}\n",
		 "38: " BUCKET "\"-ab\""},
		{"storage: {storageType: s3, bucket: ab}\n",
		 "38: " BUCKET "\"ab\""},
		{S3 "prefix: /x}\n", "51: " PREFIX "\"/x\""},
		{S3 "prefix: a/../b}\n", "51: " PREFIX "\"a/../b\""},
		{S3 "prefix: a//b}\n", "51: " PREFIX "\"a//b\""},
		{S3 "endpoint: minio:9000}\n",
		 "53: " AT "endpoint: must begin with http:// or https://: "
		 "" SUCH_AS},
		{S3 "endpoint: 'https://me:secret@minio'}\n",
		 "53: " AT "endpoint: must not hold a user or a password: "
		 "" SUCH_AS},
		{S3 "endpoint: 'https://minio/?a=b'}\n",
		 "53: " AT "endpoint: must not have a query: " SUCH_AS},
		{S3 "endpoint: 'https://:80'}\n",
		 "53: " AT "endpoint: names no host: " SUCH_AS},
		{S3 "endpoint: 'https://a b'}\n",
		 "53: " AT
		 "endpoint: has characters that no address has: " SUCH_AS},
		{S3 "region: us east}\n",
		 "51: " AT "region: must be 1 to 63 letters, digits and '-', "
		 "got \"us east\""},
		{S3 "pathStyle: 3}\n",
		 "54: " AT "pathStyle: must be true or false, got the number "
		 "3"},
		{S3 "accessKey: x}\n", "43: " AT "accessKey: unknown key"},
		{S3 "server: nas}\n",
		 "43: " AT "server: does not belong to storageType: s3; remove "
		 "one of them"},
		{AZURE "keyVaultName: v}\n",
		 "3: " AT "keyVaultKey: required, but missing: the secret that "
		 "holds the storage key"},
		{AZURE "keyVaultKey: k}\n",
		 "3: " AT "keyVaultName: required, but missing: the Azure Key "
		 "Vault that keeps the storage key"},
		{AZURE "keyVaultName: v, keyVaultKey: k, azureKeyFile: "
		       "s.json}\n",
		 "98: " AT "azureKeyFile: the key cannot come from a file and "
		 "from a Key Vault: remove one of them"},
		{AZURE "azureEndpoint: 'ftp://x'}\n",
		 "66: " AT "azureEndpoint: must begin with http:// or "
		 "https://: such as "
		 "https://ACCOUNT.file.core.chinacloudapi.cn"},
	};

	(void)state;
	expect_mistakes(mistakes, sizeof(mistakes) / sizeof(*mistakes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s3),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_azure),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_take_away);
}
