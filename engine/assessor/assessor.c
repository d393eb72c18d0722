/* SPDX-License-Identifier: MIT */
/* The registry of assessors, and the calls through it. */
#include "engine/assessor/assessor.h"

#include "base/mem.h"
#include "engine/assessor/assessors.h"

#include <stdlib.h>
#include <strings.h>

struct assessor {
	const struct assessor_ops *ops;
	void *state;
};

static const struct assessor_ops *const registry[] = {
	&medianstop_assessor_ops,
	&curvefitting_assessor_ops,
	&halving_assessor_ops,
	&patience_assessor_ops,
	NULL,
};

const struct assessor_ops *const *assessor_registry(void)
{
	return registry;
}

static bool is_called(const struct assessor_ops *ops, const char *name)
{
	const char *const *alias = ops->aliases;

	if (!strcasecmp(ops->name, name))
		return true;
	for (; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

const struct assessor_ops *assessor_find(const char *name)
{
	for (size_t i = 0; registry[i]; i++)
		if (is_called(registry[i], name))
			return registry[i];
	return NULL;
}

bool assessor_validate(const struct assessor_ops *ops,
		       const struct assessor_context *context,
		       struct error *err)
{
	void *state = ops->open(context, err);

	if (state)
		ops->close(state);
	return state;
}

struct assessor *assessor_open(const struct assessor_ops *ops,
			       const struct assessor_context *context,
			       struct error *err)
{
	void *state = ops->open(context, err);
	struct assessor *assessor;

	if (!state)
		return NULL;
	assessor = xcalloc(1, sizeof(*assessor));
	assessor->ops = ops;
	assessor->state = state;
	return assessor;
}

bool assessor_assess(struct assessor *assessor, int64_t trial,
		     const double *history, size_t count, char *reason,
		     size_t size)
{
	return assessor->ops->assess(assessor->state, trial, history, count,
				     reason, size);
}

void assessor_ended(struct assessor *assessor, int64_t trial, bool succeeded,
		    const double *history, size_t count)
{
	if (assessor->ops->ended)
		assessor->ops->ended(assessor->state, trial, succeeded, history,
				     count);
}

void assessor_resumed(struct assessor *assessor, int64_t trial,
		      const double *history, size_t count)
{
	if (assessor->ops->resumed)
		assessor->ops->resumed(assessor->state, trial, history, count);
}

void assessor_close(struct assessor *assessor)
{
	if (!assessor)
		return;
	assessor->ops->close(assessor->state);
	free(assessor);
}
