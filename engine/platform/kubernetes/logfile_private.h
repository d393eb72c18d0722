/* SPDX-License-Identifier: MIT */
/* What logfile.c (the log), logfile_place.c (how far it was read) and
 * logfile_times.c (when its lines came) share. */
#ifndef ENGINE_PLATFORM_KUBERNETES_LOGFILE_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_LOGFILE_PRIVATE_H

#include "engine/platform/kubernetes/private.h"

/* False, and a size of 0: there is none, or it says nothing. */
bool logfile_place_read(const char *path, int64_t *ret_size,
			logfile_each_fn *each, void *arg);
void logfile_place_format(struct strbuf *out, int64_t size,
			  const struct logfile_source *const *sources,
			  size_t count);

/* What is appended to `pending` next is a line (or a piece of one) of this wall
 * time; 0: not known. */
void logfile_note_line(struct logfile *file, int64_t at_ns);
/* Put what is pending in the order of its times.  The file's size must be that
 * of what was written. */
void logfile_arrange(struct logfile *file);
void logfile_open_times(struct logfile *file);
void logfile_write_times(struct logfile *file);
void logfile_release_times(struct logfile *file);

#endif
