/* SPDX-License-Identifier: MIT */
/*
 * PBT: population based training (Jaderberg et al., 2017), as NNI has it
 * (nni.md 7.12).
 *
 * A population trains in epochs.  After each, the worst of it take over the
 * checkpoint of one of the best, and its parameters with a small step away;
 * the others go on with theirs.  Parameters hold two folders beside the
 * space's: load_checkpoint_dir, what the trial goes on from, and
 * save_checkpoint_dir, what it leaves.  They are
 * <all_checkpoint_dir>/<member>/<epoch>, and equal in the first epoch.
 *
 * The next epoch begins when all of one have ended.  What a member that failed
 * leaves is worse than anything.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/perturb.h"
#include "engine/tuner/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POPULATION_MAX 100000
#define EPOCH_STREAM (UINT64_C(1) << 62) /* apart from those of numbers */

struct member {
	int64_t number;	   /* of its suggestion in this epoch; -1: none yet */
	int64_t parent;	   /* whose checkpoint it goes on from; -1: nobody's */
	size_t home;	   /* its own folder's name */
	size_t loads_home; /* that of what it goes on from */
	int64_t loads_epoch; /* and when that was saved */
	double loss;
	bool is_over;
};

struct pbt {
	struct trials trials;
	uint64_t seed;
	char *folder; /* all_checkpoint_dir */
	struct perturbation how;
	double fraction;
	struct member *members; /* in the order in which they begin */
	double *points;
	size_t count, over;
	int64_t epoch;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"all_checkpoint_dir", "string or null", "on the storage",
	 "the folder of all checkpoints, as trials see it"},
	{"population_size", "integer", "10", "trials of an epoch"},
	{"factor", "number", "0.2", "part of its range that a step has"},
	{"resample_probability", "number", "0.25",
	 "of drawing a parameter anew instead of a step"},
	{"fraction", "number", "0.2",
	 "part of the population that is "
	 "replaced after an epoch"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static void first_epoch(struct pbt *pbt)
{
	size_t width = pbt->trials.space->count;
	struct random random;

	random_seed(&random, pbt->seed, EPOCH_STREAM);
	for (size_t i = 0; i < pbt->count; i++) {
		pbt->members[i] = (struct member){.number = -1,
						  .parent = -1,
						  .home = i,
						  .loads_home = i,
						  .loss = INFINITY};
		space_sample(pbt->trials.space, &random,
			     pbt->points + i * width);
	}
}

static void *pbt_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	double factor = 0.2, resample = 0.25, fraction = 0.2;
	const char *folder = context->checkpoint_root;
	int64_t size = 10;
	struct pbt *pbt;
	bool ok;

	if (!args)
		return NULL;
	ok = args_text(args, "all_checkpoint_dir", 4096, &folder, err) &&
	     args_integer(args, "population_size", 2, POPULATION_MAX, &size,
			  err) &&
	     args_number(args, "factor", 0, 1, &factor, err) &&
	     args_number(args, "resample_probability", 0, 1, &resample, err) &&
	     args_number(args, "fraction", 0, 0.5, &fraction, err);
	if (ok && !folder)
		ok = error_set(err, ERROR_INVALID,
			       "trials hand checkpoints on, but there is no "
			       "storage that outlives them: add storage to "
			       "trainingService, or give classArgs."
			       "all_checkpoint_dir a folder that all trials "
			       "see");
	if (!ok) {
		args_free(args);
		return NULL;
	}
	pbt = xcalloc(1, sizeof(*pbt));
	pbt->folder = xstrdup(folder);
	args_free(args);
	trials_init(&pbt->trials, context);
	pbt->seed = context->seed;
	pbt->how = (struct perturbation){factor, resample};
	pbt->fraction = fraction;
	pbt->count = (size_t)size;
	pbt->members = xcalloc(pbt->count, sizeof(*pbt->members));
	pbt->points = xcalloc(pbt->count * context->space->count + 1,
			      sizeof(*pbt->points));
	first_epoch(pbt);
	return pbt;
}

static void pbt_close(void *state)
{
	struct pbt *pbt = state;

	trials_release(&pbt->trials);
	free(pbt->folder);
	free(pbt->members);
	free(pbt->points);
	free(pbt);
}

/* ---- between epochs --------------------------------------------------------
 */

static int compare_members(const void *left, const void *right)
{
	const struct member *a = *(const struct member *const *)left;
	const struct member *b = *(const struct member *const *)right;

	if (a->loss != b->loss)
		return a->loss < b->loss ? -1 : 1;
	return (a->home > b->home) - (a->home < b->home);
}

/* What `from` left is what `to` goes on from. */
static void inherit(struct pbt *pbt, const struct member *from,
		    const double *point, struct member *to, double *ret_point)
{
	to->parent = from->number;
	to->loads_home = from->home;
	to->loads_epoch = pbt->epoch;
	memcpy(ret_point, point, pbt->trials.space->count * sizeof(*point));
}

static void next_epoch(struct pbt *pbt)
{
	size_t width = pbt->trials.space->count;
	size_t replaced = (size_t)ceil(pbt->fraction * (double)pbt->count);
	const struct member **best =
		xcalloc(pbt->count, sizeof(const struct member *));
	struct member *members = xcalloc(pbt->count, sizeof(*members));
	double *points = xcalloc(pbt->count * width + 1, sizeof(*points));
	struct random random;

	random_seed(&random, pbt->seed,
		    EPOCH_STREAM | (uint64_t)(pbt->epoch + 1));
	for (size_t i = 0; i < pbt->count; i++)
		best[i] = &pbt->members[i];
	qsort((void *)best, pbt->count, sizeof(const struct member *),
	      compare_members);
	/* the worst begin: they have the most to gain */
	for (size_t i = 0; i < pbt->count; i++) {
		size_t rank = pbt->count - 1 - i;
		const struct member *own = best[rank], *from = own;
		double *point = points + i * width;

		if (rank >= pbt->count - replaced)
			from = best[random_below(&random, replaced)];
		members[i] = (struct member){
			.number = -1, .home = own->home, .loss = INFINITY};
		inherit(pbt, from,
			pbt->points + (size_t)(from - pbt->members) * width,
			&members[i], point);
		if (from != own)
			perturb(pbt->trials.space, &pbt->how, &random, point);
	}
	free((void *)best);
	free(pbt->members);
	free(pbt->points);
	pbt->members = members;
	pbt->points = points;
	pbt->over = 0;
	pbt->epoch++;
}

/* ---- the calls -------------------------------------------------------------
 */

static size_t waiting_member(const struct pbt *pbt)
{
	size_t i = 0;

	while (i < pbt->count && pbt->members[i].number >= 0)
		i++;
	return i;
}

static struct member *find_member(struct pbt *pbt, int64_t number)
{
	for (size_t i = 0; number >= 0 && i < pbt->count; i++)
		if (pbt->members[i].number == number)
			return &pbt->members[i];
	return NULL;
}

static void add_folder(const struct pbt *pbt, const char *key, size_t home,
		       int64_t epoch, struct strbuf *out)
{
	char *path =
		xasprintf("%s/%zu/%lld", pbt->folder, home, (long long)epoch);

	strbuf_addf(out, "%s\"%s\":", out->len ? "," : "", key);
	strbuf_add_json_string(out, path);
	free(path);
}

static enum tuner_outcome pbt_suggest(void *state, int64_t number,
				      struct tuner_suggestion *ret,
				      struct error *err)
{
	struct pbt *pbt = state;
	size_t width = pbt->trials.space->count;
	size_t i = waiting_member(pbt);
	const struct member *member;

	(void)number;
	(void)err;
	if (i == pbt->count)
		return TUNER_NOTHING_NOW;
	member = &pbt->members[i];
	memcpy(ret->point, pbt->points + i * width, width * sizeof(double));
	ret->parent = member->parent;
	add_folder(pbt, "load_checkpoint_dir", member->loads_home,
		   member->loads_epoch, &ret->extra);
	add_folder(pbt, "save_checkpoint_dir", member->home, pbt->epoch,
		   &ret->extra);
	return TUNER_SUGGESTED;
}

static void pbt_adopt(void *state, int64_t number, const double *point)
{
	struct pbt *pbt = state;
	bool is_new = trials_find(&pbt->trials, number) == TRIALS_NONE;
	struct member *member = find_member(pbt, number);
	size_t i = waiting_member(pbt);

	trials_adopt(&pbt->trials, number, point);
	if (is_new && number >= 0 && i < pbt->count) {
		pbt->members[i].number = number;
		memcpy(pbt->points + i * pbt->trials.space->count, point,
		       pbt->trials.space->count * sizeof(*point));
	} else if (member && member->is_over) { /* it runs again */
		member->is_over = false;
		pbt->over--;
	}
}

static void pbt_observe(void *state, int64_t number,
			const struct tuner_result *result)
{
	struct pbt *pbt = state;
	struct member *member = find_member(pbt, number);
	size_t at = trials_observe(&pbt->trials, number, result);

	if (member && at != TRIALS_NONE)
		member->loss = pbt->trials.items[at].standing;
}

static void pbt_ended(void *state, int64_t number, enum trial_state how)
{
	struct pbt *pbt = state;
	struct member *member = find_member(pbt, number);

	trials_ended(&pbt->trials, number, how);
	if (!member || member->is_over)
		return;
	member->is_over = true;
	if (++pbt->over == pbt->count)
		next_epoch(pbt);
}

static void pbt_describe(void *state, struct strbuf *json)
{
	const struct pbt *pbt = state;
	size_t running = 0;

	for (size_t i = 0; i < pbt->count; i++)
		running +=
			pbt->members[i].number >= 0 && !pbt->members[i].is_over;
	strbuf_addf(json,
		    "{\"epoch\":%lld,\"population\":%zu,\"running\":%zu,"
		    "\"over\":%zu}",
		    (long long)pbt->epoch, pbt->count, running, pbt->over);
}

static const char *const aliases[] = {"PBTTuner", NULL};

const struct tuner_ops pbt_tuner_ops = {
	.name = "PBT",
	.aliases = aliases,
	.help = "trains a population; the worst go on from the best",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_CHECKPOINTS,
	.open = pbt_open,
	.suggest = pbt_suggest,
	.adopt = pbt_adopt,
	.observe = pbt_observe,
	.ended = pbt_ended,
	.describe = pbt_describe,
	.close = pbt_close,
};
