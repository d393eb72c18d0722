/* SPDX-License-Identifier: MIT */
/*
 * TLS by BearSSL, small: only what TLS 1.2 servers of today offer, no
 * certificate chains.  Instead of br_x509_minimal the engine gets a validator
 * of ours, which hashes the server's own certificate and takes its key out.
 */
#include "keeper/tls.h"

#include <bearssl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Validator: the first certificate of the chain is the server's own. */
struct pinned {
	const br_x509_class *vtable; /* first: BearSSL's idea of inheritance */
	const char *pin;
	int count; /* certificates begun */
	br_sha256_context hash;
	br_x509_decoder_context decoder;
};

struct tls {
	struct tls_wire wire;
	struct pinned pinned;
	br_ssl_client_context client;
	br_sslio_context io;
	unsigned char records[BR_SSL_BUFSIZE_BIDI];
};

/* ---- the validator --------------------------------------------------------
 */

static void start_chain(const br_x509_class **context, const char *name)
{
	struct pinned *pinned = (struct pinned *)context;

	(void)name;
	pinned->count = 0;
	br_sha256_init(&pinned->hash);
	br_x509_decoder_init(&pinned->decoder, NULL, NULL);
}

static void start_cert(const br_x509_class **context, uint32_t len)
{
	struct pinned *pinned = (struct pinned *)context;

	(void)len;
	pinned->count++;
}

static void append(const br_x509_class **context, const unsigned char *data,
		   size_t len)
{
	struct pinned *pinned = (struct pinned *)context;

	if (pinned->count != 1)
		return;
	br_sha256_update(&pinned->hash, data, len);
	br_x509_decoder_push(&pinned->decoder, data, len);
}

static void end_cert(const br_x509_class **context)
{
	(void)context;
}

static unsigned end_chain(const br_x509_class **context)
{
	struct pinned *pinned = (struct pinned *)context;
	unsigned char digest[br_sha256_SIZE];
	char found[DIGEST_HEX_SIZE];

	if (!pinned->count)
		return BR_ERR_X509_EMPTY_CHAIN;
	br_sha256_out(&pinned->hash, digest);
	digest_hex(digest, found);
	if (strcasecmp(found, pinned->pin) != 0)
		return BR_ERR_X509_NOT_TRUSTED;
	return (unsigned)br_x509_decoder_last_error(&pinned->decoder);
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *context,
				    unsigned *usages)
{
	struct pinned *pinned = (struct pinned *)context;

	if (usages)
		*usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
	return br_x509_decoder_get_pkey(&pinned->decoder);
}

static const br_x509_class validator = {
	.context_size = sizeof(struct pinned),
	.start_chain = start_chain,
	.start_cert = start_cert,
	.append = append,
	.end_cert = end_cert,
	.end_chain = end_chain,
	.get_pkey = get_pkey,
};

/* ---- the connection -------------------------------------------------------
 */

static void choose_algorithms(br_ssl_engine_context *engine)
{
	/* without hardware help, which a program for any machine has not, the
	 * first two are the fastest; the others are for servers that must not
	 * use them */
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	};

	br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(engine, suites,
				 sizeof(suites) / sizeof(suites[0]));
	br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(engine, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(engine, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(engine, br_tls12_sha384_prf);
	br_ssl_engine_set_rsavrfy(engine, br_rsa_i31_pkcs1_vrfy);
	br_ssl_engine_set_ec(engine, &br_ec_prime_i31);
	br_ssl_engine_set_ecdsa(engine, br_ecdsa_i31_vrfy_asn1);
	br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable,
				 &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(engine, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(engine, br_poly1305_ctmul_run);
	br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable,
			      &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(engine, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(engine, br_ghash_ctmul64);
}

static int low_read(void *arg, unsigned char *data, size_t size)
{
	struct tls *tls = arg;
	ssize_t n = tls->wire.receive(tls->wire.arg, (char *)data, size);

	return n > 0 ? (int)n : -1;
}

static int low_write(void *arg, const unsigned char *data, size_t len)
{
	struct tls *tls = arg;

	return tls->wire.send(tls->wire.arg, (const char *)data, len) ? (int)len
								      : -1;
}

static const char *sentence(int error)
{
	switch (error) {
	case BR_ERR_X509_NOT_TRUSTED:
		return "its certificate is not the expected one";
	case BR_ERR_X509_EMPTY_CHAIN:
		return "it shows no certificate";
	case BR_ERR_UNSUPPORTED_VERSION:
	case BR_ERR_BAD_VERSION:
		return "it does not speak TLS 1.2";
	default:
		return NULL;
	}
}

static void explain(const struct tls *tls, int number, char *why, size_t size)
{
	int error = br_ssl_engine_last_error(&tls->client.eng);
	const char *text = sentence(error);

	if (text)
		snprintf(why, size, "TLS: %s", text);
	else if (error == BR_ERR_IO || !error)
		snprintf(why, size, "TLS: %s",
			 number ? strerror(number)
				: "the connection was closed");
	else
		snprintf(why, size, "TLS: BearSSL's error %d", error);
}

struct tls *tls_open(const struct tls_wire *wire, const char *host,
		     const char *pin, char *why, size_t size)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	br_ssl_engine_context *engine;
	/* an address is no server name */
	bool is_address =
		strchr(host, ':') || host[strspn(host, "0123456789.")] == '\0';

	if (!tls) {
		snprintf(why, size, "TLS: %s", strerror(errno));
		return NULL;
	}
	tls->wire = *wire;
	tls->pinned.vtable = &validator;
	tls->pinned.pin = pin;
	br_ssl_client_zero(&tls->client);
	engine = &tls->client.eng;
	choose_algorithms(engine);
	br_ssl_engine_set_x509(engine, &tls->pinned.vtable);
	br_ssl_engine_set_buffer(engine, tls->records, sizeof(tls->records), 1);
	br_sslio_init(&tls->io, engine, low_read, tls, low_write, tls);
	errno = 0;
	/* reset asks the system for randomness; flush runs the handshake */
	if (br_ssl_client_reset(&tls->client, is_address ? NULL : host, 0) &&
	    br_sslio_flush(&tls->io) == 0)
		return tls;
	explain(tls, errno, why, size);
	tls_free(tls);
	return NULL;
}

void tls_free(struct tls *tls)
{
	free(tls);
}

bool tls_send(struct tls *tls, const char *data, size_t len)
{
	errno = 0;
	if (br_sslio_write_all(&tls->io, data, len) == 0 &&
	    br_sslio_flush(&tls->io) == 0)
		return true;
	if (!errno)
		errno = EPROTO;
	return false;
}

ssize_t tls_receive(struct tls *tls, char *data, size_t size)
{
	ssize_t n;

	errno = 0;
	n = br_sslio_read(&tls->io, data, size);
	if (n > 0)
		return n;
	if (!errno)
		errno = ECONNRESET;
	return -1;
}

/* ---- pins -----------------------------------------------------------------
 */

static void on_der(void *arg, const void *data, size_t len)
{
	br_sha256_update(arg, data, len);
}

bool tls_pin_of_pem(const char *pem, size_t len, char ret[DIGEST_HEX_SIZE])
{
	unsigned char digest[br_sha256_SIZE];
	br_pem_decoder_context decoder;
	br_sha256_context hash;
	bool is_certificate = false;

	br_pem_decoder_init(&decoder);
	while (len) {
		size_t n = br_pem_decoder_push(&decoder, pem, len);

		pem += n;
		len -= n;
		switch (br_pem_decoder_event(&decoder)) {
		case BR_PEM_BEGIN_OBJ:
			is_certificate = !strcmp(br_pem_decoder_name(&decoder),
						 "CERTIFICATE");
			br_sha256_init(&hash);
			br_pem_decoder_setdest(&decoder,
					       is_certificate ? on_der : NULL,
					       &hash);
			break;
		case BR_PEM_END_OBJ:
			if (!is_certificate)
				break;
			br_sha256_out(&hash, digest);
			digest_hex(digest, ret);
			return true;
		case BR_PEM_ERROR:
			return false;
		}
	}
	return false;
}
