/* SPDX-License-Identifier: MIT */
/*
 * Patterns of ignore files: a table of what gitignore(5) says, then random
 * patterns.  Where git is installed, both are put before `git check-ignore`,
 * so neither the table nor the matcher can drift from what users know.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/storage/ignore.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A path that ends in '/' is a folder. */
static const struct {
	const char *text, *path;
	bool is_ignored;
} table[] = {
	{"", "a", false},
	{"\n\n", "a", false},
	{"# a comment\n", "# a comment", false},
	{"\\#x", "#x", true},
	{"a", "a", true},
	{"a", "A", false},
	{"a", "ab", false},
	{"a", "d/a", true},
	{"a", "a/inside", true},
	{"a\r\n", "a", true},
	{"\xef\xbb\xbf"
	 "a\n",
	 "a", true},
	{"a\n!a", "a", false},
	{"!a\na", "a", true},
	{"\\!x", "!x", true},
	{"*\n!a", "b", true},
	{"*\n!a", "a", false},
	{"d/\n!d/a", "d/a", true}, /* not inside a folder that is out */
	{"d/*\n!d/a", "d/a", false},
	{"d/*\n!d/a", "d/b", true},
	{"d/", "d/", true},
	{"d/", "d/a", true},
	{"d/", "d", false},
	{"d/", "x/d/", true},
	{"/d/", "x/d/", false},
	{"/a", "a", true},
	{"/a", "d/a", false},
	{"d/a", "d/a", true},
	{"d/a", "x/d/a", false},
	{"d/a/", "d/a/", true},
	{"d/a/", "d/a", false},
	{"*.o", "x.o", true},
	{"*.o", ".o", true},
	{"*.o", "d/x.o", true},
	{"*.o", "x.op", false},
	{"/*.o", "d/x.o", false},
	{"d/*.o", "d/x.o", true},
	{"d/*.o", "d/e/x.o", false},
	{"d/*", "d/e/x.o", true}, /* d/e is out */
	{"d*x", "d/x", false},
	{"d?x", "d/x", false},
	{"?", "a", true},
	{"?", "ab", false},
	{"*a*b*c", "xaxbxc", true},
	{"*a*b*c", "xaxcxb", false},
	{"**", "d/a", true},
	{"**/a", "a", true},
	{"**/a", "x/y/a", true},
	{"**/d/a", "x/d/a", true},
	{"**/d/a", "x/d/y/a", false},
	{"d/**", "d/", false},
	{"d/**", "d/a", true},
	{"d/**", "d/e/a", true},
	{"d/**", "x/d/a", false},
	{"d/**/a", "d/a", true},
	{"d/**/a", "d/x/a", true},
	{"d/**/a", "d/x/y/a", true},
	{"d/**/a", "d/x/ab", false},
	{"d/***/a", "d/x/a", true},
	{"d/**/e/**/a", "d/1/e/2/3/a", true},
	{"d/**/e/**/a", "d/1/2/3/a", false},
	{"/**/a/", "x/a/", true},
	{"**/", "d/", true},
	{"**/", "d", false},
	{"[ab]", "a", true},
	{"[ab]", "c", false},
	{"[!ab]", "c", true},
	{"[^ab]", "a", false},
	{"[a-c]x", "bx", true},
	{"[a-c]x", "dx", false},
	{"[]a]", "]", true},
	{"[!]a]", "]", false},
	{"[a-]", "-", true},
	{"[\\]]", "]", true},
	{"[\\a-c]", "b", true},
	{"[[:digit:]]", "5", true},
	{"[[:digit:]]", "x", false},
	{"[![:digit:]_]", "_", false},
	{"[[:nothing:]]", "n", false},
	{"[[:nothing:]!]", "!", false},
	{"[[:digit]", ":", true},
	{"[a", "[a", false},
	{"x[a/]y", "xay", true},
	{"\\*", "*", true},
	{"\\*", "x", false},
	{"a\\b", "ab", true},
	{"a\\\\b", "a\\b", true},
	{"a\\", "a", false},
	{"a\\", "a\\", false},
	{"d\\/a", "d/a", true},
	{"a  ", "a", true},
	{"a\\ ", "a ", true},
	{"a\\  ", "a ", true},
	{"a b", "a b", true},
	{"\ta", "a", false},
	{"/", "a", false},
	{"!", "!", false},
	{"d//a", "d/a", false},
	{"__pycache__/\n*.py[co]\n/data/*\n!/data/small", "x/m.pyc", true},
	{"__pycache__/\n*.py[co]\n/data/*\n!/data/small", "data/big", true},
	{"__pycache__/\n*.py[co]\n/data/*\n!/data/small", "data/small", false},
	{"caf\xc3\xa9", "caf\xc3\xa9", true},
	{"caf??", "caf\xc3\xa9", true}, /* bytes, as in git */
	{"caf?", "caf\xc3\xa9", false},
	{"[\xc3][\xa9]", "\xc3\xa9", true},
};

/* What a walk decides: it does not enter what is left out. */
static bool is_left_out(const struct ignore *ignore, const char *path)
{
	char part[256];

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (ignore_matches(ignore, part, true))
			return true;
	}
	return path[strlen(path) - 1] != '/' &&
	       ignore_matches(ignore, path, false);
}

/* The same in an exact block, so that a sanitizer sees a read beyond it. */
static bool decide(const char *text, const char *path)
{
	size_t len = strlen(text);
	char *exact = xmalloc(len ? len : 1);
	struct ignore *ignore;
	bool is_out;

	memcpy(exact, text, len);
	ignore = ignore_parse(exact, len);
	free(exact);
	is_out = is_left_out(ignore, path);
	ignore_free(ignore);
	return is_out;
}

static void follows_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (decide(table[i].text, table[i].path) != table[i].is_ignored)
			fail_msg("\"%s\" with \"%s\"", table[i].text,
				 table[i].path);
	}
}

static void takes_any_line(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf path = STRBUF_INIT;
	struct ignore *ignore;

	(void)state;
	/* stars without end cost no more than their length */
	for (int i = 0; i < 300; i++)
		strbuf_adds(&text, "*a**/");
	strbuf_truncate(&text, 1000);
	for (int i = 0; i < 500; i++)
		strbuf_adds(&path, "aaaaa/");
	strbuf_adds(&path, "b");
	ignore = ignore_parse(text.data, text.len);
	assert_false(ignore_matches(ignore, path.data, false));
	ignore_free(ignore);
	/* bytes behind a NUL are no pattern, the next line is one */
	ignore = ignore_parse("a\0b\nc", 5);
	assert_true(ignore_matches(ignore, "a", false));
	assert_true(ignore_matches(ignore, "c", false));
	assert_false(ignore_matches(ignore, "b", false));
	ignore_free(ignore);
	strbuf_clear(&text);
	for (int i = 0; i < 2000; i++)
		strbuf_addch(&text, '[');
	strbuf_adds(&text, "\nlater");
	ignore = ignore_parse(text.data, text.len);
	assert_true(ignore_matches(ignore, "later", false));
	ignore_free(ignore);
	ignore_free(NULL);
	strbuf_release(&text);
	strbuf_release(&path);
}

/* ---- git ------------------------------------------------------------------
 */

static char folder[64];

/* Run git in the folder; input and output are files there. */
static int run_git(const char *input, const char *output,
		   const char *const *argv)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid) {
		int in = -1, out = -1;

		if (chdir(folder) == 0) {
			in = open(input, O_RDONLY);
			out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		}
		setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
		setenv("GIT_CONFIG_SYSTEM", "/dev/null", 1);
		unsetenv("GIT_DIR");
		unsetenv("GIT_WORK_TREE");
		unsetenv("GIT_INDEX_FILE");
		if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0)
			_exit(126);
		execvp(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has_git(void)
{
	static const char *const init[] = {"git", "init", "-q", ".", NULL};

	return run_git("/dev/null", "/dev/null", init) == 0;
}

/* Create folder/n/.gitignore and path below it, and ask about it. */
static void put_question(size_t n, const char *text, const char *path,
			 struct strbuf *questions)
{
	char *top = xasprintf("%s/%zu", folder, n);
	char *ignore = fs_join(top, ".gitignore");
	char *whole = fs_join(top, path);
	size_t len = strlen(whole);
	char *parent;
	struct error err;

	if (whole[len - 1] == '/')
		whole[len - 1] = '\0';
	parent = path[strlen(path) - 1] == '/' ? xstrdup(whole)
					       : fs_folder(whole);
	if (!fs_make_folders(parent, &err) ||
	    !fs_write_file(ignore, text, strlen(text), &err) ||
	    (strcmp(parent, whole) && !fs_write_file(whole, "", 0, &err)))
		fail_msg("%s", err.text);
	strbuf_addf(questions, "%s", whole + strlen(folder) + 1);
	strbuf_addch(questions, '\0');
	free(parent);
	free(top);
	free(ignore);
	free(whole);
}

/* answers holds the ignored paths, each ended by NUL. */
static bool git_says(const struct strbuf *answers, size_t n, const char *path)
{
	char *asked = xasprintf("%zu/%s", n, path);
	size_t len = strlen(asked);
	bool found = false;

	if (asked[len - 1] == '/')
		asked[len - 1] = '\0';
	for (size_t at = 0; at < answers->len && !found;
	     at += strlen(answers->data + at) + 1)
		found = !strcmp(answers->data + at, asked);
	free(asked);
	return found;
}

static void ask_git(const struct strbuf *questions, struct strbuf *answers)
{
	static const char *const check[] = {"git",     "check-ignore", "-z",
					    "--stdin", "--no-index",   NULL};
	char *path = fs_join(folder, "questions");
	struct error err;
	int status;

	if (!fs_write_file(path, questions->data, questions->len, &err))
		fail_msg("%s", err.text);
	status = run_git("questions", "answers", check);
	assert_true(status == 0 || status == 1);
	free(path);
	path = fs_join(folder, "answers");
	if (!fs_read_file(path, 1u << 20, answers, &err))
		fail_msg("%s", err.text);
	free(path);
}

static int folder_make(void **state)
{
	char path[] = "/tmp/trialdeck-ignore-XXXXXX";

	(void)state;
	if (!mkdtemp(path))
		return -1;
	snprintf(folder, sizeof(folder), "%s", path);
	return 0;
}

static int folder_take_away(void **state)
{
	struct error err;

	(void)state;
	return fs_remove_tree(folder, &err) ? 0 : -1;
}

static void agrees_with_git(void **state)
{
	struct strbuf questions = STRBUF_INIT, answers = STRBUF_INIT;

	(void)state;
	if (!has_git()) {
		print_message("# no git to compare with\n");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(table); i++)
		put_question(i, table[i].text, table[i].path, &questions);
	ask_git(&questions, &answers);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (git_says(&answers, i, table[i].path) != table[i].is_ignored)
			fail_msg("git has it otherwise: \"%s\" with \"%s\"",
				 table[i].text, table[i].path);
	}
	strbuf_release(&questions);
	strbuf_release(&answers);
}

/* Pieces that make interesting patterns and paths that can match them.  Where
 * `**` touches other text git treats it in ways its manual does not say, so
 * it only stands between slashes here. */
static void random_pattern(struct random *random, struct strbuf *out)
{
	static const char *const pieces[] = {
		"a", "b", "ab", "*", "?", "[ab]", "[!a]", "[a-b]", "\\a", "*b",
	};
	size_t segments = 1 + random_below(random, 4);

	if (!random_below(random, 4))
		strbuf_addch(out, '!');
	if (!random_below(random, 3))
		strbuf_addch(out, '/');
	for (size_t i = 0; i < segments; i++) {
		if (i)
			strbuf_addch(out, '/');
		if (!random_below(random, 3)) {
			strbuf_adds(out, "**");
			continue;
		}
		strbuf_adds(out,
			    pieces[random_below(random, COUNT_OF(pieces))]);
		if (!random_below(random, 4))
			strbuf_adds(out, "b");
	}
	strbuf_adds(out, random_below(random, 4) ? "\n" : "/\n");
}

static void random_path(struct random *random, struct strbuf *out)
{
	static const char *const names[] = {"a", "b", "ab", "aa", "abb"};
	size_t segments = 1 + random_below(random, 4);

	for (size_t i = 0; i < segments; i++) {
		if (i)
			strbuf_addch(out, '/');
		strbuf_adds(out, names[random_below(random, COUNT_OF(names))]);
	}
	if (!random_below(random, 3))
		strbuf_addch(out, '/');
}

#define RANDOM_CASES 600

static void agrees_with_git_on_anything(void **state)
{
	struct strbuf questions = STRBUF_INIT, answers = STRBUF_INIT;
	struct strbuf texts[RANDOM_CASES], paths[RANDOM_CASES];
	struct random random;
	int ignored = 0;

	(void)state;
	if (!has_git()) {
		print_message("# no git to compare with\n");
		return;
	}
	random_seed(&random, 20240, 1);
	for (size_t i = 0; i < RANDOM_CASES; i++) {
		strbuf_init(&texts[i]);
		strbuf_init(&paths[i]);
		for (size_t n = 1 + random_below(&random, 3); n; n--)
			random_pattern(&random, &texts[i]);
		random_path(&random, &paths[i]);
		put_question(i, texts[i].data, paths[i].data, &questions);
	}
	ask_git(&questions, &answers);
	for (size_t i = 0; i < RANDOM_CASES; i++) {
		bool is_out = git_says(&answers, i, paths[i].data);

		ignored += is_out;
		if (decide(texts[i].data, paths[i].data) != is_out)
			fail_msg("git says %d: \"%s\" with \"%s\"", is_out,
				 texts[i].data, paths[i].data);
		strbuf_release(&texts[i]);
		strbuf_release(&paths[i]);
	}
	/* neither all nor nothing, or nothing was tested */
	assert_in_range(ignored, RANDOM_CASES / 10, RANDOM_CASES * 9 / 10);
	strbuf_release(&questions);
	strbuf_release(&answers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(takes_any_line),
		cmocka_unit_test_setup_teardown(agrees_with_git, folder_make,
						folder_take_away),
		cmocka_unit_test_setup_teardown(agrees_with_git_on_anything,
						folder_make, folder_take_away),
	};

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
