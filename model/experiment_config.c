/* SPDX-License-Identifier: MIT */
/* Letting go of what an experiment file said. */
#include "model/alert.h"
#include "model/experiment.h"

#include "base/mem.h"

#include <stdlib.h>

static void algorithm_config_release(struct algorithm_config *config)
{
	free(config->name);
	free(config->class_name);
	free(config->code_directory);
	free(config->class_args);
}

void role_config_release(struct role_config *role)
{
	free(role->name);
	free(role->command);
	free(role->code_directory);
	free(role->image);
	free(role->resources);
	free(role->registry_auth);
	free(role->restart_policy);
	free(role->pod_template);
	free(role->retry_policy);
	*role = (struct role_config){0};
}

void storage_config_release(struct storage_config *storage)
{
	free(storage->server);
	free(storage->path);
	free(storage->claim);
	free(storage->local_path);
	free(storage->azure_account);
	free(storage->azure_share);
	free(storage->key_vault);
	free(storage->key_vault_key);
	free(storage->azure_key_file);
	free(storage->azure_endpoint);
	free(storage->s3_endpoint);
	free(storage->s3_region);
	free(storage->s3_bucket);
	free(storage->s3_prefix);
	free(storage->s3_credentials);
	free(storage->s3_profile);
	free(storage->ca_file);
}

static void kubernetes_config_release(struct kubernetes_config *config)
{
	char *const texts[] = {
		config->kind,
		config->api_version,
		config->job_options,
		config->manifest,
		config->parameters,
		config->success_condition,
		config->failure_condition,
		config->primary_pod_labels,
		config->primary_container,
		config->kubeconfig,
		config->context,
		config->namespace,
		config->image,
		config->image_pull_policy,
		config->image_pull_secrets,
		config->resources,
		config->env,
		config->env_from,
		config->volumes,
		config->volume_mounts,
		config->shared_storage,
		config->local_paths,
		config->node_selector,
		config->tolerations,
		config->affinity,
		config->topology_spread,
		config->priority_class,
		config->service_account,
		config->scheduler_name,
		config->runtime_class,
		config->queue,
		config->labels,
		config->annotations,
		config->security_context,
		config->pod_security_context,
		config->pod_template,
		config->side_port_address,
		config->side_port_certificate,
		config->side_port_key,
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < config->role_count; i++)
		role_config_release(&config->roles[i]);
	free(config->roles);
	storage_config_release(&config->storage);
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
	free(config->python_path);
	free(config->platform);
	free(config->local.gpu_indices);
	free(config->outputs.tensorboard_image);
	alerts_release(&config->alerts);
	kubernetes_config_release(&config->kubernetes);
	free(config->canonical);
	*config = (struct experiment_config){0};
}
