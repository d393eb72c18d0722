/* SPDX-License-Identifier: MIT */
/*
 * Roles of a job while a file is read and written: the list that grows, and
 * what every kind of role says in our own words.  Which keys a role may have
 * is each platform's and kind's own affair.
 */
#ifndef ENGINE_SPEC_ROLES_H
#define ENGINE_SPEC_ROLES_H

#include "base/strbuf.h"
#include "model/experiment.h"

/* One file must not make us create any number of pods. */
#define ROLES_MAX 64
#define ROLE_REPLICAS_MAX 10000

/* A role that says nothing: one replica, the rest the job's.  Let go with
 * role_config_release. */
void role_init(struct role_config *role);
/* Move a role to the end of the list; `role` is empty afterwards.  There must
 * be fewer than ROLES_MAX.  Returns it in its new place, which holds until the
 * next call. */
struct role_config *roles_add(struct kubernetes_config *config,
			      struct role_config *role);
/* By its name, spelled exactly; NULL: there is none. */
struct role_config *roles_find(const struct kubernetes_config *config,
			       const char *name);

/* Append the members that roles of all our own kinds share, each with a comma
 * before it: ,"command":"...","image":"...","resources":{},... */
void role_write_members(const struct role_config *role, struct strbuf *out);

#endif
