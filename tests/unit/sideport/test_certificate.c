/* SPDX-License-Identifier: MIT */
/* The side port's certificate: made, kept, and the user's own refused. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/sideport/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int folder_make(void **state)
{
	char path[] = "/tmp/trialdeck-certificate-XXXXXX";

	(void)state;
	if (!mkdtemp(path) || chdir(path) < 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s", path);
	return 0;
}

static int folder_take_away(void **state)
{
	struct error err;

	(void)state;
	return chdir("/") == 0 && fs_remove_tree(folder, &err) ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	struct error err;

	if (!fs_write_file(path, text, strlen(text), &err))
		fail_msg("%s", err.text);
}

static struct certificate keep(void)
{
	static char *addresses[] = {(char *)"10.1.2.3", (char *)"fd00::7",
				    (char *)"head.example"};
	struct certificate certificate;
	struct error err;

	if (!certificate_keep(".", addresses, 3, &certificate, &err))
		fail_msg("%s", err.text);
	return certificate;
}

static X509 *parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(cert);
	return cert;
}

static void makes_what_clients_accept(void **state)
{
	struct certificate made = keep();
	X509 *cert = parse(made.cert_pem);
	int days, seconds;

	(void)state;
	assert_int_equal(X509_check_ip_asc(cert, "10.1.2.3", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "fd00::7", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "10.1.2.4", 0), 0);
	assert_int_equal(X509_check_host(cert, "head.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(cert, CERTIFICATE_NAME, 0, 0, NULL),
			 1);
	assert_int_equal(X509_check_host(cert, "example", 0, 0, NULL), 0);
	assert_int_equal(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0),
			 1);
	assert_int_equal(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 1),
			 0); /* signs for nobody else */
	assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
	assert_int_equal(
		ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)),
		1);
	assert_in_range(days, 3648, 3650);
	assert_true(X509_cmp_current_time(X509_get0_notBefore(cert)) < 0);
	X509_free(cert);
	certificate_release(&made);
}

static void tells_the_digest(void **state)
{
	struct certificate made = keep();
	X509 *cert = parse(made.cert_pem);
	unsigned char *der = NULL, hash[32];
	char hex[65];
	int len = i2d_X509(cert, &der);

	(void)state;
	assert_true(len > 0);
	assert_int_equal(
		EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL),
		1);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(made.digest, hex);
	OPENSSL_free(der);
	X509_free(cert);
	certificate_release(&made);
}

static void keeps_it(void **state)
{
	struct certificate first = keep(), second = keep();
	struct certificate third;
	char *other = (char *)"192.0.2.1";
	struct error err;
	struct stat st;

	(void)state;
	assert_string_equal(first.digest, second.digest);
	assert_string_equal(first.cert_pem, second.cert_pem);
	assert_string_equal(first.key_pem, second.key_pem);
	assert_int_equal(stat("sideport.key", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat("sideport.crt", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* pods have pinned it, wherever we are now */
	assert_true(certificate_keep(".", &other, 1, &third, &err));
	assert_string_equal(first.digest, third.digest);
	certificate_release(&third);
	/* two of them are never the same */
	assert_int_equal(mkdir("another", 0700), 0);
	assert_true(certificate_keep("another", &other, 1, &third, &err));
	assert_string_not_equal(first.digest, third.digest);
	certificate_release(&third);
	certificate_release(&first);
	certificate_release(&second);
}

static void replaces_what_is_broken(void **state)
{
	struct certificate first = keep(), second;

	(void)state;
	put("sideport.crt", "torn");
	second = keep();
	assert_string_not_equal(first.digest, second.digest);
	certificate_release(&first);
	/* killed between the two files: they do not fit */
	assert_int_equal(unlink("sideport.key"), 0);
	first = keep();
	assert_string_not_equal(first.digest, second.digest);
	put("sideport.key", second.key_pem);
	certificate_release(&second);
	second = keep();
	assert_string_not_equal(first.digest, second.digest);
	certificate_release(&first);
	certificate_release(&second);
}

static void does_not_replace_what_it_cannot_read(void **state)
{
	struct certificate certificate;
	struct error err;

	(void)state;
	assert_int_equal(mkdir("sideport.crt", 0700), 0);
	assert_false(certificate_keep(".", NULL, 0, &certificate, &err));
	assert_int_equal(err.code, ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "side port: "));
	assert_int_equal(access("sideport.key", F_OK), -1);
	assert_false(certificate_keep("no/where", NULL, 0, &certificate, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

/* ---- the user's own
 * ---------------------------------------------------------- */

static EVP_PKEY *make_key(int kind, int rsa_bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(kind, NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	if (rsa_bits)
		assert_int_equal(
			EVP_PKEY_CTX_set_rsa_keygen_bits(context, rsa_bits), 1);
	assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void put_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	BIO *bio = BIO_new_file(path, "w");

	assert_int_equal(
		PEM_write_bio_PKCS8PrivateKey(
			bio, key, passphrase ? EVP_aes_128_cbc() : NULL,
			passphrase, passphrase ? (int)strlen(passphrase) : 0,
			NULL, NULL),
		1);
	BIO_free(bio);
}

/* Good from `from` days after now to `to`. */
static void put_cert(const char *path, const char *mode, EVP_PKEY *key,
		     int from, int to)
{
	BIO *bio = BIO_new_file(path, mode);
	X509 *cert = X509_new();
	const EVP_MD *md =
		EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

	X509_set_version(cert, 2);
	X509_time_adj_ex(X509_getm_notBefore(cert), from, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(cert), to, 0, NULL);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, md) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	X509_free(cert);
	BIO_free(bio);
}

static void expect_failure(const char *cert, const char *key,
			   enum error_code code, const char *words)
{
	struct certificate certificate;
	struct error err;

	if (certificate_load(cert, key, &certificate, &err))
		fail_msg("%s and %s were taken", cert, key);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
	assert_int_equal(err.code, code);
}

static void takes_the_users(void **state)
{
	EVP_PKEY *key = make_key(EVP_PKEY_RSA, 2048);
	struct certificate certificate;
	struct error err;

	(void)state;
	put_key("key", key, NULL);
	put_cert("crt", "w", key, -1, 1);
	assert_true(certificate_load("crt", "key", &certificate, &err));
	assert_non_null(strstr(certificate.key_pem, "PRIVATE KEY"));
	assert_int_equal(strlen(certificate.digest), 64);
	certificate_release(&certificate);
	/* both in one, and a chain behind */
	put_key("both", key, NULL);
	put_cert("both", "a", key, -1, 1);
	put_cert("both", "a", key, -100, -90);
	assert_true(certificate_load("both", NULL, &certificate, &err));
	assert_string_equal(strstr(certificate.cert_pem, "-----BEGIN CERT"),
			    strstr(certificate.key_pem, "-----BEGIN CERT"));
	certificate_release(&certificate);
	EVP_PKEY_free(key);
}

static void says_what_is_wrong(void **state)
{
	EVP_PKEY *key = make_key(EVP_PKEY_RSA, 2048);
	EVP_PKEY *weak = make_key(EVP_PKEY_RSA, 1024);
	EVP_PKEY *edwards = make_key(EVP_PKEY_ED25519, 0);

	(void)state;
	put_key("key", key, NULL);
	put_key("weak.key", weak, NULL);
	put_key("secret.key", key, "a passphrase");
	put_key("edwards.key", edwards, NULL);
	put_cert("crt", "w", key, -1, 1);
	put_cert("old.crt", "w", key, -10, -5);
	put_cert("new.crt", "w", key, 5, 10);
	put_cert("weak.crt", "w", weak, -1, 1);
	put_cert("edwards.crt", "w", edwards, -1, 1);
	put("text", "nothing of the kind\n");
	expect_failure("nowhere", "key", ERROR_NOT_FOUND, "open nowhere");
	expect_failure("crt", "nowhere", ERROR_NOT_FOUND, "open nowhere");
	expect_failure("text", "key", ERROR_INVALID,
		       "text has no certificate in PEM form");
	expect_failure("key", "key", ERROR_INVALID,
		       "key has no certificate in PEM form");
	expect_failure("crt", "text", ERROR_INVALID,
		       "text has no private key in PEM form");
	expect_failure("crt", NULL, ERROR_INVALID,
		       "crt has no private key in PEM form");
	expect_failure("crt", "secret.key", ERROR_INVALID,
		       "key secret.key has a passphrase");
	expect_failure("old.crt", "key", ERROR_INVALID,
		       "certificate old.crt ran out on 20");
	expect_failure("new.crt", "key", ERROR_INVALID,
		       "certificate new.crt is good from 20");
	expect_failure("weak.crt", "key", ERROR_INVALID,
		       "key key does not belong to certificate weak.crt");
	expect_failure("weak.crt", "weak.key", ERROR_INVALID,
		       "key weak.key: EC, or RSA of at least 2048 bits");
	expect_failure("edwards.crt", "edwards.key", ERROR_INVALID,
		       "key edwards.key: EC, or RSA");
	EVP_PKEY_free(key);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(edwards);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, folder_make, folder_take_away)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_what_clients_accept),
		TEST(tells_the_digest),
		TEST(keeps_it),
		TEST(replaces_what_is_broken),
		TEST(does_not_replace_what_it_cannot_read),
		TEST(takes_the_users),
		TEST(says_what_is_wrong),
	};

	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
