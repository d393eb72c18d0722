/* SPDX-License-Identifier: MIT */
/*
 * Keys that cost something to find out: a Key Vault is asked by running a
 * program, and an upload opens several sessions at once.  One that was found is
 * kept in memory for a while, for all of this process.
 */
#ifndef ENGINE_OUTPUTS_KEYS_H
#define ENGINE_OUTPUTS_KEYS_H

#include "engine/storage/storage.h"

/* The key for a storage that has one in a vault; *ret is NULL for all others,
 * which find theirs when they are opened.  Caller wipes and frees with
 * outputs_key_free.  Thread: any; blocking. */
bool outputs_key_get(const struct storage_config *config,
		     struct storage_watch *watch, char **ret,
		     struct error *err);
void outputs_key_free(char *key); /* NULL ok */
/* It was not accepted: ask again next time. */
void outputs_keys_forget(void);

#endif
