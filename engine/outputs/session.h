/* SPDX-License-Identifier: MIT */
/*
 * A storage opened by the text that a row of outputs has of it, with the
 * credentials that belong to it: found when it is opened, in memory only.
 *
 * Blocking, one thread at a time; all waits are bounded by the storage.
 */
#ifndef ENGINE_OUTPUTS_SESSION_H
#define ENGINE_OUTPUTS_SESSION_H

#include "engine/storage/storage.h"
#include "model/output.h"

struct outputs_session;

/* A storage alone, for what the experiment says of its cluster; config is the
 * storage's. */
bool outputs_storage_open(const struct storage_config *storage,
			  const struct experiment_config *config,
			  const struct experiment *experiment,
			  struct storage_watch *watch, struct storage **ret,
			  struct error *err);

/* config: the experiment's, for what a storage in the cluster needs (namespace,
 * kubeconfig, image); copied.  watch outlives the session. */
bool outputs_session_open(const char *storage, const char *db_path,
			  const struct experiment_config *config,
			  const struct experiment *experiment,
			  struct storage_watch *watch,
			  struct outputs_session **ret, struct error *err);
void outputs_session_close(struct outputs_session *session); /* NULL ok */
struct storage *outputs_session_storage(struct outputs_session *session);
/* Is it open for this text? */
bool outputs_session_is(const struct outputs_session *session,
			const char *storage);

/* Walk what an attempt left: files only, paths below its folder, as people are
 * shown them.  A place with nothing in it is no error; *ret_is_there says
 * whether the folder is. */
bool outputs_walk(struct outputs_session *session, const struct output *output,
		  bool (*fn)(const struct storage_entry *entry, void *arg),
		  void *arg, bool *ret_is_there, struct error *err);
/* Count it, and set state, files and bytes. */
bool outputs_look(struct outputs_session *session, struct output *output,
		  struct error *err);
/* Remove it.  Of a local attempt's folder trialdeck's own records stay. */
bool outputs_remove(struct outputs_session *session,
		    const struct output *output, struct error *err);

#endif
