/* SPDX-License-Identifier: MIT */
/*
 * The tables, and the way from any older version of them to this one.
 * Private to store/ and its tests.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/sql.h"

/* "TrDk": tells our files from other programs' databases. */
#define SCHEMA_APPLICATION_ID STORE_APPLICATION_ID

/* Row i takes version i to version i + 1.  Rows are only ever appended. */
struct migration {
	const char *statements;
};

extern const struct migration schema_migrations[];
extern const int schema_version; /* count of the above */

/* Refuse what is not ours, damaged or newer; tell the version.  0: empty. */
bool schema_check(struct store *store, int newest, int *ret_version,
		  struct error *err);
/* Bring an open file to `count` versions, all or nothing; a file that has
 * tables already is copied to "<path>.v<N>.bak" first. */
bool schema_migrate(struct store *store, const struct migration *migrations,
		    int count, struct error *err);

#endif
