/* SPDX-License-Identifier: MIT */
/*
 * A database of somebody else's, or a copy of one of ours, opened without a
 * trace: nothing is written into it, and no -wal, -shm or -journal appears
 * beside it.
 *
 * How that is done depends on what lies there:
 *   no log (FILE-wal, FILE-journal)  a file in WAL mode is opened as immutable,
 *                                    another one read-only, under its locks
 *   a log and its index (FILE-shm)   somebody may be writing: read beside him,
 *                                    as any reader would
 *   a log alone, or a journal that   both are copied, and SQLite puts them
 *   a crash left                     together there
 */
#ifndef INTERCHANGE_SOURCE_H
#define INTERCHANGE_SOURCE_H

#include "base/error.h"

#include <sqlite3.h>

enum source_format { SOURCE_TRIALDECK, SOURCE_NNI, SOURCE_OPTUNA };

struct source {
	enum source_format format;
	char *path; /* absolute, of the database itself */
	sqlite3 *db;
	char *scratch; /* folder of our copy; NULL: path itself was opened */
	bool is_immutable;
	/* a sentence on a log that was found; NULL: there was none */
	const char *note;
	char version[64]; /* "NNI, from 3.0", "Optuna 3.6.1", "trialdeck" */
};

/* Is it worth opening as one: a folder with db/nni.sqlite in it, or an SQLite
 * file other than this program's own?  A few bytes are read, nothing is
 * reported. */
bool source_is_foreign(const char *path);
/* The same, or one of our own. */
bool source_is_database(const char *path);
/* Open a file, or NNI's folder of an experiment.  ERROR_INVALID says what was
 * looked for when it is none of the three.  The caller closes. */
bool source_open(const char *path, struct source **ret, struct error *err);
/* The file to open instead of source->path: the copy, if one was made. */
char *source_readable_path(const struct source *source); /* caller frees */
void source_close(struct source *source);
const char *source_format_name(enum source_format format); /* "optuna" */

#endif
