/* SPDX-License-Identifier: MIT */
/*
 * A line of a pod's log.
 *
 * The keeper's marked lines (keeper/echo.h) are no part of the log: they are
 * metrics that could not be delivered otherwise, and its last word.
 */
#include "engine/platform/kubernetes/podlog_private.h"

#include <stdio.h>
#include <string.h>

/* A metric in pieces: no more than the side port takes. */
#define PIECE_MAX_BYTES (2u << 20)

static const char marker[] = "@trialdeck:";

static void take_metric(struct source *source, const char *text, size_t len)
{
	struct k8s_job *job = source->log->job;
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (job->phase == K8S_OVER)
		return;
	if (source->piece.len) {
		strbuf_add(&source->piece, text, len);
		text = source->piece.data;
		len = source->piece.len;
	}
	callbacks->report(callbacks->arg, job->trial, job->attempt, text, len,
			  false);
	strbuf_release(&source->piece);
}

static void take_end(struct source *source, const char *text, size_t len)
{
	struct k8s_job *job = source->log->job;
	cJSON *end = cJSON_ParseWithLength(text, len);
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(end, "code");

	if (cJSON_IsNumber(code) && code->valueint >= 0 &&
	    code->valueint <= 255) {
		k8s_farewell_take(job, source->at.pod, code->valueint);
		podlog_want_step(source->log);
	}
	cJSON_Delete(end);
}

static bool take_word(const char **line, size_t *len, const char *word)
{
	size_t n = strlen(word);

	if (*len < n || memcmp(*line, word, n) != 0)
		return false;
	*line += n;
	*len -= n;
	return true;
}

static void take_marked(struct source *source, const char *line, size_t len)
{
	if (take_word(&line, &len, "metric "))
		take_metric(source, line, len);
	else if (take_word(&line, &len, "end "))
		take_end(source, line, len);
	else if (take_word(&line, &len, "more ") &&
		 source->piece.len + len <= PIECE_MAX_BYTES)
		strbuf_add(&source->piece, line, len);
}

void podlog_line(void *arg, const char *line, size_t len, bool is_part,
		 const struct kube_log_place *place)
{
	struct source *source = arg;
	struct podlog *log = source->log;

	source->at.place = *place;
	source->failures = 0;
	log->file.is_dirty = true;
	log->has_moved |= source->is_main;
	k8s_progress(log->job->platform);
	if (source->is_main && take_word(&line, &len, marker)) {
		take_marked(source, line, len);
		return;
	}
	if (!is_part && !source->is_in_part && log->scans_metrics &&
	    podlog_brings_metrics(source))
		podlog_scan(source, line, len);
	source->is_in_part = is_part;
	logfile_add(&log->file, pod_time(place->timestamp),
		    log->has_many ? source->prefix : NULL, line, len, is_part);
	podlog_want_step(log);
}
