/* SPDX-License-Identifier: MIT */
/*
 * Kubeflow's kinds of job in trainingService of platform kubernetes: what their
 * files share.  kind_kubeflow.c has the tables, kubeflow_option.c what the
 * objects know beside roles, kubeflow_check.c what no single value shows.
 */
#ifndef ENGINE_SPEC_KUBEFLOW_H
#define ENGINE_SPEC_KUBEFLOW_H

#include "engine/spec/draft.h"

/* What a kind asks of its roles, beyond their names. */
struct kubeflow_rule {
	const char *kind;
	/* One of these there must be; NULL-terminated. */
	const char *needs[4];
	/* Of these there can only be one replica. */
	const char *lone[3];
	/* Waits for others when it has no command of its own. */
	const char *idle;
};

const struct kubeflow_rule *kubeflow_rule_find(const char *kind);

/* `read` of a role; slot is the struct draft. */
void kubeflow_read_role(struct reader *reader, const struct key *key,
			const struct node *node, void *slot);

/* --- kubeflow_option.c: members of the object's spec ---------------------- */

/* `read` of an option, which the only key of key->section describes (for
 * mappings: with a section of its own); it is kept in job_options under its
 * name.  slot is the struct draft. */
void kubeflow_read_option(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot);
/* nprocPerNode: a number becomes text. */
void kubeflow_read_processes(struct reader *reader, const struct key *key,
			     const struct node *node, void *slot);

extern const struct form kubeflow_policy_option, kubeflow_cleaning_option,
	kubeflow_success_option, kubeflow_dynamic_option, kubeflow_torch_option,
	kubeflow_paddle_option, kubeflow_slots_option, kubeflow_main_option;

/* Append ,"name":value of each option. */
void kubeflow_write_options(const char *options, struct strbuf *out);

/* --- kubeflow_check.c ----------------------------------------------------- */

/* `check` of all these kinds. */
void kubeflow_check(struct reader *reader, struct draft *draft);

#endif
