/* SPDX-License-Identifier: MIT */
/* Placeholders in objects: found, filled in with the right type, checked. */
#include "engine/kind/placeholder.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char parameters[] =
	"{\"lr\":0.1,\"layers\":3,\"deep\":true,\"opt\":\"adam w\","
	"\"a.b\":{\"c\":\"dotted\"},"
	"\"layer\":{\"_name\":\"Conv\",\"kernel\":5}}";
static const struct experiment experiment = {.id = "abcd1234",
					     .name = (char *)"My search"};
static const struct trial trial = {
	.id = "xa12b", .sequence = 7, .parameters = parameters};
static const struct attempt attempt = {.number = 2};
static const struct placeholder_values values = {
	.experiment = &experiment,
	.trial = &trial,
	.attempt = &attempt,
	.name = "nni-exp-abcd1234-trial-xa12b-2",
	.namespace = "lab",
};

/* --- filling ------------------------------------------------------------ */

static void expect_tree(const char *json, const char *wanted)
{
	cJSON *tree = cJSON_Parse(json), *filled;
	struct error err = {0};
	char *printed;

	assert_non_null(tree);
	filled = placeholder_fill(tree, &values, &err);
	if (!filled)
		fail_msg("%s: %s", json, err.text);
	printed = cJSON_PrintUnformatted(filled);
	assert_string_equal(printed, wanted);
	cJSON_free(printed);
	cJSON_Delete(filled);
	cJSON_Delete(tree);
}

static void expect_text(const char *text, const char *wanted)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = {0};

	if (!placeholder_fill_text(text, &values, &out, &err))
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(out.data, wanted);
	strbuf_release(&out);
}

static void knows_all_words(void **state)
{
	(void)state;
	expect_text("${trial.id}/${trial.name}",
		    "xa12b/nni-exp-abcd1234-trial-xa12b-2");
	expect_text("${trial.sequence}.${trial.attempt}", "7.2");
	expect_text("${trial.namespace}", "lab");
	expect_text("${experiment.id}: ${experiment.name}",
		    "abcd1234: My search");
	expect_text("--json='${trial.parameters}'",
		    "--json='{\"lr\":0.1,\"layers\":3,\"deep\":true,"
		    "\"opt\":\"adam w\",\"a.b\":{\"c\":\"dotted\"},"
		    "\"layer\":{\"_name\":\"Conv\",\"kernel\":5}}'");
}

static void follows_nested_names(void **state)
{
	(void)state;
	expect_text("${trial.parameters.layer.kernel}", "5");
	expect_text("${trial.parameters.layer._name}", "Conv");
	/* as {{layer}} in commands */
	expect_text("${trial.parameters.layer}", "Conv");
	expect_text("${trial.parameters.a.b.c}", "dotted");
	/* not this trial's */
	expect_text("[${trial.parameters.layer.units}]", "[]");
	expect_text("[${trial.parameters.lr.x}]", "[]");
}

static void keeps_types_of_whole_values(void **state)
{
	(void)state;
	expect_tree("[\"${trial.parameters.layers}\"]", "[3]");
	expect_tree("[\"${trial.parameters.lr}\", \"${trial.sequence}\"]",
		    "[0.1,7]");
	expect_tree("[\"${trial.parameters.deep}\"]", "[true]");
	expect_tree("[\"${trial.parameters.opt}\"]", "[\"adam w\"]");
	expect_tree("[\"${trial.parameters.layer}\"]",
		    "[{\"_name\":\"Conv\",\"kernel\":5}]");
	expect_tree("[\"${trial.parameters.layer.units}\"]", "[null]");
	expect_tree("[\" ${trial.parameters.layers}\"]", "[\" 3\"]");
	expect_tree("[\"${trial.parameters.layers}${trial.attempt}\"]",
		    "[\"32\"]");
	expect_tree("[\"${trial.parameters.layers|text}\"]", "[\"3\"]");
	expect_tree("[1, true, null, \"x\", {}, []]",
		    "[1,true,null,\"x\",{},[]]");
}

/* A number in an env's value is refused by the API server. */
static void writes_text_where_text_is_wanted(void **state)
{
	(void)state;
	expect_tree("{\"containers\": [{\"name\": \"${trial.sequence}\", "
		    "\"args\": [\"--lr\", \"${trial.parameters.lr}\"], "
		    "\"command\": [\"${trial.attempt}\"], \"env\": [{\"name\": "
		    "\"LR\", \"value\": \"${trial.parameters.lr}\"}]}]}",
		    "{\"containers\":[{\"name\":\"7\",\"args\":[\"--lr\","
		    "\"0.1\"],\"command\":[\"2\"],\"env\":[{\"name\":\"LR\","
		    "\"value\":\"0.1\"}]}]}");
	expect_tree("{\"metadata\": {\"labels\": {\"n\": "
		    "\"${trial.sequence}\"}, \"annotations\": {\"lr\": "
		    "\"${trial.parameters.lr}\"}}}",
		    "{\"metadata\":{\"labels\":{\"n\":\"7\"},"
		    "\"annotations\":{\"lr\":\"0.1\"}}}");
	/* elsewhere a value is what it is */
	expect_tree("{\"replicas\": \"${trial.parameters.layers}\", "
		    "\"settings\": [{\"value\": \"${trial.parameters.lr}\"}]}",
		    "{\"replicas\":3,\"settings\":[{\"value\":0.1}]}");
}

static void leaves_the_shell_alone(void **state)
{
	(void)state;
	expect_text("echo ${HOME} ${x:-trial.id} $(date) $HOME ${",
		    "echo ${HOME} ${x:-trial.id} $(date) $HOME ${");
	expect_text("$${trial.id} $$${trial.id} ${trial.id",
		    "${trial.id} $${trial.id} ${trial.id");
	expect_text("$${HOME}", "${HOME}");
	expect_text("${a.b} ${trial}", "${a.b} ${trial}");
	/* keys stay */
	expect_tree("{\"${trial.id}\": \"${trial.id}\"}",
		    "{\"${trial.id}\":\"xa12b\"}");
}

static void expect_refusal(const char *json, enum error_code code,
			   const char *wanted)
{
	cJSON *tree = cJSON_Parse(json);
	struct error err = {0};

	assert_null(placeholder_fill(tree, &values, &err));
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, wanted));
	cJSON_Delete(tree);
}

static void refuses_what_it_cannot_fill(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct placeholder_values broken = values;
	struct trial bad = trial;
	struct error err;
	char text[] = "[1";

	(void)state;
	expect_refusal("[\"${trial.nid}\"]", ERROR_INVALID,
		       "${trial.nid} is no placeholder, did you mean "
		       "${trial.id}?");
	bad.parameters = text;
	broken.trial = &bad;
	assert_false(placeholder_fill_text("${trial.parameters.x}", &broken,
					   &out, &err));
	assert_non_null(strstr(err.text, "the trial's parameters"));
	strbuf_release(&out);
}

/* A small tree must not become a large one. */
static void bounds_what_it_makes(void **state)
{
	struct placeholder_values large = values;
	struct trial big = trial;
	struct strbuf text = STRBUF_INIT;
	cJSON *list = cJSON_CreateArray(), *deep = cJSON_CreateArray();
	struct error err;

	(void)state;
	strbuf_adds(&text, "{\"x\":\"");
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&text, 'x');
	strbuf_adds(&text, "\"}");
	big.parameters = text.data;
	large.trial = &big;
	for (int i = 0; i < 100; i++)
		cJSON_AddItemToArray(list,
				     cJSON_CreateString("${trial.parameters}"));
	assert_null(placeholder_fill(list, &large, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	for (int i = 0; i < 100; i++) {
		cJSON *outer = cJSON_CreateArray();

		cJSON_AddItemToArray(outer, deep);
		deep = outer;
	}
	assert_null(placeholder_fill(deep, &values, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	cJSON_Delete(deep);
	cJSON_Delete(list);
	strbuf_release(&text);
}

/* --- checking ----------------------------------------------------------- */

static struct placeholder_names *make_names(void)
{
	static const char json[] =
		"{\"lr\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
		"\"batch\":{\"_type\":\"choice\",\"_value\":[1,2]},"
		"\"layer\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"Conv\",\"kernel\":{\"_type\":\"choice\","
		"\"_value\":[3,5]}},"
		"{\"_name\":\"Pool\",\"kernel\":{\"_type\":\"choice\","
		"\"_value\":[2]}}]}}";
	struct placeholder_names *names;
	struct space *space;
	struct error err;

	assert_true(space_parse(json, &space, NULL, &err));
	names = placeholder_names_new(space);
	space_free(space);
	return names;
}

static void accepts_what_there_is(void **state)
{
	static const char *const good[] = {
		"",
		"plain",
		"${trial.id} ${trial.parameters} ${experiment.name}",
		"${trial.parameters.lr} ${trial.parameters.layer|text}",
		"${trial.parameters.layer.kernel}",
		"${trial.parameters.layer._name}",
		"${HOME} $${lr} $${trial.nonsense}",
	};
	struct placeholder_names *names = make_names();
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (!placeholder_check(good[i], names, &err))
			fail_msg("%s: %s", good[i], err.text);
	placeholder_names_free(names);
	names = placeholder_names_new(NULL);
	assert_true(placeholder_check("${trial.parameters.any}", names, &err));
	assert_false(placeholder_check("${trial.parametres.any}", names, &err));
	placeholder_names_free(names);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"a ${trail.id}", "${trail.id} is no placeholder, did you "
				  "mean ${trial.id}? (a literal ${ is written "
				  "$${)"},
		{"${trial.zzzzzzzzzz}",
		 "${trial.zzzzzzzzzz} is no placeholder, they are such as "
		 "${trial.parameters.NAME} (a literal ${ is written $${)"},
		{"${trial.}", "${trial.} is no placeholder"},
		{"${trial.parameters.}",
		 "${trial.parameters.} is no placeholder"},
		{"${trial.parameters.batsh}",
		 "${trial.parameters.batsh}: the search space has no such "
		 "parameter, did you mean 'batch'?"},
		{"${trial.parameters.momentum}",
		 "${trial.parameters.momentum}: the search space has no such "
		 "parameter, only batch, layer, layer._name, layer.kernel, "
		 "lr"},
		{"--lr ${lr}", "${lr} is written ${trial.parameters.lr} (a "
			       "literal ${ is written $${)"},
	};
	struct placeholder_names *names = make_names();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct error err = {0};

		assert_false(placeholder_check(bad[i].text, names, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		if (strncmp(err.text, bad[i].says, strlen(bad[i].says)) != 0)
			assert_string_equal(err.text, bad[i].says);
	}
	placeholder_names_free(names);
}

/* Every ${ of a long text is looked at, and not far. */
static void is_quick_with_long_texts(void **state)
{
	struct placeholder_names *names = make_names();
	struct strbuf text = STRBUF_INIT;
	struct error err;

	(void)state;
	for (int i = 0; i < 1000000; i++)
		strbuf_adds(&text, "${");
	strbuf_addch(&text, '}');
	assert_true(placeholder_check(text.data, names, &err));
	strbuf_release(&text);
	placeholder_names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_all_words),
		cmocka_unit_test(follows_nested_names),
		cmocka_unit_test(keeps_types_of_whole_values),
		cmocka_unit_test(writes_text_where_text_is_wanted),
		cmocka_unit_test(leaves_the_shell_alone),
		cmocka_unit_test(refuses_what_it_cannot_fill),
		cmocka_unit_test(bounds_what_it_makes),
		cmocka_unit_test(accepts_what_there_is),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(is_quick_with_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
