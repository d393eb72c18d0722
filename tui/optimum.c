/* SPDX-License-Identifier: MIT */
/* A known optimum, remembered. */
#include "tui/optimum.h"

#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFERENCE "optimum"
#define METRICS_MAX 64 /* remembered ones */

/* The object, an empty one when there is none. */
static cJSON *read_all(struct store *store, int64_t experiment)
{
	struct error ignored;
	cJSON *all = NULL;
	char *text = NULL;

	if (store_preference_get(store, experiment, PREFERENCE, &text,
				 &ignored) &&
	    text)
		all = json_parse(text, strlen(text), &ignored);
	free(text);
	if (cJSON_IsObject(all))
		return all;
	cJSON_Delete(all);
	return cJSON_CreateObject();
}

bool optimum_read(struct store *store, int64_t experiment, const char *metric,
		  double *ret)
{
	cJSON *all = read_all(store, experiment);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(all, metric);
	bool is_there =
		cJSON_IsNumber(item) && isfinite(cJSON_GetNumberValue(item));

	if (is_there)
		*ret = cJSON_GetNumberValue(item);
	cJSON_Delete(all);
	return is_there;
}

bool optimum_write(struct store *store, int64_t experiment, const char *metric,
		   double optimum, struct error *err)
{
	cJSON *all = read_all(store, experiment);
	char *text;
	bool ok;

	cJSON_DeleteItemFromObjectCaseSensitive(all, metric);
	if (isfinite(optimum)) {
		if (cJSON_GetArraySize(all) >= METRICS_MAX) {
			cJSON_Delete(all);
			return error_set(err, ERROR_INVALID,
					 "optima of %d metrics are remembered "
					 "already: `:optimum none` at one of "
					 "them makes room",
					 METRICS_MAX);
		}
		cJSON_AddNumberToObject(all, metric, optimum);
	}
	text = cJSON_PrintUnformatted(all);
	ok = store_preference_put(store, experiment, PREFERENCE, text, err);
	cJSON_free(text);
	cJSON_Delete(all);
	return ok;
}

bool optimum_parse(const char *text, double *ret, struct error *err)
{
	char *end;

	*ret = NAN;
	if (strcmp(text, "none") == 0)
		return true;
	*ret = strtod(text, &end);
	if (end != text && !*end && isfinite(*ret))
		return true;
	return error_set(err, ERROR_INVALID,
			 "a number is needed, the best result there can be, or "
			 "'none': not '%.100s'",
			 text);
}
