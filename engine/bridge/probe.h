/* SPDX-License-Identifier: MIT */
/* Asking an interpreter which algorithms its nni has.  Not for the engine's
 * thread: this waits. */
#ifndef ENGINE_BRIDGE_PROBE_H
#define ENGINE_BRIDGE_PROBE_H

#include "base/error.h"
#include "base/strbuf.h"

#define PROBE_PATIENCE_S 60

/* Append a JSON list of {"name", "kind": "tuner"|"assessor"|"advisor",
 * "class"}.  configured: as for process_python.  ERROR_NOT_FOUND when there is
 * no nni, ERROR_TIMEOUT after PROBE_PATIENCE_S. */
bool probe_algorithms(const char *configured, struct strbuf *json,
		      struct error *err);

#endif
