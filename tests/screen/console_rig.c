/* SPDX-License-Identifier: MIT */
/* A database by the fixture, then the trials' folders and a log or two. */
#include "tests/screen/console_rig.h"

#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIALS "60"
#define FLAGS_MAX 16
/* an hour after the fixture's first trial */
#define STILL_CLOCK "TRIALDECK_TEST_NOW=1790003600000000000"

static void must(bool ok, const struct error *error)
{
	if (!ok)
		errx(1, "console rig: %s", error->text);
}

static void run_fixture(const struct console_rig *rig)
{
	char *program = fs_join(rig->programs, "tests/bench/fixture");
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, "fixture", "--trials", TRIALS, "--metrics", "20",
		      rig->db, NULL);
		err(127, "%s", program);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "console rig: fixture failed");
	free(program);
}

struct moving {
	struct console_rig *rig;
	struct store *store;
	struct trial *trials;
	size_t count, capacity;
};

static bool keep_trial(const struct trial *trial, void *arg)
{
	struct moving *m = arg;

	ARRAY_RESERVE(m->trials, m->count, m->capacity);
	m->trials[m->count++] = *trial; /* numbers and id; no text is read */
	return true;
}

static void move_trial(struct moving *m, const struct trial *trial)
{
	struct attempt attempt = {0};
	struct error error;
	char *folder = xasprintf("%s/trials/%s", m->rig->folder, trial->id);
	char *log = xasprintf("%s/stdout", folder);
	struct strbuf text = STRBUF_INIT;

	must(store_attempt_get(m->store, trial->key, 0, &attempt, &error),
	     &error);
	free(attempt.directory);
	attempt.directory = xasprintf("trials/%s", trial->id);
	must(store_attempt_update(m->store, &attempt, &error), &error);
	must(fs_make_folders(folder, &error), &error);
	for (int epoch = 1; epoch <= trial->intermediates; epoch++)
		strbuf_addf(&text, "epoch %2d of 20 of trial %s\n", epoch,
			    trial->id);
	must(fs_write_file(log, text.data, text.len, &error), &error);
	attempt_release(&attempt);
	strbuf_release(&text);
	free(folder);
	free(log);
}

static void move_trials(struct console_rig *rig)
{
	struct moving m = {.rig = rig};
	struct experiment experiment = {0};
	struct error error;

	must(store_open(rig->db, STORE_WRITE, &m.store, &error), &error);
	must(store_experiment_find(m.store, "latest", &experiment, &error),
	     &error);
	must(store_trials_each(m.store, experiment.key, 0, STORE_TRIAL_BRIEF,
			       keep_trial, &m, &error),
	     &error);
	must(store_begin(m.store, &error), &error);
	for (size_t i = 0; i < m.count; i++)
		move_trial(&m, &m.trials[i]);
	must(store_commit(m.store, &error), &error);
	strcpy(rig->newest, m.trials[m.count - 1].id);
	store_close(m.store);
	experiment_release(&experiment);
	free(m.trials);
}

/* No hint over the last line, whose keys tests wait for. */
static void write_settings(const struct console_rig *rig)
{
	static const char settings[] = "set hints off\n";
	struct error error;
	char *folder = fs_join(rig->folder, ".config/trialdeck");
	char *path = fs_join(folder, "config");

	must(fs_make_folders(folder, &error), &error);
	must(fs_write_file(path, settings, sizeof(settings) - 1, &error),
	     &error);
	free(path);
	free(folder);
}

void console_rig_init(struct console_rig *rig)
{
	const char *build = getenv("TOP_BUILDDIR");

	memset(rig, 0, sizeof(*rig));
	strcpy(rig->folder, "/tmp/trialdeck-screen-XXXXXX");
	if (!mkdtemp(rig->folder))
		err(1, "console rig");
	rig->programs = realpath(build ? build : ".", NULL);
	if (!rig->programs)
		err(1, "console rig: build folder");
	rig->db = fs_join(rig->folder, "rig.db");
	run_fixture(rig);
	move_trials(rig);
	write_settings(rig);
}

void console_rig_release(struct console_rig *rig)
{
	struct error error;

	must(fs_remove_tree(rig->folder, &error), &error);
	free(rig->db);
	free(rig->programs);
}

void console_rig_write_log(const struct console_rig *rig, const void *bytes,
			   size_t len)
{
	struct error error;
	char *path = xasprintf("%s/trials/%s/stdout", rig->folder, rig->newest);

	must(fs_write_file(path, bytes, len, &error), &error);
	free(path);
}

/* Silence before that is a machine that takes long to start it. */
static bool has_begun(struct screen *screen, void *arg)
{
	(void)arg;
	return screen_bytes(screen) > 0 || screen_wait_exit(screen, NULL, 0);
}

static struct screen *open_program(const struct console_rig *rig,
				   const struct screen_options *options)
{
	struct screen *screen = screen_open(options);
	struct strbuf text = STRBUF_INIT;
	bool is_up =
		screen_wait(screen, has_begun, NULL, CONSOLE_DEADLINE_MS) &&
		screen_wait_idle(screen, 250, CONSOLE_DEADLINE_MS) &&
		!screen_wait_exit(screen, NULL, 0);

	(void)rig;
	if (!is_up) {
		screen_text(screen, &text);
		errx(1, "console rig: %s did not come up:\n%s",
		     options->argv[0], text.data);
	}
	strbuf_release(&text);
	return screen;
}

/* program, flags, then last and (if not NULL) after it. */
static void fill_arguments(const char *argv[FLAGS_MAX], const char *program,
			   const char *const *flags, const char *last,
			   const char *after)
{
	size_t count = 0;

	argv[count++] = program;
	while (flags && *flags && count < FLAGS_MAX - 3)
		argv[count++] = *flags++;
	argv[count++] = last;
	argv[count++] = after;
	argv[count] = NULL;
}

struct screen *console_rig_open(const struct console_rig *rig, int cols,
				int rows, const char *const *flags)
{
	char *program = fs_join(rig->programs, "trialdeck");
	const char *argv[FLAGS_MAX];
	const struct screen_options options = {.cols = cols,
					       .rows = rows,
					       .argv = argv,
					       .folder = rig->folder};
	struct screen *screen;

	fill_arguments(argv, program, flags, "--db", rig->db);
	screen = open_program(rig, &options);
	free(program);
	return screen;
}

struct screen *console_rig_open_still(const struct console_rig *rig, int cols,
				      int rows, const char *const *flags)
{
	static const char *const still[] = {STILL_CLOCK, NULL};
	char *program = fs_join(rig->programs, "tests/support/tui_main");
	const char *argv[FLAGS_MAX];
	const struct screen_options options = {.cols = cols,
					       .rows = rows,
					       .argv = argv,
					       .folder = rig->folder,
					       .extra = still};
	struct screen *screen;

	/* a relative name: it may be shown */
	fill_arguments(argv, program, flags, "rig.db", NULL);
	screen = open_program(rig, &options);
	free(program);
	return screen;
}
