/* SPDX-License-Identifier: MIT */
/*
 * How a container ended, in the words people look for.
 *
 * With terminationMessagePolicy FallbackToLogsOnError the message of a failed
 * container is the end of its log, so its last line is most often the error
 * itself.  Lines of our own protocol are in it too, and are passed over.
 */
#include "engine/pod/field.h"
#include "engine/pod/view_private.h"

#include "base/mem.h"
#include "base/signals.h"

#include <stdio.h>
#include <string.h>

#define OWN_LINE "@trialdeck:"
/* The kubelet takes no more of a log; its first line may be half of one. */
#define LOG_TAIL_MAX 2048

/* How the keeper begins what it has to say itself. */
#define KEEPER_LINE "trialdeck-keeper: "

/* Its exit statuses when it did not run the command (keeper/claim.h). */
enum {
	KEEPER_HELD = 121,
	KEEPER_USED = 122,
	KEEPER_BROKEN = 123,
	KEEPER_NO_CODE = 125,
};

const char *pod_words_core(const char *message, size_t *ret_len)
{
	/* each ends a layer: what stands before it helps nobody */
	static const char *const layers[] = {
		"unable to start container process: ", "OCI runtime error: ",
		"failed to do request: ", "couldn't parse image reference ",
		" desc = "};
	/* each begins what is behind the cause */
	static const char *const tails[] = {": unknown", " (pod: \""};
	const char *from = message, *found;
	size_t len;

	for (size_t i = 0; i < COUNT_OF(layers); i++)
		while ((found = strstr(from, layers[i])))
			from = found + strlen(layers[i]);
	len = strlen(from);
	for (size_t i = 0; i < COUNT_OF(tails); i++)
		if ((found = strstr(from, tails[i])) && found > from &&
		    (i || !found[strlen(tails[i])]))
			len = (size_t)(found - from);
	while (len && strchr(" \t\r\n.", from[len - 1]))
		len--;
	*ret_len = len;
	return from;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The last line that says something; *ret_len is 0 when there is none. */
static const char *last_line(const char *message, size_t *ret_len)
{
	size_t all = strlen(message), end = all;

	*ret_len = 0;
	while (end) {
		size_t start, from;

		while (end && is_space(message[end - 1]))
			end--;
		/* a progress bar's last state stands behind its last return */
		for (start = end; start && message[start - 1] != '\n' &&
				  message[start - 1] != '\r';)
			start--;
		if (start == end || (!start && all >= LOG_TAIL_MAX))
			break;
		for (from = start; is_space(message[from]);)
			from++;
		if (strncmp(message + from, OWN_LINE, strlen(OWN_LINE))) {
			*ret_len = end - from;
			return message + from;
		}
		end = start;
	}
	return message;
}

static void describe_code(int code, int number, struct pod_words *ret)
{
	const char *name = signal_name(number > 0   ? number
				       : code > 128 ? code - 128
						    : 0);

	if (code < 0)
		line_addf(ret->text, ret->size, "ended with no exit status");
	else if (name)
		line_addf(ret->text, ret->size, "killed by %s (exit status %d)",
			  name, code);
	else
		line_addf(ret->text, ret->size, "exit status %d%s", code,
			  code == 127	? " (command not found)"
			  : code == 126 ? " (not executable)"
					: "");
}

static void describe_oom(const cJSON *pod, const char *container,
			 struct pod_words *ret)
{
	const cJSON *resources =
		field_object(pod_spec_find(pod, container, NULL), "resources");
	const char *limit =
		field_text(field_object(resources, "limits"), "memory");

	if (*limit)
		line_addf(ret->text, ret->size,
			  "OOMKilled: used more than its memory limit of "
			  "%.40s; raise resources.memory",
			  limit);
	else
		line_addf(ret->text, ret->size,
			  "OOMKilled: the node ran out of memory; set "
			  "resources.memory to what it needs");
}

/* Did the keeper end it, not the command?  Its complaint stands last in the
 * log; where no log came with the status, the number has to do. */
static const char *keeper_words(int code, const char *line, size_t len,
				enum pod_blame *ret_blame)
{
	if (len && (len <= strlen(KEEPER_LINE) ||
		    strncmp(line, KEEPER_LINE, strlen(KEEPER_LINE))))
		return NULL;
	*ret_blame = POD_BLAME_INFRASTRUCTURE;
	switch (code) {
	case KEEPER_HELD:
	case KEEPER_USED:
		return "the keeper has run here before: its container was "
		       "started again";
	case KEEPER_BROKEN:
		*ret_blame = POD_BLAME_CONFIG;
		return "the keeper could not begin";
	case KEEPER_NO_CODE:
		return "the keeper could not get the code";
	default:
		return NULL;
	}
}

static void describe_exit(const cJSON *terminated, bool is_main,
			  struct pod_words *ret)
{
	const char *reason = field_text(terminated, "reason");
	int code = field_integer(terminated, "exitCode", -1);
	enum pod_blame blame = POD_BLAME_TRIAL;
	const char *words = NULL, *line;
	size_t len;

	line = last_line(field_text(terminated, "message"), &len);
	if (is_main)
		words = keeper_words(code, line, len, &blame);
	if (words) {
		line_addf(ret->text, ret->size, "exit status %d (%s)", code,
			  words);
		ret->blame = blame;
	} else {
		describe_code(code, field_integer(terminated, "signal", 0),
			      ret);
		if (*reason && strcmp(reason, "Error"))
			line_addf(ret->text, ret->size, ", %.60s", reason);
	}
	if (!len)
		return;
	if (words) { /* its name has been said */
		line += strlen(KEEPER_LINE);
		len -= strlen(KEEPER_LINE);
	}
	line_addf(ret->text, ret->size, ": ");
	line_add(ret->text, ret->size, line, len);
}

bool pod_words_end(const cJSON *pod, const char *container, bool is_main,
		   const cJSON *terminated, struct pod_words *ret)
{
	const char *reason = field_text(terminated, "reason");
	const char *message = field_text(terminated, "message");
	int code = field_integer(terminated, "exitCode", -1);
	size_t len;

	if (!terminated || code == 0)
		return false;
	ret->blame = POD_BLAME_TRIAL;
	if (!strcmp(reason, "OOMKilled")) {
		describe_oom(pod, container, ret);
	} else if (!strcmp(reason, "StartError") ||
		   !strcmp(reason, "ContainerCannotRun")) {
		ret->blame = POD_BLAME_CONFIG;
		message = pod_words_core(message, &len);
		line_addf(ret->text, ret->size, "%s: ", reason);
		line_add(ret->text, ret->size,
			 len ? message : "the command could not be started",
			 len ? len : 32);
	} else if (!strcmp(reason, "ContainerStatusUnknown")) {
		ret->blame = POD_BLAME_INFRASTRUCTURE;
		line_addf(ret->text, ret->size,
			  "ContainerStatusUnknown: the node lost track of it");
	} else if (!strcmp(reason, "DeadlineExceeded")) {
		line_addf(ret->text, ret->size,
			  "ran longer than activeDeadlineSeconds");
	} else {
		describe_exit(terminated, is_main, ret);
	}
	return true;
}
