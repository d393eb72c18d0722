/* SPDX-License-Identifier: MIT */
/*
 * Where the API server serves a kind of object, if it does (kubernetes.md 2.9).
 *
 * A kind is looked for in the versions that are asked for, in their order; the
 * first that has it is taken.  A group that is there says nothing of its kinds:
 * several makers share kubeflow.org.  A version that does not answer is passed
 * over, and only when nothing else has the kind is that the result.
 * Thread: the loop's.
 */
#ifndef ENGINE_KUBE_DISCOVERY_H
#define ENGINE_KUBE_DISCOVERY_H

#include "engine/kube/client.h"

enum kube_verb {
	KUBE_VERB_CREATE = 1,
	KUBE_VERB_GET = 2,
	KUBE_VERB_LIST = 4,
	KUBE_VERB_WATCH = 8,
	KUBE_VERB_PATCH = 16,
	KUBE_VERB_DELETE = 32,
};

/* A collection of the API server.  Names hold what names may hold: they can be
 * put into a path. */
struct kube_resource {
	char group[254];  /* "kubeflow.org"; "": core */
	char version[64]; /* "v1" */
	char kind[64];	  /* "TFJob" */
	char plural[254]; /* "tfjobs" */
	bool is_namespaced;
	unsigned int verbs; /* what it offers; not what we may do */
};

/* Everything is copied. */
struct kube_wanted {
	const char *group, *kind;
	/* In order of preference, NULL-terminated.  NULL: any, the server's
	 * preferred one first. */
	const char *const *versions;
	int give_up_ms; /* as in struct kube_request, for each request */
};

/* Borrowed for the call of the callback. */
struct kube_discovery_reply {
	bool is_served;
	struct kube_resource resource; /* if so */
	/* If not.  ERROR_NOT_FOUND: the server does not have it: "TFJob
	 * (kubeflow.org/v1) is not served by this cluster, only v1beta2"; else
	 * it did not say: ERROR_DENIED, ERROR_UNAVAILABLE, ... */
	struct error err;
};

typedef void kube_discovery_fn(const struct kube_discovery_reply *reply,
			       void *arg);

struct kube_discovery;

/* The callback comes once, from the loop, never from inside this call; the
 * discovery is gone then. */
struct kube_discovery *kube_discover(struct kube_client *client,
				     const struct kube_wanted *wanted,
				     kube_discovery_fn *fn, void *arg);
/* No callback any more.  NULL ok. */
void kube_discovery_cancel(struct kube_discovery *discovery);

#endif
