/* SPDX-License-Identifier: MIT */
/* Every value that a key can refuse, with the exact line that answers it:
 * file, line, column, path, what, hint. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X201 X50 X50 X50 X50 "x"
#define A600 X201 X201 X201

static const struct expectation numbers[] = {
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: two\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:19: trialConcurrency: must be a whole number, got the text "
	 "\"two\""},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 0\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:19: trialConcurrency: must be between 1 and 99999, got 0"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 100000\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:19: trialConcurrency: must be between 1 and 99999, got "
	 "100000"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 1.5\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:19: trialConcurrency: must be a whole number, got the "
	 "number 1.5"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 99999999999999999999\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:19: trialConcurrency: must be between 1 and 99999, got "
	 "99999999999999999999"},
	{MINIMAL "maxTrialNumber: 0\n",
	 "e.yaml:6:17: maxTrialNumber: must be at least 1, got 0"},
	{MINIMAL "maxTrialNumber: -5\n",
	 "e.yaml:6:17: maxTrialNumber: must be at least 1, got -5"},
	{MINIMAL "maxTrialRetries: 1001\n",
	 "e.yaml:6:18: maxTrialRetries: must be between 0 and 1000, got 1001"},
	{MINIMAL "trialGpuNumber: -1\n",
	 "e.yaml:6:17: trialGpuNumber: must be between 0 and 99999, got -1"},
	{MINIMAL "seed: -1\n", "e.yaml:6:7: seed: must be between 0 and "
			       "18446744073709551615, got -1"},
	{MINIMAL "seed: abc\n",
	 "e.yaml:6:7: seed: must be a whole number, got the text \"abc\""},
	{MINIMAL "seed: 18446744073709551616\n",
	 "e.yaml:6:7: seed: must be between 0 and 18446744073709551615, got "
	 "18446744073709551616"},
	{MINIMAL "debug: maybe\n",
	 "e.yaml:6:8: debug: must be true or false, got the text \"maybe\""},
	{MINIMAL "useAnnotation: 3\n",
	 "e.yaml:6:16: useAnnotation: must be true or false, got the number 3"},
};

static const struct expectation texts[] = {
	{"trialCommand: 5\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:15: trialCommand: must be text, and without quotes this is "
	 "a number: write \"5\""},
	{"trialCommand: \"\"\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:15: trialCommand: must not be empty"},
	{"trialCommand: yes\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:15: trialCommand: must be text, and without quotes this is "
	 "a truth value: put it in quotes"},
	{"trialCommand: [a]\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:15: trialCommand: must be text, got a list"},
	{MINIMAL "logLevel: inof\n",
	 "e.yaml:6:11: logLevel: must be fatal, error, warning, info, debug or "
	 "trace, got \"inof\", did you mean 'info'?"},
	{MINIMAL "logLevel: loud\n",
	 "e.yaml:6:11: logLevel: must be fatal, error, warning, info, debug or "
	 "trace, got \"loud\""},
	{MINIMAL "experimentType: nas\n",
	 "e.yaml:6:17: experimentType: must be hpo, got \"nas\""},
	{MINIMAL "experimentName: " X201 "\n",
	 "e.yaml:6:17: experimentName: must have at most 200 bytes, has 201"},
};

static const struct expectation durations[] = {
	{MINIMAL "maxExperimentDuration: \"90\"\n",
	 "e.yaml:6:24: maxExperimentDuration: must be a number and a unit, "
	 "such as 90s, 30m, 1.5h or 2d, or whole seconds, got the text \"90\""},
	{MINIMAL "maxExperimentDuration: 0\n",
	 "e.yaml:6:24: maxExperimentDuration: must be between 1 and "
	 "3155760000, got 0"},
	{MINIMAL "maxExperimentDuration: 0s\n",
	 "e.yaml:6:24: maxExperimentDuration: must be more than 0"},
	{MINIMAL "maxExperimentDuration: 5 parsecs\n",
	 "e.yaml:6:24: maxExperimentDuration: \"5 parsecs\" has the bad unit "
	 "\"parsecs\": use s, m, h or d"},
	{MINIMAL "maxExperimentDuration: soon\n",
	 "e.yaml:6:24: maxExperimentDuration: \"soon\" is not a duration: "
	 "write a number and a unit, as in 90s, 1.5h or 2d"},
	{MINIMAL "maxTrialDuration: [1]\n",
	 "e.yaml:6:19: maxTrialDuration: must be a number and a unit, such as "
	 "90s, 30m, 1.5h or 2d, or whole seconds, got a list"},
	{MINIMAL "maxTrialDuration: 1.5\n",
	 "e.yaml:6:19: maxTrialDuration: must be a number and a unit, such as "
	 "90s, 30m, 1.5h or 2d, or whole seconds, got the number 1.5"},
	{MINIMAL "maxTrialDuration: 99999999d\n",
	 "e.yaml:6:19: maxTrialDuration: \"99999999d\" is longer than a "
	 "hundred years"},
};

static const struct expectation patterns[] = {
	{MINIMAL "metricPattern: \"a(b\"\n",
	 "e.yaml:6:16: metricPattern: not an extended regular expression: "
	 "Unmatched ( or \\("},
	{MINIMAL "metricPattern: \"a(b)\"\n",
	 "e.yaml:6:16: metricPattern: must have two groups in parentheses, the "
	 "name and the value, has 1"},
	{MINIMAL "metricPattern: \"((a{900}){900})\"\n",
	 "e.yaml:6:16: metricPattern: repeats more than 1000 times: use * or "
	 "+"},
	{MINIMAL "metricPattern: \"" A600 "\"\n",
	 "e.yaml:6:16: metricPattern: must have at most 512 bytes"},
};

static const struct expectation keys[] = {
	{MINIMAL "maxTrialNumer: 5\n", "e.yaml:6:1: maxTrialNumer: unknown "
				       "key, did you mean 'maxTrialNumber'?"},
	{MINIMAL "qwertz: 5\n", "e.yaml:6:1: qwertz: unknown key"},
	{MINIMAL "max_trial_number: 3\nmaxTrialNumber: 5\n",
	 "e.yaml:7:1: maxTrialNumber: is the same key as 'max_trial_number' in "
	 "line 6"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {nmae: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:9: tuner.nmae: unknown key, did you mean 'name'?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local, useActivGpu: true}\n",
	 "e.yaml:5:36: trainingService.useActivGpu: unknown key, did you mean "
	 "'useActiveGpu'?"},
	{MINIMAL "seed: 1\nseed: 2\n",
	 "e.yaml:7:1: 'seed' stands in line 6 already"},
};

static const struct expectation missing_keys[] = {
	{"trialCommand: python3 t.py\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:1: trialConcurrency: required, but missing: how many trials "
	 "run at once, such as 2"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: null\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:2:1: trialConcurrency: required, but null: how many trials "
	 "run at once, such as 2"},
	{"trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:1: trialCommand: required, but missing: such as "
	 "trialCommand: python3 train.py"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {engine: nni}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:1: tuner.name: required, but missing: such as name: TPE"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:1:1: searchSpace: required, but missing: write searchSpace, "
	 "or name its file in searchSpaceFile"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n",
	 "e.yaml:1:1: trainingService: required, but missing: where trials "
	 "run, such as trainingService: {platform: local}"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {}\n",
	 "e.yaml:5:1: trainingService.platform: required, but missing: such as "
	 "platform: local"},
	{MINIMAL "assessor: {}\n", "e.yaml:6:1: assessor.name: required, but "
				   "missing: such as name: Medianstop"},
};

static const struct expectation what_is_refused[] = {
	{MINIMAL "useAnnotation: true\n",
	 "e.yaml:6:16: useAnnotation: annotations in trial code are not read "
	 "(NNI 3 dropped them too): put the space into searchSpace and call "
	 "nni.get_next_parameter()"},
	{MINIMAL "sharedStorage: {}\n",
	 "e.yaml:6:1: sharedStorage: platform local needs no shared storage: "
	 "trials read this machine's own files; remove it"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: [{platform: local}]\n",
	 "e.yaml:5:18: trainingService: a list (NNI's hybrid service) is not "
	 "available in this version: write one service"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {className: a.B}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:20: tuner.className: needs the folder that it lies in: "
	 "codeDirectory (codeDir with classFileName in the first form)"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {className: B, codeDirectory: .}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:20: tuner.className: must be module.Class, such as "
	 "my_tuner.MyTuner"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {className: a.B, codeDirectory: ., engine: native}\n"
	 "trainingService: {platform: local}\n",
	 "e.yaml:4:51: tuner.engine: a class is Python's: remove it, or write "
	 "nni"},
};

static const struct expectation gpus[] = {
	{MINIMAL "tunerGpuIndices: \"0,x\"\n",
	 "e.yaml:6:18: tunerGpuIndices: must be GPU numbers such as [0, 1], 0 "
	 "or \"0,1\", got the text \"0,x\""},
	{MINIMAL "tunerGpuIndices: [0, 0]\n",
	 "e.yaml:6:22: tunerGpuIndices: has 0 twice"},
	{MINIMAL "tunerGpuIndices: -1\n",
	 "e.yaml:6:18: tunerGpuIndices: must be between 0 and 65535, got -1"},
	{MINIMAL "tunerGpuIndices: \"0 1\"\n",
	 "e.yaml:6:18: tunerGpuIndices: must be GPU numbers such as [0, 1], 0 "
	 "or \"0,1\", got the text \"0 1\""},
	{MINIMAL "trialGpuNumber: 1\n",
	 "e.yaml:6:17: trialGpuNumber: needs useActiveGpu in trainingService: "
	 "true to share GPUs that other programs use, false to wait for idle "
	 "ones"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local, maxTrialNumberPerGpu: 2}\n",
	 "e.yaml:5:58: trainingService.maxTrialNumberPerGpu: needs "
	 "trialGpuNumber: without it trials are not given GPUs"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local, useActiveGpu: 2}\n",
	 "e.yaml:5:50: trainingService.useActiveGpu: must be true or false, "
	 "got the number 2"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: local, gpuIndices: [1, x]}\n",
	 "e.yaml:5:52: trainingService.gpuIndices: must be a whole number, got "
	 "the text \"x\""},
};

static const struct expectation platforms[] = {
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: kubeflow, operator: x}\n",
	 "e.yaml:5:1: trainingService.storage: required, but missing: such as "
	 "storage: {storageType: nfs, server: 10.0.0.1, path: /export/nni}; "
	 "platform kubernetes needs none\n"
	 "e.yaml:5:49: trainingService.operator: must be tf-operator or "
	 "pytorch-operator, got \"x\""},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: remote}\n",
	 "e.yaml:5:29: trainingService.platform: 'remote' is a platform of NNI "
	 "that does not exist here: use platform local on each machine, or a "
	 "cluster with platform kubernetes"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: locla}\n",
	 "e.yaml:5:29: trainingService.platform: unknown platform 'locla', did "
	 "you mean 'local'?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: zzz}\n",
	 "e.yaml:5:29: trainingService.platform: unknown platform 'zzz': use "
	 "local, kubernetes, kubeflow or frameworkcontroller"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platfrom: local, x: 1}\n",
	 "e.yaml:5:19: trainingService.platfrom: unknown key, did you mean "
	 "'platform'?"},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: {platform: 5}\n",
	 "e.yaml:5:29: trainingService.platform: must be text, and without "
	 "quotes this is a number: write \"5\""},
	{"trialCommand: python3 t.py\n"
	 "trialConcurrency: 2\n"
	 "searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
	 "tuner: {name: Random}\n"
	 "trainingService: local\n",
	 "e.yaml:5:18: trainingService: must be a mapping (key: value), got "
	 "the text \"local\""},
};

static const struct expectation files_that_are_no_mapping[] = {
	{"", "e.yaml:1:1: the file is empty"},
	{"5\n", "e.yaml:1:1: an experiment file must be a mapping of keys, "
		"such as trialConcurrency: 2"},
	{"- a\n", "e.yaml:1:1: an experiment file must be a mapping of keys, "
		  "such as trialConcurrency: 2"},
	{"a: 1\n"
	 "a: 2\n",
	 "e.yaml:2:1: 'a' stands in line 1 already"},
	{"a:\n"
	 "\tb: 1\n",
	 "e.yaml:2:1: a tab: YAML is indented with spaces"},
};

static void reports_numbers(void **state)
{
	(void)state;
	expect_all(numbers, COUNT_OF(numbers));
}

static void reports_texts(void **state)
{
	(void)state;
	expect_all(texts, COUNT_OF(texts));
}

static void reports_durations(void **state)
{
	(void)state;
	expect_all(durations, COUNT_OF(durations));
}

static void reports_patterns(void **state)
{
	(void)state;
	expect_all(patterns, COUNT_OF(patterns));
}

static void reports_keys(void **state)
{
	(void)state;
	expect_all(keys, COUNT_OF(keys));
}

static void reports_missing_keys(void **state)
{
	(void)state;
	expect_all(missing_keys, COUNT_OF(missing_keys));
}

static void reports_what_is_refused(void **state)
{
	(void)state;
	expect_all(what_is_refused, COUNT_OF(what_is_refused));
}

static void reports_gpus(void **state)
{
	(void)state;
	expect_all(gpus, COUNT_OF(gpus));
}

static void reports_platforms(void **state)
{
	(void)state;
	expect_all(platforms, COUNT_OF(platforms));
}

static void reports_files_that_are_no_mapping(void **state)
{
	(void)state;
	expect_all(files_that_are_no_mapping,
		   COUNT_OF(files_that_are_no_mapping));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_numbers),
		cmocka_unit_test(reports_texts),
		cmocka_unit_test(reports_durations),
		cmocka_unit_test(reports_patterns),
		cmocka_unit_test(reports_keys),
		cmocka_unit_test(reports_missing_keys),
		cmocka_unit_test(reports_what_is_refused),
		cmocka_unit_test(reports_gpus),
		cmocka_unit_test(reports_platforms),
		cmocka_unit_test(reports_files_that_are_no_mapping),
	};

	return cmocka_run_group_tests_name("values", tests, folder_make,
					   folder_take_away);
}
