/* SPDX-License-Identifier: MIT */
/*
 * NNI's first form: a file with trainingServicePlatform, as NNI 0.x to 2.x
 * read it (nni.md 1).  Keys are case-sensitive.  What only NNI's own machinery
 * needed (versionCheck, multiThread, ...) is checked and then left alone.
 * authorName and experimentName may be missing, as NNI from 2.6 on has it.  Our
 * own keys are taken here, too.
 */
#include "engine/spec/draft.h"

#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.member)
#define DRAFT(member) offsetof(struct draft, member)
#define PLACE(member) KEY_PLACE(struct draft, member)
#define ALGORITHM(member) offsetof(struct algorithm_draft, member)
#define ALGORITHM_PLACE(member) KEY_PLACE(struct algorithm_draft, member)

#define OTHER_PLATFORM(key, platform)                                          \
	{                                                                      \
		key, VALUE_REFUSED,                                            \
			.help = "belongs to "                                  \
				"trainingServicePlatform: " platform           \
	}
#define SECOND_FORM(key)                                                       \
	{                                                                      \
		key, VALUE_REFUSED,                                            \
			.help = "belongs to the second form, and "             \
				"trainingServicePlatform makes this file the " \
				"first: remove one of them"                    \
	}

static const char *const levels[] = {"trace", "debug", "info", "warning",
				     "error", "fatal", NULL};
static const char *const collections[] = {"none", "http", NULL};

/* clang-format off */
#define ALGORITHM_KEYS(name_key)                                               \
	{name_key, VALUE_TEXT, .least = 1, .target = ALGORITHM(name),          \
	 .place = ALGORITHM_PLACE(name_place)},                                \
	{"codeDir", VALUE_FOLDER, .target = ALGORITHM(code_directory),         \
	 .place = ALGORITHM_PLACE(code_directory_place)},                      \
	{"classFileName", VALUE_TEXT, .least = 1,                              \
	 .target = ALGORITHM(class_file),                                      \
	 .place = ALGORITHM_PLACE(class_file_place)},                          \
	{"className", VALUE_TEXT, .least = 1, .target = ALGORITHM(class_name), \
	 .place = ALGORITHM_PLACE(class_name_place)},                          \
	{"classArgs", VALUE_MAP, .place = ALGORITHM_PLACE(class_args)},        \
	{"includeIntermediateResults", VALUE_BOOL,                             \
	 .target = ALGORITHM(include_intermediate)},                           \
	{"engine", VALUE_WORD, .words = algorithm_engines,                     \
	 .target = ALGORITHM(engine), .place = ALGORITHM_PLACE(engine_place)}, \
	{"gpuIndices", VALUE_INDICES, .target = ALGORITHM(gpu_indices)}

static const struct key tuner_keys[] = {ALGORITHM_KEYS("builtinTunerName"),
					{0}};
static const struct key assessor_keys[] = {
	ALGORITHM_KEYS("builtinAssessorName"), {0}};
static const struct key advisor_keys[] = {
	ALGORITHM_KEYS("builtinAdvisorName"), {0}};
static const struct form tuner_form = {tuner_keys, NULL};
static const struct form assessor_form = {assessor_keys, NULL};
static const struct form advisor_form = {advisor_keys, NULL};

static const struct key common_keys[] = {
	{"authorName", VALUE_TEXT, .target = DRAFT(ignored_text)},
	{"experimentName", VALUE_TEXT, .most = EXPERIMENT_NAME_MAX,
	 .target = CONFIG(name)},
	{"description", VALUE_TEXT, .target = DRAFT(ignored_text)},
	{"trialConcurrency", VALUE_INT, KEY_REQUIRED, 1, 99999,
	 .target = CONFIG(trial_concurrency),
	 .help = "how many trials run at once, such as 2"},
	{"maxExecDuration", VALUE_TERM, .target = CONFIG(max_experiment_s)},
	{"maxTrialNum", VALUE_COUNT, .least = 1, .most = 99999,
	 .target = CONFIG(max_trial_number)},
	{"maxTrialDuration", VALUE_TERM, .target = CONFIG(max_trial_s)},
	{"maxTrialRetries", VALUE_INT, .most = 1000,
	 .target = CONFIG(max_trial_retries)},
	{"metricPattern", VALUE_PATTERN, .target = CONFIG(metric_pattern)},
	{"seed", VALUE_SEED, .target = CONFIG(seed),
	 .place = PLACE(seed_place)},
	{"trainingServicePlatform", VALUE_TEXT, KEY_REQUIRED, .least = 1,
	 .target = CONFIG(platform), .place = PLACE(platform_place)},
	{"searchSpacePath", VALUE_FILE, .target = DRAFT(search_space_file),
	 .place = PLACE(search_space_file_place)},
	{"multiPhase", VALUE_FALSE,
	 .help = "several parameter sets for one trial are not available "
		 "(NNI dropped them in 2.6): set it to false"},
	{"multiThread", VALUE_BOOL, .target = DRAFT(ignored_bool)},
	{"nniManagerIp", VALUE_TEXT, .least = 1,
	 .target = CONFIG(nni_manager_ip),
	 .place = PLACE(nni_manager_ip_place)},
	{"logDir", VALUE_PATH, .target = CONFIG(working_directory)},
	{"debug", VALUE_BOOL, .target = CONFIG(debug)},
	{"versionCheck", VALUE_BOOL, .target = DRAFT(ignored_bool)},
	{"logLevel", VALUE_WORD, .words = levels, .target = CONFIG(log_level)},
	{"logCollection", VALUE_WORD, .words = collections,
	 .target = DRAFT(ignored_text)},
	{"useAnnotation", VALUE_FALSE,
	 .help = "annotations in trial code are not read (NNI 3 dropped them "
		 "too): write a searchSpacePath file and call "
		 "nni.get_next_parameter()"},
	{"pythonPath", VALUE_TEXT, .least = 1, .target = CONFIG(python_path)},
	{"pythonTimeout", VALUE_TERM, .target = CONFIG(python_timeout_s)},
	{"tuner", VALUE_SECTION, .section = &tuner_form,
	 .target = DRAFT(tuner), .place = PLACE(tuner_place)},
	{"assessor", VALUE_SECTION, .section = &assessor_form,
	 .target = DRAFT(assessor), .place = PLACE(assessor_place)},
	{"advisor", VALUE_SECTION, .section = &advisor_form,
	 .target = DRAFT(advisor), .place = PLACE(advisor_place)},
	{"sharedStorage", .type = VALUE_TREE, .place = PLACE(shared_storage)},
	{"outputs", VALUE_SECTION, .section = &outputs_form,
	 .target = CONFIG(outputs)},
	{"alerts", VALUE_OWN, .target = CONFIG(alerts), .read = alerts_read},
	OTHER_PLATFORM("kubeflowConfig", "kubeflow"),
	OTHER_PLATFORM("frameworkcontrollerConfig", "frameworkcontroller"),
	OTHER_PLATFORM("machineList", "remote"),
	OTHER_PLATFORM("remoteConfig", "remote"),
	OTHER_PLATFORM("paiConfig", "pai"),
	OTHER_PLATFORM("paiYarnConfig", "paiYarn"),
	OTHER_PLATFORM("amlConfig", "aml"),
	OTHER_PLATFORM("dltsConfig", "dlts"),
	OTHER_PLATFORM("hybridConfig", "hybrid"),
	SECOND_FORM("trainingService"),
	SECOND_FORM("trialCommand"),
	SECOND_FORM("searchSpace"),
	{0},
};
/* clang-format on */

const struct form first_common_form = {common_keys, NULL};

void first_form_read(struct reader *reader, const struct node *root,
		     struct draft *draft)
{
	const struct node_entry *entry =
		reader_find(reader, root, "trainingServicePlatform");
	struct place place = {0};

	draft->config.is_first_form = true;
	if (entry->value->kind == NODE_STRING) {
		size_t len = reader_enter(reader, entry->key);

		reader_keep(reader, entry, &place);
		reader_leave(reader, len);
		draft->platform =
			spec_platform_find(reader, &place, entry->value->text);
		if (draft->platform && !draft->platform->first) {
			reader_fail_at(reader, &place,
				       "'%s' needs the second form: write "
				       "trainingService: {platform: %s, ...} "
				       "instead",
				       draft->platform->name,
				       draft->platform->name);
			draft->platform = NULL;
		}
		if (!draft->platform)
			return;
	}
	form_read(reader,
		  draft->platform ? draft->platform->first : &first_common_form,
		  root, (struct mark){1, 1}, draft);
}
