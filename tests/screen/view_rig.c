/* SPDX-License-Identifier: MIT */
/* Starting tui_main as the screen tests want it. */
#include "tests/screen/view_rig.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tests/support/cluster_fixture.h"
#include "tests/support/parts_fixture.h"
#include "tests/support/pictures_fixture.h"
#include "tests/support/screen_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24
#define QUIET_MS 40

char *rig_folder_new(void)
{
	char *folder = xstrdup("/tmp/trialdeck-screen-XXXXXX");

	if (!mkdtemp(folder)) {
		perror("mkdtemp");
		exit(1);
	}
	screen_fixture(folder);
	cluster_fixture(folder);
	parts_fixture(folder);
	pictures_fixture(folder);
	return folder;
}

void rig_folder_free(char *folder)
{
	struct error err;

	if (!fs_remove_tree(folder, &err))
		fprintf(stderr, "%s\n", err.text);
	free(folder);
}

static void write_script(const char *folder, const char *script)
{
	char *path = xasprintf("%s/script", folder);
	char *done = xasprintf("%s/done", folder);
	struct error err;

	unlink(done);
	if (!fs_write_file(path, script, strlen(script), &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	free(path);
	free(done);
}

struct screen *rig_console(const char *folder, const char *database, int cols,
			   int rows, const char *arguments, const char *script)
{
	const char *build = getenv("TOP_BUILDDIR");
	char *program =
		xasprintf("%s/tests/support/tui_main", build ? build : ".");
	char *now =
		xasprintf("TRIALDECK_TEST_NOW=%lld", (long long)SCREEN_NOW_NS);
	const char *editor = getenv("VISUAL");
	char *visual = editor ? xasprintf("VISUAL=%s", editor) : NULL;
	const char *extra[] = {now, visual, NULL};
	char *words = xstrdup(arguments), *word, *rest = NULL;
	const char *argv[ARGUMENTS_MAX + 6] = {program};
	struct screen_options options = {.cols = cols,
					 .rows = rows,
					 .argv = argv,
					 .folder = folder,
					 .extra = extra};
	struct screen *screen;
	int n = 1;

	for (word = strtok_r(words, " ", &rest); word && n < ARGUMENTS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	if (script) {
		write_script(folder, script);
		argv[n++] = "--script";
		argv[n++] = "script";
	}
	argv[n++] = database;
	screen = screen_open(&options);
	free(words);
	free(now);
	free(visual);
	free(program);
	return screen;
}

static bool is_done(struct screen *screen, void *arg)
{
	(void)screen;
	return access(arg, F_OK) == 0;
}

bool rig_wait_script(struct screen *screen, const char *folder)
{
	char *done = xasprintf("%s/done", folder);
	bool is_ok = screen_wait(screen, is_done, done, RIG_DEADLINE_MS) &&
		     screen_wait_idle(screen, QUIET_MS, RIG_DEADLINE_MS);

	free(done);
	return is_ok;
}

const struct rig_terminal rig_terminals[RIG_TERMINALS] = {
	[RIG_80X24] = {"80x24", 80, 24, ""},
	[RIG_40X10] = {"40x10", 40, 10, ""},
	[RIG_160X50] = {"160x50", 160, 50, ""},
	[RIG_ASCII] = {"ascii", 80, 24, "--ascii"},
	[RIG_MONO] = {"mono", 80, 24, "--no-color"},
};

bool rig_shows(const char *folder, const char *database,
	       const struct rig_terminal *terminal, const char *script,
	       const char *name)
{
	struct screen *screen =
		rig_console(folder, database, terminal->cols, terminal->rows,
			    terminal->arguments, script);
	bool is_ok = rig_wait_script(screen, folder) &&
		     screen_matches_golden(screen, name);

	screen_close(screen);
	return is_ok;
}
