/* SPDX-License-Identifier: MIT */
/*
 * Texts worth copying: parameters as JSON, YAML and command-line flags, and
 * the kubectl line of a trial.  Pure.
 */
#ifndef TUI_COPY_H
#define TUI_COPY_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/cluster.h"
#include "model/experiment.h"
#include "model/trial.h"

enum copy_form { COPY_JSON, COPY_YAML, COPY_FLAGS };

/* Append stored parameters in a form.  Fails when they are no JSON object.
 *   JSON   {"lr":0.01,"layer":{"_name":"conv","size":3}}
 *   YAML   a key a line, nested by two blanks; strings quoted where needed
 *   flags  --lr=0.01 --layer._name=conv --layer.size=3, quoted for a shell */
bool copy_parameters(struct strbuf *out, const char *json, enum copy_form form,
		     struct error *err);
/* Append the kubectl line for a trial's newest attempt: into its pod while it
 * runs, else what Kubernetes says of it.  place and attempt may be NULL.
 * False when the experiment's trials run in no cluster, or nothing was
 * submitted yet. */
bool copy_kubectl(struct strbuf *out, const struct experiment *experiment,
		  const struct trial *trial, const struct attempt *attempt,
		  const struct trial_place *place, struct error *err);

#endif
