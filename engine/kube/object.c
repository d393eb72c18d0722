/* SPDX-License-Identifier: MIT */
/* Objects as trees, without managedFields. */
#include "engine/kube/object.h"

#include "model/json_text.h"

#include <string.h>

/* Quotes inside of strings are escaped, so these bytes are nothing but this
 * key: its own quotes, and the colon behind. */
static const char key[] = "\"managedFields\":";

void kube_object_slim(const char *text, size_t len, struct strbuf *out)
{
	const char *end = text + len;
	const char *done = text; /* copied up to here */
	const char *at = text;
	struct error ignored;

	while ((at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1))) {
		size_t value_len;

		at += sizeof(key) - 1;
		if (at == end || *at != '[' ||
		    !json_measure(at, (size_t)(end - at), &value_len, &ignored))
			continue; /* whoever parses it complains */
		strbuf_add(out, done, (size_t)(at - done));
		strbuf_adds(out, "null");
		at += value_len;
		done = at;
	}
	strbuf_add(out, done, (size_t)(end - done));
}

cJSON *kube_object_parse(const char *text, size_t len, struct error *err)
{
	struct strbuf slim = STRBUF_INIT;
	cJSON *tree;

	strbuf_reserve(&slim, len);
	kube_object_slim(text, len, &slim);
	tree = json_parse(slim.data, slim.len, err);
	strbuf_release(&slim);
	return tree;
}
