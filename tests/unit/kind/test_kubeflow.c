/* SPDX-License-Identifier: MIT */
/*
 * Kubeflow's kinds, built: each as the fixture of its kind and version has it.
 *
 * Fixtures hold whole objects but for what every pod has in common (command,
 * env, volumes, mounts), which tests/unit/pod/test_template checks.
 */
#include "engine/kind/kind.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/spec/roles.h"
#include "tests/unit/pod/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GPU                                                                    \
	"{\"requests\":{\"cpu\":\"1\",\"memory\":\"8192Mi\","                  \
	"\"nvidia.com/gpu\":\"1\"},\"limits\":{\"cpu\":\"1\","                 \
	"\"memory\":\"8192Mi\",\"nvidia.com/gpu\":\"1\"}}"

static struct role_config *add_role(struct sample *sample, const char *name,
				    int replicas)
{
	struct role_config role;

	role_init(&role);
	role.name = xstrdup(name);
	role.replicas = replicas;
	return roles_add(&sample->config.kubernetes, &role);
}

static void set(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static cJSON *try_build(struct sample *sample, const char *kind_name,
			const char *version, struct error *err)
{
	const struct kind *kind = kind_find(kind_name);
	struct kind_resource resource;
	cJSON *object;
	char *name;

	assert_non_null(kind);
	kind_resource_init(&resource, kind);
	snprintf(resource.version, sizeof(resource.version), "%s", version);
	sample->plan.container =
		kind_container(kind, &sample->config.kubernetes);
	name = kind_name_object(kind, &sample->experiment, &sample->trial,
				&sample->attempt);
	object = kind->build(&sample->plan, &resource, name, err);
	free(name);
	return object;
}

/* --- fixtures ---------------------------------------------------------------
 */

/* Take away what all pods have in common, after making sure that it is there.
 */
static void strip(cJSON *tree)
{
	static const char *const common[] = {"command", "env", "volumeMounts"};
	cJSON *item;

	cJSON_ArrayForEach (item, tree)
		strip(item);
	if (!cJSON_GetObjectItemCaseSensitive(tree, "containers"))
		return;
	assert_non_null(json_at(tree, "volumes.0"));
	cJSON_DeleteItemFromObjectCaseSensitive(tree, "volumes");
	item = cJSON_GetObjectItemCaseSensitive(tree, "containers");
	assert_int_equal(cJSON_GetArraySize(item), 1);
	for (size_t i = 0; i < COUNT_OF(common); i++) {
		assert_true(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(
			item->child, common[i])));
		cJSON_DeleteItemFromObjectCaseSensitive(item->child, common[i]);
	}
}

static void expect_fixture(struct sample *sample, const char *kind,
			   const char *version, const char *variant)
{
	const char *top = getenv("TOP_SRCDIR");
	char *path = xasprintf("%s/tests/unit/kind/fixtures/%s-%s%s.json",
			       top ? top : ".", kind, version, variant);
	struct strbuf text = STRBUF_INIT;
	struct error err;
	cJSON *wanted, *object = try_build(sample, kind, version, &err);

	if (!object)
		fail_msg("%s %s: %s", kind, version, err.text);
	if (!fs_read_file(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	wanted = cJSON_Parse(text.data);
	assert_non_null(wanted);
	strip(object);
	if (!cJSON_Compare(object, wanted, true)) {
		char *printed = cJSON_Print(object);

		print_error("%s is not:\n%s\n", path, printed);
		cJSON_free(printed);
		fail();
	}
	cJSON_Delete(object);
	cJSON_Delete(wanted);
	strbuf_release(&text);
	free(path);
}

static const char *const generations[] = {"v1", "v1beta2", "v1beta1",
					  "v1alpha2", "v1alpha1"};

static void builds_tfjobs_of_every_generation(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	set(&add_role(&sample, "worker", 2)->resources, GPU);
	set(&add_role(&sample, "ps", 1)->image, "test.local/ps:2");
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		expect_fixture(&sample, "tfjob", generations[i], "");
	sample_release(&sample);
}

static void builds_pytorchjobs_of_every_generation(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	set(&add_role(&sample, "master", 1)->resources, GPU);
	set(&add_role(&sample, "worker", 2)->image, "test.local/ps:2");
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		expect_fixture(&sample, "pytorchjob", generations[i], "");
	sample_release(&sample);
}

static void builds_what_a_tfjob_can_say(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "",
		    "  activeDeadlineSeconds: 2h\n"
		    "  ttlSecondsAfterFinished: 60\n"
		    "  queue: team-a\n");
	add_role(&sample, "chief", 1);
	set(&add_role(&sample, "worker", 2)->restart_policy, "ExitCode");
	add_role(&sample, "ps", 1);
	add_role(&sample, "evaluator", 1);
	set(&sample.config.kubernetes.job_options,
	    "{\"runPolicy\":{\"cleanPodPolicy\":\"None\",\"backoffLimit\":3,"
	    "\"schedulingPolicy\":{\"minAvailable\":4}},"
	    "\"successPolicy\":\"AllWorkers\",\"enableDynamicWorker\":true}");
	expect_fixture(&sample, "tfjob", "v1", "-full");
	/* said beside runPolicy it is the same */
	set(&sample.config.kubernetes.job_options,
	    "{\"runPolicy\":{\"backoffLimit\":3,"
	    "\"schedulingPolicy\":{\"minAvailable\":4}},"
	    "\"cleanPodPolicy\":\"None\","
	    "\"successPolicy\":\"AllWorkers\",\"enableDynamicWorker\":true}");
	expect_fixture(&sample, "tfjob", "v1", "-full");
	sample_release(&sample);
}

static void builds_elastic_workers(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	set(&add_role(&sample, "worker", 2)->restart_policy, "OnFailure");
	set(&sample.config.kubernetes.job_options,
	    "{\"nprocPerNode\":\"2\",\"elasticPolicy\":{\"minReplicas\":1,"
	    "\"maxReplicas\":3,\"rdzvBackend\":\"c10d\"}}");
	expect_fixture(&sample, "pytorchjob", "v1", "-elastic");
	sample_release(&sample);
}

static void builds_the_other_kinds(void **state)
{
	static const struct {
		const char *kind, *roles[2], *options;
	} kinds[] = {
		{"mpijob",
		 {"launcher", "worker"},
		 "{\"slotsPerWorker\":2,\"mainContainer\":\"mpi\"}"},
		{"xgboostjob", {"master", "worker"}, "{}"},
		{"paddlejob",
		 {"master", "worker"},
		 "{\"elasticPolicy\":{\"minReplicas\":1,\"maxReplicas\":2}}"},
		{"jaxjob", {NULL, "worker"}, "{}"},
	};
	struct sample sample;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		sample_init(&sample, "", "");
		set(&sample.config.kubernetes.job_options, kinds[i].options);
		if (kinds[i].roles[0])
			add_role(&sample, kinds[i].roles[0], 1);
		add_role(&sample, kinds[i].roles[1], 2);
		expect_fixture(&sample, kinds[i].kind, "v1", "");
		sample_release(&sample);
	}
}

/* --- refusals ---------------------------------------------------------------
 */

static void expect_refusal(struct sample *sample, const char *kind,
			   const char *version, const char *text)
{
	struct error err = {.text = "no error"};
	cJSON *object = try_build(sample, kind, version, &err);

	assert_string_equal(err.text, text);
	assert_null(object);
}

#define NO_SUCH(kind, version)                                                 \
	kind " of version " version ", which this cluster serves, has no "     \
	     "such thing: remove it, or install a newer operator"

static void refuses_what_a_version_has_not(void **state)
{
	static const struct {
		const char *options, *version, *text;
	} cases[] = {
		{"{\"runPolicy\":{\"schedulingPolicy\":{}}}", "v1beta2",
		 "runPolicy.schedulingPolicy: " NO_SUCH("TFJob", "v1beta2")},
		{"{\"runPolicy\":{\"backoffLimit\":2}}", "v1alpha2",
		 "runPolicy.backoffLimit: " NO_SUCH("TFJob", "v1alpha2")},
		{"{\"cleanPodPolicy\":\"All\"}", "v1alpha1",
		 "runPolicy.cleanPodPolicy: " NO_SUCH("TFJob", "v1alpha1")},
		{"{\"successPolicy\":\"AllWorkers\"}", "v1beta1",
		 "successPolicy: " NO_SUCH("TFJob", "v1beta1")},
	};
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	add_role(&sample, "worker", 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set(&sample.config.kubernetes.job_options, cases[i].options);
		expect_refusal(&sample, "tfjob", cases[i].version,
			       cases[i].text);
	}
	sample_release(&sample);

	sample_init(&sample, "", "  queue: team-a\n");
	add_role(&sample, "worker", 1);
	expect_refusal(&sample, "tfjob", "v1beta2",
		       "queue: " NO_SUCH("TFJob", "v1beta2"));
	sample_release(&sample);
	sample_init(&sample, "", "  activeDeadlineSeconds: 60\n");
	add_role(&sample, "worker", 1);
	expect_refusal(&sample, "tfjob", "v1beta1",
		       "runPolicy.activeDeadlineSeconds: " NO_SUCH("TFJob",
								   "v1beta1"));
	sample_release(&sample);
}

static void refuses_roles_that_v1alpha1_has_not(void **state)
{
	struct sample sample;
	struct role_config *role;

	(void)state;
	sample_init(&sample, "", "");
	role = add_role(&sample, "ps", 1);
	expect_refusal(&sample, "tfjob", "v1alpha1",
		       "TFJob of version v1alpha1 needs role master");
	set(&role->restart_policy, "ExitCode");
	expect_refusal(&sample, "tfjob", "v1alpha1",
		       "role ps: version v1alpha1 has no restartPolicy "
		       "ExitCode: write Never or OnFailure");
	set(&role->restart_policy, "OnFailure");
	add_role(&sample, "chief", 1);
	cJSON_Delete(try_build(&sample, "tfjob", "v1alpha1", NULL));
	add_role(&sample, "master", 1);
	expect_refusal(&sample, "tfjob", "v1alpha1",
		       "role master: chief and master are the same in version "
		       "v1alpha1: keep one of them");
	sample_release(&sample);

	sample_init(&sample, "", "");
	add_role(&sample, "worker", 1);
	expect_refusal(&sample, "pytorchjob", "v1alpha1",
		       "PyTorchJob of version v1alpha1 needs role master");
	add_role(&sample, "evaluator", 1);
	expect_refusal(&sample, "tfjob", "v1alpha1",
		       "role evaluator: TFJob of version v1alpha1, which this "
		       "cluster serves, has no such role: remove it, or "
		       "install a newer operator");
	sample_release(&sample);
}

static void refuses_what_is_broken(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	expect_refusal(&sample, "tfjob", "v1",
		       "a TFJob needs roles: write worker: {replicas: 1}");
	add_role(&sample, "juggler", 1);
	expect_refusal(&sample, "tfjob", "v1",
		       "role 'juggler' is none that Kubeflow knows");
	set(&sample.config.kubernetes.roles[0].name, "worker");
	set(&sample.config.kubernetes.roles[0].resources, "{");
	expect_refusal(&sample, "tfjob", "v1",
		       "role worker: trainingService.resources: not JSON");
	expect_refusal(&sample, "tfjob", "v1alpha1",
		       "role worker: trainingService.resources: not JSON");
	set(&sample.config.kubernetes.job_options, "[]");
	expect_refusal(&sample, "tfjob", "v1",
		       "options of the job: no JSON object");
	set(&sample.config.kubernetes.job_options, "{\"runPolicy\":5}");
	expect_refusal(&sample, "tfjob", "v1", "runPolicy: no JSON object");
	set(&sample.config.kubernetes.labels, "{");
	expect_refusal(&sample, "tfjob", "v1",
		       "trainingService.labels: not JSON");
	sample_release(&sample);
}

/* --- names and roles --------------------------------------------------------
 */

static char *name_of(const char *id, int number)
{
	struct experiment experiment = {0};
	struct trial trial = {.id = "xa12b"};
	struct attempt attempt = {.number = number};

	snprintf(experiment.id, sizeof(experiment.id), "%s", id);
	return kind_name_object(kind_find("tfjob"), &experiment, &trial,
				&attempt);
}

/* Pods and services add "-evaluator-99". */
static void leaves_room_in_names(void **state)
{
	static const char longest[] = "Abcdefghijklmnopqrstuvwxyz_01234";
	static const char other[] = "Abcdefghijklmnopqrstuvwxyz_01235";
	char *name = name_of("abcd1234", 2), *second;

	(void)state;
	assert_string_equal(name, "nni-exp-abcd1234-trial-xa12b-2");
	free(name);
	name = name_of(longest, 1);
	assert_int_equal(strlen(name), 50);
	assert_memory_equal(name, "nni-exp-abcdefghijklmnopqrs-", 28);
	assert_string_equal(name + 36, "-trial-xa12b-1");
	/* it follows from the attempt, and from nothing else */
	second = name_of(longest, 1);
	assert_string_equal(name, second);
	free(second);
	second = name_of(other, 1);
	assert_string_not_equal(name, second);
	free(second);
	free(name);
	name = name_of(longest, INT32_MAX);
	assert_int_equal(strlen(name), 50);
	free(name);
	/* the first that does not fit, and the last that does */
	name = name_of("abcdefghijklmnopqrstuvwxyz01", 1);
	assert_string_equal(name, "nni-exp-abcdefghijklmnopqrstuvwxyz01-trial-"
				  "xa12b-1");
	free(name);
	name = name_of("abcdefghijklmnopqrstuvwxyz012", 1);
	assert_int_equal(strlen(name), 50);
	free(name);
}

static void knows_who_leads(void **state)
{
	static const struct {
		const char *kind, *roles[3], *leader, *container;
	} cases[] = {
		{"tfjob", {"worker", "ps"}, "worker", "tensorflow"},
		{"tfjob", {"ps", "worker", "chief"}, "chief", "tensorflow"},
		{"tfjob", {"evaluator", "master"}, "master", "tensorflow"},
		{"pytorchjob", {"worker", "master"}, "master", "pytorch"},
		{"pytorchjob", {"worker"}, "worker", "pytorch"},
		{"mpijob", {"worker", "launcher"}, "launcher", "mpi"},
		{"xgboostjob", {"worker", "master"}, "master", "xgboost"},
		{"paddlejob", {"worker"}, "worker", "paddle"},
		{"jaxjob", {"worker"}, "worker", "jax"},
	};
	struct sample sample;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct kind *kind = kind_find(cases[i].kind);

		sample_init(&sample, "", "");
		for (size_t k = 0; k < 3 && cases[i].roles[k]; k++)
			add_role(&sample, cases[i].roles[k], 1);
		assert_string_equal(
			kind_leader(kind, &sample.config.kubernetes)->name,
			cases[i].leader);
		assert_string_equal(
			kind_container(kind, &sample.config.kubernetes),
			cases[i].container);
		assert_false(kind->ends_with_pod);
		assert_true(kind->has_our_labels);
		sample_release(&sample);
	}
}

/* Where the kubelet starts a container again, its keeper must run again. */
static void tells_keepers_that_they_may_run_again(void **state)
{
	static const struct {
		const char *policy;
		bool is_again;
	} cases[] = {{NULL, false},
		     {"Never", false},
		     {"ExitCode", false},
		     {"OnFailure", true},
		     {"Always", true}};
	struct sample sample;
	struct role_config *role;

	(void)state;
	sample_init(&sample, "", "");
	role = add_role(&sample, "worker", 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err;
		cJSON *object;
		char *command;

		free(role->restart_policy);
		role->restart_policy = xstrdup_or_null(cases[i].policy);
		object = try_build(&sample, "jaxjob", "v1", &err);
		assert_non_null(object);
		command = cJSON_PrintUnformatted(
			json_at(object, "spec.jaxReplicaSpecs.Worker.template."
					"spec.containers.0.command"));
		assert_int_equal(strstr(command, "\"--again\"") != NULL,
				 cases[i].is_again);
		cJSON_free(command);
		cJSON_Delete(object);
	}
	sample_release(&sample);
}

/* mpirun starts the processes of an MPIJob's workers. */
static void lets_workers_of_mpi_wait(void **state)
{
	const struct kind *kind = kind_find("mpijob");
	struct role_config worker = {.name = (char[]){"worker"}};
	struct role_config launcher = {.name = (char[]){"launcher"}};
	char *command;

	(void)state;
	command = kind_command(kind, NULL, &worker, "mpirun t.py");
	assert_string_equal(command, "exec sleep 365d");
	free(command);
	command = kind_command(kind, NULL, &launcher, "mpirun t.py");
	assert_string_equal(command, "mpirun t.py");
	free(command);
	worker.command = (char[]){"serve"};
	command = kind_command(kind, NULL, &worker, "serve");
	assert_string_equal(command, "serve");
	free(command);
	command = kind_command(kind_find("tfjob"), NULL, &launcher, "train");
	assert_string_equal(command, "train");
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_tfjobs_of_every_generation),
		cmocka_unit_test(builds_pytorchjobs_of_every_generation),
		cmocka_unit_test(builds_what_a_tfjob_can_say),
		cmocka_unit_test(builds_elastic_workers),
		cmocka_unit_test(builds_the_other_kinds),
		cmocka_unit_test(refuses_what_a_version_has_not),
		cmocka_unit_test(refuses_roles_that_v1alpha1_has_not),
		cmocka_unit_test(refuses_what_is_broken),
		cmocka_unit_test(leaves_room_in_names),
		cmocka_unit_test(knows_who_leads),
		cmocka_unit_test(tells_keepers_that_they_may_run_again),
		cmocka_unit_test(lets_workers_of_mpi_wait),
	};

	return cmocka_run_group_tests_name("kubeflow", tests, NULL, NULL);
}
