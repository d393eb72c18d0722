/* SPDX-License-Identifier: MIT */
/*
 * TPE: tree-structured Parzen estimators.
 *
 * The first suggestions are drawn by chance.  After that each parameter keeps
 * to itself: tpe_draw.c proposes a value from what its own values led to.
 * Nested parameters learn from the trials that had them.
 *
 * Trials that still run are taken to have ended with the best result so far
 * (the constant liar), so that suggestions made side by side differ.  Whatever
 * is neither here nor there counts as worst: a result that is not finite is a
 * loss of infinity, which sorts last and enters no arithmetic.  A trial that
 * fails or is canceled teaches nothing, as in NNI.
 *
 * A trial may report again after it ended, when somebody runs it once more:
 * its newest result replaces the one before.
 *
 * Several objectives, or constraints: a trial's loss is its place in an order
 * of all (fronts.h), as in MOTPE (Ozaki et al., 2020).  Nobody is the best
 * then: trials that run count among the bad.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/dedup.h"
#include "engine/tuner/fronts.h"
#include "engine/tuner/tpe_arguments.h"
#include "engine/tuner/tpe_draw.h"
#include "engine/tuner/tpe_joint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Results before the first estimate, however many trials run. */
#define RESULTS_LEAST 4

struct trial_entry {
	int64_t number;
	uint32_t trial; /* index of its point */
};

struct tpe {
	const struct space *space;
	struct tpe_arguments args;
	bool maximizes;
	uint64_t seed;
	struct dedup *dedup;

	struct tpe_joint joint;	       /* whole points; or else: */
	struct tpe_history *histories; /* one per parameter */
	double *points;		       /* space->count values a trial */
	bool *observed;		       /* per trial: in the histories */
	size_t trial_count, trial_capacity;
	struct trial_entry *entries; /* ascending numbers; none of imported */
	size_t entry_count, entry_capacity;
	uint32_t *running; /* trials, in the order they were submitted */
	size_t running_count, running_capacity;

	/* finite losses of our own trials, for the liar */
	double least_loss, most_loss, loss_sum;
	size_t loss_count;

	/* results as they are; a row a trial */
	struct fronts fronts;
	bool is_ordered; /* losses are places in the fronts' order */
	bool is_stale;	 /* and have to be found anew */

	/* memory for suggestions */
	struct tpe_draw draw;
	struct tpe_history_scratch scratch;
	double *lies;
	size_t lie_capacity;
};

static void tpe_close(void *state)
{
	struct tpe *tpe = state;

	for (size_t i = 0; i < tpe->space->count; i++)
		tpe_history_release(&tpe->histories[i]);
	free(tpe->histories);
	free(tpe->points);
	free(tpe->observed);
	free(tpe->entries);
	free(tpe->running);
	free(tpe->lies);
	tpe_joint_release(&tpe->joint);
	tpe_draw_release(&tpe->draw);
	tpe_history_scratch_release(&tpe->scratch);
	fronts_release(&tpe->fronts);
	dedup_free(tpe->dedup);
	free(tpe);
}

static void *tpe_open(const struct tuner_context *context, struct error *err)
{
	struct tpe *tpe = xcalloc(1, sizeof(*tpe));

	if (!tpe_arguments_read(context->class_args,
				context->objective_count > 1, &tpe->args,
				err)) {
		free(tpe);
		return NULL;
	}
	fronts_init(&tpe->fronts, context);
	tpe->is_ordered = context->objective_count > 1;
	tpe->space = context->space;
	tpe->seed = context->seed;
	tpe->maximizes = context->objective == OBJECTIVE_MAXIMIZE;
	tpe->least_loss = INFINITY;
	tpe->most_loss = -INFINITY;
	tpe->histories = xcalloc(tpe->space->count, sizeof(*tpe->histories));
	tpe->dedup = dedup_new(tpe->space);
	tpe_joint_init(&tpe->joint, tpe->space);
	return tpe;
}

/* --- trials by number ---------------------------------------------------- */

/* Where the number stands or belongs among the entries. */
static size_t find_entry(const struct tpe *tpe, int64_t number)
{
	size_t from = 0;
	size_t to = tpe->entry_count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (tpe->entries[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool find_trial(const struct tpe *tpe, int64_t number,
		       uint32_t *ret_trial)
{
	size_t at = find_entry(tpe, number);

	if (at == tpe->entry_count || tpe->entries[at].number != number)
		return false;
	*ret_trial = tpe->entries[at].trial;
	return true;
}

static double *point_of(const struct tpe *tpe, uint32_t trial)
{
	return tpe->points + (size_t)trial * tpe->space->count;
}

static uint32_t add_trial(struct tpe *tpe, const double *point)
{
	size_t count = tpe->trial_count;
	size_t width = tpe->space->count;

	if (count == tpe->trial_capacity) {
		size_t capacity = count ? 2 * count : 16;

		tpe->points = xrealloc(tpe->points,
				       capacity * width * sizeof(double));
		tpe->observed = xrealloc(tpe->observed,
					 capacity * sizeof(*tpe->observed));
		tpe->trial_capacity = capacity;
	}
	tpe->observed[count] = false;
	tpe->trial_count++;
	memcpy(point_of(tpe, (uint32_t)count), point, width * sizeof(*point));
	tpe_joint_place(&tpe->joint, (uint32_t)count, point);
	return (uint32_t)count;
}

static void add_entry(struct tpe *tpe, int64_t number, uint32_t trial)
{
	size_t at = find_entry(tpe, number);

	ARRAY_RESERVE(tpe->entries, tpe->entry_count, tpe->entry_capacity);
	memmove(tpe->entries + at + 1, tpe->entries + at,
		(tpe->entry_count - at) * sizeof(*tpe->entries));
	tpe->entries[at] = (struct trial_entry){number, trial};
	tpe->entry_count++;
}

static void stop_running(struct tpe *tpe, uint32_t trial)
{
	for (size_t i = 0; i < tpe->running_count; i++) {
		if (tpe->running[i] != trial)
			continue;
		tpe->running_count--;
		memmove(tpe->running + i, tpe->running + i + 1,
			(tpe->running_count - i) * sizeof(*tpe->running));
		return;
	}
}

/* --- suggestions --------------------------------------------------------- */

static double lie(const struct tpe *tpe)
{
	if (tpe->is_ordered)
		return INFINITY;
	if (!tpe->loss_count)
		return 0;
	if (tpe->args.liar == TPE_LIAR_BEST)
		return tpe->least_loss;
	if (tpe->args.liar == TPE_LIAR_WORST)
		return tpe->most_loss;
	return tpe->loss_sum / (double)tpe->loss_count;
}

/* Collect the running trials' values of parameter i. */
static size_t collect_lies(struct tpe *tpe, size_t i)
{
	size_t count = 0;

	if (tpe->args.liar >= TPE_LIAR_NONE)
		return 0;
	for (size_t k = 0; k < tpe->running_count; k++) {
		double value = point_of(tpe, tpe->running[k])[i];

		if (isnan(value))
			continue;
		ARRAY_RESERVE(tpe->lies, count, tpe->lie_capacity);
		tpe->lies[count++] = value;
	}
	return count;
}

/* Of several objectives: make the losses places in the order. */
static void find_order(struct tpe *tpe)
{
	size_t count = tpe->trial_count + 1;
	size_t *order = xcalloc(count, sizeof(*order));
	double *places = xcalloc(count, sizeof(*places));
	size_t good = tpe_good_count(&tpe->args.options, count);

	count = fronts_order(&tpe->fronts, good, order);
	if (tpe->args.is_joint)
		tpe_joint_order(&tpe->joint, order, count);
	for (size_t i = 0; i < count; i++)
		places[order[i]] = (double)i;
	for (size_t i = 0; i < tpe->space->count && !tpe->args.is_joint; i++)
		tpe_history_set_losses(&tpe->histories[i], places);
	tpe->is_stale = false;
	free(order);
	free(places);
}

/* Are whole points modelled by now?  Trials that run count as drawn by chance
 * already, so that many at once do not delay it; but some results there are. */
static bool is_begun(const struct tpe *tpe)
{
	size_t startup = (size_t)tpe->args.options.startup_jobs;
	size_t least = startup < RESULTS_LEAST ? startup : RESULTS_LEAST;

	return tpe->args.is_joint && tpe->joint.count > 0 &&
	       tpe->joint.count >= least &&
	       tpe->joint.count + tpe->running_count >= startup;
}

static enum tuner_outcome tpe_suggest(void *state, int64_t number,
				      struct tuner_suggestion *ret,
				      struct error *err)
{
	struct tpe *tpe = state;
	struct random random;

	(void)err;
	if (tpe->is_stale)
		find_order(tpe);
	random_seed(&random, tpe->seed, (uint64_t)number);
	if (is_begun(tpe)) {
		tpe_joint_draw(&tpe->joint, &tpe->args.options, tpe->running,
			       tpe->args.liar >= TPE_LIAR_NONE
				       ? 0
				       : tpe->running_count,
			       &random, ret->point);
		return dedup_fix(tpe->dedup, ret->point) ? TUNER_SUGGESTED
							 : TUNER_EXHAUSTED;
	}
	for (size_t i = 0; i < tpe->space->count; i++) {
		struct tpe_history_view view;
		size_t lies;

		ret->point[i] = NAN;
		if (!space_is_active(tpe->space, ret->point, i))
			continue;
		lies = collect_lies(tpe, i);
		view = tpe_history_view(&tpe->histories[i], tpe->lies, lies,
					lie(tpe), &tpe->scratch);
		ret->point[i] =
			tpe_draw(&tpe->draw, &tpe->args.options,
				 &tpe->space->parameters[i], &view, &random);
	}
	return dedup_fix(tpe->dedup, ret->point) ? TUNER_SUGGESTED
						 : TUNER_EXHAUSTED;
}

static void tpe_adopt(void *state, int64_t number, const double *point)
{
	struct tpe *tpe = state;
	uint32_t trial;

	if (!find_trial(tpe, number, &trial)) {
		trial = add_trial(tpe, point);
		add_entry(tpe, number, trial);
	} else if (!tpe->observed[trial]) {
		memcpy(point_of(tpe, trial), point,
		       tpe->space->count * sizeof(*point));
		tpe_joint_place(&tpe->joint, trial, point);
	}
	dedup_add(tpe->dedup, point);
	stop_running(tpe, trial);
	ARRAY_RESERVE(tpe->running, tpe->running_count, tpe->running_capacity);
	tpe->running[tpe->running_count++] = trial;
}

/* --- results ------------------------------------------------------------- */

static double to_loss(const struct tpe *tpe, const struct tuner_result *result)
{
	double value = result->count ? result->values[0] : NAN;

	if (!isfinite(value))
		return INFINITY;
	return tpe->maximizes ? -value : value;
}

/* The first constraint that is broken makes an order of the losses, too. */
static void learn(struct tpe *tpe, uint32_t trial,
		  const struct tuner_result *result)
{
	double loss = to_loss(tpe, result);

	fronts_set(&tpe->fronts, trial, result);
	tpe->is_ordered |= result->violation > 0;
	tpe->is_stale = tpe->is_ordered;
	if (tpe->args.is_joint)
		tpe_joint_learn(&tpe->joint, trial, loss);
	for (size_t i = 0; i < tpe->space->count && !tpe->args.is_joint; i++) {
		double value = point_of(tpe, trial)[i];

		if (isnan(value))
			continue;
		if (tpe->observed[trial])
			tpe_history_set_loss(&tpe->histories[i], trial, loss);
		else
			tpe_history_add(&tpe->histories[i], trial, value, loss);
	}
	tpe->observed[trial] = true;
}

static void tpe_observe(void *state, int64_t number,
			const struct tuner_result *result)
{
	struct tpe *tpe = state;
	double loss = to_loss(tpe, result);
	uint32_t trial;

	if (!find_trial(tpe, number, &trial))
		return;
	stop_running(tpe, trial);
	if (isfinite(loss)) {
		tpe->least_loss = fmin(tpe->least_loss, loss);
		tpe->most_loss = fmax(tpe->most_loss, loss);
		tpe->loss_sum += loss;
		tpe->loss_count++;
	}
	learn(tpe, trial, result);
}

static void tpe_ended(void *state, int64_t number, enum trial_state how)
{
	struct tpe *tpe = state;
	uint32_t trial;

	(void)how; /* whatever was worth learning was observed before */
	if (find_trial(tpe, number, &trial))
		stop_running(tpe, trial);
}

static void tpe_import(void *state, const double *point,
		       const struct tuner_result *result)
{
	struct tpe *tpe = state;

	learn(tpe, add_trial(tpe, point), result);
	dedup_add(tpe->dedup, point);
}

/* Of whole points the marginals of what the suggestions are drawn from. */
static bool tpe_believe(void *state, size_t parameter, const double *internal,
			size_t n, double *ret_good, double *ret_bad)
{
	struct tpe *tpe = state;
	bool has_lies = tpe->args.liar < TPE_LIAR_NONE;
	struct tpe_history_view view;
	size_t lies;

	if (tpe->is_stale)
		find_order(tpe);
	if (tpe->args.is_joint)
		return is_begun(tpe) &&
		       tpe_joint_densities(
			       &tpe->joint, &tpe->args.options, tpe->running,
			       has_lies ? tpe->running_count : 0, parameter,
			       internal, n, ret_good, ret_bad);
	lies = collect_lies(tpe, parameter);
	view = tpe_history_view(&tpe->histories[parameter], tpe->lies, lies,
				lie(tpe), &tpe->scratch);
	return tpe_densities(&tpe->draw, &tpe->args.options,
			     &tpe->space->parameters[parameter], &view,
			     internal, n, ret_good, ret_bad);
}

const struct tuner_ops tpe_tuner_ops = {
	.name = "TPE",
	.help = "models which values led to good results; a sound default",
	.arguments = tpe_argument_table,
	.default_objective = OBJECTIVE_MINIMIZE,
	.flags = TUNER_OBJECTIVES,
	.open = tpe_open,
	.suggest = tpe_suggest,
	.adopt = tpe_adopt,
	.observe = tpe_observe,
	.ended = tpe_ended,
	.import = tpe_import,
	.densities = tpe_believe,
	.close = tpe_close,
};
