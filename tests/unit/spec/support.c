/* SPDX-License-Identifier: MIT */
#include "tests/unit/spec/support.h"

#include "base/fs.h"
#include "base/mem.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char folder[PATH_MAX];

void folder_write(const char *name, const char *text)
{
	struct error err;

	if (!fs_write_file(name, text, strlen(text), &err))
		fail_msg("%s", err.text);
}

int folder_make(void **state)
{
	char path[] = "/tmp/trialdeck-spec-XXXXXX";

	(void)state;
	if (!mkdtemp(path) || !realpath(path, folder) || chdir(folder) < 0 ||
	    mkdir("sub", 0700) < 0)
		return -1;
	folder_write("s.json",
		     "{\"lr\": {\"_type\": \"uniform\", \"_value\": [0, 1]}}");
	return 0;
}

int folder_take_away(void **state)
{
	struct error err;

	(void)state;
	return chdir("/") == 0 && fs_remove_tree(folder, &err) ? 0 : -1;
}

void expect_problems(const char *text, const char *problems)
{
	struct strbuf got = STRBUF_INIT;
	struct experiment_config config;
	struct error err = {ERROR_NONE, ""};

	if (spec_parse(text, strlen(text), "e.yaml", folder, &config, &got,
		       &err))
		fail_msg("accepted:\n%s", text);
	strbuf_truncate(&got, got.len - 1);
	if (strcmp(got.data, problems))
		print_error("for:\n%s\n", text);
	assert_string_equal(got.data, problems);
	assert_int_not_equal(err.code, ERROR_NONE);
	assert_memory_equal(
		err.text, problems,
		strcspn(problems, "\n") < 500 ? strcspn(problems, "\n") : 500);
	strbuf_release(&got);
}

void expect_all(const struct expectation *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_problems(all[i].text, all[i].problems);
}

void expect_mistakes(const struct mistake *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = xasprintf(KUBERNETES "  %s\n", all[i].lines);
		char *problem = xasprintf("e.yaml:8:%s", all[i].problem);

		expect_problems(text, problem);
		free(text);
		free(problem);
	}
}

static void assert_same_text(const char *a, const char *b)
{
	assert_true(!a == !b);
	if (a)
		assert_string_equal(a, b);
}

static void assert_same_algorithm(const struct algorithm_config *a,
				  const struct algorithm_config *b)
{
	assert_same_text(a->name, b->name);
	assert_same_text(a->class_args, b->class_args);
}

static void assert_same_indices(const int *a, size_t a_count, const int *b,
				size_t b_count)
{
	assert_int_equal(a_count, b_count);
	if (a_count)
		assert_memory_equal(a, b, a_count * sizeof(*a));
}

static void assert_same_role(const struct role_config *a,
			     const struct role_config *b)
{
	assert_same_text(a->name, b->name);
	assert_int_equal(a->replicas, b->replicas);
	assert_same_text(a->command, b->command);
	assert_same_text(a->code_directory, b->code_directory);
	assert_same_text(a->image, b->image);
	assert_same_text(a->resources, b->resources);
	assert_int_equal(a->gpu_number, b->gpu_number);
	assert_same_text(a->registry_auth, b->registry_auth);
	assert_same_text(a->restart_policy, b->restart_policy);
	assert_same_text(a->pod_template, b->pod_template);
	assert_int_equal(a->has_completion, b->has_completion);
	assert_int_equal(a->min_failed, b->min_failed);
	assert_int_equal(a->min_succeeded, b->min_succeeded);
	assert_same_text(a->retry_policy, b->retry_policy);
	assert_true(a->pod_deletion_timeout_s == b->pod_deletion_timeout_s);
}

static void assert_same_storage(const struct storage_config *a,
				const struct storage_config *b)
{
	assert_int_equal(a->type, b->type);
	assert_same_text(a->server, b->server);
	assert_same_text(a->path, b->path);
	assert_same_text(a->claim, b->claim);
	assert_same_text(a->local_path, b->local_path);
	assert_same_text(a->azure_account, b->azure_account);
	assert_same_text(a->azure_share, b->azure_share);
	assert_same_text(a->key_vault, b->key_vault);
	assert_same_text(a->key_vault_key, b->key_vault_key);
	assert_same_text(a->azure_key_file, b->azure_key_file);
	assert_same_text(a->azure_endpoint, b->azure_endpoint);
	assert_same_text(a->s3_endpoint, b->s3_endpoint);
	assert_same_text(a->s3_region, b->s3_region);
	assert_same_text(a->s3_bucket, b->s3_bucket);
	assert_same_text(a->s3_prefix, b->s3_prefix);
	assert_int_equal(a->s3_path_style, b->s3_path_style);
	assert_same_text(a->s3_credentials, b->s3_credentials);
	assert_same_text(a->s3_profile, b->s3_profile);
	assert_same_text(a->ca_file, b->ca_file);
	assert_int_equal(a->upload_retries, b->upload_retries);
}

static void assert_same_kubernetes(const struct kubernetes_config *a,
				   const struct kubernetes_config *b)
{
	assert_same_text(a->kind, b->kind);
	assert_same_text(a->api_version, b->api_version);
	assert_same_text(a->job_options, b->job_options);
	assert_same_text(a->manifest, b->manifest);
	assert_same_text(a->shared_storage, b->shared_storage);
	assert_int_equal(a->keeper, b->keeper);
	assert_int_equal(a->is_reuse, b->is_reuse);
	assert_same_storage(&a->storage, &b->storage);
	assert_int_equal(a->role_count, b->role_count);
	for (size_t i = 0; i < a->role_count; i++)
		assert_same_role(&a->roles[i], &b->roles[i]);
	assert_same_text(a->kubeconfig, b->kubeconfig);
	assert_same_text(a->context, b->context);
	assert_same_text(a->namespace, b->namespace);
	assert_same_text(a->image, b->image);
	assert_same_text(a->image_pull_policy, b->image_pull_policy);
	assert_same_text(a->image_pull_secrets, b->image_pull_secrets);
	assert_same_text(a->resources, b->resources);
	assert_same_text(a->env, b->env);
	assert_same_text(a->env_from, b->env_from);
	assert_same_text(a->volumes, b->volumes);
	assert_same_text(a->volume_mounts, b->volume_mounts);
	assert_same_text(a->local_paths, b->local_paths);
	assert_same_text(a->node_selector, b->node_selector);
	assert_same_text(a->tolerations, b->tolerations);
	assert_same_text(a->affinity, b->affinity);
	assert_same_text(a->topology_spread, b->topology_spread);
	assert_same_text(a->priority_class, b->priority_class);
	assert_same_text(a->service_account, b->service_account);
	assert_same_text(a->scheduler_name, b->scheduler_name);
	assert_same_text(a->runtime_class, b->runtime_class);
	assert_same_text(a->queue, b->queue);
	assert_same_text(a->labels, b->labels);
	assert_same_text(a->annotations, b->annotations);
	assert_same_text(a->security_context, b->security_context);
	assert_same_text(a->pod_security_context, b->pod_security_context);
	assert_same_text(a->pod_template, b->pod_template);
	assert_true(a->active_deadline_s == b->active_deadline_s);
	assert_true(a->ttl_after_finished_s == b->ttl_after_finished_s);
	assert_true(a->grace_period_s == b->grace_period_s);
	assert_int_equal(a->cleanup, b->cleanup);
	assert_int_equal(a->infrastructure_retries, b->infrastructure_retries);
	assert_true(a->image_pull_timeout_s == b->image_pull_timeout_s);
	assert_int_equal(a->requests_per_s, b->requests_per_s);
	assert_same_text(a->side_port_address, b->side_port_address);
	assert_int_equal(a->side_port_tls, b->side_port_tls);
	assert_same_text(a->side_port_certificate, b->side_port_certificate);
	assert_same_text(a->side_port_key, b->side_port_key);
}

static void assert_same(const struct experiment_config *a,
			const struct experiment_config *b)
{
	assert_same_text(a->canonical, b->canonical);
	assert_same_text(a->name, b->name);
	assert_same_text(a->search_space, b->search_space);
	assert_same_text(a->trial_command, b->trial_command);
	assert_same_text(a->trial_code_directory, b->trial_code_directory);
	assert_same_text(a->log_level, b->log_level);
	assert_same_text(a->nni_manager_ip, b->nni_manager_ip);
	assert_same_text(a->working_directory, b->working_directory);
	assert_same_text(a->metric_pattern, b->metric_pattern);
	assert_same_text(a->platform, b->platform);
	assert_same_algorithm(&a->tuner, &b->tuner);
	assert_same_algorithm(&a->assessor, &b->assessor);
	assert_same_indices(a->tuner_gpu_indices, a->tuner_gpu_index_count,
			    b->tuner_gpu_indices, b->tuner_gpu_index_count);
	assert_same_indices(a->local.gpu_indices, a->local.gpu_index_count,
			    b->local.gpu_indices, b->local.gpu_index_count);
	assert_int_equal(a->trial_concurrency, b->trial_concurrency);
	assert_int_equal(a->trial_gpu_number, b->trial_gpu_number);
	assert_int_equal(a->max_experiment_s, b->max_experiment_s);
	assert_int_equal(a->max_trial_number, b->max_trial_number);
	assert_int_equal(a->max_trial_s, b->max_trial_s);
	assert_int_equal(a->max_trial_retries, b->max_trial_retries);
	assert_true(a->seed == b->seed);
	assert_int_equal(a->has_seed, b->has_seed);
	assert_int_equal(a->objective, b->objective);
	assert_int_equal(a->debug, b->debug);
	assert_int_equal(a->is_first_form, b->is_first_form);
	assert_int_equal(a->local.use_active_gpu, b->local.use_active_gpu);
	assert_int_equal(a->local.has_use_active_gpu,
			 b->local.has_use_active_gpu);
	assert_int_equal(a->local.max_trials_per_gpu,
			 b->local.max_trials_per_gpu);
	assert_same_kubernetes(&a->kubernetes, &b->kubernetes);
}

struct experiment_config expect_config(const char *text)
{
	struct strbuf problems = STRBUF_INIT;
	struct experiment_config config, again;
	struct error err = {ERROR_NONE, ""};

	if (!spec_parse(text, strlen(text), "e.yaml", folder, &config,
			&problems, &err))
		fail_msg("refused: %s", problems.data);
	assert_int_equal(problems.len, 0);
	assert_int_equal(err.code, ERROR_NONE);
	if (!spec_reload(config.canonical, &again, &err))
		fail_msg("%s\n%s", err.text, config.canonical);
	assert_same(&config, &again);
	experiment_config_release(&again);
	return config;
}

char *expect_canonical(const char *text)
{
	struct experiment_config config = expect_config(text);
	char *canonical = xstrdup(config.canonical);

	experiment_config_release(&config);
	return canonical;
}
