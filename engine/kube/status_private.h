/* SPDX-License-Identifier: MIT */
/* What the parts of the client need beyond client.h. */
#ifndef ENGINE_KUBE_STATUS_PRIVATE_H
#define ENGINE_KUBE_STATUS_PRIVATE_H

#include "engine/kube/client.h"

#include <cjson/cJSON.h>

/* From a parsed Status, such as a watch's ERROR event carries.  code 0: the
 * one it says itself. */
void kube_status_from(struct kube_status *ret, int code, const cJSON *tree);
/* Text from outside into a buffer: safe, on one line, cut at a character. */
void kube_copy_text(char *to, size_t size, const char *text, size_t len);

#endif
