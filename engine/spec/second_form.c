/* SPDX-License-Identifier: MIT */
/*
 * NNI's second form: a file without trainingServicePlatform.  Keys as in NNI
 * 2.x and 3.0, plus some of ours: maxTrialRetries, metricPattern, outputs and
 * seed.
 */
#include "engine/spec/draft.h"

#include "base/nearest.h"

#define CONFIG(member) offsetof(struct draft, config.member)
#define DRAFT(member) offsetof(struct draft, member)
#define PLACE(member) KEY_PLACE(struct draft, member)
#define ALGORITHM(member) offsetof(struct algorithm_draft, member)
#define ALGORITHM_PLACE(member) KEY_PLACE(struct algorithm_draft, member)

static const char *const types[] = {"hpo", NULL};
static const char *const levels[] = {"fatal", "error", "warning", "info",
				     "debug", "trace", NULL};

/* clang-format off */
static const struct key algorithm_keys[] = {
	{"name", VALUE_TEXT, .least = 1, .target = ALGORITHM(name),
	 .place = ALGORITHM_PLACE(name_place)},
	{"className", VALUE_TEXT, .least = 1, .target = ALGORITHM(class_name),
	 .place = ALGORITHM_PLACE(class_name_place)},
	{"codeDirectory", VALUE_FOLDER, .target = ALGORITHM(code_directory),
	 .place = ALGORITHM_PLACE(code_directory_place)},
	{"classArgs", VALUE_MAP, .place = ALGORITHM_PLACE(class_args)},
	{"engine", VALUE_WORD, .words = algorithm_engines,
	 .target = ALGORITHM(engine), .place = ALGORITHM_PLACE(engine_place)},
	{"includeIntermediateResults", VALUE_BOOL,
	 .target = ALGORITHM(include_intermediate)},
	{0},
};

static const struct form algorithm_form = {algorithm_keys, NULL};

static const struct key top_keys[] = {
	{"experimentName", VALUE_TEXT, .most = EXPERIMENT_NAME_MAX,
	 .target = CONFIG(name)},
	{"experimentType", VALUE_WORD, .words = types,
	 .target = DRAFT(ignored_text)},
	{"searchSpaceFile", VALUE_FILE, .target = DRAFT(search_space_file),
	 .place = PLACE(search_space_file_place)},
	{"searchSpace", VALUE_MAP, .place = PLACE(search_space)},
	{"trialCommand", VALUE_TEXT, .least = 1,
	 .target = CONFIG(trial_command),
	 .place = PLACE(trial_command_place)},
	{"trialCodeDirectory", VALUE_FOLDER,
	 .target = CONFIG(trial_code_directory)},
	{"trialConcurrency", VALUE_INT, KEY_REQUIRED, 1, 99999,
	 .target = CONFIG(trial_concurrency),
	 .help = "how many trials run at once, such as 2"},
	{"trialGpuNumber", VALUE_INT, .most = 99999,
	 .target = CONFIG(trial_gpu_number),
	 .place = PLACE(trial_gpu_number_place)},
	{"maxExperimentDuration", VALUE_DURATION,
	 .target = CONFIG(max_experiment_s)},
	{"maxTrialNumber", VALUE_COUNT, .least = 1, .most = INT64_MAX,
	 .target = CONFIG(max_trial_number)},
	{"maxTrialDuration", VALUE_DURATION, .target = CONFIG(max_trial_s)},
	{"maxTrialRetries", VALUE_INT, .most = 1000,
	 .target = CONFIG(max_trial_retries)},
	{"metricPattern", VALUE_PATTERN, .target = CONFIG(metric_pattern)},
	{"seed", VALUE_SEED, .target = CONFIG(seed),
	 .place = PLACE(seed_place)},
	{"nniManagerIp", VALUE_TEXT, .least = 1,
	 .target = CONFIG(nni_manager_ip),
	 .place = PLACE(nni_manager_ip_place)},
	{"useAnnotation", VALUE_FALSE,
	 .help = "annotations in trial code are not read (NNI 3 dropped them "
		 "too): put the space into searchSpace and call "
		 "nni.get_next_parameter()"},
	{"debug", VALUE_BOOL, .target = CONFIG(debug)},
	{"logLevel", VALUE_WORD, .words = levels, .target = CONFIG(log_level)},
	{"experimentWorkingDirectory", VALUE_PATH,
	 .target = CONFIG(working_directory)},
	{"tunerGpuIndices", VALUE_INDICES,
	 .target = DRAFT(tuner_gpu_indices)},
	{"pythonPath", VALUE_TEXT, .least = 1, .target = CONFIG(python_path)},
	{"pythonTimeout", VALUE_DURATION, .target = CONFIG(python_timeout_s)},
	{"tuner", VALUE_SECTION, .section = &algorithm_form,
	 .target = DRAFT(tuner), .place = PLACE(tuner_place)},
	{"assessor", VALUE_SECTION, .section = &algorithm_form,
	 .target = DRAFT(assessor), .place = PLACE(assessor_place)},
	{"advisor", VALUE_SECTION, .section = &algorithm_form,
	 .target = DRAFT(advisor), .place = PLACE(advisor_place)},
	{"trainingService", VALUE_TREE, KEY_REQUIRED,
	 .place = PLACE(training_service),
	 .help = "where trials run, such as trainingService: "
		 "{platform: local}"},
	{"sharedStorage", .type = VALUE_TREE, .place = PLACE(shared_storage)},
	{"outputs", VALUE_SECTION, .section = &outputs_form,
	 .target = CONFIG(outputs)},
	{"alerts", VALUE_OWN, .target = CONFIG(alerts), .read = alerts_read},
	{"isFirstForm", VALUE_BOOL, KEY_RELOAD,
	 .target = CONFIG(is_first_form)},
	{0},
};

static const struct form top_form = {top_keys, NULL};

static const struct key platform_keys[] = {
	{"platform", VALUE_TEXT, KEY_REQUIRED, .least = 1,
	 .target = CONFIG(platform), .place = PLACE(platform_place),
	 .help = "such as platform: local"},
	{0},
};

static const struct key service_keys[] = {
	{"platform", VALUE_TEXT, KEY_REQUIRED, .least = 1,
	 .target = CONFIG(platform), .place = PLACE(platform_place),
	 .help = "such as platform: local"},
	{"trialCommand", VALUE_TEXT, .least = 1,
	 .target = DRAFT(service.trial_command),
	 .place = PLACE(trial_command_place)},
	{"trialCodeDirectory", VALUE_FOLDER,
	 .target = DRAFT(service.trial_code_directory)},
	{"trialGpuNumber", VALUE_INT, .most = 99999,
	 .target = DRAFT(service.trial_gpu_number),
	 .place = PLACE(service.trial_gpu_number_place)},
	{"nniManagerIp", VALUE_TEXT, .least = 1,
	 .target = DRAFT(service.nni_manager_ip),
	 .place = PLACE(nni_manager_ip_place)},
	{"debug", VALUE_BOOL, .target = DRAFT(service.debug),
	 .place = PLACE(service.debug_place)},
	{0},
};
/* clang-format on */

const struct form service_form = {service_keys, NULL};

/* Say what is wrong with it; without it no other key can be judged. */
static void fail_platform(struct reader *reader, const struct place *place,
			  const struct node_entry *entry, struct draft *draft)
{
	static const char *const word[] = {"platform"};
	static const struct form form = {platform_keys, NULL};
	struct node_entry only = entry ? *entry : (struct node_entry){0};
	struct node alone = *place->node;

	for (size_t i = 0; alone.kind == NODE_MAPPING && i < alone.count; i++) {
		const struct node_entry *near = &alone.entries[i];

		if (entry || !nearest_word(near->key, word, 1))
			continue;
		reader_enter(reader, near->key);
		reader_fail(reader, near->mark,
			    "unknown key, did you mean 'platform'?");
		return;
	}
	if (alone.kind == NODE_MAPPING) {
		alone.count = entry ? 1 : 0;
		alone.entries = &only;
	}
	form_read(reader, &form, &alone, place->key_mark, draft);
}

static const struct form *service_form_of(const struct reader *reader,
					  const struct spec_platform *platform,
					  const struct node *service)
{
	return platform->find_form ? platform->find_form(reader, service)
				   : platform->service;
}

/* A platform decides which keys its service may have, so find it first. */
static void read_service(struct reader *reader, struct draft *draft)
{
	const struct place *place = &draft->training_service;
	const struct node_entry *entry;
	struct place platform = {0};
	size_t len;

	if (!place->node)
		return; /* reported: required */
	len = reader_enter(reader, "trainingService");
	if (place->node->kind == NODE_SEQUENCE) {
		reader_fail(reader, place->mark,
			    "a list (NNI's hybrid service) is not available "
			    "in this version: write one service");
		goto out;
	}
	entry = reader_find(reader, place->node, "platform");
	if (entry && entry->value->kind == NODE_STRING) {
		size_t inner = reader_enter(reader, entry->key);

		reader_keep(reader, entry, &platform);
		reader_leave(reader, inner);
		draft->platform = spec_platform_find(reader, &platform,
						     entry->value->text);
		if (!draft->platform)
			goto out;
	}
	if (draft->platform)
		form_read(reader,
			  service_form_of(reader, draft->platform, place->node),
			  place->node, place->key_mark, draft);
	else
		fail_platform(reader, place, entry, draft);
out:
	reader_leave(reader, len);
}

void second_form_read(struct reader *reader, const struct node *root,
		      struct draft *draft)
{
	form_read(reader, &top_form, root, (struct mark){1, 1}, draft);
	read_service(reader, draft);
}
