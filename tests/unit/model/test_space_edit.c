/* SPDX-License-Identifier: MIT */
/* Points of a search space as texts: what fits, and the JSON that comes of it.
 */
#include "model/space_edit.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char json[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.0001,0.1]},"
	"\"n\":{\"_type\":\"randint\",\"_value\":[1,8]},"
	"\"opt\":{\"_type\":\"choice\",\"_value\":[\"adam\",1,[2,3]]},"
	"\"layer\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"conv\","
	"\"k\":{\"_type\":\"quniform\",\"_value\":[0,10,2]}},"
	"{\"_name\":\"none\"}]},"
	"\"w\":{\"_type\":\"normal\",\"_value\":[0,1]}}";

enum { LR, N, OPT, LAYER, K, W };

static struct space *make(void)
{
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s", err.text);
	assert_int_equal(space->count, 6);
	return space;
}

static void texts_are_judged(void **state)
{
	static const struct {
		size_t at;
		const char *text;
		enum space_fit fit;
	} rows[] = {
		{LR, "0.01", SPACE_FITS},    {LR, "1e-3", SPACE_FITS},
		{LR, "0.5", SPACE_OUTSIDE},  {LR, "", SPACE_WRONG},
		{LR, "0x1p-7", SPACE_WRONG}, {LR, "nan", SPACE_WRONG},
		{LR, "1e999", SPACE_WRONG},  {LR, " 0.01", SPACE_WRONG},
		{LR, "0.01x", SPACE_WRONG},  {N, "7", SPACE_FITS},
		{N, "8", SPACE_OUTSIDE},     {N, "2.5", SPACE_WRONG},
		{OPT, "adam", SPACE_FITS},   {OPT, "\"adam\"", SPACE_FITS},
		{OPT, "1", SPACE_FITS},	     {OPT, "[2,3]", SPACE_FITS},
		{OPT, "sgd", SPACE_OUTSIDE}, {OPT, "", SPACE_WRONG},
		{LAYER, "none", SPACE_FITS}, {LAYER, "dense", SPACE_WRONG},
		{W, "-700", SPACE_FITS},
	};
	struct space *space = make();
	char why[100];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum space_fit fit = space_check_text(
			space, rows[i].at, rows[i].text, why, sizeof(why));

		if (fit != rows[i].fit)
			fail_msg("%zu \"%s\": %d %s", rows[i].at, rows[i].text,
				 fit, why);
		assert_true((fit == SPACE_FITS) == !*why);
	}
	space_free(space);
}

static void expect_json(const char *const *texts, const char *extra,
			const char *wanted)
{
	struct space *space = make();
	struct error err;
	char *text = space_build(space, texts, extra, &err);

	if (!text)
		fail_msg("%s", err.text);
	assert_string_equal(text, wanted);
	free(text);
	space_free(space);
}

static void json_comes_of_them(void **state)
{
	const char *texts[] = {"1e-3", "7", "adam", "conv", "4", "0.5"};
	struct space *space = make();
	struct error err;

	(void)state;
	expect_json(texts, NULL,
		    "{\"lr\":1e-3,\"n\":7,\"opt\":\"adam\",\"layer\":"
		    "{\"_name\":\"conv\",\"k\":4},\"w\":0.5}");
	/* what the option does not have is left out; what is beside stays */
	texts[LAYER] = "none";
	texts[OPT] = "[2,3]";
	texts[LR] = ".5";
	expect_json(texts, "{\"lr\":7,\"TRIAL_BUDGET\":3}",
		    "{\"lr\":0.5,\"n\":7,\"opt\":[2,3],\"layer\":"
		    "{\"_name\":\"none\"},\"w\":0.5,\"TRIAL_BUDGET\":3}");
	texts[OPT] = "s\"gd\x01";
	expect_json(texts, "no JSON",
		    "{\"lr\":0.5,\"n\":7,\"opt\":\"s\\\"gd\\u0001\","
		    "\"layer\":{\"_name\":\"none\"},\"w\":0.5}");
	texts[N] = "many";
	assert_null(space_build(space, texts, NULL, &err));
	assert_string_equal(err.text, "n: a number is needed");
	space_free(space);
}

static void defaults_fit(void **state)
{
	struct space *space = make();
	char why[100];

	(void)state;
	for (size_t i = 0; i < space->count; i++) {
		struct strbuf text = STRBUF_INIT, about = STRBUF_INIT;

		space_default_text(&space->parameters[i], &text);
		space_describe(&space->parameters[i], &about);
		assert_int_equal(
			space_check_text(space, i, text.data, why, sizeof(why)),
			SPACE_FITS);
		assert_true(about.len > 0);
		strbuf_release(&text);
		strbuf_release(&about);
	}
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_judged),
		cmocka_unit_test(json_comes_of_them),
		cmocka_unit_test(defaults_fit),
	};

	return cmocka_run_group_tests_name("space_edit", tests, NULL, NULL);
}
