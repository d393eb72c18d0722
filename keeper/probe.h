/* SPDX-License-Identifier: MIT */
/*
 * Which of these addresses can a pod reach?  Each is asked for /v1/health, at
 * most PROBE_MS long; the first that answers 200 is written down as
 *     {"url": "http://10.0.0.5:8081"}
 * and when none does, all of them with what went wrong:
 *     {"failed": [{"url": "...", "why": "connect: Connection refused"}]}
 * The file is a container's termination message: at most 4096 bytes.
 */
#ifndef KEEPER_PROBE_H
#define KEEPER_PROBE_H

#include "keeper/target.h"

#define PROBE_MS 3000
#define PROBE_RESULT_MAX 4096

/* urls: separated by commas.  target says what certificate to trust.  The
 * status to exit with: 0, or 1 when none answered. */
int probe_run(const char *urls, const struct target *target,
	      const char *result);

#endif
