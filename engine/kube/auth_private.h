/* SPDX-License-Identifier: MIT */
/*
 * What the files of auth.h share.  Not for others, tests excepted.
 */
#ifndef ENGINE_KUBE_AUTH_PRIVATE_H
#define ENGINE_KUBE_AUTH_PRIVATE_H

#include "engine/kube/auth.h"

#include <sys/stat.h>

#define KUBE_TOKEN_MAX 65536	   /* bytes of a token or its file */
#define KUBE_PEM_MAX (1u << 20)	   /* of a certificate or key file */
#define KUBE_OUTPUT_MAX (1u << 20) /* of a plugin's standard output */

/* How long things may take or stay; tests shorten them. */
struct kube_auth_times {
	int64_t token_ns;   /* a token file is good for so long */
	int64_t files_ns;   /* certificate files are looked at as often */
	int64_t refused_ns; /* a refusal sooner after a plugin's run was of
			     * the credential before */
	int64_t retry_ns;   /* after a plugin failed; doubles to retry_max */
	int64_t retry_max_ns;
	int plugin_timeout_ms; /* then TERM to its process group */
	int plugin_grace_ms;   /* then KILL */
};

extern const struct kube_auth_times kube_auth_times_usual;

/* kube_auth_open with other times, and for tests only. */
bool kube_auth_open_with(const struct kube_auth_options *options,
			 const struct kube_auth_times *times,
			 struct kube_auth **ret, struct error *err);

/* --- auth_plugin.c: one run of a plugin -------------------------------------
 */

struct kube_plugin;

struct kube_plugin_options {
	struct loop *loop;
	const struct kube_exec *exec; /* borrowed while it runs */
	const char *info;	      /* KUBERNETES_EXEC_INFO; copied */
	int timeout_ms, grace_ms;
	/* It has ended: output and len, or err (ERROR_NONE: well).  Both are
	 * borrowed for the call; the plugin is gone. */
	void (*ended)(void *arg, const char *output, size_t len,
		      const struct error *err);
	void *arg;
};

/* NULL: it could not be started, the install hint is in err. */
struct kube_plugin *kube_plugin_start(const struct kube_plugin_options *options,
				      struct error *err);
/* Kills its process group; nothing is called back.  NULL ok. */
void kube_plugin_stop(struct kube_plugin *plugin);

/* Text of a plugin or its hint for a sentence: escape sequences dropped, white
 * space folded, at most max bytes. */
void kube_plain_text(struct strbuf *out, const char *text, size_t len,
		     size_t max);

/* --- auth_credential.c: what plugins are told and answer --------------------
 */

struct kube_credential {
	char *token;	    /* or NULL */
	char *cert, *key;   /* PEM, both or neither */
	int64_t expires_ns; /* wall time as the plugin says; 0: never */
};

void kube_credential_release(struct kube_credential *credential);
/* Parse an ExecCredential of exec's apiVersion.  No part of it gets into
 * err. */
bool kube_credential_read(const struct kube_exec *exec, const char *output,
			  size_t len, struct kube_credential *ret,
			  struct error *err);
/* KUBERNETES_EXEC_INFO; ca is PEM or NULL.  Caller frees. */
char *kube_credential_request(const struct kube_config *config, const char *ca,
			      bool was_refused);
/* "exp" of a JSON web token as wall time; 0: it is none, or says nothing. */
int64_t kube_token_expires_ns(const char *token);

/* --- auth_file.c: files that may change -------------------------------------
 */

struct kube_auth_file {
	const char *path; /* borrowed; NULL: there is no file */
	char *text;	  /* as last accepted; or what stands in its place */
	struct stat seen; /* when text was read */
	bool is_read;
};

/* Look at CA, certificate and key again if that is due.  False only when there
 * is nothing to go on with. */
bool kube_auth_refresh_files(struct kube_auth *auth, struct error *err);
/* The same for the token. */
bool kube_auth_refresh_token(struct kube_auth *auth, struct error *err);

/* --- auth_tls.c -------------------------------------------------------------
 */

/* Does pem hold at least one certificate, and nothing that cannot be read? */
bool kube_tls_check_ca(const char *pem, struct error *err);
/* Do the certificate and key belong together?  *ret_expires_ns: when the
 * certificate does. */
bool kube_tls_check_pair(const char *cert, const char *key,
			 int64_t *ret_expires_ns, struct error *err);
/* TLS and proxy of a handle. */
bool kube_tls_apply(const struct kube_auth *auth, CURL *easy,
		    struct error *err);
/* base_url and, with tls-server-name, where it leads. */
bool kube_tls_route(struct kube_auth *auth, struct error *err);

/* --- auth_header.c ----------------------------------------------------------
 */

/* Authorization, Impersonate-* and Host. */
bool kube_auth_add_headers(const struct kube_auth *auth,
			   struct curl_slist **headers, struct error *err);

/* --- auth_exec.c: when to run the plugin ------------------------------------
 */

struct kube_auth_exec {
	struct kube_plugin *plugin; /* runs, or NULL */
	struct kube_credential credential;
	bool has_credential;
	bool was_refused;     /* the credential, by the server */
	int64_t got_ns;	      /* monotonic, when it came */
	int64_t refresh_ns;   /* wall: time for a new one; 0: never */
	int failures;	      /* in a row */
	int64_t retry_ns;     /* monotonic: not before */
	struct error failure; /* of the last run */
};

/* Is there a credential to go on with?  Starts the plugin where one is due. */
enum kube_auth_outcome kube_auth_refresh_exec(struct kube_auth *auth,
					      struct error *err);
void kube_auth_refuse_exec(struct kube_auth *auth);

struct kube_auth {
	struct loop *loop;
	const struct kube_config *config;
	void (*ready)(void *arg);
	void *arg;
	struct kube_auth_times times;
	bool is_https;
	char *base_url;
	char *host;		       /* the Host header's value, or NULL */
	struct curl_slist *connect_to; /* or NULL */
	bool is_loopback;	       /* the server is on this machine */
	struct kube_auth_file ca, cert, key;
	int64_t files_seen_ns; /* monotonic; 0: look now */
	int64_t cert_expires_ns;
	char *token;
	int64_t token_read_ns; /* monotonic; 0: read now */
	int64_t token_expires_ns;
	struct kube_auth_exec exec;
	unsigned int generation;
};

/* The certificate in use: the plugin's or the file's; NULL: none. */
const char *kube_auth_cert(const struct kube_auth *auth);
const char *kube_auth_key(const struct kube_auth *auth);

#endif
