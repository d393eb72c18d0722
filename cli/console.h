/* SPDX-License-Identifier: MIT */
/* The console as the command line opens it. */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include "base/error.h"
#include "cli/command.h"
#include "engine/engine.h"

#include <stdint.h>

/* Is there a terminal to draw on (or a script that needs none)? */
bool console_is_possible(const struct cli *cli, struct error *err);

/* Show the console until the user leaves it.  experiment: key of the one to
 * show first, 0 for the newest; engine: the one this process runs for it, or
 * NULL.  Returns an exit status. */
int console_open(struct cli *cli, int64_t experiment, struct engine *engine);

#endif
