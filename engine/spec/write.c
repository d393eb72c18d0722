/* SPDX-License-Identifier: MIT */
/* Members of canonical texts. */
#include "engine/spec/write.h"

#include <inttypes.h>

void write_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_addf(out, ",\"%s\":", key);
	strbuf_add_json_string(out, text);
}

void write_json(struct strbuf *out, const char *key, const char *json)
{
	if (json)
		strbuf_addf(out, ",\"%s\":%s", key, json);
}

void write_number(struct strbuf *out, const char *key, int64_t number)
{
	strbuf_addf(out, ",\"%s\":%" PRId64, key, number);
}

void write_truth(struct strbuf *out, const char *key, bool truth)
{
	strbuf_addf(out, ",\"%s\":%s", key, truth ? "true" : "false");
}
