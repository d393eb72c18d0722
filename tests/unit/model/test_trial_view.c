/* SPDX-License-Identifier: MIT */
/* Views: there and back, words of a command line, what is hostile. */
#include "base/mem.h"
#include "model/trial_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const metrics[] = {"default", "acc"};
static const struct field_names names = {NULL, metrics, 2};

static void there_and_back(void **state)
{
	static const char json[] =
		"{\"filter\":\"state:failed \\\"x\\\"\",\"sort\":"
		"\"-acc.max,+number\",\"columns\":[{\"field\":\"acc.max\","
		"\"width\":9},{\"field\":\"reason\"}]}";
	struct strbuf out = STRBUF_INIT;
	struct trial_view view;
	struct error err;

	(void)state;
	assert_true(trial_view_parse(json, &names, true, false, &view, &err));
	assert_string_equal(view.filter, "state:failed \"x\"");
	assert_int_equal(view.sort_count, 2);
	assert_true(view.sorts[0].is_descending);
	assert_false(view.sorts[1].is_descending);
	assert_int_equal(view.columns[0].width_cols, 9);
	trial_view_format(&view, &names, &out);
	assert_string_equal(out.data, json);
	trial_view_release(&view);
	strbuf_release(&out);
}

static void what_is_unknown(void **state)
{
	static const char json[] =
		"{\"sort\":\"nope\",\"columns\":[{\"field\":\"gone\"},"
		"{\"field\":\"id\",\"width\":1e9},7,{\"width\":3},\"state\"]}";
	struct trial_view view;
	struct error err;

	(void)state;
	assert_false(trial_view_parse(json, &names, true, false, &view, &err));
	assert_non_null(strstr(err.text, "nope"));
	assert_true(trial_view_parse(json, &names, true, true, &view, &err));
	assert_int_equal(view.sort_count, 0);
	assert_int_equal(view.column_count, 2);
	assert_int_equal(view.columns[0].width_cols, 0);
	trial_view_release(&view);
	assert_true(trial_view_parse("[nonsense", &names, true, false, &view,
				     &err));
	assert_int_equal(view.column_count, 0);
	trial_view_release(&view);
}

static void words(void **state)
{
	struct trial_sort sorts[TRIAL_SORTS_MAX];
	struct trial_column columns[TRIAL_COLUMNS_MAX];
	struct error err;
	size_t count;

	(void)state;
	assert_true(trial_sorts_parse("final,+id,-acc.min", &names, false,
				      sorts, &count, &err));
	assert_int_equal(count, 3);
	assert_false(sorts[0].is_descending); /* the least is the best */
	assert_true(sorts[2].is_descending);
	assert_true(
		trial_sorts_parse("final", &names, true, sorts, &count, &err));
	assert_true(sorts[0].is_descending);
	assert_false(trial_sorts_parse("id,id,id,id,id", &names, true, sorts,
				       &count, &err));
	assert_false(trial_sorts_parse("parameters", &names, true, sorts,
				       &count, &err));
	assert_true(trial_columns_parse("acc.max:12,id,id,,tag", &names,
					columns, &count, &err));
	assert_int_equal(count, 3);
	assert_int_equal(columns[0].width_cols, 12);
	assert_false(
		trial_columns_parse("acc.mx", &names, columns, &count, &err));
	assert_non_null(strstr(err.text, "did you mean"));
}

static void count_name(const char *name, void *arg)
{
	(void)name;
	(*(int *)arg)++;
}

static void by_name(void **state)
{
	char *one = NULL, *two = NULL, *found;
	struct error err;
	int count = 0;

	(void)state;
	assert_true(trial_views_put(NULL, "mine", "{\"filter\":\"id:a\"}", &one,
				    &err));
	assert_true(trial_views_put(one, "failed", "{\"filter\":\"id:b\"}",
				    &two, &err));
	trial_views_each(two, count_name, &count);
	assert_int_equal(count, 2);
	/* the experiment's own, then those for all, then ours */
	found = trial_views_find(NULL, two, "failed");
	assert_string_equal(found, "{\"filter\":\"id:b\"}");
	free(found);
	found = trial_views_find(two, NULL, "mine");
	assert_string_equal(found, "{\"filter\":\"id:a\"}");
	free(found);
	found = trial_views_find("broken[", NULL, "failed");
	assert_non_null(strstr(found, "state:failed"));
	free(found);
	assert_null(trial_views_find(one, two, "none"));
	free(one);
	assert_true(trial_views_put(two, "failed", NULL, &one, &err));
	assert_null(strstr(one, "failed"));
	free(one);
	assert_false(trial_views_put(two, "two words", "{}", &one, &err));
	assert_false(trial_views_put(two, "", "{}", &one, &err));
	free(two);
}

/* Those that are always there can be read for any experiment. */
static void builtins_hold(void **state)
{
	struct trial_view view;
	const char *json;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; trial_views_builtin(i, &json); i++) {
		if (!trial_view_parse(json, NULL, true, false, &view, &err))
			fail_msg("%s: %s", json, err.text);
		trial_view_release(&view);
	}
	assert_true(i >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_unknown),
		cmocka_unit_test(words),
		cmocka_unit_test(by_name),
		cmocka_unit_test(builtins_hold),
	};

	return cmocka_run_group_tests_name("trial_view", tests, NULL, NULL);
}
