/* SPDX-License-Identifier: MIT */
/*
 * Auto: chooses among the other tuners, suggestion by suggestion, as the
 * comparison in docs/tuners.md has shown them to be best.
 *
 * Each of its tuners is told everything, also of what another one proposed, so
 * any of them can take over at any time.  Which one is asked follows from the
 * space, the number of results and the suggestion's number alone.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

#include <stdlib.h>

static double tunable(const char *name, double fallback)
{
	const char *t = getenv(name);
	return t ? strtod(t, NULL) : fallback;
}

enum part { PART_GP, PART_TPE, PART_CMAES, PARTS };

static const struct tuner_ops *const part_ops[] = {
	[PART_GP] = &gp_tuner_ops,
	[PART_TPE] = &tpe_tuner_ops,
	[PART_CMAES] = &cmaes_tuner_ops,
};

/* Why the one that is asked is asked. */
enum reason {
	REASON_FEW,	   /* results: each of them counts */
	REASON_MANY,	   /* results */
	REASON_OBJECTIVES, /* several */
	REASON_WIDE,	   /* the space */
};

static const char *const reasons[] = {
	[REASON_FEW] = "few results, of which a model of the whole space makes "
		       "the most",
	[REASON_MANY] = "many results",
	[REASON_OBJECTIVES] = "several objectives",
	[REASON_WIDE] = "a space too wide for a Gaussian process",
};

struct auto_tuner {
	struct trials trials;
	void *parts[PARTS]; /* NULL: never asked */
	bool is_conditional;
	enum part last; /* that is asked when there are many results */
	bool has_gp;
	enum reason why_not_gp;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("minimize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

/* Parameters and options up to which a Gaussian process is worth its time. */
#define WIDTH_MAX 40
#define LEVELS_MAX 100
/* Results up to which it is. */
#define RESULTS_MAX 300

static void auto_close(void *state)
{
	struct auto_tuner *tuner = state;

	for (size_t i = 0; i < PARTS; i++)
		if (tuner->parts[i])
			part_ops[i]->close(tuner->parts[i]);
	trials_release(&tuner->trials);
	free(tuner);
}

static void look_at(struct auto_tuner *tuner,
		    const struct tuner_context *context)
{
	struct encoding *encoding = encoding_new(context->space);
	bool is_numeric = true;

	tuner->has_gp = true;
	for (size_t i = 0; i < encoding->count; i++) {
		const struct encoding_dimension *d = &encoding->dimensions[i];

		if (context->space->parameters[i].parent >= 0)
			tuner->is_conditional = true;
		if (d->kind == ENCODING_REAL)
			continue;
		is_numeric = false;
		if (d->kind == ENCODING_CATEGORY && d->levels > LEVELS_MAX)
			tuner->has_gp = false;
	}
	tuner->has_gp &= encoding->count <= WIDTH_MAX;
	tuner->why_not_gp = REASON_WIDE;
	if (context->objective_count > 1) {
		tuner->has_gp = false;
		tuner->why_not_gp = REASON_OBJECTIVES;
	}
	tuner->last = is_numeric && !tuner->is_conditional &&
				      context->objective_count <= 1
			      ? PART_CMAES
			      : PART_TPE;
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

static enum part choose(const struct auto_tuner *tuner, int64_t number,
			enum reason *ret_why)
{
	size_t results = tuner->trials.finite_count;
	int every =
		(int)tunable(tuner->is_conditional ? "AUTO_C" : "AUTO_N", 0);

	if (!tuner->has_gp) {
		*ret_why = tuner->why_not_gp;
		return tuner->last;
	}
	*ret_why = REASON_FEW;
	if (results < (size_t)tunable("AUTO_MAX", RESULTS_MAX))
		return every && results >= 10 && number % every == every - 1
			       ? PART_TPE
			       : PART_GP;
	*ret_why = REASON_MANY;
	if (tunable("AUTO_TPE", 0))
		return PART_TPE;
	return tuner->last;
}

static enum tuner_outcome auto_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct auto_tuner *tuner = state;
	enum reason why;
	enum part part = choose(tuner, number, &why);

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
	enum part part = choose(tuner, 0, &why);

	strbuf_addf(json,
		    "{\"model\":\"%s\",\"chosen\":", part_ops[part]->name);
	strbuf_add_json_string(json, part_ops[part]->name);
	strbuf_adds(json, ",\"why\":");
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
	.default_objective = OBJECTIVE_MINIMIZE,
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
