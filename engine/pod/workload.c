/* SPDX-License-Identifier: MIT */
/* Why Kueue keeps a job in its queue, from the Workload's conditions. */
#include "engine/pod/workload.h"

#include "engine/pod/field.h"

#include <string.h>

#define JOB_UID "kueue.x-k8s.io/job-uid"

/* Its job, of whatever kind. */
static const cJSON *owner_of(const cJSON *metadata)
{
	const cJSON *owners = field_array(metadata, "ownerReferences"), *owner;

	cJSON_ArrayForEach (owner, owners)
		if (field_is_true(owner, "controller") &&
		    !field_is(owner, "kind", "Pod"))
			return owner;
	return field_find(owners, "kind", "Job");
}

static bool read_job(const cJSON *workload, struct workload_view *ret)
{
	const cJSON *metadata = field_object(workload, "metadata");
	const cJSON *owner = owner_of(metadata);

	field_name(owner, "name", ret->job_name, sizeof(ret->job_name));
	return field_name(field_object(metadata, "labels"), JOB_UID,
			  ret->job_uid, sizeof(ret->job_uid)) ||
	       field_name(owner, "uid", ret->job_uid, sizeof(ret->job_uid));
}

static const cJSON *condition_of(const cJSON *workload, const char *type)
{
	return field_find(
		field_array(field_object(workload, "status"), "conditions"),
		"type", type);
}

static bool is_true(const cJSON *workload, const char *type)
{
	return field_is(condition_of(workload, type), "status", "True");
}

static void say(struct workload_view *view, const char *head, const char *text)
{
	size_t len = strlen(text);

	while (len && strchr(" .\n", text[len - 1]))
		len--;
	if (!len)
		return;
	line_addf(view->reason, sizeof(view->reason), "%s", head);
	line_add(view->reason, sizeof(view->reason), text, len);
}

/* "couldn't assign flavors to pod set main: ": a job of ours has but one. */
static const char *without_pod_set(const char *message)
{
	static const char head[] = "couldn't assign flavors to pod set ";
	const char *end;

	if (strncmp(message, head, strlen(head)) != 0)
		return message;
	end = strstr(message, ": ");
	return end ? end + 2 : message;
}

/* Quota is there, but somebody else has to agree. */
static void say_checks(const cJSON *workload, struct workload_view *view)
{
	const cJSON *check;

	say(view, ": ", "there is quota, waiting for admission checks");
	cJSON_ArrayForEach (check, field_array(field_object(workload, "status"),
					       "admissionChecks")) {
		if (field_is(check, "state", "Ready"))
			continue;
		say(view, ": ", field_text(check, "name"));
		say(view, ": ", field_text(check, "message"));
		return;
	}
}

bool workload_read(const cJSON *workload, struct workload_view *ret)
{
	const cJSON *spec = field_object(workload, "spec");
	const cJSON *evicted = condition_of(workload, "Evicted");
	const cJSON *quota = condition_of(workload, "QuotaReserved");
	bool is_evicted = field_is(evicted, "status", "True");
	const char *queue = field_text(spec, "queueName");
	const cJSON *active = cJSON_GetObjectItemCaseSensitive(spec, "active");

	memset(ret, 0, sizeof(*ret));
	if (!read_job(workload, ret))
		return false;
	if (is_true(workload, "Finished") ||
	    (is_true(workload, "Admitted") && !is_evicted))
		return true;
	say(ret, "", "queued by Kueue");
	say(ret, " in ", queue);
	if (is_evicted) /* its reason is a word: "Preempted" */
		say(ret, " again, evicted: ", field_text(evicted, "reason"));
	if (cJSON_IsFalse(active))
		say(ret, ": ", "deactivated, nothing will let it go");
	else if (field_is(quota, "status", "True") && !is_evicted)
		say_checks(workload, ret);
	else if (field_is(quota, "status", "False"))
		say(ret, ": ", without_pod_set(field_text(quota, "message")));
	else if (is_evicted)
		say(ret, ": ", field_text(evicted, "message"));
	return true;
}
