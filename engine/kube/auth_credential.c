/* SPDX-License-Identifier: MIT */
/*
 * What credential plugins are told, and what they answer: ExecCredential.
 *
 * The answer is a secret as a whole, so complaints say what is wrong with it
 * and quote nothing; it is wiped together with the tree it was parsed into.
 */
#include "engine/kube/auth_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/config_private.h"
#include "engine/kube/secret.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

void kube_credential_release(struct kube_credential *credential)
{
	secret_free(credential->token);
	secret_free(credential->cert);
	secret_free(credential->key);
	*credential = (struct kube_credential){0};
}

/* Depth is bounded by the parser's own limit. */
static void wipe(cJSON *item)
{
	for (; item; item = item->next) {
		if (item->valuestring)
			explicit_bzero(item->valuestring,
				       strlen(item->valuestring));
		wipe(item->child);
	}
}

/* --- the answer -------------------------------------------------------------
 */

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) && *item->valuestring ? item->valuestring
							  : NULL;
}

static bool check_kind(const struct kube_exec *exec, const cJSON *answer,
		       struct error *err)
{
	const char *kind = text_of(answer, "kind");
	const char *version = text_of(answer, "apiVersion");

	if (!kind || strcmp(kind, "ExecCredential"))
		return error_set(err, ERROR_INVALID,
				 "its answer is no ExecCredential");
	if (!version || strcmp(version, exec->api_version))
		return error_set(err, ERROR_INVALID,
				 "its answer is not of apiVersion %s, which "
				 "the kubeconfig asks for",
				 exec->api_version);
	return true;
}

static bool check_expiry(const cJSON *status, int64_t *ret, struct error *err)
{
	const cJSON *item =
		cJSON_GetObjectItemCaseSensitive(status, "expirationTimestamp");

	*ret = 0;
	if (!item || cJSON_IsNull(item))
		return true;
	if (cJSON_IsString(item) && clock_parse_iso(item->valuestring, ret))
		return true;
	return error_set(err, ERROR_INVALID,
			 "its answer's expirationTimestamp is no time");
}

static bool take_status(const cJSON *status, struct kube_credential *ret,
			struct error *err)
{
	const char *token = text_of(status, "token");
	const char *cert = text_of(status, "clientCertificateData");
	const char *key = text_of(status, "clientKeyData");

	if (!cJSON_IsObject(status))
		return error_set(err, ERROR_INVALID,
				 "its answer has no status");
	if (!token && !cert && !key)
		return error_set(err, ERROR_INVALID,
				 "its answer holds neither a token nor a "
				 "certificate");
	if (!cert != !key)
		return error_set(err, ERROR_INVALID,
				 "its answer holds a certificate without key, "
				 "or the other way round");
	if (token &&
	    (strlen(token) > KUBE_TOKEN_MAX || !kube_is_header_safe(token)))
		return error_set(err, ERROR_INVALID,
				 "its token cannot be sent: it is too long, "
				 "or holds a line break");
	if (!check_expiry(status, &ret->expires_ns, err))
		return false;
	ret->token = xstrdup_or_null(token);
	ret->cert = xstrdup_or_null(cert);
	ret->key = xstrdup_or_null(key);
	return true;
}

bool kube_credential_read(const struct kube_exec *exec, const char *output,
			  size_t len, struct kube_credential *ret,
			  struct error *err)
{
	struct kube_credential credential = {0};
	cJSON *answer;
	bool ok;

	if (strlen(output) != len)
		return error_set(err, ERROR_INVALID, "its answer is no text");
	/* the NUL counts: nothing may follow the object */
	answer = cJSON_ParseWithLengthOpts(output, len + 1, NULL, true);
	if (!answer)
		return error_set(err, ERROR_INVALID, "its answer is no JSON");
	ok = check_kind(exec, answer, err) &&
	     take_status(cJSON_GetObjectItemCaseSensitive(answer, "status"),
			 &credential, err);
	wipe(answer);
	cJSON_Delete(answer);
	if (ok)
		*ret = credential;
	return ok;
}

/* --- the request ------------------------------------------------------------
 */

static cJSON *build_cluster(const struct kube_config *config, const char *ca)
{
	cJSON *cluster = cJSON_CreateObject();
	struct strbuf data = STRBUF_INIT;

	cJSON_AddStringToObject(cluster, "server", config->server);
	if (config->tls_server_name)
		cJSON_AddStringToObject(cluster, "tls-server-name",
					config->tls_server_name);
	if (config->skip_tls_verify)
		cJSON_AddTrueToObject(cluster, "insecure-skip-tls-verify");
	if (ca) {
		secret_add_base64(&data, ca, strlen(ca));
		cJSON_AddStringToObject(cluster, "certificate-authority-data",
					data.data);
	}
	if (config->proxy_url)
		cJSON_AddStringToObject(cluster, "proxy-url",
					config->proxy_url);
	if (config->disable_compression)
		cJSON_AddTrueToObject(cluster, "disable-compression");
	if (config->exec_cluster_config)
		cJSON_AddRawToObject(cluster, "config",
				     config->exec_cluster_config);
	strbuf_release(&data);
	return cluster;
}

char *kube_credential_request(const struct kube_config *config, const char *ca,
			      bool was_refused)
{
	const struct kube_exec *exec = config->exec;
	bool is_alpha = strstr(exec->api_version, "/v1alpha1") != NULL;
	cJSON *request = cJSON_CreateObject();
	cJSON *spec = cJSON_AddObjectToObject(request, "spec");
	char *printed, *text;

	cJSON_AddStringToObject(request, "apiVersion", exec->api_version);
	cJSON_AddStringToObject(request, "kind", "ExecCredential");
	cJSON_AddFalseToObject(spec, "interactive");
	/* what only the first version knows, and what it does not */
	if (is_alpha && was_refused)
		cJSON_AddNumberToObject(
			cJSON_AddObjectToObject(spec, "response"), "code", 401);
	if (!is_alpha && exec->provide_cluster_info)
		cJSON_AddItemToObject(spec, "cluster",
				      build_cluster(config, ca));
	printed = cJSON_PrintUnformatted(request);
	text = xstrdup(printed ? printed : "{}");
	cJSON_free(printed);
	cJSON_Delete(request);
	return text;
}

/* --- tokens -----------------------------------------------------------------
 */

int64_t kube_token_expires_ns(const char *token)
{
	const char *claims = strchr(token, '.');
	size_t len = claims ? strcspn(claims + 1, ".") : 0;
	struct strbuf text = STRBUF_INIT;
	int64_t expires_ns = 0;
	cJSON *tree = NULL;
	double exp;

	if (claims && claims[1 + len] == '.' &&
	    secret_decode_base64url(claims + 1, len, &text))
		tree = cJSON_ParseWithLength(text.data, text.len);
	exp = cJSON_GetNumberValue(
		cJSON_GetObjectItemCaseSensitive(tree, "exp"));
	if (exp > 0 && exp < (double)(INT64_MAX / NS_PER_S)) /* false for NaN */
		expires_ns = (int64_t)exp * NS_PER_S;
	wipe(tree);
	cJSON_Delete(tree);
	secret_release(&text);
	return expires_ns;
}
