/* SPDX-License-Identifier: MIT */
/* Points of a search space as texts that people edit. */
#include "model/space_edit.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_TOLD 8

static bool parse_number(const char *text, double *ret)
{
	char *end;

	/* strtod takes what JSON does not: hexadecimal, "inf", blanks */
	if (!*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	*ret = strtod(text, &end);
	return !*end && end != text && isfinite(*ret);
}

static const struct option *find_option(const struct parameter *p,
					const char *text)
{
	for (size_t k = 0; k < p->option_count && p->options; k++)
		if ((p->options[k].json &&
		     strcmp(p->options[k].json, text) == 0) ||
		    strcmp(p->options[k].name, text) == 0)
			return &p->options[k];
	return NULL;
}

static void format_bound(double value, char *ret, size_t size)
{
	snprintf(ret, size, "%.6g", value);
}

static enum space_fit check_bounds(const struct parameter *p, double value,
				   char *why, size_t why_size)
{
	char low[32], high[32];

	if (parameter_is_normal(p))
		return SPACE_FITS;
	/* high is excluded from a randint */
	if (value >= p->low &&
	    (p->kind == PARAMETER_RANDINT ? value < p->high : value <= p->high))
		return SPACE_FITS;
	format_bound(p->low, low, sizeof(low));
	format_bound(p->kind == PARAMETER_RANDINT ? p->high - 1 : p->high, high,
		     sizeof(high));
	snprintf(why, why_size, "outside the search space: %s to %s", low,
		 high);
	return SPACE_OUTSIDE;
}

enum space_fit space_check_text(const struct space *space, size_t i,
				const char *text, char *why, size_t why_size)
{
	const struct parameter *p = &space->parameters[i];
	double value;

	*why = '\0';
	if (p->kind == PARAMETER_CHOICE) {
		if (find_option(p, text))
			return SPACE_FITS;
		if (p->is_nested) {
			snprintf(why, why_size,
				 "one of its options is needed: their "
				 "parameters follow from it");
			return SPACE_WRONG;
		}
		if (!*text) {
			snprintf(why, why_size, "a value is needed");
			return SPACE_WRONG;
		}
		snprintf(why, why_size, "none of the space's options");
		return SPACE_OUTSIDE;
	}
	if (!parse_number(text, &value)) {
		snprintf(why, why_size, "a number is needed");
		return SPACE_WRONG;
	}
	if (p->kind == PARAMETER_RANDINT && value != floor(value)) {
		snprintf(why, why_size, "a whole number is needed");
		return SPACE_WRONG;
	}
	return check_bounds(p, value, why, why_size);
}

void space_active_texts(const struct space *space, const char *const *texts,
			bool *ret_active)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		const struct parameter *parent =
			p->parent < 0 ? NULL : &space->parameters[p->parent];

		ret_active[i] =
			!parent || (ret_active[p->parent] &&
				    find_option(parent, texts[p->parent]) ==
					    &parent->options[p->parent_option]);
	}
}

/* A cJSON value for a text; what is no JSON is a string. */
static cJSON *make_value(const struct parameter *p, const char *text)
{
	const struct option *option =
		p->kind == PARAMETER_CHOICE ? find_option(p, text) : NULL;
	cJSON *tree;
	char number[40];

	if (option && option->json)
		return cJSON_CreateRaw(option->json);
	tree = cJSON_ParseWithOpts(text, NULL, true);
	cJSON_Delete(tree);
	if (tree) /* numbers stay as they were written */
		return cJSON_CreateRaw(text);
	if (p->kind == PARAMETER_CHOICE)
		return cJSON_CreateString(text);
	/* ".5": a number that JSON would write otherwise */
	snprintf(number, sizeof(number), "%.17g", strtod(text, NULL));
	return cJSON_CreateRaw(number);
}

static void add_level(const struct space *space, const char *const *texts,
		      const bool *active, int parent, cJSON *object)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		const struct option *option;
		cJSON *inner;

		if (p->parent != parent || !active[i])
			continue;
		if (!p->is_nested) {
			cJSON_AddItemToObject(object, p->name,
					      make_value(p, texts[i]));
			continue;
		}
		option = find_option(p, texts[i]);
		inner = cJSON_AddObjectToObject(object, p->name);
		if (option &&
		    option->json) /* beside nested ones: a plain one */
			cJSON_ReplaceItemInObjectCaseSensitive(
				object, p->name, cJSON_CreateRaw(option->json));
		else {
			cJSON_AddStringToObject(inner, "_name", texts[i]);
			add_level(space, texts, active, (int)i, inner);
		}
	}
}

static bool is_parameter(const struct space *space, const char *name)
{
	for (size_t i = 0; i < space->count; i++)
		if (space->parameters[i].parent < 0 &&
		    strcmp(space->parameters[i].name, name) == 0)
			return true;
	return false;
}

static void add_extra(const struct space *space, const char *extra,
		      cJSON *object)
{
	cJSON *tree = extra ? cJSON_Parse(extra) : NULL;
	const cJSON *item;

	cJSON_ArrayForEach (item, tree)
		if (item->string && !is_parameter(space, item->string))
			cJSON_AddItemToObject(object, item->string,
					      cJSON_Duplicate(item, true));
	cJSON_Delete(tree);
}

char *space_build(const struct space *space, const char *const *texts,
		  const char *extra, struct error *err)
{
	bool *active = xcalloc(space->count + 1, sizeof(*active));
	char why[160], *text = NULL;
	cJSON *object;
	size_t i;

	space_active_texts(space, texts, active);
	for (i = 0; i < space->count; i++)
		if (active[i] && space_check_text(space, i, texts[i], why,
						  sizeof(why)) == SPACE_WRONG)
			break;
	if (i < space->count) {
		error_set(err, ERROR_INVALID, "%s: %s",
			  space->parameters[i].path, why);
	} else {
		object = cJSON_CreateObject();
		add_level(space, texts, active, -1, object);
		add_extra(space, extra, object);
		text = cJSON_PrintUnformatted(object);
		cJSON_Delete(object);
	}
	free(active);
	return text;
}

static void describe_options(const struct parameter *p, struct strbuf *out)
{
	size_t shown = p->option_count <= OPTIONS_TOLD ? p->option_count
						       : OPTIONS_TOLD;

	for (size_t k = 0; k < shown; k++)
		strbuf_addf(out, "%s%s",
			    k == 0		       ? ""
			    : k + 1 == p->option_count ? " or "
						       : ", ",
			    p->options[k].name);
	if (shown < p->option_count)
		strbuf_addf(out, ", ... (%zu options)", p->option_count);
}

void space_describe(const struct parameter *p, struct strbuf *out)
{
	char low[32], high[32];

	if (p->kind == PARAMETER_CHOICE) {
		describe_options(p, out);
		return;
	}
	format_bound(parameter_is_normal(p) ? p->mu : p->low, low, sizeof(low));
	format_bound(parameter_is_normal(p)	    ? p->sigma
		     : p->kind == PARAMETER_RANDINT ? p->high - 1
						    : p->high,
		     high, sizeof(high));
	strbuf_addf(out,
		    parameter_is_normal(p) ? "around %s, sigma %s (%s)"
					   : "%s to %s (%s)",
		    low, high, parameter_kind_name(p->kind));
	if (p->q > 0)
		strbuf_addf(out, ", in steps of %.6g", p->q);
}

void space_default_text(const struct parameter *p, struct strbuf *out)
{
	double middle;

	if (p->kind == PARAMETER_CHOICE) {
		if (p->option_count)
			strbuf_adds(out, p->options[0].name);
		return;
	}
	if (parameter_is_normal(p))
		middle = p->kind == PARAMETER_LOGNORMAL ||
					 p->kind == PARAMETER_QLOGNORMAL
				 ? exp(p->mu)
				 : p->mu;
	else if (parameter_is_log(p) && p->low > 0)
		middle = sqrt(p->low * p->high);
	else
		middle = (p->low + p->high) / 2;
	if (p->q > 0)
		middle = round(middle / p->q) * p->q;
	if (p->kind == PARAMETER_RANDINT)
		middle = floor(middle);
	strbuf_addf(out, "%.6g", middle);
}
