/* SPDX-License-Identifier: MIT */
/*
 * What a user made of the console: borders that move, sizes that hold, a state
 * file that may hold anything; links and hints.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "tui/action.h"
#include "tui/hints.h"
#include "tui/layout_sizes.h"
#include "tui/links.h"
#include "tui/remember.h"
#include "tui/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct layout lay(struct layout_wish *wish)
{
	struct layout layout;

	layout_compute(wish, &layout);
	return layout;
}

static void drag(struct layout_wish *wish, struct layout_sizes *sizes, int y,
		 int x, int by)
{
	struct layout layout = lay(wish);
	struct layout_grip grip;
	struct layout_sizes changed;

	assert_true(layout_grip_at(&layout, y, x, &grip));
	layout_move(wish, &layout, &grip, by, &changed);
	*sizes = changed;
	wish->sizes = sizes;
}

static void a_border_moves_by_what_it_is_dragged(void **state)
{
	struct layout_sizes sizes;
	struct layout_wish wish = {
		.rows = 24, .cols = 80, .focus = PANE_TRIALS, .experiments = 1};
	struct layout before = lay(&wish), after;

	(void)state;
	drag(&wish, &sizes, before.panes[PANE_TRIALS].y, 10, 3);
	after = lay(&wish);
	assert_int_equal(after.panes[PANE_EXPERIMENTS].rows,
			 before.panes[PANE_EXPERIMENTS].rows + 3);
	assert_int_equal(after.panes[PANE_LOG].rows,
			 before.panes[PANE_LOG].rows);
	drag(&wish, &sizes, after.panes[PANE_LOG].y, 0, -2);
	assert_int_equal(lay(&wish).panes[PANE_LOG].rows,
			 before.panes[PANE_LOG].rows + 2);
	/* wide: columns, and the rows of the right one */
	wish.cols = 200;
	wish.rows = 50;
	wish.sizes = NULL;
	before = lay(&wish);
	drag(&wish, &sizes, 5, before.panes[PANE_TRIALS].x - 1, -5);
	drag(&wish, &sizes, 5, lay(&wish).panes[PANE_CHART].x - 1, 7);
	drag(&wish, &sizes, lay(&wish).panes[PANE_LOG].y, 190, 4);
	after = lay(&wish);
	assert_int_equal(after.panes[PANE_EXPERIMENTS].cols,
			 before.panes[PANE_EXPERIMENTS].cols - 5);
	assert_int_equal(after.panes[PANE_CHART].cols,
			 before.panes[PANE_CHART].cols - 7);
	assert_int_equal(after.panes[PANE_CHART].rows,
			 before.panes[PANE_CHART].rows + 4);
}

static void panes_stay_usable(void **state)
{
	struct layout_sizes sizes;
	int rows, cols, i;

	(void)state;
	layout_sizes_init(&sizes);
	sizes.wide_left = sizes.wide_right = sizes.wide_chart = 1000;
	sizes.tall_top = sizes.tall_log = sizes.tall_chart = 1;
	sizes.stack_top = sizes.stack_log = 1000;
	for (i = 0; i < 4; i++) {
		struct layout_wish exchange = {.rows = 24, .cols = 200};
		struct layout shown = lay(&exchange);

		layout_exchange(&shown, (enum pane)i, &sizes);
		for (rows = 10; rows < 60; rows += 3) {
			for (cols = 40; cols < 240; cols += 9) {
				struct layout_wish wish = {.rows = rows,
							   .cols = cols,
							   .sizes = &sizes};
				struct layout layout = lay(&wish);
				int cells = 0, pane;

				for (pane = 0; pane < PANE_COUNT; pane++) {
					struct rect r = layout.panes[pane];

					if (!r.rows)
						continue;
					assert_true(r.rows >= 3);
					assert_true(r.cols >= 30);
					assert_true(r.y >= 0 && r.x >= 0);
					assert_true(r.y + r.rows <= rows - 2);
					assert_true(r.x + r.cols <= cols);
					cells += r.rows * r.cols;
				}
				/* nothing twice, nothing left but borders */
				assert_int_equal(
					cells,
					(rows - 2) *
						(cols - 2 * layout.is_wide));
			}
		}
	}
}

static void the_state_is_kept(void **state)
{
	char folder[] = "/tmp/trialdeck-remember-XXXXXX";
	struct remembered kept, read;
	struct layout_sizes sizes;
	struct error err;
	char *path;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/state/console", folder);
	remember_load(&kept, path);
	assert_int_equal(kept.hints, 0);
	kept.hints = VIEW_LOG | VIEW_TRIALS;
	kept.is_zoomed = true;
	kept.sizes.stack_log = 321;
	sizes = kept.sizes;
	sizes.order[0] = PANE_LOG;
	sizes.order[3] = PANE_EXPERIMENTS;
	assert_true(remember_set_layout(&kept, "night-1", &sizes));
	assert_false(remember_set_layout(&kept, "none", NULL));
	assert_true(remember_save(&kept, &err));
	remember_load(&read, path);
	assert_int_equal(read.hints, VIEW_LOG | VIEW_TRIALS);
	assert_true(read.is_zoomed && !read.is_chart);
	assert_int_equal(read.sizes.stack_log, 321);
	assert_non_null(remember_layout(&read, "night-1"));
	assert_int_equal(remember_layout(&read, "night-1")->sizes.order[0],
			 PANE_LOG);
	remember_release(&read);
	/* nowhere to write is told */
	free(kept.path);
	kept.path = xstrdup("/dev/null/console");
	assert_false(remember_save(&kept, &err));
	remember_release(&kept);
	assert_true(fs_remove_tree(folder, &err));
	free(path);
}

static void a_strange_state_is_left_out(void **state)
{
	static const char *const lines[] = {"",
					    "1 2 3",
					    "1 2 3 4 5 6 7 8 0123x",
					    "1 2 3 4 5 6 7 8 0113",
					    "1 2 3 4 5 6 7 8 01",
					    "1 2 3 4 5 6 7 1001 0123",
					    "1 2 3 4 5 6 7 -1 0123",
					    "1 2 3 4 5 6 7 99999999999 0123",
					    "a b c d e f g h 0123"};
	struct layout_sizes sizes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_false(layout_sizes_parse(lines[i], &sizes));
	assert_true(layout_sizes_parse("1 2 3 4 5 6 7 8 3210", &sizes));
	assert_false(remember_name_is_good("../x"));
	assert_false(remember_name_is_good(""));
	assert_false(remember_name_is_good("123456789012345678901234567890ab"));
	assert_true(remember_name_is_good("Wide_2-b"));
}

static void links_are_found_and_encoded(void **state)
{
	struct strbuf url = STRBUF_INIT;
	size_t at, len;
	const char *text = "see (https://h/a?b=1), or";

	(void)state;
	assert_true(links_find(text, NULL, &at, &len));
	assert_int_equal(at, 5);
	assert_int_equal(len, strlen("https://h/a?b=1"));
	assert_false(links_find("xhttps://h", NULL, &at, &len));
	assert_false(links_find("https:// and ftp://x", NULL, &at, &len));
	assert_false(links_find("/etc/passwd", "/data/exp", &at, &len));
	assert_false(links_find("/data/experiment", "/data/exp", &at, &len));
	text = "directory: /data/exp/trials/a\x01%";
	assert_true(links_find(text, "/data/exp", &at, &len));
	links_add_url(&url, text + at, len);
	assert_string_equal(url.data, "file:///data/exp/trials/a%01%25");
	strbuf_release(&url);
}

static void every_view_has_a_hint_that_fits(void **state)
{
	(void)state;
	for (unsigned view = 1; view <= VIEW_DIFF; view <<= 1) {
		const char *wide = hints_text(view, 80);
		const char *narrow = hints_text(view, 40);

		assert_true(wide && strlen(wide) <= 79);
		assert_true(narrow && strlen(narrow) <= 39);
	}
}

static void settings_say_what_rings(void **state)
{
	(void)state;
	assert_false(ring_is_wanted("off", RING_FINISHED));
	assert_true(ring_is_wanted("finished", RING_FINISHED));
	assert_false(ring_is_wanted("finished", RING_BEST));
	assert_true(ring_is_wanted("best", RING_BEST));
	assert_true(ring_is_wanted("alerts", RING_ALERT));
	assert_true(ring_is_wanted("all", RING_ALERT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_border_moves_by_what_it_is_dragged),
		cmocka_unit_test(panes_stay_usable),
		cmocka_unit_test(the_state_is_kept),
		cmocka_unit_test(a_strange_state_is_left_out),
		cmocka_unit_test(links_are_found_and_encoded),
		cmocka_unit_test(every_view_has_a_hint_that_fits),
		cmocka_unit_test(settings_say_what_rings),
	};

	return cmocka_run_group_tests_name("remember", tests, NULL, NULL);
}
