/* SPDX-License-Identifier: MIT */
/*
 * How the console feels, in numbers.
 *
 *     screen [--db PATH] [--trials N] [--metrics M] [--runs N] [--keep]
 *            [--keys-only]
 *
 * Drives the real program in an 80x24 terminal over a database made by
 * `fixture` (100,000 trials of 20 metrics, eight of them running), and prints
 * one JSON line a figure: what was measured, its target, whether it is met.
 *
 * first frame   from exec until 95 % of what the screen shows at rest is there
 * one j         bytes to move down one row of a list that fills the screen;
 *               beside it the same with the log pane following the selection
 * key to frame  from the key until the selection has moved on the screen,
 *               while another process writes 10,000 metrics a second
 * idle          bytes and processor time over 5 s in which nothing changes,
 *               once every trial has been read for filters
 *
 * --keys-only measures nothing but key to frame, over a database that somebody
 * else is writing.  Ends with 1 when a target is missed.
 */
#include "tests/bench/process_use.h"
#include "tests/bench/screen_writer.h"
#include "tests/support/pty_screen.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <err.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 20000
#define QUIET_MS 400
#define KEYS 400
#define IDLE_MS 5000
#define WARM_MS 5000
#define LIVE_SETTLE_MS 1500
#define METRICS_PER_S 10000

struct bench {
	char folder[64];
	char tests[PATH_MAX]; /* where this program lies */
	char program[PATH_MAX];
	char *db;
	const char *trials, *metrics;
	int runs;
	bool must_keep, has_missed;
	bool has_writer; /* --keys-only: somebody else writes */
};

static void report(struct bench *bench, const char *name, double value,
		   const char *unit, double target)
{
	bool is_met = !(value > target);

	printf("{\"bench\":\"screen\",\"what\":\"%s\",\"value\":%.4g,"
	       "\"unit\":\"%s\",\"target\":%g,\"pass\":%s}\n",
	       name, value, unit, target, is_met ? "true" : "false");
	fflush(stdout);
	if (!is_met)
		bench->has_missed = true;
}

static void note(const char *name, double value, const char *unit)
{
	printf("{\"bench\":\"screen\",\"what\":\"%s\",\"value\":%.4g,"
	       "\"unit\":\"%s\"}\n",
	       name, value, unit);
	fflush(stdout);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that `part` of them do not exceed; sorts. */
static double quantile(double *values, size_t count, double part)
{
	size_t i = (size_t)ceil(part * (double)count);

	qsort(values, count, sizeof(*values), compare_doubles);
	return values[i ? i - 1 : 0];
}

/* ---- the program ----------------------------------------------------------
 */

static void make_database(struct bench *bench)
{
	char fixture[PATH_MAX + 16];
	pid_t pid;
	int status;

	snprintf(fixture, sizeof(fixture), "%s/fixture", bench->tests);
	pid = fork();
	if (pid == 0) {
		execl(fixture, "fixture", "--live", "--trials", bench->trials,
		      "--metrics", bench->metrics, bench->db, NULL);
		err(127, "%s", fixture);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "fixture failed");
}

/* A hint stands there in the first run alone. */
static void leave_hints_out(const struct bench *bench)
{
	static const char settings[] = "set hints off\n";
	char *folder = fs_join(bench->folder, ".config/trialdeck");
	char *path = fs_join(folder, "config");
	struct error error;

	if (!fs_make_folders(folder, &error) ||
	    !fs_write_file(path, settings, sizeof(settings) - 1, &error))
		errx(1, "%s", error.text);
	free(path);
	free(folder);
}

static struct screen *open_console(const struct bench *bench)
{
	const char *const argv[] = {bench->program, "--db", bench->db, NULL};
	const struct screen_options options = {.argv = argv,
					       .folder = bench->folder};

	return screen_open(&options);
}

static void give_up(struct screen *screen, const char *why)
{
	struct strbuf text = STRBUF_INIT;

	screen_text(screen, &text);
	fputs(text.data, stderr);
	errx(1, "%s", why);
}

static void must_be_idle(struct screen *screen)
{
	if (!screen_wait_idle(screen, QUIET_MS, DEADLINE_MS) ||
	    screen_wait_exit(screen, NULL, 0))
		give_up(screen, "the program ended or does not come to rest");
}

/* ---- first frame ----------------------------------------------------------
 */

/* Every cell that is not blank at rest, and how many of them must be there
 * for a frame to count as complete: what is looked up for the selected row
 * alone (its log) may follow a moment later. */
#define COMPLETE 0.95

struct rest {
	struct strbuf text; /* rows of the screen, joined by newlines */
	double wanted;
};

/* Which part of what is there at rest is there now? */
static double part_shown(struct screen *screen, const char *at_rest)
{
	struct strbuf now = STRBUF_INIT;
	size_t all = 0, same = 0;
	const char *a = at_rest, *b;

	screen_text(screen, &now);
	b = now.data;
	while (*a && *b) {
		size_t a_len = strcspn(a, "\n"), b_len = strcspn(b, "\n");

		for (size_t i = 0; i < a_len; i++) {
			all += a[i] != ' ';
			same += a[i] != ' ' && i < b_len && a[i] == b[i];
		}
		a += a_len + (a[a_len] == '\n');
		b += b_len + (b[b_len] == '\n');
	}
	strbuf_release(&now);
	return all ? (double)same / (double)all : 0;
}

static bool shows_enough(struct screen *screen, void *arg)
{
	const struct rest *rest = arg;

	return part_shown(screen, rest->text.data) >= rest->wanted;
}

/* Milliseconds from exec to the first complete frame and to rest; processor
 * time up to the first, which a busy machine does not stretch. */
static void time_first_frame(const struct bench *bench, struct rest *rest,
			     double *ret_first_ms, double *ret_rest_ms,
			     double *ret_processor_ms)
{
	int64_t start = clock_mono_ns();
	struct screen *screen = open_console(bench);

	rest->wanted = COMPLETE;
	if (!screen_wait(screen, shows_enough, rest, DEADLINE_MS))
		errx(1, "two runs do not show the same screen");
	*ret_first_ms = (double)(screen_last_output_ns(screen) - start) / 1e6;
	*ret_processor_ms =
		(double)process_processor_ns(screen_pid(screen)) / 1e6;
	must_be_idle(screen);
	*ret_rest_ms = (double)(screen_last_output_ns(screen) - start) / 1e6;
	screen_close(screen);
}

static void bench_first_frame(struct bench *bench)
{
	struct screen *screen = open_console(bench);
	struct rest rest = {.text = STRBUF_INIT};
	size_t runs = (size_t)bench->runs;
	double *first = xcalloc(runs, sizeof(*first));
	double *settled = xcalloc(runs, sizeof(*settled));
	double *processor = xcalloc(runs, sizeof(*processor));

	must_be_idle(screen);
	screen_text(screen, &rest.text);
	screen_close(screen);
	for (size_t i = 0; i < runs; i++)
		time_first_frame(bench, &rest, &first[i], &settled[i],
				 &processor[i]);
	report(bench, "first frame, median", quantile(first, runs, 0.5), "ms",
	       60);
	note("first frame, worst", first[runs - 1], "ms");
	note("first frame, processor time", quantile(processor, runs, 0.5),
	     "ms");
	note("at rest, median", quantile(settled, runs, 0.5), "ms");
	strbuf_release(&rest.text);
	free(first);
	free(settled);
	free(processor);
}

/* ---- idle, memory, bytes ---------------------------------------------------
 */

static bool is_never(struct screen *screen, void *arg)
{
	(void)screen;
	(void)arg;
	return false;
}

static double most_bytes_of_j(struct screen *screen)
{
	double most = 0;

	for (int i = 0; i < 40; i++) {
		size_t bytes = screen_bytes(screen);

		screen_type(screen, "j");
		if (!screen_wait_idle(screen, 250, DEADLINE_MS))
			errx(1, "one key does not come to rest");
		bytes = screen_bytes(screen) - bytes;
		if (!bytes)
			errx(1, "a key changed nothing");
		most = fmax(most, (double)bytes);
	}
	return most;
}

static void bench_rest(struct bench *bench)
{
	struct screen *screen = open_console(bench);
	size_t bytes;
	int64_t cpu_ns, start;

	must_be_idle(screen);
	screen_wait(screen, is_never, NULL, WARM_MS);
	bytes = screen_bytes(screen);
	cpu_ns = process_processor_ns(screen_pid(screen));
	start = clock_mono_ns();
	screen_wait(screen, is_never, NULL, IDLE_MS);
	cpu_ns = process_processor_ns(screen_pid(screen)) - cpu_ns;
	report(bench, "bytes when idle for 5 s",
	       (double)(screen_bytes(screen) - bytes), "bytes", 0);
	report(bench, "processor when idle",
	       100.0 * (double)cpu_ns / (double)(clock_mono_ns() - start),
	       "percent", 0.5);
	note("bytes for one j, panes and log", most_bytes_of_j(screen),
	     "bytes");
	screen_type(screen, "gz");
	must_be_idle(screen);
	report(bench, "bytes for one j, full list, most of 40",
	       most_bytes_of_j(screen), "bytes", 400);
	report(bench, "memory at rest",
	       process_memory_mb(screen_pid(screen), "VmRSS:"), "MB", 60);
	screen_close(screen);
}

/* ---- key to frame ----------------------------------------------------------
 */

/* Where the selection is to be seen: a column, and the colours there. */
struct selection {
	int col;
	struct screen_cell look;
};

static bool is_same_look(const struct screen_cell *a,
			 const struct screen_cell *b)
{
	return a->is_reversed == b->is_reversed && a->is_bold == b->is_bold &&
	       !memcmp(&a->background, &b->background, sizeof(a->background));
}

/* The only row whose cell at this column looks so, or -1. */
static int selected_row(struct screen *screen,
			const struct selection *selection)
{
	int found = -1;

	for (int row = 0; row < screen_rows(screen); row++) {
		struct screen_cell cell;

		screen_cell(screen, row, selection->col, &cell);
		if (!is_same_look(&cell, &selection->look))
			continue;
		if (found >= 0)
			return -1;
		found = row;
	}
	return found;
}

/* What is selected: its row and the beginning of its text. */
static void read_selection(struct screen *screen,
			   const struct selection *selection,
			   struct strbuf *out)
{
	int row = selected_row(screen, selection);

	strbuf_clear(out);
	strbuf_addf(out, "%d ", row);
	if (row >= 0)
		screen_row(screen, row, out);
	if (out->len > 20)
		strbuf_truncate(out, 20);
}

/* At rest; a database that others write never is: a while will do, and its
 * oldest trials, which change no more. */
static void settle(const struct bench *bench, struct screen *screen,
		   const char *keys)
{
	screen_type(screen, keys);
	if (bench->has_writer)
		screen_wait(screen, is_never, NULL, LIVE_SETTLE_MS);
	else
		must_be_idle(screen);
}

/* Learn the look of the selection by moving it down one row. */
static bool find_selection(const struct bench *bench, struct screen *screen,
			   struct selection *ret)
{
	int cols = screen_cols(screen), rows = screen_rows(screen);
	struct screen_cell *before =
		xcalloc((size_t)(cols * rows), sizeof(*before));
	bool is_found = false;

	for (int i = 0; i < cols * rows; i++)
		screen_cell(screen, i / cols, i % cols, &before[i]);
	settle(bench, screen, "j");
	for (int col = 0; col < cols && !is_found; col++) {
		for (int row = 0; row + 1 < rows && !is_found; row++) {
			*ret = (struct selection){col,
						  before[row * cols + col]};
			is_found =
				selected_row(screen, ret) == row + 1 &&
				!is_same_look(&before[(row + 1) * cols + col],
					      &ret->look);
		}
	}
	free(before);
	return is_found;
}

struct awaited {
	const struct selection *selection;
	const char *before;
};

static bool has_moved(struct screen *screen, void *arg)
{
	const struct awaited *awaited = arg;
	struct strbuf now = STRBUF_INIT;
	bool result;

	read_selection(screen, awaited->selection, &now);
	result = now.data[0] != '-' && strcmp(now.data, awaited->before) != 0;
	strbuf_release(&now);
	return result;
}

/* Press keys at a typist's uneven pace and time each until it is answered. */
static void bench_keys(struct bench *bench)
{
	static const char keys[] = "jjjjjjjj\x04jjkkjj\x04jjj\x15kkjj";
	struct screen *screen = open_console(bench);
	struct screen_writer writer = {0};
	struct selection selection;
	struct strbuf before = STRBUF_INIT;
	double times[KEYS], per_s = 0;
	size_t bytes;
	int64_t start;

	settle(bench, screen, "");
	if (bench->has_writer) /* zoomed, the oldest first, at the top */
		settle(bench, screen, "zSg");
	if (!find_selection(bench, screen, &selection))
		give_up(screen, "no selection is to be seen");
	if (!bench->has_writer)
		screen_writer_start(&writer, bench->db, METRICS_PER_S);
	screen_wait(screen, is_never, NULL, 500);
	bytes = screen_bytes(screen);
	start = clock_mono_ns();
	for (int i = 0; i < KEYS; i++) {
		char key[2] = {keys[(size_t)i % (sizeof(keys) - 1)], '\0'};
		struct awaited awaited = {&selection, NULL};
		int64_t pressed_ns;

		read_selection(screen, &selection, &before);
		awaited.before = before.data;
		pressed_ns = clock_mono_ns();
		screen_type(screen, key);
		if (!screen_wait(screen, has_moved, &awaited, DEADLINE_MS))
			errx(1, "key %d was not answered", i);
		times[i] = (double)(clock_mono_ns() - pressed_ns) / 1e6;
		screen_wait(screen, is_never, NULL, 3 + i * 7 % 23);
	}
	note("bytes per second while keys and metrics come in",
	     (double)(screen_bytes(screen) - bytes) * 1e9 /
		     (double)(clock_mono_ns() - start),
	     "bytes/s");
	if (!bench->has_writer && !screen_writer_stop(&writer, &per_s))
		errx(1, "the writer failed");
	if (!bench->has_writer)
		note("metrics written meanwhile", per_s, "1/s");
	report(bench, "key to frame, median", quantile(times, KEYS, 0.5), "ms",
	       16);
	report(bench, "key to frame, 99th percentile",
	       quantile(times, KEYS, 0.99), "ms", 16);
	note("key to frame, worst", times[KEYS - 1], "ms");
	report(bench, "memory after that",
	       process_memory_mb(screen_pid(screen), "VmHWM:"), "MB", 60);
	strbuf_release(&before);
	screen_close(screen);
}

/* ---- all of it -------------------------------------------------------------
 */

static void parse(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"db", required_argument, NULL, 'd'},
		{"trials", required_argument, NULL, 't'},
		{"metrics", required_argument, NULL, 'm'},
		{"runs", required_argument, NULL, 'r'},
		{"keep", no_argument, NULL, 'k'},
		{"keys-only", no_argument, NULL, 'o'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			bench->db = realpath(optarg, NULL);
		else if (c == 't')
			bench->trials = optarg;
		else if (c == 'm')
			bench->metrics = optarg;
		else if (c == 'r')
			bench->runs = atoi(optarg);
		else if (c == 'k')
			bench->must_keep = true;
		else if (c == 'o')
			bench->has_writer = true;
		else
			exit(2);
		if (c == 'd' && !bench->db)
			err(1, "%s", optarg);
	}
}

int main(int argc, char **argv)
{
	struct bench bench = {.folder = "/tmp/trialdeck-bench-XXXXXX",
			      .trials = "100000",
			      .metrics = "20",
			      .runs = 9};
	char self[PATH_MAX] = "";
	struct error error;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    !mkdtemp(bench.folder))
		err(1, "set-up");
	leave_hints_out(&bench);
	snprintf(bench.tests, sizeof(bench.tests), "%s", dirname(self));
	snprintf(bench.program, sizeof(bench.program), "%.*s/trialdeck",
		 (int)(strlen(bench.tests) - strlen("/tests/bench")),
		 bench.tests);
	parse(&bench, argc, argv);
	if (bench.runs < 1)
		bench.runs = 1;
	if (!bench.db) {
		bench.db = fs_join(bench.folder, "bench.db");
		make_database(&bench);
	}
	if (!bench.has_writer) {
		bench_first_frame(&bench);
		bench_rest(&bench);
	}
	bench_keys(&bench);
	if (bench.must_keep)
		fprintf(stderr, "kept in %s\n", bench.folder);
	else
		fs_remove_tree(bench.folder, &error);
	free(bench.db);
	return bench.has_missed;
}
