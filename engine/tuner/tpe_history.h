/* SPDX-License-Identifier: MIT */
/*
 * What one parameter's values led to: (value, loss) records, kept in the two
 * orders that TPE reads them in, so that no suggestion has to sort.  A record
 * costs 28 bytes.
 */
#ifndef ENGINE_TUNER_TPE_HISTORY_H
#define ENGINE_TUNER_TPE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct tpe_history {
	double *values, *losses; /* in order of arrival */
	uint32_t *trials;	 /* whose, as its owner numbers them */
	uint32_t *by_loss;	 /* equal losses: as they arrived */
	uint32_t *by_value;	 /* equal values: as in by_loss */
	size_t count, capacity;
};

/* A history with the lies about running trials mixed in; borrowed. */
struct tpe_history_view {
	const double *values;
	const uint32_t *by_loss, *by_value; /* indices into values */
	size_t count;
};

/* Memory for views, shared between histories. */
struct tpe_history_scratch {
	uint32_t *by_loss, *by_value, *lies;
	size_t capacity;
};

void tpe_history_release(struct tpe_history *history);
void tpe_history_add(struct tpe_history *history, uint32_t trial, double value,
		     double loss);
/* Change the loss of a trial's record, if there is one. */
void tpe_history_set_loss(struct tpe_history *history, uint32_t trial,
			  double loss);

/* Give all records anew the losses of their trials, found by the trial's
 * number. */
void tpe_history_set_losses(struct tpe_history *history, const double *losses);

/* The history as if `count` more records with these values and all with the
 * loss `lie` had arrived.  Valid until the next call with this scratch or
 * change of this history. */
struct tpe_history_view tpe_history_view(struct tpe_history *history,
					 const double *values, size_t count,
					 double lie,
					 struct tpe_history_scratch *scratch);
void tpe_history_scratch_release(struct tpe_history_scratch *scratch);

#endif
