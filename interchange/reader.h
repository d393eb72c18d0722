/* SPDX-License-Identifier: MIT */
/* What the readers of the formats share.  Private to interchange/. */
#ifndef INTERCHANGE_READER_H
#define INTERCHANGE_READER_H

#include "interchange/interchange.h"
#include "interchange/query.h"

struct reading {
	struct source *source;
	struct store *store;
	const struct interchange_wish *wish;
	interchange_told_fn *told;
	void *arg;
	int64_t found; /* experiments that the wish names */
};

bool nni_read(struct reading *reading, struct error *err);
bool optuna_read(struct reading *reading, struct error *err);
bool trialdeck_read(struct reading *reading, struct error *err);

/* ---- optuna_params.c ----------------------------------------------------- */

struct optuna_space; /* what the distributions of all trials have in common */

struct optuna_space *optuna_space_new(void);
void optuna_space_free(struct optuna_space *space);
/* Append `"name":value` to a trial's parameters; false: it cannot be read. */
bool optuna_space_add(struct optuna_space *space, struct strbuf *parameters,
		      const char *name, double value, const char *distribution);
/* The search space as NNI writes one; NULL: there is none.  Caller frees. */
char *optuna_space_text(const struct optuna_space *space);

#endif
