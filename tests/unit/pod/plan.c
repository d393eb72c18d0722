/* SPDX-License-Identifier: MIT */
#include "tests/unit/pod/plan.h"

#include "base/mem.h"
#include "engine/spec/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void sample_init(struct sample *sample, const char *top, const char *service)
{
	static char parameters[] = "{\"lr\": 0.1}";
	struct strbuf problems = STRBUF_INIT;
	struct error err;
	char *text = xasprintf(
		"trialCommand: python3 t.py\n"
		"trialConcurrency: 2\n"
		"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
		"tuner: {name: Random}\n"
		"%s"
		"trainingService:\n"
		"  platform: kubernetes\n"
		"  image: test.local/trial:1\n"
		"%s",
		top, service);

	*sample = (struct sample){.experiment = {.id = "abcd1234"},
				  .trial = {.id = "xa12b",
					    .sequence = 7,
					    .parameters = parameters},
				  .attempt = {.number = 2}};
	if (!spec_parse(text, strlen(text), "e.yaml", "/", &sample->config,
			&problems, &err))
		fail_msg("refused: %s", problems.data);
	sample->plan = (struct pod_plan){
		.experiment = &sample->experiment,
		.config = &sample->config,
		.trial = &sample->trial,
		.attempt = &sample->attempt,
		.secret = "the-secret",
		.keeper_map = "the-keeper",
		.link_map = "the-link",
		.nni_platform = "kubeflow",
	};
	strbuf_release(&problems);
	free(text);
}

void sample_release(struct sample *sample)
{
	experiment_config_release(&sample->config);
}

const cJSON *json_at(const cJSON *tree, const char *path)
{
	while (tree && *path) {
		size_t len = strcspn(path, ".");
		char *step = xstrndup(path, len);

		if (cJSON_IsArray(tree))
			tree = cJSON_GetArrayItem(tree,
						  (int)strtol(step, NULL, 10));
		else
			tree = cJSON_GetObjectItemCaseSensitive(tree, step);
		free(step);
		path += len + (path[len] == '.');
	}
	return tree;
}

void expect_json(const cJSON *tree, const char *path, const char *json)
{
	const cJSON *found = json_at(tree, path);
	char *printed = found ? cJSON_PrintUnformatted(found) : NULL;

	if (strcmp(printed ? printed : "absent", json) != 0)
		print_error("at %s:\n", path);
	assert_string_equal(printed ? printed : "absent", json);
	cJSON_free(printed);
}
