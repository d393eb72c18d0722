/* SPDX-License-Identifier: MIT */
/*
 * Credentials as headers.  One door: whatever goes into a header passes
 * add_header, which lets no line break through, wherever it came from.
 */
#include "engine/kube/auth_private.h"

#include "base/mem.h"
#include "engine/kube/config_private.h"
#include "engine/kube/secret.h"

#include <stdlib.h>
#include <string.h>

static bool add_header(struct curl_slist **headers, const char *name,
		       const char *value, struct error *err)
{
	struct curl_slist *longer;
	char *line;

	if (!kube_is_header_safe(value))
		return error_set(err, ERROR_INVALID,
				 "header %s: its value holds a line break or "
				 "another control character",
				 kube_word(name).text);
	if (strlen(value) > 2 * KUBE_TOKEN_MAX)
		return error_set(err, ERROR_LIMIT, "header %s is too long",
				 kube_word(name).text);
	/* curl takes "Name:" for "no such header", "Name;" for an empty one */
	line = *value ? xasprintf("%s: %s", name, value)
		      : xasprintf("%s;", name);
	longer = curl_slist_append(*headers, line);
	secret_free(line);
	if (!longer)
		return error_set(err, ERROR_LIMIT, "out of memory");
	*headers = longer;
	return true;
}

static bool add_bearer(struct curl_slist **headers, const char *token,
		       struct error *err)
{
	char *value = xasprintf("Bearer %s", token);
	bool ok = add_header(headers, "Authorization", value, err);

	secret_free(value);
	return ok;
}

/* RFC 7617. */
static bool add_basic(struct curl_slist **headers, const char *username,
		      const char *password, struct error *err)
{
	char *pair = xasprintf("%s:%s", username, password ? password : "");
	struct strbuf value = STRBUF_INIT;
	bool ok;

	strbuf_reserve(&value, 16 + 2 * strlen(pair));
	strbuf_adds(&value, "Basic ");
	secret_add_base64(&value, pair, strlen(pair));
	ok = add_header(headers, "Authorization", value.data, err);
	secret_release(&value);
	secret_free(pair);
	return ok;
}

/* "Impersonate-Extra-" and the key in lower case, with everything escaped that
 * RFC 7230 does not allow in a name, and '%' itself. */
static char *extra_name(const char *key)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				      "!#$&'*+-.^_`|~";
	struct strbuf name = STRBUF_INIT;

	strbuf_adds(&name, "Impersonate-Extra-");
	for (; *key; key++) {
		char c = *key;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (strchr(allowed, c))
			strbuf_addch(&name, c);
		else
			strbuf_addf(&name, "%%%02X", (unsigned char)c);
	}
	return strbuf_detach(&name);
}

static bool add_all(struct curl_slist **headers, const char *name,
		    char *const *values, struct error *err)
{
	for (; values && *values; values++)
		if (!add_header(headers, name, *values, err))
			return false;
	return true;
}

static bool add_impersonation(const struct kube_config *config,
			      struct curl_slist **headers, struct error *err)
{
	if (!config->as)
		return true;
	if (!add_header(headers, "Impersonate-User", config->as, err) ||
	    (config->as_uid &&
	     !add_header(headers, "Impersonate-Uid", config->as_uid, err)) ||
	    !add_all(headers, "Impersonate-Group", config->as_groups, err))
		return false;
	for (size_t i = 0; i < config->as_extra_count; i++) {
		char *name = extra_name(config->as_extra[i].key);
		bool ok =
			add_all(headers, name, config->as_extra[i].values, err);

		free(name);
		if (!ok)
			return false;
	}
	return true;
}

static bool add_authorization(const struct kube_auth *auth,
			      struct curl_slist **headers, struct error *err)
{
	const struct kube_config *config = auth->config;

	/* never where everybody on the way can read it */
	if (!auth->is_https)
		return true;
	if (auth->exec.credential.token)
		return add_bearer(headers, auth->exec.credential.token, err);
	if (auth->token)
		return add_bearer(headers, auth->token, err);
	if (config->username)
		return add_basic(headers, config->username, config->password,
				 err);
	return true;
}

bool kube_auth_add_headers(const struct kube_auth *auth,
			   struct curl_slist **headers, struct error *err)
{
	if (auth->host && !add_header(headers, "Host", auth->host, err))
		return false;
	return add_authorization(auth, headers, err) &&
	       add_impersonation(auth->config, headers, err);
}
