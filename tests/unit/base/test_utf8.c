/* SPDX-License-Identifier: MIT */
/* Widths, cutting, and what hostile text turns into. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void measures_columns(void **state)
{
	(void)state;
	assert_int_equal(utf8_width("abc", 3), 3);
	assert_int_equal(utf8_width("\xE6\xBC\xA2", 3), 2); /* a wide one */
	assert_int_equal(utf8_width("e\xCC\x81", 3), 1);    /* combining */
}

static void cuts_between_points(void **state)
{
	int cols;

	(void)state;
	assert_int_equal(utf8_prefix("a\xE6\xBC\xA2", 4, 2, &cols), 1);
	assert_int_equal(cols, 1);
}

static void sanitises_what_terminals_obey(void **state)
{
	/* ESC, raw C1, encoded C1, stray byte, tab, bidi override */
	static const char hostile[] =
		"a\x1b[2Jb\x9b\xc2\x9b\xff\tc\xe2\x80\xae";
	struct strbuf out = STRBUF_INIT;

	(void)state;
	utf8_sanitize(&out, hostile, strlen(hostile), true);
	assert_string_equal(out.data, "a?[2Jb??? c?");
	strbuf_clear(&out);
	utf8_sanitize(&out, hostile, strlen(hostile), false);
	assert_null(strchr(out.data, 0x1b));
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_columns),
		cmocka_unit_test(cuts_between_points),
		cmocka_unit_test(sanitises_what_terminals_obey),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
