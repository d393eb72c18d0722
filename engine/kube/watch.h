/* SPDX-License-Identifier: MIT */
/*
 * A collection kept current: list in pages, then watch, for as long as it is
 * open.  Lines may be cut anywhere, connections may die silently, versions
 * may expire (410: list again), the server may be away: all of that is dealt
 * with here.  Keeps no objects.  Thread: the loop's.
 */
#ifndef ENGINE_KUBE_WATCH_H
#define ENGINE_KUBE_WATCH_H

#include "engine/kube/client.h"

#include <cjson/cJSON.h>

struct kube_watch;

enum kube_change { KUBE_ADDED, KUBE_MODIFIED, KUBE_DELETED };

struct kube_watch_options {
	struct kube_client *client;
	const char *path;	    /* "/apis/batch/v1/namespaces/x/jobs" */
	const char *label_selector; /* not encoded; or NULL */
	const char *field_selector;
	size_t object_max; /* bytes of one object; 0: 4 MiB; larger: skipped */
	/* What `object` does not look at: engine/kube/object.h.  Borrowed for
	 * as long as it is open; or NULL. */
	const char *const *unread;
	/* A list is asked for: what existed before and is not seen until
	 * listed is gone.  Comes again when the list has to begin anew. */
	void (*listing)(void *arg);
	/* Borrowed for the call.  From a list: KUBE_ADDED. */
	void (*object)(void *arg, enum kube_change change, const cJSON *object);
	void (*listed)(void *arg);
	/* Not current, and why; NULL: current again. */
	void (*fault)(void *arg, const char *text);
	void *arg;
};

struct kube_watch *kube_watch_open(const struct kube_watch_options *options);
void kube_watch_close(struct kube_watch *watch); /* NULL ok */

#endif
