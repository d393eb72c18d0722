/* SPDX-License-Identifier: MIT */
/*
 * A new SQLite file of a foreign format: written under a temporary name beside
 * its place, and put there when it is whole.  Private to interchange/.
 *
 * What the format has no place for travels along in a table of our own,
 * trialdeck_export: the experiment as `export --format json` has it, in pieces.
 * Those programs do not look at it; import takes the experiment from there, and
 * what has changed since from their tables.
 */
#ifndef INTERCHANGE_OUTLET_H
#define INTERCHANGE_OUTLET_H

#include "base/error.h"
#include "interchange/query.h"
#include "store/store.h"

struct outlet {
	char *path, *temporary;
	sqlite3 *db;
	bool replaces;
};

/* ERROR_CONFLICT when path exists and must not be replaced.  Close in either
 * case. */
bool outlet_open(struct outlet *outlet, const char *path, bool replaces,
		 struct error *err);
/* ok: put it in its place; else remove it. */
bool outlet_close(struct outlet *outlet, bool ok, struct error *err);

/* Write an experiment into trialdeck_export; owner is what it is called there:
 * NNI's id, Optuna's study. */
bool outlet_embed(struct outlet *outlet, struct store *store,
		  const struct experiment *experiment, const char *owner,
		  struct error *err);
/* What of a database stands there for this owner; *ret is empty without. */
bool outlet_read_embedded(sqlite3 *db, const char *owner, struct strbuf *ret,
			  struct error *err);

/* Its name, or its id where it has none, as text of UTF-8 that those programs
 * take; the caller frees. */
char *outlet_name(const struct experiment *experiment);

/* What an experiment optimises, of its configuration. */
struct objectives;
void outlet_objectives(const struct experiment *experiment,
		       struct objectives *ret);

#endif
