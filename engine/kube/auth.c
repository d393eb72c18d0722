/* SPDX-License-Identifier: MIT */
/*
 * Who we are, as of now.
 *
 * Every request asks anew, so applying must be cheap: files are looked at with
 * stat, at most once a second; tokens are read at most once a minute; the
 * plugin's answer is kept until it expires.  Whatever cannot be read again is
 * kept as it was: the server will say when it is no longer good.
 */
#include "engine/kube/auth_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <stdlib.h>
#include <string.h>

const struct kube_auth_times kube_auth_times_usual = {
	.token_ns = 60 * NS_PER_S,
	.files_ns = NS_PER_S,
	.refused_ns = 2 * NS_PER_S,
	.retry_ns = NS_PER_S,
	.retry_max_ns = 30 * NS_PER_S,
	.plugin_timeout_ms = 60000,
	.plugin_grace_ms = 3000,
};

/* What stands in the kubeconfig itself cannot get better by waiting. */
static bool check_inline(struct kube_auth *auth, struct error *err)
{
	const struct kube_config *config = auth->config;

	if (config->ca_data && !kube_tls_check_ca(config->ca_data, err))
		return error_prefix(err, "certificate-authority-data");
	if (config->cert_data && config->key_data &&
	    !kube_tls_check_pair(config->cert_data, config->key_data,
				 &auth->cert_expires_ns, err))
		return error_prefix(err, "client-certificate-data");
	if (config->exec && auth->is_https &&
	    config->exec->interactive == KUBE_INTERACTIVE_ALWAYS)
		return error_set(err, ERROR_INVALID,
				 "the credential plugin insists on a terminal "
				 "(interactiveMode Always), which it cannot "
				 "have here: log in beforehand and use "
				 "IfAvailable, or a token");
	return true;
}

static void take_config(struct kube_auth *auth)
{
	const struct kube_config *config = auth->config;

	auth->ca.path = config->ca_file;
	auth->ca.text = xstrdup_or_null(config->ca_data);
	if ((config->cert_file || config->cert_data) &&
	    (config->key_file || config->key_data)) {
		auth->cert.path = config->cert_file;
		auth->cert.text = xstrdup_or_null(config->cert_data);
		auth->key.path = config->key_file;
		auth->key.text = xstrdup_or_null(config->key_data);
	}
	/* with a tokenFile this is what there is until that has been read */
	auth->token = xstrdup_or_null(config->token);
	if (auth->token)
		auth->token_expires_ns = kube_token_expires_ns(auth->token);
}

bool kube_auth_open_with(const struct kube_auth_options *options,
			 const struct kube_auth_times *times,
			 struct kube_auth **ret, struct error *err)
{
	struct kube_auth *auth = xcalloc(1, sizeof(*auth));

	auth->loop = options->loop;
	auth->config = options->config;
	auth->ready = options->ready;
	auth->arg = options->arg;
	auth->times = *times;
	take_config(auth);
	if (!kube_tls_route(auth, err) || !check_inline(auth, err)) {
		kube_auth_close(auth);
		return false;
	}
	*ret = auth;
	return true;
}

bool kube_auth_open(const struct kube_auth_options *options,
		    struct kube_auth **ret, struct error *err)
{
	return kube_auth_open_with(options, &kube_auth_times_usual, ret, err);
}

void kube_auth_close(struct kube_auth *auth)
{
	if (!auth)
		return;
	kube_plugin_stop(auth->exec.plugin);
	kube_credential_release(&auth->exec.credential);
	free(auth->ca.text);
	free(auth->cert.text);
	secret_free(auth->key.text);
	secret_free(auth->token);
	free(auth->base_url);
	free(auth->host);
	curl_slist_free_all(auth->connect_to);
	free(auth);
}

enum kube_auth_outcome kube_auth_apply(struct kube_auth *auth, CURL *easy,
				       struct curl_slist **headers,
				       struct error *err)
{
	if (auth->is_https) {
		if (!kube_auth_refresh_files(auth, err) ||
		    !kube_auth_refresh_token(auth, err))
			return KUBE_AUTH_FAILED;
		if (auth->config->exec) {
			enum kube_auth_outcome outcome =
				kube_auth_refresh_exec(auth, err);

			if (outcome != KUBE_AUTH_READY)
				return outcome;
		}
	}
	if (!kube_tls_apply(auth, easy, err) ||
	    !kube_auth_add_headers(auth, headers, err))
		return KUBE_AUTH_FAILED;
	return KUBE_AUTH_READY;
}

const char *kube_auth_base_url(const struct kube_auth *auth)
{
	return auth->base_url;
}

unsigned int kube_auth_generation(const struct kube_auth *auth)
{
	return auth->generation;
}

void kube_auth_refused(struct kube_auth *auth)
{
	auth->files_seen_ns = 0;
	auth->token_read_ns = 0;
	kube_auth_refuse_exec(auth);
}

const char *kube_auth_cert(const struct kube_auth *auth)
{
	return auth->exec.credential.cert ? auth->exec.credential.cert
					  : auth->cert.text;
}

const char *kube_auth_key(const struct kube_auth *auth)
{
	return auth->exec.credential.cert ? auth->exec.credential.key
					  : auth->key.text;
}

int64_t kube_auth_expires_ns(const struct kube_auth *auth)
{
	int64_t times[] = {auth->exec.credential.expires_ns,
			   auth->token_expires_ns, auth->cert_expires_ns};
	int64_t first = 0;

	for (size_t i = 0; i < COUNT_OF(times); i++)
		if (times[i] && (!first || times[i] < first))
			first = times[i];
	return first;
}
