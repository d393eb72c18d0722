/* SPDX-License-Identifier: MIT */
/*
 * `trialdeck check` for platform kubernetes: everything that can be known
 * before an experiment runs, asked of the cluster itself.
 *
 * Questions first (reached, rights, quotas, nodes, a dry run of the first
 * job), then a rehearsal: one trial of the real kind, through the platform as
 * an experiment uses it, whose command only looks around.  What it makes it
 * removes.  Blocking, two minutes at most; thread: any, with nothing else on
 * it.
 */
#ifndef ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_H
#define ENGINE_PLATFORM_KUBERNETES_PREFLIGHT_H

#include "base/error.h"
#include "model/experiment.h"

enum preflight_verdict { PREFLIGHT_OK, PREFLIGHT_WARNING, PREFLIGHT_FAILED };

/* what: one word, "rights"; text: a sentence with the mend. */
typedef void preflight_fn(void *arg, enum preflight_verdict verdict,
			  const char *what, const char *text);

/* False when the cluster could not be reached at all (told, too). */
bool preflight_kubernetes(const struct experiment_config *config, int side_port,
			  preflight_fn *fn, void *arg);

/* Before an experiment is recorded: can jobs be made at all?  Seconds.
 * ERROR_UNAVAILABLE: no cluster, or it does not answer; ERROR_DENIED: we may
 * not create jobs there. */
bool preflight_reach(const struct experiment_config *config, struct error *err);

#endif
