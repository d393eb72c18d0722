/* SPDX-License-Identifier: MIT */
/*
 * A user's own objects in Kubernetes' words: written into the experiment file,
 * or a file of their own, YAML (with several documents, or a List) or JSON.
 *
 *     struct manifest manifest;
 *     if (manifest_open(&manifest, reader, &place)) {
 *         object = manifest_one(&manifest, kinds);
 *         if (object && manifest_check(&manifest, object, names))
 *             config->manifest = manifest_json(&manifest, object);
 *     }
 *     manifest_close(&manifest);
 *
 * Problems go to the reader's, with the place in whichever file it is.
 */
#ifndef ENGINE_SPEC_MANIFEST_H
#define ENGINE_SPEC_MANIFEST_H

#include "engine/kind/placeholder.h"
#include "engine/spec/schema.h"

/* Bytes of a file, and of the JSON of one object: the API server takes 1.5 MiB
 * at most, and placeholders make it larger. */
#define MANIFEST_FILE_MAX (1024 * 1024)
#define MANIFEST_JSON_MAX (512 * 1024)
#define MANIFEST_OBJECTS_MAX 100
/* The canonical text holds the object within ours, and must be readable. */
#define MANIFEST_NODES_MAX 20000
#define MANIFEST_DEPTH_MAX (NODE_DEPTH_MAX - 4)

struct manifest_object {
	const struct node *node; /* a mapping */
	const char *api_version; /* "": it does not say */
	const char *kind;
	char path[PLACE_PATH_MAX]; /* in its file: "items.2", "" */
};

struct manifest {
	/* To report with: file, name, and path are the manifest's. */
	struct reader reader;
	struct manifest_object *objects;
	size_t count;
	/* inside */
	char *name, *folder;
	struct document *documents;
	size_t document_count;
};

/* Read what stands at place: a mapping, or the path of a file.  False after
 * reporting.  Close it either way. */
bool manifest_open(struct manifest *manifest, struct reader *reader,
		   const struct place *place);
void manifest_close(struct manifest *manifest);

/* The one object of these kinds ("Workflow"; NULL-terminated; NULL: whatever
 * it is), which must say apiVersion and kind; NULL after reporting that there
 * is none, or more than one. */
const struct manifest_object *manifest_one(struct manifest *manifest,
					   const char *const *kinds);
/* Does every placeholder in it exist?  Reports those that do not. */
bool manifest_check(struct manifest *manifest,
		    const struct manifest_object *object,
		    const struct placeholder_names *names);
/* Its JSON; NULL after reporting (size, infinities).  Caller frees. */
char *manifest_json(struct manifest *manifest,
		    const struct manifest_object *object);
/* Report at what stands below an object, path as "spec.entrypoint"; where that
 * is not there, at what is nearest above. */
void manifest_fail(struct manifest *manifest,
		   const struct manifest_object *object, const char *path,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
