/* SPDX-License-Identifier: MIT */
/*
 * What the files of storage have in common: storage.c has the keys,
 * storage_value.c reads what they may say, storage_check.c holds them against
 * each other.
 */
#ifndef ENGINE_SPEC_STORAGE_H
#define ENGINE_SPEC_STORAGE_H

#include "engine/spec/cluster.h"

/* --- storage_value.c: VALUE_OWN of char * ----------------------------------
 */

/* Names that Azure gives out: key->least to key->most letters, digits, '-'. */
void storage_read_name(struct reader *reader, const struct key *key,
		       const struct node *node, void *slot);
/* http://host[:port][/path], https likewise; without user and query. */
void storage_read_url(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot);
/* A bucket's name, as S3 wants new ones. */
void storage_read_bucket(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot);
/* What stands before all keys: folders, '/' between them. */
void storage_read_prefix(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot);

/* --- storage_check.c -------------------------------------------------------
 */

#define STORAGE_NFS_HELP "such as nfs: {server: 10.0.0.1, path: /export/nni}"

const char *storage_type_name(enum storage_type type);
extern const char *const storage_type_words[]; /* NULL-terminated */

#endif
