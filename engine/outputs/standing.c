/* SPDX-License-Identifier: MIT */
/* How good a result is beyond its one number. */
#include "engine/outputs/standing.h"

#include "base/mem.h"
#include "engine/spec/spec.h"
#include "model/objective.h"
#include "model/pareto.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

enum { STANDS_FIRST, STANDS_BEHIND, STANDS_LAST };

struct standing {
	const struct objectives *objectives;
	const int64_t *keys;
	size_t count;
	double *losses; /* a row each; NaN: not told */
	double *violations;
	bool *are_told;
};

static int by_key(const void *key, const void *item)
{
	int64_t wanted = *(const int64_t *)key, found = *(const int64_t *)item;

	return (wanted > found) - (wanted < found);
}

static double loss_of(const struct standing *s, size_t k, double value)
{
	return s->objectives->items[k].mode == OBJECTIVE_MAXIMIZE ? -value
								  : value;
}

/* A trial that ran again has its newest result. */
static bool take_result(const struct history *row, void *arg)
{
	struct standing *s = arg;
	size_t width = s->objectives->count, i, k = 0;
	const int64_t *key;
	const cJSON *item;
	cJSON *list;

	if (row->kind != HISTORY_OBSERVED)
		return true;
	key = bsearch(&row->trial, s->keys, s->count, sizeof(*key), by_key);
	if (!key)
		return true;
	i = (size_t)(key - s->keys);
	s->are_told[i] = true;
	s->violations[i] = row->violation;
	s->losses[i * width] = loss_of(s, 0, row->value);
	list = row->values ? cJSON_Parse(row->values) : NULL;
	cJSON_ArrayForEach (item, list)
		if (k < width) {
			s->losses[i * width + k] = loss_of(
				s, k,
				cJSON_IsNumber(item) ? item->valuedouble : NAN);
			k++;
		}
	cJSON_Delete(list);
	return true;
}

static void settle(struct standing *s, int *ret)
{
	size_t width = s->objectives->count, kept = 0, best;
	size_t *within = xcalloc(s->count + 1, sizeof(*within));
	size_t *front = xcalloc(s->count + 1, sizeof(*front));
	double *losses = xcalloc(s->count * width + 1, sizeof(*losses));

	for (size_t i = 0; i < s->count; i++) {
		ret[i] = STANDS_BEHIND;
		if (s->are_told[i] && s->violations[i] > 0) {
			ret[i] = STANDS_LAST;
		} else if (s->are_told[i]) {
			for (size_t k = 0; k < width; k++)
				losses[kept * width + k] =
					s->losses[i * width + k];
			within[kept++] = i;
		}
	}
	if (width == 1) {
		for (size_t i = 0; i < kept; i++)
			ret[within[i]] = STANDS_FIRST;
	} else {
		best = pareto_front(losses, kept, width, front);
		for (size_t i = 0; i < best; i++)
			ret[within[front[i]]] = STANDS_FIRST;
	}
	free(losses);
	free(front);
	free(within);
}

bool outputs_standing(struct store *store, const struct experiment *experiment,
		      const int64_t *keys, size_t count, int *ret_standing,
		      size_t *ret_objectives, struct error *err)
{
	struct objectives objectives;
	struct standing s = {
		.objectives = &objectives, .keys = keys, .count = count};
	struct experiment_config config;
	bool ok;

	for (size_t i = 0; i < count; i++)
		ret_standing[i] = STANDS_FIRST;
	*ret_objectives = 1;
	if (!spec_reload(experiment->config, &config, err))
		return false;
	ok = objectives_parse(config.tuner.class_args, experiment->objective,
			      &objectives, err);
	experiment_config_release(&config);
	if (!ok)
		return false;
	*ret_objectives = objectives.count;
	if (objectives.count == 1 && !objectives.constraint_count)
		return true;
	s.losses = xcalloc(count * objectives.count + 1, sizeof(double));
	s.violations = xcalloc(count + 1, sizeof(double));
	s.are_told = xcalloc(count + 1, sizeof(bool));
	for (size_t i = 0; i < count * objectives.count; i++)
		s.losses[i] = NAN;
	ok = store_history_each(store, experiment->key, take_result, &s, err);
	if (ok)
		settle(&s, ret_standing);
	free(s.losses);
	free(s.violations);
	free(s.are_told);
	return ok;
}
