/* SPDX-License-Identifier: MIT */
/*
 * Warm start: results of earlier experiments, told to the tuner of a new one
 * before it proposes anything.
 *
 * They are read before the new experiment is recorded ("latest" is the one
 * before it), and written into its history, as imported points, afterwards.
 * Points that are none of the new space, and results that are no finite number,
 * are left out, and counted.
 *
 * Sources are experiments of the store, or files as `nnictl experiment export
 * --type json` writes them: [{"parameter": {...}, "value": 0.5 or "0.5" or an
 * object with "default" or the objectives' metrics}].
 */
#ifndef ENGINE_WARM_H
#define ENGINE_WARM_H

#include "base/error.h"
#include "base/strbuf.h"
#include "store/store.h"

struct warm; /* results of all sources */

/* source: id, name or "latest"; a file where the name has a '/' or ends in
 * .json.  Adds to *warm, which is NULL at first. */
bool warm_read(struct store *store, const char *source, struct warm **warm,
	       struct error *err);
/* Write those that fit into the history of an experiment that was recorded just
 * now, in a transaction of its own, with an event for each source.  Appends a
 * line for each to `report`. */
bool warm_write(struct store *store, const struct warm *warm,
		const struct experiment *experiment, struct strbuf *report,
		struct error *err);
void warm_free(struct warm *warm);

#endif
