/* SPDX-License-Identifier: MIT */
/* Any bytes as a ':' command, as a filter and as the name of a key.  What is
 * read must hold together; nothing may be read beyond its end. */
#include "base/mem.h"
#include "tui/cmdline.h"
#include "tui/filter.h"
#include "tui/keys.h"
#include "tui/trial_index.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char space_text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
	"\"k\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b b\",3]}}";

static void check_command(const char *text, size_t size)
{
	struct cmdline line;
	struct error err = {0};
	int i;

	if (!cmdline_parse(text, size, &line, &err)) {
		assert(*err.text);
		return;
	}
	assert(line.argc <= CMDLINE_WORDS_MAX);
	for (i = 0; i < line.argc; i++)
		assert(strlen(line.argv[i]) <= size);
	assert(!line.argv[line.argc] && line.rest);
	cmdline_release(&line);
}

static void check_filter(const char *text, const struct space *space)
{
	struct trial_row row = {.state = TRIAL_FAILED,
				.flags = ROW_LOADED | ROW_HAS_FINAL,
				.final = 0.5,
				.id = "abcde"};
	struct trial trial = {.id = "abcde",
			      .state = TRIAL_FAILED,
			      .parameters = (char *)"{\"lr\":0.1,\"k\":\"a\"}",
			      .reason = (char *)"exit status 3"};
	struct filter *filter = NULL;
	struct error err = {0};

	if (!filter_parse(text, space, &filter, &err)) {
		assert(*err.text);
		return;
	}
	if (filter) {
		filter_match_row(filter, &row, 3, 1000);
		filter_match_text(filter, space, &trial);
	}
	filter_free(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct space *space;
	struct strbuf name = STRBUF_INIT;
	char *text = xmalloc(size + 1);
	struct error err;
	int key;

	if (!space && !space_parse(space_text, &space, NULL, &err))
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	check_command(text, size);
	check_filter(text, space);
	check_filter(text, NULL);
	key = key_parse(text, size);
	if (key != TK_NONE) {
		key_format(key, &name);
		assert(key_parse(name.data, name.len) == key);
	}
	strbuf_release(&name);
	free(text);
	return 0;
}
