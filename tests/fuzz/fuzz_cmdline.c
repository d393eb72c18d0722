/* SPDX-License-Identifier: MIT */
/* Any bytes as a ':' command and as the name of a key.  What is
 * read must hold together; nothing may be read beyond its end. */
#include "base/mem.h"
#include "tui/cmdline.h"
#include "tui/keys.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf name = STRBUF_INIT;
	char *text = xmalloc(size + 1);
	int key;

	memcpy(text, data, size);
	text[size] = '\0';
	check_command(text, size);
	key = key_parse(text, size);
	if (key != TK_NONE) {
		key_format(key, &name);
		assert(key_parse(name.data, name.len) == key);
	}
	strbuf_release(&name);
	free(text);
	return 0;
}
