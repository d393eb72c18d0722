/* SPDX-License-Identifier: MIT */
/*
 * What containers wrote before they were started again: `previous` in the
 * attempt's directory.
 *
 * The kubelet keeps one instance's log beside the present one, for as long as
 * the pod is there; so it is fetched when a restart is seen, whether somebody
 * looks or not, the end of it: restarts are rare, and why there was one is what
 * stands there.  One after the other, each behind a line that says whose it is.
 */
#include "engine/platform/kubernetes/podlog_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TAIL_LINES 20000
#define AT_ONCE_MAX 16

struct previous_stream {
	struct podlog *log;
	struct kube_logs *stream;
	char prefix[100];
	bool is_over;
};

struct previous {
	struct logfile file;
	struct previous_stream *streams[AT_ONCE_MAX];
	int count;
};

static const char *prefix_of(const struct previous_stream *stream)
{
	return stream->log->has_many ? stream->prefix : NULL;
}

static void add_text(struct previous_stream *stream, const char *text)
{
	logfile_add(&stream->log->previous->file, 0, prefix_of(stream), text,
		    strlen(text), false);
}

static void on_line(void *arg, const char *line, size_t len, bool is_part,
		    const struct kube_log_place *place)
{
	struct previous_stream *stream = arg;

	logfile_add(&stream->log->previous->file, pod_time(place->timestamp),
		    prefix_of(stream), line, len, is_part);
	podlog_want_step(stream->log);
}

static void on_ended(void *arg, const struct error *err)
{
	struct previous_stream *stream = arg;
	char text[400];

	stream->is_over = true;
	if (err->code) {
		snprintf(text, sizeof(text),
			 "trialdeck: this log could not be read: %.300s",
			 err->text);
		add_text(stream, text);
	}
	podlog_want_step(stream->log);
}

static struct previous *previous_of(struct podlog *log)
{
	struct stat st;

	if (log->previous)
		return log->previous;
	log->previous = xcalloc(1, sizeof(*log->previous));
	logfile_open(&log->previous->file, log->job->directory, "previous",
		     NULL, NULL);
	/* after a crash it goes on behind what is there */
	if (log->previous->file.path && log->job->is_resumed &&
	    stat(log->previous->file.path, &st) == 0)
		log->previous->file.size = st.st_size;
	return log->previous;
}

void podlog_fetch_previous(const struct source *source)
{
	struct podlog *log = source->log;
	struct platform *platform = log->job->platform;
	struct previous *previous = previous_of(log);
	struct previous_stream *stream;
	struct kube_logs_options options = {
		.client = platform->client,
		.namespace = platform->namespace,
		.pod = source->at.pod,
		.container = source->at.container,
		.is_previous = true,
		.tail_lines = TAIL_LINES,
		.line = on_line,
		.ended = on_ended,
	};
	char text[400];

	if (previous->count == AT_ONCE_MAX)
		return;
	stream = xcalloc(1, sizeof(*stream));
	stream->log = log;
	snprintf(stream->prefix, sizeof(stream->prefix), "%s", source->prefix);
	options.arg = stream;
	stream->stream = kube_logs_open(&options);
	if (!stream->stream) {
		free(stream);
		return;
	}
	snprintf(text, sizeof(text),
		 "trialdeck: container %s of pod %s, before its restart %d:",
		 source->at.container, source->at.pod, source->at.instance);
	add_text(stream, text);
	platform->streams++;
	previous->streams[previous->count++] = stream;
}

static void close_stream(struct previous_stream *stream)
{
	kube_logs_close(stream->stream);
	stream->log->job->platform->streams--;
	free(stream);
}

void podlog_step_previous(struct podlog *log)
{
	struct previous *previous = log->previous;
	struct error ignored;
	int kept = 0;

	if (!previous)
		return;
	for (int i = 0; i < previous->count; i++) {
		if (previous->streams[i]->is_over)
			close_stream(previous->streams[i]);
		else
			previous->streams[kept++] = previous->streams[i];
	}
	previous->count = kept;
	/* a disk that is full is told of by the log itself */
	if (!kept)
		logfile_flush(&previous->file, &ignored);
}

void podlog_free_previous(struct podlog *log)
{
	struct error ignored;

	if (!log->previous)
		return;
	for (int i = 0; i < log->previous->count; i++)
		close_stream(log->previous->streams[i]);
	logfile_flush(&log->previous->file, &ignored);
	logfile_release(&log->previous->file);
	free(log->previous);
	log->previous = NULL;
}
