/* SPDX-License-Identifier: MIT */
/*
 * Which files are read, and what happens when none of them names a cluster.
 *
 * The order is kubectl's: the file asked for, else those of KUBECONFIG, else
 * ~/.kube/config; and where these name no cluster, the service account of the
 * pod we may be in.
 */
#include "engine/kube/config_private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMESPACE_FILE_MAX 4096

/* --- files ------------------------------------------------------------------
 */

static bool read_file(struct kube_files *files, const char *path,
		      struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct kube_file *file = &files->items[files->count];
	bool ok = secret_read_file(path, KUBE_FILE_MAX, &text, err);

	if (!ok)
		error_prefix(err, "kubeconfig");
	else
		ok = kube_file_read(path, text.data, text.len, file, err);
	if (ok)
		files->count++;
	secret_release(&text);
	return ok;
}

static bool has_been_read(const struct kube_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i].path, path))
			return true;
	return false;
}

/* Files that are not there are passed over. */
static bool read_list(struct kube_files *files, const char *list,
		      struct error *err)
{
	struct error why;
	bool ok = true;

	while (ok && *list) {
		size_t len = strcspn(list, ":");
		char *path = xstrndup(list, len);

		list += len + (list[len] == ':');
		if (files->count == KUBE_FILES_MAX)
			ok = error_set(err, ERROR_LIMIT,
				       "KUBECONFIG lists more than %d files",
				       KUBE_FILES_MAX);
		else if (*path && !has_been_read(files, path) &&
			 !read_file(files, path, &why) &&
			 why.code != ERROR_NOT_FOUND) {
			*err = why;
			ok = false;
		}
		free(path);
	}
	return ok;
}

/* Read what there is; ret_where says where it was looked for. */
static bool read_all(const struct kube_config_options *options,
		     struct kube_files *files, struct strbuf *ret_where,
		     struct error *err)
{
	const char *list = getenv("KUBECONFIG");
	char *home = fs_expand_home("~/.kube/config");
	bool ok;

	files->items = xcalloc(KUBE_FILES_MAX, sizeof(*files->items));
	if (options->kubeconfig) {
		strbuf_adds(ret_where, kube_word(options->kubeconfig).text);
		ok = read_file(files, options->kubeconfig, err);
	} else if (list && *list) {
		strbuf_addf(ret_where, "KUBECONFIG (%s)", kube_word(list).text);
		ok = read_list(files, list, err);
	} else {
		strbuf_adds(ret_where, kube_word(home).text);
		ok = access(home, F_OK) < 0 || read_file(files, home, err);
	}
	free(home);
	return ok;
}

/* --- in a pod ---------------------------------------------------------------
 */

/* The account's own namespace, or NULL. */
static char *account_namespace(const char *folder)
{
	const char *env = getenv("POD_NAMESPACE");
	struct strbuf text = STRBUF_INIT;
	char *path, *name = NULL;
	struct error ignored;

	if (env && *env)
		return xstrdup(env);
	path = fs_join(folder, "namespace");
	if (secret_read_file(path, NAMESPACE_FILE_MAX, &text, &ignored)) {
		while (text.len &&
		       isspace((unsigned char)text.data[text.len - 1]))
			strbuf_truncate(&text, text.len - 1);
		name = *text.data ? xstrdup(text.data) : NULL;
	}
	free(path);
	strbuf_release(&text);
	return name;
}

static bool is_in_pod(void)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	return host && *host && port && *port;
}

static bool take_account(const char *folder, struct kube_config *config,
			 struct error *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	bool is_ipv6 = strchr(host, ':') && host[0] != '[';
	char *url = xasprintf("https://%s%s%s:%s", is_ipv6 ? "[" : "", host,
			      is_ipv6 ? "]" : "",
			      getenv("KUBERNETES_SERVICE_PORT"));
	bool ok = kube_server_url(url, true, &config->server, err);

	free(url);
	if (!ok)
		return error_prefix(err, "KUBERNETES_SERVICE_HOST and _PORT");
	config->is_in_cluster = true;
	config->token_file = fs_join(folder, "token");
	config->ca_file = fs_join(folder, "ca.crt");
	if (access(config->token_file, F_OK) < 0)
		return error_set_errno(err,
				       "this pod's service account has no "
				       "token: %s",
				       config->token_file);
	if (access(config->ca_file, F_OK) < 0) {
		kube_config_warn(config,
				 "%s is not there: the system's certificate "
				 "authorities are trusted instead",
				 config->ca_file);
		free(config->ca_file);
		config->ca_file = NULL;
	}
	if (!config->namespace)
		config->namespace = account_namespace(folder);
	return true;
}

/* What is left of a context that names no cluster is its namespace. */
static void forget_context(struct kube_config *config)
{
	free(config->context);
	free(config->user);
	config->context = config->user = NULL;
}

/* --- together ---------------------------------------------------------------
 */

static bool settle_namespace(const struct kube_config_options *options,
			     struct kube_config *config, struct error *err)
{
	if (options->namespace && *options->namespace) {
		free(config->namespace);
		config->namespace = xstrdup(options->namespace);
	}
	if (!config->namespace)
		config->namespace = xstrdup("default");
	return kube_namespace_check(config->namespace, err);
}

static bool fail_unconfigured(const struct kube_files *files, const char *where,
			      const struct error *why, struct error *err)
{
	*err = *why;
	if (why->code != ERROR_NOT_FOUND)
		return false;
	if (files->count)
		return error_prefix(err, "no cluster is configured in %s",
				    where);
	return error_set(err, ERROR_NOT_FOUND,
			 "no cluster is configured: there is no %s, and this "
			 "is not a pod",
			 where);
}

static bool load(const struct kube_config_options *options,
		 const char *account_folder, struct kube_files *files,
		 struct kube_config *config, struct error *err)
{
	struct strbuf where = STRBUF_INIT;
	struct error why;
	bool ok = read_all(options, files, &where, err);

	if (ok && !files->count && getenv("KUBECONFIG"))
		kube_config_warn(config, "no file of %s is there", where.data);
	if (ok && !kube_config_merge(files, options, config, &why)) {
		if (why.code == ERROR_NOT_FOUND && is_in_pod()) {
			forget_context(config);
			ok = take_account(account_folder, config, err);
		} else {
			ok = fail_unconfigured(files, where.data, &why, err);
		}
	}
	strbuf_release(&where);
	return ok && settle_namespace(options, config, err);
}

static bool finish(bool ok, struct kube_files *files,
		   struct kube_config *config, struct kube_config **ret)
{
	kube_files_release(files);
	if (ok)
		*ret = config;
	else
		kube_config_free(config);
	return ok;
}

bool kube_config_load_from(const struct kube_config_options *options,
			   const char *account_folder, struct kube_config **ret,
			   struct error *err)
{
	struct kube_config *config = xcalloc(1, sizeof(*config));
	struct kube_files files = {0};

	return finish(load(options, account_folder, &files, config, err),
		      &files, config, ret);
}

bool kube_config_load(const struct kube_config_options *options,
		      struct kube_config **ret, struct error *err)
{
	return kube_config_load_from(options, KUBE_ACCOUNT_FOLDER, ret, err);
}

static bool parse_all(const char *const *names, const char *const *texts,
		      size_t count, struct kube_files *files, struct error *err)
{
	files->items = xcalloc(count + 1, sizeof(*files->items));
	for (size_t i = 0; i < count; i++) {
		if (!kube_file_read(names[i], texts[i], strlen(texts[i]),
				    &files->items[i], err))
			return false;
		files->count++;
	}
	return true;
}

bool kube_config_parse(const struct kube_config_options *options,
		       const char *const *names, const char *const *texts,
		       size_t count, struct kube_config **ret,
		       struct error *err)
{
	struct kube_config *config = xcalloc(1, sizeof(*config));
	struct kube_files files = {0};

	return finish(parse_all(names, texts, count, &files, err) &&
			      kube_config_merge(&files, options, config, err) &&
			      settle_namespace(options, config, err),
		      &files, config, ret);
}
