/* SPDX-License-Identifier: MIT */
/* Which trials are good, which are bad, and the point that tells most between
 * them. */
#include "engine/tuner/tpe_joint.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More values of a dimension than this are not summed over. */
#define STEPS_SUMMED 4096

void tpe_joint_init(struct tpe_joint *joint, const struct space *space)
{
	*joint = (struct tpe_joint){.encoding = encoding_new(space)};
	joint->candidates = xcalloc(2 * space->count, sizeof(double));
}

void tpe_joint_release(struct tpe_joint *joint)
{
	encoding_free(joint->encoding);
	free(joint->rows);
	free(joint->losses);
	free(joint->order);
	free(joint->candidates);
	free(joint->members);
	free(joint->weights);
	tpe_mixture_release(&joint->good);
	tpe_mixture_release(&joint->bad);
	*joint = (struct tpe_joint){0};
}

void tpe_joint_place(struct tpe_joint *joint, uint32_t trial,
		     const double *point)
{
	size_t width = joint->encoding->count;

	if (trial >= joint->row_capacity) {
		size_t capacity = trial < 8 ? 16 : 2 * (size_t)trial;

		joint->rows = xrealloc(joint->rows,
				       capacity * width * sizeof(double));
		joint->losses =
			xrealloc(joint->losses, capacity * sizeof(double));
		joint->row_capacity = capacity;
	}
	if (trial >= joint->row_count) {
		joint->row_count = (size_t)trial + 1;
		joint->losses[trial] = NAN;
	}
	encoding_encode(joint->encoding, point, joint->rows + trial * width);
}

/* Where a trial with this loss stands or belongs: after those that are less,
 * and after equal ones that came before it. */
static size_t place_of(const struct tpe_joint *joint, uint32_t trial,
		       double loss)
{
	size_t from = 0, to = joint->count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		uint32_t other = joint->order[middle];
		double value = joint->losses[other];

		if (value < loss || (value == loss && other < trial))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void tpe_joint_learn(struct tpe_joint *joint, uint32_t trial, double loss)
{
	size_t at;

	if (!isnan(joint->losses[trial])) {
		at = place_of(joint, trial, joint->losses[trial]);
		joint->count--;
		memmove(joint->order + at, joint->order + at + 1,
			(joint->count - at) * sizeof(*joint->order));
	}
	at = place_of(joint, trial, loss);
	ARRAY_RESERVE(joint->order, joint->count, joint->order_capacity);
	memmove(joint->order + at + 1, joint->order + at,
		(joint->count - at) * sizeof(*joint->order));
	joint->order[at] = trial;
	joint->losses[trial] = loss;
	joint->count++;
}

void tpe_joint_order(struct tpe_joint *joint, const size_t *order, size_t count)
{
	/* losses become places, so that what is learnt next finds them sorted
	 */
	for (size_t i = 0; i < count && i < joint->count; i++) {
		joint->order[i] = (uint32_t)order[i];
		joint->losses[order[i]] = (double)i;
	}
}

/* The better of the good weigh more. */
static void weigh_good(double *weights, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		weights[i] = log((double)count + 1) - log((double)i + 1);
		sum += weights[i];
	}
	for (size_t i = 0; i < count; i++)
		weights[i] *= (double)count / sum;
}

static void build_groups(struct tpe_joint *joint,
			 const struct tpe_options *options,
			 const uint32_t *running, size_t running_count)
{
	size_t good = tpe_good_count(options, joint->count);
	size_t rest = joint->count - good;
	size_t bad = rest < TPE_JOINT_BAD_MAX ? rest : TPE_JOINT_BAD_MAX;
	size_t most = good > bad + running_count ? good : bad + running_count;
	uint32_t *members;
	double *weights;

	if (most > joint->member_capacity) {
		joint->member_capacity = 2 * most;
		joint->members = xrealloc(joint->members,
					  joint->member_capacity *
						  sizeof(*joint->members));
		joint->weights = xrealloc(joint->weights,
					  joint->member_capacity *
						  sizeof(*joint->weights));
	}
	members = joint->members;
	weights = joint->weights;
	weigh_good(weights, good);
	tpe_mixture_build(&joint->good, joint->encoding, joint->rows,
			  joint->order, weights, good, options->prior_weight);
	for (size_t i = 0; i < bad; i++) {
		members[i] = joint->order[good + i * rest / bad];
		weights[i] = (double)rest / (double)bad;
	}
	for (size_t i = 0; i < running_count; i++) {
		members[bad + i] = running[i];
		weights[bad + i] = 1;
	}
	tpe_mixture_build(&joint->bad, joint->encoding, joint->rows, members,
			  weights, bad + running_count, options->prior_weight);
}

void tpe_joint_draw(struct tpe_joint *joint, const struct tpe_options *options,
		    const uint32_t *running, size_t running_count,
		    struct random *random, double *ret_point)
{
	size_t width = joint->encoding->count;
	double *best = joint->candidates;
	double *x = joint->candidates + width;
	double most = -INFINITY;

	build_groups(joint, options, running, running_count);
	for (int64_t i = 0; i < options->candidates; i++) {
		double gain;

		tpe_mixture_sample(&joint->good, random, x);
		gain = tpe_mixture_log(&joint->good, x) -
		       tpe_mixture_log(&joint->bad, x);
		if (i && !(gain > most))
			continue;
		most = gain;
		memcpy(best, x, width * sizeof(*x));
	}
	encoding_decode(joint->encoding, best, ret_point);
}

/* What the marginal of a dimension of steps sums up to over all its values,
 * which its kernels, being those of a continuum, only roughly keep at 1. */
static double sum_of_steps(const struct tpe_mixture *mixture, size_t j)
{
	const struct encoding_dimension *d = &mixture->encoding->dimensions[j];
	double sum = 0;

	if (d->kind != ENCODING_STEPS || d->levels > STEPS_SUMMED)
		return 1;
	for (size_t i = 0; i < d->levels; i++)
		sum += tpe_mixture_marginal(
			mixture, j, ((double)i + 0.5) / (double)d->levels);
	return sum / (double)d->levels;
}

bool tpe_joint_densities(struct tpe_joint *joint,
			 const struct tpe_options *options,
			 const uint32_t *running, size_t running_count,
			 size_t parameter, const double *internal, size_t n,
			 double *ret_good, double *ret_bad)
{
	const struct encoding *encoding = joint->encoding;
	double good_sum = 1, bad_sum = 1;

	if (!joint->count)
		return false;
	build_groups(joint, options, running, running_count);
	if (parameter_is_categorical(&encoding->space->parameters[parameter])) {
		good_sum = sum_of_steps(&joint->good, parameter);
		bad_sum = sum_of_steps(&joint->bad, parameter);
	}
	for (size_t i = 0; i < n; i++) {
		double density;
		double x = encoding_place(encoding, parameter, internal[i],
					  &density);

		ret_good[i] = density / good_sum *
			      tpe_mixture_marginal(&joint->good, parameter, x);
		ret_bad[i] = density / bad_sum *
			     tpe_mixture_marginal(&joint->bad, parameter, x);
	}
	return true;
}
