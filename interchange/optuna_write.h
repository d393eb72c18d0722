/* SPDX-License-Identifier: MIT */
/* Optuna's distributions from ours.  Private to interchange/. */
#ifndef INTERCHANGE_OPTUNA_WRITE_H
#define INTERCHANGE_OPTUNA_WRITE_H

#include "base/strbuf.h"
#include "model/space.h"

/* SQL that makes an empty storage (optuna_tables.c). */
extern const char optuna_tables[];

/* Append the distribution of a parameter and get the value in Optuna's internal
 * form.  cell is the value as space_format_cell has it; exact, if not NULL, the
 * option's index.  False: it has no such form. */
bool optuna_distribute(const struct parameter *p, const char *cell,
		       const double *exact, double *ret_value,
		       struct strbuf *out);
/* The same of a member (cJSON) of parameters that no space describes. */
bool optuna_distribute_alone(const void *member, double *ret_value,
			     struct strbuf *out);

#endif
