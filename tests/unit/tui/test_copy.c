/* SPDX-License-Identifier: MIT */
/* What is copied, and how it reaches the terminal. */
#include "base/mem.h"
#include "tui/copy.h"
#include "tui/sequences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parameters_in_every_form(void **state)
{
	static const struct {
		const char *json, *yaml, *flags;
	} cases[] = {
		{"{\"lr\": 0.010000000000000002, \"m\": 3}",
		 "lr: 0.010000000000000002\nm: 3\n",
		 "--lr=0.010000000000000002 --m=3"},
		{"{\"a\":{\"_name\":\"conv\",\"k\":[1,2]},\"b\":true}",
		 "a:\n  _name: conv\n  k: [1,2]\nb: true\n",
		 "--a._name=conv '--a.k=[1,2]' --b=true"},
		{"{\"s\":\"yes\",\"t\":\"1e5\",\"u\":\"\",\"v\":\"a b\"}",
		 "s: \"yes\"\nt: \"1e5\"\nu: \"\"\nv: \"a b\"\n",
		 "--s=yes --t=1e5 --u= '--v=a b'"},
		{"{\"k\":\"it's; $(rm) `x`\\n\"}",
		 "k: \"it's; $(rm) `x`\\n\"\n", "'--k=it'\\''s; $(rm) `x`\n'"},
		{"{\"no\":null,\"a: b\":{}}", "\"no\": null\n\"a: b\": {}\n",
		 "--no=null '--a: b={}'"},
		{"{}", "", ""},
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(cases); i++) {
		struct strbuf out = STRBUF_INIT;

		assert_true(
			copy_parameters(&out, cases[i].json, COPY_JSON, &err));
		assert_string_equal(out.data, cases[i].json);
		strbuf_clear(&out);
		assert_true(
			copy_parameters(&out, cases[i].json, COPY_YAML, &err));
		assert_string_equal(out.data, cases[i].yaml);
		strbuf_clear(&out);
		assert_true(
			copy_parameters(&out, cases[i].json, COPY_FLAGS, &err));
		assert_string_equal(out.data, cases[i].flags);
		strbuf_release(&out);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = {NULL, "", "[1]", "{\"a\":", "3"};
	struct strbuf out = STRBUF_INIT;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(texts); i++) {
		assert_false(copy_parameters(&out, texts[i], COPY_YAML, &err));
		assert_int_equal(out.len, 0);
	}
}

static void kubectl_lines(void **state)
{
	char platform[] = "kubernetes", local[] = "local", job[] = "nni-x-1";
	char config[] = "{\"trainingService\":{\"namespace\":\"ml\","
			"\"context\":\"my cluster\",\"kind\":\"pytorchjob\"}}";
	struct experiment experiment = {.platform = platform, .config = config};
	struct trial trial = {
		.sequence = 3, .attempt = 2, .state = TRIAL_RUNNING};
	struct attempt attempt = {.job = job};
	struct trial_place place = {.attempt = 2, .pod = "pod-1"};
	struct strbuf out = STRBUF_INIT;
	struct error err;

	(void)state;
	assert_true(copy_kubectl(&out, &experiment, &trial, &attempt, &place,
				 &err));
	assert_string_equal(out.data, "kubectl --context 'my cluster' -n ml "
				      "exec -it pod-1 -- sh");
	strbuf_clear(&out);
	trial.state = TRIAL_FAILED;
	assert_true(copy_kubectl(&out, &experiment, &trial, &attempt, &place,
				 &err));
	assert_string_equal(out.data, "kubectl --context 'my cluster' -n ml "
				      "describe pytorchjobs nni-x-1");
	strbuf_clear(&out);
	place.attempt = 1; /* of an attempt before */
	trial.state = TRIAL_RUNNING;
	experiment.config = NULL;
	assert_true(copy_kubectl(&out, &experiment, &trial, &attempt, &place,
				 &err));
	assert_string_equal(out.data, "kubectl describe jobs nni-x-1");
	strbuf_clear(&out);
	assert_false(copy_kubectl(&out, &experiment, &trial, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "#3 has not been submitted"));
	experiment.platform = local;
	assert_false(copy_kubectl(&out, &experiment, &trial, &attempt, &place,
				  &err));
	assert_non_null(strstr(err.text, "no kubectl line"));
	strbuf_release(&out);
}

static void the_clipboard_through_anything(void **state)
{
	struct strbuf out = STRBUF_INIT;
	char *text = xmalloc(sequences_copy_most() + 2);
	size_t len = sequences_copy_most(), i, pieces = 0;
	char *at;

	(void)state;
	assert_true(sequences_add_copy(&out, "hello", 5, THROUGH_NOTHING));
	assert_string_equal(out.data, "\033]52;c;aGVsbG8=\a");
	strbuf_clear(&out);
	assert_true(sequences_add_copy(&out, "hell", 4, THROUGH_TMUX));
	assert_string_equal(out.data,
			    "\033]52;c;aGVsbA==\a"
			    "\033Ptmux;\033\033]52;c;aGVsbA==\a\033\\");
	strbuf_clear(&out);
	assert_true(sequences_add_copy(&out, "hel", 3, THROUGH_SCREEN));
	assert_string_equal(out.data, "\033P\033]52;c;aGVs\a\033\\");
	strbuf_clear(&out);
	memset(text, 'x', len + 1);
	assert_true(sequences_add_copy(&out, text, len, THROUGH_SCREEN));
	for (i = 0, at = out.data; i + 1 < out.len; i++) {
		if (memcmp(out.data + i, "\033P", 2) == 0)
			at = out.data + i;
		if (memcmp(out.data + i, "\033\\", 2) == 0) {
			assert_true(out.data + i - at <= 512);
			pieces++;
		}
	}
	assert_true(pieces > 100);
	strbuf_clear(&out);
	assert_false(sequences_add_copy(&out, text, len + 1, THROUGH_NOTHING));
	assert_int_equal(out.len, 0);
	strbuf_release(&out);
	free(text);
}

static void what_stands_between_is_found(void **state)
{
	(void)state;
	unsetenv("TMUX");
	unsetenv("STY");
	setenv("TERM", "xterm-256color", 1);
	assert_int_equal(sequences_found(), THROUGH_NOTHING);
	setenv("TERM", "screen.xterm-256color", 1);
	assert_int_equal(sequences_found(), THROUGH_SCREEN);
	setenv("TMUX", "/tmp/tmux,1,0", 1);
	assert_int_equal(sequences_found(), THROUGH_TMUX);
	unsetenv("TMUX");
	setenv("TERM", "xterm-kitty", 1);
	assert_true(sequences_has_links());
	setenv("STY", "1.pts", 1);
	assert_int_equal(sequences_found(), THROUGH_SCREEN);
	assert_false(sequences_has_links());
	unsetenv("STY");
}

static void notices_and_links_are_tame(void **state)
{
	struct strbuf out = STRBUF_INIT;
	char *url = xmalloc(3000);

	(void)state;
	sequences_add_notice(&out, "a\033]0;x\a\nb", THROUGH_NOTHING);
	assert_string_equal(out.data, "\033]9;a]0;xb\a");
	strbuf_clear(&out);
	assert_true(sequences_add_link(&out, "https://a/b?c=%20"));
	sequences_end_link(&out);
	assert_string_equal(out.data, "\033]8;;https://a/b?c=%20\033\\"
				      "\033]8;;\033\\");
	strbuf_clear(&out);
	assert_false(sequences_add_link(&out, "https://a/\033]0;x\a"));
	assert_false(sequences_add_link(&out, "https://a b"));
	assert_false(sequences_add_link(&out, "https://\xc3\xa9"));
	assert_false(sequences_add_link(&out, ""));
	memset(url, 'a', 2999);
	url[2999] = '\0';
	assert_false(sequences_add_link(&out, url));
	assert_int_equal(out.len, 0);
	free(url);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_in_every_form),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(kubectl_lines),
		cmocka_unit_test(the_clipboard_through_anything),
		cmocka_unit_test(what_stands_between_is_found),
		cmocka_unit_test(notices_and_links_are_tame),
	};

	return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
