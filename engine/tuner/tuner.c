/* SPDX-License-Identifier: MIT */
/* The registry of tuners, and the calls through it.  A tuner leaves those of
 * its functions NULL that it has no use for. */
#include "engine/tuner/tuner.h"

#include "base/mem.h"
#include "engine/tuner/tuners.h"

#include <stdlib.h>
#include <strings.h>

struct tuner {
	const struct tuner_ops *ops;
	void *state;
};

static const struct tuner_ops *const registry[] = {
	&auto_tuner_ops,
	&tpe_tuner_ops,
	&random_tuner_ops,
	&grid_tuner_ops,
	&batch_tuner_ops,
	&anneal_tuner_ops,
	&evolution_tuner_ops,
	&hyperband_tuner_ops,
	&bohb_tuner_ops,
	&asha_tuner_ops,
	&pbt_tuner_ops,
	&gp_tuner_ops,
	&smac_tuner_ops,
	&metis_tuner_ops,
	&cmaes_tuner_ops,
	&nsga_tuner_ops,
	NULL,
};

const struct tuner_ops *const *tuner_registry(void)
{
	return registry;
}

static bool is_called(const struct tuner_ops *ops, const char *name)
{
	const char *const *alias = ops->aliases;

	if (!strcasecmp(ops->name, name))
		return true;
	for (; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

const struct tuner_ops *tuner_find(const char *name)
{
	for (size_t i = 0; registry[i]; i++)
		if (is_called(registry[i], name))
			return registry[i];
	return NULL;
}

void tuner_format(unsigned int flags, const struct space *space,
		  const double *point, struct strbuf *out)
{
	if (flags & TUNER_WHOLE)
		space_format_whole(space, point, out);
	else
		space_format(space, point, out);
}

bool tuner_validate(const struct tuner_ops *ops,
		    const struct tuner_context *context, struct error *err)
{
	void *state;

	if (context->objective_count > 1 && !(ops->flags & TUNER_OBJECTIVES))
		return error_set(err, ERROR_INVALID,
				 "%s takes one objective, and optimize_mode "
				 "names %zu",
				 ops->name, context->objective_count);
	state = ops->open(context, err);
	if (state)
		ops->close(state);
	return state;
}

struct tuner *tuner_open(const struct tuner_ops *ops,
			 const struct tuner_context *context, struct error *err)
{
	void *state = ops->open(context, err);
	struct tuner *tuner;

	if (!state)
		return NULL;
	tuner = xcalloc(1, sizeof(*tuner));
	tuner->ops = ops;
	tuner->state = state;
	return tuner;
}

enum tuner_outcome tuner_suggest(struct tuner *tuner, int64_t number,
				 struct tuner_suggestion *ret,
				 struct error *err)
{
	ret->budget = 0;
	ret->parent = -1;
	return tuner->ops->suggest(tuner->state, number, ret, err);
}

enum tuner_outcome tuner_suggest_point(struct tuner *tuner, int64_t number,
				       double *ret_point, struct error *err)
{
	struct tuner_suggestion suggestion = {.point = ret_point,
					      .extra = STRBUF_INIT};
	enum tuner_outcome outcome =
		tuner_suggest(tuner, number, &suggestion, err);

	strbuf_release(&suggestion.extra);
	return outcome;
}

void tuner_adopt(struct tuner *tuner, int64_t number, const double *point)
{
	if (tuner->ops->adopt)
		tuner->ops->adopt(tuner->state, number, point);
}

void tuner_observe(struct tuner *tuner, int64_t number,
		   const struct tuner_result *result)
{
	if (tuner->ops->observe)
		tuner->ops->observe(tuner->state, number, result);
}

void tuner_observe_value(struct tuner *tuner, int64_t number, double value)
{
	struct tuner_result result = {.values = &value, .count = 1};

	tuner_observe(tuner, number, &result);
}

void tuner_ended(struct tuner *tuner, int64_t number, enum trial_state state)
{
	if (tuner->ops->ended)
		tuner->ops->ended(tuner->state, number, state);
}

void tuner_import(struct tuner *tuner, const double *point,
		  const struct tuner_result *result)
{
	if (tuner->ops->import)
		tuner->ops->import(tuner->state, point, result);
}

void tuner_import_value(struct tuner *tuner, const double *point, double value)
{
	struct tuner_result result = {.values = &value, .count = 1};

	tuner_import(tuner, point, &result);
}

bool tuner_describe(struct tuner *tuner, struct strbuf *json)
{
	if (!tuner->ops->describe)
		return false;
	tuner->ops->describe(tuner->state, json);
	return true;
}

bool tuner_slice(struct tuner *tuner, size_t parameter, const double *internal,
		 size_t n, double *ret_mean, double *ret_spread)
{
	return tuner->ops->slice &&
	       tuner->ops->slice(tuner->state, parameter, internal, n, ret_mean,
				 ret_spread);
}

bool tuner_densities(struct tuner *tuner, size_t parameter,
		     const double *internal, size_t n, double *ret_good,
		     double *ret_bad)
{
	return tuner->ops->densities &&
	       tuner->ops->densities(tuner->state, parameter, internal, n,
				     ret_good, ret_bad);
}

unsigned int tuner_flags(const struct tuner *tuner)
{
	return tuner->ops->flags;
}

void tuner_close(struct tuner *tuner)
{
	if (!tuner)
		return;
	tuner->ops->close(tuner->state);
	free(tuner);
}
