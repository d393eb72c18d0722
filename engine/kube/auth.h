/* SPDX-License-Identifier: MIT */
/*
 * What makes a request acceptable: TLS, proxy, credentials.
 *
 * Everything that may change while we run is read here, and read again when
 * it may have changed: token files at most once a minute and after a 401,
 * certificate files for every new connection, exec plugins when their
 * credential expires or was refused.  A plugin is a child of the loop, so the
 * engine never waits for one.  Thread: the loop's.
 */
#ifndef ENGINE_KUBE_AUTH_H
#define ENGINE_KUBE_AUTH_H

#include "engine/kube/config.h"
#include "engine/loop.h"

#include <curl/curl.h>
#include <stdint.h>

struct kube_auth;

enum kube_auth_outcome {
	KUBE_AUTH_READY,   /* the handle is complete */
	KUBE_AUTH_WAITING, /* a plugin runs: ready will be called */
	KUBE_AUTH_FAILED,  /* err says why; may be tried again later */
};

struct kube_auth_options {
	struct loop *loop;
	struct kube_config *config; /* borrowed, outlives the auth */
	/* A plugin has ended, well or not: apply again. */
	void (*ready)(void *arg);
	void *arg;
};

bool kube_auth_open(const struct kube_auth_options *options,
		    struct kube_auth **ret, struct error *err);
/* May be called from ready.  Ends a running plugin.  NULL ok. */
void kube_auth_close(struct kube_auth *auth);

/* Set TLS, proxy and credentials on an easy handle, new or reset, which must
 * not outlive the auth, and append headers (Authorization, Impersonate-*, with
 * tls-server-name also Host) to *headers, which the caller frees.
 * Bearer and basic credentials never go to a plain http server. */
enum kube_auth_outcome kube_auth_apply(struct kube_auth *auth, CURL *easy,
				       struct curl_slist **headers,
				       struct error *err);
/* Part of the URL that the handle must be given: scheme, authority and prefix,
 * without a slash at its end.  With tls-server-name it is that name, and the
 * handle has CURLOPT_CONNECT_TO.  Borrowed. */
const char *kube_auth_base_url(const struct kube_auth *auth);
/* Changes whenever credentials changed in a way that connections made before
 * must not be used any more (another client certificate). */
unsigned int kube_auth_generation(const struct kube_auth *auth);
/* A request was answered 401: read files again, run the plugin again. */
void kube_auth_refused(struct kube_auth *auth);
/* Wall time at which the credential in use expires; 0: unknown or never. */
int64_t kube_auth_expires_ns(const struct kube_auth *auth);

#endif
