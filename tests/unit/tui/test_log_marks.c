/* SPDX-License-Identifier: MIT */
/* A log of several parts: one of them alone, as it grows, searched, and against
 * a plain list of what it wrote. */
#include "tui/log_text.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/trialdeck-marks-XXXXXX";
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
	log_text_set_size(log_text, 3, 12);
	log_text_keep_marks(log_text, true);
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

static void parts_are_shown_alone(void **state)
{
	(void)state;
	append_text("[a-0] one\n[b-0] two\nplain\n[a-0] 10%\r20%\r30%\n"
		    "[b-0] \x1b[1mfour\n[a-0]five\n[a-0] six");
	assert_change(LOG_TEXT_CHANGED);
	/* a progress bar keeps its mark */
	log_text_top(log_text);
	log_text_scroll(log_text, 2);
	assert_rows("plain|[a-0] 30%|[b-0] four");
	log_text_choose(log_text, "a-0");
	assert_rows("one|30%|six");
	log_text_choose(log_text, "b-0");
	assert_rows("two|four");
	assert_int_equal(log_text_percent(log_text), 100);
	log_text_choose(log_text, "c-0");
	assert_rows("");
	/* the name of one begins the other's */
	log_text_choose(log_text, "a");
	assert_rows("");
	log_text_choose(log_text, NULL);
	log_text_bottom(log_text);
	assert_rows("[b-0] four|[a-0]five|[a-0] six");
}

static void parts_are_followed(void **state)
{
	(void)state;
	log_text_choose(log_text, "a");
	append_text("[a] 1\n[b] 1\n[a] 2\n[a");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("1|2");
	append_text("] 3");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("1|2|3");
	append_text("3\n[b] 2\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("1|2|33");
	append_text("[a] 4\n[a] 5\n[b] 3\n");
	log_text_update(log_text);
	assert_rows("33|4|5");
	log_text_scroll(log_text, -1);
	assert_rows("2|33|4");
	assert_false(log_text_is_following(log_text));
	append_text("[a] 6\n");
	log_text_update(log_text);
	assert_rows("2|33|4");
	log_text_scroll(log_text, 9);
	assert_rows("4|5|6");
	assert_true(log_text_is_following(log_text));
	log_text_top(log_text);
	assert_rows("1|2|33");
	/* another file in its place */
	assert_int_equal(unlink(path), 0);
	append_text("[b] new\n[a] new\n");
	assert_change(LOG_TEXT_CHANGED);
	assert_rows("new");
	log_text_keep_marks(log_text, false);
	log_text_update(log_text);
	assert_rows("[b] new|[a] new");
}

static void a_part_is_searched(void **state)
{
	(void)state;
	log_text_set_size(log_text, 1, 20);
	append_text("[a] needle 1\n[b] needle 2\n[b] hay\n[a] hay\n"
		    "[b] needle 3\n[a] needle 4\n[b] end\n");
	log_text_choose(log_text, "b");
	log_text_update(log_text);
	assert_rows("end");
	assert_true(log_text_set_pattern(log_text, "needle", false,
					 &(struct error){0}));
	log_text_search(log_text, true);
	search_to_end();
	assert_rows("needle 3");
	log_text_search(log_text, true);
	search_to_end();
	assert_rows("needle 2");
	log_text_search(log_text, true);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_WRAPPED);
	assert_rows("needle 3");
	log_text_search(log_text, false);
	search_to_end();
	assert_rows("needle 2");
	assert_true(log_text_set_pattern(log_text, "\\[a\\]", true,
					 &(struct error){0}));
	log_text_search(log_text, false);
	search_to_end();
	assert_int_equal(log_text_search_state(log_text, NULL),
			 LOG_TEXT_SEARCH_NONE);
}

/* Does the pane show lines `from` to `from` + 20 of what was remembered? */
static void assert_window(char **lines, int count, int from)
{
	assert_int_equal(log_text_row_count(log_text),
			 count - from < 20 ? count - from : 20);
	for (int i = 0; i < log_text_row_count(log_text); i++)
		assert_string_equal(log_text_row(log_text, i)->text,
				    lines[from + i]);
}

/* Many lines of many parts, some rare, some lines longer than the pieces that
 * the file is read in, against a list kept here. */
static void walks_find_what_is_there(void **state)
{
	enum { LINES = 60000 };
	static char *mine[LINES];
	struct strbuf text = STRBUF_INIT;
	struct random random;
	int count = 0, at;

	(void)state;
	random_seed(&random, 1, 0);
	for (int i = 0; i < LINES; i++) {
		/* bursts of other parts, so that most blocks have none */
		bool is_mine = i / 3000 % 4 == 1 && i % 50 < 2;
		size_t before;

		strbuf_addf(&text, "[%s-%d] ", is_mine ? "mine" : "other",
			    is_mine ? 7 : i % 90);
		before = text.len;
		strbuf_addf(&text, "line %d", i);
		for (int k = i % 700 == 1 ? 3000 : 0; k > 0; k--)
			strbuf_adds(&text, "0123456789");
		if (is_mine) {
			mine[count] = strdup(text.data + before);
			assert_non_null(mine[count]);
			if (strlen(mine[count]) > 18) /* as a cut row has it */
				strcpy(mine[count] + 17, "~");
			count++;
		}
		strbuf_addch(&text, '\n');
	}
	append(text.data, text.len);
	strbuf_release(&text);
	log_text_free(log_text);
	log_text = log_text_new(path, true);
	log_text_set_size(log_text, 20, 18);
	log_text_set_wrap(log_text, false);
	log_text_keep_marks(log_text, true);
	log_text_choose(log_text, "mine-7");
	search_to_end();
	assert_int_equal(log_text_scan_percent(log_text), 100);
	at = count - 20;
	assert_window(mine, count, at);
	for (int i = 0; i < 400; i++) {
		int delta = (int)random_below(&random, 300) - 170;

		if (i % 100 == 99)
			log_text_top(log_text);
		else
			log_text_scroll(log_text, delta);
		at = i % 100 == 99 ? 0 : at + delta;
		at = at < 0 ? 0 : at > count - 20 ? count - 20 : at;
		assert_window(mine, count, at);
	}
	for (int i = 0; i < count; i++)
		free(mine[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(parts_are_shown_alone),
		TEST(parts_are_followed),
		TEST(a_part_is_searched),
		TEST(walks_find_what_is_there),
	};

	return cmocka_run_group_tests_name("log_marks", tests, set_up_folder,
					   tear_down_folder);
}
