/* SPDX-License-Identifier: MIT */
/* The results of an experiment with several objectives, or with constraints,
 * that no other beats. */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "cli/command.h"
#include "cli/find.h"

/* Has the experiment several objectives, or constraints? */
bool front_is_wanted(const struct experiment *experiment);
/* Print them, with the volume they dominate; the command's status. */
int front_show(struct cli *cli, struct found *found);

#endif
