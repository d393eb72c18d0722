/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what an API server streams: a watch, a log, a page of a list.
 *
 * The first byte says how the rest is cut into pieces, and it must not matter:
 * what is told is what is told of the whole.  Versions stay bounded, texts of
 * faults safe.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/kube/log_lines.h"
#include "engine/kube/watch_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OBJECT_MAX 512

static void check_text(const char *text)
{
	for (const char *p = text; *p;) {
		uint32_t point;

		assert((unsigned char)*p >= ' ' && *p != 0x7f);
		p += utf8_decode(p, strlen(p), &point);
		assert(point != UTF8_INVALID);
	}
}

/* --- watches -------------------------------------------------------------- */

static void on_object(void *arg, enum kube_change change, const cJSON *object)
{
	assert(cJSON_IsObject(object));
	strbuf_addf(arg, "%d", change);
}

static void on_fault(void *arg, const char *text)
{
	strbuf_addch(arg, 'f');
	if (text)
		check_text(text);
}

static const char *const unread[] = {
	"a", "status", "metadata.a", "metadata.labels.b", NULL,
};

static void watch(const uint8_t *data, size_t size, size_t step,
		  struct strbuf *told)
{
	struct kube_watch watch = {
		.name = "pods",
		.object_max = OBJECT_MAX,
		.reader = {unread, STRBUF_INIT},
		.user = {.object = on_object, .fault = on_fault, .arg = told},
	};

	watch_lines_init(&watch.lines, OBJECT_MAX);
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *piece = xmalloc(n);
		bool more;

		memcpy(piece, data + at, n);
		more = watch_lines_feed(&watch.lines, piece, n, kube_watch_line,
					&watch);
		free(piece);
		if (!more)
			break;
	}
	kube_reader_release(&watch.reader);
	assert(strlen(watch.version) < KUBE_VERSION_MAX);
	assert(watch.lines.held.len <= OBJECT_MAX);
	if (watch.verdict.is_set) {
		check_text(watch.verdict.status.message);
		strbuf_addf(told, "!%d %s", watch.verdict.status.code,
			    watch.verdict.status.message);
	}
	strbuf_addf(told, "@%s", watch.version);
	watch_lines_release(&watch.lines);
}

/* --- logs ----------------------------------------------------------------- */

static bool on_line(void *arg, const struct log_line *line)
{
	assert(!line->is_part); /* inputs are smaller than a part */
	assert(!*line->timestamp == !line->at_ns || !line->at_ns);
	strbuf_addf(arg, "<%s|", line->timestamp);
	strbuf_add(arg, line->text, line->len);
	strbuf_addch(arg, '>');
	return true;
}

static void read_log(const uint8_t *data, size_t size, size_t step,
		     struct strbuf *told)
{
	struct log_lines lines;

	log_lines_init(&lines);
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *piece = xmalloc(n);

		memcpy(piece, data + at, n);
		assert(log_lines_feed(&lines, piece, n, on_line, told));
		free(piece);
	}
	assert(log_lines_end(&lines, on_line, told));
	log_lines_release(&lines);
}

/* --- lists ---------------------------------------------------------------- */

static bool on_listed(void *arg, const cJSON *object)
{
	assert(cJSON_IsObject(object));
	++*(int *)arg;
	return true;
}

static void read_list(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size);
	int objects = 0;
	struct kube_list list = {
		.object = on_listed, .arg = &objects, .object_max = OBJECT_MAX};
	struct error err = {0};

	memcpy(text, data, size);
	if (kube_list_read(&list, text, size, &err))
		assert(*list.version);
	else
		assert(err.code != ERROR_NONE && *err.text);
	assert(strlen(list.version) < KUBE_VERSION_MAX);
	free(list.token);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT;
	size_t step;

	if (!size || size > 60000)
		return 0;
	step = (size_t)data[0] + 1;
	data++;
	size--;
	watch(data, size, size + 1, &whole);
	watch(data, size, step, &pieces);
	assert(!strcmp(whole.data, pieces.data));
	strbuf_clear(&whole);
	strbuf_clear(&pieces);
	read_log(data, size, size + 1, &whole);
	read_log(data, size, step, &pieces);
	assert(whole.len == pieces.len &&
	       !memcmp(whole.data, pieces.data, whole.len));
	read_list(data, size);
	strbuf_release(&whole);
	strbuf_release(&pieces);
	return 0;
}
