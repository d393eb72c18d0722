/* SPDX-License-Identifier: MIT */
/*
 * A database for screens: small, always the same, with everything in it that a
 * view has to cope with.  Made with the store's own functions.
 */
#ifndef TESTS_SUPPORT_SCREEN_FIXTURE_H
#define TESTS_SUPPORT_SCREEN_FIXTURE_H

#include <stdint.h>

/* What time it is on the screens. */
#define SCREEN_NOW_NS INT64_C(1790003600000000000)

/* Write folder/t.db and the log files of its trials (their directories are
 * relative to folder).  Trouble ends the program with a message.
 *
 * Experiments, oldest first: a finished one with a long name of wide
 * characters; one in ERROR without a trial; "hostile", whose texts are
 * escape sequences; and "digits", 20 of 40 trials done, some failed, retried,
 * stopped early, running and waiting. */
void screen_fixture(const char *folder);

#endif
