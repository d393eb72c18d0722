/* SPDX-License-Identifier: MIT */
/*
 * TLS towards the API server: whom we believe, and how we prove ourselves.
 *
 * Certificates are looked at here before curl gets them, because curl can say
 * no more than "bad file", and because a key with a passphrase would make
 * OpenSSL ask for it on the terminal that belongs to curses.
 */
#include "engine/kube/auth_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* --- looking at PEM ---------------------------------------------------------
 */

/* Stands in for the question for a passphrase. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *arg)
{
	(void)buffer, (void)size, (void)is_writing;
	*(bool *)arg = true;
	return -1;
}

static BIO *open_pem(const char *pem)
{
	return BIO_new_mem_buf(pem, (int)strlen(pem));
}

bool kube_tls_check_ca(const char *pem, struct error *err)
{
	bool was_asked = false;
	BIO *bio = open_pem(pem);
	size_t count = 0;
	X509 *cert;
	bool at_end;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, refuse_passphrase,
						&was_asked))) {
		X509_free(cert);
		count++;
	}
	at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(bio);
	if (!at_end)
		return error_set(err, ERROR_INVALID,
				 "a certificate in it cannot be read");
	if (!count)
		return error_set(err, ERROR_INVALID, "no certificate is in it");
	return true;
}

static EVP_PKEY *read_key(const char *pem, struct error *err)
{
	bool was_asked = false;
	BIO *bio = open_pem(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(
				      bio, NULL, refuse_passphrase, &was_asked)
			    : NULL;

	BIO_free(bio);
	if (key)
		return key;
	if (was_asked)
		error_set(err, ERROR_INVALID,
			  "its key has a passphrase, and nobody is asked for "
			  "it here");
	else
		error_set(err, ERROR_INVALID, "its key cannot be read");
	return NULL;
}

static int64_t end_of(const X509 *cert)
{
	struct tm tm;
	time_t at;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return 0;
	at = timegm(&tm);
	return at < INT64_MAX / NS_PER_S ? (int64_t)at * NS_PER_S : INT64_MAX;
}

static bool check_loaded(X509 *cert, const char *key_pem,
			 int64_t *ret_expires_ns, struct error *err)
{
	EVP_PKEY *key = read_key(key_pem, err);
	bool ok;

	if (!key)
		return false;
	ok = X509_check_private_key(cert, key) == 1 ||
	     error_set(err, ERROR_INVALID,
		       "its key is that of another certificate");
	if (ok)
		*ret_expires_ns = end_of(cert);
	EVP_PKEY_free(key);
	return ok;
}

bool kube_tls_check_pair(const char *cert_pem, const char *key_pem,
			 int64_t *ret_expires_ns, struct error *err)
{
	bool was_asked = false;
	BIO *bio = open_pem(cert_pem);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, refuse_passphrase,
					     &was_asked)
			 : NULL;
	bool ok = cert ? check_loaded(cert, key_pem, ret_expires_ns, err)
		       : error_set(err, ERROR_INVALID,
				   "the certificate cannot be read");

	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

/* --- the way there ----------------------------------------------------------
 */

static bool is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) ||
	       !strcmp(host, "[::1]");
}

/* With tls-server-name the URL has that name, so that SNI and verification
 * take it, and the connection goes where the server is. */
static void reroute(struct kube_auth *auth, CURLU *url, const char *host)
{
	const char *name = auth->config->tls_server_name;
	bool is_bare_ipv6 = strchr(name, ':') && name[0] != '[';
	char *authority = xasprintf("%s%s%s", is_bare_ipv6 ? "[" : "", name,
				    is_bare_ipv6 ? "]" : "");
	char *port = NULL, *explicit = NULL, *whole = NULL, *route;

	curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	curl_url_get(url, CURLUPART_PORT, &explicit, 0);
	if (!curl_url_set(url, CURLUPART_HOST, authority, 0) &&
	    !curl_url_get(url, CURLUPART_URL, &whole, 0)) {
		size_t len = strlen(whole);

		if (len && whole[len - 1] == '/')
			len--;
		free(auth->base_url);
		auth->base_url = xstrndup(whole, len);
		route = xasprintf("%s:%s:%s:%s", authority, port, host, port);
		auth->connect_to = curl_slist_append(NULL, route);
		auth->host = explicit ? xasprintf("%s:%s", host, explicit)
				      : xstrdup(host);
		free(route);
	}
	curl_free(port);
	curl_free(explicit);
	curl_free(whole);
	free(authority);
}

bool kube_tls_route(struct kube_auth *auth, struct error *err)
{
	const struct kube_config *config = auth->config;
	CURLU *url = curl_url();
	char *host = NULL;
	bool ok = url && !curl_url_set(url, CURLUPART_URL, config->server, 0) &&
		  !curl_url_get(url, CURLUPART_HOST, &host, 0);

	auth->base_url = xstrdup(config->server);
	auth->is_https = !strncmp(config->server, "https://", 8);
	if (ok) {
		auth->is_loopback = is_loopback(host);
		if (auth->is_https && config->tls_server_name &&
		    strcasecmp(host, config->tls_server_name)) {
			reroute(auth, url, host);
			ok = auth->connect_to != NULL;
		}
	}
	if (!ok)
		error_set(err, ERROR_INVALID,
			  "server and tls-server-name make no URL");
	curl_free(host);
	curl_url_cleanup(url);
	return ok;
}

/* --- the handle -------------------------------------------------------------
 */

static CURLcode set_text_blob(CURL *easy, CURLoption option, const char *text)
{
	/* curl copies; it takes the data as not const all the same */
	union {
		const char *given;
		void *taken;
	} data = {text};
	struct curl_blob blob = {data.taken, strlen(text), CURL_BLOB_COPY};

	return curl_easy_setopt(easy, option, &blob);
}

/* The given authorities are the only ones: neither the system's file nor its
 * folder of certificates counts beside them. */
static CURLcode set_authorities(const struct kube_auth *auth, CURL *easy)
{
	bool is_checked = !auth->config->skip_tls_verify;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
					is_checked ? 1L : 0L);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
					is_checked ? 2L : 0L);
	if (code || !auth->ca.text)
		return code;
	code = curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (!code)
		code = set_text_blob(easy, CURLOPT_CAINFO_BLOB, auth->ca.text);
	return code;
}

static CURLcode set_certificate(const struct kube_auth *auth, CURL *easy)
{
	CURLcode code;

	if (!kube_auth_cert(auth) || !kube_auth_key(auth))
		return CURLE_OK;
	code = curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
	if (!code)
		code = set_text_blob(easy, CURLOPT_SSLCERT_BLOB,
				     kube_auth_cert(auth));
	if (!code)
		code = set_text_blob(easy, CURLOPT_SSLKEY_BLOB,
				     kube_auth_key(auth));
	return code;
}

/* As kubectl: a proxy-url counts whatever the environment says, and without
 * one the environment's proxies do, but never for this machine itself. */
static CURLcode set_proxy(const struct kube_auth *auth, CURL *easy)
{
	const char *proxy = auth->config->proxy_url;
	char *remote = NULL;
	CURLcode code;

	if (!proxy)
		return auth->is_loopback
			       ? curl_easy_setopt(easy, CURLOPT_PROXY, "")
			       : CURLE_OK;
	/* names are resolved by the proxy, which is what socks5 means there */
	if (!strncmp(proxy, "socks5://", 9))
		proxy = remote = xasprintf("socks5h://%s", proxy + 9);
	code = curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	if (remote)
		explicit_bzero(remote, strlen(remote));
	free(remote);
	return code;
}

bool kube_tls_apply(const struct kube_auth *auth, CURL *easy, struct error *err)
{
	CURLcode code = set_proxy(auth, easy);

	if (!code)
		code = curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION,
					(long)CURL_SSLVERSION_TLSv1_2);
	if (!code && auth->is_https)
		code = set_authorities(auth, easy);
	if (!code && auth->is_https)
		code = set_certificate(auth, easy);
	if (!code && auth->connect_to)
		code = curl_easy_setopt(easy, CURLOPT_CONNECT_TO,
					auth->connect_to);
	return !code || error_set(err, ERROR_SYSTEM, "set up TLS: %s",
				  curl_easy_strerror(code));
}
