/* SPDX-License-Identifier: MIT */
/* The side port's certificate, through libcrypto. */
#include "engine/sideport/certificate.h"

#include "base/fs.h"
#include "base/mem.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MAX (1u << 20)
#define DAYS_VALID 3650
#define SERIAL_BYTES 16
#define RSA_BITS_LEAST 2048

/* ---- reading ----------------------------------------------------------------
 */

/* Never ask on the terminal; *arg notes that somebody would have. */
static int refuse_passphrase(char *text, int size, int is_writing, void *arg)
{
	(void)text, (void)size, (void)is_writing;
	*(bool *)arg = true;
	return -1;
}

static X509 *parse_cert(const struct strbuf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	bool is_asked = false;
	X509 *cert =
		bio ? PEM_read_bio_X509(bio, NULL, refuse_passphrase, &is_asked)
		    : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *parse_key(const struct strbuf *pem, const char *path,
			   struct error *err)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	bool is_asked = false;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(
				      bio, NULL, refuse_passphrase, &is_asked)
			    : NULL;

	BIO_free(bio);
	if (!key && is_asked)
		error_set(err, ERROR_INVALID,
			  "key %s has a passphrase: take it off with "
			  "openssl pkey",
			  path);
	else if (!key)
		error_set(err, ERROR_INVALID,
			  "%s has no private key in PEM form", path);
	return key;
}

static void format_day(const ASN1_TIME *time, char text[16])
{
	struct tm day;

	if (!ASN1_TIME_to_tm(time, &day) ||
	    !strftime(text, 16, "%Y-%m-%d", &day))
		snprintf(text, 16, "unknown");
}

static bool check_dates(const X509 *cert, const char *path, struct error *err)
{
	char day[16];

	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
		format_day(X509_get0_notAfter(cert), day);
		return error_set(err, ERROR_INVALID,
				 "certificate %s ran out on %s", path, day);
	}
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) {
		format_day(X509_get0_notBefore(cert), day);
		return error_set(err, ERROR_INVALID,
				 "certificate %s is good from %s only", path,
				 day);
	}
	return true;
}

/* What keepers can check: RSA, and EC on NIST's curves. */
static bool check_kind(const EVP_PKEY *key, const char *path, struct error *err)
{
	int kind = EVP_PKEY_base_id(key);

	if (kind == EVP_PKEY_EC ||
	    (kind == EVP_PKEY_RSA && EVP_PKEY_bits(key) >= RSA_BITS_LEAST))
		return true;
	return error_set(err, ERROR_INVALID,
			 "key %s: EC, or RSA of at least %d bits, was expected",
			 path, RSA_BITS_LEAST);
}

static bool set_digest(struct certificate *certificate, const X509 *cert,
		       struct error *err)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!X509_digest(cert, EVP_sha256(), hash, &len))
		return error_set(err, ERROR_SYSTEM, "SHA-256 failed");
	for (unsigned int i = 0; i < len && 2 * i + 2 < 65; i++)
		snprintf(certificate->digest + 2 * i, 3, "%02x", hash[i]);
	return true;
}

static bool check_pair(const struct strbuf *cert_pem, const char *cert_path,
		       const struct strbuf *key_pem, const char *key_path,
		       struct certificate *ret, struct error *err)
{
	X509 *cert = parse_cert(cert_pem);
	EVP_PKEY *key = NULL;
	bool ok = cert ||
		  error_set(err, ERROR_INVALID,
			    "%s has no certificate in PEM form", cert_path);

	ok = ok && check_dates(cert, cert_path, err) &&
	     (key = parse_key(key_pem, key_path, err)) &&
	     check_kind(key, key_path, err) && set_digest(ret, cert, err);
	if (ok && X509_check_private_key(cert, key) != 1)
		ok = error_set(err, ERROR_INVALID,
			       "key %s does not belong to certificate %s",
			       key_path, cert_path);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

static void wipe(struct strbuf *text)
{
	OPENSSL_cleanse(text->data, text->len);
	strbuf_release(text);
}

bool certificate_load(const char *cert_path, const char *key_path,
		      struct certificate *ret, struct error *err)
{
	struct strbuf cert = STRBUF_INIT, key = STRBUF_INIT;

	memset(ret, 0, sizeof(*ret));
	if (!key_path)
		key_path = cert_path;
	if (!fs_read_file(cert_path, FILE_MAX, &cert, err) ||
	    !fs_read_file(key_path, FILE_MAX, &key, err) ||
	    !check_pair(&cert, cert_path, &key, key_path, ret, err)) {
		wipe(&cert);
		wipe(&key);
		return false;
	}
	ret->cert_pem = strbuf_detach(&cert);
	ret->key_pem = strbuf_detach(&key);
	return true;
}

/* ---- making -----------------------------------------------------------------
 */

static EVP_PKEY *make_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	if (!context || EVP_PKEY_keygen_init(context) <= 0 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context,
						   NID_X9_62_prime256v1) <= 0 ||
	    EVP_PKEY_keygen(context, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool add_name(GENERAL_NAMES *names, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
	ASN1_IA5STRING *host = NULL;

	if (!name) {
		ASN1_OCTET_STRING_free(address);
		return false;
	}
	if (address) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, address);
	} else {
		host = ASN1_IA5STRING_new();
		if (!host || !ASN1_STRING_set(host, text, -1)) {
			ASN1_IA5STRING_free(host);
			GENERAL_NAME_free(name);
			return false;
		}
		GENERAL_NAME_set0_value(name, GEN_DNS, host);
	}
	if (!sk_GENERAL_NAME_push(names, name)) {
		GENERAL_NAME_free(name);
		return false;
	}
	return true;
}

static bool add_names(X509 *cert, char *const *addresses, size_t count)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool ok = names && add_name(names, CERTIFICATE_NAME) &&
		  add_name(names, "localhost");

	for (size_t i = 0; i < count && ok; i++)
		ok = add_name(names, addresses[i]);
	ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0,
				     X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool ok;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, of full length */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (number)
		serial = BN_to_ASN1_INTEGER(number, NULL);
	ok = serial && X509_set_serialNumber(cert, serial);
	BN_free(number);
	ASN1_INTEGER_free(serial);
	return ok;
}

static bool set_subject(X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(
		       name, "CN", MBSTRING_ASC,
		       (const unsigned char *)CERTIFICATE_NAME, -1, -1, 0) &&
	       X509_set_issuer_name(cert, name);
}

/* A day back, for clocks that differ. */
static bool set_dates(X509 *cert)
{
	return X509_time_adj_ex(X509_getm_notBefore(cert), -1, 0, NULL) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), DAYS_VALID, 0, NULL);
}

static X509 *make_cert(EVP_PKEY *key, char *const *addresses, size_t count)
{
	X509 *cert = X509_new();

	if (cert && X509_set_version(cert, 2) && set_serial(cert) &&
	    set_subject(cert) && set_dates(cert) &&
	    X509_set_pubkey(cert, key) &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    add_extension(cert, NID_subject_key_identifier, "hash") &&
	    add_names(cert, addresses, count) &&
	    X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

/* Takes bio; adds its bytes to out. */
static bool take_bio(BIO *bio, bool ok, struct strbuf *out)
{
	char *data = NULL;
	long len = bio && ok ? BIO_get_mem_data(bio, &data) : 0;

	if (len > 0)
		strbuf_add(out, data, (size_t)len);
	BIO_free(bio); /* which wipes it: it may be a key */
	return len > 0;
}

static bool make_pair(char *const *addresses, size_t count,
		      struct strbuf *cert_pem, struct strbuf *key_pem,
		      struct error *err)
{
	EVP_PKEY *key = make_key();
	X509 *cert = key ? make_cert(key, addresses, count) : NULL;
	BIO *bio = cert ? BIO_new(BIO_s_mem()) : NULL;
	bool ok = take_bio(bio, bio && PEM_write_bio_X509(bio, cert), cert_pem);

	bio = ok ? BIO_new(BIO_s_secmem()) : NULL;
	ok = take_bio(bio,
		      bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL,
							   0, NULL, NULL),
		      key_pem);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!ok)
		error_set(
			err, ERROR_SYSTEM, "make a certificate: %s",
			ERR_reason_error_string(ERR_peek_last_error())
				? ERR_reason_error_string(ERR_peek_last_error())
				: "libcrypto failed");
	ERR_clear_error();
	return ok;
}

/* The key first: a crash between the two leaves a pair that does not fit, and
 * the next start makes another. */
static bool make_files(const char *cert_path, const char *key_path,
		       char *const *addresses, size_t count, struct error *err)
{
	struct strbuf cert = STRBUF_INIT, key = STRBUF_INIT;
	bool ok = make_pair(addresses, count, &cert, &key, err) &&
		  fs_write_file(key_path, key.data, key.len, err) &&
		  fs_write_file(cert_path, cert.data, cert.len, err);

	wipe(&cert);
	wipe(&key);
	return ok;
}

bool certificate_keep(const char *folder, char *const *addresses, size_t count,
		      struct certificate *ret, struct error *err)
{
	char *cert_path = fs_join(folder, "sideport.crt");
	char *key_path = fs_join(folder, "sideport.key");
	struct error reason;
	bool ok = certificate_load(cert_path, key_path, ret, &reason);

	if (!ok && reason.code != ERROR_NOT_FOUND &&
	    reason.code != ERROR_INVALID)
		*err = reason; /* there, but out of reach */
	else if (!ok)
		ok = make_files(cert_path, key_path, addresses, count, err) &&
		     certificate_load(cert_path, key_path, ret, err);
	free(cert_path);
	free(key_path);
	return ok || error_prefix(err, "side port");
}

void certificate_release(struct certificate *certificate)
{
	if (certificate->key_pem)
		OPENSSL_cleanse(certificate->key_pem,
				strlen(certificate->key_pem));
	free(certificate->key_pem);
	free(certificate->cert_pem);
	memset(certificate, 0, sizeof(*certificate));
}
