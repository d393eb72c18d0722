/* SPDX-License-Identifier: MIT */
/* Milestones, rows, fantasies. */
#include "engine/tuner/gp_model.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STARTS_MAX 10
/* Streams of what running trials may yield, far from those of suggestions. */
#define FANTASIES (UINT64_C(1) << 61)
/* Looks at the likelihood by a fit that starts somewhere, or at the default. */
#define LOOKS_WARM 30
#define LOOKS_COLD 40
/* Up to so many trials a fit tries the default as well; above, it starts near
 * its end, and each look is dear. */
#define COLD_MAX 120
#define LOOKS_LATE 14
/* More noise than this, as a share of the variance, is noise. */
#define NOISY 0.003
/* Rows nearer than this, as a share of the cube's side, are a crowd. */
#define NEAR 0.001
#define CROWD 3

void gp_model_init(struct gp_model *model, const struct encoding *encoding,
		   const struct trials *trials, enum gp_smoothness smoothness,
		   double least_noise, size_t first)
{
	*model = (struct gp_model){.encoding = encoding,
				   .trials = trials,
				   .least_noise = least_noise,
				   .first = first < 2 ? 2 : first};
	model->is_category =
		xcalloc(encoding->count, sizeof(*model->is_category));
	for (size_t i = 0; i < encoding->count; i++)
		model->is_category[i] =
			encoding->dimensions[i].kind == ENCODING_CATEGORY;
	model->shape = (struct gp_shape){encoding->count, model->is_category,
					 smoothness};
}

static void forget_milestones(struct gp_model *model)
{
	for (size_t i = 0; i < model->milestone_count; i++)
		gp_hyper_release(&model->milestones[i].hyper);
	model->milestone_count = 0;
}

void gp_model_release(struct gp_model *model)
{
	forget_milestones(model);
	free(model->milestones);
	free(model->is_category);
}

/* --- rows ---------------------------------------------------------------- */

struct ranked {
	double loss;
	size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *p = a;
	const struct ranked *q = b;

	if (p->loss != q->loss)
		return p->loss < q->loss ? -1 : 1;
	return (p->at > q->at) - (p->at < q->at);
}

struct rows {
	double *x, *y; /* imputed points and their losses */
	size_t count;
	struct ranked *ranked; /* all learnt, best first */
};

static void rows_release(struct rows *rows)
{
	free(rows->x);
	free(rows->y);
	free(rows->ranked);
}

/* The first `learnt` trials, or of more than `most` the best half and, of the
 * others, the newest. */
static void rows_collect(const struct gp_model *model, size_t learnt,
			 size_t most, struct rows *rows)
{
	const struct trials *trials = model->trials;
	size_t width = model->encoding->count;
	double *losses = xcalloc(learnt + 1, sizeof(*losses));
	double *encoded = xcalloc(width, sizeof(*encoded));
	bool *is_chosen = xcalloc(learnt + 1, sizeof(*is_chosen));
	size_t chosen = 0;

	*rows = (struct rows){.count = learnt < most ? learnt : most};
	rows->x = linalg_alloc(rows->count * width);
	rows->y = linalg_alloc(rows->count);
	rows->ranked = xcalloc(learnt + 1, sizeof(*rows->ranked));
	trials_losses(trials, learnt, losses);
	for (size_t i = 0; i < learnt; i++)
		rows->ranked[i] = (struct ranked){losses[i], i};
	qsort(rows->ranked, learnt, sizeof(*rows->ranked), compare_ranked);
	if (learnt > most)
		for (; chosen < most / 2; chosen++)
			is_chosen[rows->ranked[chosen].at] = true;
	for (size_t i = learnt; i-- > 0 && chosen < rows->count;) {
		chosen += !is_chosen[i];
		is_chosen[i] = true;
	}
	chosen = 0;
	for (size_t i = 0; i < learnt; i++) {
		if (!is_chosen[i])
			continue;
		encoding_encode(model->encoding,
				trials_point(trials, trials->learnt[i]),
				encoded);
		encoding_impute(model->encoding, encoded,
				rows->x + chosen * width);
		rows->y[chosen++] = losses[i];
	}
	free(losses);
	free(encoded);
	free(is_chosen);
}

static bool is_near(const struct gp_model *model, const double *a,
		    const double *b)
{
	double sum = 0;

	for (size_t d = 0; d < model->encoding->count; d++) {
		if (model->is_category[d] && a[d] != b[d])
			return false;
		if (!model->is_category[d])
			sum += (a[d] - b[d]) * (a[d] - b[d]);
	}
	return sum < NEAR * NEAR * (double)model->encoding->count;
}

/* Leave so many rows of a crowd.  What a search has found good fills with rows
 * that all say the same; lengths and scales fitted to them would be those of
 * the hole, not of the space. */
static void rows_thin(const struct gp_model *model, struct rows *rows)
{
	size_t width = model->encoding->count;
	size_t kept = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const double *x = rows->x + i * width;
		size_t near = 0;

		for (size_t k = 0; k < kept && near < CROWD; k++)
			near += is_near(model, x, rows->x + k * width);
		if (near >= CROWD)
			continue;
		memmove(rows->x + kept * width, x, width * sizeof(*x));
		rows->y[kept++] = rows->y[i];
	}
	rows->count = kept;
}

/* Leave at most so many rows, evenly over the course of the experiment. */
static void rows_sample(const struct gp_model *model, struct rows *rows,
			size_t most)
{
	size_t width = model->encoding->count;

	if (rows->count <= most)
		return;
	for (size_t i = 0; i < most; i++) {
		size_t from = i * rows->count / most;

		memmove(rows->x + i * width, rows->x + from * width,
			width * sizeof(*rows->x));
		rows->y[i] = rows->y[from];
	}
	rows->count = most;
}

static void rows_warp(struct rows *rows, const struct warp *warp)
{
	for (size_t i = 0; i < rows->count; i++)
		rows->y[i] = warp_apply(warp, rows->y[i]);
}

/* --- milestones ---------------------------------------------------------- */

/* The last milestone that `learnt` trials have reached: every one at first,
 * then every twentieth part.  Before the first one, where somebody asks for a
 * belief all the same, each stands for itself. */
static size_t milestone_before(const struct gp_model *model, size_t learnt)
{
	size_t at = model->first;

	if (learnt < at)
		return learnt < GP_MODEL_LEAST ? 0 : learnt;
	for (;;) {
		size_t next = at + (at < 40 ? 1 : at / 20);

		if (next > learnt)
			return at;
		at = next;
	}
}

static const struct gp_milestone *find_milestone(const struct gp_model *model,
						 size_t count)
{
	for (size_t i = model->milestone_count; i-- > 0;)
		if (model->milestones[i].count == count)
			return &model->milestones[i];
	return NULL;
}

/* Fit hyperparameters to rows as the warp makes them, from a start if there is
 * one.  Returns the posterior of the losses as they were. */
static double fit_warped(struct gp_model *model, const struct rows *raw,
			 const struct gp_milestone *start, bool is_late,
			 struct gp_milestone *ret)
{
	const struct gp_shape *shape = &model->shape;
	struct gp_hyper warm = {0};
	double *y = linalg_alloc(raw->count);
	double value = -INFINITY, warm_value, slopes = 0;

	ret->hyper = gp_hyper_default(shape);
	for (size_t i = 0; i < raw->count; i++) {
		y[i] = warp_apply(&ret->warp, raw->y[i]);
		slopes += warp_log_slope(&ret->warp, raw->y[i]);
	}
	if (!start || !is_late)
		value = gp_fit(shape, raw->x, y, raw->count, model->least_noise,
			       LOOKS_COLD, &ret->hyper);
	if (start) {
		gp_hyper_copy(&warm, &start->hyper, shape->dimensions);
		warm_value =
			gp_fit(shape, raw->x, y, raw->count, model->least_noise,
			       is_late ? LOOKS_LATE : LOOKS_WARM, &warm);
		if (warm_value >= value) {
			gp_hyper_copy(&ret->hyper, &warm, shape->dimensions);
			value = warm_value;
		}
	}
	gp_hyper_release(&warm);
	free(y);
	return value + slopes;
}

/* With the warp that losses alone suggest.  Where results are noisy, drawing in
 * the bad ones can blow up the noise of the good ones: there, while that is
 * cheap, without it, too, and the process is the judge. */
static void fit_milestone(struct gp_model *model, size_t count,
			  const struct gp_milestone *start)
{
	bool is_late = start && count > COLD_MAX;
	struct gp_milestone best = {0};
	double best_value = -INFINITY;
	struct rows rows;

	rows_collect(model, count, GP_MODEL_ROWS_MAX, &rows);
	rows_thin(model, &rows);
	for (int k = 0; k < 2; k++) {
		bool is_straight = k;
		struct gp_milestone milestone = {.count = count,
						 .is_straight = is_straight};
		struct rows sample = rows;
		double value;

		if (is_late && is_straight != start->is_straight)
			continue;
		if (best.count && best.hyper.noise < NOISY)
			break;
		milestone.warp = warp_fit(rows.y, rows.count, is_straight);
		rows_sample(model, &sample, GP_FIT_MAX);
		value = fit_warped(model, &sample, start, is_late, &milestone);
		if (best.count && !(value > best_value)) {
			gp_hyper_release(&milestone.hyper);
			continue;
		}
		gp_hyper_release(&best.hyper);
		best = milestone;
		best_value = value;
	}
	rows_release(&rows);
	ARRAY_RESERVE(model->milestones, model->milestone_count,
		      model->milestone_capacity);
	model->milestones[model->milestone_count++] = best;
}

/* The fit that `learnt` trials have, made now if need be; each starts at that
 * of three quarters of its trials. */
static const struct gp_milestone *fitted(struct gp_model *model, size_t learnt)
{
	size_t count = milestone_before(model, learnt);
	const struct gp_milestone *milestone = find_milestone(model, count);
	size_t before = count * 3 / 4;

	if (!milestone && count) {
		fit_milestone(model, count,
			      before < model->first ? NULL
						    : fitted(model, before));
		milestone = find_milestone(model, count);
	}
	return milestone;
}

/* --- belief -------------------------------------------------------------- */

static void add_running(struct gp_model *model, uint64_t seed,
			struct gp_belief *belief)
{
	const struct trials *trials = model->trials;
	size_t width = model->encoding->count;
	double *x = linalg_alloc(2 * width);
	size_t count = trials->running_count;
	size_t from =
		count > GP_MODEL_RUNNING_MAX ? count - GP_MODEL_RUNNING_MAX : 0;

	for (size_t i = from; i < count; i++) {
		uint32_t trial = trials->running[i];
		double normals[GP_FANTASIES_MAX];
		struct random random;

		random_seed(&random, seed,
			    FANTASIES ^ (uint64_t)trials->items[trial].number);
		for (size_t m = 0; m < belief->versions; m++)
			normals[m] = random_normal(&random);
		encoding_encode(model->encoding, trials_point(trials, trial),
				x);
		encoding_impute(model->encoding, x, x + width);
		gp_add_unknown(belief->gp, x + width, normals);
	}
	free(x);
}

static void collect_starts(struct gp_model *model, const struct rows *rows,
			   size_t learnt, struct gp_belief *belief)
{
	const struct trials *trials = model->trials;
	size_t width = model->encoding->count;

	belief->start_count = learnt < STARTS_MAX ? learnt : STARTS_MAX;
	belief->starts = linalg_alloc(belief->start_count * width);
	belief->best_loss = rows->ranked[0].loss;
	for (size_t i = 0; i < belief->start_count; i++)
		encoding_encode(
			model->encoding,
			trials_point(trials,
				     trials->learnt[rows->ranked[i].at]),
			belief->starts + i * width);
}

const struct gp_milestone *gp_model_fitted(struct gp_model *model)
{
	if (model->revision != model->trials->revision)
		forget_milestones(model);
	model->revision = model->trials->revision;
	return fitted(model, model->trials->learnt_count);
}

bool gp_model_believe(struct gp_model *model, uint64_t seed, size_t versions,
		      struct gp_belief *ret_belief)
{
	const struct trials *trials = model->trials;
	size_t learnt = trials->learnt_count;
	const struct gp_milestone *milestone = gp_model_fitted(model);
	struct rows rows;

	*ret_belief = (struct gp_belief){0};
	if (!milestone)
		return false;
	rows_collect(model, learnt, GP_MODEL_ROWS_MAX, &rows);
	rows_warp(&rows, &milestone->warp);
	ret_belief->hyper = &milestone->hyper;
	ret_belief->warp = milestone->warp;
	ret_belief->versions = trials->running_count ? versions : 1;
	ret_belief->gp = gp_new(&model->shape, ret_belief->hyper, rows.x,
				rows.y, rows.count,
				trials->running_count > GP_MODEL_RUNNING_MAX
					? GP_MODEL_RUNNING_MAX
					: trials->running_count);
	if (ret_belief->gp) {
		gp_set_fantasies(ret_belief->gp, ret_belief->versions);
		add_running(model, seed, ret_belief);
		collect_starts(model, &rows, learnt, ret_belief);
	}
	rows_release(&rows);
	return ret_belief->gp;
}

void gp_belief_release(struct gp_belief *belief)
{
	gp_free(belief->gp);
	free(belief->starts);
	*belief = (struct gp_belief){0};
}
