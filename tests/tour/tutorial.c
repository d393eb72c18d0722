/* SPDX-License-Identifier: MIT */
/*
 * Does what docs/tutorial.md says, as a reader would: in one shell on a
 * terminal of 80x24, with an empty home.  The page itself is the script:
 *
 *     ```sh              each line is typed, and ends with status 0 or is
 *                        the console, which the following keys are for
 *     ```                each line is waited for on the screen
 *     <kbd>x</kbd>       is pressed
 *     type `text`        is typed
 *     says `text`        is waited for
 *
 * Two places are not taken at their word.  What builds the program has run
 * when a test can, so of the section "Build" it is looked whether what is
 * named is there.  And a `d` after `q` answers the question what shall become
 * of trials that still run, which on a fast machine is not asked.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/tour/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 60000
#define QUIET_MS 200
#define DETACH "[d]etach"

struct reader {
	struct screen *screen;
	char *source, *build; /* folders */
	int commands;	      /* typed so far */
	int keys;
	bool is_in_console;
	char prompt[32];
};

static void fail_here(struct reader *reader, const char *what)
{
	struct strbuf shown = STRBUF_INIT;

	screen_text(reader->screen, &shown);
	fprintf(stderr, "%s\n", shown.data);
	strbuf_release(&shown);
	fail_msg("the tutorial is wrong here: %s", what);
}

static bool is_at_prompt(struct reader *reader)
{
	return screen_shows(reader->screen, reader->prompt);
}

static bool is_there(struct screen *screen, void *arg)
{
	struct reader *reader = arg;

	return is_at_prompt(reader) || screen_is_alternate(screen);
}

/* The prompt tells how many commands were typed and how the last ended. */
static void expect_prompt(struct reader *reader)
{
	snprintf(reader->prompt, sizeof(reader->prompt), "%d:0 $",
		 reader->commands + 1);
}

static void leave_console(struct reader *reader)
{
	if (!reader->is_in_console)
		return;
	if (!screen_wait_text(reader->screen, reader->prompt, DEADLINE_MS))
		fail_here(reader, "the console should have been left by now");
	reader->is_in_console = false;
}

static void type_command(struct reader *reader, const char *line)
{
	leave_console(reader);
	reader->commands++;
	expect_prompt(reader);
	screen_type(reader->screen, line);
	screen_type(reader->screen, "\r");
	if (!screen_wait(reader->screen, is_there, reader, DEADLINE_MS))
		fail_here(reader, line);
	reader->is_in_console = !is_at_prompt(reader);
	if (reader->is_in_console)
		screen_wait_idle(reader->screen, QUIET_MS, DEADLINE_MS);
}

/* "./scripts/build build": such a file is there. */
static void look_for(struct reader *reader, const char *line)
{
	char *file = xstrndup(line, strcspn(line, " "));
	char *path = fs_join(reader->source, file);

	if (strncmp(line, "export ", 7) && access(path, X_OK) < 0)
		fail_msg("%s is not there", path);
	free(path);
	free(file);
}

static void expect(struct reader *reader, const char *text)
{
	if (!screen_wait_text(reader->screen, text, DEADLINE_MS))
		fail_here(reader, text);
}

static void press_key(struct reader *reader, const char *key)
{
	char name[32];

	if (!reader->is_in_console)
		fail_here(reader, "a key, but no console");
	screen_wait_idle(reader->screen, QUIET_MS, DEADLINE_MS / 100);
	if (!strcmp(key, "d") && !screen_shows(reader->screen, DETACH))
		return;
	snprintf(name, sizeof(name), strlen(key) > 1 ? "<%s>" : "%s", key);
	press(reader->screen, name);
	reader->keys++;
	screen_wait_idle(reader->screen, QUIET_MS, DEADLINE_MS / 100);
}

/* The code span that a word like "type " introduces. */
static const char *span_after(const char *at, const char *word, char **ret)
{
	size_t len = strlen(word), i;

	if (strncmp(at, word, len))
		return NULL;
	at += len;
	at += strspn(at, " \n");
	if (*at != '`')
		return NULL;
	i = strcspn(at + 1, "`");
	*ret = xstrndup(at + 1, i);
	return at + i + 2;
}

static void read_prose(struct reader *reader, const char *at, const char *end)
{
	while (at < end) {
		const char *next;
		char *text = NULL;

		if (!strncmp(at, "<kbd>", 5)) {
			text = xstrndup(at + 5, strcspn(at + 5, "<"));
			next = strstr(at, "</kbd>") + 6;
			press_key(reader, text);
		} else if ((next = span_after(at, "type", &text))) {
			screen_type(reader->screen, text);
		} else if ((next = span_after(at, "says", &text))) {
			expect(reader, text);
		} else {
			next = at + 1;
		}
		free(text);
		at = next;
	}
}

/* The block of commands or of what is shown at `at`, which it returns past. */
static const char *read_block(struct reader *reader, const char *at,
			      bool is_build)
{
	bool is_commands = !strncmp(at, "```sh\n", 6);

	at = strchr(at, '\n') + 1;
	while (strncmp(at, "```", 3)) {
		char *line = xstrndup(at, strcspn(at, "\n"));

		if (!is_commands)
			expect(reader, line);
		else if (is_build)
			look_for(reader, line);
		else
			type_command(reader, line);
		at += strlen(line) + 1;
		free(line);
	}
	return at + 4;
}

static void read_page(struct reader *reader, const char *page)
{
	const char *at = page;
	bool is_build = false;

	while (*at) {
		const char *block = strstr(at, "\n```");
		const char *heading = strstr(at, "\n## ");
		const char *end = block ? block + 1 : at + strlen(at);

		if (heading && heading < end) {
			read_prose(reader, at, heading);
			is_build = !strncmp(heading, "\n## Build\n", 10);
			at = heading + 4;
			continue;
		}
		read_prose(reader, at, end);
		at = *end ? read_block(reader, end, is_build) : end;
	}
	leave_console(reader);
}

static void the_page_is_true(void **state)
{
	const char *source = getenv("TOP_SRCDIR"),
		   *build = getenv("TOP_BUILDDIR");
	char *folder = xstrdup("/tmp/trialdeck-tutorial-XXXXXX");
	struct reader reader = {.source = realpath(source ? source : ".", NULL),
				.build = realpath(build ? build : ".", NULL)};
	char *path = fs_join(reader.source, "docs/tutorial.md");
	char *search = xasprintf("%s:%s", reader.build, getenv("PATH"));
	const char *argv[] = {"/bin/bash", "--norc", NULL};
	const char *extra[] = {"PS1=\\#:$? $ ", NULL};
	struct strbuf page = STRBUF_INIT;
	struct error err;

	(void)state;
	setenv("PATH", search, 1);
	assert_non_null(mkdtemp(folder));
	if (!fs_read_file(path, 1 << 20, &page, &err))
		fail_msg("%s", err.text);
	reader.screen = screen_open(&(struct screen_options){
		.argv = argv, .folder = folder, .extra = extra});
	expect_prompt(&reader);
	expect(&reader, reader.prompt);
	read_page(&reader, page.data);
	print_message("# %d commands, %d keys\n", reader.commands, reader.keys);
	assert_true(reader.commands > 10 && reader.keys > 15);
	screen_close(reader.screen);
	if (!fs_remove_tree(folder, &err))
		fail_msg("%s", err.text);
	strbuf_release(&page);
	free(search);
	free(path);
	free(folder);
	free(reader.source);
	free(reader.build);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
