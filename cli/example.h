/* SPDX-License-Identifier: MIT */
/*
 * An example or two of every command, for help and manual.  tests/unit/cli
 * reads each with the real table, so none is of a command line that is refused.
 */
#ifndef CLI_EXAMPLE_H
#define CLI_EXAMPLE_H

#include <stddef.h>

struct cli_example {
	const char *line; /* what is typed after "trialdeck ", for a shell */
	const char *what; /* one line, lower case, no full stop */
};

/* The i-th example of a command, or NULL when it has fewer.  Static storage. */
const struct cli_example *cli_example(const char *command, size_t i);

#endif
