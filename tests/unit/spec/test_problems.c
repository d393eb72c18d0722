/* SPDX-License-Identifier: MIT */
/* Mistakes that need more than one value to see, search spaces, the first form,
 * and how problems are reported together. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct expectation tuners[] = {
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: Random\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:8: tuner: must be a mapping (key: value), got the text "
	 "\"Random\""},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Rnadom}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:15: tuner.name: unknown tuner 'Rnadom', did you mean "
	 "'Random'?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Quasi}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:15: tuner.name: unknown tuner 'Quasi': use one that "
	 "`trialdeck tuners` lists, or write engine: nni for one that Python "
	 "has"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Medianstop}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:15: tuner.name: 'Medianstop' is an assessor, not a tuner: "
	 "use one that `trialdeck tuners` lists"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: _none_}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:15: tuner.name: '_none_' is for experiments run from "
	 "Python: use one that `trialdeck tuners` lists"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, className: a.B}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:34: tuner.className: excludes name: keep one of them"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, codeDirectory: .}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:38: tuner.codeDirectory: belongs to className: remove it"},
	{MINIMAL "assessor: {name: Hunch}\n",
	 "e.yaml:6:18: assessor.name: unknown assessor 'Hunch': use one that "
	 "`trialdeck tuners` lists, or write engine: nni for one that Python "
	 "has"},
	{MINIMAL "assessor: {name: TPE}\n",
	 "e.yaml:6:18: assessor.name: 'TPE' is a tuner, not an assessor: use "
	 "one that `trialdeck tuners` lists"},
	{MINIMAL "advisor: {name: Random}\n",
	 "e.yaml:6:10: advisor: excludes tuner: keep one of them"},
};

static const struct expectation arguments[] = {
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: 5}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:34: tuner.classArgs: must be a mapping (key: value), got "
	 "the number 5"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: {optimize_mode: max}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:50: tuner.classArgs.optimize_mode: must be minimize or "
	 "maximize"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: {sede: 5}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:35: tuner.classArgs.sede: unknown argument \"sede\", did "
	 "you mean \"seed\"?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: {seed: -5}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:41: tuner.classArgs.seed: must be a whole number from 0 on"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: {seed: 5}}\n"
	 "trainingService: {platform: local}\n"
	 "seed: 4\n",
	 "e.yaml:4:41: tuner.classArgs.seed: differs from seed in line 6: keep "
	 "one of them"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: TPE, classArgs: {tpe_args: {gamma: wide}}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:50: tuner.classArgs.tpe_args.gamma: must be a number"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: TPE, classArgs: {tpe_args: {gama: 1}}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:43: tuner.classArgs.tpe_args.gama: unknown argument "
	 "\"tpe_args.gama\", did you mean \"tpe_args.gamma\"?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: TPE, classArgs: {tpe_args: {gamma: .inf}}}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:50: tuner.classArgs: must be finite numbers"},
	{MINIMAL "assessor: {name: Medianstop, classArgs: {start_step: -1}}\n",
	 "e.yaml:6:54: assessor.classArgs.start_step: must be from 0 to "
	 "1000000000"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random, classArgs: {optimize_mode: minimize}}\n"
	 "trainingService: {platform: local}\n"
	 "assessor: {name: Medianstop, classArgs: {optimize_mode: maximize}}\n",
	 "e.yaml:6:57: assessor.classArgs.optimize_mode: the tuner says "
	 "minimize in line 4: both must have the same objective"},
};

static const struct expectation search_spaces[] = {
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: [1]\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:14: searchSpace: must be a mapping (key: value), got a "
	 "list"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: unifrom, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:27: searchSpace.lr._type: search space \"lr\" has "
	 "unsupported type \"unifrom\", did you mean \"uniform\"?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, x]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:48: searchSpace.lr._value.1: search space \"lr\" (uniform) "
	 "must have number values, not a string"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, .inf]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:48: searchSpace: must be a finite number"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:19: searchSpace.lr: search space \"lr\" does not have "
	 "\"_value\""},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {l: {_type: choice, _value: [{_name: a, k: {_type: "
	 "randint, _value: [5, 1]}}]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:3:82: searchSpace.l._value.0.k._value: search space \"l.k\" "
	 "(randint) must have high > low"},
	{MINIMAL "searchSpaceFile: bad.json\n",
	 "bad.json:3:20: lr._value: search space \"lr\" (uniform) must have "
	 "high > low"},
	{MINIMAL "searchSpaceFile: cut.json\n",
	 "cut.json:3:1: a value is missing here"},
	{MINIMAL "searchSpaceFile: list.json\n",
	 "list.json:1:1: must map names to parameters, got a list"},
};

static const struct expectation the_first_form[] = {
	{"authorName: me\n"
	 "experimentName: 5\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {builtinTunerName: Random}\n"
	 "trial: {codeDir: ., command: x}\n",
	 "e.yaml:2:17: experimentName: must be text, and without quotes this "
	 "is a number: write \"5\""},
	{FIRST "useAnnotation: true\nmultiPhase: true\n",
	 "e.yaml:8:16: useAnnotation: annotations in trial code are not read "
	 "(NNI 3 dropped them too): write a searchSpacePath file and call "
	 "nni.get_next_parameter()\n"
	 "e.yaml:9:13: multiPhase: several parameter sets for one trial are "
	 "not available (NNI dropped them in 2.6): set it to false"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: dlts\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {builtinTunerName: Random}\n"
	 "trial: {codeDir: ., command: x}\n",
	 "e.yaml:4:26: trainingServicePlatform: 'dlts' is a platform of NNI "
	 "that does not exist here: use platform kubernetes, kubeflow or "
	 "frameworkcontroller on a cluster, or local"},
	{"trialConcurrency: 2\n"
	 "trainingServicePlatform: kubernetes\n",
	 "e.yaml:2:26: trainingServicePlatform: 'kubernetes' needs the second "
	 "form: write trainingService: {platform: kubernetes, ...} instead"},
	{FIRST "trialconcurrency: 3\n",
	 "e.yaml:8:1: trialconcurrency: unknown key, did you mean "
	 "'trialConcurrency'?"},
	{FIRST "maxExecDuration: 1.5h\n",
	 "e.yaml:8:18: maxExecDuration: must be a whole number and a unit, "
	 "such as 90s, 30m, 3h or 2d, got the text \"1.5h\""},
	{FIRST "maxExecDuration: 0h\n",
	 "e.yaml:8:18: maxExecDuration: must be a whole number and a unit, "
	 "such as 90s, 30m, 3h or 2d, got the text \"0h\""},
	{FIRST "maxExecDuration: 90\n",
	 "e.yaml:8:18: maxExecDuration: must be a whole number and a unit, "
	 "such as 90s, 30m, 3h or 2d, got the number 90"},
	{FIRST "maxTrialNum: 100000\n",
	 "e.yaml:8:14: maxTrialNum: must be between 1 and 99999, got 100000"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {classFileName: x.py, className: A, codeDir: .}\n"
	 "trial: {codeDir: ., command: x}\n",
	 "e.yaml:6:24: tuner.classFileName: there is no such file in "
	 "codeDir"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {name: Random}\n"
	 "trial: {codeDir: ., command: x}\n",
	 "e.yaml:6:9: tuner.name: unknown key"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {builtinTunerName: Random}\n"
	 "trial: {codeDir: ., comand: x}\n",
	 "e.yaml:7:1: trial.command: required, but missing\n"
	 "e.yaml:7:21: trial.comand: unknown key, did you mean 'command'?"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "tuner: {builtinTunerName: Random}\n"
	 "trial: {codeDir: ., command: x}\n",
	 "e.yaml:1:1: searchSpacePath: required, but missing: the search "
	 "space's file (search_space.json beside this one, or in the code "
	 "directory, needs not be named)"},
	{FIRST "kubeflowConfig: {}\n", "e.yaml:8:1: kubeflowConfig: belongs to "
				       "trainingServicePlatform: kubeflow"},
	{FIRST "trainingService: {}\n",
	 "e.yaml:8:1: trainingService: belongs to the second form, and "
	 "trainingServicePlatform makes this file the first: remove one of "
	 "them"},
	{FIRST "localConfig: {gpuIndices: \"0,0\", maxTrialNumPerGpu: 0}\n",
	 "e.yaml:8:27: localConfig.gpuIndices: has 0 twice\n"
	 "e.yaml:8:53: localConfig.maxTrialNumPerGpu: must be between 1 and "
	 "99999, got 0"},
	{FIRST "logCollection: htp\n",
	 "e.yaml:8:16: logCollection: must be none or http, got \"htp\", did "
	 "you mean 'http'?"},
	{FIRST "advisor: {builtinAdvisorName: BOHB}\n",
	 "e.yaml:8:10: advisor: excludes tuner: keep one of them"},
	{"authorName: me\n"
	 "experimentName: demo\n"
	 "trialConcurrency: 2\n"
	 "trainingServicePlatform: local\n"
	 "searchSpacePath: s.json\n"
	 "tuner: {builtinTunerName: Random}\n",
	 "e.yaml:1:1: trial: required, but missing: what to run, such as "
	 "trial: {command: python3 train.py, codeDir: .}"},
};

static void reports_tuners(void **state)
{
	(void)state;
	expect_all(tuners, COUNT_OF(tuners));
}

static void reports_arguments(void **state)
{
	(void)state;
	expect_all(arguments, COUNT_OF(arguments));
}

static void reports_search_spaces(void **state)
{
	(void)state;
	expect_all(search_spaces, COUNT_OF(search_spaces));
}

static void reports_the_first_form(void **state)
{
	(void)state;
	expect_all(the_first_form, COUNT_OF(the_first_form));
}

static void reports_paths(void **state)
{
	static const char *const cases[][2] = {
		{MINIMAL "trialCodeDirectory: nowhere\n",
		 "e.yaml:6:21: trialCodeDirectory: %s/nowhere: No such file "
		 "or directory"},
		{MINIMAL "trialCodeDirectory: s.json\n",
		 "e.yaml:6:21: trialCodeDirectory: %s/s.json: is not a "
		 "folder"},
		{MINIMAL "trialCodeDirectory: ''\n",
		 "e.yaml:6:21: trialCodeDirectory: must not be empty"},
		{MINIMAL "searchSpaceFile: none.json\n",
		 "e.yaml:6:18: searchSpaceFile: %s/none.json: No such file or "
		 "directory"},
		{MINIMAL "searchSpaceFile: sub\n",
		 "e.yaml:6:18: searchSpaceFile: %s/sub: is not a file"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strbuf want = STRBUF_INIT;
		const char *place = strstr(cases[i][1], "%s");
		size_t len = place ? (size_t)(place - cases[i][1])
				   : strlen(cases[i][1]);

		strbuf_add(&want, cases[i][1], len);
		if (place)
			strbuf_addf(&want, "%s%s", folder, place + 2);
		expect_problems(cases[i][0], want.data);
		strbuf_release(&want);
	}
}

static void reports_all_in_order(void **state)
{
	(void)state;
	expect_problems(
		"# a comment\n"
		"trialConcurrency: 0\n"
		"trialCommand: 5\n"
		"searchSpaceFile: bad.json\n"
		"tuner: {name: DNGU, x: 1}\n"
		"trainingService:\n"
		"  useActiveGpu: 1\n"
		"  platform: local\n",
		"e.yaml:2:19: trialConcurrency: must be between 1 and 99999, "
		"got 0\n"
		"e.yaml:3:15: trialCommand: must be text, and without quotes "
		"this is a number: write \"5\"\n"
		"e.yaml:5:15: tuner.name: unknown tuner 'DNGU': use one that "
		"`trialdeck tuners` lists, or write engine: nni for one that "
		"Python has\n"
		"e.yaml:5:21: tuner.x: unknown key\n"
		"e.yaml:7:17: trainingService.useActiveGpu: must be true or "
		"false, got the number 1\n"
		"bad.json:3:20: lr._value: search space \"lr\" (uniform) must "
		"have high > low");
}

static void reports_no_more_than_fit(void **state)
{
	struct strbuf text = STRBUF_INIT, problems = STRBUF_INIT;
	struct experiment_config config;
	struct error err;
	int lines = 0;

	(void)state;
	strbuf_adds(&text, MINIMAL);
	for (int i = 0; i < 50; i++)
		strbuf_addf(&text, "qwertz%d: 1\n", i);
	assert_false(spec_parse(text.data, text.len, "e.yaml", folder, &config,
				&problems, &err));
	for (const char *at = problems.data; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, SPEC_PROBLEMS_MAX);
	assert_non_null(strstr(problems.data, "\nand 31 more\n"));
	strbuf_release(&text);
	strbuf_release(&problems);
}

static void makes_hostile_text_safe(void **state)
{
	(void)state;
	expect_problems(MINIMAL "logLevel: \"\\e[2J\\u202e\"\n",
			"e.yaml:6:11: logLevel: must be fatal, error, warning, "
			"info, debug or trace, got \"\xEF\xBF\xBD[2J"
			"\xEF\xBF\xBD\"");
}

static void refuses_huge_files(void **state)
{
	size_t len = SPEC_FILE_MAX + 1;
	char *text = xmalloc(len + 1);
	struct strbuf problems = STRBUF_INIT;
	struct experiment_config config;
	struct error err;

	(void)state;
	memset(text, '#', len);
	text[len] = '\0';
	assert_false(spec_parse(text, len, "e.yaml", folder, &config, &problems,
				&err));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_string_equal(problems.data, "e.yaml: larger than 4 MiB\n");
	folder_write("huge.yaml", text);
	assert_false(spec_load("huge.yaml", &config, NULL, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	strbuf_release(&problems);
	free(text);
}

static void refuses_files_that_are_not_there(void **state)
{
	struct strbuf problems = STRBUF_INIT;
	struct experiment_config config;
	struct error err;

	(void)state;
	assert_false(spec_load("none.yaml", &config, &problems, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_string_equal(problems.data,
			    "open none.yaml: No such file or directory\n");
	assert_false(spec_load(folder, &config, NULL, &err));
	strbuf_release(&problems);
}

static int make(void **state)
{
	if (folder_make(state))
		return -1;
	folder_write("bad.json", "{\n"
				 "  \"lr\": {\"_type\": \"uniform\",\n"
				 "         \"_value\": [1, 0]}\n"
				 "}\n");
	folder_write("cut.json", "{\n  \"lr\": {\"_type\": \"uniform\",\n");
	folder_write("list.json", "[]");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_tuners),
		cmocka_unit_test(reports_arguments),
		cmocka_unit_test(reports_search_spaces),
		cmocka_unit_test(reports_the_first_form),
		cmocka_unit_test(reports_paths),
		cmocka_unit_test(reports_all_in_order),
		cmocka_unit_test(reports_no_more_than_fit),
		cmocka_unit_test(makes_hostile_text_safe),
		cmocka_unit_test(refuses_huge_files),
		cmocka_unit_test(refuses_files_that_are_not_there),
	};

	return cmocka_run_group_tests_name("problems", tests, make,
					   folder_take_away);
}
