/* SPDX-License-Identifier: MIT */
/* Which algorithms run in Python, and that it stays so. */
#include "tests/unit/spec/support.h"

#include "base/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOP                                                                    \
	"trialCommand: t\ntrialConcurrency: 2\n"                               \
	"trainingService: {platform: local}\n"
#define SPACE "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"

static void takes_a_class_without_a_space(void **state)
{
	struct experiment_config c = expect_config(
		TOP "tuner: {className: mine.pack.Tuner, codeDirectory: "
		    ".,\n  classArgs: {optimize_mode: sideways}}\n");

	(void)state;
	assert_true(c.tuner.is_python);
	assert_false(c.tuner.is_advisor);
	assert_string_equal(c.tuner.class_name, "mine.pack.Tuner");
	assert_string_equal(c.tuner.code_directory, folder);
	assert_null(c.search_space);
	assert_int_equal(c.objective, OBJECTIVE_MAXIMIZE);
	experiment_config_release(&c);
}

static void joins_file_and_class(void **state)
{
	struct experiment_config c;

	(void)state;
	folder_write("mine.py", "");
	c = expect_config(
		"authorName: me\nexperimentName: e\ntrialConcurrency: 1\n"
		"trainingServicePlatform: local\nsearchSpacePath: s.json\n"
		"advisor: {codeDir: ., classFileName: mine.py, className: "
		"Own, gpuIndices: \"0,2\"}\n"
		"trial: {codeDir: ., command: t}\n");
	assert_true(c.tuner.is_python && c.tuner.is_advisor);
	assert_string_equal(c.tuner.class_name, "mine.Own");
	assert_int_equal(c.tuner_gpu_index_count, 2);
	experiment_config_release(&c);
}

static void knows_names_that_are_not_native(void **state)
{
	struct experiment_config c = expect_config(
		TOP SPACE "tuner: {name: dngo}\npythonPath: env/bin/py\n"
			  "pythonTimeout: 90s\n");
	char *path = fs_join(folder, "env/bin/py");

	(void)state;
	assert_true(c.tuner.is_python);
	assert_string_equal(c.tuner.name, "dngo");
	assert_string_equal(c.python_path, path);
	assert_int_equal(c.python_timeout_s, 90);
	experiment_config_release(&c);
	c = expect_config(TOP SPACE "advisor: {name: BOHB, engine: nni}\n"
				    "pythonPath: python3.9\n");
	assert_true(c.tuner.is_python && c.tuner.is_advisor);
	assert_string_equal(c.python_path, "python3.9");
	experiment_config_release(&c);
	free(path);
}

static void keeps_to_the_engine_that_is_asked_for(void **state)
{
	struct experiment_config c = expect_config(
		TOP SPACE "tuner: {name: TPE, engine: nni}\n"
			  "assessor: {name: Medianstop, engine: nni,\n"
			  "  includeIntermediateResults: true}\n");

	(void)state;
	assert_true(c.tuner.is_python && c.assessor.is_python);
	assert_true(c.include_intermediate);
	experiment_config_release(&c);
	c = expect_config(TOP SPACE "tuner: {name: TPE, engine: native}\n");
	assert_false(c.tuner.is_python);
	experiment_config_release(&c);
}

static void finds_what_is_registered(void **state)
{
	static const char registry[] =
		"tuners:\n- {builtinName: House, className: house.Tuner, "
		"source: user}\nadvisors: []\nassessors:\n"
		"- {builtinName: Judge, alias: Jury, className: j.J}\n";
	struct experiment_config c;

	(void)state;
	folder_write("registered_algorithms.yml", registry);
	setenv("NNI_CONFIG_DIR", folder, 1);
	c = expect_config(TOP SPACE
			  "tuner: {name: house}\nassessor: {name: Jury}\n");
	assert_true(c.tuner.is_python && c.assessor.is_python);
	experiment_config_release(&c);
	unsetenv("NNI_CONFIG_DIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_class_without_a_space),
		cmocka_unit_test(joins_file_and_class),
		cmocka_unit_test(knows_names_that_are_not_native),
		cmocka_unit_test(keeps_to_the_engine_that_is_asked_for),
		cmocka_unit_test(finds_what_is_registered),
	};

	return cmocka_run_group_tests_name("python", tests, folder_make,
					   folder_take_away);
}
