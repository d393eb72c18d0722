/* SPDX-License-Identifier: MIT */
/* How an attempt ended, in the words people look for. */
#include "engine/platform/local.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/signals.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_FILE_MAX 4096
/* How much of the end of stderr is searched for a last word. */
#define LAST_LINE_WINDOW 4096

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Colours are for a terminal.  Returns what is left. */
static size_t drop_escapes(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len;) {
		size_t escape = escape_length(text + i, len - i);

		if (escape)
			i += escape;
		else
			text[out++] = text[i++];
	}
	return out;
}

void local_last_line(const char *path, char *ret_line, size_t size)
{
	struct strbuf safe = STRBUF_INIT;
	char window[LAST_LINE_WINDOW];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	size_t start, end = 0;
	off_t length;

	*ret_line = '\0';
	if (fd < 0)
		return;
	length = lseek(fd, 0, SEEK_END);
	if (length > 0) {
		off_t from = length > LAST_LINE_WINDOW
				     ? length - LAST_LINE_WINDOW
				     : 0;
		ssize_t n = pread(fd, window, sizeof(window), from);

		end = n > 0 ? (size_t)n : 0;
	}
	close(fd);
	end = drop_escapes(window, end);
	while (end && is_blank(window[end - 1]))
		end--;
	start = end;
	/* a progress bar's last state stands behind its last return */
	while (start && window[start - 1] != '\n' && window[start - 1] != '\r')
		start--;
	while (start < end && is_blank(window[start]))
		start++;
	utf8_sanitize(&safe, window + start, end - start, false);
	if (safe.len >= size) { /* not in the middle of a character */
		end = size - 1;
		while (end && ((unsigned char)safe.data[end] & 0xC0) == 0x80)
			end--;
		strbuf_truncate(&safe, end);
	}
	memcpy(ret_line, safe.data, safe.len + 1);
	strbuf_release(&safe);
}

static void describe_signal(int number, bool is_canceled, char *out,
			    size_t size)
{
	const char *name = signal_name(number);

	if (name)
		snprintf(out, size, "killed by %s%s", name,
			 number == SIGKILL && !is_canceled ? " (out of memory?)"
							   : "");
	else
		snprintf(out, size, "killed by signal %d", number);
}

static void describe_code(int code, char *out, size_t size)
{
	/* a shell says so of the program it ran last */
	const char *name = signal_name(code - 128);

	if (code == 127)
		snprintf(out, size, "exit status 127 (command not found)");
	else if (code == 126)
		snprintf(out, size, "exit status 126 (not executable)");
	else if (name)
		snprintf(out, size, "exit status %d (%s?)", code, name);
	else
		snprintf(out, size, "exit status %d", code);
}

static int64_t integer_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > -1e18) ||
	    !(item->valuedouble < 9e18))
		return 0;
	return (int64_t)item->valuedouble;
}

static void describe(const char *directory, const cJSON *tree,
		     struct job_end *ret)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(tree, "error");
	bool is_canceled = cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(tree, "canceled"));
	int number = (int)integer_of(tree, "signal");
	char head[96], last[150];
	char *path;

	if (cJSON_IsString(error) && *error->valuestring) {
		struct strbuf safe = STRBUF_INIT;

		utf8_sanitize(&safe, error->valuestring,
			      strlen(error->valuestring), true);
		snprintf(ret->reason, sizeof(ret->reason), "%s", safe.data);
		strbuf_release(&safe);
		return;
	}
	if (number > 0)
		describe_signal(number, is_canceled, head, sizeof(head));
	else if (ret->exit_code)
		describe_code(ret->exit_code, head, sizeof(head));
	else
		return; /* success needs no words */
	path = fs_join(directory, "stderr");
	local_last_line(path, last, sizeof(last));
	free(path);
	snprintf(ret->reason, sizeof(ret->reason), "%s%s%s", head,
		 *last ? ": " : "", last);
}

bool local_end_read(const char *directory, struct job_end *ret_end)
{
	struct strbuf text = STRBUF_INIT;
	char *path = fs_join(directory, "exit");
	struct error ignored;
	cJSON *tree = NULL;
	bool ok;

	*ret_end = (struct job_end){.exit_code = -1};
	if (fs_read_file(path, EXIT_FILE_MAX, &text, &ignored))
		tree = cJSON_ParseWithLength(text.data, text.len);
	ok = cJSON_IsObject(tree);
	if (ok) {
		int64_t code = integer_of(tree, "code");

		ret_end->exit_code = code >= 0 && code <= 255 ? (int)code : -1;
		ret_end->ended_ns = integer_of(tree, "ended");
		describe(directory, tree, ret_end);
	} else {
		snprintf(ret_end->reason, sizeof(ret_end->reason),
			 "its exit file cannot be read");
	}
	if (ret_end->ended_ns <= 0)
		ret_end->ended_ns = clock_wall_ns();
	cJSON_Delete(tree);
	strbuf_release(&text);
	free(path);
	return ok;
}
