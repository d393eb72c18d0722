/* SPDX-License-Identifier: MIT */
/* What a running process takes. */
#ifndef TESTS_BENCH_PROCESS_USE_H
#define TESTS_BENCH_PROCESS_USE_H

#include <stdint.h>
#include <sys/types.h>

/* Processor time of all its threads so far. */
int64_t process_processor_ns(pid_t pid);
/* A line of /proc/PID/status, such as "VmRSS:" or "VmHWM:". */
double process_memory_mb(pid_t pid, const char *field);

#endif
