/* SPDX-License-Identifier: MIT */
/* Conditions in Katib's and in Argo's way, judged on objects. */
#include "engine/kind/condition.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct condition *parse(const char *text, enum condition_use use)
{
	struct error err = {0};
	struct condition *condition = condition_parse(text, use, &err);

	if (!condition)
		fail_msg("%s: %s", text, err.text);
	return condition;
}

static bool judge(const char *text, enum condition_use use, const char *json,
		  struct condition_found *found)
{
	struct condition *condition = parse(text, use);
	cJSON *object = cJSON_Parse(json);
	bool holds;

	assert_non_null(object);
	holds = condition_holds(condition, object, found);
	cJSON_Delete(object);
	condition_free(condition);
	return holds;
}

static void expect(const char *text, const char *json, bool holds)
{
	if (judge(text, CONDITION_SUCCESS, json, NULL) != holds)
		fail_msg("%s %s of %s", text, holds ? "does not hold" : "holds",
			 json);
}

/* --- Katib's ------------------------------------------------------------ */

#define COMPLETE "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#"
#define FAILED "status.conditions.#(type==\"Failed\")#|#(status==\"True\")#"
#define SUCCEEDED                                                              \
	"status.conditions.#(type==\"Succeeded\")#|#(status==\"True\")#"

static void knows_the_defaults(void **state)
{
	static const char done[] =
		"{\"status\":{\"conditions\":["
		"{\"type\":\"Complete\",\"status\":\"True\"},"
		"{\"type\":\"Failed\",\"status\":\"False\"}]}}";
	static const char failed[] =
		"{\"status\":{\"conditions\":["
		"{\"type\":\"Created\",\"status\":\"True\"},"
		"{\"type\":\"Failed\",\"status\":\"True\",\"reason\":"
		"\"BackoffLimitExceeded\",\"message\":\"too often\","
		"\"lastTransitionTime\":\"2024-01-02T03:04:05Z\"}]}}";
	static const char succeeded[] =
		"{\"status\":{\"conditions\":["
		"{\"type\":\"Succeeded\",\"status\":\"True\"}]}}";
	struct condition_found found;

	(void)state;
	expect(COMPLETE, done, true);
	expect(FAILED, done, false);
	expect(SUCCEEDED, done, false);
	expect(SUCCEEDED, succeeded, true);
	expect(COMPLETE, "{\"status\":{}}", false);
	expect(COMPLETE, "{}", false);
	expect(COMPLETE, "{\"status\":{\"conditions\":{}}}", false);
	assert_true(judge(FAILED, CONDITION_FAILURE, failed, &found));
	assert_string_equal(found.reason, "BackoffLimitExceeded");
	assert_string_equal(found.message, "too often");
	assert_string_equal(found.time, "2024-01-02T03:04:05Z");
	assert_false(judge(FAILED, CONDITION_FAILURE, done, &found));
	assert_string_equal(found.reason, "");
}

/* Objects are no lists; [@this] makes one of one. */
static void knows_other_engines(void **state)
{
	static const char framework[] =
		"{\"status\":{\"state\":\"Completed\",\"attemptStatus\":{"
		"\"completionStatus\":{\"type\":{\"name\":\"Succeeded\"}}}}}";

	(void)state;
	expect("status.[@this].#(phase==\"Succeeded\")#",
	       "{\"status\":{\"phase\":\"Succeeded\"}}", true);
	expect("status.[@this].#(phase==\"Failed\")#",
	       "{\"status\":{\"phase\":\"Succeeded\"}}", false);
	expect("status.#(phase==\"Succeeded\")#",
	       "{\"status\":{\"phase\":\"Succeeded\"}}", false);
	expect("status.[@this].#(state==\"Completed\")#|#(attemptStatus."
	       "completionStatus.type.name==\"Succeeded\")#",
	       framework, true);
	expect("status.[@this].#(state==\"Completed\")#|#(attemptStatus."
	       "completionStatus.type.name==\"Failed\")#",
	       framework, false);
	expect("status.[@this].#(state==\"Succeeded\")#",
	       "{\"status\":{\"state\":\"Succeeded\"}}", true);
}

#define PEOPLE                                                                 \
	"{\"people\":[{\"first\":\"Ann\",\"age\":44,\"nets\":[\"a\",\"b\"],"   \
	"\"ok\":true},{\"first\":\"Bob\",\"age\":68,\"nets\":[],\"ok\":false}" \
	","                                                                    \
	"{\"first\":\"Carl\",\"age\":47,\"nets\":[\"b\"],\"none\":null}],"     \
	"\"a.b\":{\"c*d\":1},\"text\":\"12\",\"zero\":0,\"empty\":\"\","       \
	"\"list\":[[1,2],[3]],\"no\":false,\"object\":{}}"

static void follows_paths(void **state)
{
	(void)state;
	expect("people.0.first", PEOPLE, true);
	expect("people.3", PEOPLE, false);
	expect("people.0x0", PEOPLE, false);
	expect("people.first", PEOPLE, false);
	expect("a\\.b.c\\*d", PEOPLE, true);
	expect("a.b", PEOPLE, false);
	expect("peo*.1", PEOPLE, true);
	expect("pe?ple.1", PEOPLE, true);
	expect("pe?le.1", PEOPLE, false);
	expect("a\\.b.c\\*e", PEOPLE, false);
	expect("@this", PEOPLE, true);
	expect("@this|people|0", PEOPLE, true);
	expect(" people ", PEOPLE, true);
}

static void measures_lists(void **state)
{
	(void)state;
	expect("people.#", PEOPLE, true);
	expect("people.1.nets.#", PEOPLE, false); /* 0 */
	expect("people.#.first|2", PEOPLE, true);
	expect("people.#.first|3", PEOPLE, false);
	expect("people.#.first.2", PEOPLE, false); /* of each */
	expect("people.#.none|#", PEOPLE, true);
	expect("people.#.missing", PEOPLE, false);
	expect("list.#.1", PEOPLE, true);
	expect("list.#.2", PEOPLE, false);
	expect("zero.#", PEOPLE, false);
	expect("object.#", PEOPLE, false);
}

static void asks(void **state)
{
	(void)state;
	expect("people.#(age>47).first", PEOPLE, true);
	expect("people.#(age>68).first", PEOPLE, false);
	expect("people.#(age>=68)", PEOPLE, true);
	expect("people.#(age<44)", PEOPLE, false);
	expect("people.#(age<=44)", PEOPLE, true);
	expect("people.#(age=44)", PEOPLE, true);
	expect("people.#(age!=44)#|1.age", PEOPLE, true);
	expect("people.#(age!=44)#|2", PEOPLE, false);
	expect("people.#(age == 47).first", PEOPLE, true);
	expect("people.#(first==\"Bob\")", PEOPLE, true);
	expect("people.#(first=='Bob')", PEOPLE, true);
	expect("people.#(first==Bob)", PEOPLE, true);
	expect("people.#(first>\"Bz\").first", PEOPLE, true);
	expect("people.#(first%\"*o*\")#|0", PEOPLE, true);
	expect("people.#(first%\"*o*\")#|1", PEOPLE, false);
	expect("people.#(first!%\"*o*\")#|1", PEOPLE, true);
	expect("people.#(first%\"A?n\")", PEOPLE, true);
	expect("people.#(ok==true).first", PEOPLE, true);
	expect("people.#(ok==false).first", PEOPLE, true);
	expect("people.#(ok!=true)#|1", PEOPLE, false);
	expect("people.#(none)", PEOPLE, true); /* it is there */
	expect("people.#(missing)", PEOPLE, false);
	expect("people.#(none==null)", PEOPLE, false);
	expect("people.#(nets.#(==\"a\"))#|0", PEOPLE, true);
	expect("people.#(nets.#(==\"b\"))#|1", PEOPLE, true);
	expect("people.#(nets.#(==\"b\"))#|2", PEOPLE, false);
	expect("people.#(nets.#>1)#|0", PEOPLE, true);
	expect("people.#(nets.#>1)#|1", PEOPLE, false);
	expect("list.#(#==1)#|0.0", PEOPLE, true);
	expect("list.0.#(>1)", PEOPLE, true);
	expect("list.0.#(>2)", PEOPLE, false);
	/* of each, then on the whole */
	expect("list.#.#(>1)#", PEOPLE, true);
	expect("list.#.#(>1)#|1", PEOPLE, true);
	expect("list.#.#(>1)#|2", PEOPLE, false);
	expect("list.[0,1,7]|1.0", PEOPLE, true);
	expect("list.[0,1,7]|2", PEOPLE, false);
	/* a number is no text */
	expect("[text].#(>11)", PEOPLE, true);
	expect("[zero].#(==\"x\")", PEOPLE, false);
}

static void tells_something_from_nothing(void **state)
{
	(void)state;
	expect("zero", PEOPLE, false);
	expect("empty", PEOPLE, false);
	expect("no", PEOPLE, false);
	expect("object", PEOPLE, false);
	expect("people.2.none", PEOPLE, false);
	expect("people.0.ok", PEOPLE, true);
	expect("text", PEOPLE, true);
}

/* --- Argo's ------------------------------------------------------------- */

#define TFJOB                                                                  \
	"{\"status\":{\"phase\":\"Running\",\"state\":\"Succeeded\","          \
	"\"done\":true,\"text\":\"5\",\"tfReplicaStatuses\":{\"Master\":{"     \
	"\"succeeded\":1}},\"replicaStatuses\":{\"Worker\":{\"succeeded\":2,"  \
	"\"failed\":1}},\"conditions\":[{\"type\":\"Succeeded\",\"status\":"   \
	"\"True\"}]}}"

static void reads_selectors(void **state)
{
	(void)state;
	expect("status.state == Succeeded", TFJOB, true);
	expect("status.state=Succeeded", TFJOB, true);
	expect("status.state == Failed", TFJOB, false);
	expect("status.state == \"Succeeded\"", TFJOB, true);
	expect("status.tfReplicaStatuses.Master.succeeded == 1", TFJOB, true);
	expect("status.replicaStatuses.Worker.succeeded == 2", TFJOB, true);
	expect("status.replicaStatuses.Worker.succeeded == 1", TFJOB, false);
	expect("status.replicaStatuses.Worker.failed > 0", TFJOB, true);
	expect("status.replicaStatuses.Worker.failed > 1", TFJOB, false);
	expect("status.replicaStatuses.PS.failed > 0", TFJOB, false);
	expect("status.replicaStatuses.Worker.failed < 2", TFJOB, true);
	expect("status.text > 4", TFJOB, true);
	expect("status.text > 5", TFJOB, false);
	expect("status.text == 5.0", TFJOB, true);
	expect("status.phase > 4", TFJOB, false);
	expect("status.done == true", TFJOB, true);
	expect("status.phase in (Done,Failed)", TFJOB, false);
	expect("status.phase in (Done, Running)", TFJOB, true);
	expect("status.phase notin (Done,Failed)", TFJOB, true);
	expect("status.missing notin (Done,Failed)", TFJOB, true);
	expect("status.missing != x", TFJOB, true);
	expect("status.phase != Running", TFJOB, false);
	expect("!status.missing", TFJOB, true);
	expect("!status.phase", TFJOB, false);
	expect("status.conditions.#(type==\"Succeeded\").status == True", TFJOB,
	       true);
	expect("status.conditions.#(type==\"Failed\").status == True", TFJOB,
	       false);
}

/* A success needs all that its commas part, a failure one. */
static void joins_requirements(void **state)
{
	(void)state;
	assert_true(judge("status.phase, status.state == Succeeded",
			  CONDITION_SUCCESS, TFJOB, NULL));
	assert_false(judge("status.phase == Done, status.state == Succeeded",
			   CONDITION_SUCCESS, TFJOB, NULL));
	assert_true(judge("status.phase == Done, status.state == Succeeded",
			  CONDITION_FAILURE, TFJOB, NULL));
	assert_false(judge("status.phase == Done, status.state == Failed",
			   CONDITION_FAILURE, TFJOB, NULL));
}

/* --- mistakes ----------------------------------------------------------- */

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "at the end: a name is missing"},
		{".status",
		 "character 1, at '.status': a path begins without a "
		 "dot"},
		{"status..x", "character 8, at '.x': a name is missing"},
		{"status.", "at the end: a name is missing"},
		{"{.status.phase}", "character 1, at '{.status.phase}': braces "
				    "are not known here: write a path such as "
				    "status.phase"},
		{"$.status", "character 1, at '$.status': a path begins with a "
			     "name, without $"},
		{"a.(x==1)", "character 3, at '(x==1)': a query is written "
			     "#(...)"},
		{"a[0].b", "character 2, at '[0].b': an item of a list is "
			   "written .0, and a query #(...)"},
		{"a.#(x==\"1)#",
		 "character 8, at \'\"1)#\': the quotes are not "
		 "closed"},
		{"a.#(x==1", "character 3, at '#(x==1': the bracket is not "
			     "closed"},
		{"a.#(x==)", "character 8, at ')': a value is missing, such as "
			     "\"True\""},
		{"a.#()", "character 5, at ')': the query is empty"},
		{"a.#(x y)", "character 7, at 'y)': an operator is missing, "
			     "such as =="},
		{"a.#(x==1)b", "character 10, at 'b': a dot is missing before "
			       "this"},
		{"a#", "character 2, at '#': # stands between dots, such as "
		       "status.conditions.#(type==\"Failed\")#"},
		{"a.@reverse", "character 3, at '@reverse': of modifiers only "
			       "@this is known"},
		{"a.[b,c", "character 3, at '[b,c': the bracket is not closed"},
		{"a.[\\]", "character 3, at '[\\]': the bracket is not closed"},
		{"a b", "character 2, at ' b': blanks and operators stand in "
			"queries, #(type==\"Failed\")#, or have \\ before "
			"them"},
		{"a == x || b == y",
		 "character 8, at '|| b == y': the value has ended here: one "
		 "with blanks stands in quotes, and several requirements have "
		 "commas between them"},
		{"a ==", "at the end: a value is missing, such as \"True\""},
		{"a in (b", "character 6, at '(b': the bracket is not closed"},
		{"a in ()", "character 7, at ')': a value is missing, such as "
			    "\"True\""},
		{"a == b,", "at the end: a name is missing"},
		{"!a == b", "character 4, at '== b': nothing may stand behind "
			    "!NAME"},
		{"a = b, c ~ d", "character 10, at '~ d': an operator is "
				 "missing: =, ==, !=, <, >, in (...) or notin "
				 "(...)"},
		{"\xC3\xA4.\"x\".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "character 3, at '\"x\".aaaaaaaaaaaaaaaaaaaa...': names are "
		 "written without quotes, with \\ before . and | and *"},
		{"#(#(#(#(#(#(#(#(#(x==1)))))))))",
		 "character 17, at '#(x==1)))))))))': brackets are nested too "
		 "deeply"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct error err = {0};
		struct condition *condition =
			condition_parse(bad[i].text, CONDITION_SUCCESS, &err);

		if (condition)
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(err.code, ERROR_INVALID);
		if (strcmp(err.text, bad[i].says) != 0)
			print_error("of %s\n", bad[i].text);
		assert_string_equal(err.text, bad[i].says);
	}
}

static void refuses_long_ones(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;

	(void)state;
	for (int i = 0; i <= CONDITION_BYTES_MAX; i++)
		strbuf_addch(&text, 'a');
	assert_null(condition_parse(text.data, CONDITION_SUCCESS, &err));
	assert_string_equal(err.text, "must have at most 2048 bytes, has 2049");
	strbuf_release(&text);
}

/* --- bounds ------------------------------------------------------------- */

/* What would take for ever does not hold. */
static void is_bounded(void **state)
{
	static const char *const costly[] = {
		"l.#(%\"*a*a*a*a*a*b\")#",
		"[@this,@this,@this,@this].#.[@this,@this,@this,@this].#.["
		"@this,@this,@this,@this].#.[@this,@this,@this,@this].#.["
		"@this,@this,@this,@this].#.[@this,@this,@this,@this].#.["
		"@this,@this,@this,@this].#.[@this,@this,@this,@this].#.["
		"@this,@this,@this,@this].#.[@this,@this,@this,@this].#",
		"l.#(%\"*a*a*a*a*a*b\")# in (a)",
	};
	struct strbuf json = STRBUF_INIT;
	int64_t start = clock_mono_ns();

	(void)state;
	strbuf_adds(&json, "{\"l\":[1");
	for (int i = 0; i < 100; i++) {
		strbuf_adds(&json, ",\"");
		for (int j = 0; j < 2000; j++)
			strbuf_addch(&json, 'a');
		strbuf_addch(&json, '"');
	}
	strbuf_adds(&json, "]}");
	for (size_t i = 0; i < COUNT_OF(costly); i++)
		expect(costly[i], json.data, false);
	strbuf_release(&json);
	assert_true(clock_mono_ns() - start < 5 * NS_PER_S);
}

static void bears_no_object(void **state)
{
	struct condition *condition = parse(FAILED, CONDITION_FAILURE);
	struct condition_found found;

	(void)state;
	assert_false(condition_holds(condition, NULL, &found));
	condition_free(condition);
	condition = parse("!status.x", CONDITION_SUCCESS);
	assert_true(condition_holds(condition, NULL, NULL));
	condition_free(condition);
	condition_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_defaults),
		cmocka_unit_test(knows_other_engines),
		cmocka_unit_test(follows_paths),
		cmocka_unit_test(measures_lists),
		cmocka_unit_test(asks),
		cmocka_unit_test(tells_something_from_nothing),
		cmocka_unit_test(reads_selectors),
		cmocka_unit_test(joins_requirements),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(refuses_long_ones),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(bears_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
