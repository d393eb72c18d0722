/* SPDX-License-Identifier: MIT */
/* What hostile and merely chatty lines of output turn into. */
#include "tui/log_clean.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xEF\xBF\xBD" /* what utf8_sanitize puts for a control */

static void cleans_lines(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"plain", "plain"},
		{"", ""},
		/* colours, cursor movements, private modes */
		{"\x1b[1;31mred\x1b[0m", "red"},
		{"\x1b[2J\x1b[10;20Hx\x1b[?1049hy\x1b[>4;2mz", "xyz"},
		{"a\x1b[38:2::255:0:0mb", "ab"},
		/* the same as C1 controls */
		{"a\xC2\x9B"
		 "31mb\xC2\x9D"
		 "0;title\x07"
		 "c",
		 "abc"},
		/* titles, clipboard, device control, with either end */
		{"\x1b]0;title\x07"
		 "a\x1b]52;c;aGk=\x1b\\b",
		 "ab"},
		{"\x1bPq#0;1;2\x1b\\x\x1b_Gi=1;AAAA\x1b\\y", "xy"},
		/* without an end: only the introducer is left out */
		{"a\x1b]0;never ends", "a0;never ends"},
		{"a\x1bPnor this", "anor this"},
		/* charsets, keypad, reset, cut short */
		{"\x1b(0a\x1b=b\x1b"
		 "cd\x1b",
		 "abd"},
		{"a\x1b[31", "a"},
		{"a\x1b[3\x01"
		 "b",
		 "a" BAD "b"},
		/* progress bars */
		{" 10%\r 50%\r100%", "100%"},
		{" 10%\r 50%\r100%\r", "100%"},
		{"dos\r", "dos"},
		{"\r\r\r", ""},
		{"50%\r\x1b[K", ""},
		{"1/2\b\b\b2/2", "2/2"},
		{"a\b\b\bb", "b"},
		{"\xE6\xBC\xA2\b!", "!"},
		/* tabs */
		{"\ta", "        a"},
		{"ab\tc", "ab      c"},
		{"12345678\tc", "12345678        c"},
		{"\xE6\xBC\xA2\tc", "\xE6\xBC\xA2      c"},
		/* combining: not first, not many, no joiners */
		{"\xCC\x81"
		 "e\xCC\x81",
		 "e\xCC\x81"},
		{"e\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81"
		 "x",
		 "e\xCC\x81\xCC\x81\xCC\x81"
		 "x"},
		{"a\xE2\x80\x8D"
		 "b\xEF\xB8\x8F",
		 "ab"},
		/* the rest is made safe */
		{"\x07"
		 "bell\x7f",
		 BAD "bell" BAD},
		{"\xff\xfe", BAD BAD},
		{"\xE2\x80\xAE"
		 "evil",
		 BAD "evil"},
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		strbuf_clear(&out);
		log_clean(&out, cases[i].line, strlen(cases[i].line), false);
		assert_string_equal(out.data, cases[i].text);
	}
	strbuf_clear(&out);
	log_clean(&out,
		  "\xE6\xBC\xA2"
		  "e\xCC\x81\x01",
		  7, true);
	assert_string_equal(out.data, "?e?");
	strbuf_release(&out);
}

/* NUL is a byte like any other, and appending leaves what is there alone. */
static void appends(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	strbuf_adds(&out, "keep");
	log_clean(&out, "\b\ba\0b", 5, false);
	assert_string_equal(out.data, "keepa" BAD "b");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_lines),
		cmocka_unit_test(appends),
	};

	return cmocka_run_group_tests_name("log_clean", tests, NULL, NULL);
}
