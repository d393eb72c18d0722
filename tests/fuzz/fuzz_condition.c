/* SPDX-License-Identifier: MIT */
/*
 * A line with a condition, then an object.  Whatever both are: judged in
 * bounded time, the same twice, with texts that end; and what is refused says
 * why.
 */
#include "base/mem.h"
#include "engine/kind/condition.h"
#include "model/json_text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const char *text, enum condition_use use, const cJSON *object)
{
	struct error err = {0};
	struct condition *condition = condition_parse(text, use, &err);
	struct condition_found found;
	bool holds;

	if (!condition) {
		assert(err.code == ERROR_INVALID && *err.text);
		return;
	}
	assert(err.code == ERROR_NONE);
	holds = condition_holds(condition, object, &found);
	assert(memchr(found.reason, '\0', sizeof(found.reason)) &&
	       memchr(found.message, '\0', sizeof(found.message)) &&
	       memchr(found.time, '\0', sizeof(found.time)));
	assert(holds == condition_holds(condition, object, NULL));
	condition_holds(condition, NULL, NULL);
	condition_free(condition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t len = strnlen(text, size);
	const char *newline = memchr(text, '\n', len);
	char *condition =
		xstrndup(text, newline ? (size_t)(newline - text) : len);
	struct error err;
	cJSON *object =
		newline ? json_parse(newline + 1,
				     size - (size_t)(newline + 1 - text), &err)
			: NULL;

	judge(condition, CONDITION_SUCCESS, object);
	judge(condition, CONDITION_FAILURE, object);
	cJSON_Delete(object);
	free(condition);
	return 0;
}
