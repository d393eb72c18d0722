/* SPDX-License-Identifier: MIT */
/*
 * Placeholders in the user's own objects: ${trial.parameters.lr}.
 *
 *     ${trial.id} ${trial.name} ${trial.sequence} ${trial.attempt}
 *     ${trial.namespace} ${experiment.id} ${experiment.name}
 *     ${trial.parameters}        all of them, a JSON object
 *     ${trial.parameters.a.b}    one; of a nested choice: layer.kernel
 *
 * ${trial.name} is the name of the attempt's object.  A text that is nothing
 * but a placeholder becomes what that is: the number 3, true, an object.  Where
 * Kubernetes takes text alone (labels, annotations, nodeSelector, command,
 * args, values of environment variables, names, images), inside of longer
 * texts, and where it is written ${...|text}, it becomes text: that of a nested
 * choice is its _name, as in commands.  A parameter that this trial does not
 * have (its parent chose otherwise) is null, or no text.
 *
 * $${ is a literal ${.  ${HOME} and whatever else does not begin with our words
 * is the shell's, and stays.  Placeholders stand in values, not in keys.  Pure.
 */
#ifndef ENGINE_KIND_PLACEHOLDER_H
#define ENGINE_KIND_PLACEHOLDER_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/experiment.h"
#include "model/space.h"
#include "model/trial.h"

#include <cjson/cJSON.h>

/* What all texts of one tree may come to: the API server takes 1.5 MiB. */
#define PLACEHOLDER_BYTES_MAX (2u * 1024u * 1024u)

struct placeholder_values {
	const struct experiment *experiment;
	const struct trial *trial;
	const struct attempt *attempt;
	const char *name;      /* of the object */
	const char *namespace; /* NULL: "default" */
};

/* A copy of tree with everything filled in; the caller deletes it.  NULL:
 * ERROR_INVALID (a placeholder that does not exist, parameters that are no
 * JSON) or ERROR_LIMIT. */
cJSON *placeholder_fill(const cJSON *tree,
			const struct placeholder_values *values,
			struct error *err);
/* Append one text, everything in it as text. */
bool placeholder_fill_text(const char *text,
			   const struct placeholder_values *values,
			   struct strbuf *out, struct error *err);

/* --- checking, when a file is loaded ------------------------------------ */

struct placeholder_names;

/* The parameters there are; space NULL: nobody knows, they may have any name.
 * The space is not needed afterwards. */
struct placeholder_names *placeholder_names_new(const struct space *space);
void placeholder_names_free(struct placeholder_names *names); /* NULL ok */
/* Does every placeholder in text exist?  The error says which do. */
bool placeholder_check(const char *text, const struct placeholder_names *names,
		       struct error *err);

#endif
