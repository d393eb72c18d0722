/* SPDX-License-Identifier: MIT */
/*
 * A page of a list, one object after the other.
 *
 * A page has up to 500 objects of some kilobytes.  As one tree it would take
 * tens of megabytes for a moment; so each object is found by its brackets,
 * parsed, told and freed before the next.
 */
#ifndef ENGINE_KUBE_LIST_H
#define ENGINE_KUBE_LIST_H

#include "base/error.h"
#include "engine/kube/object.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define KUBE_VERSION_MAX 64 /* bytes of a resourceVersion */

struct kube_list {
	/* Borrowed for the call.  False: no more are wanted. */
	bool (*object)(void *arg, const cJSON *object);
	void *arg;
	size_t object_max;
	struct kube_reader *reader; /* borrowed; NULL: everything is read */
	/* results */
	size_t skipped; /* objects larger than that, or not readable */
	char version[KUBE_VERSION_MAX];
	char *token; /* of the next page, or NULL; the caller frees it */
};

/* Fails: ERROR_INVALID when it is not a list, ERROR_CANCELED when object said
 * so.  Objects before the fault have been told. */
bool kube_list_read(struct kube_list *list, const char *text, size_t len,
		    struct error *err);

/* metadata.resourceVersion, if there is one that is not absurdly long. */
bool kube_read_version(const cJSON *object, char version[KUBE_VERSION_MAX]);

#endif
