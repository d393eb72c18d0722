/* SPDX-License-Identifier: MIT */
/* The user stanza: who we are, and which ways of saying so exclude each
 * other. */
#include "engine/kube/config_private.h"

#include "base/mem.h"
#include "engine/kube/secret.h"

#include <stdlib.h>
#include <string.h>

/* Ways of old that client-go has given up, or that need a browser. */
static const struct {
	const char *name, *instead;
} providers[] = {
	{"gcp", "use the exec plugin gke-gcloud-auth-plugin (gcloud container "
		"clusters get-credentials writes it)"},
	{"azure", "use the exec plugin kubelogin (kubelogin convert-kubeconfig "
		  "writes it)"},
	{"oidc", "use an exec plugin such as kubectl oidc-login (kubelogin "
		 "get-token), or a tokenFile"},
	{"openstack", "use the exec plugin client-keystone-auth"},
};

static bool refuse_provider(const struct kube_stanza *user, struct error *err)
{
	struct kube_stanza provider;
	char *name = NULL;
	const char *instead = "use an exec plugin, a token or a certificate";
	bool ok;

	if (!kube_take_stanza(user, "auth-provider", "auth-provider.",
			      &provider, err))
		return false;
	if (!provider.node)
		return true;
	ok = kube_take_text(&provider, "name", &name, err);
	for (size_t i = 0; name && i < COUNT_OF(providers); i++)
		if (!strcmp(providers[i].name, name))
			instead = providers[i].instead;
	if (ok)
		kube_stanza_fail(user, err,
				 "auth-provider \"%s\" is not supported: %s",
				 kube_word(name ? name : "").text, instead);
	free(name);
	return false;
}

static bool take_extra(const struct kube_stanza *user,
		       struct kube_config *config, struct error *err)
{
	struct kube_stanza extra;
	size_t count;

	if (!kube_take_stanza(user, "as-user-extra", "as-user-extra.", &extra,
			      err))
		return false;
	count = extra.node ? extra.node->count : 0;
	if (count > KUBE_LIST_MAX)
		return kube_stanza_fail(user, err,
					"as-user-extra has more than %d "
					"entries",
					KUBE_LIST_MAX);
	config->as_extra = xcalloc(count + 1, sizeof(*config->as_extra));
	for (size_t i = 0; i < count; i++) {
		const struct node_entry *entry = &extra.node->entries[i];
		struct kube_extra *item =
			&config->as_extra[config->as_extra_count];

		if (!*entry->key)
			return kube_stanza_fail(user, err,
						"as-user-extra has an empty "
						"key");
		if (!kube_take_list_node(&extra, kube_word(entry->key).text,
					 entry->value, &item->values, err))
			return false;
		if (!item->values)
			continue;
		item->key = xstrdup(entry->key);
		config->as_extra_count++;
	}
	return true;
}

static bool check_list(const struct kube_stanza *user, const char *what,
		       char *const *list, struct error *err)
{
	for (; list && *list; list++)
		if (!kube_is_header_safe(*list))
			return kube_stanza_fail(user, err,
						"%s holds a line break or "
						"another control character",
						what);
	return true;
}

static bool take_impersonation(const struct kube_stanza *user,
			       struct kube_config *config, struct error *err)
{
	if (!kube_take_line(user, "as", &config->as, err) ||
	    !kube_take_line(user, "as-uid", &config->as_uid, err) ||
	    !kube_take_list(user, "as-groups", &config->as_groups, err) ||
	    !check_list(user, "as-groups", config->as_groups, err) ||
	    !take_extra(user, config, err))
		return false;
	for (size_t i = 0; i < config->as_extra_count; i++)
		if (!check_list(user, "as-user-extra",
				config->as_extra[i].values, err))
			return false;
	if (!config->as &&
	    (config->as_uid || config->as_groups || config->as_extra_count))
		return kube_stanza_fail(user, err,
					"as-uid, as-groups and as-user-extra "
					"need as: whom to act for");
	return true;
}

/* What is both in the stanza and in a file is taken from the stanza. */
static void prefer_data(const struct kube_stanza *user, const char *what,
			char **file, const char *data,
			struct kube_config *config)
{
	if (!*file || !data)
		return;
	kube_config_warn(config, "user \"%s\": %s-data is used, %s is not",
			 kube_word(user->name).text, what, what);
	free(*file);
	*file = NULL;
}

static bool take_certificate(const struct kube_stanza *user,
			     struct kube_config *config, struct error *err)
{
	if (!kube_take_path(user, "client-certificate", &config->cert_file,
			    err) ||
	    !kube_take_path(user, "client-key", &config->key_file, err) ||
	    !kube_take_pem(user, "client-certificate-data", &config->cert_data,
			   err) ||
	    !kube_take_pem(user, "client-key-data", &config->key_data, err))
		return false;
	prefer_data(user, "client-certificate", &config->cert_file,
		    config->cert_data, config);
	prefer_data(user, "client-key", &config->key_file, config->key_data,
		    config);
	if ((config->cert_file || config->cert_data) && !config->key_file &&
	    !config->key_data)
		return kube_stanza_fail(user, err,
					"a client-certificate without its "
					"client-key");
	if ((config->key_file || config->key_data) && !config->cert_file &&
	    !config->cert_data)
		kube_config_warn(config,
				 "user \"%s\": client-key without "
				 "client-certificate is of no use",
				 kube_word(user->name).text);
	return true;
}

static bool take_exec(const struct kube_stanza *user,
		      struct kube_config *config, struct error *err)
{
	struct kube_stanza exec;

	if (!kube_take_stanza(user, "exec", "exec.", &exec, err))
		return false;
	if (!exec.node)
		return true;
	if (!kube_config_take_exec(&exec, user->file->folder, &config->exec,
				   err))
		return false;
	/* kubectl does the same: what is there need not be asked for */
	if (config->token || config->token_file || config->username ||
	    config->cert_file || config->cert_data) {
		kube_config_warn(config,
				 "user \"%s\": exec is not used, since there "
				 "is another credential",
				 kube_word(user->name).text);
		kube_exec_free(config->exec);
		config->exec = NULL;
	}
	return true;
}

bool kube_config_take_user(const struct kube_stanza *user,
			   struct kube_config *config, struct error *err)
{
	if (!refuse_provider(user, err) ||
	    !take_certificate(user, config, err) ||
	    !kube_take_line(user, "token", &config->token, err) ||
	    !kube_take_path(user, "tokenFile", &config->token_file, err) ||
	    !kube_take_text(user, "username", &config->username, err) ||
	    !kube_take_text(user, "password", &config->password, err) ||
	    !take_impersonation(user, config, err))
		return false;
	if ((config->token || config->token_file) &&
	    (config->username || config->password))
		return kube_stanza_fail(user, err,
					"a token and a user name with "
					"password: only one can be sent");
	if (config->password && !config->username)
		return kube_stanza_fail(user, err,
					"a password without username");
	if (config->username && strchr(config->username, ':'))
		return kube_stanza_fail(user, err,
					"username has a colon, which HTTP "
					"cannot send");
	return take_exec(user, config, err);
}
