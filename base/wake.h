/* SPDX-License-Identifier: MIT */
/* One thread wakes another that waits in poll(): an eventfd with manners. */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include "base/error.h"

/* Returns a non-blocking, close-on-exec descriptor, or -1 with err set. */
int wake_open(struct error *err);
void wake_signal(int fd); /* never blocks; signals collapse into one */
void wake_drain(int fd);  /* makes the descriptor unreadable again */

#endif
