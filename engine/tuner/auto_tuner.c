/* SPDX-License-Identifier: MIT */
/*
 * Auto: chooses among the other tuners, suggestion by suggestion, as the
 * comparison in docs/tuners.md has shown them to be best.
 *
 * Each of its tuners is told everything, also of what another one proposed, so
 * any of them can take over at any time.  Which one is asked follows from the
 * space, the number of results and the suggestion's number alone.
 *
 * Noise and trials side by side do not change the choice, for on noisy
 * functions and with 16 trials at once it was the Gaussian process that found
 * most, too: mixing in TPE's suggestions, or leaving the first ones to it, made
 * it worse.  What they do change is in gp_tuner.c: noise is learnt, and many
 * trials at once let it begin earlier.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

#include <stdlib.h>

enum part { PART_GP, PART_TPE, PART_CMAES, PARTS };

static const struct tuner_ops *const part_ops[] = {
	[PART_GP] = &gp_tuner_ops,
	[PART_TPE] = &tpe_tuner_ops,
	[PART_CMAES] = &cmaes_tuner_ops,
};

/* Why the one that is asked is asked. */
enum reason {
	REASON_FEW,	    /* results: each of them counts */
	REASON_FEW_OPTIONS, /* the same, and there are choices */
	REASON_MANY,	    /* results */
	REASON_OBJECTIVES,  /* several */
	REASON_WIDE,	    /* the space */
};

static const char *const reasons[] = {
	[REASON_FEW] = "few results: a model of the whole space makes the most "
		       "of them",
	[REASON_FEW_OPTIONS] =
		"few results: a model of the whole space makes the most of "
		"them; every fifth suggestion is TPE's, which looks at other "
		"options",
	[REASON_MANY] = "more results than a Gaussian process has time for",
	[REASON_OBJECTIVES] = "several objectives",
	[REASON_WIDE] = "a space too wide for a Gaussian process",
};

/* Parameters and options up to which a Gaussian process is worth its time. */
#define WIDTH_MAX 40
#define LEVELS_MAX 100
/* Results up to which it is, and where no more trials are wanted than that. */
#define RESULTS_MAX 300
#define BUDGET_MAX 500
/* Suggestions to look elsewhere: from so many results on, one in so many. */
#define EXCURSIONS_FROM 10
#define EXCURSION_EVERY 5

struct auto_tuner {
	struct trials trials;
	void *parts[PARTS]; /* NULL: never asked */
	bool has_options; /* choices in no order, with parameters or without */
	enum part last;	  /* that is asked when there are many results */
	bool has_gp;
	size_t results_most; /* from which on it is not asked */
	enum reason why_not_gp;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static void auto_close(void *state)
{
	struct auto_tuner *tuner = state;

	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->close(tuner->parts[i]);
	trials_release(&tuner->trials);
	free(tuner);
}

/* What the space and the budget say. */
static void look_at(struct auto_tuner *tuner,
		    const struct tuner_context *context)
{
	struct encoding *encoding = encoding_new(context->space);
	bool is_numeric = true;

	tuner->has_gp = encoding->count <= WIDTH_MAX;
	tuner->why_not_gp = REASON_WIDE;
	for (size_t i = 0; i < encoding->count; i++) {
		const struct encoding_dimension *d = &encoding->dimensions[i];

		is_numeric &= d->kind == ENCODING_REAL;
		if (d->kind != ENCODING_CATEGORY)
			continue;
		tuner->has_options = true;
		tuner->has_gp &= d->levels <= LEVELS_MAX;
	}
	if (context->objective_count > 1) {
		tuner->has_gp = false;
		tuner->why_not_gp = REASON_OBJECTIVES;
	}
	tuner->last = is_numeric && context->objective_count <= 1 ? PART_CMAES
								  : PART_TPE;
	tuner->results_most = RESULTS_MAX;
	if (context->max_trials > 0 && context->max_trials <= BUDGET_MAX)
		tuner->results_most = BUDGET_MAX;
	encoding_free(encoding);
}

static void *auto_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct auto_tuner *tuner;

	if (!args)
		return NULL;
	args_free(args);
	tuner = xcalloc(1, sizeof(*tuner));
	trials_init(&tuner->trials, context);
	look_at(tuner, context);
	for (size_t i = 0; i < PARTS; i++) {
		struct tuner_context own = *context;

		own.class_args = NULL;
		if ((i == PART_GP && !tuner->has_gp) ||
		    (i == PART_CMAES && tuner->last != PART_CMAES))
			continue;
		tuner->parts[i] = part_ops[i]->open(&own, err);
		if (!tuner->parts[i]) {
			auto_close(tuner);
			return NULL;
		}
	}
	return tuner;
}

/* --- suggestions --------------------------------------------------------- */

/* Is this suggestion one to look elsewhere?  A Gaussian process that found a
 * good option of a choice can stay with it for long. */
static bool is_excursion(const struct auto_tuner *tuner, int64_t number)
{
	return tuner->has_options &&
	       tuner->trials.finite_count >= EXCURSIONS_FROM &&
	       number % EXCURSION_EVERY == EXCURSION_EVERY - 1;
}

static enum part choose(const struct auto_tuner *tuner, enum reason *ret_why)
{
	if (!tuner->has_gp) {
		*ret_why = tuner->why_not_gp;
		return tuner->last;
	}
	if (tuner->trials.finite_count >= tuner->results_most) {
		*ret_why = REASON_MANY;
		return tuner->last;
	}
	*ret_why = tuner->has_options ? REASON_FEW_OPTIONS : REASON_FEW;
	return PART_GP;
}

static enum tuner_outcome auto_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct auto_tuner *tuner = state;
	enum reason why;
	enum part part = choose(tuner, &why);

	if (part == PART_GP && is_excursion(tuner, number))
		part = PART_TPE;
	return part_ops[part]->suggest(tuner->parts[part], number, ret, err);
}

/* --- what it is told ----------------------------------------------------- */

static void auto_adopt(void *state, int64_t number, const double *point)
{
	struct auto_tuner *tuner = state;

	trials_adopt(&tuner->trials, number, point);
	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->adopt(tuner->parts[i], number, point);
}

static void auto_observe(void *state, int64_t number,
			 const struct tuner_result *result)
{
	struct auto_tuner *tuner = state;

	trials_observe(&tuner->trials, number, result);
	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->observe(tuner->parts[i], number, result);
}

static void auto_ended(void *state, int64_t number, enum trial_state how)
{
	struct auto_tuner *tuner = state;

	trials_ended(&tuner->trials, number, how);
	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->ended(tuner->parts[i], number, how);
}

static void auto_import(void *state, const double *point,
			const struct tuner_result *result)
{
	struct auto_tuner *tuner = state;

	trials_import(&tuner->trials, point, result);
	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->import(tuner->parts[i], point, result);
}

/* --- what people may see ------------------------------------------------- */

static void auto_describe(void *state, struct strbuf *json)
{
	struct auto_tuner *tuner = state;
	enum reason why;
	enum part part = choose(tuner, &why);

	strbuf_addf(json, "{\"chosen\":\"%s\"", part_ops[part]->name);
	strbuf_adds(json, ",\"because\":");
	strbuf_add_json_string(json, reasons[why]);
	strbuf_addch(json, '}');
}

static bool auto_slice(void *state, size_t parameter, const double *internal,
		       size_t n, double *ret_mean, double *ret_spread)
{
	struct auto_tuner *tuner = state;

	return tuner->parts[PART_GP] &&
	       gp_tuner_ops.slice(tuner->parts[PART_GP], parameter, internal, n,
				  ret_mean, ret_spread);
}

const struct tuner_ops auto_tuner_ops = {
	.name = "Auto",
	.help = "chooses by space, budget and results; where no tuner is named",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_SLOW | TUNER_OBJECTIVES,
	.open = auto_open,
	.suggest = auto_suggest,
	.adopt = auto_adopt,
	.observe = auto_observe,
	.ended = auto_ended,
	.import = auto_import,
	.describe = auto_describe,
	.slice = auto_slice,
	.close = auto_close,
};
