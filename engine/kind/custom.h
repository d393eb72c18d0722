/* SPDX-License-Identifier: MIT */
/*
 * Kind custom: any object, by the user's own manifest.
 *
 * The object is the manifest with its placeholders filled in, the attempt's
 * name, and our labels, which its pods get, too, where their templates are
 * found in it (manifest_pods.h); roles become the label `role`.  Conditions say
 * when it has ended, a failure's before a success's.  Its pods run what the
 * manifest says, without our keeper: metrics are read in the primary pod's log.
 *
 * Pods without a template in the manifest, which somebody else makes up, are
 * found by one of primaryPodLabels whose value is ${trial.name}; the others
 * tell which of them leads.  Values may hold, besides, ${trial.namespace} and
 * ${experiment.*}: what is known of a pod before its trial is.
 */
#ifndef ENGINE_KIND_CUSTOM_H
#define ENGINE_KIND_CUSTOM_H

#include "engine/kind/kind.h"

/* What is known of a kind without being told.  Members may be NULL. */
struct custom_known {
	const char *group, *kind;
	const char *success, *failure; /* conditions */
	const char *container;	       /* of the command */
	const char *labels;	       /* primaryPodLabels, JSON */
};

/* NULL: nothing is known; group is that of api_version. */
const struct custom_known *custom_known_find(const char *api_version,
					     const char *kind);

/* May text stand in a value of primaryPodLabels?  False: err says which
 * placeholder may not. */
bool custom_label_check(const char *text, struct error *err);

#endif
