/* SPDX-License-Identifier: MIT */
/* Heads of answers. */
#include "engine/storage/http_private.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_MAX_S 3600

void http_answer_init(struct http_answer *answer)
{
	answer->code = 0;
	strbuf_init(&answer->body);
	strbuf_init(&answer->headers);
}

void http_answer_release(struct http_answer *answer)
{
	strbuf_release(&answer->body);
	strbuf_release(&answer->headers);
}

bool http_header(const struct http_answer *answer, const char *name,
		 char *value, size_t size)
{
	const char *line = answer->headers.data;
	size_t name_len = strlen(name);

	*value = '\0';
	while (*line) {
		size_t len = strcspn(line, "\r\n");

		if (len > name_len && line[name_len] == ':' &&
		    !strncasecmp(line, name, name_len)) {
			const char *from = line + name_len + 1;
			size_t left = len - name_len - 1;

			while (left && (*from == ' ' || *from == '\t')) {
				from++;
				left--;
			}
			while (left && (from[left - 1] == ' ' ||
					from[left - 1] == '\t'))
				left--;
			snprintf(value, size, "%.*s", (int)left, from);
			return true;
		}
		line += len;
		line += strspn(line, "\r\n");
	}
	return false;
}

int64_t http_length(const struct http_answer *answer)
{
	char text[32];
	char *end;
	long long length;

	if (!http_header(answer, "content-length", text, sizeof(text)))
		return -1;
	errno = 0;
	length = strtoll(text, &end, 10);
	return errno || end == text || *end || length < 0 ? -1 : length;
}

int64_t http_time(const char *text)
{
	int64_t at_ns;
	time_t at;

	if (clock_parse_iso(text, &at_ns))
		return at_ns;
	at = curl_getdate(text, NULL);
	if (at > INT64_MAX / NS_PER_S)
		return INT64_MAX;
	return at < 0 ? 0 : (int64_t)at * NS_PER_S;
}

int http_retry_after(const struct http_answer *answer)
{
	char text[64];
	char *end;
	long long seconds;

	if (!http_header(answer, "retry-after", text, sizeof(text)))
		return 0;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || end == text || *end) {
		int64_t at_ns = http_time(text);

		seconds = at_ns ? (at_ns - clock_wall_ns()) / NS_PER_S : 0;
	}
	if (seconds < 0)
		return 0;
	return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int)seconds;
}
