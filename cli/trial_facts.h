/* SPDX-License-Identifier: MIT */
/*
 * Everything that can be asked of the trials of one experiment, read from the
 * store as it is asked for: what filters, orders and columns of the command
 * line look at.  Names come from the search space and from the metrics that
 * were reported.
 */
#ifndef CLI_TRIAL_FACTS_H
#define CLI_TRIAL_FACTS_H

#include "cli/find.h"
#include "model/filter.h"
#include "model/space.h"
#include "model/trial_field.h"

struct metric_facts;

struct trial_facts {
	struct store *store; /* borrowed, as the experiment */
	const struct experiment *experiment;
	struct space *space;
	char **metrics;
	size_t metric_count;
	struct field_names names;
	int64_t now_ns;
	/* about one trial */
	const struct trial *trial; /* borrowed: whole */
	struct trial_place place;
	bool has_looked; /* for its place */
	struct strbuf cell;
	struct metric_facts *sums; /* of each metric that was asked for */
	size_t sum_count;
};

bool trial_facts_open(struct trial_facts *facts, const struct found *found,
		      struct error *err);
void trial_facts_close(struct trial_facts *facts);
/* Ask about this one from now on; a whole row. */
void trial_facts_about(struct trial_facts *facts, const struct trial *trial);
struct field_source trial_facts_source(struct trial_facts *facts);

/* Append a field's value of the trial: exact, for programs (is_short false), or
 * as people read it.  Nothing when there is none. */
void trial_facts_format(struct trial_facts *facts,
			const struct trial_field *field, bool is_short,
			struct strbuf *out);
/* As JSON: a number, a text, or null. */
void trial_facts_json(struct trial_facts *facts,
		      const struct trial_field *field, struct strbuf *out);

#endif
