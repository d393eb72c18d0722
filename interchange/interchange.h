/* SPDX-License-Identifier: MIT */
/*
 * Experiments from and to other programs: NNI's databases (1.3 to 3.0),
 * Optuna's (RDB storage of 2.x to 5.x), and copies of our own.
 *
 * Read: a source is converted into a store, which is all that the rest of the
 * program ever sees; one that is only looked at, into a temporary one.
 * Write: one experiment as a new file that those programs open.
 */
#ifndef INTERCHANGE_INTERCHANGE_H
#define INTERCHANGE_INTERCHANGE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "interchange/arrival.h"
#include "interchange/source.h"
#include "store/store.h"

struct interchange_wish {
	const char *name; /* of one experiment: id, or its name; NULL: all */
	bool keeps_live;  /* for a look: trials that were running stay so */
};

/* What became of each experiment of a source; is_known: it was here before. */
typedef void interchange_told_fn(const struct experiment *experiment,
				 bool is_known,
				 const struct arrival_counts *counts,
				 void *arg);

/* Convert a source's experiments, in one transaction of `store`. */
bool interchange_import(struct source *source, struct store *store,
			const struct interchange_wish *wish,
			interchange_told_fn *told, void *arg,
			struct error *err);

/* Open a copy of one of our databases, for reading and without a trace; one
 * of an older schema is copied and brought up to date there.  The path that
 * was opened is source_readable_path. */
bool interchange_open_ours(struct source *source, struct store **ret,
			   struct error *err);

/* Write an experiment as a new Optuna storage with one study (optuna_write.c),
 * for Optuna 3.2 and later.  ERROR_CONFLICT: path exists, and `replaces` was
 * not said. */
bool interchange_write_optuna(struct store *store,
			      const struct experiment *experiment,
			      const char *path, bool replaces,
			      struct error *err);
/* Write an experiment for NNI 3.0 and 2.x to look at (nni_write.c): path is the
 * database itself when it ends in .sqlite or .db; else NNI's folder of
 * experiments, where a folder ID and a row of .experiment are added, which is
 * what `nnictl view ID` looks for in ~/nni-experiments. */
bool interchange_write_nni(struct store *store,
			   const struct experiment *experiment,
			   const char *path, bool replaces, struct error *err);

/* Where an experiment came from, as a line for people ("Optuna 3.6.1 study
 * \"mnist\" in /data/optuna.db"); *ret is NULL when it was made here, else the
 * caller frees. */
bool interchange_origin(struct store *store, int64_t experiment, char **ret,
			struct error *err);

#endif
