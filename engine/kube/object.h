/* SPDX-License-Identifier: MIT */
/*
 * Objects as trees, without what nobody here reads.
 *
 * A tree costs two or three allocations a value, and most of an object is said
 * to others: who set which field (managedFields, half of a pod's bytes since
 * Kubernetes 1.18), a job's pod template, a container's environment.  Such
 * members are left out of the text before a tree is built.  Thread: any, one
 * at a time for each reader.
 */
#ifndef ENGINE_KUBE_OBJECT_H
#define ENGINE_KUBE_OBJECT_H

#include "base/error.h"
#include "base/strbuf.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* Paths at most; more are read. */
#define KUBE_UNREAD_MAX 64

struct kube_reader {
	/* What is left out beside metadata.managedFields: "spec.template".
	 * Elements of a list are looked through: "spec.containers.env".
	 * Ends with NULL; NULL: nothing. */
	const char *const *unread;
	struct strbuf text; /* without them; memory is kept for the next */
};

void kube_reader_release(struct kube_reader *reader);

/* As json_parse (model/json_text.h).  The caller deletes the tree. */
cJSON *kube_object_parse(struct kube_reader *reader, const char *text,
			 size_t len, struct error *err);
/* The same of {"type": ..., "object": {...}}, a line of a watch; paths are
 * the object's. */
cJSON *kube_event_parse(struct kube_reader *reader, const char *text,
			size_t len, struct error *err);

#endif
