/* SPDX-License-Identifier: MIT */
/*
 * Patterns of files to leave out, as gitignore(5) describes them: comments,
 * `!` takes back, a trailing `/` means directories only, a `/` elsewhere ties
 * the pattern to the top folder, `**` stands for any number of directories,
 * and the last pattern that matches decides.
 *
 * Matching is over bytes, whatever the locale, and takes polynomial time
 * whatever the pattern; fnmatch() promises neither.
 */
#ifndef ENGINE_STORAGE_IGNORE_H
#define ENGINE_STORAGE_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#define IGNORE_TEXT_MAX (256u << 10) /* bytes of an ignore file */

struct ignore;

/* text need not end with NUL and is not kept.  No line is an error: one that
 * cannot match anything (as `a\` cannot, or one above 1 KiB) never does. */
struct ignore *ignore_parse(const char *text, size_t len);
void ignore_free(struct ignore *ignore);

/* Whether the last pattern that matches path says to leave it out.  path is
 * relative to the folder of the ignore file, without leading or trailing '/'.
 * The parents of path are not looked at: whoever walks a tree does not enter
 * a folder that is left out, and so nothing in it can be taken back. */
bool ignore_matches(const struct ignore *ignore, const char *path, bool is_dir);

#endif
