/* SPDX-License-Identifier: MIT */
/*
 * What the files of config.h share: kubeconfig files as read, stanzas of them,
 * and typed fields of stanzas.  Not for others, tests excepted.
 *
 * A stanza is one named entry (cluster, user or context) together with the
 * file that owns it; every complaint about it names both, and no value.
 */
#ifndef ENGINE_KUBE_CONFIG_PRIVATE_H
#define ENGINE_KUBE_CONFIG_PRIVATE_H

#include "engine/kube/config.h"
#include "engine/spec/node.h"

#define KUBE_FILE_MAX (8u << 20) /* bytes of one kubeconfig */
#define KUBE_FILES_MAX 64	 /* in KUBECONFIG */
#define KUBE_ENTRIES_MAX 10000	 /* of one list in one file */
#define KUBE_LIST_MAX 256	 /* arguments, variables, groups, ... */
#define KUBE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* kube_config_load with the service account elsewhere: for tests. */
bool kube_config_load_from(const struct kube_config_options *options,
			   const char *account_folder, struct kube_config **ret,
			   struct error *err);

/* --- config_read.c: one file ------------------------------------------------
 */

struct kube_file {
	char *path;   /* as it was given */
	char *folder; /* absolute: where relative paths start */
	struct document document;
};

struct kube_files {
	struct kube_file *items;
	size_t count;
};

/* Read text as the kubeconfig `path`, and check its shape: lists of named
 * entries, no name twice.  Owns: release ret. */
bool kube_file_read(const char *path, const char *text, size_t len,
		    struct kube_file *ret, struct error *err);
/* Wipes its texts. */
void kube_file_release(struct kube_file *file);
void kube_files_release(struct kube_files *files);
/* The file's current-context, or NULL. */
const char *kube_file_current(const struct kube_file *file);

/* A name or other short text from outside, fit for a sentence. */
struct kube_word {
	char text[160];
};
struct kube_word kube_word(const char *text);

/* --- config_field.c: one stanza ---------------------------------------------
 */

struct kube_stanza {
	const struct kube_file *file;
	const char *kind;	 /* "cluster", "user", "context" */
	const char *name;	 /* the entry's */
	const char *prefix;	 /* in front of keys: "exec.", or "" */
	const struct node *node; /* a mapping; NULL: it is empty */
};

/* The first file's entry of that name in "clusters", "users", "contexts". */
bool kube_stanza_find(const struct kube_files *files, const char *kind,
		      const char *name, struct kube_stanza *ret,
		      struct error *err);
/* The names there are, for people: " (there are: a, b)". */
void kube_stanza_names(const struct kube_files *files, const char *kind,
		       struct strbuf *out);
/* error_set with "kubeconfig FILE: user "ann": " in front. */
bool kube_stanza_fail(const struct kube_stanza *stanza, struct error *err,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A mapping of the stanza as a stanza; node NULL when it is not there. */
bool kube_take_stanza(const struct kube_stanza *stanza, const char *key,
		      const char *prefix, struct kube_stanza *ret,
		      struct error *err);

/* Each leaves *ret as it is when the key is absent, null or empty. */
bool kube_take_text(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err);
bool kube_take_bool(const struct kube_stanza *stanza, const char *key,
		    bool *ret, struct error *err);
/* A text without control characters, as for an HTTP header. */
bool kube_take_line(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err);
/* A path, made absolute from the file's folder. */
bool kube_take_path(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err);
/* base64 of PEM text. */
bool kube_take_pem(const struct kube_stanza *stanza, const char *key,
		   char **ret, struct error *err);
/* A list of texts, NULL-terminated. */
bool kube_take_list(const struct kube_stanza *stanza, const char *key,
		    char ***ret, struct error *err);
/* A list node's texts; what names it in complaints. */
bool kube_take_list_node(const struct kube_stanza *stanza, const char *what,
			 const struct node *node, char ***ret,
			 struct error *err);

/* May text stand in an HTTP header's value? */
bool kube_is_header_safe(const char *text);

/* --- the rest ---------------------------------------------------------------
 */

/* config_cluster.c */
bool kube_config_take_cluster(const struct kube_stanza *cluster,
			      bool has_client_certificate,
			      struct kube_config *config, struct error *err);
/* "https://HOST:PORT/PATH" without slash at its end.  The text itself is never
 * part of an error: it may hold a password. */
bool kube_server_url(const char *text, bool is_tls_default, char **ret,
		     struct error *err);
/* config_user.c */
bool kube_config_take_user(const struct kube_stanza *user,
			   struct kube_config *config, struct error *err);
/* config_exec.c */
bool kube_config_take_exec(const struct kube_stanza *exec, const char *folder,
			   struct kube_exec **ret, struct error *err);
void kube_exec_free(struct kube_exec *exec);
/* config_merge.c: config is zeroed but for what is known already.
 * ERROR_NOT_FOUND: no cluster is configured; the context's namespace is. */
bool kube_config_merge(const struct kube_files *files,
		       const struct kube_config_options *options,
		       struct kube_config *config, struct error *err);
bool kube_namespace_check(const char *name, struct error *err);
/* config_text.c: append a line to config->warnings. */
void kube_config_warn(struct kube_config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
