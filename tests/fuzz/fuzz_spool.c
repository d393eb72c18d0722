/* SPDX-License-Identifier: MIT */
/*
 * A spool as the engine reads it after a trial's end: the trial may have
 * written anything into it.  Lines are taken in pieces and parsed one by one.
 */
#include "engine/platform/local_spool.h"
#include "model/metric.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const char *json, size_t len, void *arg)
{
	struct metrics *metrics = arg;
	struct error err;

	if (len > LOCAL_SPOOL_LINE_MAX || memchr(json, '\n', len))
		abort();
	metrics_parse_body(metrics, json, len, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct local_spool spool = {.fd = -1, .rest = STRBUF_INIT};
	struct metrics metrics = {0};
	size_t step = size ? data[0] + 1u : 1;

	for (size_t at = 0; at < size; at += step)
		local_spool_feed(&spool, (const char *)data + at,
				 size - at < step ? size - at : step, take,
				 &metrics);
	strbuf_release(&spool.rest);
	metrics_release(&metrics);
	return 0;
}
