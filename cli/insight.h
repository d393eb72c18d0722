/* SPDX-License-Identifier: MIT */
/* What the commands that look into an experiment begin with: its findings, of
 * the metric that was asked for, and which way that is better. */
#ifndef CLI_INSIGHT_H
#define CLI_INSIGHT_H

#include "cli/find.h"
#include "tui/findings.h"

struct insight {
	struct found found;
	struct findings *findings;
	const char *metric; /* its name */
	char *owned_metric;
	enum objective_mode mode;
	size_t objectives; /* how many the experiment has */
};

/* Reads argument 0 as an experiment, and the options metric and mode. */
bool insight_open(struct cli *cli, struct insight *ret, struct error *err);
void insight_close(struct insight *insight);
/* Argument `at` as a parameter, by path or name. */
bool insight_parameter(const struct insight *insight, struct cli *cli,
		       size_t at, size_t *ret, struct error *err);
/* Append "experiment", "metric", "objective" and "trials" of a JSON object. */
void insight_json(const struct insight *insight, struct strbuf *out);
/* An option that is a number in (low, high]. */
bool insight_fraction(const struct cli *cli, const char *option, double low,
		      double high, double fallback, double *ret,
		      struct error *err);

#endif
