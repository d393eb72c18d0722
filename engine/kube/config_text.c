/* SPDX-License-Identifier: MIT */
/* A configuration in words, and its end. */
#include "engine/kube/config_private.h"

#include "base/mem.h"
#include "engine/kube/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kube_config_warn(struct kube_config *config, const char *format, ...)
{
	char text[512];
	char *all;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	all = xasprintf("%s%s\n", config->warnings ? config->warnings : "",
			text);
	free(config->warnings);
	config->warnings = all;
}

static const char *credential_name(const struct kube_config *config)
{
	if (config->exec)
		return "exec plugin";
	if (config->token_file)
		return "token file";
	if (config->token)
		return "token";
	if (config->username)
		return "password";
	if (config->cert_file || config->cert_data)
		return "client certificate";
	return "no credentials";
}

void kube_config_describe(const struct kube_config *config, struct strbuf *out)
{
	if (config->is_in_cluster)
		strbuf_adds(out, "this pod's service account");
	else
		strbuf_addf(out, "context %s of %s",
			    kube_word(config->context).text,
			    kube_word(config->file).text);
	strbuf_addf(out, ": %s", kube_word(config->server).text);
	if (!config->is_in_cluster)
		strbuf_addf(
			out, " as %s (%s)",
			kube_word(config->user ? config->user : "nobody").text,
			credential_name(config));
	if (config->as)
		strbuf_addf(out, " for %s", kube_word(config->as).text);
	strbuf_addf(out, ", namespace %s", kube_word(config->namespace).text);
	if (config->skip_tls_verify)
		strbuf_adds(out, ", the server's certificate unchecked");
}

void kube_config_free(struct kube_config *config)
{
	if (!config)
		return;
	free(config->file);
	free(config->context);
	free(config->cluster);
	free(config->user);
	free(config->namespace);
	free(config->server);
	free(config->tls_server_name);
	free(config->ca_file);
	free(config->ca_data);
	secret_free(config->proxy_url);
	free(config->exec_cluster_config);
	free(config->cert_file);
	free(config->key_file);
	free(config->cert_data);
	secret_free(config->key_data);
	secret_free(config->token);
	free(config->token_file);
	free(config->username);
	secret_free(config->password);
	kube_exec_free(config->exec);
	free(config->as);
	free(config->as_uid);
	secret_list_free(config->as_groups);
	for (size_t i = 0; config->as_extra && i < config->as_extra_count;
	     i++) {
		free(config->as_extra[i].key);
		secret_list_free(config->as_extra[i].values);
	}
	free(config->as_extra);
	free(config->warnings);
	free(config);
}
