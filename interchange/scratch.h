/* SPDX-License-Identifier: MIT */
/* Private folders for copies, in $TMPDIR or /tmp, that do not outlive their
 * process for long. */
#ifndef INTERCHANGE_SCRATCH_H
#define INTERCHANGE_SCRATCH_H

#include "base/error.h"

/* A new folder (0700); those that dead processes of this user left are removed
 * first.  NULL on failure; scratch_remove frees it. */
char *scratch_make(struct error *err);
void scratch_remove(char *folder); /* with all in it; NULL passes */
/* Copy the file from+suffix to to+suffix; one that is gone meanwhile is
 * well. */
bool scratch_copy(const char *from, const char *suffix, const char *to,
		  struct error *err);

#endif
