/* SPDX-License-Identifier: MIT */
/* What the files that read metrics share; private to model/metric*.c. */
#ifndef MODEL_METRIC_PRIVATE_H
#define MODEL_METRIC_PRIVATE_H

#include "model/metric.h"

struct cJSON;

void metrics_truncate(struct metrics *list, size_t count);
/* Fails for names that are empty, too long, no UTF-8, or hold controls. */
bool metric_name_set(struct metric *metric, const char *name,
		     struct error *err);
/* A number, a boolean, or a special number's text? */
bool metric_number(const struct cJSON *value, double *ret);
/* An integer of 0 to max. */
bool metric_integer(const struct cJSON *value, const char *name, double max,
		    int64_t *ret, struct error *err);
bool metric_time(const struct cJSON *value, int64_t *ret_ns, struct error *err);
/* Add what one parsed report says.  May leave a part behind on failure. */
bool metrics_add_tree(struct metrics *list, const struct cJSON *object,
		      struct error *err);
/* The same for an NNI metric object; base gives source and time. */
bool metrics_add_nni_tree(struct metrics *list, const struct cJSON *object,
			  const char *trial_id, const struct metric *base,
			  bool *ret_request, struct error *err);

#endif
