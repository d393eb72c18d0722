/* SPDX-License-Identifier: MIT */
/* Any bytes as a filter: what is read can be applied and released, what is
 * refused says why and where; completion stays inside the text. */
#include "base/mem.h"
#include "model/filter.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char space_text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
	"\"k\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b b\",3]}}";

static bool give_number(void *arg, const struct trial_field *field, double *ret)
{
	(void)arg;
	*ret = field->kind == FIELD_STATE  ? 3
	       : field->kind == FIELD_LAST ? NAN
					   : 0.5;
	return field->kind != FIELD_FINAL;
}

static const char *give_text(void *arg, const struct trial_field *field)
{
	(void)arg;
	return field->kind == FIELD_TAGS     ? "bad\nold ones"
	       : field->kind == FIELD_REASON ? "Out of memory (OOM)"
	       : field->kind == FIELD_NODE   ? NULL
					     : "a";
}

static void look(const char *candidate, void *arg)
{
	(void)arg;
	assert(*candidate);
}

static void check(const char *text, const struct field_names *names,
		  enum filter_mode mode)
{
	const struct field_source source = {give_number, give_text, NULL, 1e9};
	struct filter *filter = NULL;
	struct filter_place place;
	struct strbuf out = STRBUF_INIT;
	struct error err = {0};
	size_t start, i;

	if (!filter_parse(text, names, mode, &filter, &place, &err)) {
		assert(*err.text);
		assert(place.at <= strlen(text));
		filter_point_at(&out, text, place, 2);
		strbuf_release(&out);
	}
	filter_match(filter, &source);
	filter_needs(filter);
	for (i = 0; filter_field_at(filter, i); i++)
		assert(i < 1000);
	filter_free(filter);
	for (i = 0; i <= strlen(text) && i < 64; i++) {
		filter_complete(text, i, names, &start, NULL, NULL, look, NULL);
		assert(start <= i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const metrics[] = {"default", "acc", "loss.max"};
	static struct space *space;
	static const struct field_names none;
	char *text = xmalloc(size + 1);
	struct field_names names;
	struct error err;

	if (!space && !space_parse(space_text, &space, NULL, &err))
		abort();
	names = (struct field_names){space, metrics, COUNT_OF(metrics)};
	memcpy(text, data, size);
	text[size] = '\0';
	check(text, &names, FILTER_WHOLE);
	check(text, &names, FILTER_TYPING);
	check(text, &none, FILTER_WHOLE);
	free(text);
	return 0;
}
