/* SPDX-License-Identifier: MIT */
/*
 * Keys that a kind of job brings to platform kubernetes.
 *
 * A kind with keys of its own is one file of this folder with a `const struct
 * spec_kind`, a declaration here and a line in spec_kinds[] of kinds.c.  The
 * kind is looked for before the service is read, so that one key may mean
 * different things, and what belongs to another kind can be refused by name.
 */
#ifndef ENGINE_SPEC_KINDS_H
#define ENGINE_SPEC_KINDS_H

#include "engine/spec/draft.h"

struct spec_kind {
	const char *name; /* as in `kind: tfjob` */
	/* Its keys of trainingService; the base is kubernetes_service_form,
	 * whose keys of the same name (image, required; taskRoles, refused) it
	 * hides. */
	const struct form *form;
	/* What the command is may be said by something else: trialCommand need
	 * not be there, check() sees to it.  (What stands there while there are
	 * roles is the first role's, so that it is never NULL in the end.) */
	bool has_own_commands;
	/* Hold its values against each other, after those of all kinds; NULL:
	 * nothing to do. */
	void (*check)(struct reader *reader, struct draft *draft);
	/* Append its keys, each with a comma before it; NULL: it has none. */
	void (*write)(const struct kubernetes_config *config,
		      struct strbuf *out);
};

extern const struct form kubernetes_service_form;

extern const struct spec_kind spec_custom;
extern const struct spec_kind spec_framework;
extern const struct spec_kind spec_job;
extern const struct spec_kind spec_launcher;
extern const struct spec_kind spec_tfjob, spec_pytorchjob, spec_mpijob,
	spec_xgboostjob, spec_paddlejob, spec_jaxjob;
extern const struct spec_kind spec_workflow;

/* By name, spelled exactly; NULL: there is none. */
const struct spec_kind *spec_kind_find(const char *name);
/* The kind that a service names, kind job when it names none that we know
 * (which is reported when that key is read). */
const struct spec_kind *spec_kind_of(const struct reader *reader,
				     const struct node *service);

/* Says to which kind a key belongs; for KEY_OTHERS. */
bool spec_kind_explain(const struct reader *reader, const char *name,
		       struct strbuf *out);

/* Build an object like those to come: what cannot be built now never can.
 * Reports at place.  Nothing happens after other problems. */
void spec_kind_try(struct reader *reader, const struct draft *draft,
		   const struct place *place);

#endif
