/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: mistakes in names, maps and pieces that are passed on,
 * and the bounds of everything. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mistake names[] = {
	{"kind: trainjob", "9: trainingService.kind: unknown kind 'trainjob': "
			   "write kind: custom, "
			   "and the object under manifest"},
	{"kind: Workflow",
	 "9: trainingService.kind: unknown kind 'Workflow', did you mean "
	 "'workflow'?"},
	{"kind: jobb", "9: trainingService.kind: unknown kind 'jobb', did you "
		       "mean 'job'?"},
	{"kind: zzz",
	 "9: trainingService.kind: unknown kind 'zzz': write kind: custom, "
	 "and the object under manifest"},
	{"kind: 5", "9: trainingService.kind: must be text, and without quotes "
		    "this is a number: write \"5\""},
	{"kind: Job",
	 "9: trainingService.kind: unknown kind 'Job', did you mean "
	 "'job'?"},
	{"namespace: Team_A",
	 "14: trainingService.namespace: must be at most 63 "
	 "lower-case letters, digits and '-', with a letter or "
	 "digit at both ends, got \"Team_A\", did you mean 'team-a'?"},
	{"namespace: a.b",
	 "14: trainingService.namespace: must be at most 63 "
	 "lower-case letters, digits and '-', with a letter or "
	 "digit at both ends, got \"a.b\", did you mean 'a-b'?"},
	{"namespace: ''",
	 "14: trainingService.namespace: must be at most 63 "
	 "lower-case letters, digits and '-', with a letter or "
	 "digit at both ends, got \"\""},
	{"namespace: 5",
	 "14: trainingService.namespace: must be text, and without "
	 "quotes this is a number: write \"5\""},
	{"namespace: -a",
	 "14: trainingService.namespace: must be at most 63 "
	 "lower-case letters, digits and '-', with a letter or "
	 "digit at both ends, got \"-a\""},
	{"context: ''", "12: trainingService.context: must not be empty"},
	{"imagePullPolicy: always",
	 "20: trainingService.imagePullPolicy: must be Always, "
	 "IfNotPresent or Never, got \"always\", did you mean "
	 "'Always'?"},
	{"imagePullSecrets: 5",
	 "21: trainingService.imagePullSecrets: must be a list, "
	 "such as [registry-login], got the number 5"},
	{"imagePullSecrets: [5]",
	 "22: trainingService.imagePullSecrets.0: must be text, and "
	 "without quotes this is a number: write \"5\""},
	{"imagePullSecrets: [A]",
	 "22: trainingService.imagePullSecrets.0: must be "
	 "lower-case letters, digits, '-' and '.', with a letter or "
	 "digit at both ends, got \"A\", did you mean 'a'?"},
	{"priorityClassName: High",
	 "22: trainingService.priorityClassName: must be lower-case "
	 "letters, digits, '-' and '.', with a letter or digit at "
	 "both ends, got \"High\", did you mean 'high'?"},
	{"serviceAccount: a\n  serviceAccountName: b",
	 "19: trainingService.serviceAccount: is another word for "
	 "serviceAccountName, which says something else: keep one "
	 "of them"},
	{"serviceAccountName: [a]",
	 "23: trainingService.serviceAccountName: must be text, got "
	 "a list"},
	{"schedulerName: a/b",
	 "18: trainingService.schedulerName: must be lower-case "
	 "letters, digits, '-' and '.', with a letter or digit at "
	 "both ends, got \"a/b\""},
	{"runtimeClassName: .a",
	 "21: trainingService.runtimeClassName: must be lower-case "
	 "letters, digits, '-' and '.', with a letter or digit at "
	 "both ends, got \".a\""},
	{"queue: a b",
	 "10: trainingService.queue: must be at most 63 lower-case "
	 "letters, digits and '-', with a letter or digit at both "
	 "ends, got \"a b\", did you mean 'a-b'?"},
	{"cleanup: failed",
	 "12: trainingService.cleanup: must be all, succeeded or "
	 "none, got \"failed\""},
	{"infrastructureRetries: -1",
	 "26: trainingService.infrastructureRetries: must be "
	 "between 0 and 1000, got -1"},
	{"imagePullTimeout: 0",
	 "21: trainingService.imagePullTimeout: must be between 1 "
	 "and 3155760000, got 0"},
	{"requestsPerSecond: 10001",
	 "22: trainingService.requestsPerSecond: must be between 0 "
	 "and 10000, got 10001"},
	{"terminationGracePeriodSeconds: 0",
	 "34: trainingService.terminationGracePeriodSeconds: must "
	 "be between 1 and 86400, got 0"},
	{"ttlSecondsAfterFinished: 1h",
	 "28: trainingService.ttlSecondsAfterFinished: must be a "
	 "whole number, got the text \"1h\""},
	{"activeDeadlineSeconds: 0s",
	 "26: trainingService.activeDeadlineSeconds: must be more "
	 "than 0"},
	{"sidePort: {address: 'http://x'}",
	 "23: trainingService.sidePort.address: must be an address "
	 "or a host name, without scheme and port, got \"http://x\""},
	{"sidePort: {address: 'x:80'}",
	 "23: trainingService.sidePort.address: must be an address "
	 "or a host name, without scheme and port, got \"x:80\""},
	{"sidePort: {port: 5}",
	 "14: trainingService.sidePort.port: unknown key"},
	{"sidePort: {certificate: s.json}",
	 "27: trainingService.sidePort.certificate: needs its key: "
	 "write sidePort: {certificate: FILE, key: FILE}"},
	{"sidePort: {key: s.json}",
	 "19: trainingService.sidePort.key: needs its certificate: "
	 "write sidePort: {certificate: FILE, key: FILE}"},
	{"sidePort: {tls: false, certificate: s.json, key: s.json}",
	 "19: trainingService.sidePort.tls: contradicts "
	 "certificate: write true, or remove certificate and key"},
	{"sidePort: 5", "13: trainingService.sidePort: must be a mapping (key: "
			"value), got the number 5"},
	{"imgae: x", "3: trainingService.imgae: unknown key, did you mean "
		     "'image'?"},
	{"useActiveGpu: true",
	 "3: trainingService.useActiveGpu: belongs to platform "
	 "local: a cluster hands out GPUs by resources, such as "
	 "trialGpuNumber: 1"},
	{"command: x",
	 "3: trainingService.command: is called trialCommand here"},
	{"storage: {}",
	 "3: trainingService.storage.storageType: required, but missing: "
	 "such as storageType: nfs"},
	{"taskRoles: []",
	 "3: trainingService.taskRoles: belongs to kind: framework; "
	 "kind job has one pod: write image and resources here"},
	{"gpuIndices: 0",
	 "3: trainingService.gpuIndices: belongs to platform local: "
	 "a cluster hands out GPUs by resources, such as "
	 "trialGpuNumber: 1"},
};

static const struct mistake maps[] = {
	{"labels: [a]", "11: trainingService.labels: must be a mapping (key: "
			"value), got a list"},
	{"labels: {a b: x}",
	 "12: trainingService.labels.a b: must be a key such as "
	 "team or example.org/team: at most 63 letters, digits, "
	 "'-', '_' and '.', with a letter or digit at both ends, "
	 "got \"a b\", did you mean 'a-b'?"},
	{"labels: {team: 5}",
	 "18: trainingService.labels.team: must be text, and "
	 "without quotes this is a number: write \"5\""},
	{"labels: {team: a/b}",
	 "18: trainingService.labels.team: must be at most 63 "
	 "letters, digits, '-', '_' and '.', with a letter or digit "
	 "at both ends, got \"a/b\""},
	{"labels: {Example.org/x: a}",
	 "12: trainingService.labels.Example.org/x: must be a key "
	 "such as team or example.org/team: at most 63 letters, "
	 "digits, '-', '_' and '.', with a letter or digit at both "
	 "ends, got \"Example.org/x\""},
	{"labels: {expId: x}",
	 "12: trainingService.labels.expId: is set for every trial "
	 "already: use another key"},
	{"labels: {job-name: x}",
	 "12: trainingService.labels.job-name: is set for every "
	 "trial already: use another key"},
	{"labels: {a: {b: c}}",
	 "15: trainingService.labels.a: must be text, got a mapping"},
	{"annotations: {'': x}",
	 "17: trainingService.annotations.: must be a key such as "
	 "team or example.org/team: at most 63 letters, digits, "
	 "'-', '_' and '.', with a letter or digit at both ends, "
	 "got \"\""},
	{"annotations: {a: true}",
	 "20: trainingService.annotations.a: must be text, and "
	 "without quotes this is a truth value: put it in quotes"},
	{"nodeSelector: {zone: 1}",
	 "24: trainingService.nodeSelector.zone: must be text, and "
	 "without quotes this is a number: write \"1\""},
	{"nodeSelector: {app: x, a/b/c: d}",
	 "26: trainingService.nodeSelector.a/b/c: must be a key "
	 "such as team or example.org/team: at most 63 letters, "
	 "digits, '-', '_' and '.', with a letter or digit at both "
	 "ends, got \"a/b/c\""},
};

static const struct mistake pieces[] = {
	{"tolerations: 5",
	 "16: trainingService.tolerations: must be a list, such as "
	 "[{key: gpu, operator: Exists, effect: NoSchedule}], got "
	 "the number 5"},
	{"tolerations: [5]",
	 "17: trainingService.tolerations.0: must be a mapping "
	 "(key: value), got the number 5"},
	{"tolerations: [{effect: NoSchedul}]",
	 "26: trainingService.tolerations.0.effect: must be "
	 "NoSchedule, PreferNoSchedule or NoExecute, got "
	 "\"NoSchedul\", did you mean 'NoSchedule'?"},
	{"tolerations: [{toleration_seconds: 5}]",
	 "18: trainingService.tolerations.0.toleration_seconds: "
	 "unknown key, did you mean 'tolerationSeconds'?"},
	{"tolerations: [{tolerationSeconds: x}]",
	 "37: trainingService.tolerations.0.tolerationSeconds: must "
	 "be a whole number, got the text \"x\""},
	{"affinity: []",
	 "13: trainingService.affinity: must be a mapping (key: "
	 "value), got a list"},
	{"affinity: {nodeAffinty: {}}",
	 "14: trainingService.affinity.nodeAffinty: unknown key, "
	 "did you mean 'nodeAffinity'?"},
	{"affinity: {nodeAffinity: {a: .inf}}",
	 "32: trainingService.affinity: must be a finite number"},
	{"securityContext: {fsGroup: 5}",
	 "21: trainingService.securityContext.fsGroup: belongs to "
	 "the pod: write it in podSecurityContext"},
	{"securityContext: {runAsUser: -1}",
	 "32: trainingService.securityContext.runAsUser: must be "
	 "between 0 and 2147483647, got -1"},
	{"podSecurityContext: {capabilities: {}}",
	 "24: trainingService.podSecurityContext.capabilities: "
	 "belongs to the container: write it in securityContext"},
	{"podSecurityContext: {runasuser: 5}",
	 "24: trainingService.podSecurityContext.runasuser: unknown "
	 "key, did you mean 'runAsUser'?"},
	{"podTemplate: []",
	 "16: trainingService.podTemplate: must be a mapping (key: "
	 "value), got a list"},
	{"podTemplate: {spec: []}",
	 "23: trainingService.podTemplate.spec: must be a mapping "
	 "(key: value), got a list"},
	{"podTemplate: {metadata: {name: x}}",
	 "28: trainingService.podTemplate.metadata.name: unknown key"},
	{"podTemplate: {metadata: {labels: {app: x}}}",
	 "37: trainingService.podTemplate.metadata.labels.app: is "
	 "set for every trial already: use another key"},
	{"podTemplate: {spec: {containers: [{name: trial, command: "
	 "[sh]}]}}",
	 "16: trainingService.podTemplate: containers: command and "
	 "args of 'trial' are trialdeck's own: write trialCommand"},
	{"podTemplate: {spec: {restartPolicy: Always}}",
	 "16: trainingService.podTemplate: restartPolicy must be "
	 "Never: trialdeck runs a trial again as a new attempt"},
	{"podTemplate: {spec: {containers: {}}}",
	 "16: trainingService.podTemplate: containers must be a list"},
	{"podTemplate: {status: {}}",
	 "17: trainingService.podTemplate.status: unknown key"},
};

static void reports_names(void **state)
{
	(void)state;
	expect_mistakes(names, COUNT_OF(names));
}

static void reports_maps(void **state)
{
	(void)state;
	expect_mistakes(maps, COUNT_OF(maps));
}

static void reports_pieces(void **state)
{
	(void)state;
	expect_mistakes(pieces, COUNT_OF(pieces));
}

static void reports_several_at_once(void **state)
{
	(void)state;
	expect_problems(
		KUBERNETES "  imagePullSecrets: [{nme: x}]\n"
			   "  topologySpreadConstraints: [{maxSkew: 0}]\n"
			   "  env: {A: {secretKeyRef: {name: X, key: a/b}}}\n",
		"e.yaml:8:22: trainingService.imagePullSecrets.0.name: "
		"required, but missing\n"
		"e.yaml:8:23: trainingService.imagePullSecrets.0.nme: unknown "
		"key, did you mean 'name'?\n"
		"e.yaml:9:31: trainingService.topologySpreadConstraints.0."
		"topologyKey: required, but missing: such as topologyKey: "
		"kubernetes.io/hostname\n"
		"e.yaml:9:31: trainingService.topologySpreadConstraints.0."
		"whenUnsatisfiable: required, but missing: DoNotSchedule or "
		"ScheduleAnyway\n"
		"e.yaml:9:41: trainingService.topologySpreadConstraints.0."
		"maxSkew: must be between 1 and 2147483647, got 0\n"
		"e.yaml:10:34: trainingService.env.A.secretKeyRef.name: must "
		"be lower-case letters, digits, '-' and '.', with a letter or "
		"digit at both ends, got \"X\", did you mean 'x'?\n"
		"e.yaml:10:42: trainingService.env.A.secretKeyRef.key: must be "
		"letters, digits, '-', '_' and '.', got \"a/b\"");
}

#define WITHOUT_IMAGE                                                          \
	"trialCommand: python3 t.py\n"                                         \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"

static const struct expectation images[] = {
	{WITHOUT_IMAGE,
	 "e.yaml:5:1: trainingService.image: required, but missing: what "
	 "trials run in, such as image: python:3.11"},
	{WITHOUT_IMAGE "  image:\n",
	 "e.yaml:7:3: trainingService.image: required, but null: what trials "
	 "run in, such as image: python:3.11"},
	{WITHOUT_IMAGE "  image: Python:3 11\n",
	 "e.yaml:7:10: trainingService.image: must be an image such as "
	 "python:3.11 or registry.example.org/team/image:tag, got \"Python:3 "
	 "11\""},
	{WITHOUT_IMAGE "  image: 3.11\n",
	 "e.yaml:7:10: trainingService.image: must be text, and without quotes "
	 "this is a number: write \"3.11\""},
	{"nniManagerIp: http://x\n" KUBERNETES,
	 "e.yaml:1:15: nniManagerIp: must be an address or a host name, "
	 "without scheme and port, got \"http://x\""},
};

static void reports_images_and_addresses(void **state)
{
	(void)state;
	expect_all(images, COUNT_OF(images));
}

static void reports_missing_files(void **state)
{
	char *problems = xasprintf(
		"e.yaml:8:15: trainingService.kubeconfig: %s/no.yaml: No such "
		"file or directory\n"
		"e.yaml:9:48: trainingService.volumes.0.localPath: "
		"%s/nowhere: No such file or directory",
		folder, folder);

	(void)state;
	expect_problems(KUBERNETES "  kubeconfig: no.yaml\n"
				   "  volumes: [{mountPath: /a, pvc: x, "
				   "localPath: nowhere}]\n",
			problems);
	free(problems);
}

/* A key of so many items. */
static void expect_limit(const char *before, const char *item, int count,
			 const char *after, const char *problem)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, KUBERNETES);
	strbuf_adds(&text, before);
	for (int i = 0; i < count; i++)
		strbuf_addf(&text, "%sk%d%s", i ? ", " : "", i, item);
	strbuf_adds(&text, after);
	expect_problems(text.data, problem);
	strbuf_release(&text);
}

static void bounds_everything(void **state)
{
	(void)state;
	expect_limit("  env: {", ": x", 1001, "}\n",
		     "e.yaml:8:8: trainingService.env: has more than 1000 "
		     "entries");
	expect_limit("  imagePullSecrets: [", "", 1001, "]\n",
		     "e.yaml:8:21: trainingService.imagePullSecrets: has more "
		     "than 1000 entries");
	expect_limit("  volumes: [{mountPath: /a, pvc: x, ", ": x", 65, "}]\n",
		     "e.yaml:8:13: trainingService.volumes.0: has more than 64 "
		     "keys");
	expect_limit("  resources: {", ".io/x: 1", 65, "}\n",
		     "e.yaml:8:14: trainingService.resources: has more than "
		     "64 entries");
	expect_limit("  labels: {", ": 'a-value-of-some-length'", 2500, "}\n",
		     "e.yaml:8:11: trainingService.labels: larger than 64 "
		     "KiB");
	expect_limit("  env: {A: \"", "aaaaaaaaaaaaaaaaaaaa", 3000, "\"}\n",
		     "e.yaml:8:8: trainingService.env: larger than 64 KiB");
	expect_limit("  affinity: {nodeAffinity: {", ": aaaaaaaaaaaaaaa", 3500,
		     "}}\n",
		     "e.yaml:8:13: trainingService.affinity: larger than 64 "
		     "KiB");
	/* short as text, long as JSON */
	expect_limit("  podTemplate: {spec: {x: \"",
		     "\\x01\\x01\\x01\\x01\\x01\\x01", 2000, "\"}}\n",
		     "e.yaml:8:16: trainingService.podTemplate: larger than "
		     "64 KiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_names),
		cmocka_unit_test(reports_maps),
		cmocka_unit_test(reports_pieces),
		cmocka_unit_test(reports_several_at_once),
		cmocka_unit_test(reports_images_and_addresses),
		cmocka_unit_test(reports_missing_files),
		cmocka_unit_test(bounds_everything),
	};

	return cmocka_run_group_tests_name("kubernetes problems", tests,
					   folder_make, folder_take_away);
}
