/* SPDX-License-Identifier: MIT */
/*
 * Curvefitting: stops a trial whose curve, drawn on to its last epoch, stays
 * below the best of those that ended (nni.md 7.16; curves.h).
 *
 * NNI compares with the last result of whatever trial was assessed last; here
 * it is the last result of the best trial, as was meant.  The curves rise, so
 * only a metric that is maximized can be judged.
 */
#include "engine/assessor/assessors.h"

#include "base/mem.h"
#include "engine/assessor/curves.h"
#include "engine/tuner/args.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judged {
	int64_t trial;
	size_t count; /* results at the last judgement */
};

struct curvefitting {
	int64_t epochs, start_step, gap;
	double threshold;
	double best; /* -INFINITY: none ended yet */
	struct judged *judged;
	size_t judged_count, judged_capacity;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"epoch_num", "integer", "20", "results that a whole trial reports"},
	{"start_step", "integer", "6",
	 "intermediate results before the first judgement"},
	{"threshold", "number", "0.95",
	 "stopped below this part of the best trial's result"},
	{"gap", "integer", "1", "results between two judgements"},
	{0},
};

static bool read_arguments(struct curvefitting *curvefitting,
			   const struct assessor_context *context,
			   struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	bool ok;

	if (!args)
		return false;
	ok = args_integer(args, "epoch_num", 1, 1000000, &curvefitting->epochs,
			  err) &&
	     args_integer(args, "start_step", 1, 1000000,
			  &curvefitting->start_step, err) &&
	     args_number(args, "threshold", 0, 1000, &curvefitting->threshold,
			 err) &&
	     args_integer(args, "gap", 1, 1000000, &curvefitting->gap, err);
	args_free(args);
	return ok;
}

static void *curvefitting_open(const struct assessor_context *context,
			       struct error *err)
{
	struct curvefitting *curvefitting;

	if (context->objective == OBJECTIVE_MINIMIZE) {
		error_set(err, ERROR_INVALID,
			  "its curves rise, and the metric is to be minimized: "
			  "report one that rises, or use Medianstop");
		return NULL;
	}
	curvefitting = xcalloc(1, sizeof(*curvefitting));
	*curvefitting = (struct curvefitting){.epochs = 20,
					      .start_step = 6,
					      .gap = 1,
					      .threshold = 0.95,
					      .best = -INFINITY};
	if (read_arguments(curvefitting, context, err))
		return curvefitting;
	free(curvefitting);
	return NULL;
}

static void curvefitting_close(void *state)
{
	struct curvefitting *curvefitting = state;

	free(curvefitting->judged);
	free(curvefitting);
}

/* Of a running trial; as few as there are running ones. */
static struct judged *judged_of(struct curvefitting *curvefitting,
				int64_t trial)
{
	for (size_t i = 0; i < curvefitting->judged_count; i++)
		if (curvefitting->judged[i].trial == trial)
			return &curvefitting->judged[i];
	ARRAY_RESERVE(curvefitting->judged, curvefitting->judged_count,
		      curvefitting->judged_capacity);
	curvefitting->judged[curvefitting->judged_count] =
		(struct judged){.trial = trial};
	return &curvefitting->judged[curvefitting->judged_count++];
}

static void forget(struct curvefitting *curvefitting, int64_t trial)
{
	for (size_t i = 0; i < curvefitting->judged_count; i++)
		if (curvefitting->judged[i].trial == trial) {
			curvefitting->judged[i] =
				curvefitting
					->judged[--curvefitting->judged_count];
			return;
		}
}

static bool curvefitting_assess(void *state, int64_t trial,
				const double *history, size_t count,
				char *reason, size_t size)
{
	struct curvefitting *curvefitting = state;
	struct judged *judged;
	double expected;

	if (curvefitting->best == -INFINITY ||
	    (int64_t)count < curvefitting->start_step)
		return true;
	judged = judged_of(curvefitting, trial);
	if (judged->count &&
	    (int64_t)(count - judged->count) < curvefitting->gap)
		return true;
	judged->count = count;
	for (size_t i = 0; i < count; i++)
		if (!isfinite(history[i]))
			return true; /* no curve goes through it */
	/* the chance behind a judgement is the trial's own, so that the same
	 * results are judged alike whenever they come */
	if (!curves_predict(history, count, (double)curvefitting->epochs,
			    (uint64_t)trial ^ (uint64_t)count << 48,
			    &expected) ||
	    expected > curvefitting->best * curvefitting->threshold)
		return true;
	snprintf(reason, size,
		 "Curvefitting: expected %.4g after %lld results, below %.4g "
		 "of the best trial's %.4g",
		 expected, (long long)curvefitting->epochs,
		 curvefitting->threshold, curvefitting->best);
	return false;
}

static void curvefitting_ended(void *state, int64_t trial, bool succeeded,
			       const double *history, size_t count)
{
	struct curvefitting *curvefitting = state;

	forget(curvefitting, trial);
	if (succeeded && count && isfinite(history[count - 1]))
		curvefitting->best =
			fmax(curvefitting->best, history[count - 1]);
}

const struct assessor_ops curvefitting_assessor_ops = {
	.name = "Curvefitting",
	.help = "stops trials whose curve will not reach the best one's",
	.arguments = arguments,
	.open = curvefitting_open,
	.assess = curvefitting_assess,
	.ended = curvefitting_ended,
	.close = curvefitting_close,
};
