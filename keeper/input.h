/* SPDX-License-Identifier: MIT */
/*
 * What an attempt's pod is given: the files of its Secret.
 *
 *     token            the attempt's secret for the side port
 *     command          the shell line to run
 *     parameter.cfg    copied into the attempt's folder, where NNI looks
 *     parameters.json  copied as well
 *
 * The command finds them by the environment:
 *     TRIALDECK_TOKEN, TRIALDECK_URL, TRIALDECK_ATTEMPT_DIR,
 *     TRIALDECK_PARAMETERS (parameters.json), TRIALDECK_METRICS (a file to
 *     append metric lines to)
 * A variable that is there already is left alone.
 */
#ifndef KEEPER_INPUT_H
#define KEEPER_INPUT_H

#include "base/error.h"
#include "keeper/target.h"

/* ret_command: NULL-terminated argument vector for the shell, or untouched
 * when there is no command file.  It lives as long as the process. */
bool input_take(const char *input, const char *dir, const struct target *target,
		char *const **ret_command, struct error *err);

#endif
