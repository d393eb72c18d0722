/* SPDX-License-Identifier: MIT */
/* Any bytes as an experiment file.  Refused, it must say where; accepted, its
 * canonical text must read back to itself, and converted to the second form it
 * must be accepted and say the same. */
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

/* What was converted need not be the first form. */
static const char *without_form(const char *canonical)
{
	static const char *const starts[] = {
		"{\"debug\":false,\"isFirstForm\":true",
		"{\"debug\":true,\"isFirstForm\":true",
		"{\"debug\":false",
		"{\"debug\":true",
	};

	for (size_t i = 0; i < 4; i++)
		if (!strncmp(canonical, starts[i], strlen(starts[i])))
			return canonical + strlen(starts[i]);
	return canonical;
}

static void check_conversion(const struct experiment_config *config,
			     const char *text, size_t len)
{
	struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
	struct strbuf problems = STRBUF_INIT;
	struct experiment_config again;
	struct error err = {ERROR_NONE, ""};

	if (!spec_convert(config, text, len, &out, &notes, &err)) {
		fprintf(stderr, "%s\n%s\n", config->canonical, err.text);
		assert(!"what was accepted must be writable");
	}
	if (!spec_parse(out.data, out.len, "y.yaml", "/", &again, &problems,
			&err)) {
		fprintf(stderr, "%s\n%s\n", out.data, problems.data);
		assert(!"what was converted must be readable");
	}
	if (strcmp(without_form(config->canonical),
		   without_form(again.canonical)) != 0) {
		fprintf(stderr, "%s\n%s\n%s\n", out.data, config->canonical,
			again.canonical);
		assert(!"what was converted must mean the same");
	}
	experiment_config_release(&again);
	strbuf_release(&out);
	strbuf_release(&notes);
	strbuf_release(&problems);
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
	check_conversion(&config, (const char *)data, size);
	experiment_config_release(&config);
	experiment_config_release(&again);
	return 0;
}
