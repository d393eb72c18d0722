/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the body of a report, native and NNI's.  What is refused leaves
 * the list as it was and says why; what is accepted holds only names the store
 * takes and reads back the same after formatting; and the fast scanner agrees
 * with cJSON.
 */
#include "base/mem.h"
#include "base/strbuf.h"
#include "model/metric.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct metric *a, const struct metric *b)
{
	bool same_value = a->value == b->value ||
			  (a->value != a->value && b->value != b->value);

	return same_value && a->type == b->type && a->source == b->source &&
	       a->sequence == b->sequence && a->at_ns == b->at_ns &&
	       !strcmp(a->name, b->name) && !a->text == !b->text;
}

static void check_list(const struct metrics *list)
{
	struct metrics back = {0};
	struct strbuf text = STRBUF_INIT;
	struct error err;

	for (size_t i = 0; i < list->count; i++) {
		const struct metric *metric = &list->items[i];

		assert(*metric->name);
		assert(strlen(metric->name) <= METRIC_NAME_MAX);
		assert(metric->sequence >= METRIC_SEQUENCE_NEXT);
		strbuf_clear(&text);
		metric_format(&text, metric);
		metrics_clear(&back);
		if (!metrics_parse_report(&back, text.data, text.len, &err))
			assert(text.len > METRIC_TEXT_MAX);
		else
			assert(back.count == 1 &&
			       is_same(metric, &back.items[0]));
	}
	strbuf_release(&text);
	metrics_release(&back);
}

static void check_failure(const struct metrics *list, const struct error *err)
{
	assert(!list->count);
	assert(err->code == ERROR_INVALID || err->code == ERROR_LIMIT);
	assert(*err->text);
}

/* A blank in front sends a report the general way. */
static void compare_ways(const char *text, size_t len)
{
	struct metrics fast = {0}, general = {0};
	char *copy = xmalloc(len + 1);
	struct error err;
	bool ok;

	copy[0] = ' ';
	memcpy(copy + 1, text, len);
	ok = metrics_parse_report(&fast, text, len, &err);
	if (len < METRIC_TEXT_MAX) {
		assert(metrics_parse_report(&general, copy, len + 1, &err) ==
		       ok);
		assert(fast.count == general.count);
		for (size_t i = 0; i < fast.count; i++)
			assert(is_same(&fast.items[i], &general.items[i]));
	}
	metrics_release(&fast);
	metrics_release(&general);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of the exact size, so that reading beyond is noticed */
	char *text = xmalloc(size);
	struct metrics list = {0};
	struct error err = {0};
	bool is_request;

	memcpy(text, data, size);
	if (!metrics_parse_body(&list, text, size, &err))
		check_failure(&list, &err);
	check_list(&list);
	metrics_clear(&list);
	if (!metrics_parse_nni(&list, text, size, NULL, &is_request, &err))
		check_failure(&list, &err);
	check_list(&list);
	metrics_clear(&list);
	if (metrics_parse_nni(&list, text, size, "Xa12b", &is_request, &err))
		assert(memmem(text, size, "Xa12b", 5) ||
		       memchr(text, '\\', size));
	metrics_release(&list);
	compare_ways(text, size);
	free(text);
	return 0;
}
