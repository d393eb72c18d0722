/* SPDX-License-Identifier: MIT */
/* The header of a request to the file server. */
#include "keeper/serve_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *method, *path;
	enum serve_what what;
} endpoints[] = {
	{"GET", "/v1/health", SERVE_HEALTH},
	{"GET", "/v1/space", SERVE_SPACE},
	{"GET", "/v1/list", SERVE_LIST},
	{"GET", "/v1/file", SERVE_GET},
	{"GET", "/v1/digest", SERVE_DIGEST},
	{"PUT", "/v1/file", SERVE_PUT},
	{"PUT", "/v1/files", SERVE_PUT_MANY},
	{"PUT", "/v1/folder", SERVE_FOLDER},
	{"POST", "/v1/copy", SERVE_COPY},
	{"DELETE", "/v1/file", SERVE_REMOVE},
};

static int refuse(const char **ret_why, int status, const char *why)
{
	*ret_why = why;
	return status;
}

/* Digits alone, as far as they are a number of bytes.  -1: they are not. */
static int64_t read_number(const char *text)
{
	char *end;
	long long value;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	return errno || *end ? -1 : value;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False when it is not encoded well, too long or no path. */
bool serve_path_read(const char *text, char ret[TREE_PATH_MAX + 1])
{
	size_t len = 0;

	for (; *text; text++) {
		char c = *text;

		if (c == '%') {
			int high = digit_of(text[1]);
			int low = high < 0 ? -1 : digit_of(text[2]);

			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			text += 2;
		}
		if (len == TREE_PATH_MAX)
			return false;
		ret[len++] = c;
	}
	ret[len] = '\0';
	return !len || tree_path_is_sound(ret, len);
}

static bool read_mode(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end || mode > 0777)
		return false;
	*ret = (unsigned int)mode;
	return true;
}

static bool read_argument(struct serve_request *ret, const char *name,
			  const char *value)
{
	if (!strcmp(name, "path"))
		return serve_path_read(value, ret->path);
	if (!strcmp(name, "to"))
		return serve_path_read(value, ret->to);
	if (!strcmp(name, "mode"))
		return read_mode(value, &ret->mode);
	if (!strcmp(name, "size")) {
		ret->size = read_number(value);
		return ret->size >= 0;
	}
	if (!strcmp(name, "deep"))
		ret->is_deep = !strcmp(value, "1");
	return true;
}

static bool read_query(struct serve_request *ret, char *query)
{
	char *save = NULL;

	for (char *item = strtok_r(query, "&", &save); item;
	     item = strtok_r(NULL, "&", &save)) {
		char *value = strchr(item, '=');

		if (!value)
			return false;
		*value++ = '\0';
		if (!read_argument(ret, item, value))
			return false;
	}
	return true;
}

/* "PUT /v1/file?path=a HTTP/1.1" */
static int read_line(struct serve_request *ret, char *line,
		     const char **ret_why)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	bool has_path = false;
	char *query;

	if (!version || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return refuse(ret_why, 400, "not HTTP/1.1");
	*target++ = '\0';
	*version++ = '\0';
	ret->is_close = !strcmp(version, "HTTP/1.0");
	query = strchr(target, '?');
	if (query)
		*query++ = '\0';
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (strcmp(target, endpoints[i].path) != 0)
			continue;
		has_path = true;
		if (strcmp(line, endpoints[i].method) != 0)
			continue;
		ret->what = endpoints[i].what;
		if (query && !read_query(ret, query))
			return refuse(ret_why, 400,
				      "the query is not as it should be, or "
				      "its path leads outside");
		return 0;
	}
	return has_path ? refuse(ret_why, 405, "not this method")
			: refuse(ret_why, 404, "no such endpoint");
}

static bool read_range(struct serve_request *ret, char *value)
{
	char *dash = strrchr(value, '-');

	if (strncmp(value, "bytes=", 6) != 0 || !dash || dash[1])
		return false;
	*dash = '\0';
	ret->offset = read_number(value + 6);
	ret->has_range = true;
	return ret->offset >= 0;
}

static int read_field(struct serve_request *ret, const char *name, char *value,
		      bool *has_length, const char **ret_why)
{
	if (!strcasecmp(name, "Content-Length")) {
		ret->length = read_number(value);
		if (ret->length < 0 || *has_length)
			return refuse(ret_why, 400, "a strange length");
		*has_length = true;
	} else if (!strcasecmp(name, "Transfer-Encoding")) {
		return refuse(ret_why, 411, "a length is needed");
	} else if (!strcasecmp(name, "Range")) {
		if (!read_range(ret, value))
			return refuse(ret_why, 416, "only bytes=N-");
	} else if (!strcasecmp(name, "Connection")) {
		ret->is_close = ret->is_close || !strcasecmp(value, "close");
	} else if (!strcasecmp(name, "Expect")) {
		ret->awaits = true;
	} else if (!strcasecmp(name, SERVE_TOKEN_HEADER)) {
		if (strlen(value) >= sizeof(ret->token))
			return refuse(ret_why, 401, "a strange token");
		memcpy(ret->token, value, strlen(value) + 1);
	}
	return 0;
}

static int read_fields(struct serve_request *ret, char *text,
		       const char **ret_why)
{
	bool has_length = false;

	for (;;) {
		char *end = strstr(text, "\r\n"), *next, *colon, *value;
		int status;

		if (!end)
			return refuse(ret_why, 400, "a line without end");
		if (end == text)
			return 0;
		next = end + 2;
		*end = '\0';
		colon = strchr(text, ':');
		if (!colon || colon == text || *text == ' ' || *text == '\t')
			return refuse(ret_why, 400, "a strange line");
		*colon = '\0';
		value = colon + 1 + strspn(colon + 1, " \t");
		while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
		status = read_field(ret, text, value, &has_length, ret_why);
		if (status)
			return status;
		text = next;
	}
}

int serve_request_parse(char *text, size_t len, struct serve_request *ret,
			const char **ret_why)
{
	char *end;
	int status;

	memset(ret, 0, sizeof(*ret));
	ret->mode = 0644;
	ret->size = -1;
	if (strlen(text) != len)
		return refuse(ret_why, 400, "a NUL byte in the header");
	end = strstr(text, "\r\n");
	if (!end)
		return refuse(ret_why, 400, "no line");
	*end = '\0';
	status = read_line(ret, text, ret_why);
	if (!status)
		status = read_fields(ret, end + 2, ret_why);
	if (status)
		return status;
	if (ret->what >= SERVE_GET && !*ret->path)
		return refuse(ret_why, 400, "a path is needed");
	if (ret->what == SERVE_COPY && !*ret->to)
		return refuse(ret_why, 400, "where to?");
	if (ret->what == SERVE_PUT && ret->size != ret->length)
		return refuse(ret_why, 400,
			      "the body's length is not the size that was "
			      "said");
	return 0;
}
