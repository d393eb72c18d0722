/* SPDX-License-Identifier: MIT */
/*
 * What NNI's platforms kubeflow and frameworkcontroller share: roles as NNI
 * writes them, in both forms (nni.md 1.5, 2.6, 2.7), and the settling of what
 * NNI keeps apart.
 */
#ifndef ENGINE_SPEC_NNI_H
#define ENGINE_SPEC_NNI_H

#include "engine/spec/draft.h"

#define NNI_IMAGE "msranni/nni:latest" /* of roles in the second form */

/* A role half-way. */
struct nni_role {
	struct role_config role;
	int cpu;
	int64_t memory_mebibytes;
	struct place code_directory, policy;
};

/* Keys of a role in either form, without its number of replicas, which the two
 * platforms call differently; target is a struct nni_role. */
extern const struct form nni_role_first_form, nni_role_form;
#define NNI_REPLICAS(name)                                                     \
	{                                                                      \
		name, VALUE_INT, KEY_REQUIRED,                                 \
			.least = 1, .most = ROLE_REPLICAS_MAX,                 \
			.target = offsetof(struct nni_role, role.replicas),    \
			.help = "how many pods, such as " name ": 1"           \
	}

/* Read the role at place, a mapping, by a form that stands on one of those
 * above, and add it to the configuration under its name, or under the one it
 * has itself (NULL).  False after reporting. */
bool nni_role_read(struct reader *reader, struct draft *draft,
		   const struct place *place, const struct form *form,
		   const char *name);
/* Append its members but name and number: ,"command":... */
void nni_role_write(const struct role_config *role, struct strbuf *out);

/* In the first form these are trial.nasMode and the like: known, without
 * effect. */
extern const char *const nni_nas_modes[];

/* Roles bring the command, and say so when there is none. */
bool nni_has_own_commands(const struct draft *draft);
/* When all roles are there: the command and the code directory of the whole. */
void nni_settle(struct reader *reader, struct draft *draft);

/* --- framework_template.c: NNI's configPath (nni.md 1.7) */

/* Keep the Framework at place and make roles of its task roles.  False after
 * reporting. */
bool framework_template_read(struct reader *reader, struct draft *draft,
			     const struct place *place);
/* The first claim that its pods mount; NULL: none.  Caller frees. */
char *framework_template_claim(const char *json);

#endif
