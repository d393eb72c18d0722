/* SPDX-License-Identifier: MIT */
/* A log's lines filtered and counted, as it grows and against a plain list;
 * and saved. */
#include "tui/log_text.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "tui/log_hits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/trialdeck-filter-XXXXXX";
static char path[64], copy[64];
static struct log_text *log_text;

static int set_up_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/trial.log", folder);
	snprintf(copy, sizeof(copy), "%s/copy.log", folder);
	return 0;
}

static int tear_down_folder(void **state)
{
	struct error err;

	(void)state;
	return fs_remove_tree(folder, &err) ? 0 : -1;
}

static int set_up(void **state)
{
	(void)state;
	unlink(path);
	unlink(copy);
	log_text = log_text_new(path, false);
	log_text_set_size(log_text, 4, 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_text_free(log_text);
	return 0;
}

static void append(const char *text)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void settle(void)
{
	while (log_text_update(log_text) == LOG_TEXT_MORE)
		;
	assert_false(log_text_is_busy(log_text));
}

static void assert_rows(const char *expected)
{
	struct strbuf rows = STRBUF_INIT;

	for (int i = 0; i < log_text_row_count(log_text); i++)
		strbuf_addf(&rows, "%s%s", i ? "|" : "",
			    log_text_row(log_text, i)->text);
	assert_string_equal(rows.data, expected);
	strbuf_release(&rows);
}

static void filter(const char *pattern, bool is_inverse, int context)
{
	struct error err = {0};

	assert_true(log_text_set_filter(log_text, pattern, true, is_inverse,
					context, &err));
	settle();
}

static void search(const char *pattern, bool is_backward)
{
	struct error err = {0};

	if (pattern)
		assert_true(
			log_text_set_pattern(log_text, pattern, true, &err));
	log_text_search(log_text, is_backward);
	settle();
}

static void assert_counts(int current, int total)
{
	struct log_counts counts = log_text_counts(log_text);

	assert_int_equal(counts.current, current);
	assert_int_equal(counts.total, total);
	assert_false(counts.is_more);
}

static void lines_that_match(void **state)
{
	struct error err = {0};

	(void)state;
	append("a 1\nb 2\na 3\nc 4\na 5\nb 6\n");
	settle();
	filter("^a", false, 0);
	assert_rows("a 1|a 3|a 5");
	filter("^a", true, 0);
	assert_rows("b 2|c 4|b 6");
	assert_true(log_text_filter_is_inverse(log_text));
	filter("c", false, 1);
	assert_rows("a 3|c 4|a 5");
	filter("1|6", false, 1);
	assert_rows("a 1|b 2|a 5|b 6");
	filter("nothing", false, 3);
	assert_rows("");
	/* one that cannot be understood leaves what was */
	assert_false(log_text_set_filter(log_text, "(", true, false, 0, &err));
	assert_string_equal(log_text_filter(log_text), "nothing");
	filter("", false, 0);
	assert_rows("a 3|c 4|a 5|b 6");
	assert_string_equal(log_text_filter(log_text), "");
}

static void a_filtered_log_grows(void **state)
{
	(void)state;
	append("keep 1\nno\n");
	settle();
	filter("keep", false, 0);
	assert_rows("keep 1");
	append("keep 2");
	settle();
	assert_rows("keep 1|keep 2");
	/* the line goes on, and another one begins */
	append(" and more\nkee");
	settle();
	assert_rows("keep 1|keep 2 and more");
	append("p 3\n");
	settle();
	assert_rows("keep 1|keep 2 and more|keep 3");
	filter("keep", true, 0);
	append("ke");
	settle();
	assert_rows("no|ke");
	append("ep\n");
	settle();
	assert_rows("no");
	assert_true(log_text_is_following(log_text));
	/* another file: looked at anew */
	assert_int_equal(truncate(path, 0), 0);
	settle();
	append("keep x\nyes\n");
	settle();
	assert_rows("yes");
}

static void matches_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		char line[32];

		snprintf(line, sizeof(line), "%s %d\n", i % 10 ? "line" : "ten",
			 i);
		append(line);
	}
	settle();
	log_text_top(log_text);
	search("^ten", false);
	assert_counts(1, 10);
	search(NULL, false);
	search(NULL, false);
	assert_counts(3, 10);
	assert_true(log_text_row(log_text, 0)->text != NULL);
	search(NULL, true);
	assert_counts(2, 10);
	search(NULL, true);
	search(NULL, true);
	assert_counts(10, 10);
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_WRAPPED);
	append("ten more\n");
	settle();
	assert_counts(10, 11);
	/* of what is shown */
	filter("[05]$", false, 0);
	assert_counts(10, 10);
	filter("5$", false, 0);
	search("ten", false);
	assert_counts(0, 0);
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_NONE);
	filter(NULL, false, 0);
	assert_counts(0, 11);
}

/* Where one was is where one is. */
static void the_place_stays(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 5000; i++)
		strbuf_addf(&text, "line %d\n", i);
	append(text.data);
	strbuf_release(&text);
	settle();
	log_text_top(log_text);
	log_text_scroll(log_text, 2500);
	assert_rows("line 2500|line 2501|line 2502|line 2503");
	filter("7$", false, 0);
	assert_rows("line 2507|line 2517|line 2527|line 2537");
	log_text_scroll(log_text, -1);
	assert_rows("line 2497|line 2507|line 2517|line 2527");
	filter(NULL, false, 0);
	assert_rows("line 2497|line 2498|line 2499|line 2500");
	assert_false(log_text_is_following(log_text));
}

/* Against a list, with every way to walk. */
static void walks_find_what_is_there(void **state)
{
	struct log_hits hits = {.last = -1};
	struct random random;
	int64_t starts[3000], at = 0;
	int count = 0;

	(void)state;
	random_seed(&random, 5, 0);
	while (count < 3000) {
		at += 1 + (int64_t)random_below(&random,
						count % 100 ? 200 : 100000);
		log_hits_add(&hits, at);
		starts[count++] = at;
	}
	hits.scanned = hits.limit = at + 10;
	assert_int_equal(log_hits_total(&hits), 3000);
	for (int i = 0; i < 3000; i++) {
		int64_t next = i + 1 < 3000 ? starts[i + 1] : hits.limit;

		assert_int_equal(log_hits_seek(&hits, starts[i]), starts[i]);
		assert_int_equal(log_hits_seek(&hits, starts[i] + 1), next);
		assert_int_equal(log_hits_before(&hits, starts[i]),
				 i ? starts[i - 1] : -1);
		assert_int_equal(log_hits_before(&hits, starts[i] + 1),
				 starts[i]);
		assert_int_equal(log_hits_rank(&hits, starts[i]), i);
	}
	hits.last = at + 10;
	hits.limit = at + 20;
	assert_int_equal(log_hits_total(&hits), 3001);
	assert_int_equal(log_hits_seek(&hits, at + 1), at + 10);
	assert_int_equal(log_hits_before(&hits, at + 20), at + 10);
	assert_int_equal(log_hits_seek(&hits, at + 11), at + 20);
	log_hits_reset(&hits);
	assert_int_equal(log_hits_total(&hits), 0);
	assert_int_equal(log_hits_seek(&hits, 0), 0);
	assert_int_equal(log_hits_before(&hits, 100), -1);
	log_hits_release(&hits);
}

static void work_can_be_ended(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = {0};

	(void)state;
	for (int i = 0; i < 400000; i++)
		strbuf_addf(&text, "line %d of many in a long log\n", i);
	append(text.data);
	strbuf_release(&text);
	log_text_update(log_text);
	assert_true(log_text_set_filter(log_text, "(\\w+ )+9+ .*(a|b|l)+g$",
					true, false, 0, &err));
	assert_int_equal(log_text_update(log_text), LOG_TEXT_MORE);
	assert_true(log_text_is_busy(log_text));
	assert_true(log_text_filter_percent(log_text) < 100);
	assert_true(log_text_cancel(log_text));
	assert_false(log_text_is_busy(log_text));
	assert_string_equal(log_text_filter(log_text), "");
	assert_true(log_text_set_pattern(log_text, "no such line", true, &err));
	log_text_search(log_text, true);
	assert_int_equal(log_text_update(log_text), LOG_TEXT_MORE);
	assert_true(log_text_cancel(log_text));
	assert_false(log_text_is_busy(log_text));
	assert_true(log_text_counts(log_text).is_more);
	assert_false(log_text_cancel(log_text));
	assert_true(log_text_save(log_text, copy, true, &err));
	assert_true(log_text_is_saving(log_text));
	assert_true(log_text_cancel(log_text));
	assert_int_equal(access(copy, F_OK), -1);
}

static char *saved(void)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;
	struct stat st;

	assert_true(fs_read_file(copy, 1 << 20, &text, &err));
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(copy);
	return strbuf_detach(&text);
}

static void assert_saves(bool is_all, const char *expected)
{
	const char *where, *problem;
	struct error err = {0};
	char *text;
	int percent;

	assert_true(log_text_save(log_text, copy, is_all, &err));
	settle();
	assert_int_equal(
		log_text_save_state(log_text, &where, &problem, &percent),
		LOG_TEXT_SAVE_DONE);
	assert_string_equal(where, copy);
	text = saved();
	assert_string_equal(text, expected);
	free(text);
}

static void is_saved(void **state)
{
	struct error err = {0};

	(void)state;
	assert_false(log_text_save(log_text, copy, true, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	append("a\x1b[31m 1\x1b[0m\nb 2\n\x07"
	       "a 3");
	settle();
	assert_saves(true, "a\x1b[31m 1\x1b[0m\nb 2\n\x07"
			   "a 3");
	filter("^a|\x07", true, 0);
	assert_saves(false, "b 2\n\xEF\xBF\xBD"
			    "a 3\n");
	filter("[13]", false, 0);
	assert_saves(false, "a 1\n\xEF\xBF\xBD"
			    "a 3\n");
	assert_saves(true, "a\x1b[31m 1\x1b[0m\nb 2\n\x07"
			   "a 3");
	/* nothing is written over */
	assert_true(fs_write_file(copy, "mine", 4, &err));
	assert_false(log_text_save(log_text, copy, true, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_non_null(strstr(err.text, "nothing is overwritten"));
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(symlink(path, copy), 0);
	assert_false(log_text_save(log_text, copy, true, &err));
	assert_int_equal(unlink(copy), 0);
	assert_false(log_text_save(log_text, "/nowhere/x", true, &err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lines_that_match),
		TEST(a_filtered_log_grows),
		TEST(matches_are_counted),
		TEST(the_place_stays),
		TEST(walks_find_what_is_there),
		TEST(work_can_be_ended),
		TEST(is_saved),
	};

	return cmocka_run_group_tests_name("log_filter", tests, set_up_folder,
					   tear_down_folder);
}
