/* SPDX-License-Identifier: MIT */
/* Outputs that arrived by the side port, moved into a storage. */
#ifndef ENGINE_OUTPUTS_MOVE_H
#define ENGINE_OUTPUTS_MOVE_H

#include "engine/storage/storage.h"

/* Put every file below the folder `from` of this machine under `to`, then
 * remove the folder.  Cut short it is done again: what is there already is put
 * once more.  Nothing at `from` is no error.  Blocking. */
bool outputs_move(struct storage *storage, const char *from, const char *to,
		  struct storage_watch *watch, struct error *err);

#endif
