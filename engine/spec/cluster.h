/* SPDX-License-Identifier: MIT */
/*
 * What every platform whose trials run on a cluster has in common: where the
 * cluster is, what goes into all pods, how we deal with jobs, where results
 * lie.  Platforms add how their jobs are described.
 */
#ifndef ENGINE_SPEC_CLUSTER_H
#define ENGINE_SPEC_CLUSTER_H

#include "engine/spec/draft.h"

/* Keys of trainingService, with those of every service. */
extern const struct form cluster_form;

/* Settle and check what cluster_form has read, but for podTemplate. */
void cluster_check(struct reader *reader, struct draft *draft);
/* Lay podTemplate over pods like those to come, once roles are known: what
 * cannot be laid over them now never can. */
void cluster_check_template(struct reader *reader, const struct draft *draft);

/* Append the keys in three parts: kubeconfig to namespace; image to
 * podTemplate; the rest.  The first begins with a comma. */
void cluster_write_where(const struct kubernetes_config *config,
			 struct strbuf *out);
void cluster_write_pod(const struct kubernetes_config *config,
		       struct strbuf *out);
void cluster_write_rest(const struct kubernetes_config *config,
			struct strbuf *out);

/* --- storage*.c: where outputs lie, in both forms ------------------------ */

extern const struct form storage_form; /* second form's storage */
/* Keys of kubeflowConfig and frameworkcontrollerConfig that say the same;
 * without pvc. */
extern const struct form storage_first_form;
/* Hold the keys against each other.  is_required: NNI's platforms have no
 * experiment without. */
void storage_check(struct reader *reader, struct draft *draft,
		   bool is_required);
/* ,"storage":{...}; nothing when there is none. */
void storage_write(const struct storage_config *storage, struct strbuf *out);

#endif
