/* SPDX-License-Identifier: MIT */
/*
 * What the files of preflight share.
 *
 *   preflight.c  reached, namespace, rights
 *   preflight_kind.c  where the kind is
 *   room.c       quotas, nodes
 *   rehearsal.c  a dry run, then a trial that only looks around
 */
#ifndef ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_PRIVATE_H

#include "engine/kind/kind.h"
#include "engine/kube/client.h"
#include "engine/platform/kubernetes/preflight.h"

#include <cjson/cJSON.h>

struct preflight {
	const struct experiment_config *config;
	const struct kubernetes_config *kubernetes;
	int side_port;
	preflight_fn *fn;
	void *arg;
	struct loop *loop;
	struct kube_config *kube_config;
	struct kube_client *client;
	/* the answer to the last question */
	int code;
	struct error err;
	cJSON *answer; /* NULL when it was no JSON */
	char *warning;
	struct kind_resource resource; /* of the experiment's kind */
};

void preflight_tell(struct preflight *preflight, enum preflight_verdict verdict,
		    const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Ask and wait: true for 2xx. */
bool preflight_ask(struct preflight *preflight, enum kube_method method,
		   const char *path, const cJSON *body);

/* preflight_kind.c: where are its objects?  ERROR_UNAVAILABLE: nowhere, and
 * what would bring them. */
bool preflight_find_kind(struct preflight *preflight, struct error *err);

void preflight_room(struct preflight *preflight);
void preflight_rehearse(struct preflight *preflight);

/* --- rehearsal_plain.c */

/* What a configuration turned into a plain Job holds beside its own. */
struct preflight_plain {
	struct role_config role; /* borrowed, but for what follows */
	char *kind, *container, *pod_template, *role_template;
};

/* config, a copy whose texts are borrowed, must not outlive plain. */
void preflight_plain_make(struct preflight_plain *plain,
			  struct kubernetes_config *config);
void preflight_plain_release(struct preflight_plain *plain);

#endif
