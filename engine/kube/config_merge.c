/* SPDX-License-Identifier: MIT */
/*
 * Several files as one, and the one context of them that is meant.
 *
 * Nothing is ever copied together: the first file that names an entry owns it
 * whole, so looking a name up in the files' order is the merge.  Where
 * kubectl silently takes an empty stanza for one that does not exist, we say
 * which name leads nowhere.
 */
#include "engine/kube/config_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define NAMESPACE_MAX 63

bool kube_namespace_check(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len && len <= NAMESPACE_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	    name[0] != '-' && name[len - 1] != '-')
		return true;
	return error_set(err, ERROR_INVALID,
			 "\"%s\" cannot be a namespace: at most %d lower-case "
			 "letters, digits and '-' inside",
			 kube_word(name).text, NAMESPACE_MAX);
}

/* Which context, and who said so. */
static const char *choose_context(const struct kube_files *files,
				  const struct kube_config_options *options,
				  const struct kube_file **ret_file)
{
	*ret_file = NULL;
	if (options->context && *options->context)
		return options->context;
	for (size_t i = 0; i < files->count; i++) {
		const char *name = kube_file_current(&files->items[i]);

		if (name) {
			*ret_file = &files->items[i];
			return name;
		}
	}
	return NULL;
}

static bool fail_with_names(const struct kube_files *files, const char *kind,
			    enum error_code code, const char *text,
			    struct error *err)
{
	struct strbuf names = STRBUF_INIT;

	kube_stanza_names(files, kind, &names);
	error_set(err, code, "%s%s", text, names.data);
	strbuf_release(&names);
	return false;
}

static bool find_context(const struct kube_files *files,
			 const struct kube_config_options *options,
			 struct kube_stanza *ret, struct error *err)
{
	const struct kube_file *said_by;
	const char *name = choose_context(files, options, &said_by);
	char *text;

	if (!name)
		return fail_with_names(files, "context", ERROR_NOT_FOUND,
				       "no context is chosen, and "
				       "current-context is not set",
				       err);
	if (kube_stanza_find(files, "context", name, ret, err))
		return true;
	if (err->code != ERROR_NOT_FOUND)
		return false;
	text = said_by ? xasprintf("kubeconfig %s: current-context \"%s\" does "
				   "not exist",
				   kube_word(said_by->path).text,
				   kube_word(name).text)
		       : xasprintf("context \"%s\" does not exist",
				   kube_word(name).text);
	fail_with_names(files, "context", ERROR_INVALID, text, err);
	free(text);
	return false;
}

/* The cluster or user that a context names. */
static bool find_named(const struct kube_files *files,
		       const struct kube_stanza *context, const char *kind,
		       const char *name, struct kube_stanza *ret,
		       struct error *err)
{
	struct strbuf names = STRBUF_INIT;

	if (kube_stanza_find(files, kind, name, ret, err))
		return true;
	if (err->code != ERROR_NOT_FOUND)
		return false;
	kube_stanza_names(files, kind, &names);
	kube_stanza_fail(context, err,
			 "it names the %s \"%s\", which does not exist%s", kind,
			 kube_word(name).text, names.data);
	strbuf_release(&names);
	return false;
}

static bool take_namespace(const struct kube_stanza *context,
			   struct kube_config *config, struct error *err)
{
	struct error why;

	if (!kube_take_text(context, "namespace", &config->namespace, err))
		return false;
	if (!config->namespace || kube_namespace_check(config->namespace, &why))
		return true;
	return kube_stanza_fail(context, err, "%s", why.text);
}

static bool take_stanzas(const struct kube_files *files,
			 const struct kube_stanza *context,
			 struct kube_config *config, struct error *err)
{
	struct kube_stanza cluster, user;

	if (!take_namespace(context, config, err) ||
	    !kube_take_text(context, "cluster", &config->cluster, err) ||
	    !kube_take_text(context, "user", &config->user, err))
		return false;
	if (!config->cluster) {
		kube_stanza_fail(context, err, "it names no cluster");
		err->code = ERROR_NOT_FOUND;
		return false;
	}
	if (!find_named(files, context, "cluster", config->cluster, &cluster,
			err))
		return false;
	config->file = xstrdup(cluster.file->path);
	if (config->user &&
	    (!find_named(files, context, "user", config->user, &user, err) ||
	     !kube_config_take_user(&user, config, err)))
		return false;
	return kube_config_take_cluster(
		&cluster, config->cert_file || config->cert_data, config, err);
}

bool kube_config_merge(const struct kube_files *files,
		       const struct kube_config_options *options,
		       struct kube_config *config, struct error *err)
{
	struct kube_stanza context;

	if (!find_context(files, options, &context, err))
		return false;
	config->context = xstrdup(context.name);
	return take_stanzas(files, &context, config, err);
}
