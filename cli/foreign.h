/* SPDX-License-Identifier: MIT */
/*
 * Databases that are only to be looked at: of other programs, and copies of
 * our own.  What a command then works on is a temporary database, or a copy
 * opened as it is; in either case read-only.
 */
#ifndef CLI_FOREIGN_H
#define CLI_FOREIGN_H

#include "base/error.h"
#include "cli/command.h"

/* Where --db (or the argument of `open`) names such a database: convert it,
 * make cli->db_path the result and set cli->is_read_only.  Commands that
 * change things are refused with a sentence.  Else nothing happens. */
bool foreign_begin(struct cli *cli, struct error *err);
/* Convert any such database (source_is_database) into a temporary one, which is
 * there until foreign_end or the next call; the caller frees its path. */
bool foreign_read(const char *file, char **ret_path, struct error *err);
/* What is looked at, for the console's first line; NULL: nothing. */
const char *foreign_greeting(void);
/* Remove what these made; harmless without. */
void foreign_end(void);

#endif
