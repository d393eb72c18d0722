/* SPDX-License-Identifier: MIT */
/* The cluster stanza: where the server is, and how it proves itself. */
#include "engine/kube/config_private.h"

#include "base/mem.h"
#include "engine/kube/secret.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define EXEC_EXTENSION "client.authentication.k8s.io/exec"
#define HOST_MAX 253

/* --- URLs -------------------------------------------------------------------
 */

static bool has_part(CURLU *url, CURLUPart what)
{
	char *text = NULL;
	bool has = !curl_url_get(url, what, &text, 0) && *text;

	if (text)
		explicit_bzero(text, strlen(text));
	curl_free(text);
	return has;
}

/* The scheme if it is one of list ("http https"), else NULL. */
static bool is_scheme(CURLU *url, const char *const *list)
{
	char *scheme = NULL;
	bool is = false;

	if (!curl_url_get(url, CURLUPART_SCHEME, &scheme, 0))
		for (; *list && !is; list++)
			is = !strcmp(*list, scheme);
	curl_free(scheme);
	return is;
}

/* Parse; text without a scheme gets one in front. */
static CURLU *parse_url(const char *text, const char *scheme)
{
	char *whole = strstr(text, "://") ? xstrdup(text)
					  : xasprintf("%s%s", scheme, text);
	CURLU *url = curl_url();

	if (!url ||
	    curl_url_set(url, CURLUPART_URL, whole, CURLU_NON_SUPPORT_SCHEME)) {
		curl_url_cleanup(url);
		url = NULL;
	}
	secret_free(whole);
	return url;
}

static bool set_server(CURLU *url, char **ret, struct error *err)
{
	static const char *const schemes[] = {"http", "https", NULL};
	char *text = NULL;
	size_t len;

	if (!is_scheme(url, schemes))
		return error_set(err, ERROR_INVALID,
				 "server is neither http nor https");
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		return error_set(err, ERROR_INVALID,
				 "server holds a user name or password: they "
				 "belong to the user, not into the URL");
	curl_url_set(url, CURLUPART_QUERY, NULL, 0);
	curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(url, CURLUPART_URL, &text, 0))
		return error_set(err, ERROR_INVALID, "server is no URL");
	for (len = strlen(text); len && text[len - 1] == '/'; len--)
		;
	*ret = xstrndup(text, len);
	curl_free(text);
	return true;
}

bool kube_server_url(const char *text, bool is_tls_default, char **ret,
		     struct error *err)
{
	CURLU *url = parse_url(text, is_tls_default ? "https://" : "http://");
	bool ok;

	if (!url)
		return error_set(err, ERROR_INVALID, "server is no URL");
	ok = set_server(url, ret, err);
	curl_url_cleanup(url);
	return ok;
}

static bool check_proxy(const struct kube_stanza *cluster, const char *text,
			struct error *err)
{
	static const char *const schemes[] = {"http", "https", "socks5",
					      "socks5h", NULL};
	CURLU *url = strstr(text, "://") ? parse_url(text, "") : NULL;
	bool ok = url && is_scheme(url, schemes);

	curl_url_cleanup(url);
	return ok || kube_stanza_fail(cluster, err,
				      "proxy-url is no http, https or socks5 "
				      "URL");
}

/* A host name or address; brackets are ours to put. */
static bool check_server_name(const struct kube_stanza *cluster,
			      const char *name, struct error *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789"
				      "-._:";
	size_t len = strlen(name);

	return (len <= HOST_MAX && strspn(name, allowed) == len) ||
	       kube_stanza_fail(cluster, err,
				"tls-server-name is no host name");
}

/* --- the stanza -------------------------------------------------------------
 */

/* What exec plugins are told about this cluster, as JSON. */
static bool take_extension(const struct kube_stanza *cluster,
			   struct kube_config *config, struct error *err)
{
	const struct node_entry *entry = node_find(cluster->node, "extensions");
	const struct node *list = entry ? entry->value : NULL, *bad;
	struct strbuf json = STRBUF_INIT;

	if (!list || list->kind != NODE_SEQUENCE)
		return true;
	for (size_t i = 0; i < list->count; i++) {
		const struct node_entry *name, *value;

		name = node_find(list->items[i], "name");
		value = node_find(list->items[i], "extension");
		if (!name || !value || name->value->kind != NODE_STRING ||
		    strcmp(name->value->text, EXEC_EXTENSION))
			continue;
		if (!node_add_json(&json, value->value, &bad)) {
			strbuf_release(&json);
			return kube_stanza_fail(cluster, err,
						"the extension for exec "
						"plugins has a number that "
						"JSON cannot write");
		}
		config->exec_cluster_config = strbuf_detach(&json);
		return true;
	}
	return true;
}

static bool take_fields(const struct kube_stanza *cluster, char **ret_server,
			struct kube_config *config, struct error *err)
{
	return kube_take_text(cluster, "server", ret_server, err) &&
	       kube_take_text(cluster, "tls-server-name",
			      &config->tls_server_name, err) &&
	       kube_take_bool(cluster, "insecure-skip-tls-verify",
			      &config->skip_tls_verify, err) &&
	       kube_take_path(cluster, "certificate-authority",
			      &config->ca_file, err) &&
	       kube_take_pem(cluster, "certificate-authority-data",
			     &config->ca_data, err) &&
	       kube_take_text(cluster, "proxy-url", &config->proxy_url, err) &&
	       kube_take_bool(cluster, "disable-compression",
			      &config->disable_compression, err) &&
	       take_extension(cluster, config, err);
}

static bool check_fields(const struct kube_stanza *cluster, const char *server,
			 const struct kube_config *config, struct error *err)
{
	if (!server)
		return kube_stanza_fail(cluster, err, "it has no server");
	if (config->ca_file && config->ca_data)
		return kube_stanza_fail(cluster, err,
					"certificate-authority and "
					"certificate-authority-data are both "
					"set: which is meant?");
	if (config->skip_tls_verify && (config->ca_file || config->ca_data))
		return kube_stanza_fail(cluster, err,
					"insecure-skip-tls-verify and a "
					"certificate authority exclude each "
					"other");
	if (config->proxy_url && !check_proxy(cluster, config->proxy_url, err))
		return false;
	return !config->tls_server_name ||
	       check_server_name(cluster, config->tls_server_name, err);
}

bool kube_config_take_cluster(const struct kube_stanza *cluster,
			      bool has_client_certificate,
			      struct kube_config *config, struct error *err)
{
	struct error why;
	char *server = NULL;
	bool ok = take_fields(cluster, &server, config, err) &&
		  check_fields(cluster, server, config, err);

	if (ok && !kube_server_url(server,
				   config->ca_file || config->ca_data ||
					   config->skip_tls_verify ||
					   has_client_certificate,
				   &config->server, &why))
		ok = kube_stanza_fail(cluster, err, "%s", why.text);
	secret_free(server);
	return ok;
}
