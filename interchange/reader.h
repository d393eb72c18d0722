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
	int64_t found;	      /* experiments that the wish names */
	bool is_embedded_new; /* embedded_take has just added one */
};

bool nni_read(struct reading *reading, struct error *err);
bool optuna_read(struct reading *reading, struct error *err);
bool trialdeck_read(struct reading *reading, struct error *err);

/* ---- embedded.c ---------------------------------------------------------- */

/* If the database carries an experiment of ours under this name (outlet.h),
 * have it in the store: *ret_id is its id then, else "".  *ret_is_ours: it is
 * there, and did not come by import: it needs nothing. */
bool embedded_take(struct reading *reading, const char *owner,
		   char ret_id[EXPERIMENT_ID_MAX + 1], bool *ret_is_ours,
		   struct error *err);
/* Append the text of a member of a JSON object, as it stands there. */
bool embedded_span(const char *json, const char *key, struct strbuf *out);

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
