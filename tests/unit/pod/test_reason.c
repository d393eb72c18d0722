/* SPDX-License-Identifier: MIT */
/* Pods as API servers write them (the shapes of 1.20 to 1.32, reduced to what
 * matters), and the one line that is made of each. */
#include "base/mem.h"
#include "engine/pod/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define META "\"metadata\":{\"name\":\"j-x7\",\"uid\":\"8057f671-eb1b\"}"
#define SPEC                                                                   \
	"\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"trial\","   \
	"\"image\":\"test.local/nope:1\",\"resources\":{\"limits\":{"          \
	"\"memory\":\"64Mi\"}}}]}"
#define POD(spec, status) "{" META "," spec ",\"status\":{" status "}}"
#define FAILED(text) POD(SPEC, "\"phase\":\"Failed\"," text)
#define PENDING(text) POD(SPEC, "\"phase\":\"Pending\"," text)
#define HOMELESS(spec, status)                                                 \
	POD("\"spec\":{\"containers\":[{\"name\":\"trial\"}]" spec "}",        \
	    "\"phase\":\"Pending\"" status)
/* the command's container in one state */
#define STATE(state)                                                           \
	"\"containerStatuses\":[{\"name\":\"trial\",\"state\":{" state "},"    \
	"\"lastState\":{},\"restartCount\":0}]"
#define ENDED(text)                                                            \
	FAILED(STATE("\"terminated\":{" text ",\"startedAt\":"                 \
		     "\"2026-11-24T23:30:29Z\",\"containerID\":\"c://1\"}"))
#define WAITS(text) PENDING(STATE("\"waiting\":{" text "}"))
#define PULL_ERROR                                                             \
	"rpc error: code = Unknown desc = failed to pull and unpack image "    \
	"\\\"test.local/nope:1\\\": failed to resolve reference "              \
	"\\\"test.local/nope:1\\\": failed to do request: Head "               \
	"\\\"https://test.local/v2/nope/manifests/1\\\": dial tcp: lookup "    \
	"test.local: no such host"

struct sample {
	const char *json, *reason;
	enum pod_blame blame;
	bool is_stuck;
};

static void check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sample *want = &samples[i];
		struct pod_view view;
		struct error err;
		cJSON *tree = cJSON_Parse(want->json);

		assert_non_null(tree);
		assert_true(pod_view_read(tree, "trial", &view, &err));
		assert_string_equal(view.reason, want->reason);
		if (view.blame != want->blame ||
		    view.is_stuck != want->is_stuck)
			fail_msg("%s: blame %d, stuck %d", view.reason,
				 view.blame, view.is_stuck);
		cJSON_Delete(tree);
	}
}

#define CHECK(samples) check(samples, COUNT_OF(samples))

static void ends(void **state)
{
	static const struct sample samples[] = {
		{ENDED("\"exitCode\":137,\"reason\":\"OOMKilled\""),
		 "OOMKilled: used more than its memory limit of 64Mi; raise "
		 "resources.memory",
		 POD_BLAME_TRIAL, false},
		/* a child was killed, the command ended by itself */
		{ENDED("\"exitCode\":5,\"reason\":\"OOMKilled\",\"message\":"
		       "\"Killed\\nchild gone\\n\""),
		 "OOMKilled: used more than its memory limit of 64Mi; raise "
		 "resources.memory",
		 POD_BLAME_TRIAL, false},
		{POD("\"spec\":{\"containers\":[{\"name\":\"trial\"}]}",
		     "\"phase\":\"Failed\"," STATE(
			     "\"terminated\":{\"exitCode\":137,\"reason\":"
			     "\"OOMKilled\"}")),
		 "OOMKilled: the node ran out of memory; set resources.memory "
		 "to what it needs",
		 POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":3,\"reason\":\"Error\",\"message\":"
		       "\"begin\\nValueError: no data\\n\\n"
		       "@trialdeck:end {\\\"code\\\":3}\\n\""),
		 "exit status 3: ValueError: no data", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":3,\"reason\":\"Error\""), "exit status 3",
		 POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":3,\"reason\":\"Error\",\"message\":"
		       "\"@trialdeck:metric {}\\n \\n\""),
		 "exit status 3", POD_BLAME_TRIAL, false},
		/* a progress bar, colours, and what could move the cursor */
		{ENDED("\"exitCode\":1,\"reason\":\"Error\",\"message\":"
		       "\"10%\\r20%\\rat\\t 30%\\u001b[2J\\n\""),
		 "exit status 1: at 30%", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":139,\"reason\":\"Error\",\"message\":"
		       "\"Segmentation fault\\n\""),
		 "killed by SIGSEGV (exit status 139): Segmentation fault",
		 POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":137,\"reason\":\"Error\""),
		 "killed by SIGKILL (exit status 137)", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":127,\"reason\":\"Error\",\"message\":"
		       "\"sh: 1: trian: not found\\n\""),
		 "exit status 127 (command not found): sh: 1: trian: not found",
		 POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":126,\"reason\":\"Error\""),
		 "exit status 126 (not executable)", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":255,\"reason\":\"Error\""),
		 "exit status 255", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":4,\"reason\":\"Melted\""),
		 "exit status 4, Melted", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":128,\"reason\":\"StartError\",\"message\":"
		       "\"failed to create containerd task: failed to create "
		       "shim task: OCI runtime create failed: runc create "
		       "failed: unable to start container process: exec: "
		       "\\\"/nonexistent\\\": stat /nonexistent: no such file "
		       "or directory: unknown\""),
		 "StartError: exec: \"/nonexistent\": stat /nonexistent: no "
		 "such file or directory",
		 POD_BLAME_CONFIG, false},
		{ENDED("\"exitCode\":127,\"reason\":\"ContainerCannotRun\""),
		 "ContainerCannotRun: the command could not be started",
		 POD_BLAME_CONFIG, false},
		{ENDED("\"exitCode\":137,\"reason\":"
		       "\"ContainerStatusUnknown\",\"message\":\"The container "
		       "could not be located when the pod was terminated\""),
		 "ContainerStatusUnknown: the node lost track of it",
		 POD_BLAME_INFRASTRUCTURE, false},
		{ENDED("\"exitCode\":137,\"reason\":\"DeadlineExceeded\""),
		 "ran longer than activeDeadlineSeconds", POD_BLAME_TRIAL,
		 false},
	};

	(void)state;
	CHECK(samples);
}

static void keeper_ends(void **state)
{
	static const struct sample samples[] = {
		{ENDED("\"exitCode\":125,\"reason\":\"Error\",\"message\":"
		       "\"trialdeck-keeper: fetch it from the side port: the "
		       "side port answered 404\\n@trialdeck:end {}\\n\""),
		 "exit status 125 (the keeper could not get the code): fetch "
		 "it from the side port: the side port answered 404",
		 POD_BLAME_INFRASTRUCTURE, false},
		{ENDED("\"exitCode\":123,\"reason\":\"Error\",\"message\":"
		       "\"trialdeck-keeper: there is no command to run\""),
		 "exit status 123 (the keeper could not begin): there is no "
		 "command to run",
		 POD_BLAME_CONFIG, false},
		/* without the end of the log */
		{ENDED("\"exitCode\":122,\"reason\":\"Error\""),
		 "exit status 122 (the keeper has run here before: its "
		 "container was started again)",
		 POD_BLAME_INFRASTRUCTURE, false},
		/* a command that has the same number */
		{ENDED("\"exitCode\":125,\"reason\":\"Error\",\"message\":"
		       "\"trialdeck-keeper: \\nmy: no luck\\n\""),
		 "exit status 125: my: no luck", POD_BLAME_TRIAL, false},
		{ENDED("\"exitCode\":125,\"reason\":\"Error\",\"message\":"
		       "\"trialdeck-keeper:  \\n\""),
		 "exit status 125: trialdeck-keeper:", POD_BLAME_TRIAL, false},
		/* timeout(1) */
		{ENDED("\"exitCode\":124,\"reason\":\"Error\""),
		 "exit status 124", POD_BLAME_TRIAL, false},
		/* not the keeper's container */
		{POD("\"spec\":{\"containers\":[{\"name\":\"proxy\"},"
		     "{\"name\":\"trial\"}]}",
		     "\"phase\":\"Failed\",\"containerStatuses\":[{\"name\":"
		     "\"proxy\",\"state\":{\"terminated\":{\"exitCode\":125}}}"
		     ",{\"name\":\"trial\",\"state\":{\"terminated\":{"
		     "\"exitCode\":0}}}]"),
		 "container proxy: exit status 125", POD_BLAME_TRIAL, false},
	};

	(void)state;
	CHECK(samples);
}

static void pod_reasons(void **state)
{
	static const struct sample samples[] = {
		{FAILED("\"reason\":\"Evicted\",\"message\":\"The node was low "
			"on resource: memory. \""),
		 "Evicted: The node was low on resource: memory",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"Evicted\",\"message\":\"Pod ephemeral "
			"local storage usage exceeds the total limit of "
			"containers 1Mi. \""),
		 "Evicted: Pod ephemeral local storage usage exceeds the total "
		 "limit of containers 1Mi; write less, or raise that limit",
		 POD_BLAME_TRIAL, false},
		/* its containers are still said to run */
		{POD("\"spec\":{\"nodeName\":\"n1\",\"activeDeadlineSeconds\":4"
		     ",\"containers\":[{\"name\":\"trial\"}]}",
		     "\"phase\":\"Failed\",\"reason\":\"DeadlineExceeded\","
		     "\"message\":\"Pod was active on the node longer than the "
		     "specified deadline\"," STATE("\"running\":{}")),
		 "ran longer than activeDeadlineSeconds (4 s)", POD_BLAME_TRIAL,
		 false},
		{POD(SPEC,
		     "\"phase\":\"Unknown\",\"reason\":\"NodeLost\",\"message\""
		     ":\"Node n1 which was running pod x is unresponsive\""),
		 "node n1 was lost", POD_BLAME_INFRASTRUCTURE, false},
		{POD(SPEC, "\"phase\":\"Unknown\""), "node n1 was lost",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"Shutdown\",\"message\":\"Node is shutting"
			", evicting pods\""),
		 "node n1 was shut down", POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"NodeShutdown\",\"message\":\"x\""),
		 "node n1 was shut down", POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"Terminated\",\"message\":\"Pod was "
			"terminated in response to imminent node shutdown.\""),
		 "node n1 was shut down", POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"OutOfcpu\",\"message\":\"Pod Node didn't "
			"have enough resource: cpu, requested: 64000, used: "
			"2000, capacity: 2000\""),
		 "OutOfcpu: Node didn't have enough resource: cpu, requested: "
		 "64000, used: 2000, capacity: 2000",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"UnexpectedAdmissionError\",\"message\":"
			"\"Pod Allocate failed due to no healthy devices\""),
		 "UnexpectedAdmissionError: Allocate failed due to no healthy "
		 "devices",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"Preempting\",\"message\":\"Preempted in "
			"order to admit critical pod\""),
		 "Preempting: Preempted in order to admit critical pod",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"NodeAffinity\",\"message\":\"Pod "
			"Predicate NodeAffinity failed\""),
		 "NodeAffinity: Predicate NodeAffinity failed",
		 POD_BLAME_INFRASTRUCTURE, false},
		{FAILED("\"reason\":\"SysctlForbidden\",\"message\":\"x\""),
		 "SysctlForbidden: x", POD_BLAME_CONFIG, false},
		{FAILED("\"reason\":\"Sunburnt\""), "Sunburnt",
		 POD_BLAME_INFRASTRUCTURE, false},
		{POD(SPEC, "\"phase\":\"Failed\""),
		 "failed on node n1, which left no word of why",
		 POD_BLAME_INFRASTRUCTURE, false},
		{POD(SPEC, "\"phase\":\"Succeeded\""), "", POD_BLAME_NONE,
		 false},
	};

	(void)state;
	CHECK(samples);
}

#define DISRUPTED(reason, message)                                             \
	FAILED("\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":"    \
	       "\"True\",\"reason\":\"" reason "\",\"message\":\"" message     \
	       "\"}]," STATE("\"terminated\":{\"exitCode\":143,\"reason\":"    \
			     "\"Error\"}"))

static void disruptions(void **state)
{
	static const struct sample samples[] = {
		{DISRUPTED("PreemptionByScheduler",
			   "default-scheduler: preempting to accommodate a "
			   "higher priority pod"),
		 "preempted by a pod of higher priority: default-scheduler: "
		 "preempting to accommodate a higher priority pod",
		 POD_BLAME_INFRASTRUCTURE, false},
		{DISRUPTED("DeletionByTaintManager", ""),
		 "its node got a taint that the pod does not tolerate",
		 POD_BLAME_INFRASTRUCTURE, false},
		{DISRUPTED("EvictionByEvictionAPI", ""),
		 "evicted (a node was drained?)", POD_BLAME_INFRASTRUCTURE,
		 false},
		{DISRUPTED("DeletionByPodGC", ""), "its node is gone",
		 POD_BLAME_INFRASTRUCTURE, false},
		{DISRUPTED("TerminationByKubelet", ""), "ended by its node",
		 POD_BLAME_INFRASTRUCTURE, false},
		{DISRUPTED("Meteor", ""), "disrupted: Meteor",
		 POD_BLAME_INFRASTRUCTURE, false},
		/* on its way out */
		{"{\"metadata\":{\"name\":\"j\",\"uid\":\"u\","
		 "\"deletionTimestamp\":\"2026-11-24T23:30:29Z\"}," SPEC
		 ",\"status\":{\"phase\":\"Running\",\"conditions\":[{"
		 "\"type\":\"DisruptionTarget\",\"status\":\"True\","
		 "\"reason\":\"PreemptionByScheduler\"}]}}",
		 "Terminating: preempted by a pod of higher priority",
		 POD_BLAME_INFRASTRUCTURE, false},
		{"{\"metadata\":{\"name\":\"j\",\"uid\":\"u\","
		 "\"deletionTimestamp\":\"2026-11-24T23:30:29Z\"}," SPEC
		 ",\"status\":{\"phase\":\"Pending\"}}",
		 "Terminating", POD_BLAME_NONE, false},
		{"{\"metadata\":{\"name\":\"j\",\"uid\":\"u\","
		 "\"deletionTimestamp\":\"2026-11-24T23:30:29Z\"}," SPEC
		 ",\"status\":{\"phase\":\"Running\"}}",
		 "Terminating", POD_BLAME_NONE, false},
	};

	(void)state;
	CHECK(samples);
}

#define NOT_PLACED(reason, message)                                            \
	",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\","    \
	"\"reason\":\"" reason "\",\"message\":\"" message "\"}]"

static void schedulers(void **state)
{
	static const struct sample samples[] = {
		{HOMELESS("", NOT_PLACED("Unschedulable",
					 "0/1 nodes are available: 1 "
					 "Insufficient cpu.")),
		 "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu",
		 POD_BLAME_NONE, false},
		{HOMELESS("", NOT_PLACED("SchedulerError", "etcd is away")),
		 "SchedulerError: etcd is away", POD_BLAME_NONE, false},
		{HOMELESS(",\"schedulingGates\":[{\"name\":\"a.b/c\"},{"
			  "\"name\":\"d\"}]",
			  NOT_PLACED("SchedulingGated",
				     "Scheduling is blocked due to non-empty "
				     "scheduling gates")),
		 "SchedulingGated: a.b/c, d", POD_BLAME_NONE, false},
		{HOMELESS(",\"schedulingGates\":[{\"name\":"
			  "\"kueue.x-k8s.io/admission\"}]",
			  NOT_PLACED("SchedulingGated", "")),
		 "queued by Kueue", POD_BLAME_NONE, false},
		{"{\"metadata\":{\"name\":\"j\",\"uid\":\"u\",\"labels\":{"
		 "\"kueue.x-k8s.io/queue-name\":\"team\"}},\"spec\":{"
		 "\"schedulingGates\":[{\"name\":"
		 "\"kueue.x-k8s.io/admission\"}]},\"status\":{\"phase\":"
		 "\"Pending\"}}",
		 "queued by Kueue in queue team", POD_BLAME_NONE, false},
		{HOMELESS("", ""), "waiting for the scheduler", POD_BLAME_NONE,
		 false},
		{HOMELESS(",\"schedulerName\":\"volcano\"", ""),
		 "waiting for scheduler volcano (does it run?)", POD_BLAME_NONE,
		 false},
	};

	(void)state;
	CHECK(samples);
}

static void waits(void **state)
{
	static const struct sample samples[] = {
		{WAITS("\"reason\":\"ContainerCreating\""),
		 "being started on n1", POD_BLAME_NONE, false},
		{WAITS("\"reason\":\"ErrImagePull\",\"message\":\"" PULL_ERROR
		       "\""),
		 "ErrImagePull: cannot pull test.local/nope:1: Head "
		 "\"https://test.local/v2/nope/manifests/1\": dial tcp: lookup "
		 "test.local: no such host",
		 POD_BLAME_IMAGE, true},
		{WAITS("\"reason\":\"ImagePullBackOff\",\"message\":\"Back-off "
		       "pulling image \\\"test.local/nope:1\\\"\""),
		 "ImagePullBackOff: cannot pull test.local/nope:1",
		 POD_BLAME_IMAGE, true},
		/* 1.32 and later */
		{WAITS("\"reason\":\"ImagePullBackOff\",\"message\":\"Back-off "
		       "pulling image \\\"test.local/nope:1\\\": ErrImagePull: "
		       "" PULL_ERROR "\""),
		 "ImagePullBackOff: cannot pull test.local/nope:1: Head "
		 "\"https://test.local/v2/nope/manifests/1\": dial tcp: lookup "
		 "test.local: no such host",
		 POD_BLAME_IMAGE, true},
		{WAITS("\"reason\":\"RegistryUnavailable\",\"message\":"
		       "\"503\""),
		 "RegistryUnavailable: cannot pull test.local/nope:1: 503",
		 POD_BLAME_IMAGE, true},
		{WAITS("\"reason\":\"InvalidImageName\",\"message\":\"Failed "
		       "to "
		       "apply default image tag \\\"A:b:c\\\": couldn't parse "
		       "image reference \\\"A:b:c\\\": invalid reference "
		       "format: repository name must be lowercase\""),
		 "InvalidImageName: \"A:b:c\": invalid reference format: "
		 "repository name must be lowercase",
		 POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"ErrImageNeverPull\",\"message\":"
		       "\"Container image \\\"x:1\\\" is not present with pull "
		       "policy of Never\""),
		 "ErrImageNeverPull: Container image \"x:1\" is not present "
		 "with pull policy of Never",
		 POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"CreateContainerConfigError\",\"message\":"
		       "\"secret \\\"x\\\" not found\""),
		 "CreateContainerConfigError: secret \"x\" not found",
		 POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"CreateContainerConfigError\",\"message\":"
		       "\"container has runAsNonRoot and image will run as "
		       "root (pod: \\\"j_ns(13c81a5b)\\\", container: t)\""),
		 "CreateContainerConfigError: container has runAsNonRoot and "
		 "image will run as root",
		 POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"CreateContainerError\",\"message\":\"no "
		       "command specified\""),
		 "CreateContainerError: no command specified", POD_BLAME_CONFIG,
		 true},
		{WAITS("\"reason\":\"RunContainerError\",\"message\":\"rpc "
		       "error: code = Unknown desc = no such device\""),
		 "RunContainerError: no such device", POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"PostStartHookError\""),
		 "PostStartHookError", POD_BLAME_CONFIG, true},
		{WAITS("\"reason\":\"Daydreaming\",\"message\":\"of sheep.\""),
		 "Daydreaming: of sheep", POD_BLAME_NONE, false},
		{POD(SPEC, "\"phase\":\"Running\",\"containerStatuses\":[{"
			   "\"name\":\"trial\",\"state\":{\"waiting\":{"
			   "\"reason\":\"CrashLoopBackOff\",\"message\":"
			   "\"back-off 10s restarting failed container\"}},"
			   "\"lastState\":{\"terminated\":{\"exitCode\":7,"
			   "\"reason\":\"Error\",\"message\":\"ouch\\n\"}},"
			   "\"restartCount\":4}]"),
		 "CrashLoopBackOff: exit status 7: ouch", POD_BLAME_TRIAL,
		 false},
		/* a sidecar runs on */
		{POD(SPEC, "\"phase\":\"Running\"," STATE(
				   "\"terminated\":{\"exitCode\":3}")),
		 "exit status 3", POD_BLAME_TRIAL, false},
		{POD(SPEC, "\"phase\":\"Running\"," STATE("\"running\":{}")),
		 "", POD_BLAME_NONE, false},
	};

	(void)state;
	CHECK(samples);
}

#define INIT(phase, one, two)                                                  \
	POD("\"spec\":{\"nodeName\":\"n1\",\"initContainers\":[{\"name\":"     \
	    "\"fetch\",\"image\":\"a\"},{\"name\":\"two\",\"image\":\"b\"}],"  \
	    "\"containers\":[{\"name\":\"trial\"}]}",                          \
	    "\"phase\":\"" phase "\",\"initContainerStatuses\":[{\"name\":"    \
	    "\"fetch\",\"state\":{" one "}},{\"name\":\"two\",\"state\":{" two \
	    "}}]," STATE("\"waiting\":{\"reason\":\"PodInitializing\"}"))
#define INITIALIZING "\"waiting\":{\"reason\":\"PodInitializing\"}"

static void init_containers(void **state)
{
	static const struct sample samples[] = {
		{INIT("Pending", "\"running\":{}", INITIALIZING),
		 "Init:0/2: init container fetch is running", POD_BLAME_NONE,
		 false},
		{INIT("Pending", "\"terminated\":{\"exitCode\":0}",
		      INITIALIZING),
		 "Init:1/2: init container two is being started",
		 POD_BLAME_NONE, false},
		{INIT("Pending", "\"terminated\":{\"exitCode\":0}",
		      "\"terminated\":{\"exitCode\":0}"),
		 "being started on n1", POD_BLAME_NONE, false},
		{INIT("Pending",
		      "\"waiting\":{\"reason\":\"ErrImagePull\","
		      "\"message\":\"not found\"}",
		      INITIALIZING),
		 "init container fetch: ErrImagePull: cannot pull a: not found",
		 POD_BLAME_IMAGE, true},
		{INIT("Failed",
		      "\"terminated\":{\"exitCode\":125,\"reason\":\"Error\","
		      "\"message\":\"no code\\n\"}",
		      INITIALIZING),
		 "init container fetch: exit status 125: no code",
		 POD_BLAME_TRIAL, false},
		/* one that stays is done when it has started */
		{POD("\"spec\":{\"nodeName\":\"n1\",\"initContainers\":[{"
		     "\"name\":\"proxy\",\"restartPolicy\":\"Always\"},{"
		     "\"name\":\"two\"}]}",
		     "\"phase\":\"Pending\",\"initContainerStatuses\":[{"
		     "\"name\":\"proxy\",\"started\":true,\"state\":{"
		     "\"running\":{}}}]"),
		 "Init:1/2: init container two is being started",
		 POD_BLAME_NONE, false},
	};

	(void)state;
	CHECK(samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(keeper_ends),
		cmocka_unit_test(pod_reasons),
		cmocka_unit_test(disruptions),
		cmocka_unit_test(schedulers),
		cmocka_unit_test(waits),
		cmocka_unit_test(init_containers),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
