/* SPDX-License-Identifier: MIT */
/* Parts of the digest of a pod, for view*.c alone. */
#ifndef ENGINE_POD_VIEW_PRIVATE_H
#define ENGINE_POD_VIEW_PRIVATE_H

#include "engine/pod/view.h"

/* Where in the pod's reason a container's words go. */
struct pod_words {
	char *text; /* of size bytes, never NULL */
	size_t size;
	enum pod_blame blame;
	bool is_stuck;
};

/* The container's entry in spec and in status, by name; NULL when there is
 * none.  *ret_is_init, if not NULL: it is an init container. */
const cJSON *pod_spec_find(const cJSON *pod, const char *name,
			   bool *ret_is_init);
const cJSON *pod_status_find(const cJSON *pod, const char *name);

/* Fill reason, blame and is_stuck; all else is filled already. */
void pod_reason_find(const cJSON *pod, struct pod_view *view);

/* How a container ended, from its `terminated` state.  False: well. */
bool pod_words_end(const cJSON *pod, const char *container, bool is_main,
		   const cJSON *terminated, struct pod_words *ret);
/* Why a container waits, from its status.  False: nothing to say. */
bool pod_words_wait(const cJSON *pod, const char *container,
		    const cJSON *status, struct pod_words *ret);
/* A runtime's message without the layers it came through: "rpc error: code =
 * Unknown desc = ", "failed to create containerd task: ...".  *ret_len bytes
 * of the text. */
const char *pod_words_core(const char *message, size_t *ret_len);

#endif
