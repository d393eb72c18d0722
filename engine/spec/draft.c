/* SPDX-License-Identifier: MIT */
/* From values read to a configuration: defaults, what the training service
 * overrides, and the checks that need more than one value. */
#include "engine/spec/draft.h"

#include "base/fs.h"
#include "base/mem.h"
#include "model/alert.h"
#include "model/space.h"

#include <stdlib.h>
#include <string.h>

void draft_init(struct draft *draft)
{
	*draft = (struct draft){0};
	draft->config.trial_gpu_number = -1;
	draft->config.local.max_trials_per_gpu = 1;
	outputs_init(&draft->config.outputs);
	alerts_init(&draft->config.alerts);
	draft->config.kubernetes = (struct kubernetes_config){
		.ttl_after_finished_s = -1,
		.grace_period_s = 30,
		.infrastructure_retries = 3,
		.image_pull_timeout_s = 180,
		.storage.upload_retries = -1,
		.storage.s3_path_style = -1,
	};
	draft->service.trial_gpu_number = -1;
}

static void algorithm_release(struct algorithm_draft *a)
{
	free(a->name);
	free(a->class_name);
	free(a->code_directory);
	free(a->class_file);
	free(a->engine);
	free(a->gpu_indices.items);
}

void draft_release(struct draft *draft)
{
	experiment_config_release(&draft->config);
	algorithm_release(&draft->tuner);
	algorithm_release(&draft->assessor);
	algorithm_release(&draft->advisor);
	free(draft->service.trial_command);
	free(draft->service.trial_code_directory);
	free(draft->service.nni_manager_ip);
	free(draft->tuner_gpu_indices.items);
	free(draft->gpu_indices.items);
	free(draft->search_space_file);
	free(draft->kubernetes.service_account);
	free(draft->kubernetes.cleanup);
	free(draft->kubernetes.framework.description);
	free(draft->kubernetes.framework.retry_policy);
	free(draft->kubernetes.keeper);
	free(draft->kubernetes.storage.type);
	free(draft->kubernetes.nni.operator_name);
	free(draft->kubernetes.nni.config_path);
	free(draft->kubernetes.workflow.template_name);
	free(draft->kubernetes.workflow.entrypoint);
	free(draft->ignored_text);
	*draft = (struct draft){0};
}

/* The service's own word counts before the top level's. */
static void override(char **slot, char **service)
{
	if (!*service)
		return;
	free(*slot);
	*slot = *service;
	*service = NULL;
}

static void settle_service(struct draft *draft)
{
	struct experiment_config *config = &draft->config;
	struct service_draft *service = &draft->service;

	override(&config->trial_command, &service->trial_command);
	override(&config->trial_code_directory, &service->trial_code_directory);
	override(&config->nni_manager_ip, &service->nni_manager_ip);
	if (service->trial_gpu_number >= 0)
		config->trial_gpu_number = service->trial_gpu_number;
	if (service->debug_place.node)
		config->debug = service->debug;
}

/* The first form keeps the dispatcher's GPUs in each algorithm. */
static void settle_tuner_gpus(struct draft *draft)
{
	struct indices *from = &draft->tuner_gpu_indices;

	if (!from->count)
		from = &draft->tuner.gpu_indices;
	if (!from->count)
		from = &draft->assessor.gpu_indices;
	draft->config.tuner_gpu_indices = from->items;
	draft->config.tuner_gpu_index_count = from->count;
	*from = (struct indices){0};
}

static void settle_algorithm(struct algorithm_draft *from,
			     struct algorithm_config *to)
{
	to->name = from->name;
	to->class_name = from->class_name;
	to->code_directory = from->code_directory;
	to->is_python = from->is_python;
	to->is_advisor = from->is_advisor;
	from->name = from->class_name = from->code_directory = NULL;
}

/* Relative to the file, unless it is a name to be looked for in PATH.  Links
 * stay: one in a virtual environment is the environment. */
static void settle_python(struct reader *reader, struct draft *draft)
{
	char *written = draft->config.python_path;
	char *folder, *expanded;

	if (!written || !strchr(written, '/'))
		return;
	folder = reader_resolve(reader, ".");
	expanded = fs_expand_home(written);
	draft->config.python_path = fs_join(folder, expanded);
	free(expanded);
	free(folder);
	free(written);
}

static void check_command(struct reader *reader, struct draft *draft)
{
	size_t len;

	if (draft->config.is_first_form || draft->config.trial_command ||
	    draft->trial_command_place.node)
		return; /* there, or reported */
	if (draft->training_service.node && !draft->platform)
		return; /* could have been in what was not read */
	if (draft->platform && draft->platform->has_own_commands &&
	    draft->platform->has_own_commands(draft))
		return;
	len = reader_enter(reader, "trialCommand");
	reader_fail(reader, (struct mark){1, 1},
		    "required, but missing: such as trialCommand: python3 "
		    "train.py");
	reader_leave(reader, len);
}

static void settle_shared_storage(struct reader *reader, struct draft *draft)
{
	struct place key = draft->shared_storage;

	key.mark = key.key_mark;
	if (!key.node || !draft->platform)
		return;
	if (draft->platform->has_shared_storage)
		shared_storage_read(reader, draft);
	else if (draft->platform->is_on_cluster)
		reader_fail_at(reader, &key,
			       "belongs to NNI's platforms: write volumes in "
			       "trainingService, such as volumes: [{mountPath: "
			       "/mnt/nni, nfs: {server: HOST, path: /PATH}}]");
	else
		reader_fail_at(reader, &key,
			       "platform local needs no shared storage: trials "
			       "read this machine's own files; remove it");
}

void draft_finish(struct reader *reader, const struct node *root,
		  struct draft *draft)
{
	struct experiment_config *config = &draft->config;
	struct space *space;

	settle_service(draft);
	if (!config->log_level)
		config->log_level = xstrdup(config->debug ? "debug" : "info");
	draft->needs_no_space = python_is_class(&draft->tuner) ||
				python_is_class(&draft->advisor);
	space = search_read(reader, root, draft);
	draft->space = space;
	/* roles may bring the command and the code directory */
	settle_shared_storage(reader, draft);
	if (draft->platform)
		draft->platform->check(reader, draft);
	draft->space = NULL;
	check_command(reader, draft);
	if (!config->trial_code_directory)
		config->trial_code_directory = reader_resolve(reader, ".");
	algorithms_check(reader, draft, space);
	space_free(space);
	settle_tuner_gpus(draft);
	settle_python(reader, draft);
	config->include_intermediate = draft->tuner.include_intermediate ||
				       draft->assessor.include_intermediate;
	settle_algorithm(&draft->tuner, &config->tuner);
	settle_algorithm(&draft->assessor, &config->assessor);
}
