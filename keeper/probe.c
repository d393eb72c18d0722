/* SPDX-License-Identifier: MIT */
/* Which of these addresses can a pod reach? */
#include "keeper/probe.h"

#include "keeper/buffer.h"
#include "keeper/clock.h"
#include "keeper/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define URL_MAX 512
/* What closes the list, with room for saying that it was cut. */
#define TAIL_BYTES 32

/* False with what went wrong in why. */
static bool ask(const char *url, const char *pin, char *why, size_t size)
{
	const struct http_request request = {.method = "GET",
					     .path = "/v1/health"};
	struct http http;
	int status;

	http_init(&http);
	http.wire.deadline_ms = mono_ms() + PROBE_MS;
	if (!http_set_url(&http, url)) {
		snprintf(why, size, "this is no address");
		return false;
	}
	http_set_pin(&http, pin);
	status = http_send(&http, &request);
	http_close(&http);
	if (status < 0)
		snprintf(why, size, "%s", http.why);
	else if (status != 200)
		snprintf(why, size, "answered %d", status);
	return status == 200;
}

/* "NAME": "TEXT", escaped. */
static bool add_member(struct buffer *out, const char *name, const char *text)
{
	bool ok = buffer_addf(out, "\"%s\": \"", name);

	for (; ok && *text; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[2] = {'\\', (char)c};

		if (c == '"' || c == '\\')
			ok = buffer_add(out, escaped, 2);
		else
			ok = buffer_add(out, c < 0x20 || c >= 0x7f ? "?" : text,
					1);
	}
	return ok && buffer_add(out, "\"", 1);
}

static void add_failure(struct buffer *out, const char *url, const char *why)
{
	size_t len = out->len;

	if (!buffer_add(out, "{", 1) || !add_member(out, "url", url) ||
	    !buffer_add(out, ", ", 2) || !add_member(out, "why", why) ||
	    !buffer_add(out, "}, ", 3))
		out->len = len; /* the list is full */
}

static bool try_all(const char *urls, const char *pin, struct buffer *out)
{
	char url[URL_MAX], why[160];

	for (; *urls; urls += *urls == ',') {
		size_t len = strcspn(urls, ",");

		snprintf(url, sizeof(url), "%.*s", (int)len, urls);
		urls += len;
		if (!len)
			continue;
		if (len >= sizeof(url)) {
			snprintf(why, sizeof(why), "this is no address");
		} else if (ask(url, pin, why, sizeof(why))) {
			out->len = 0;
			return buffer_add(out, "{", 1) &&
			       add_member(out, "url", url);
		}
		add_failure(out, url, why);
	}
	return false;
}

static bool write_result(const char *path, const struct buffer *out)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok;

	if (fd < 0)
		return false;
	ok = file_write_all(fd, out->data, out->len);
	return close(fd) == 0 && ok;
}

int probe_run(const char *urls, const struct target *target, const char *result)
{
	struct buffer out = {.max = PROBE_RESULT_MAX - TAIL_BYTES};
	static const char head[] = "{\"failed\": [";
	char pin[DIGEST_HEX_SIZE];
	bool found;

	signal(SIGPIPE, SIG_IGN);
	target_pin(target, pin);
	buffer_add(&out, head, sizeof(head) - 1);
	found = try_all(urls, pin, &out);
	out.max = PROBE_RESULT_MAX;
	if (!found) {
		if (out.data[out.len - 2] == ',')
			out.len -= 2;
		buffer_add(&out, "]", 1);
	}
	buffer_add(&out, "}\n", 2);
	file_write_all(1, out.data, out.len);
	if (!write_result(result, &out))
		fprintf(stderr, "trialdeck-keeper: %s: %s\n", result,
			strerror(errno));
	buffer_release(&out);
	return found ? 0 : 1;
}
