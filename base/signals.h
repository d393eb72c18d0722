/* SPDX-License-Identifier: MIT */
/* Names of signals, for people who read why a process ended. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* "SIGKILL"; NULL for a number that has no usual name.  Static, any thread. */
const char *signal_name(int number);

#endif
