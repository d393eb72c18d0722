/* SPDX-License-Identifier: MIT */
/* Letting go of what an experiment file said. */
#include "model/experiment.h"

#include <stdlib.h>

static void algorithm_config_release(struct algorithm_config *config)
{
	free(config->name);
	free(config->class_name);
	free(config->code_directory);
	free(config->class_args);
}

void experiment_config_release(struct experiment_config *config)
{
	free(config->name);
	free(config->search_space);
	free(config->trial_command);
	free(config->trial_code_directory);
	free(config->log_level);
	free(config->nni_manager_ip);
	free(config->working_directory);
	free(config->metric_pattern);
	algorithm_config_release(&config->tuner);
	algorithm_config_release(&config->assessor);
	free(config->tuner_gpu_indices);
	free(config->platform);
	free(config->local.gpu_indices);
	free(config->canonical);
	*config = (struct experiment_config){0};
}
