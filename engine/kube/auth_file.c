/* SPDX-License-Identifier: MIT */
/*
 * Token, certificate and key files, which others write while we run.
 *
 * A new version is taken only when it is whole: a certificate whose key is
 * still the old one, or a token file just being emptied, is looked at again
 * later, and what was good before stays in use meanwhile.
 */
#include "engine/kube/auth_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/config_private.h"
#include "engine/kube/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- certificates -----------------------------------------------------------
 */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool has_changed(const struct kube_auth_file *file)
{
	struct stat now;

	if (!file->path)
		return false;
	return !file->is_read || stat(file->path, &now) < 0 ||
	       !is_same(&now, &file->seen);
}

/* What is in the file now; of a file that is none, what stands for it. */
static bool read_again(const struct kube_auth_file *file,
		       struct kube_auth_file *ret, struct error *err)
{
	struct strbuf text = STRBUF_INIT;

	*ret = *file;
	ret->text = NULL;
	if (!file->path) {
		ret->text = xstrdup_or_null(file->text);
		return true;
	}
	/* looked at before it is read: a change in between is seen later */
	if (stat(file->path, &ret->seen) < 0)
		return error_set_errno(err, "open %s", file->path);
	if (!secret_read_file(file->path, KUBE_PEM_MAX, &text, err)) {
		secret_release(&text);
		return false;
	}
	ret->is_read = true;
	ret->text = strbuf_detach(&text);
	return true;
}

/* Returns whether the text is another one. */
static bool replace(struct kube_auth_file *file, struct kube_auth_file *new)
{
	bool is_new = !file->text || strcmp(file->text, new->text);

	secret_free(file->text);
	*file = *new;
	new->text = NULL;
	return is_new;
}

static bool refresh_ca(struct kube_auth *auth, struct error *err)
{
	struct kube_auth_file ca = {0};
	bool had = auth->ca.text != NULL;
	bool ok;

	if (!has_changed(&auth->ca))
		return true;
	ok = read_again(&auth->ca, &ca, err) &&
	     (kube_tls_check_ca(ca.text, err) ||
	      error_prefix(err, "certificate authority %s", ca.path));
	if (ok && replace(&auth->ca, &ca) && had)
		auth->generation++;
	secret_free(ca.text);
	return ok;
}

static bool refresh_pair(struct kube_auth *auth, struct error *err)
{
	struct kube_auth_file cert = {0}, key = {0};
	bool had = auth->cert.text && auth->key.text;
	bool ok, is_new;
	int64_t expires_ns;

	if (!has_changed(&auth->cert) && !has_changed(&auth->key))
		return true;
	ok = read_again(&auth->cert, &cert, err) &&
	     read_again(&auth->key, &key, err) &&
	     (kube_tls_check_pair(cert.text, key.text, &expires_ns, err) ||
	      error_prefix(err, "client certificate %s",
			   cert.path ? cert.path : key.path));
	if (ok) {
		is_new = replace(&auth->cert, &cert);
		is_new = replace(&auth->key, &key) || is_new;
		auth->cert_expires_ns = expires_ns;
		auth->generation += is_new && had;
	}
	secret_free(cert.text);
	secret_free(key.text);
	return ok;
}

bool kube_auth_refresh_files(struct kube_auth *auth, struct error *err)
{
	int64_t now = clock_mono_ns();
	struct error why;

	if (auth->files_seen_ns &&
	    now - auth->files_seen_ns < auth->times.files_ns)
		return true;
	if (!refresh_ca(auth, &why) && !auth->ca.text) {
		*err = why;
		return false;
	}
	if (!refresh_pair(auth, &why) &&
	    (!auth->cert.text || !auth->key.text)) {
		*err = why;
		return false;
	}
	auth->files_seen_ns = now;
	return true;
}

/* --- tokens -----------------------------------------------------------------
 */

static bool read_token(const char *path, char **ret, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	const char *start;
	bool ok = secret_read_file(path, KUBE_TOKEN_MAX, &text, err);

	while (ok && text.len &&
	       isspace((unsigned char)text.data[text.len - 1]))
		strbuf_truncate(&text, text.len - 1);
	for (start = text.data; isspace((unsigned char)*start); start++)
		;
	if (ok && !*start)
		ok = error_set(err, ERROR_UNAVAILABLE, "%s is empty", path);
	else if (ok && !kube_is_header_safe(start))
		ok = error_set(err, ERROR_INVALID,
			       "%s is more than a token: it holds a line break "
			       "or another control character",
			       path);
	if (ok)
		*ret = xstrdup(start);
	secret_release(&text);
	return ok;
}

bool kube_auth_refresh_token(struct kube_auth *auth, struct error *err)
{
	const char *path = auth->config->token_file;
	int64_t now = clock_mono_ns();
	struct error why;
	char *token;

	if (!path || (auth->token_read_ns &&
		      now - auth->token_read_ns < auth->times.token_ns))
		return true;
	if (read_token(path, &token, &why)) {
		secret_free(auth->token);
		auth->token = token;
		auth->token_expires_ns = kube_token_expires_ns(token);
	} else if (!auth->token) {
		*err = why;
		return error_prefix(err, "token file");
	}
	auth->token_read_ns = now;
	return true;
}
