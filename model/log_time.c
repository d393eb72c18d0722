/* SPDX-License-Identifier: MIT */
/* Records of a log's times. */
#include "model/log_time.h"

#define MS 1000000LL
/* After so many records (a day that never pauses has 80,000 of the second
 * kind) so much time lies between them. */
#define FINE_COUNT 32768
#define FINE_NS (200 * MS)
#define COARSE_COUNT 131072
#define COARSE_NS (1000 * MS)
#define COARSEST_NS (60000 * MS)
#define COUNT_MAX 262144

static void put(unsigned char *out, int64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)((uint64_t)value >> (8 * i));
}

static int64_t get(const unsigned char *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)in[i] << (8 * i);
	return value > INT64_MAX ? 0 : (int64_t)value;
}

void log_time_encode(const struct log_time *time,
		     unsigned char out[LOG_TIME_BYTES])
{
	put(out, time->offset);
	put(out + 8, time->at_ns);
}

struct log_time log_time_decode(const unsigned char in[LOG_TIME_BYTES])
{
	return (struct log_time){.offset = get(in), .at_ns = get(in + 8)};
}

bool log_time_is_due(int64_t count, int64_t last_ns, int64_t now_ns)
{
	int64_t step = count < FINE_COUNT     ? FINE_NS
		       : count < COARSE_COUNT ? COARSE_NS
					      : COARSEST_NS;

	/* a clock that was set back counts as well */
	return count == 0 || (count < COUNT_MAX && (now_ns - last_ns >= step ||
						    last_ns - now_ns >= step));
}
