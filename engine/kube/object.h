/* SPDX-License-Identifier: MIT */
/*
 * Objects as trees, without what nobody here reads.
 *
 * managedFields (who set which field) is half of a pod's bytes and more than
 * half of its values, since Kubernetes 1.18.  It is left out before a tree is
 * built: a tree costs an allocation a value.  Thread: any.
 */
#ifndef ENGINE_KUBE_OBJECT_H
#define ENGINE_KUBE_OBJECT_H

#include "base/error.h"
#include "base/strbuf.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* As json_parse (model/json_text.h), with every managedFields null.  The
 * caller deletes the tree. */
cJSON *kube_object_parse(const char *text, size_t len, struct error *err);

/* The text that is parsed then; for tests. */
void kube_object_slim(const char *text, size_t len, struct strbuf *out);

#endif
