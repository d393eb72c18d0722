/* SPDX-License-Identifier: MIT */
/*
 * Where the outputs of attempts lie, by what the experiment file says.  Pure,
 * but for outputs_seen, which looks where a folder is.
 *
 *   local           the attempt's own folder, below the experiment's
 *   a volume        nni/<exp>/<trial>[-<attempt>] of the storage, as NNI has it
 *   s3              the same in the bucket; until they are moved there, and
 *   no storage      <exp>/<trial>[-<attempt>] of outputs/ beside the database,
 *                   where the side port puts what keepers send
 *
 * A folder of this machine is written {"storageType":"folder","path":"/..."}.
 */
#ifndef ENGINE_OUTPUTS_PLACE_H
#define ENGINE_OUTPUTS_PLACE_H

#include "base/strbuf.h"
#include "model/output.h"

/* Fill storage, path, url (owned) and the rest with what is known before the
 * attempt runs.  False: nothing it leaves behind is kept (NNI's keeper or pods
 * of the user's own without a storage of ours). */
bool outputs_place(const struct experiment_config *config,
		   const struct experiment *experiment,
		   const struct trial *trial, const struct attempt *attempt,
		   const char *db_path, struct output *ret);
/* Where keepers' outputs arrive: outputs/<exp>/<trial>[-<attempt>] beside the
 * database.  Caller frees. */
char *outputs_arrival(const char *db_path, const char *experiment_id,
		      const char *trial_id, int attempt);
/* Do they come by the side port, to be found there? */
bool outputs_arrive(const struct experiment_config *config);

/* Does this storage have a volume that pods mount, so that code can be put
 * there for all of them? */
bool outputs_has_volume(const struct experiment_config *config);
/* Is code brought there?  Not where pods are the user's own. */
bool outputs_wants_code(const struct experiment_config *config);
/* Can what an attempt left be counted without starting anything? */
bool outputs_is_cheap(const struct output *output);
/* What lies beside the database and is no code, should that be in the code
 * folder: NULL-terminated; caller frees items and list. */
char **outputs_not_code(const char *db_path);
/* Where the code lies in it: "nni/<exp>/nni-code".  Caller frees. */
char *outputs_code_path(const struct experiment *experiment);

/* A storage's text as a configuration; folders are storages of type hostPath
 * with a local_path.  The caller releases. */
bool outputs_storage(const char *storage, const char *db_path,
		     struct storage_config *ret, struct error *err);
/* Is it a folder of this machine, or one that this machine sees?  Its path,
 * to be freed; NULL: no. */
char *outputs_local_path(const struct output *output, const char *db_path);

/* A file that trialdeck itself keeps in a local attempt's folder: no output,
 * not listed, not cleaned up. */
bool outputs_is_ours(const char *path);
/* Its logs and parameters: listed, but not counted and not cleaned up. */
bool outputs_is_record(const char *path);

#endif
