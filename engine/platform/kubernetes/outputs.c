/* SPDX-License-Identifier: MIT */
/*
 * What trials leave behind where the pods have no storage of ours: keepers send
 * it to the side port before their last word, so an end without that word is
 * one without (all) its files.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/outputs/place.h"

#include <stdlib.h>

void k8s_outputs_open(struct platform *platform)
{
	const struct platform_context *context = &platform->context;
	char *path, *folder;

	if (!context->db_path || platform->kind->lacks_keeper ||
	    !outputs_arrive(context->config))
		return;
	path = outputs_arrival(context->db_path, context->experiment->id, "x",
			       1);
	folder = fs_folder(path);
	sideport_set_outputs(context->sideport, folder,
			     context->config->outputs.limit_bytes);
	platform->are_outputs_sent = true;
	free(folder);
	free(path);
}

void k8s_outputs_check(struct platform *platform)
{
	char text[300];

	if (platform->are_outputs_sent &&
	    sideport_outputs_fault(platform->context.sideport, text,
				   sizeof(text)))
		k8s_tell_fault(platform, 5, *text ? text : NULL);
}

void k8s_outputs_ended(struct k8s_job *job)
{
	if (!job->platform->are_outputs_sent || job->has_farewell ||
	    !job->is_started_told ||
	    job->platform->reach == K8S_REACH_LOGS) /* said once for all */
		return;
	k8s_tell_event(
		job->platform, job, job->is_killed ? EVENT_INFO : EVENT_WARNING,
		"outputs",
		"files that it left may not all have come: its keeper "
		"said no last word; pods wait %lld s for somebody who "
		"takes them (outputs.wait)",
		(long long)job->platform->context.config->outputs.wait_s);
}
