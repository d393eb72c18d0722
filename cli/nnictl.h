/* SPDX-License-Identifier: MIT */
/*
 * nnictl's command line, put into ours: `trialdeck nnictl trial ls`, or this
 * program called by the name nnictl.  Scripts written for nnictl go on: the
 * same words and options, and where scripts read what it prints, the same
 * shapes (nni_shape.c).  What has no counterpart is refused with a sentence
 * that says what to use instead.  After NNI's own parser, 1.8 to 3.0
 * (nni.md 9.1).
 */
#ifndef CLI_NNICTL_H
#define CLI_NNICTL_H

#include "base/error.h"

#include <stdbool.h>

/* Is this nnictl's command line?  *ret_first: where its words begin. */
bool nnictl_is_meant(int argc, char **argv, int *ret_first);
/* In our words: global options of ours, given before, stay.  *ret_argv is the
 * caller's (one block; texts are borrowed or live as long as the program). */
bool nnictl_translate(int argc, char **argv, int first, int *ret_argc,
		      char ***ret_argv, struct error *err);

#endif
