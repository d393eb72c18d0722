/* SPDX-License-Identifier: MIT */
/*
 * An experiment's trials as observations (insight/observations.h), read from
 * the store for a command.
 *
 * Of each trial it takes the final result, or, of another metric than the
 * objective, the final value, else the last intermediate one, of the newest
 * attempt.  What it leaves out it counts.  Thread: any one at a time.
 */
#ifndef TUI_FINDINGS_H
#define TUI_FINDINGS_H

#include "insight/observations.h"
#include "model/experiment.h"
#include "store/store.h"

/* What became of a trial here. */
enum finding {
	FINDING_UNKNOWN,    /* not read yet */
	FINDING_USED,	    /* has a point and a finite result */
	FINDING_UNFINISHED, /* waits or runs */
	FINDING_FAILED,	    /* these have no result: */
	FINDING_CANCELED,
	FINDING_STOPPED,  /* early */
	FINDING_WITHOUT,  /* succeeded, but reported none */
	FINDING_INFINITE, /* NaN, infinite, or text */
	FINDING_STRANGE,  /* its parameters are none of the space */
	FINDING_COUNT
};

struct findings {
	int64_t experiment;
	struct space *space; /* owned */
	struct observations *all;
	size_t counts[FINDING_COUNT];
	size_t known; /* trials read, of any kind */
	/* private */
	char *metric;
	struct space_scan *scan;
	double *point;
	uint8_t *kinds; /* enum finding by sequence */
	size_t kind_room;
	struct store *store;
	struct error *err;
	bool has_failed;
};

/* metric: NULL for the trials' final result, else its name.  Fails when the
 * experiment has no search space, or one that cannot be read. */
struct findings *findings_new(const struct experiment *experiment,
			      const char *metric, struct error *err);
void findings_free(struct findings *findings);
/* Read everything, in one consistent look. */
bool findings_read(struct findings *findings, struct store *store,
		   struct error *err);
/* What was left out, as a sentence: "left out: 3 failed, 1 still runs"; nothing
 * when all were used. */
void findings_tell_left_out(const struct findings *findings,
			    struct strbuf *out);

#endif
