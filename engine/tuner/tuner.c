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
	&tpe_tuner_ops,
	&random_tuner_ops,
	&grid_tuner_ops,
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

bool tuner_validate(const struct tuner_ops *ops,
		    const struct tuner_context *context, struct error *err)
{
	void *state = ops->open(context, err);

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
				 double *ret_point, struct error *err)
{
	return tuner->ops->suggest(tuner->state, number, ret_point, err);
}

void tuner_adopt(struct tuner *tuner, int64_t number, const double *point)
{
	if (tuner->ops->adopt)
		tuner->ops->adopt(tuner->state, number, point);
}

void tuner_observe(struct tuner *tuner, int64_t number, double value)
{
	if (tuner->ops->observe)
		tuner->ops->observe(tuner->state, number, value);
}

void tuner_ended(struct tuner *tuner, int64_t number, enum trial_state state)
{
	if (tuner->ops->ended)
		tuner->ops->ended(tuner->state, number, state);
}

void tuner_import(struct tuner *tuner, const double *point, double value)
{
	if (tuner->ops->import)
		tuner->ops->import(tuner->state, point, value);
}

void tuner_close(struct tuner *tuner)
{
	if (!tuner)
		return;
	tuner->ops->close(tuner->state);
	free(tuner);
}
