/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: mistakes in resources, environment and volumes. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mistake resources[] = {
	{"resources: 5",
	 "14: trainingService.resources: must be a mapping such as "
	 "{cpu: 1, memory: 4Gi}, got the number 5"},
	{"resources: {cpu: x}",
	 "20: trainingService.resources.cpu: must be an amount such "
	 "as 1, 0.5, 500m, 64Mi or 4gb, got the text \"x\""},
	{"resources: {cpu: -1}",
	 "20: trainingService.resources.cpu: must not be negative, "
	 "got -1"},
	{"resources: {cpu: [1]}",
	 "20: trainingService.resources.cpu: must be an amount such "
	 "as 1, 0.5, 500m, 64Mi or 4gb, got a list"},
	{"resources: {memory: 64mi}",
	 "23: trainingService.resources.memory: \"64mi\" is no "
	 "amount, did you mean '64Mi'?"},
	{"resources: {memory: 4g}",
	 "23: trainingService.resources.memory: \"4g\" is no "
	 "amount, did you mean '4Gi'?"},
	{"resources: {memory: 512m}",
	 "23: trainingService.resources.memory: \"512m\" means "
	 "thousandths of a byte: write 512Mi"},
	{"resources: {memory: 64}",
	 "23: trainingService.resources.memory: 64 bytes are too "
	 "few: write a unit, such as 64Mi or 4gb"},
	{"resources: {memory: 4 gigs}",
	 "23: trainingService.resources.memory: must be an amount "
	 "such as 1, 0.5, 500m, 64Mi or 4gb, got the text \"4 gigs\""},
	{"resources: {cpus: 1}",
	 "15: trainingService.resources.cpus: unknown resource, did "
	 "you mean 'cpu'?"},
	{"resources: {memoryMB: 5}",
	 "15: trainingService.resources.memoryMB: is called memory "
	 "here"},
	{"resources: {tpu: 1}",
	 "15: trainingService.resources.tpu: unknown resource, did "
	 "you mean 'cpu'?"},
	{"resources: {a_b/: 1}",
	 "15: trainingService.resources.a_b/: must be a key such as "
	 "team or example.org/team: at most 63 letters, digits, "
	 "'-', '_' and '.', with a letter or digit at both ends, "
	 "got \"a_b/\""},
	{"resources: {gpu: 0.5}",
	 "20: trainingService.resources.gpu: devices cannot be "
	 "divided: must be a whole number, got 0.5"},
	{"resources: {gpu: 1, nvidia.com/gpu: 1}",
	 "23: trainingService.resources.nvidia.com/gpu: is the same "
	 "as another key here: keep one of them"},
	{"resources: {requests: {cpu: 2}, limits: {cpu: 1}}",
	 "14: trainingService.resources: cpu: requests 2, more than "
	 "its limit of 1"},
	{"resources: {requests: {gpu: 1}}",
	 "14: trainingService.resources: nvidia.com/gpu: devices "
	 "must have the same amount in requests and limits"},
	{"resources: {requests: {cpu: 1}, memory: 1Gi}",
	 "35: trainingService.resources.memory: belongs into "
	 "requests or limits"},
	{"resources: {requests: 5}",
	 "25: trainingService.resources.requests: must be a mapping "
	 "such as {cpu: 1, memory: 4Gi}, got the number 5"},
	{"resources: {limits: {mem: 1Gi}}",
	 "24: trainingService.resources.limits.mem: unknown "
	 "resource: use cpu, memory, ephemeral-storage, gpu, or a "
	 "device's full name such as amd.com/gpu"},
	{"trialGpuNumber: 2\n  resources: {gpu: 1}",
	 "19: trainingService.trialGpuNumber: disagrees with "
	 "resources, which has 1: remove one of them"},
	{"trialGpuNumber: 0\n  resources: {gpu: 1}",
	 "19: trainingService.trialGpuNumber: disagrees with "
	 "resources, which has 1: remove one of them"},
	{"resources: {cpu: .inf}",
	 "20: trainingService.resources.cpu: must be an amount such "
	 "as 1, 0.5, 500m, 64Mi or 4gb, got the number .inf"},
	{"resources: {cpu: true}",
	 "20: trainingService.resources.cpu: must be an amount such "
	 "as 1, 0.5, 500m, 64Mi or 4gb, got true"},
	{"resources: {ephemeral-storage: 1GIB}",
	 "34: trainingService.resources.ephemeral-storage: \"1GIB\" "
	 "is no amount, did you mean '1Gi'?"},
};

static const struct mistake variables[] = {
	{"env: 5", "8: trainingService.env: must be a mapping (NAME: value) "
		   "or a list of {name, value}, got the number 5"},
	{"env: {1A: x}",
	 "9: trainingService.env.1A: must be letters, digits, '_', "
	 "'-' and '.', with no digit first, got \"1A\""},
	{"env: {A B: x}",
	 "9: trainingService.env.A B: must be letters, digits, '_', "
	 "'-' and '.', with no digit first, got \"A B\", did you "
	 "mean 'A_B'?"},
	{"env: {A: true}",
	 "12: trainingService.env.A: must be text, and without "
	 "quotes this is a truth value: put it in quotes"},
	{"env: {A: [1]}",
	 "12: trainingService.env.A: must be text, got a list"},
	{"env: {A: .inf}",
	 "12: trainingService.env.A: must be text, and without "
	 "quotes this is a number: write \".inf\""},
	{"env: {NNI_PLATFORM: x}",
	 "9: trainingService.env.NNI_PLATFORM: 'NNI_PLATFORM' is "
	 "set for every trial already: use another name"},
	{"env: {TRIALDECK_TOKEN: x}",
	 "9: trainingService.env.TRIALDECK_TOKEN: 'TRIALDECK_TOKEN' "
	 "is set for every trial already: use another name"},
	{"env: {A: {}}",
	 "12: trainingService.env.A: must be one of secretKeyRef, "
	 "configMapKeyRef, fieldRef and resourceFieldRef"},
	{"env: {A: {secretKeyRef: {name: x}}}",
	 "13: trainingService.env.A.secretKeyRef.key: required, but "
	 "missing"},
	{"env: {A: {secretkeyref: {name: x, key: y}}}",
	 "13: trainingService.env.A.secretkeyref: unknown key, did "
	 "you mean 'secretKeyRef'?"},
	{"env: {A: {valueFrom: {}}}",
	 "24: trainingService.env.A: must be one of secretKeyRef, "
	 "configMapKeyRef, fieldRef and resourceFieldRef"},
	{"env: {A: {valueFrom: {secretKeyRef: {name: x, key: y}}, "
	 "fieldRef: {fieldPath: x}}}",
	 "12: trainingService.env.A: must be one of secretKeyRef, "
	 "configMapKeyRef, fieldRef and resourceFieldRef"},
	{"env: {A: {fieldRef: {fieldPath: x}, secretKeyRef: {name: "
	 "x, key: y}}}",
	 "12: trainingService.env.A: must be one of secretKeyRef, "
	 "configMapKeyRef, fieldRef and resourceFieldRef"},
	{"env: {A: {resourceFieldRef: {resource: x, divisor: .inf}}}",
	 "54: trainingService.env.A: must be a finite number"},
	{"env: [{value: x}]",
	 "9: trainingService.env.0.name: required, but missing"},
	{"env: [{name: A}, {name: A}]",
	 "27: trainingService.env.1: 'A' is there already, in line 8"},
	{"env: [{name: A, value: x, valueFrom: {fieldRef: "
	 "{fieldPath: x}}}]",
	 "29: trainingService.env.0: excludes value: keep one of "
	 "them"},
	{"env: [5]",
	 "9: trainingService.env.0: must be a mapping (key: value), "
	 "got the number 5"},
	{"env: [{name: A, Value: x}]",
	 "19: trainingService.env.0.Value: unknown key, did you "
	 "mean 'value'?"},
	{"env: [{name: TRIALDECK_X}]",
	 "16: trainingService.env.0: 'TRIALDECK_X' is set for every "
	 "trial already: use another name"},
	{"envFrom: 5", "12: trainingService.envFrom: must be a list, such as "
		       "[{secretRef: {name: keys}}], got the number 5"},
	{"envFrom: [{}]", "13: trainingService.envFrom.0: must have one of "
			  "configMapRef and secretRef"},
	{"envFrom: [{prefix: X}]",
	 "13: trainingService.envFrom.0: must have one of "
	 "configMapRef and secretRef"},
	{"envFrom: [{secretRef: {name: a}, configMapRef: {name: b}}]",
	 "13: trainingService.envFrom.0: must have one of "
	 "configMapRef and secretRef"},
	{"envFrom: [{secretRef: x}]",
	 "25: trainingService.envFrom.0.secretRef: must be a "
	 "mapping (key: value), got the text \"x\""},
	{"envFrom: [{secret: x}]",
	 "14: trainingService.envFrom.0.secret: unknown key"},
};

static const struct mistake volumes[] = {
	{"volumes: {}", "12: trainingService.volumes: must be a list, such as "
			"[{mountPath: /data, pvc: CLAIM}], got a mapping"},
	{"volumes: [5]",
	 "13: trainingService.volumes.0: must be a mapping such as "
	 "{mountPath: /data, pvc: CLAIM}, got the number 5"},
	{"volumes: [{pvc: x}]",
	 "13: trainingService.volumes.0.mountPath: required, but "
	 "missing: where the pod sees it, such as mountPath: /data"},
	{"volumes: [{mountPath: /a}]",
	 "13: trainingService.volumes.0: has no source: add one, "
	 "such as pvc: CLAIM, nfs: {server: HOST, path: /PATH}, "
	 "hostPath: /PATH or emptyDir: {}"},
	{"volumes: [{mountPath: a, pvc: x}]",
	 "25: trainingService.volumes.0.mountPath: must be an "
	 "absolute path such as /data, without ':' and '..'"},
	{"volumes: [{mountPath: /, pvc: x}]",
	 "25: trainingService.volumes.0.mountPath: must be an "
	 "absolute path such as /data, without ':' and '..'"},
	{"volumes: [{mountPath: '/a:b', pvc: x}]",
	 "25: trainingService.volumes.0.mountPath: must be an "
	 "absolute path such as /data, without ':' and '..'"},
	{"volumes: [{mountPath: /a/../b, pvc: x}]",
	 "25: trainingService.volumes.0.mountPath: must be an "
	 "absolute path such as /data, without ':' and '..'"},
	{"volumes: [{mountPath: /trialdeck/x, pvc: x}]",
	 "25: trainingService.volumes.0.mountPath: is where "
	 "trialdeck's own files are: use another path"},
	{"volumes: [{mountPath: /a, pvc: x, nfs: {}}]",
	 "37: trainingService.volumes.0.nfs: a volume has one "
	 "source, and this one has 'pvc' already"},
	{"volumes: [{mountPath: /a, pvc: ''}]",
	 "34: trainingService.volumes.0.pvc: must be text or a "
	 "mapping (key: value), got the text \"\""},
	{"volumes: [{mountPath: /a, pvc: 5}]",
	 "34: trainingService.volumes.0.pvc: must be text or a "
	 "mapping (key: value), got the number 5"},
	{"volumes: [{mountPath: /a, nfs: x}]",
	 "34: trainingService.volumes.0.nfs: must be a mapping "
	 "(key: value), got the text \"x\""},
	{"volumes: [{mountPath: /a, nfs: {server: x}}]",
	 "34: trainingService.volumes.0.nfs: needs path as text: "
	 "write nfs: {server: HOST, path: /PATH}"},
	{"volumes: [{mountPath: /a, emptyDir: }]",
	 "13: trainingService.volumes.0: has no source: add one, "
	 "such as pvc: CLAIM, nfs: {server: HOST, path: /PATH}, "
	 "hostPath: /PATH or emptyDir: {}"},
	{"volumes: [{mountPath: /a, emptydirr: {}}]",
	 "29: trainingService.volumes.0.emptydirr: unknown key, did "
	 "you mean 'emptyDir'?"},
	{"volumes: [{mountPath: /a, zzzzz: {}}]",
	 "29: trainingService.volumes.0.zzzzz: unknown key"},
	{"volumes: [{mountPath: /a, hostPath: {typ: x}}]",
	 "39: trainingService.volumes.0.hostPath: needs path as "
	 "text: write hostPath: /PATH"},
	{"volumes: [{mountPath: /a, pvc: x}, {mountPath: /a/, pvc: "
	 "y}]",
	 "50: trainingService.volumes.1.mountPath: is mounted "
	 "twice: use another path"},
	{"volumes: [{name: v, mountPath: /a, pvc: x}, {name: v, "
	 "mountPath: /b, pvc: y}]",
	 "54: trainingService.volumes.1.name: is the name of "
	 "another volume: use another, or leave out the source to "
	 "mount that volume again"},
	{"volumes: [{name: v, mountPath: /a, pvc: x}, {name: v, "
	 "mountPath: /b, localPath: .}]",
	 "83: trainingService.volumes.1.localPath: belongs to the "
	 "volume's first entry"},
	{"volumes: [{name: trialdeck-x, mountPath: /a, pvc: x}]",
	 "20: trainingService.volumes.0.name: names that begin with "
	 "trialdeck- are trialdeck's own: use another"},
	{"volumes: [{name: A_b, mountPath: /a, pvc: x}]",
	 "20: trainingService.volumes.0.name: must be at most 63 "
	 "lower-case letters, digits and '-', with a letter or "
	 "digit at both ends, got \"A_b\", did you mean 'a-b'?"},
	{"volumes: [{mountPath: /a, pvc: x, subPath: /b}]",
	 "46: trainingService.volumes.0.subPath: must be a path "
	 "within the volume, without '..'"},
	{"volumes: [{mountPath: /a, pvc: x, subPath: b, "
	 "subPathExpr: c}]",
	 "62: trainingService.volumes.0.subPathExpr: excludes "
	 "subPath: keep one of them"},
	{"volumes: [{mountPath: /a, pvc: x, subPath: ../b}]",
	 "46: trainingService.volumes.0.subPath: must be a path "
	 "within the volume, without '..'"},
	{"volumes: [{mountPath: /a, pvc: x, readOnly: 1}]",
	 "47: trainingService.volumes.0.readOnly: must be true or "
	 "false, got the number 1"},
	{"volumes: [{mountPath: /a, csi: {driver: x, a: .nan}}]",
	 "49: trainingService.volumes.0.csi: must be a finite number"},
};

static void reports_resources(void **state)
{
	(void)state;
	expect_mistakes(resources, COUNT_OF(resources));
}

static void reports_variables(void **state)
{
	(void)state;
	expect_mistakes(variables, COUNT_OF(variables));
}

static void reports_volumes(void **state)
{
	(void)state;
	expect_mistakes(volumes, COUNT_OF(volumes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_resources),
		cmocka_unit_test(reports_variables),
		cmocka_unit_test(reports_volumes),
	};

	return cmocka_run_group_tests_name("kubernetes pods", tests,
					   folder_make, folder_take_away);
}
