/* SPDX-License-Identifier: MIT */
/* Kind custom: see custom.h. */
#include "engine/kind/custom.h"

#include "base/mem.h"
#include "engine/kind/condition.h"
#include "engine/kind/manifest_pods.h"
#include "engine/kind/placeholder.h"
#include "model/json_text.h"

#include <stdlib.h>
#include <string.h>

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void drop(cJSON *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

/* --- building ----------------------------------------------------------- */

/* What it must be, whatever stands there. */
static cJSON *object_in(cJSON *object, const char *key)
{
	cJSON *item = get(object, key);

	if (cJSON_IsObject(item))
		return item;
	drop(object, key);
	return cJSON_AddObjectToObject(object, key);
}

/* Texts of `more` go over those of `map`. */
static void lay_over(cJSON *map, const cJSON *more)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, more) {
		drop(map, item->string);
		cJSON_AddItemToObject(map, item->string,
				      cJSON_Duplicate(item, true));
	}
}

/* Of what `kubectl get -o yaml` prints, only what a new object may have. */
static void clean_metadata(cJSON *object, const char *name)
{
	static const char *const kept[] = {"labels", "annotations",
					   "finalizers"};
	cJSON *old =
		cJSON_DetachItemFromObjectCaseSensitive(object, "metadata");
	cJSON *metadata = cJSON_AddObjectToObject(object, "metadata");

	cJSON_AddStringToObject(metadata, "name", name);
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		cJSON *item =
			cJSON_DetachItemFromObjectCaseSensitive(old, kept[i]);

		if (item && !cJSON_IsNull(item))
			cJSON_AddItemToObject(metadata, kept[i], item);
		else
			cJSON_Delete(item);
	}
	cJSON_Delete(old);
	drop(object, "status");
}

/* Ours and the experiment file's, over what the manifest has. */
static bool add_marks(cJSON *object, const struct pod_plan *plan,
		      struct error *err)
{
	cJSON *metadata = object_in(object, "metadata");
	cJSON *marked = cJSON_CreateObject(), *marks;
	bool ok = pod_metadata_add(marked, plan, err);

	marks = get(marked, "metadata");
	if (ok && get(marks, "labels"))
		lay_over(object_in(metadata, "labels"), get(marks, "labels"));
	if (ok && get(marks, "annotations"))
		lay_over(object_in(metadata, "annotations"),
			 get(marks, "annotations"));
	cJSON_Delete(marked);
	return ok;
}

static void add_role(const struct manifest_pod *pod)
{
	cJSON *labels = get(get(pod->template, "metadata"), "labels");

	if (*pod->role && !get(labels, POD_ROLE_LABEL))
		cJSON_AddStringToObject(labels, POD_ROLE_LABEL, pod->role);
}

static bool mark_pods(cJSON *object, const struct pod_plan *plan,
		      struct error *err)
{
	struct manifest_pods pods;
	bool ok = true;

	manifest_pods_find(object, &pods);
	for (size_t i = 0; ok && i < pods.count; i++) {
		ok = add_marks(pods.items[i].template, plan, err);
		if (ok)
			add_role(&pods.items[i]);
	}
	manifest_pods_release(&pods);
	return ok;
}

static cJSON *fill_manifest(const struct pod_plan *plan, const char *name,
			    struct error *err)
{
	const char *manifest = plan->config->kubernetes.manifest;
	const struct placeholder_values values = {
		.experiment = plan->experiment,
		.trial = plan->trial,
		.attempt = plan->attempt,
		.name = name,
		.namespace = plan->namespace,
	};
	cJSON *tree = json_parse(manifest, strlen(manifest), err), *filled;

	filled = tree ? placeholder_fill(tree, &values, err) : NULL;
	cJSON_Delete(tree);
	if (!filled)
		error_prefix(err, "trainingService.manifest");
	return filled;
}

static cJSON *custom_build(const struct pod_plan *plan,
			   const struct kind_resource *resource,
			   const char *name, struct error *err)
{
	cJSON *object;

	(void)resource; /* the manifest says what it is */
	object = fill_manifest(plan, name, err);
	if (!object)
		return NULL;
	clean_metadata(object, name);
	kind_queue_add(object, &plan->config->kubernetes);
	if (add_marks(object, plan, err) && mark_pods(object, plan, err))
		return object;
	cJSON_Delete(object);
	return NULL;
}

/* --- reading ------------------------------------------------------------ */

static bool holds(const char *text, enum condition_use use, const cJSON *object,
		  struct condition_found *found)
{
	struct error ignored; /* it was checked when the file was loaded */
	struct condition *condition =
		text ? condition_parse(text, use, &ignored) : NULL;
	bool does = condition && condition_holds(condition, object, found);

	condition_free(condition);
	return does;
}

static int64_t first_time(const cJSON *status, const char *const *names)
{
	int64_t time = 0;

	for (; *names && !time; names++)
		time = pod_time(kind_text(status, *names));
	return time;
}

/* Where the condition has found nothing that explains itself. */
static void explain(const cJSON *status, struct kind_status *ret)
{
	const cJSON *failed = kind_condition(status, "Failed");
	const cJSON *source = failed ? failed : status;
	const char *reason = kind_text(source, "reason");
	const char *message = kind_text(source, "message");

	if (!*reason && !*message)
		reason = "its failureCondition holds";
	kind_set_reason(ret, reason, message);
}

static void read_end(const struct condition_found *found, const cJSON *status,
		     struct kind_status *ret)
{
	static const char *const times[] = {"completionTime", "finishedAt",
					    "endTime", NULL};

	ret->ended_ns = first_time(status, times);
	if (!ret->ended_ns)
		ret->ended_ns = pod_time(found->time);
	if (ret->phase != KIND_FAILED)
		return;
	if (*found->reason || *found->message)
		kind_set_reason(ret, found->reason, found->message);
	else
		explain(status, ret);
}

static bool is_suspended_by_spec(const cJSON *object)
{
	const cJSON *spec = get(object, "spec");

	return cJSON_IsTrue(get(spec, "suspend")) ||
	       cJSON_IsTrue(get(get(spec, "runPolicy"), "suspend"));
}

static void read_life(const cJSON *object, const cJSON *status,
		      struct kind_status *ret)
{
	const cJSON *suspended = kind_condition(status, "Suspended");

	if (kind_condition(status, "Running") ||
	    !strcmp(kind_text(status, "phase"), "Running"))
		ret->phase = KIND_RUNNING;
	ret->is_suspended = suspended || is_suspended_by_spec(object);
	if (suspended)
		kind_set_reason(ret, kind_text(suspended, "reason"),
				kind_text(suspended, "message"));
	else if (ret->is_suspended)
		kind_set_reason(ret, "Suspended", "");
}

static bool custom_read(const struct kubernetes_config *config,
			const cJSON *object, struct kind_status *ret)
{
	static const char *const times[] = {"startTime", "startedAt", NULL};
	const cJSON *status = get(object, "status");
	struct condition_found found;

	*ret = (struct kind_status){.phase = KIND_WAITING, .exit_code = -1};
	if (!cJSON_IsObject(get(object, "metadata")))
		return false;
	ret->started_ns = first_time(status, times);
	if (holds(config->failure_condition, CONDITION_FAILURE, object, &found))
		ret->phase = KIND_FAILED;
	else if (holds(config->success_condition, CONDITION_SUCCESS, object,
		       &found))
		ret->phase = KIND_SUCCEEDED;
	if (ret->phase == KIND_WAITING)
		read_life(object, status, ret);
	else
		read_end(&found, status, ret);
	return true;
}

/* --- acting ------------------------------------------------------------- */

/* Where an object has it, suspending means the same everywhere. */
static bool custom_act(enum kind_action action, const cJSON *object,
		       struct kind_patch *ret, struct error *err)
{
	const cJSON *spec = get(object, "spec");
	bool is_deep =
		!get(spec, "suspend") && get(get(spec, "runPolicy"), "suspend");
	const char *value = action == KIND_SUSPEND ? "true" : "false";

	if (action != KIND_SUSPEND && action != KIND_RESUME)
		return error_set(err, ERROR_INVALID,
				 "a custom resource knows no such thing: kill "
				 "or restart the trial");
	if (!is_deep && !get(spec, "suspend"))
		return error_set(err, ERROR_INVALID,
				 "this %s has no spec.suspend: write suspend: "
				 "false into the manifest, if it may have one",
				 kind_text(object, "kind"));
	ret->content_type = "application/merge-patch+json";
	ret->body = is_deep ? xasprintf("{\"spec\":{\"runPolicy\":{"
					"\"suspend\":%s}}}",
					value)
			    : xasprintf("{\"spec\":{\"suspend\":%s}}", value);
	return true;
}

const struct kind kind_custom = {
	.name = "custom",
	.install = "install the operator that brings it, or correct apiVersion "
		   "and kind in the manifest",
	.lacks_keeper = true,
	.has_our_labels = true,
	.build = custom_build,
	.read = custom_read,
	.act = custom_act,
};
