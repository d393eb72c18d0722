/* SPDX-License-Identifier: MIT */
/*
 * Batch: NNI's BatchTuner (nni.md 7.8).  The space is a list of parameter
 * objects, written as one choice; each is tried once, whole and in order.  An
 * object that stands there twice is tried twice.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct batch {
	const struct parameter *list;
	struct trials trials;
	bool *is_tried; /* per object */
	size_t first;	/* all before have been tried */
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{0},
};

static bool check_space(const struct space *space, struct error *err)
{
	const struct parameter *p = &space->parameters[0];

	if (space->is_list)
		return true;
	if (space->count == 1 && p->kind == PARAMETER_CHOICE && !p->is_nested)
		return error_set(err, ERROR_INVALID,
				 "Batch hands out whole objects of parameters, "
				 "and \"%.100s\" has an option that is none: "
				 "write each as {\"name\": value, ...}, or use "
				 "GridSearch",
				 p->path);
	return error_set(err, ERROR_INVALID,
			 "Batch takes a list of parameter objects: write the "
			 "search space as one choice, {\"combine_params\": "
			 "{\"_type\": \"choice\", \"_value\": [{\"name\": "
			 "value, ...}, ...]}}, or use GridSearch");
}

static void *batch_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct batch *batch;

	if (!args)
		return NULL;
	args_free(args);
	if (!check_space(context->space, err))
		return NULL;
	batch = xcalloc(1, sizeof(*batch));
	batch->list = &context->space->parameters[0];
	batch->is_tried =
		xcalloc(batch->list->option_count, sizeof(*batch->is_tried));
	trials_init(&batch->trials, context);
	return batch;
}

static void batch_close(void *state)
{
	struct batch *batch = state;

	trials_release(&batch->trials);
	free(batch->is_tried);
	free(batch);
}

/* This object has been tried, or the next one that equals it. */
static void note(struct batch *batch, const double *point)
{
	const struct option *options = batch->list->options;
	size_t count = batch->list->option_count;
	size_t at = point[0] >= 0 ? (size_t)point[0] : 0;
	size_t i = at;

	while (i < count && (batch->is_tried[i] ||
			     strcmp(options[i].json, options[at].json)))
		i++;
	if (i < count)
		batch->is_tried[i] = true;
	while (batch->first < count && batch->is_tried[batch->first])
		batch->first++;
}

static enum tuner_outcome batch_suggest(void *state, int64_t number,
					struct tuner_suggestion *ret,
					struct error *err)
{
	struct batch *batch = state;

	(void)number;
	(void)err;
	if (batch->first == batch->list->option_count)
		return TUNER_EXHAUSTED;
	ret->point[0] = (double)batch->first;
	return TUNER_SUGGESTED;
}

static void batch_adopt(void *state, int64_t number, const double *point)
{
	struct batch *batch = state;

	/* not one that is run once more */
	if (trials_find(&batch->trials, number) == TRIALS_NONE)
		note(batch, point);
	trials_adopt(&batch->trials, number, point);
}

static void batch_import(void *state, const double *point,
			 const struct tuner_result *result)
{
	(void)result;
	note(state, point);
}

static void batch_describe(void *state, struct strbuf *json)
{
	const struct batch *batch = state;
	size_t tried = 0;

	for (size_t i = 0; i < batch->list->option_count; i++)
		tried += batch->is_tried[i];
	strbuf_addf(json, "{\"objects\":%zu,\"begun\":%zu}",
		    batch->list->option_count, tried);
}

static const char *const aliases[] = {"BatchTuner", NULL};

const struct tuner_ops batch_tuner_ops = {
	.name = "Batch",
	.aliases = aliases,
	.help = "tries each of a list of parameter objects once",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_OBJECTIVES /* it looks at none */ | TUNER_WHOLE,
	.open = batch_open,
	.suggest = batch_suggest,
	.adopt = batch_adopt,
	.import = batch_import,
	.describe = batch_describe,
	.close = batch_close,
};
