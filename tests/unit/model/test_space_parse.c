/* SPDX-License-Identifier: MIT */
/* What a search space may say, and how it is told that it may not. */
#include "model/space.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_refused(const char *json, const char *text,
			   const char *where)
{
	struct strbuf path = STRBUF_INIT;
	struct space *space = NULL;
	struct error err = {0};

	assert_false(space_parse(json, &space, &path, &err));
	assert_null(space);
	assert_string_equal(err.text, text);
	assert_string_equal(path.data, where);
	assert_false(space_parse(json, &space, NULL, &err));
	strbuf_release(&path);
}

/* One parameter "x" with this type and value. */
static void assert_value_refused(const char *type, const char *value,
				 const char *text, const char *where)
{
	char *json = xasprintf("{\"x\":{\"_type\":\"%s\",\"_value\":%s}}", type,
			       value);
	char *full = xasprintf("search space \"x\" %s", text);

	assert_refused(json, full, where);
	free(json);
	free(full);
}

static void refuses_what_is_no_space(void **state)
{
	(void)state;
	assert_refused("", "search space: line 1, column 1: not valid JSON",
		       "");
	assert_refused("{\"x\":\n 1 2}",
		       "search space: line 2, column 4: not valid JSON", "");
	assert_refused("{} {}",
		       "search space: line 1, column 4: not valid JSON", "");
	assert_refused("[1]", "search space is a list, expect an object", "");
	assert_refused("{}", "search space is empty", "");
	assert_refused("{\"x\":[NaN]}",
		       "search space: line 1, column 7: not valid JSON", "");
	assert_refused("{\"x\":1e999}",
		       "search space: line 1, column 6: a number that is not "
		       "finite",
		       "");
	assert_refused("{\"x\":01}",
		       "search space: line 1, column 6: not a valid number",
		       "");
	assert_refused("{\"x\":\"\xff\"}",
		       "search space: line 1, column 7: invalid UTF-8", "");
	assert_refused("{\"x\":\"\\u0000\"}",
		       "search space: line 1, column 7: a NUL character in a "
		       "string",
		       "");
}

static void refuses_malformed_parameters(void **state)
{
	(void)state;
	assert_refused("{\"lr\":3}",
		       "search space \"lr\" is a number, expect an object with "
		       "\"_type\" and \"_value\"",
		       "lr");
	assert_refused("{\"lr\":{\"_type\":\"uniform\"}}",
		       "search space \"lr\" does not have \"_value\"", "lr");
	assert_refused("{\"lr\":{\"_value\":[1,2]}}",
		       "search space \"lr\" does not have \"_type\"", "lr");
	assert_refused("{\"lr\":{\"_type\":\"uniform\",\"_vlaue\":[1,2]}}",
		       "search space \"lr\" has an unknown member \"_vlaue\", "
		       "did you mean \"_value\"?",
		       "lr/_vlaue");
	assert_refused("{\"lr\":{\"_type\":\"logunifrom\",\"_value\":[1,2]}}",
		       "search space \"lr\" has unsupported type "
		       "\"logunifrom\", did you mean \"loguniform\"?",
		       "lr/_type");
	assert_refused("{\"lr\":{\"_type\":7,\"_value\":[1,2]}}",
		       "search space \"lr\" has unsupported type \"a number\"",
		       "lr/_type");
	assert_refused("{\"lr\":{\"_type\":\"uniform\",\"_value\":3}}",
		       "search space \"lr\" (uniform) has a number as value, "
		       "expect a list",
		       "lr/_value");
	assert_refused("{\"\":{\"_type\":\"uniform\",\"_value\":[1,2]}}",
		       "search space \"\" has an empty name", "");
	assert_refused("{\"a\":{\"_type\":\"choice\",\"_value\":[1]},"
		       "\"a\":{\"_type\":\"choice\",\"_value\":[2]}}",
		       "search space \"a\" is defined twice", "a");
	assert_refused("{\"a\":{\"_type\":\"choice\",\"_type\":\"choice\"}}",
		       "search space \"a\" has \"_type\" twice", "a/_type");
}

static void refuses_impossible_ranges(void **state)
{
	(void)state;
	assert_value_refused("uniform", "[1]",
			     "(uniform) must have 2 values, not 1", "x/_value");
	assert_value_refused("quniform", "[1,2]",
			     "(quniform) must have 3 values, not 2",
			     "x/_value");
	assert_value_refused("uniform", "[1,\"2\"]",
			     "(uniform) must have number values, not a string",
			     "x/_value/1");
	assert_value_refused("uniform", "[2,2]",
			     "(uniform) must have high > low", "x/_value");
	assert_value_refused("loguniform", "[0,1]",
			     "(loguniform) must have low > 0", "x/_value/0");
	assert_value_refused("quniform", "[1,2,0]",
			     "(quniform) must have q > 0", "x/_value/2");
	assert_value_refused("qlognormal", "[1,0,1]",
			     "(qlognormal) must have sigma > 0", "x/_value/1");
	assert_value_refused("uniform", "[-1.7e308,1.7e308]",
			     "(uniform) has a range too wide for a number",
			     "x/_value");
	assert_value_refused("randint", "[3,3]",
			     "(randint) must have high > low", "x/_value");
	assert_value_refused("randint", "[2.1,2.9]",
			     "(randint) must have high > low", "x/_value");
	assert_value_refused("randint", "[0,1e17]",
			     "(randint) must have values below 2^53",
			     "x/_value");
}

static void refuses_impossible_choices(void **state)
{
	(void)state;
	assert_value_refused("choice", "[]",
			     "(choice) must have at least one option",
			     "x/_value");
	assert_value_refused("choice", "[{\"_name\":\"a\"},2]",
			     "(choice) has some options with \"_name\" and "
			     "some without: all of them or none",
			     "x/_value");
	assert_value_refused("choice", "[{\"_name\":\"a\"},{\"_name\":2}]",
			     "(choice) has an option whose \"_name\" is not a "
			     "string",
			     "x/_value/1");
	assert_value_refused("choice", "[{\"_name\":\"a\"},{\"_name\":\"a\"}]",
			     "(choice) has two options named \"a\"",
			     "x/_value");
	assert_refused("{\"x\":{\"_type\":\"choice\",\"_value\":[{\"_name\":"
		       "\"a\",\"k\":{\"_type\":\"uniform\",\"_value\":[2,1]}}"
		       "]}}",
		       "search space \"x.k\" (uniform) must have high > low",
		       "x/_value/0/k/_value");
}

/* Text of a choice nested `depth` deep. */
static char *nest(int depth)
{
	struct strbuf json = STRBUF_INIT;

	for (int i = 1; i < depth; i++)
		strbuf_adds(&json,
			    "{\"_name\":\"o\",\"x\":{\"_type\":\"choice\","
			    "\"_value\":[");
	strbuf_adds(&json, "{\"_name\":\"o\",\"x\":{\"_type\":\"choice\","
			   "\"_value\":[1");
	for (int i = 0; i < depth; i++)
		strbuf_adds(&json, "]}}");
	/* the outermost object is no option */
	strbuf_consume(&json, strlen("{\"_name\":\"o\","));
	json.data = xrealloc(json.data, json.len + 2);
	json.capacity = json.len + 2;
	memmove(json.data + 1, json.data, json.len + 1);
	json.data[0] = '{';
	json.len++;
	return strbuf_detach(&json);
}

static void bounds_size_and_depth(void **state)
{
	struct strbuf json = STRBUF_INIT;
	struct space *space;
	struct error err;
	char *text = nest(SPACE_DEPTH_MAX);

	(void)state;
	assert_true(space_parse(text, &space, NULL, &err));
	assert_int_equal(space->count, SPACE_DEPTH_MAX);
	space_free(space);
	free(text);
	text = nest(SPACE_DEPTH_MAX + 1);
	assert_false(space_parse(text, &space, NULL, &err));
	assert_non_null(strstr(err.text, "deeper than 16 levels"));
	free(text);

	for (int extra = 0; extra < 2; extra++) {
		strbuf_clear(&json);
		for (int i = 0; i < SPACE_PARAMETERS_MAX + extra; i++)
			strbuf_addf(&json,
				    "%s\"p%d\":{\"_type\":\"choice\","
				    "\"_value\":[1]}",
				    i ? "," : "{", i);
		strbuf_adds(&json, "}");
		assert_int_equal(space_parse(json.data, &space, NULL, &err),
				 !extra);
		if (!extra)
			space_free(space);
	}
	assert_string_equal(err.text,
			    "search space has more than 1000 parameters");

	for (int extra = 0; extra < 2; extra++) {
		strbuf_clear(&json);
		strbuf_adds(&json,
			    "{\"x\":{\"_type\":\"choice\",\"_value\":[0");
		for (int i = 1; i < SPACE_OPTIONS_MAX + extra; i++)
			strbuf_addf(&json, ",%d", i);
		strbuf_adds(&json, "]}}");
		assert_int_equal(space_parse(json.data, &space, NULL, &err),
				 !extra);
		if (!extra)
			space_free(space);
	}
	assert_non_null(strstr(err.text, "more than 100000 options"));

	/* brackets without end must not eat the stack */
	strbuf_clear(&json);
	for (int i = 0; i < 1000000; i++)
		strbuf_addch(&json, '[');
	assert_false(space_parse(json.data, &space, NULL, &err));
	strbuf_release(&json);
}

static void keeps_options_as_they_are(void **state)
{
	static const char json[] =
		"{ \"x\": {\"_value\": [1, 1.0, 1e3, -0, 12345678901234567890,"
		" \"a\\\"\", [64, 32], {\"k\": 0.50}, true, null],"
		" \"_type\": \"choice\"} }";
	static const char *const texts[] = {"1",
					    "1.0",
					    "1000.0",
					    "0",
					    "12345678901234567890",
					    "\"a\\\"\"",
					    "[64,32]",
					    "{\"k\":0.5}",
					    "true",
					    "null"};
	struct space *space;
	struct error err;

	(void)state;
	assert_true(space_parse(json, &space, NULL, &err));
	assert_int_equal(space->parameters[0].option_count, COUNT_OF(texts));
	assert_false(space->parameters[0].is_nested);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_string_equal(space->parameters[0].options[i].json,
				    texts[i]);
	assert_string_equal(space->parameters[0].options[5].name, "a\"");
	assert_string_equal(space->parameters[0].options[1].name, "1.0");
	assert_string_equal(
		space->json,
		"{\"x\":{\"_value\":[1,1.0,1000.0,0,12345678901234567890,"
		"\"a\\\"\",[64,32],{\"k\":0.5},true,null],"
		"\"_type\":\"choice\"}}");
	space_free(space);
}

static void knows_all_kinds(void **state)
{
	enum parameter_kind kind;

	(void)state;
	for (int i = 0; i < PARAMETER_KIND_COUNT; i++) {
		const char *name = parameter_kind_name((enum parameter_kind)i);

		assert_true(parameter_kind_parse(name, &kind));
		assert_int_equal(kind, i);
	}
	assert_false(parameter_kind_parse("Uniform", &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_no_space),
		cmocka_unit_test(refuses_malformed_parameters),
		cmocka_unit_test(refuses_impossible_ranges),
		cmocka_unit_test(refuses_impossible_choices),
		cmocka_unit_test(bounds_size_and_depth),
		cmocka_unit_test(keeps_options_as_they_are),
		cmocka_unit_test(knows_all_kinds),
	};

	return cmocka_run_group_tests_name("space_parse", tests, NULL, NULL);
}
