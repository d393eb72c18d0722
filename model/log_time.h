/* SPDX-License-Identifier: MIT */
/*
 * When the lines of a log were written.  Beside a log "stdout" lies
 * "stdout.times": records of 16 bytes, an offset into the log and the wall time
 * at which what stands there came, both 64 bits, least significant byte first.
 * Offsets ascend.  Whoever writes the log writes one when enough time has gone
 * by since the last (less often the more there are: some megabytes a log at
 * most), so a line's time is that of the last record at or before it.  A log
 * without the file has no times.  Pure.
 */
#ifndef MODEL_LOG_TIME_H
#define MODEL_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_TIME_BYTES 16
#define LOG_TIME_SUFFIX ".times"

struct log_time {
	int64_t offset; /* bytes */
	int64_t at_ns;	/* wall time */
};

void log_time_encode(const struct log_time *time,
		     unsigned char out[LOG_TIME_BYTES]);
/* What is no offset or no time comes back as 0. */
struct log_time log_time_decode(const unsigned char in[LOG_TIME_BYTES]);
/* Should another record be written, at this time, after `count` of them? */
bool log_time_is_due(int64_t count, int64_t last_ns, int64_t now_ns);

#endif
