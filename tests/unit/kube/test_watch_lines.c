/* SPDX-License-Identifier: MIT */
/* Lines of watches and of logs, cut wherever one can cut; pages of lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/limit.h"
#include "engine/kube/list.h"
#include "engine/kube/log_lines.h"
#include "engine/kube/watch_lines.h"

#include <stdlib.h>
#include <string.h>

/* --- watches -------------------------------------------------------------- */

struct taken {
	struct strbuf text;
	int left; /* lines until no more are wanted; 0: all are */
};

static bool take(void *arg, const char *line, size_t len)
{
	struct taken *taken = arg;

	if (line)
		strbuf_addf(&taken->text, "<%.*s>", (int)len, line);
	else
		strbuf_adds(&taken->text, "<LONG>");
	return !taken->left || --taken->left;
}

static void feed(struct watch_lines *lines, const char *text, size_t step,
		 struct taken *taken)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		char *exact = xmalloc(n);
		bool more;

		memcpy(exact, text + at, n);
		more = watch_lines_feed(lines, exact, n, take, taken);
		free(exact);
		if (!more)
			return;
	}
}

static void test_lines_cut_anywhere(void **state)
{
	static const char text[] = "one\n\ntwelve chars\n13 characters\n"
				   "a line of more than that\nlast\npart";

	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		struct taken taken = {.text = STRBUF_INIT};
		struct watch_lines lines;

		watch_lines_init(&lines, 12);
		feed(&lines, text, step, &taken);
		assert_string_equal(taken.text.data, "<one><><twelve chars>"
						     "<LONG><LONG><last>");
		watch_lines_forget(&lines);
		feed(&lines, "new\n", step, &taken);
		assert_non_null(strstr(taken.text.data, "<last><new>"));
		watch_lines_release(&lines);
		strbuf_release(&taken.text);
	}
}

static void test_a_long_line_is_forgotten_too(void **state)
{
	struct taken taken = {.text = STRBUF_INIT};
	struct watch_lines lines;

	(void)state;
	watch_lines_init(&lines, 4);
	feed(&lines, "too long", 3, &taken);
	watch_lines_forget(&lines);
	feed(&lines, "ok\n", 3, &taken);
	assert_string_equal(taken.text.data, "<ok>");
	watch_lines_release(&lines);
	strbuf_release(&taken.text);
}

static void test_no_more_lines(void **state)
{
	struct taken taken = {.text = STRBUF_INIT, .left = 2};
	struct watch_lines lines;

	(void)state;
	watch_lines_init(&lines, 100);
	feed(&lines, "1\n2\n3\n", 100, &taken);
	assert_string_equal(taken.text.data, "<1><2>");
	watch_lines_release(&lines);
	strbuf_release(&taken.text);
}

/* --- logs ----------------------------------------------------------------- */

#define T1 "2026-11-24T23:53:38.603258037Z"
#define T2 "2026-11-24T23:53:38.603540489Z"
#define T3 "2026-11-25T01:53:38.603619677+02:00"

static bool take_log(void *arg, const struct log_line *line)
{
	struct taken *taken = arg;

	strbuf_addf(&taken->text, "<%s|", line->timestamp);
	if (line->len > 40)
		strbuf_addf(&taken->text, "%zu", line->len);
	else
		strbuf_add(&taken->text, line->text, line->len);
	strbuf_adds(&taken->text, line->is_part ? "|...>" : ">");
	return true;
}

static void feed_log(const char *text, size_t step, struct strbuf *ret)
{
	struct taken taken = {.text = STRBUF_INIT};
	struct log_lines lines;
	size_t len = strlen(text);

	log_lines_init(&lines);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		char *exact = xmalloc(n);

		memcpy(exact, text + at, n);
		assert_true(log_lines_feed(&lines, exact, n, take_log, &taken));
		free(exact);
	}
	log_lines_end(&lines, take_log, &taken);
	log_lines_release(&lines);
	*ret = taken.text;
}

static void test_log_lines(void **state)
{
	static const char text[] =
		T1 " one\n" T1 " \n" T2 "  two words\n"
		   "unable to say\n" T3 " three\n" T2 " no newline";
	struct strbuf told;

	(void)state;
	for (size_t step = 1; step <= sizeof(text); step++) {
		feed_log(text, step, &told);
		assert_string_equal(told.data,
				    "<" T1 "|one><" T1 "|><" T2
				    "| two words><|unable to say>"
				    "<" T3 "|three><" T2 "|no newline>");
		strbuf_release(&told);
	}
}

static void add_fragments(struct strbuf *text, size_t first,
			  const char *between)
{
	strbuf_adds(text, T1 " ");
	for (size_t i = 0; i < first; i++)
		strbuf_addch(text, 'x');
	strbuf_adds(text, between);
	strbuf_adds(text, "yyyy\n");
}

/* What one line becomes whose first fragment has so many bytes. */
static void test_fragments_are_joined(void **state)
{
	static const struct {
		size_t first;
		const char *between, *told;
	} cases[] = {
		{16384, T2 " ", "<" T1 "|16388>"},
		{8192, T2 " ", "<" T1 "|8196>"},
		{16384, T3 " ", "<" T1 "|16388>"},
		{16384, "", "<" T1 "|16388>"}, /* kubelets from 1.22 on */
		/* the program's own */
		{16383, T2 " ", "<" T1 "|16418>"},
		{16384, "2026-11-24T23:53:38.603258036Z ", "<" T1 "|16419>"},
		{16384, "2026-11-24T23:53:38.6032580Z ", "<" T1 "|16417>"},
		{16384, "2026-11-26T23:53:38.603258037Z ", "<" T1 "|16419>"},
		{0, T2 " ", "<" T1 "|" T2 " yyyy>"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static const size_t steps[] = {1, 7, 4096, 100000};
		struct strbuf text = STRBUF_INIT, told;

		add_fragments(&text, cases[i].first, cases[i].between);
		for (size_t k = 0; k < COUNT_OF(steps); k++) {
			feed_log(text.data, steps[k], &told);
			assert_string_equal(told.data, cases[i].told);
			strbuf_release(&told);
		}
		strbuf_release(&text);
	}
}

/* A line of 3 MiB in fragments: parts without a timestamp in them. */
static void test_long_lines_come_in_parts(void **state)
{
	struct strbuf text = STRBUF_INIT, told;
	size_t total = 0;
	int parts = 0;

	(void)state;
	for (int i = 0; i < 192; i++) {
		strbuf_adds(&text, T1 " ");
		for (int k = 0; k < 16384; k++)
			strbuf_addch(&text, 'x');
	}
	strbuf_adds(&text, "\n" T2 " next\n");
	feed_log(text.data, 16000, &told);
	for (const char *p = told.data; *p == '<' && p[32] != 'n';
	     p = strchr(p, '>') + 1) {
		total += strtoul(p + 32, NULL, 10);
		parts++;
	}
	assert_int_equal(total, 192 * 16384);
	assert_int_equal(parts, 3);
	assert_non_null(strstr(told.data, ">"
					  "<" T2 "|next>"));
	strbuf_release(&told);
	strbuf_release(&text);
}

/* --- lists ---------------------------------------------------------------- */

static bool take_object(void *arg, const cJSON *object)
{
	struct taken *taken = arg;
	const cJSON *name = cJSON_GetObjectItem(object, "n");

	strbuf_addf(&taken->text, "%d,", name ? name->valueint : -1);
	return !taken->left || --taken->left;
}

static bool read_list(const char *text, struct taken *taken,
		      struct kube_list *list, struct error *err)
{
	size_t len = strlen(text);
	char *exact = xmalloc(len);
	bool ok;

	memcpy(exact, text, len);
	*list = (struct kube_list){
		.object = take_object, .arg = taken, .object_max = 20};
	ok = kube_list_read(list, exact, len, err);
	free(exact);
	return ok;
}

static void test_lists(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":"
		 "\"7\"},\"items\":[{\"n\":1},{\"n\":2}]}\n",
		 "1,2,"},
		{" { \"items\" : [ {\"n\":1} , {\"n\":2} ] , \"x\":[{}],"
		 "\"metadata\" : {\"resourceVersion\":\"7\"} }",
		 "1,2,"},
		{"{\"items\":null,\"y\":-1.5,\"z\":\"a\\\"]\","
		 "\"metadata\":{\"resourceVersion\":\"7\"}}",
		 ""},
		{"{\"items\":[],\"metadata\":{\"resourceVersion\":\"7\"}}", ""},
		/* too large, and not an object: passed over */
		{"{\"items\":[{\"n\":1},{\"a\":\"0123456789012345\"},7,"
		 "{\"n\":4}],\"metadata\":{\"resourceVersion\":\"7\"}}",
		 "1,4,"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct taken taken = {.text = STRBUF_INIT};
		struct kube_list list;
		struct error err;

		if (!read_list(cases[i].text, &taken, &list, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(taken.text.data, cases[i].told);
		assert_string_equal(list.version, "7");
		assert_int_equal(list.skipped, i == 4 ? 2 : 0);
		assert_null(list.token);
		strbuf_release(&taken.text);
	}
}

static void test_list_tokens(void **state)
{
	struct taken taken = {.text = STRBUF_INIT, .left = 1};
	struct kube_list list;
	struct error err;

	(void)state;
	assert_true(read_list("{\"metadata\":{\"resourceVersion\":\"7\","
			      "\"continue\":\"abc=\"},\"items\":[]}",
			      &taken, &list, &err));
	assert_string_equal(list.token, "abc=");
	free(list.token);
	assert_false(read_list("{\"metadata\":{\"resourceVersion\":\"7\"},"
			       "\"items\":[{\"n\":1},{\"n\":2}]}",
			       &taken, &list, &err));
	assert_int_equal(err.code, ERROR_CANCELED);
	assert_string_equal(taken.text.data, "1,");
	strbuf_release(&taken.text);
}

/* Every beginning of a list is not a list. */
static void test_lists_that_are_none(void **state)
{
	static const char whole[] =
		"{\"kind\":\"L\",\"metadata\":{\"resourceVersion\":\"7\"},"
		"\"items\":[{\"n\":1},{\"n\":2}]}";
	static const char *const texts[] = {
		"",
		"[]",
		"<html>",
		"{}",
		"{\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"7\"}}",
		"{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
		"{\"metadata\":\"x\",\"items\":[]}",
		"{\"items\":[{\"n\":1}{\"n\":2}],\"metadata\":{"
		"\"resourceVersion\":\"7\"}}",
		"{\"items\":[,],\"metadata\":{\"resourceVersion\":\"7\"}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts) + sizeof(whole) - 1; i++) {
		struct taken taken = {.text = STRBUF_INIT};
		struct kube_list list;
		struct error err = {0};
		char text[sizeof(whole)] = "";

		if (i >= COUNT_OF(texts))
			memcpy(text, whole, i - COUNT_OF(texts));
		if (read_list(i < COUNT_OF(texts) ? texts[i] : text, &taken,
			      &list, &err))
			fail_msg("%s", i < COUNT_OF(texts) ? texts[i] : text);
		assert_int_equal(err.code, ERROR_INVALID);
		free(list.token);
		strbuf_release(&taken.text);
	}
}

/* --- the rate limit ------------------------------------------------------- */

#define MS 1000000LL

static void test_limit(void **state)
{
	struct limit limit;

	(void)state;
	limit_init(&limit, 10, 2, 0);
	assert_int_equal(limit_take(&limit, 0), 0);
	assert_int_equal(limit_take(&limit, 0), 0);
	assert_in_range(limit_take(&limit, 0), 100 * MS, 100 * MS + 1);
	assert_in_range(limit_take(&limit, 60 * MS), 40 * MS - 1, 40 * MS + 1);
	assert_int_equal(limit_take(&limit, 101 * MS), 0);
	/* no more than the burst is saved up */
	assert_int_equal(limit_take(&limit, 5000 * MS), 0);
	assert_int_equal(limit_take(&limit, 5000 * MS), 0);
	assert_true(limit_take(&limit, 5000 * MS) > 0);
	limit_pause(&limit, 7000 * MS);
	limit_pause(&limit, 6500 * MS);
	assert_int_equal(limit_take(&limit, 6000 * MS), 1000 * MS);
	assert_int_equal(limit_take(&limit, 7000 * MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_cut_anywhere),
		cmocka_unit_test(test_a_long_line_is_forgotten_too),
		cmocka_unit_test(test_no_more_lines),
		cmocka_unit_test(test_log_lines),
		cmocka_unit_test(test_fragments_are_joined),
		cmocka_unit_test(test_long_lines_come_in_parts),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_tokens),
		cmocka_unit_test(test_lists_that_are_none),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("kube lines", tests, NULL, NULL);
}
