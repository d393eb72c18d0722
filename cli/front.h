/* SPDX-License-Identifier: MIT */
/* The results of an experiment with several objectives that no other beats. */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "cli/command.h"
#include "cli/find.h"

/* Has the experiment several objectives? */
bool front_is_wanted(const struct experiment *experiment);
/* Print them, with the volume they dominate; the command's status. */
int front_show(struct cli *cli, struct found *found);

#endif
