/* SPDX-License-Identifier: MIT */
/* Findings for commands. */
#include "cli/insight.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/json.h"
#include "engine/spec/spec.h"
#include "model/objective.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 200

/* Imported experiments may have a configuration that is none of ours. */
static void read_objectives(const struct experiment *experiment,
			    struct objectives *ret)
{
	struct experiment_config config = {0};
	struct error ignored;

	if (!spec_reload(experiment->config, &config, &ignored) ||
	    !objectives_parse(config.tuner.class_args, experiment->objective,
			      ret, &ignored))
		objectives_parse(NULL, experiment->objective, ret, &ignored);
	experiment_config_release(&config);
}

struct names {
	char *items[NAMES_MAX];
	size_t count;
};

static bool add_name(const char *name, void *arg)
{
	struct names *names = arg;

	if (names->count < NAMES_MAX)
		names->items[names->count++] = xstrdup(name);
	return true;
}

static bool check_metric(const struct found *found, const char *metric,
			 struct error *err)
{
	struct names names = {.count = 0};
	bool ok = store_metric_names_each(found->store, found->experiment.key,
					  add_name, &names, err);
	bool is_there = false;

	for (size_t i = 0; i < names.count; i++)
		is_there |= !strcmp(names.items[i], metric);
	if (ok && !is_there) {
		const char *near = nearest_word(
			metric, (const char *const *)names.items, names.count);

		ok = error_set(err, ERROR_NOT_FOUND,
			       "no trial of %s reported a metric \"%.100s\"%s"
			       "%.100s%s; `trialdeck metrics` lists them",
			       found->experiment.id, metric,
			       near ? ", did you mean \"" : "",
			       near ? near : "", near ? "\"?" : "");
	}
	for (size_t i = 0; i < names.count; i++)
		free(names.items[i]);
	return ok;
}

static bool choose_metric(struct cli *cli, struct insight *insight,
			  const char **ret_column, struct error *err)
{
	const struct experiment *experiment = &insight->found.experiment;
	const char *metric = cli_option(cli, "metric");
	const char *mode = cli_option(cli, "mode");
	struct objectives objectives;
	size_t at = 0;

	read_objectives(experiment, &objectives);
	insight->objectives = objectives.count;
	insight->mode = experiment->objective;
	*ret_column = NULL;
	if (metric) {
		while (at < objectives.count &&
		       strcmp(objectives.items[at].metric, metric) != 0)
			at++;
		if (at < objectives.count)
			insight->mode = objectives.items[at].mode;
		if (at && strcmp(metric, METRIC_OBJECTIVE) != 0) {
			if (!check_metric(&insight->found, metric, err))
				return false;
			*ret_column = metric;
		}
	}
	insight->owned_metric =
		xstrdup(metric ? metric : objectives.items[0].metric);
	insight->metric = insight->owned_metric;
	if (!mode)
		return true;
	if (!strcmp(mode, "minimize"))
		insight->mode = OBJECTIVE_MINIMIZE;
	else if (!strcmp(mode, "maximize"))
		insight->mode = OBJECTIVE_MAXIMIZE;
	else
		return error_set(err, ERROR_INVALID,
				 "--mode: 'minimize' or 'maximize' is needed, "
				 "not '%s'",
				 mode);
	return true;
}

bool insight_open(struct cli *cli, struct insight *ret, struct error *err)
{
	const char *column;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!found_experiment(cli, STORE_READ, &ret->found, err))
		return false;
	ok = choose_metric(cli, ret, &column, err);
	ret->findings =
		ok ? findings_new(&ret->found.experiment, column, err) : NULL;
	if (ret->findings &&
	    findings_read(ret->findings, ret->found.store, err))
		return true;
	insight_close(ret);
	return false;
}

void insight_close(struct insight *insight)
{
	findings_free(insight->findings);
	free(insight->owned_metric);
	found_release(&insight->found);
	memset(insight, 0, sizeof(*insight));
}

bool insight_parameter(const struct insight *insight, struct cli *cli,
		       size_t at, size_t *ret, struct error *err)
{
	const struct space *space = insight->findings->space;
	const char *name = cli_argument(cli, at), *near;
	const char **paths;
	size_t named = 0;

	for (size_t i = 0; i < space->count; i++)
		if (!strcmp(space->parameters[i].path, name)) {
			*ret = i;
			return true;
		}
	for (size_t i = 0; i < space->count; i++)
		if (!strcmp(space->parameters[i].name, name)) {
			*ret = i;
			named++;
		}
	if (named == 1)
		return true;
	paths = xcalloc(space->count + 1, sizeof(*paths));
	for (size_t i = 0; i < space->count; i++)
		paths[i] = space->parameters[i].path;
	near = nearest_word(name, paths, space->count);
	if (named)
		error_set(err, ERROR_CONFLICT,
			  "%zu parameters are called \"%.100s\": name one with "
			  "its parent, as in the columns of `trialdeck trials`",
			  named, name);
	else
		error_set(err, ERROR_NOT_FOUND,
			  "no parameter is called \"%.100s\"%s%.100s%s", name,
			  near ? ", did you mean \"" : "", near ? near : "",
			  near ? "\"?" : "");
	free(paths);
	return false;
}

bool insight_fraction(const struct cli *cli, const char *option, double low,
		      double high, double fallback, double *ret,
		      struct error *err)
{
	const char *text = cli_option(cli, option);
	char *end;

	*ret = fallback;
	if (!text)
		return true;
	*ret = strtod(text, &end);
	if (end != text && !*end && *ret > low && *ret <= high)
		return true;
	return error_set(err, ERROR_INVALID,
			 "--%s: a number above %g and up to %g is needed, not "
			 "'%s'",
			 option, low, high, text);
}

void insight_json(const struct insight *insight, struct strbuf *out)
{
	static const char *const keys[FINDING_COUNT] = {
		[FINDING_USED] = "used",
		[FINDING_UNFINISHED] = "unfinished",
		[FINDING_FAILED] = "failed",
		[FINDING_CANCELED] = "canceled",
		[FINDING_STOPPED] = "earlyStopped",
		[FINDING_WITHOUT] = "withoutResult",
		[FINDING_INFINITE] = "notFinite",
		[FINDING_STRANGE] = "outsideSpace",
	};

	strbuf_adds(out, "\"experiment\":");
	json_text(out, insight->found.experiment.id);
	strbuf_adds(out, ",\"metric\":");
	json_text(out, insight->metric);
	strbuf_addf(out, ",\"objective\":\"%s\",\"trials\":{\"all\":%zu",
		    insight->mode == OBJECTIVE_MAXIMIZE ? "maximize"
							: "minimize",
		    insight->findings->known);
	for (int kind = 0; kind < FINDING_COUNT; kind++)
		if (keys[kind])
			strbuf_addf(out, ",\"%s\":%zu", keys[kind],
				    insight->findings->counts[kind]);
	strbuf_addch(out, '}');
}
