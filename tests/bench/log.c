/* SPDX-License-Identifier: MIT */
/*
 * A large log in numbers.
 *
 *     log [MEGABYTES]          300 when not said
 *
 * Writes a log of that size (no line like another, a rare word in it), and
 * prints one JSON line a figure: what was measured, its target, whether it is
 * met.  Ends with 1 when a target is missed.
 *
 * open     until its end can be drawn
 * step     a key that moves, with the rows it leads to: the slowest of 100
 * slice    the longest that work (searching, filtering, counting) kept the
 *          screen from a key
 * search   from the beginning for a word that stands at the end alone
 * count    all lines that match a regular expression, until they are counted
 * filter   until exactly those lines are shown
 * memory   of this process, at its highest
 */
#include "tests/bench/process_use.h"
#include "tui/log_text.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS 22
#define COLS 80

static bool has_missed;
static int64_t longest_ns;

static void report(const char *name, double value, const char *unit,
		   double target)
{
	bool is_met = value <= target;

	has_missed |= !is_met;
	printf("{\"figure\":\"log: %s\",\"value\":%.4g,\"unit\":\"%s\","
	       "\"target\":%g,\"met\":%s}\n",
	       name, value, unit, target, is_met ? "true" : "false");
	fflush(stdout);
}

static void write_log(const char *path, int64_t size)
{
	struct strbuf text = STRBUF_INIT;
	FILE *file = fopen(path, "w");
	int64_t written = 0;

	if (!file)
		err(1, "%s", path);
	for (long i = 0; written < size; i++) {
		strbuf_clear(&text);
		strbuf_addf(&text,
			    "step %ld: loss %.6f, accuracy %.4f, %ld images a "
			    "second%s\n",
			    i, 1.0 / (double)(i + 1), (double)(i % 977) / 977,
			    2000 + i % 131, i % 1000 ? "" : ", saved");
		fwrite(text.data, 1, text.len, file);
		written += (int64_t)text.len;
	}
	fputs("the needle\n", file);
	if (fclose(file))
		err(1, "%s", path);
	strbuf_release(&text);
}

static void draw(struct log_text *log)
{
	for (int i = 0; i < log_text_row_count(log); i++)
		log_text_row(log, i);
}

static double work(struct log_text *log)
{
	int64_t began_ns = clock_mono_ns();
	bool has_more = true;

	while (has_more) {
		int64_t at_ns = clock_mono_ns(), took_ns;

		has_more = log_text_update(log) == LOG_TEXT_MORE;
		took_ns = clock_mono_ns() - at_ns;
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
	}
	return (double)(clock_mono_ns() - began_ns) / 1e9;
}

static double slowest_step_ms(struct log_text *log)
{
	int64_t slowest_ns = 0;

	for (int i = 0; i < 100; i++) {
		int64_t at_ns = clock_mono_ns(), took_ns;

		log_text_scroll(log, i % 3 ? -ROWS : 1);
		draw(log);
		took_ns = clock_mono_ns() - at_ns;
		slowest_ns = took_ns > slowest_ns ? took_ns : slowest_ns;
	}
	return (double)slowest_ns / 1e6;
}

static void must(bool ok, const struct error *error)
{
	if (!ok)
		errx(1, "%s", error->text);
}

static void measure(const char *path)
{
	struct log_text *log = log_text_new(path, false);
	int64_t at_ns = clock_mono_ns();
	struct error error = {0};
	struct log_counts counts;
	double seconds;

	log_text_set_size(log, ROWS, COLS);
	log_text_update(log);
	draw(log);
	report("open", (double)(clock_mono_ns() - at_ns) / 1e6, "ms", 100);
	report("step", slowest_step_ms(log), "ms", 16);
	log_text_top(log);
	must(log_text_set_pattern(log, "the needle$", true, &error), &error);
	log_text_search(log, false);
	report("search", work(log), "s", 10);
	must(log_text_set_pattern(log, "\\d+ images .*, saved$", true, &error),
	     &error);
	seconds = work(log);
	counts = log_text_counts(log);
	report("count", seconds, "s", 10);
	must(log_text_set_filter(log, "step \\d+00: ", true, false, 0, &error),
	     &error);
	report("filter and count", work(log), "s", 20);
	report("step, filtered", slowest_step_ms(log), "ms", 16);
	report("slice", (double)longest_ns / 1e6, "ms", 16);
	report("memory", process_memory_mb(getpid(), "VmHWM:"), "MB", 80);
	if (counts.total < 100)
		errx(1, "%lld matches", (long long)counts.total);
	log_text_free(log);
}

int main(int argc, char **argv)
{
	long megabytes = argc > 1 ? strtol(argv[1], NULL, 10) : 300;
	char path[] = "/tmp/trialdeck-bench-log-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	write_log(path, megabytes * 1000000);
	measure(path);
	unlink(path);
	return has_missed;
}
