/* SPDX-License-Identifier: MIT */
/* The experiment of an NNI database.  Private to interchange/. */
#ifndef INTERCHANGE_NNI_PROFILE_H
#define INTERCHANGE_NNI_PROFILE_H

#include "interchange/reader.h"

struct nni_profile {
	struct experiment row; /* id, name, limits, times, config, space */
	char *space;	       /* NULL: none that is valid */
	char *platform;	       /* NNI's word: "local", "kubeflow" */
};

/* Release in either case. */
bool nni_profile_read(struct nni_profile *profile, sqlite3 *db,
		      struct error *err);
void nni_profile_release(struct nni_profile *profile);

#endif
