/* SPDX-License-Identifier: MIT */
/* Kinds whose status needs no conditions from the user: Katib's own defaults
 * (kubernetes.md 7.2), and others that are met often. */
#include "engine/kind/custom.h"

#include "base/mem.h"

#include <string.h>

#define CONDITION(type)                                                        \
	"status.conditions.#(type==\"" type "\")#|#(status==\"True\")#"
#define FIELD(path, value) path " == " value

/* kind NULL: every one of the group's whose name ends with Job */
static const struct custom_known known[] = {
	{"batch", "Job", CONDITION("Complete"), CONDITION("Failed"), NULL,
	 NULL},
	{"kubeflow.org", NULL, CONDITION("Succeeded"), CONDITION("Failed"),
	 NULL, NULL},
	{"trainer.kubeflow.org", "TrainJob", CONDITION("Complete"),
	 CONDITION("Failed"), "node",
	 "{\"jobset.sigs.k8s.io/jobset-name\":\"${trial.name}\","
	 "\"jobset.sigs.k8s.io/replicatedjob-name\":\"node\","
	 "\"batch.kubernetes.io/job-completion-index\":\"0\"}"},
	{"jobset.x-k8s.io", "JobSet", CONDITION("Completed"),
	 CONDITION("Failed"), NULL, NULL},
	{"batch.volcano.sh", "Job", FIELD("status.state.phase", "Completed"),
	 "status.state.phase in (Failed, Aborted, Terminated)", NULL, NULL},
	{"argoproj.io", "Workflow", FIELD("status.phase", "Succeeded"),
	 "status.phase in (Failed, Error)", NULL, NULL},
	{"frameworkcontroller.microsoft.com", "Framework",
	 "status.[@this].#(state==\"Completed\")#|#(attemptStatus."
	 "completionStatus.type.name==\"Succeeded\")#",
	 "status.[@this].#(state==\"Completed\")#|#(attemptStatus."
	 "completionStatus.type.name==\"Failed\")#",
	 NULL, NULL},
	{"ray.io", "RayJob", FIELD("status.jobStatus", "SUCCEEDED"),
	 "status.jobStatus in (FAILED, STOPPED)", NULL, NULL},
	{"", "Pod", FIELD("status.phase", "Succeeded"),
	 FIELD("status.phase", "Failed"), NULL, NULL},
};

static bool is_kind(const struct custom_known *entry, const char *kind)
{
	size_t len = strlen(kind);

	if (entry->kind)
		return !strcmp(entry->kind, kind);
	return len >= 3 && !strcmp(kind + len - 3, "Job");
}

const struct custom_known *custom_known_find(const char *api_version,
					     const char *kind)
{
	const char *slash = strchr(api_version, '/');
	size_t len = slash ? (size_t)(slash - api_version) : 0;

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strlen(known[i].group) == len &&
		    !memcmp(known[i].group, api_version, len) &&
		    is_kind(&known[i], kind))
			return &known[i];
	return NULL;
}
