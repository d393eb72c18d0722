/* SPDX-License-Identifier: MIT */
/*
 * How every view but the pictures feels, in numbers.
 *
 *     screen_views [--db PATH] [--trials N]
 *
 * Drives the real program in an 80x24 terminal over 100,000 trials of 20
 * parameters.  One JSON line a figure, with its target and whether it is met:
 *
 * new view      bytes from the key that opens it until it is at rest, with
 *               nothing else going on: 2,048.  A list that fills the screen
 *               with coloured columns has no target: its text alone is about
 *               1,600.
 * cursor move   bytes of j, most of 10: 400.  In the chart it draws another
 *               trial's curve, which has no target.
 * filter, sort  from each key of a filter that is typed, over all trials, to
 *               the last byte of its frame: 50 ms; the same of an order.  Bare
 *               words of more parameters than are kept in memory are looked
 *               for on the disk: the first frame has a part of what matches,
 *               and all of it some time later has no target
 * opens         from the key until its first frame, while another process
 *               writes 10,000 metrics a second: 100 ms
 * key to frame  from a key until the next output, then, 99th percentile: 16
 *               ms.  What the metrics change on the screen can be that output:
 *               about four of a hundred are too short by that, none too long.
 *
 * and the memory at the end: 80 MB.  Ends with 1 when a target is missed.
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
#define FRAME_QUIET_MS 60
#define WARM_MS 15000 /* reading all trials, for filters */
#define KEYS 120
#define METRICS_PER_S 10000

static const struct view {
	const char *name;
	const char *open,
		*close;	   /* from the panes, trials in front, and back */
	const char *title; /* the first line begins with it */
	const char *keys;  /* each changes something */
	int bytes;	   /* target of the new view; 0: none */
	int moves;	   /* of a cursor move */
} views[] = {
	{"trials", "z", "z", " 2 Trials", "jjkk", 0, 400},
	{"experiments", "1z", "z2", " 1 Experiments", NULL, 2048, 400},
	{"details", "\r", "q", " Trial", NULL, 2048, 400},
	{"log", "3z", "z2", " 3 Log", NULL, 2048, 400},
	{"chart", "4z", "zc2", " 4 Chart", NULL, 2048, 0},
	{"events", "E", "q", " Journal", NULL, 2048, 400},
	{"cluster", "C", "q", " Cluster", NULL, 2048, 400},
	{"tuner", "A", "q", " Tuner", NULL, 2048, 400},
	{"difference", " j d", "qU", " 2 trials", NULL, 2048, 400},
	{"columns", "=", "q", " Columns", "jjkk", 2048, 400},
	{"help", "?", "q", " Help", "jjkk", 2048, 400},
};

static bool has_missed;

static void report(const char *view, const char *what, double value,
		   const char *unit, double target)
{
	bool is_met = !(target > 0 && value > target);

	printf("{\"bench\":\"views\",\"view\":\"%s\",\"what\":\"%s\","
	       "\"value\":%.4g,\"unit\":\"%s\"",
	       view, what, value, unit);
	if (target > 0)
		printf(",\"target\":%g,\"pass\":%s", target,
		       is_met ? "true" : "false");
	printf("}\n");
	fflush(stdout);
	has_missed |= !is_met;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void give_up(struct screen *screen, const char *why)
{
	struct strbuf text = STRBUF_INIT;

	screen_text(screen, &text);
	fputs(text.data, stderr);
	errx(1, "%s", why);
}

static void must_be_idle(struct screen *screen, int quiet_ms)
{
	if (!screen_wait_idle(screen, quiet_ms, DEADLINE_MS) ||
	    screen_wait_exit(screen, NULL, 0))
		give_up(screen, "the program ended or does not come to rest");
}

static bool is_never(struct screen *screen, void *arg)
{
	(void)screen;
	(void)arg;
	return false;
}

static void pause_ms(struct screen *screen, int ms)
{
	screen_wait(screen, is_never, NULL, ms);
}

/* Until half a second costs less than a hundredth of a processor. */
static void wait_until_read(struct screen *screen)
{
	int64_t start = clock_mono_ns(), before, now;
	double ms;

	before = process_processor_ns(screen_pid(screen));
	for (;;) {
		pause_ms(screen, 500);
		now = process_processor_ns(screen_pid(screen));
		ms = (double)(clock_mono_ns() - start) / 1e6;
		if (now - before < 5 * NS_PER_MS || ms > WARM_MS)
			break;
		before = now;
	}
	report("all", "every trial is read for filters", ms, "ms", 0);
}

/* ---- at rest ----------------------------------------------------------------
 */

static double ms_between(int64_t from_ns, int64_t to_ns)
{
	return (double)(to_ns - from_ns) / 1e6;
}

static double bytes_of(struct screen *screen, const char *keys)
{
	size_t before = screen_bytes(screen);

	screen_type(screen, keys);
	must_be_idle(screen, 250);
	return (double)(screen_bytes(screen) - before);
}

static void bench_bytes(struct screen *screen, const struct view *view)
{
	double most = 0;

	report(view->name, "new view", bytes_of(screen, view->open), "bytes",
	       view->bytes);
	for (int i = 0; i < 10; i++)
		most = fmax(most, bytes_of(screen, "j"));
	report(view->name, "cursor move, most of 10", most, "bytes",
	       view->moves);
	bytes_of(screen, "g");
	bytes_of(screen, view->close);
}

static bool has_written(struct screen *screen, void *arg)
{
	return screen_bytes(screen) > *(size_t *)arg;
}

/* Type keys one by one and keep the time of the slowest first frame, and until
 * the slowest was all there. */
static double slowest_key(struct screen *screen, const char *keys,
			  double *ret_whole_ms)
{
	double first = 0;

	*ret_whole_ms = 0;
	for (; *keys; keys++) {
		char key[2] = {*keys, '\0'};
		size_t bytes = screen_bytes(screen);
		int64_t pressed_ns = clock_mono_ns();

		screen_type(screen, key);
		if (!screen_wait(screen, has_written, &bytes, DEADLINE_MS))
			give_up(screen, "a key was not answered");
		must_be_idle(screen, FRAME_QUIET_MS / 12);
		first = fmax(first, ms_between(pressed_ns,
					       screen_last_output_ns(screen)));
		must_be_idle(screen, FRAME_QUIET_MS);
		*ret_whole_ms = fmax(
			*ret_whole_ms,
			ms_between(pressed_ns, screen_last_output_ns(screen)));
	}
	return first;
}

static void bench_line(struct screen *screen, const char *what,
		       const char *line, double target)
{
	double whole_ms;

	screen_type(screen, line);
	must_be_idle(screen, QUIET_MS);
	slowest_key(screen, "\r", &whole_ms);
	report("trials", what, whole_ms, "ms", target);
}

static void bench_filter(struct screen *screen, const char *what,
			 const char *text, double target)
{
	char name[100];
	double whole_ms;

	screen_type(screen, "\x15"); /* take away what is there */
	must_be_idle(screen, QUIET_MS);
	snprintf(name, sizeof(name), "filter by %s, slowest frame", what);
	report("trials", name, slowest_key(screen, text, &whole_ms), "ms",
	       target);
	snprintf(name, sizeof(name), "filter by %s, slowest and whole", what);
	report("trials", name, whole_ms, "ms", 0);
}

static void bench_table(struct screen *screen)
{
	screen_type(screen, "z\\");
	must_be_idle(screen, QUIET_MS);
	bench_filter(screen, "parameters",
		     "lr<1e-3 and (optimizer:adam or dropout>0.3)", 50);
	bench_filter(screen, "a bare word", "rmsprop 0.00123", 50);
	bench_filter(screen, "state and reason",
		     "state:failed reason:status time>1m", 50);
	bench_filter(screen, "a metric the first time", "default.max>0", 0);
	must_be_idle(screen, QUIET_MS);
	bench_filter(screen, "a metric after that", "default.max>0.9", 50);
	screen_type(screen, "\x15\r");
	must_be_idle(screen, QUIET_MS);
	bench_line(screen, "sort by a parameter", ":sort lr", 50);
	bench_line(screen, "sort by two columns", ":sort optimizer,-final", 50);
	bench_line(screen, "search that finds nothing", "/no such word", 0);
	screen_type(screen, ":sort number\rz");
	must_be_idle(screen, QUIET_MS);
}

/* ---- while metrics come in --------------------------------------------------
 */

struct opening {
	const struct view *view;
	size_t bytes; /* before the key */
};

static bool is_open(struct screen *screen, void *arg)
{
	const struct opening *opening = arg;
	const struct view *view = opening->view;
	struct strbuf row = STRBUF_INIT;
	bool result;

	screen_row(screen, 0, &row);
	result = screen_bytes(screen) > opening->bytes &&
		 strncmp(row.data, view->title, strlen(view->title)) == 0;
	strbuf_release(&row);
	return result;
}

static void bench_keys(struct screen *screen, const struct view *view)
{
	/* a text that may be short: letters of a command line, each of which
	 * paints the view anew */
	const char *keys = view->keys ? view->keys : "x\x7f";
	double times[KEYS];

	if (!view->keys)
		screen_type(screen, ":y");
	pause_ms(screen, 300);
	for (size_t i = 0; i < KEYS; i++) {
		char key[2] = {keys[i % strlen(keys)], '\0'};
		size_t bytes = screen_bytes(screen);
		int64_t pressed_ns = clock_mono_ns();

		screen_type(screen, key);
		if (!screen_wait(screen, has_written, &bytes, DEADLINE_MS))
			give_up(screen, "a key was not answered");
		times[i] = (double)(clock_mono_ns() - pressed_ns) / 1e6;
		pause_ms(screen, 3 + (int)i * 7 % 23);
	}
	if (!view->keys)
		screen_type(screen, "\x15\x7f");
	pause_ms(screen, 100);
	qsort(times, KEYS, sizeof(times[0]), compare_doubles);
	report(view->name, "key to frame, median", times[KEYS / 2], "ms", 0);
	report(view->name, "key to frame, 99th percentile",
	       times[(int)ceil(KEYS * 0.99) - 1], "ms", 16);
}

static void bench_live(struct screen *screen, const struct view *view)
{
	struct opening opening = {view, screen_bytes(screen)};
	int64_t pressed_ns = clock_mono_ns();

	screen_type(screen, view->open);
	if (!screen_wait(screen, is_open, &opening, DEADLINE_MS))
		give_up(screen, "a view did not open");
	report(view->name, "opens",
	       (double)(clock_mono_ns() - pressed_ns) / 1e6, "ms", 100);
	bench_keys(screen, view);
	screen_type(screen, "g");
	screen_type(screen, view->close);
	pause_ms(screen, 300);
}

static void run(const char *program, const char *folder, const char *db)
{
	const char *const argv[] = {program, "--db", db, NULL};
	const struct screen_options options = {.argv = argv, .folder = folder};
	struct screen *screen = screen_open(&options);
	struct screen_writer writer = {0};
	double per_s = 0;
	size_t i;

	must_be_idle(screen, QUIET_MS);
	wait_until_read(screen);
	for (i = 0; i < COUNT_OF(views); i++)
		bench_bytes(screen, &views[i]);
	bench_table(screen);
	screen_writer_start(&writer, db, METRICS_PER_S);
	pause_ms(screen, 1000);
	for (i = 0; i < COUNT_OF(views); i++)
		bench_live(screen, &views[i]);
	if (!screen_writer_stop(&writer, &per_s))
		errx(1, "the writer failed");
	report("all", "metrics written meanwhile", per_s, "1/s", 0);
	report("all", "memory", process_memory_mb(screen_pid(screen), "VmHWM:"),
	       "MB", 80);
	screen_close(screen);
}

static void make_database(const char *fixture, const char *db,
			  const char *trials)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl(fixture, "fixture", "--live", "--trials", trials,
		      "--metrics", "20", "--parameters", "20", db, NULL);
		err(127, "%s", fixture);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "fixture failed");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"db", required_argument, NULL, 'd'},
		{"trials", required_argument, NULL, 't'},
		{0},
	};
	char folder[] = "/tmp/trialdeck-bench-XXXXXX", self[PATH_MAX] = "";
	char *db = NULL, *tests, *fixture, *program;
	const char *trials = "100000";
	struct error error;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			db = realpath(optarg, NULL);
		else if (c == 't')
			trials = optarg;
		else
			return 2;
		if (c == 'd' && !db)
			err(1, "%s", optarg);
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    !mkdtemp(folder))
		err(1, "set-up");
	tests = dirname(self);
	fixture = xasprintf("%s/fixture", tests);
	program =
		xasprintf("%.*s/trialdeck",
			  (int)(strlen(tests) - strlen("/tests/bench")), tests);
	if (!db) {
		db = fs_join(folder, "bench.db");
		make_database(fixture, db, trials);
	}
	run(program, folder, db);
	fs_remove_tree(folder, &error);
	free(db);
	free(fixture);
	free(program);
	return has_missed;
}
