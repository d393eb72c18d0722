/* SPDX-License-Identifier: MIT */
/* Tables as people and as programs read them. */
#include "cli/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct sheet_column columns[] = {
	{"id", false, false}, {"n", true, false}, {"name", false, true}};

static void fill(struct sheet *sheet)
{
	sheet_init(sheet, columns, 3);
	sheet_add(sheet, "a");
	sheet_addf(sheet, "%d", 1);
	sheet_add(sheet, "short");
	sheet_add(sheet, "bbb");
	sheet_addf(sheet, "%d", 1000);
	sheet_add(sheet, "a \x1b[1m\"longer\", name");
	sheet_add(sheet, "c");
	sheet_add(sheet, NULL);
	sheet_add(sheet, NULL);
}

static void aligns_by_column(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct sheet sheet;

	(void)state;
	fill(&sheet);
	sheet_format_text(&sheet, 0, &out);
	assert_string_equal(out.data,
			    "ID      N  NAME\n"
			    "a       1  short\n"
			    "bbb  1000  a \xef\xbf\xbd[1m\"longer\", name\n"
			    "c\n");
	strbuf_release(&out);
	sheet_release(&sheet);
}

static void elastic_columns_give_way(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct sheet sheet;

	(void)state;
	fill(&sheet);
	sheet_format_text(&sheet, 21, &out);
	assert_non_null(
		strstr(out.data, "bbb  1000  a \xef\xbf\xbd[1m\"lo~\n"));
	/* nothing is cut that is not elastic, however narrow */
	strbuf_clear(&out);
	sheet_format_text(&sheet, 5, &out);
	assert_non_null(strstr(out.data, "bbb  1000  "));
	strbuf_release(&out);
	sheet_release(&sheet);
}

static void csv_keeps_text_as_it_is(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct sheet sheet;

	(void)state;
	fill(&sheet);
	sheet_format_csv(&sheet, &out);
	assert_string_equal(out.data,
			    "id,n,name\n"
			    "a,1,short\n"
			    "bbb,1000,\"a \x1b[1m\"\"longer\"\", name\"\n"
			    "c,,\n");
	strbuf_release(&out);
	sheet_release(&sheet);
}

static void wide_characters_take_two_columns(void **state)
{
	static const struct sheet_column two[] = {{"x", false, false},
						  {"y", false, false}};
	struct strbuf out = STRBUF_INIT;
	struct sheet sheet;

	(void)state;
	sheet_init(&sheet, two, 2);
	sheet_add(&sheet, "\xe6\xbc\xa2");
	sheet_add(&sheet, "1");
	sheet_add(&sheet, "ab");
	sheet_add(&sheet, "2");
	sheet_format_text(&sheet, 0, &out);
	assert_string_equal(out.data, "X   Y\n\xe6\xbc\xa2  1\nab  2\n");
	strbuf_release(&out);
	sheet_release(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_by_column),
		cmocka_unit_test(elastic_columns_give_way),
		cmocka_unit_test(csv_keeps_text_as_it_is),
		cmocka_unit_test(wide_characters_take_two_columns),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
