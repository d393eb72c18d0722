/* SPDX-License-Identifier: MIT */
/* Kind custom: which pods an object has, and which of them leads. */
#ifndef ENGINE_SPEC_CUSTOM_H
#define ENGINE_SPEC_CUSTOM_H

#include "engine/kind/placeholder.h"
#include "engine/spec/draft.h"
#include "engine/spec/manifest.h"

/* {label: value}; values may have placeholders. */
void custom_read_labels(struct reader *reader, const struct key *key,
			const struct node *node, void *slot);
/* Settle primaryPodLabels and primaryContainerName by what config.manifest has,
 * or report that they must be said. */
void custom_settle_pods(struct manifest *manifest,
			const struct manifest_object *object,
			struct draft *draft);

/* Katib's ${trialParameters.NAME} in config.manifest, by the list of
 * trialParameters, become our placeholders.  custom_katib.c. */
void custom_translate(struct manifest *manifest,
		      const struct manifest_object *object, struct draft *draft,
		      struct reader *reader,
		      const struct placeholder_names *names);

#endif
