/* SPDX-License-Identifier: MIT */
/*
 * A trial's output as the keeper sees it: recognising metrics, and writing
 * spool lines.  What is written must be whole lines, each an object.
 */
#include "keeper/json.h"
#include "keeper/output.h"
#include "keeper/report.h"
#include "model/metric_line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct reporter reporter;
	struct buffer out;
};

static void on_line(const char *line, size_t len, void *arg)
{
	struct bench *bench = arg;
	char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (metric_line_unescape(line, len, copy) > len)
		abort();
	free(copy);
	report_line(&bench->reporter, line, len, 1, &bench->out);
	report_nni(line, len, 1, &bench->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench = {.out = {.max = 1 << 20}};
	struct splitter splitter = {.fn = on_line, .arg = &bench};
	const char *at, *end;

	reporter_init(&bench.reporter, NULL);
	splitter_feed(&splitter, (const char *)data, size / 2);
	splitter_feed(&splitter, (const char *)data + size / 2,
		      size - size / 2);
	splitter_end(&splitter);
	at = bench.out.data;
	end = at ? at + bench.out.len : at;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop || *at != '{' ||
		    !json_is_value(at, (size_t)(stop - at)))
			abort();
		at = stop + 1;
	}
	reporter_release(&bench.reporter);
	buffer_release(&bench.out);
	return 0;
}
