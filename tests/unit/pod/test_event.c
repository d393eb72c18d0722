/* SPDX-License-Identifier: MIT */
/* Events as API servers hold them, and the sentences made of them. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool read_event(const char *json, struct pod_event *ret)
{
	cJSON *tree = cJSON_Parse(json);
	bool ok = pod_event_read(tree, ret);

	assert_non_null(tree);
	cJSON_Delete(tree);
	return ok;
}

static void fields(void **state)
{
	struct pod_event event;

	(void)state;
	/* the kubelet's, by the old API */
	assert_true(read_event(
		"{\"metadata\":{\"name\":\"crash.18eb\",\"creationTimestamp\":"
		"\"2026-11-24T23:30:52Z\"},\"involvedObject\":{\"kind\":"
		"\"Pod\",\"namespace\":\"ns\",\"name\":\"crash\",\"uid\":"
		"\"7573a0b2\",\"fieldPath\":\"spec.containers{trial}\"},"
		"\"reason\":\"BackOff\",\"message\":\"Back-off restarting\\n"
		"failed \\u001b[1mcontainer \",\"firstTimestamp\":"
		"\"2026-11-24T23:30:37Z\",\"lastTimestamp\":"
		"\"2026-11-24T23:31:08Z\",\"count\":4,\"type\":\"Warning\","
		"\"eventTime\":null}",
		&event));
	assert_string_equal(event.kind, "Pod");
	assert_string_equal(event.name, "crash");
	assert_string_equal(event.uid, "7573a0b2");
	assert_string_equal(event.reason, "BackOff");
	assert_string_equal(event.message,
			    "Back-off restarting failed container");
	assert_true(event.is_warning);
	assert_int_equal(event.count, 4);
	assert_int_equal(event.at_ns, 1795563068 * NS_PER_S);

	/* the scheduler's, by the new one */
	assert_true(read_event(
		"{\"metadata\":{\"creationTimestamp\":\"2026-11-24T23:30:14Z\"}"
		",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"},"
		"\"reason\":\"FailedScheduling\",\"firstTimestamp\":null,"
		"\"lastTimestamp\":null,\"type\":\"Warning\",\"eventTime\":"
		"\"2026-11-24T23:30:14.058157Z\",\"series\":{\"count\":3,"
		"\"lastObservedTime\":\"2026-11-24T23:30:21.646652Z\"}}",
		&event));
	assert_int_equal(event.count, 3);
	assert_int_equal(event.at_ns, 1795563021 * NS_PER_S + 646652000);

	assert_true(read_event(
		"{\"metadata\":{\"creationTimestamp\":\"2026-11-24T23:30:14Z\"}"
		",\"involvedObject\":{\"kind\":\"Job\",\"name\":\"j\"},"
		"\"reason\":\"X\",\"type\":\"Normal\",\"eventTime\":"
		"\"2026-11-24T23:30:14.000001Z\"}",
		&event));
	assert_int_equal(event.count, 1);
	assert_int_equal(event.at_ns, 1795563014 * NS_PER_S + 1000);
	assert_false(event.is_warning);
	assert_string_equal(event.uid, "");

	assert_true(read_event(
		"{\"metadata\":{\"creationTimestamp\":\"2026-11-24T23:30:14Z\"}"
		",\"involvedObject\":{\"kind\":\"Job\",\"name\":\"j\"},"
		"\"reason\":\"X\"}",
		&event));
	assert_int_equal(event.at_ns, 1795563014 * NS_PER_S);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"7",
		"{\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"}}",
		"{\"involvedObject\":{\"kind\":\"Pod\"},\"reason\":\"X\"}",
		"{\"involvedObject\":{\"name\":\"p\"},\"reason\":\"X\"}",
		"{\"involvedObject\":[],\"reason\":\"X\"}",
		"{\"involvedObject\":{\"kind\":7,\"name\":7},\"reason\":\"X\"}",
	};
	struct pod_event event;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_false(read_event(texts[i], &event));
}

/* A message of any length stays one bounded line. */
static void bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct pod_event event;
	char line[120];

	(void)state;
	strbuf_adds(&text, "{\"involvedObject\":{\"kind\":\"Job\",\"name\":"
			   "\"j\"},\"reason\":\"FailedCreate\",\"message\":\"");
	for (int i = 0; i < 3000; i++)
		strbuf_adds(&text, "\xC3\xA9");
	strbuf_adds(&text, "\"}");
	assert_true(read_event(text.data, &event));
	assert_int_equal(strlen(event.message), sizeof(event.message) - 1);
	assert_string_equal(event.message + sizeof(event.message) - 6,
			    "\xC3\xA9...");
	assert_true(pod_event_explains(&event, line, sizeof(line)));
	assert_string_equal(line + strlen(line) - 5, "\xC3\xA9...");
	assert_in_range(strlen(line), sizeof(line) - 3, sizeof(line) - 1);
	strbuf_release(&text);
}

struct sample {
	const char *kind, *reason, *message;
	const char *text; /* NULL: explains nothing */
};

#define FORBIDDEN "Error creating: pods \"j-x7\" is forbidden: "
#define SETUP "MountVolume.SetUp failed for volume \"v\" : "
#define NFS_PATH                                                               \
	"/var/lib/kubelet/pods/09d86872-27d7-42a5-9d38-3625c39d5a62/volumes/"  \
	"kubernetes.io~nfs/v"
#define NFS(output)                                                            \
	SETUP "mount failed: exit status 32\nMounting command: mount\n"        \
	      "Mounting arguments: -t nfs 10.0.0.1:/data " NFS_PATH "\n"       \
	      "Output: " output "\n"

static const struct sample samples[] = {
	{"Job", "FailedCreate",
	 FORBIDDEN "exceeded quota: compute, requested: pods=1, used: pods=2, "
		   "limited: pods=2",
	 "quota compute: requested pods=1, used pods=2, limited to pods=2"},
	{"Job", "FailedCreate",
	 FORBIDDEN "exceeded quota: compute, requested: pods=1,"
		   "requests.memory=2Gi, used: pods=1,requests.memory=64Mi, "
		   "limited: pods=1,requests.memory=1Gi",
	 "quota compute: requested pods=1,requests.memory=2Gi, used pods=1,"
	 "requests.memory=64Mi, limited to pods=1,requests.memory=1Gi"},
	{"Job", "FailedCreate",
	 FORBIDDEN "failed quota: compute: must specify requests.memory",
	 "quota compute: a pod must specify requests.memory; add it to "
	 "resources"},
	{"Job", "FailedCreate",
	 FORBIDDEN "[minimum memory usage per Container is 10Mi, but request "
		   "is 1Mi, maximum cpu usage per Container is 1, but limit is "
		   "2]",
	 "a LimitRange of the namespace refuses it: minimum memory usage per "
	 "Container is 10Mi, but request is 1Mi, maximum cpu usage per "
	 "Container is 1, but limit is 2"},
	{"Job", "FailedCreate",
	 FORBIDDEN "maximum cpu usage per Container is 1, but limit is 2",
	 "a LimitRange of the namespace refuses it: maximum cpu usage per "
	 "Container is 1, but limit is 2"},
	{"Job", "FailedCreate",
	 FORBIDDEN "violates PodSecurity \"restricted:latest\": "
		   "runAsNonRoot != true (pod must set "
		   "securityContext.runAsNonRoot=true)",
	 "PodSecurity \"restricted:latest\": runAsNonRoot != true (pod must "
	 "set securityContext.runAsNonRoot=true)"},
	{"Job", "FailedCreate",
	 FORBIDDEN "unable to validate against any pod security policy: []",
	 "no pod security policy allows it: []"},
	{"Job", "FailedCreate",
	 FORBIDDEN "error looking up service account ns/nobody: "
		   "serviceaccount \"nobody\" not found",
	 "cannot create the pod: serviceaccount \"nobody\" not found"},
	{"Job", "FailedCreate",
	 FORBIDDEN "no PriorityClass with name nobody was found",
	 "cannot create the pod: no PriorityClass with name nobody was found"},
	{"Job", "FailedCreate",
	 FORBIDDEN "unable to create new content in namespace ns because it "
		   "is being terminated",
	 "the namespace is being deleted"},
	{"Job", "FailedCreate",
	 "Error creating: admission webhook \"a.b\" denied the request: no.",
	 "cannot create the pod: admission webhook \"a.b\" denied the "
	 "request: no"},
	/* cut short, or of another version */
	{"Job", "FailedCreate", FORBIDDEN "exceeded quota: compute, requested",
	 "cannot create the pod: exceeded quota: compute, requested"},
	{"Job", "FailedCreate", FORBIDDEN "failed quota: compute",
	 "cannot create the pod: failed quota: compute"},
	{"Job", "FailedCreate", "", "cannot create the pod"},
	{"Pod", "FailedMount", "", "FailedMount"},

	{"Pod", "FailedScheduling",
	 "0/1 nodes are available: 1 Insufficient cpu.",
	 "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu"},
	{"Pod", "FailedScheduling", "skip schedule deleting pod: ns/j", NULL},
	{"Pod", "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max",
	 "no new node would help: pod didn't trigger scale-up: 1 max"},
	{"Pod", "TriggeredScaleUp", "pod triggered scale-up: [{g 1->2}]",
	 "waiting for a new node: pod triggered scale-up: [{g 1->2}]"},

	{"Pod", "FailedMount", SETUP "secret \"x\" not found",
	 "volume v: secret \"x\" not found"},
	{"Pod", "FailedMount",
	 SETUP "references non-existent secret key: parameter.cfg",
	 "volume v: references non-existent secret key: parameter.cfg"},
	{"Pod", "FailedMount",
	 SETUP "failed to sync secret cache: timed out waiting for the "
	       "condition",
	 NULL},
	{"Pod", "FailedMount",
	 NFS("mount: " NFS_PATH ": bad option; for several filesystems (e.g. "
	     "nfs, cifs) you might need a /sbin/mount.<type> helper program."),
	 "volume v: the node has no NFS client: install nfs-common "
	 "(nfs-utils) there (10.0.0.1:/data)"},
	{"Pod", "FailedMount",
	 NFS("mount: " NFS_PATH ": unknown filesystem type 'nfs'."),
	 "volume v: the node has no NFS client: install nfs-common "
	 "(nfs-utils) there (10.0.0.1:/data)"},
	{"Pod", "FailedMount",
	 NFS("mount.nfs: access denied by server while mounting "
	     "10.0.0.1:/data"),
	 "volume v: the NFS server refuses the node: look at its exports "
	 "(10.0.0.1:/data)"},
	{"Pod", "FailedMount", NFS("mount.nfs: Connection timed out"),
	 "volume v: the server does not answer the node (10.0.0.1:/data)"},
	{"Pod", "FailedMount", NFS("mount.nfs: something else"),
	 "volume v: mount.nfs: something else"},
	{"Pod", "FailedMount",
	 "Unable to attach or mount volumes: unmounted volumes=[v], unattached "
	 "volumes=[v]: timed out waiting for the condition",
	 "not mounted after two minutes: volume v"},
	{"Pod", "FailedAttachVolume",
	 "Multi-Attach error for volume \"pvc-1\" Volume is already used by "
	 "pod(s) other",
	 "volume pvc-1: Volume is already used by pod(s) other"},
	{"Pod", "FailedCreatePodSandBox",
	 "Failed to create pod sandbox: rpc error: code = Unknown desc = "
	 "failed to setup network for sandbox: no IP addresses left",
	 "the node cannot set up the pod: failed to setup network for "
	 "sandbox: no IP addresses left"},
	{"Pod", "NetworkNotReady",
	 "network is not ready: container runtime network not ready",
	 "the node's network is not ready: network is not ready: container "
	 "runtime network not ready"},

	{"Pod", "Failed",
	 "Failed to pull image \"test.local/nope:1\": rpc error: code = "
	 "Unknown desc = failed to pull and unpack image "
	 "\"test.local/nope:1\": failed to resolve reference "
	 "\"test.local/nope:1\": failed to do request: Head \"https://x\": "
	 "dial tcp: lookup test.local: no such host",
	 "cannot pull test.local/nope:1: Head \"https://x\": dial tcp: lookup "
	 "test.local: no such host"},
	{"Pod", "Failed", "Error: ErrImagePull", NULL},
	{"Pod", "Failed", "Error: secret \"x\" not found",
	 "cannot start the container: secret \"x\" not found"},
	{"Pod", "BackOff", "Back-off pulling image \"x\"", NULL},
	{"Pod", "BackOff",
	 "Back-off pulling image \"x\": ErrImagePull: x: not found",
	 "cannot pull the image: x: not found"},
	{"Pod", "ErrImageNeverPull",
	 "Container image \"x:1\" is not present with pull policy of Never",
	 "ErrImageNeverPull: Container image \"x:1\" is not present with pull "
	 "policy of Never"},

	{"Pod", "Evicted", "The node was low on resource: memory. ",
	 "Evicted: The node was low on resource: memory"},
	{"Pod", "Preempted", "Preempted by ns/other on node n1",
	 "Preempted: Preempted by ns/other on node n1"},
	{"Pod", "TaintManagerEviction", "Marking for deletion Pod ns/j",
	 "deleted: its node got a taint that the pod does not tolerate"},
	{"Pod", "TaintManagerEviction", "Cancelling deletion of Pod ns/j",
	 NULL},
	{"Pod", "OutOfnvidia.com/gpu", "Node didn't have enough resource",
	 "OutOfnvidia.com/gpu: Node didn't have enough resource"},
	{"Pod", "UnexpectedAdmissionError", "Allocate failed",
	 "UnexpectedAdmissionError: Allocate failed"},
	{"Job", "DeadlineExceeded",
	 "Job was active longer than specified deadline",
	 "ran longer than activeDeadlineSeconds"},
	{"Workload", "Pending",
	 "couldn't assign flavors to pod set main: insufficient unused quota "
	 "for cpu in flavor default-flavor, 2 more needed",
	 "queued: couldn't assign flavors to pod set main: insufficient unused "
	 "quota for cpu in flavor default-flavor, 2 more needed"},
	{"Job", "Suspended", "Kueue managed child job suspended",
	 "queued: Kueue managed child job suspended"},
	{"PodGroup", "Unschedulable", "1/1 tasks in gang unschedulable",
	 "queued: 1/1 tasks in gang unschedulable"},
	{"PersistentVolumeClaim", "ProvisioningFailed",
	 "storageclass.storage.k8s.io \"fast\" not found",
	 "volume claim o: storageclass.storage.k8s.io \"fast\" not found"},

	/* of another time, but a failure by its name */
	{"Pod", "FailedPrepareDynamicResources", "claim gpu: none left",
	 "FailedPrepareDynamicResources: claim gpu: none left"},
	{"Pod", "FailedKillPod", "error killing pod", NULL},
	{"Pod", "MissingClusterDNS", "kubelet does not have it", NULL},
	{"Pod", "Unhealthy", "Readiness probe failed", NULL},
	{"Pod", "Scheduled", "Successfully assigned ns/j to n1", NULL},
	{"Pod", "Pulled", "Container image already present", NULL},
};

static void sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		const struct sample *want = &samples[i];
		cJSON *tree = cJSON_CreateObject();
		cJSON *about = cJSON_AddObjectToObject(tree, "involvedObject");
		struct pod_event event;
		char line[400];
		bool explains;

		cJSON_AddStringToObject(about, "kind", want->kind);
		cJSON_AddStringToObject(about, "name", "o");
		cJSON_AddStringToObject(tree, "reason", want->reason);
		cJSON_AddStringToObject(tree, "message", want->message);
		cJSON_AddStringToObject(tree, "type", "Warning");
		assert_true(pod_event_read(tree, &event));
		explains = pod_event_explains(&event, line, sizeof(line));
		if (explains != (want->text != NULL))
			fail_msg("%s: %s: %s", want->reason, want->message,
				 line);
		assert_string_equal(line, want->text ? want->text : "");
		cJSON_Delete(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounded),
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
