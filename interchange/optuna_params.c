/* SPDX-License-Identifier: MIT */
/*
 * Optuna's distributions, read.
 *
 * Optuna has no search space: each trial's parameter carries the distribution
 * it was drawn from (a name and attributes as JSON; what 2.x wrote under seven
 * names, later versions write under three).  The space shown for a study is
 * what they have in common: for each parameter the widest range that was seen.
 */
#include "interchange/reader.h"

#include "base/mem.h"
#include "model/json_text.h"
#include "model/space.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */
#define TEXT_MAX 262144		     /* bytes of a distribution */

struct dimension {
	char *name;
	char *text; /* the last distribution's, as it was read */
	bool is_choice, is_integer, is_log;
	double low, high, step; /* step 0: none */
	double widest_low, widest_high;
	char **choices; /* JSON */
	int choice_count;
};

struct optuna_space {
	struct dimension *items;
	size_t count, capacity;
	size_t hint; /* where the last one was: trials name them in one order */
};

struct optuna_space *optuna_space_new(void)
{
	return xcalloc(1, sizeof(struct optuna_space));
}

static void forget_choices(struct dimension *item)
{
	for (int i = 0; i < item->choice_count; i++)
		free(item->choices[i]);
	free(item->choices);
	item->choices = NULL;
	item->choice_count = 0;
}

void optuna_space_free(struct optuna_space *space)
{
	if (!space)
		return;
	for (size_t i = 0; i < space->count; i++) {
		forget_choices(&space->items[i]);
		free(space->items[i].name);
		free(space->items[i].text);
	}
	free(space->items);
	free(space);
}

static double number_of(const cJSON *attributes, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(attributes, key);

	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static bool read_choices(struct dimension *item, const cJSON *list)
{
	int count = cJSON_GetArraySize(list);
	const cJSON *choice;

	if (!cJSON_IsArray(list) || !count)
		return false;
	item->is_choice = true;
	item->choices = xcalloc((size_t)count, sizeof(*item->choices));
	cJSON_ArrayForEach (choice, list) {
		char *json = cJSON_PrintUnformatted(choice);

		item->choices[item->choice_count++] =
			xstrdup(json ? json : "null");
		cJSON_free(json);
	}
	return true;
}

static bool read_range(struct dimension *item, const char *name,
		       const cJSON *attributes)
{
	bool is_integer = !strncmp(name, "Int", 3);

	item->is_integer = is_integer;
	item->is_log = strstr(name, "LogUniform") ||
		       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(attributes,
								     "log"));
	item->low = number_of(attributes, "low");
	item->high = number_of(attributes, "high");
	item->step = number_of(attributes, "step");
	if (isnan(item->step))
		item->step = number_of(attributes, "q");
	if (!(item->step > 0) || !isfinite(item->step) ||
	    (is_integer && item->step == 1))
		item->step = 0;
	return isfinite(item->low) && isfinite(item->high) &&
	       item->low <= item->high;
}

static bool read_distribution(struct dimension *item, const char *text)
{
	static const char *const known[] = {
		"FloatDistribution",	       "IntDistribution",
		"UniformDistribution",	       "LogUniformDistribution",
		"DiscreteUniformDistribution", "IntUniformDistribution",
		"IntLogUniformDistribution",
	};
	struct error ignored;
	size_t len = strlen(text);
	cJSON *tree = len > TEXT_MAX ? NULL : json_parse(text, len, &ignored);
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(tree, "name");
	const cJSON *attributes =
		cJSON_GetObjectItemCaseSensitive(tree, "attributes");
	bool ok = false;

	forget_choices(item);
	item->is_choice = false;
	if (cJSON_IsString(name) &&
	    !strcmp(name->valuestring, "CategoricalDistribution"))
		ok = read_choices(item, cJSON_GetObjectItemCaseSensitive(
						attributes, "choices"));
	for (size_t i = 0; cJSON_IsString(name) && i < COUNT_OF(known); i++)
		if (!strcmp(name->valuestring, known[i]))
			ok = read_range(item, known[i], attributes);
	cJSON_Delete(tree);
	return ok;
}

static struct dimension *find(struct optuna_space *space, const char *name)
{
	for (size_t i = 0; i < space->count; i++) {
		size_t at = (space->hint + 1 + i) % space->count;

		if (!strcmp(space->items[at].name, name)) {
			space->hint = at;
			return &space->items[at];
		}
	}
	if (space->count == SPACE_PARAMETERS_MAX)
		return NULL;
	ARRAY_RESERVE(space->items, space->count, space->capacity);
	space->hint = space->count++;
	space->items[space->hint] = (struct dimension){
		.name = xstrdup(name),
		.widest_low = INFINITY,
		.widest_high = -INFINITY,
	};
	return &space->items[space->hint];
}

static void add_value(const struct dimension *item, struct strbuf *out,
		      double value)
{
	size_t start = out->len;

	if (item->is_integer && value == rint(value) &&
	    fabs(value) <= EXACT_MAX) {
		strbuf_addf(out, "%" PRId64, (int64_t)value);
		return;
	}
	strbuf_add_json_number(out, value);
	/* a float stays one */
	if (!strpbrk(out->data + start, ".enE"))
		strbuf_adds(out, ".0");
}

bool optuna_space_add(struct optuna_space *space, struct strbuf *parameters,
		      const char *name, double value, const char *distribution)
{
	struct dimension *item = name ? find(space, name) : NULL;

	if (!item || !distribution)
		return false;
	if (!item->text || strcmp(item->text, distribution) != 0) {
		free(item->text);
		item->text = NULL;
		if (!read_distribution(item, distribution))
			return false;
		item->text = xstrdup(distribution);
		if (item->low < item->widest_low)
			item->widest_low = item->low;
		if (item->high > item->widest_high)
			item->widest_high = item->high;
	}
	if (!isfinite(value) ||
	    (item->is_choice && (value != rint(value) || value < 0 ||
				 value >= item->choice_count)))
		return false;
	if (parameters->len > 1)
		strbuf_addch(parameters, ',');
	strbuf_add_json_string(parameters, name);
	strbuf_addch(parameters, ':');
	if (item->is_choice)
		strbuf_adds(parameters, item->choices[(int)value]);
	else
		add_value(item, parameters, value);
	return true;
}

/* ---- the space ----------------------------------------------------------- */

static void add_range(const struct dimension *item, struct strbuf *out)
{
	double low = item->widest_low, high = item->widest_high;
	double step = item->step;
	bool is_small = high - low < SPACE_OPTIONS_MAX - 1 && fabs(low) < 1e9 &&
			fabs(high) < 1e9;
	const char *type = item->is_log ? "loguniform" : "uniform";

	if (low == high) { /* no range at all */
		strbuf_adds(out, "{\"_type\":\"choice\",\"_value\":[");
		add_value(item, out, low);
		strbuf_adds(out, "]}");
		return;
	}
	if (item->is_integer && !step && !item->is_log && is_small) {
		strbuf_addf(out,
			    "{\"_type\":\"randint\",\"_value\":[%" PRId64
			    ",%" PRId64 "]}",
			    (int64_t)low, (int64_t)high + 1);
		return;
	}
	if (item->is_integer && !step)
		step = 1;
	strbuf_addf(out, "{\"_type\":\"%s%s\",\"_value\":[", step ? "q" : "",
		    type);
	strbuf_add_json_number(out, low);
	strbuf_addch(out, ',');
	strbuf_add_json_number(out, high);
	if (step) {
		strbuf_addch(out, ',');
		strbuf_add_json_number(out, step);
	}
	strbuf_adds(out, "]}");
}

static void add_dimension(const struct dimension *item, struct strbuf *out)
{
	strbuf_add_json_string(out, item->name);
	strbuf_addch(out, ':');
	if (!item->is_choice) {
		add_range(item, out);
		return;
	}
	strbuf_adds(out, "{\"_type\":\"choice\",\"_value\":[");
	for (int i = 0; i < item->choice_count; i++)
		strbuf_addf(out, "%s%s", i ? "," : "", item->choices[i]);
	strbuf_adds(out, "]}");
}

/* Would we take it? */
static bool is_good(const struct dimension *item)
{
	struct strbuf text = STRBUF_INIT;
	struct space *space = NULL;
	struct error ignored;
	bool ok;

	if (!item->text)
		return false;
	strbuf_addch(&text, '{');
	add_dimension(item, &text);
	strbuf_addch(&text, '}');
	ok = space_parse(text.data, &space, NULL, &ignored);
	if (ok)
		space_free(space);
	strbuf_release(&text);
	return ok;
}

char *optuna_space_text(const struct optuna_space *space)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addch(&text, '{');
	for (size_t i = 0; i < space->count; i++) {
		if (!is_good(&space->items[i]))
			continue;
		if (text.len > 1)
			strbuf_addch(&text, ',');
		add_dimension(&space->items[i], &text);
	}
	strbuf_addch(&text, '}');
	if (text.len > 2)
		return strbuf_detach(&text);
	strbuf_release(&text);
	return NULL;
}
