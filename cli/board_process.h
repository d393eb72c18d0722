/* SPDX-License-Identifier: MIT */
/*
 * TensorBoard as a process of this machine, detached; what it was started with
 * is kept in the experiment's folder, so that it can be found and ended later.
 */
#ifndef CLI_BOARD_PROCESS_H
#define CLI_BOARD_PROCESS_H

#include "base/error.h"

#include <stdbool.h>

/* Is it running for the experiment whose folder this is?  At which port. */
bool board_process_find(const char *folder, int *ret_port);
/* Start it over name:path,... and wait until it listens.  port 0: any free one.
 * What it prints goes to tensorboard.log in the folder; errors quote its last
 * line. */
bool board_process_start(const char *folder, const char *spec, int port,
			 int *ret_port, struct error *err);
/* End it; *ret_was_there. */
bool board_process_stop(const char *folder, bool *ret_was_there,
			struct error *err);

#endif
