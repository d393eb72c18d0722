/* SPDX-License-Identifier: MIT */
/* What the keeper makes of its own process, before anything else. */
#ifndef KEEPER_SELF_H
#define KEEPER_SELF_H

#include <stdbool.h>

/* Leave the session of whoever started us, adopt what the command leaves
 * behind, and close what came open: only descriptors 1 and 2 stay. */
void self_detach(void);
/* A descriptor that tells of SIGCHLD and of being asked to end: by SIGTERM,
 * and in a pod by SIGINT and SIGQUIT too, since images choose their signal.
 * What else could disturb us is ignored.  -1 with errno. */
int self_open_signals(bool is_pod);
/* The pod this keeper is in.  NULL: none, or what no pod is called. */
const char *self_pod_name(void);

#endif
