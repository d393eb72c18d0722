/* SPDX-License-Identifier: MIT */
/* Platform local: trials are processes of this machine (nni.md 1.5, 2.5). */
#include "engine/spec/draft.h"

#define CONFIG(member) offsetof(struct draft, config.member)
#define DRAFT(member) offsetof(struct draft, member)
#define PLACE(member) KEY_PLACE(struct draft, member)

static const char *const nas_modes[] = {"classic_mode", "enas_mode",
					"oneshot_mode", "darts_mode", NULL};

/* clang-format off */
static const struct key service_keys[] = {
	{"useActiveGpu", VALUE_BOOL, .target = CONFIG(local.use_active_gpu),
	 .place = PLACE(use_active_gpu_place)},
	{"maxTrialNumberPerGpu", VALUE_INT, .least = 1, .most = 99999,
	 .target = CONFIG(local.max_trials_per_gpu),
	 .place = PLACE(max_trials_per_gpu_place)},
	{"gpuIndices", VALUE_INDICES, .target = DRAFT(gpu_indices)},
	{"reuseMode", VALUE_BOOL, .target = DRAFT(ignored_bool)},
	{0},
};

static const struct key trial_keys[] = {
	{"command", VALUE_TEXT, KEY_REQUIRED, .least = 1,
	 .target = CONFIG(trial_command),
	 .place = PLACE(trial_command_place)},
	{"codeDir", VALUE_FOLDER, KEY_REQUIRED,
	 .target = CONFIG(trial_code_directory),
	 .help = "the folder the command runs in, such as ."},
	{"gpuNum", VALUE_INT, .most = 99999,
	 .target = CONFIG(trial_gpu_number),
	 .place = PLACE(trial_gpu_number_place)},
	{"nasMode", VALUE_WORD, .words = nas_modes,
	 .target = DRAFT(ignored_text)},
	{0},
};
static const struct form trial_form = {trial_keys, NULL};

static const struct key config_keys[] = {
	{"gpuIndices", VALUE_INDICES, .target = DRAFT(gpu_indices)},
	{"maxTrialNumPerGpu", VALUE_INT, .least = 1, .most = 99999,
	 .target = CONFIG(local.max_trials_per_gpu)},
	{"useActiveGpu", VALUE_BOOL, .target = CONFIG(local.use_active_gpu),
	 .place = PLACE(use_active_gpu_place)},
	{0},
};
static const struct form config_form = {config_keys, NULL};

static const struct key first_keys[] = {
	{"trial", VALUE_SECTION, KEY_REQUIRED, .section = &trial_form,
	 .help = "what to run, such as trial: {command: python3 train.py, "
		 "codeDir: .}"},
	{"localConfig", VALUE_SECTION, .section = &config_form},
	{0},
};
/* clang-format on */

static const struct form local_service_form = {service_keys, &service_form};
static const struct form local_first_form = {first_keys, &first_common_form};

static void local_check(struct reader *reader, struct draft *draft)
{
	struct experiment_config *config = &draft->config;
	const struct place *gpu =
		draft->service.trial_gpu_number_place.node
			? &draft->service.trial_gpu_number_place
			: &draft->trial_gpu_number_place;

	config->local.has_use_active_gpu = draft->use_active_gpu_place.node;
	config->local.gpu_indices = draft->gpu_indices.items;
	config->local.gpu_index_count = draft->gpu_indices.count;
	draft->gpu_indices = (struct indices){0};
	if (config->is_first_form && !reader->is_reload) {
		/* it has defaults for all of them; the second has not */
		if (config->trial_gpu_number > 0)
			config->local.has_use_active_gpu = true;
		return;
	}
	if (config->trial_gpu_number > 0 && !draft->use_active_gpu_place.node)
		reader_fail_at(reader, gpu,
			       "needs useActiveGpu in trainingService: true to "
			       "share GPUs that other programs use, false to "
			       "wait for idle ones");
	if (config->local.max_trials_per_gpu != 1 && !gpu->node)
		reader_fail_at(reader, &draft->max_trials_per_gpu_place,
			       "needs trialGpuNumber: without it trials are "
			       "not given GPUs");
}

static void local_write(const struct experiment_config *config,
			struct strbuf *out)
{
	const struct local_config *local = &config->local;

	if (local->has_use_active_gpu)
		strbuf_addf(out, ",\"useActiveGpu\":%s",
			    local->use_active_gpu ? "true" : "false");
	strbuf_addf(out, ",\"maxTrialNumberPerGpu\":%d",
		    local->max_trials_per_gpu);
	if (!local->gpu_index_count)
		return;
	strbuf_adds(out, ",\"gpuIndices\":[");
	for (size_t i = 0; i < local->gpu_index_count; i++)
		strbuf_addf(out, "%s%d", i ? "," : "", local->gpu_indices[i]);
	strbuf_adds(out, "]");
}

const struct spec_platform spec_local = {
	.name = "local",
	.service = &local_service_form,
	.first = &local_first_form,
	.check = local_check,
	.write = local_write,
};
