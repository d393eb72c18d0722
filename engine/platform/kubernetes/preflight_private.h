/* SPDX-License-Identifier: MIT */
/*
 * What the files of preflight share.
 *
 *   preflight.c  reached, namespace, rights
 *   room.c       quotas, nodes
 *   rehearsal.c  a dry run, then a trial that only looks around
 */
#ifndef ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_PRIVATE_H

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
};

void preflight_tell(struct preflight *preflight, enum preflight_verdict verdict,
		    const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Ask and wait: true for 2xx. */
bool preflight_ask(struct preflight *preflight, enum kube_method method,
		   const char *path, const cJSON *body);

void preflight_room(struct preflight *preflight);
void preflight_rehearse(struct preflight *preflight);

#endif
