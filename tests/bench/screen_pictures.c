/* SPDX-License-Identifier: MIT */
/*
 * How the pictures feel, in numbers.
 *
 *     screen_pictures [--db PATH] [--trials N] [--size COLSxROWS]
 *
 * Drives the real program over 100,000 trials of 20 parameters and two
 * objectives while another process writes 10,000 metrics a second.  Of each
 * picture, one JSON line a figure:
 *
 * opens         from the key until its first frame is there: 100 ms
 * is whole      ... until nothing is being read for it any more
 * key to frame  from a cursor key until the line below the picture tells of
 *               another place, at the 99th percentile: 16 ms
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
#define KEYS 150
#define METRICS_PER_S 10000

static const struct {
	const char *title;
	const char *name;
	const char *first; /* brings the cursor */
	const char *keys;  /* there and back, after that */
	bool must_be_whole;
	const char *whole; /* what its title says then */
} pictures[] = {
	{" Curves", "curves", "h", "hl", true, NULL},
	{" Final results", "finals", "h", "hl", true, NULL},
	{" Parameters", "parallel", "h", "lh", true, NULL},
	/* every trial's second objective is read: no target */
	{" Pareto front", "front", "h", "hl", false, NULL},
	{" Durations", "durations", "h", "hl", true, NULL},
	{" Timeline", "timeline", "h", "hl", true, NULL},
	/* every trial's parameters are read; until then it is told of how many
	 * the picture is: no target */
	{" Importance", "importance", "j", "jk", false, "best "},
	{" Slice", "slice", "h", "hl", false, " shown"},
	{" Contour", "contour", "h", "hl", false, " trials"},
	/* a tuner learns all results: no target */
	{" The tuner's belief", "belief", "h", "hl", false, " results"},
};

static bool has_missed;

static void report(const char *picture, const char *what, double value,
		   const char *unit, double target)
{
	bool is_met = !(value > target);

	printf("{\"bench\":\"pictures\",\"picture\":\"%s\",\"what\":\"%s\","
	       "\"value\":%.4g,\"unit\":\"%s\",\"target\":%g,\"pass\":%s}\n",
	       picture, what, value, unit, target, is_met ? "true" : "false");
	fflush(stdout);
	has_missed |= !is_met;
}

static void note(const char *picture, const char *what, double value,
		 const char *unit)
{
	printf("{\"bench\":\"pictures\",\"picture\":\"%s\",\"what\":\"%s\","
	       "\"value\":%.4g,\"unit\":\"%s\"}\n",
	       picture, what, value, unit);
	fflush(stdout);
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

static void make_database(const char *fixture, const char *db,
			  const char *trials)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl(fixture, "fixture", "--live", "--trials", trials,
		      "--metrics", "20", "--parameters", "20",
		      "--two-objectives", "--history", db, NULL);
		err(127, "%s", fixture);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "fixture failed");
}

static bool is_never(struct screen *screen, void *arg)
{
	(void)screen;
	(void)arg;
	return false;
}

/* The first line begins with the title, and says nothing of reading. */
static bool has_title(struct screen *screen, const char *title, bool is_whole)
{
	struct strbuf row = STRBUF_INIT, text = STRBUF_INIT;
	bool result;

	screen_row(screen, 0, &row);
	screen_text(screen, &text);
	/* a sentence instead of a picture is none */
	result = strncmp(row.data, title, strlen(title)) == 0 &&
		 !strstr(text.data, "Reading the trials") &&
		 !(is_whole &&
		   (strstr(row.data, "reading") || strstr(row.data, " read ") ||
		    strstr(row.data, "learning") ||
		    strstr(text.data, "Telling the") ||
		    strstr(text.data, "Reading")));
	strbuf_release(&row);
	strbuf_release(&text);
	return result;
}

static bool is_open(struct screen *screen, void *arg)
{
	return has_title(screen, arg, false);
}

static bool is_whole(struct screen *screen, void *arg)
{
	struct strbuf row = STRBUF_INIT;
	bool result = has_title(screen, arg, true);

	screen_row(screen, 0, &row);
	for (size_t i = 0; i < COUNT_OF(pictures); i++)
		if (pictures[i].title == arg && pictures[i].whole)
			result &= strstr(row.data, pictures[i].whole) != NULL;
	strbuf_release(&row);
	return result;
}

static void read_line(struct screen *screen, struct strbuf *out)
{
	strbuf_clear(out);
	screen_row(screen, screen_rows(screen) - 3, out);
}

static bool has_changed(struct screen *screen, void *arg)
{
	struct strbuf now = STRBUF_INIT;
	bool result;

	read_line(screen, &now);
	result = strcmp(now.data, arg) != 0;
	strbuf_release(&now);
	return result;
}

static void bench_keys(struct screen *screen, size_t picture)
{
	struct strbuf before = STRBUF_INIT;
	double times[KEYS];

	screen_type(screen, pictures[picture].first);
	screen_wait(screen, is_never, NULL, 300);
	for (int i = 0; i < KEYS; i++) {
		char key[2] = {pictures[picture].keys[i % 2], '\0'};
		int64_t pressed_ns;

		read_line(screen, &before);
		pressed_ns = clock_mono_ns();
		screen_type(screen, key);
		if (!screen_wait(screen, has_changed, before.data, DEADLINE_MS))
			give_up(screen, "a key was not answered");
		times[i] = (double)(clock_mono_ns() - pressed_ns) / 1e6;
		screen_wait(screen, is_never, NULL, 3 + i * 7 % 23);
	}
	qsort(times, KEYS, sizeof(times[0]), compare_doubles);
	note(pictures[picture].name, "key to frame, median", times[KEYS / 2],
	     "ms");
	report(pictures[picture].name, "key to frame, 99th percentile",
	       times[(int)ceil(KEYS * 0.99) - 1], "ms", 16);
	strbuf_release(&before);
}

static void bench_picture(struct screen *screen, size_t picture)
{
	const char *title = pictures[picture].title;
	char *arg = (char *)(uintptr_t)title;
	int64_t pressed_ns = clock_mono_ns();
	double whole_ms;

	screen_type(screen, picture ? "]" : "P");
	if (!screen_wait(screen, is_open, arg, DEADLINE_MS))
		give_up(screen, "a picture did not open");
	report(pictures[picture].name, "opens",
	       (double)(clock_mono_ns() - pressed_ns) / 1e6, "ms", 100);
	if (!screen_wait(screen, is_whole, arg, DEADLINE_MS))
		give_up(screen, "a picture did not become whole");
	whole_ms = (double)(clock_mono_ns() - pressed_ns) / 1e6;
	if (pictures[picture].must_be_whole)
		report(pictures[picture].name, "is whole", whole_ms, "ms", 100);
	else
		note(pictures[picture].name, "is whole", whole_ms, "ms");
	bench_keys(screen, picture);
	note(pictures[picture].name, "memory so far",
	     process_memory_mb(screen_pid(screen), "VmHWM:"), "MB");
}

static void run(const char *program, const char *folder, const char *db,
		int cols, int rows)
{
	const char *const argv[] = {program, "--db", db, NULL};
	const struct screen_options options = {
		.argv = argv, .folder = folder, .cols = cols, .rows = rows};
	struct screen *screen = screen_open(&options);
	struct screen_writer writer = {0};
	double per_s = 0;

	if (!screen_wait_idle(screen, 400, DEADLINE_MS) ||
	    screen_wait_exit(screen, NULL, 0))
		give_up(screen, "the program does not come to rest");
	screen_writer_start(&writer, db, METRICS_PER_S);
	screen_wait(screen, is_never, NULL, 1000);
	for (size_t i = 0; i < COUNT_OF(pictures); i++)
		bench_picture(screen, i);
	if (!screen_writer_stop(&writer, &per_s))
		errx(1, "the writer failed");
	note("all", "metrics written meanwhile", per_s, "1/s");
	report("all", "memory", process_memory_mb(screen_pid(screen), "VmHWM:"),
	       "MB", 80);
	screen_close(screen);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"db", required_argument, NULL, 'd'},
		{"trials", required_argument, NULL, 't'},
		{"size", required_argument, NULL, 's'},
		{0},
	};
	char folder[] = "/tmp/trialdeck-bench-XXXXXX", self[PATH_MAX] = "";
	char *db = NULL, *tests, *fixture, *program;
	const char *trials = "100000";
	int c, cols = 80, rows = 24;
	struct error error;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			db = realpath(optarg, NULL);
		else if (c == 't')
			trials = optarg;
		else if (c != 's' || sscanf(optarg, "%dx%d", &cols, &rows) != 2)
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
	run(program, folder, db, cols, rows);
	fs_remove_tree(folder, &error);
	free(db);
	free(fixture);
	free(program);
	return has_missed;
}
