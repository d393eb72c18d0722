/* SPDX-License-Identifier: MIT */
/* GridSearch beside NNI's own sequences, and what NNI cannot walk. */
#include "engine/tuner/tuner.h"

#include "base/fs.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARAMETERS_MAX 8
#define SEQUENCES_MAX 1000000 /* bytes of the file */

struct walk {
	struct space *space;
	struct tuner *tuner;
	int64_t number;
};

static void walk_open(struct walk *walk, const char *json)
{
	struct tuner_context context = {.objective = OBJECTIVE_MAXIMIZE};
	struct error err;

	assert_true(space_parse(json, &walk->space, NULL, &err));
	assert_true(walk->space->count <= PARAMETERS_MAX);
	context.space = walk->space;
	walk->tuner = tuner_open(tuner_find("gridsearch"), &context, &err);
	assert_non_null(walk->tuner);
	walk->number = 0;
}

static void walk_close(struct walk *walk)
{
	tuner_close(walk->tuner);
	space_free(walk->space);
}

/* The next suggestion's text, or "end". */
static void walk_next(struct walk *walk, double *point, struct strbuf *out)
{
	enum tuner_outcome outcome;
	struct error err;

	strbuf_clear(out);
	outcome = tuner_suggest_point(walk->tuner, walk->number, point, &err);
	if (outcome == TUNER_EXHAUSTED) {
		strbuf_adds(out, "end");
		return;
	}
	assert_int_equal(outcome, TUNER_SUGGESTED);
	tuner_adopt(walk->tuner, walk->number++, point);
	space_format(walk->space, point, out);
}

/* Equal text, or equal but for the last digits that the quantile of a normal
 * distribution may differ in. */
static void assert_same(const struct space *space, const double *point,
			const char *ours, const char *theirs)
{
	double other[PARAMETERS_MAX];
	struct error err;

	if (!strcmp(ours, theirs))
		return;
	if (!space_parse_point(space, theirs, other, &err))
		fail_msg("%s, not %s", ours, theirs);
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		double a = point[i];
		double b = other[i];

		if (isnan(a) && isnan(b))
			continue;
		if (!parameter_is_categorical(p)) {
			a = parameter_final(p, a);
			b = parameter_final(p, b);
		}
		if (!(fabs(a - b) <= (p->q > 0 ? 0 : 1e-12 * fabs(b))))
			fail_msg("%s, not %s", ours, theirs);
	}
}

static void walks_as_nni_walks(void **state)
{
	char *path = fs_join(getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR")
						  : TRIALDECK_SOURCE_DIR,
			     "tests/unit/tuner/grid_sequences.txt");
	struct strbuf file = STRBUF_INIT;
	struct strbuf ours = STRBUF_INIT;
	double point[PARAMETERS_MAX];
	struct walk walk = {0};
	struct error err;
	int spaces = 0, lines = 0;
	char *rest;

	(void)state;
	assert_true(fs_read_file(path, SEQUENCES_MAX, &file, &err));
	for (char *line = strtok_r(file.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			continue;
		if (!strncmp(line, "space ", 6)) {
			if (spaces++)
				walk_close(&walk);
			walk_open(&walk, line + 6);
			continue;
		}
		walk_next(&walk, point, &ours);
		if (!strcmp(line, "end"))
			assert_string_equal(ours.data, line);
		else
			assert_same(walk.space, point, ours.data, line);
		lines++;
	}
	walk_close(&walk);
	assert_int_equal(spaces, 5);
	assert_int_equal(lines, 210);
	strbuf_release(&file);
	strbuf_release(&ours);
	free(path);
}

static void assert_walk(const char *json, const char *const *expected)
{
	struct strbuf ours = STRBUF_INIT;
	double point[PARAMETERS_MAX];
	struct walk walk;

	walk_open(&walk, json);
	for (; *expected; expected++) {
		walk_next(&walk, point, &ours);
		assert_string_equal(ours.data, *expected);
	}
	walk_next(&walk, point, &ours);
	assert_string_equal(ours.data, "end");
	strbuf_release(&ours);
	walk_close(&walk);
}

/* NNI stops with a KeyError here. */
static void walks_two_levels_of_nesting(void **state)
{
	static const char json[] =
		"{\"a\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"p\"},"
		"{\"_name\":\"q\",\"b\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"r\",\"c\":{\"_type\":\"randint\",\"_value\":[5,7]"
		"}},"
		"{\"_name\":\"s\"}]}}]}}";
	static const char *const expected[] = {
		"{\"a\":{\"_name\":\"p\"}}",
		"{\"a\":{\"_name\":\"q\",\"b\":{\"_name\":\"r\",\"c\":5}}}",
		"{\"a\":{\"_name\":\"q\",\"b\":{\"_name\":\"r\",\"c\":6}}}",
		"{\"a\":{\"_name\":\"q\",\"b\":{\"_name\":\"s\"}}}", NULL};

	(void)state;
	assert_walk(json, expected);
}

static void walks_the_example(void **state)
{
	static const char *const expected[] = {"{\"x\":2.0}", "{\"x\":3.0}",
					       NULL};

	(void)state;
	assert_walk("{\"x\":{\"_type\":\"quniform\",\"_value\":[2,3,1]}}",
		    expected);
}

/* 10^5 combinations of ten copies of "a" each would take for ever. */
static void offers_equal_options_once(void **state)
{
	struct strbuf json = STRBUF_INIT;
	static const char *const expected[] = {
		"{\"p0\":0,\"p1\":0,\"p2\":0,\"p3\":0,\"p4\":0}", NULL};

	(void)state;
	for (int i = 0; i < 5; i++)
		strbuf_addf(
			&json,
			"%s\"p%d\":{\"_type\":\"choice\",\"_value\":"
			"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
			"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
			"}",
			i ? "," : "{", i);
	strbuf_adds(&json, "}");
	assert_walk(json.data, expected);
	strbuf_release(&json);
}

/* NNI offers infinities in the end. */
static void stops_where_doubles_stop(void **state)
{
	struct strbuf ours = STRBUF_INIT;
	double point[PARAMETERS_MAX];
	struct walk walk;

	(void)state;
	walk_open(&walk, "{\"x\":{\"_type\":\"qnormal\",\"_value\":[0,1,1]}}");
	for (int i = 0; i < 1000; i++) {
		walk_next(&walk, point, &ours);
		if (!strcmp(ours.data, "end"))
			break;
		assert_true(isfinite(point[0]));
		assert_true(fabs(point[0]) < 40);
	}
	assert_string_equal(ours.data, "end");
	assert_in_range(walk.number, 17, 100);
	strbuf_release(&ours);
	walk_close(&walk);
}

static void passes_over_what_was_imported(void **state)
{
	struct strbuf ours = STRBUF_INIT;
	double point[PARAMETERS_MAX] = {1};
	struct walk walk;

	(void)state;
	walk_open(&walk, "{\"x\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\","
			 "\"c\"]}}");
	tuner_import_value(walk.tuner, point, 0.5);
	walk_next(&walk, point, &ours);
	assert_string_equal(ours.data, "{\"x\":\"a\"}");
	walk_next(&walk, point, &ours);
	assert_string_equal(ours.data, "{\"x\":\"c\"}");
	walk_next(&walk, point, &ours);
	assert_string_equal(ours.data, "end");
	strbuf_release(&ours);
	walk_close(&walk);
}

static void asks_twice_answers_alike(void **state)
{
	double first, again;
	struct error err;
	struct walk walk;

	(void)state;
	walk_open(&walk, "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,8]}}");
	for (int i = 0; i < 20; i++) {
		tuner_suggest_point(walk.tuner, i, &first, &err);
		tuner_suggest_point(walk.tuner, i, &again, &err);
		assert_true(first == again);
		tuner_adopt(walk.tuner, i, &first);
	}
	walk_close(&walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_as_nni_walks),
		cmocka_unit_test(walks_the_example),
		cmocka_unit_test(walks_two_levels_of_nesting),
		cmocka_unit_test(offers_equal_options_once),
		cmocka_unit_test(stops_where_doubles_stop),
		cmocka_unit_test(passes_over_what_was_imported),
		cmocka_unit_test(asks_twice_answers_alike),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
