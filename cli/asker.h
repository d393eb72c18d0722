/* SPDX-License-Identifier: MIT */
/* Who is at the command line, as journals keep it. */
#ifndef CLI_ASKER_H
#define CLI_ASKER_H

/* "ann@host pid 123 (command line)"; caller frees. */
char *cli_asker(void);

#endif
