/* SPDX-License-Identifier: MIT */
/*
 * Which cluster, and as whom: kubeconfig files or a pod's own account.
 *
 * Loading merges the files of KUBECONFIG as kubectl does (the first file that
 * names a cluster, user or context owns the whole entry, relative paths are
 * meant from the file they stand in), picks a context and checks it.  The
 * result is plain values; nothing has been read yet that may change later
 * (token files, certificate files, exec plugins): that is auth.h.
 * Source: the documentation and behaviour of client-go's clientcmd.
 */
#ifndef ENGINE_KUBE_CONFIG_H
#define ENGINE_KUBE_CONFIG_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>

/* What the command line or the experiment file says; NULL: nothing. */
struct kube_config_options {
	const char *kubeconfig; /* this file alone, KUBECONFIG ignored */
	const char *context;
	const char *namespace;
};

enum kube_interactive {
	KUBE_INTERACTIVE_NEVER,
	KUBE_INTERACTIVE_IF_AVAILABLE,
	KUBE_INTERACTIVE_ALWAYS,
};

/* user.exec: a program that hands out credentials. */
struct kube_exec {
	char *api_version; /* "client.authentication.k8s.io/v1" */
	char *command;	   /* absolute, or a bare name for PATH */
	char **args;	   /* NULL-terminated */
	char **env;	   /* "NAME=value", NULL-terminated */
	char *install_hint;
	bool provide_cluster_info;
	enum kube_interactive interactive;
};

struct kube_extra {
	char *key;
	char **values; /* NULL-terminated */
};

/* Owns everything; pointers are NULL where nothing was said. */
struct kube_config {
	bool is_in_cluster;
	/* where from, for people */
	char *file;    /* that the cluster was found in; NULL in a cluster */
	char *context; /* names, NULL in a cluster */
	char *cluster;
	char *user;
	char *namespace; /* never NULL: "default" in the end */
	/* the cluster */
	char *server; /* "https://10.0.0.5:6443/prefix", no slash at its end */
	char *tls_server_name;
	bool skip_tls_verify;
	char *ca_file; /* absolute */
	char *ca_data; /* PEM, decoded */
	char *proxy_url;
	bool disable_compression;
	char *exec_cluster_config; /* JSON, for exec plugins */
	/* the user */
	char *cert_file, *key_file; /* absolute */
	char *cert_data, *key_data; /* PEM, decoded */
	char *token;
	char *token_file; /* absolute */
	char *username, *password;
	struct kube_exec *exec;
	char *as, *as_uid;
	char **as_groups; /* NULL-terminated, or NULL */
	struct kube_extra *as_extra;
	size_t as_extra_count;
	/* files of KUBECONFIG that were not there, and such; a line each */
	char *warnings;
};

/* ERROR_NOT_FOUND: no cluster is configured at all; ERROR_INVALID: what is
 * wrong, with file and entry named.  No secret is ever part of an error.
 * Thread: any. */
bool kube_config_load(const struct kube_config_options *options,
		      struct kube_config **ret, struct error *err);
/* Wipes secrets before freeing.  NULL ok. */
void kube_config_free(struct kube_config *config);

/* One line for people, without secrets: "context lab of /home/ann/.kube/config:
 * https://10.0.0.5:6443 as ann (token file), namespace tuning". */
void kube_config_describe(const struct kube_config *config, struct strbuf *out);

/* Merge texts as if they were files, for tests and fuzzing: names[i] is the
 * path that relative paths and errors refer to. */
bool kube_config_parse(const struct kube_config_options *options,
		       const char *const *names, const char *const *texts,
		       size_t count, struct kube_config **ret,
		       struct error *err);

#endif
