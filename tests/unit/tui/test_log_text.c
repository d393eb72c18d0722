/* SPDX-License-Identifier: MIT */
/* Following, scrolling, rotating, wrapping and searching real files. */
#include "tui/log_text.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"
#include "tui/log_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/trialdeck-log-XXXXXX";
static char path[64];
static struct log_text *log_text;

static int set_up_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/trial.log", folder);
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
	log_text = log_text_new(path, false);
	log_text_set_size(log_text, 3, 10);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_text_free(log_text);
	return 0;
}

static void append(const char *text, size_t len)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void append_text(const char *text)
{
	append(text, strlen(text));
}

/* Lines "line 0" ... of so many. */
static void append_lines(int from, int to)
{
	struct strbuf text = STRBUF_INIT;

	for (int i = from; i < to; i++)
		strbuf_addf(&text, "line %d\n", i);
	append(text.data, text.len);
	strbuf_release(&text);
}

/* The rows, joined by '|'. */
static void assert_rows(const char *expected)
{
	struct strbuf rows = STRBUF_INIT;

	for (int i = 0; i < log_text_row_count(log_text); i++) {
		const struct log_row *row = log_text_row(log_text, i);

		assert_int_equal(row->cols,
				 utf8_width(row->text, strlen(row->text)));
		if (i)
			strbuf_addch(&rows, '|');
		strbuf_adds(&rows, row->text);
	}
	assert_string_equal(rows.data, expected);
	strbuf_release(&rows);
}

static void assert_change(enum log_text_change change)
{
	assert_int_equal(log_text_update(log_text), change);
}

static void search_to_end(void)
{
	while (log_text_update(log_text) == LOG_TEXT_MORE)
		;
}

static void waits_for_the_file(void **state)
{
	(void)state;
	assert_change(LOG_TEXT_SAME);
	assert_int_equal(log_text_state(log_text), LOG_TEXT_MISSING);
	assert_int_equal(log_text_row_count(log_text), 0);
	append_text("hello\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_int_equal(log_text_state(log_text), LOG_TEXT_OPEN);
	assert_rows("hello");
	assert_change(LOG_TEXT_SAME);
	assert_int_equal(log_text_percent(log_text), 100);
}

static void follows_and_stops_following(void **state)
{
	(void)state;
	append_lines(0, 5);
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("line 2|line 3|line 4");
	append_text("par");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("line 3|line 4|par");
	append_text("t\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("line 3|line 4|part");
	log_text_scroll(log_text, -1);
	assert_false(log_text_is_following(log_text));
	assert_rows("line 2|line 3|line 4");
	assert_int_equal(log_text_percent(log_text), 87);
	append_lines(5, 6);
	log_text_update(log_text);
	assert_rows("line 2|line 3|line 4");
	log_text_scroll(log_text, 2);
	assert_true(log_text_is_following(log_text));
	assert_rows("line 4|part|line 5");
	log_text_top(log_text);
	assert_false(log_text_is_following(log_text));
	assert_rows("line 0|line 1|line 2");
	log_text_scroll(log_text, -5);
	assert_rows("line 0|line 1|line 2");
	log_text_scroll_pages(log_text, 2);
	assert_rows("line 3|line 4|part");
	log_text_bottom(log_text);
	assert_true(log_text_is_following(log_text));
	assert_rows("line 4|part|line 5");
	log_text_follow(log_text, false);
	append_lines(6, 9);
	log_text_update(log_text);
	assert_rows("line 4|part|line 5");
}

static void survives_truncation_rotation_removal(void **state)
{
	char old[80];

	(void)state;
	append_lines(0, 50);
	assert_change(LOG_TEXT_CHANGED);
	log_text_scroll(log_text, -10);
	assert_int_equal(truncate(path, 7), 0);
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("line 0");
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(rename(path, old), 0);
	append_text("a new file, longer than the old one\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("a new file|, longer t|han the ol");
	assert_int_equal(unlink(path), 0);
	assert_change(LOG_TEXT_CHANGED);
	assert_int_equal(log_text_state(log_text), LOG_TEXT_MISSING);
	assert_int_equal(log_text_row_count(log_text), 0);
	assert_change(LOG_TEXT_SAME);
}

/* Cut short between two looks: what is gone is not there, nothing worse. */
static void survives_truncation_while_drawing(void **state)
{
	(void)state;
	append_lines(0, 50000);
	assert_change(LOG_TEXT_CHANGED);
	assert_int_equal(truncate(path, 3), 0);
	for (int i = 0; i < 100; i++) {
		log_text_scroll(log_text, i % 7 ? -1000 : 1000);
		for (int row = 0; row < log_text_row_count(log_text); row++)
			assert_non_null(log_text_row(log_text, row)->text);
	}
	log_text_update(log_text);
	log_text_bottom(log_text);
	assert_rows("lin");
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_change(LOG_TEXT_CHANGED); /* and does not hang */
	assert_int_equal(log_text_state(log_text), LOG_TEXT_UNREADABLE);
	assert_string_equal(log_text_problem(log_text), "not a regular file");
	assert_change(LOG_TEXT_SAME);
	assert_int_equal(log_text_row_count(log_text), 0);
}

static void wraps(void **state)
{
	(void)state;
	append_text("0123456789abcdefghijKLM\n\n"
		    "\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\n");
	log_text_set_size(log_text, 9, 10);
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("0123456789|abcdefghij|KLM||"
		    "\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2");
	assert_false(log_text_row(log_text, 0)->is_continued);
	assert_true(log_text_row(log_text, 1)->is_continued);
	log_text_set_size(log_text, 2, 5);
	assert_rows("\xE6\xBC\xA2\xE6\xBC\xA2|\xE6\xBC\xA2");
	log_text_scroll(log_text, -3);
	assert_rows("fghij|KLM");
	/* the line stays when its wrapping changes */
	log_text_set_size(log_text, 2, 20);
	assert_rows("KLM|");
	/* a pane of one column cannot show wide characters */
	log_text_set_size(log_text, 3, 1);
	log_text_bottom(log_text);
	assert_rows("||");
}

static void cuts_and_pans(void **state)
{
	(void)state;
	append_text("0123456789abcdef\nshort\n\xE6\xBC\xA2\xE6\xBC\xA2x\n");
	log_text_set_wrap(log_text, false);
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("012345678\u2026|short|\xE6\xBC\xA2\xE6\xBC\xA2x");
	log_text_pan(log_text, 3);
	assert_rows("3456789ab\u2026|rt| x");
	log_text_pan(log_text, 100);
	assert_rows("||");
	log_text_pan(log_text, -1000);
	assert_rows("012345678\u2026|short|\xE6\xBC\xA2\xE6\xBC\xA2x");
}

static void long_lines_are_bounded(void **state)
{
	size_t len = 3 << 20;
	char *line = xmalloc(len);

	(void)state;
	memset(line, 'x', len);
	append_text("first\n");
	append(line, len);
	append_text("\nlast\n");
	log_text_set_size(log_text, 3, 30000);
	assert_change(LOG_TEXT_CHANGED);
	for (int i = 0; i < log_text_row_count(log_text); i++)
		assert_true(log_text_row(log_text, i)->cols <=
			    LOG_TEXT_LINE_MAX + 20);
	assert_string_equal(log_text_row(log_text, 2)->text, "last");
	assert_non_null(strstr(log_text_row(log_text, 0)->text, " [+"));
	/* a progress bar without a newline shows its last state */
	for (size_t i = 0; i + 8 < len; i += 8)
		memcpy(line + i, "\r  1% ...", 8);
	memcpy(line + len - 8, "\r100% ok", 8);
	append(line, len);
	assert_change(LOG_TEXT_CHANGED);
	assert_string_equal(log_text_row(log_text, 2)->text, "100% ok");
	free(line);
}

/* Walking up and walking down agree on where lines are, even in megabytes
 * without a newline. */
static void lines_are_the_same_both_ways(void **state)
{
	struct random random;
	struct log_file file;
	int64_t starts[4096];
	int count = 0;
	char *chunk = xmalloc(1 << 21);

	(void)state;
	random_seed(&random, 11, 0);
	memset(chunk, 'x', 1 << 21);
	for (int i = 0; i < 200; i++) {
		size_t len = random_below(&random, 1000);

		if (i % 40 == 7)
			len = random_below(&random, 1 << 21);
		if (i % 40 == 9)
			len = (1 << 20) - 1;
		append(chunk, len);
		append_text(i % 3 ? "\n" : "\n\n");
	}
	append(chunk, 100);
	log_file_init(&file, path);
	log_file_refresh(&file);
	for (int64_t at = 0; at < file.size;
	     at = log_file_line_end(&file, at)) {
		assert_in_range(count, 0, 4095);
		starts[count++] = at;
	}
	log_file_release(&file); /* and its memory of lines */
	log_file_init(&file, path);
	log_file_refresh(&file);
	for (int64_t at = file.size; at > 0;) {
		at = log_file_line_before(&file, at);
		assert_true(count > 0 && at == starts[--count]);
	}
	assert_int_equal(count, 0);
	log_file_release(&file);
	free(chunk);
}

static void marks_matches(void **state)
{
	struct error err;
	const struct log_row *row;

	(void)state;
	append_text("\xE6\xBC\xA2 loss and loss, Loss\n");
	log_text_set_size(log_text, 5, 10);
	assert_change(LOG_TEXT_CHANGED);
	assert_true(log_text_set_pattern(log_text, "loss", false, &err));
	assert_rows("\xE6\xBC\xA2 loss an|d loss, Lo|ss");
	row = log_text_row(log_text, 0);
	assert_int_equal(row->match_count, 1);
	assert_int_equal(row->matches[0].col, 3);
	assert_int_equal(row->matches[0].cols, 4);
	row = log_text_row(log_text, 1); /* one whole, one cut by the border */
	assert_int_equal(row->match_count, 2);
	assert_int_equal(row->matches[1].col, 8);
	assert_int_equal(row->matches[1].cols, 2);
	row = log_text_row(log_text, 2);
	assert_int_equal(row->match_count, 1);
	assert_int_equal(row->matches[0].cols, 2);
	assert_false(log_text_set_pattern(log_text, "(", true, &err));
	assert_string_equal(log_text_pattern(log_text), "loss");
	assert_true(log_text_set_pattern(log_text, NULL, false, &err));
	assert_int_equal(log_text_row(log_text, 0)->match_count, 0);
}

static void searches_both_ways_and_round(void **state)
{
	struct error err;

	(void)state;
	append_lines(0, 100);
	append_text("the error\n");
	append_lines(100, 200);
	append_text("an error\n");
	append_lines(200, 300);
	assert_change(LOG_TEXT_CHANGED);
	assert_true(log_text_set_pattern(log_text, "error", false, &err));
	log_text_search(log_text, true);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_FOUND);
	assert_false(log_text_is_following(log_text));
	assert_rows("line 199|an error|line 200");
	assert_true(log_text_row(log_text, 1)->matches[0].is_current);
	log_text_search(log_text, true);
	search_to_end();
	assert_rows("line 99|the error|line 100");
	log_text_search(log_text, true);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_WRAPPED);
	assert_rows("line 199|an error|line 200");
	log_text_search(log_text, false);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_WRAPPED);
	assert_rows("line 99|the error|line 100");
	/* from what is shown, once the match has left the pane */
	log_text_bottom(log_text);
	log_text_search(log_text, true);
	search_to_end();
	assert_rows("line 199|an error|line 200");
	assert_true(log_text_set_pattern(log_text, "nowhere", false, &err));
	log_text_search(log_text, false);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_NONE);
	assert_rows("line 199|an error|line 200");
	/* the only match is found again */
	assert_true(log_text_set_pattern(log_text, "^the", true, &err));
	for (int i = 0; i < 2; i++) {
		log_text_search(log_text, i == 0);
		search_to_end();
		assert_rows("line 99|the error|line 100");
	}
}

static void search_shows_matches_far_in_a_line(void **state)
{
	struct error err;

	(void)state;
	for (int i = 0; i < 50; i++)
		append_text("0123456789");
	append_text("NEEDLE\nend\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_true(log_text_set_pattern(log_text, "needle", false, &err));
	log_text_search(log_text, false);
	search_to_end();
	assert_rows("0123456789|NEEDLE|end");
	log_text_set_wrap(log_text, false);
	log_text_top(log_text);
	log_text_search(log_text, false);
	search_to_end();
	assert_int_equal(log_text_row(log_text, 0)->match_count, 1);
	assert_non_null(strstr(log_text_row(log_text, 0)->text, "NEED"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(waits_for_the_file),
		TEST(follows_and_stops_following),
		TEST(survives_truncation_rotation_removal),
		TEST(survives_truncation_while_drawing),
		TEST(refuses_what_is_no_file),
		TEST(wraps),
		TEST(cuts_and_pans),
		TEST(long_lines_are_bounded),
		TEST(lines_are_the_same_both_ways),
		TEST(marks_matches),
		TEST(searches_both_ways_and_round),
		TEST(search_shows_matches_far_in_a_line),
	};

	return cmocka_run_group_tests_name("log_text", tests, set_up_folder,
					   tear_down_folder);
}
