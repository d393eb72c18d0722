/* SPDX-License-Identifier: MIT */
/* Any bytes as an experiment file.  Refused, it must say where; accepted, its
 * canonical text must read back to itself. */
#include "base/utf8.h"
#include "engine/spec/spec.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problems(const struct strbuf *problems,
			   const struct error *err)
{
	int lines = 0;

	assert(err->code != ERROR_NONE && *err->text);
	assert(!strncmp(problems->data, "x.yaml:", 7));
	for (const char *at = problems->data; (at = strchr(at, '\n')); at++)
		lines++;
	assert(lines >= 1 && lines <= SPEC_PROBLEMS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct experiment_config config, again;
	struct strbuf problems = STRBUF_INIT;
	struct error err = {ERROR_NONE, ""};

	if (!spec_parse((const char *)data, size, "x.yaml", "/", &config,
			&problems, &err)) {
		check_problems(&problems, &err);
		strbuf_release(&problems);
		return 0;
	}
	assert(!problems.len && err.code == ERROR_NONE);
	assert(config.trial_command && config.search_space);
	assert(config.trial_concurrency >= 1);
	if (!spec_reload(config.canonical, &again, &err)) {
		fprintf(stderr, "%s\n%s\n", config.canonical, err.text);
		assert(!"a canonical text must be readable");
	}
	assert(!strcmp(config.canonical, again.canonical));
	assert(config.objective == again.objective);
	experiment_config_release(&config);
	experiment_config_release(&again);
	return 0;
}
