/* SPDX-License-Identifier: MIT */
/* The older launcher's Framework, built as its user manual has it: with init
 * containers, volumes of NFS and of the host, the host's network, a working
 * directory and ports. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "tests/unit/kind/framework_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAUNCHER_POD(port)                                                     \
	"    podTemplate:\n"                                                   \
	"      spec:\n"                                                        \
	"        containers:\n"                                                \
	"        - {name: tf, ports: [{containerPort: " port "}]}\n"           \
	"        initContainers:\n"                                            \
	"        - {name: initips, ports: [{containerPort: " port "}]}\n"

static const char launcher[] =
	"  kind: launcher\n"
	"  description: tf example\n"
	"  primaryContainerName: tf\n"
	"  retryPolicy: {fancyRetryPolicy: false, maxRetryCount: 3}\n"
	"  podTemplate:\n"
	"    spec:\n"
	"      hostNetwork: true\n"
	"      containers:\n"
	"      - name: tf\n"
	"        workingDir: /benchmarks/scripts/tf_cnn_benchmarks\n"
	"        volumeMounts: [{name: config-volume, mountPath: /configdir}]\n"
	"      initContainers:\n"
	"      - name: initips\n"
	"        image: zichengfang/k8s_initcontainer:update\n"
	"        workingDir: /\n"
	"        command: [/bin/bash, -c, \"export worker_tasknum=1 && export "
	"ps_tasknum=1 && export ps_port=46867 && export worker_port=46866 && "
	"source ./get_ips.sh && echo -e $worker_hosts'\\n'$ps_hosts > "
	"/configdir/configfile\"]\n"
	"        volumeMounts: [{name: config-volume, mountPath: /configdir}]\n"
	"      volumes:\n"
	"      - {name: config-volume, emptyDir: {}}\n"
	"      - name: nfs\n"
	"        nfs: {server: 10.0.0.1, path: /export}\n"
	"      - name: data\n"
	"        hostPath: {path: /data}\n"
	"  taskRoles:\n"
	"  - name: worker\n"
	"    taskNumber: 1\n"
	"    image: zichengfang/k8s_launcher:distributedtf\n"
	"    command: cat /configdir/configfile\n"
	"    retryPolicy: {fancyRetryPolicy: false, maxRetryCount: "
	"3}\n" LAUNCHER_POD(
		"49866") "  - name: ps\n"
			 "    taskNumber: 1\n"
			 "    image: zichengfang/k8s_launcher:distributedtf\n"
			 "    command: cat /configdir/configfile\n"
			 "    retryPolicy: {fancyRetryPolicy: false, "
			 "maxRetryCount: 3}\n" LAUNCHER_POD("49867");

/* The manual's own object, its slips of the pen corrected: our object says all
 * that it says, but for its name and the command, which the keeper runs. */
static void builds_the_launchers_document(void **state)
{
	cJSON *document = framework_fixture("launcher-document.json");
	cJSON *object = framework_made(launcher), *role;
	struct sample sample;

	(void)state;
	sample_init(&sample, "", launcher);
	cJSON_DeleteItemFromObjectCaseSensitive(
		(cJSON *)json_at(document, "metadata"), "name");
	cJSON_ArrayForEach (role,
			    (cJSON *)json_at(document, "spec.taskRoles")) {
		cJSON *container =
			(cJSON *)json_at(role, "task.pod.spec.containers.0");

		expect_json(container, "command.2",
			    "\"cat /configdir/configfile\"");
		cJSON_DeleteItemFromObjectCaseSensitive(container, "command");
	}
	assert_string_equal(sample.config.kubernetes.roles[1].command,
			    "cat /configdir/configfile");
	expect_contained(document, object, "");
	sample_release(&sample);
	cJSON_Delete(object);
	cJSON_Delete(document);
	expect_framework(launcher, "launcher-v1.json");
}

/* The same as it is written there. */
static void takes_the_launchers_document(void **state)
{
	char *path = framework_fixture_path("launcher-document.json");
	char *service = xasprintf("  kind: launcher\n  manifest: %s\n", path);
	cJSON *object = framework_made(service), *document;

	(void)state;
	document = framework_fixture("launcher-document.json");
	cJSON_DeleteItemFromObjectCaseSensitive(
		(cJSON *)json_at(document, "metadata"), "name");
	for (int i = 0; i < 2; i++) {
		cJSON *role = cJSON_GetArrayItem(
			json_at(document, "spec.taskRoles"), i);

		cJSON_DeleteItemFromObjectCaseSensitive(
			(cJSON *)json_at(role, "task.pod.spec.containers.0"),
			"command");
	}
	expect_contained(document, object, "");
	cJSON_Delete(document);
	cJSON_Delete(object);
	free(service);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_launchers_document),
		cmocka_unit_test(takes_the_launchers_document),
	};

	return cmocka_run_group_tests_name("launcher", tests, NULL, NULL);
}
