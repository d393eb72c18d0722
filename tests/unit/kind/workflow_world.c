/* SPDX-License-Identifier: MIT */
#include "tests/unit/kind/workflow_world.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

cJSON *workflow_make(const char *spec, const char *status)
{
	char *text = xasprintf("{\"metadata\":{\"name\":\"wf\","
			       "\"resourceVersion\":\"42\"},\"spec\":{%s},"
			       "\"status\":{%s}}",
			       spec, status);
	cJSON *tree = cJSON_Parse(text);

	if (!tree)
		fail_msg("no JSON: %s", text);
	free(text);
	return tree;
}

char *workflow_fixture_text(const char *name)
{
	const char *top = getenv("TOP_SRCDIR");
	char *path = xasprintf("%s/tests/unit/kind/fixtures/%s.json",
			       top ? top : ".", name);
	struct strbuf text = STRBUF_INIT;
	struct error err;

	if (!fs_read_file(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	free(path);
	return strbuf_detach(&text);
}

cJSON *workflow_fixture(const char *name)
{
	char *text = workflow_fixture_text(name);
	cJSON *tree = cJSON_Parse(text);

	if (!tree)
		fail_msg("fixture %s: no JSON", name);
	free(text);
	return tree;
}

struct kind_status workflow_status(const cJSON *workflow)
{
	struct kind_status ret;

	assert_true(kind_workflow.read(NULL, workflow, &ret));
	return ret;
}

struct kind_status workflow_status_of(const char *spec, const char *status)
{
	cJSON *tree = workflow_make(spec, status);
	struct kind_status ret = workflow_status(tree);

	cJSON_Delete(tree);
	return ret;
}

static void add_line(struct strbuf *out, const struct trial_part *part)
{
	strbuf_addf(out, "%*s%s %s %s", 2 * part->depth, "", part->name,
		    part->sort, part_state_name(part->state));
	if (part->pod[0])
		strbuf_addf(out, " pod=%s", part->pod);
	if (part->node[0])
		strbuf_addf(out, " node=%s", part->node);
	if (part->exit_code >= 0)
		strbuf_addf(out, " exit=%d", part->exit_code);
	if (part->started_ns && part->ended_ns)
		strbuf_addf(out, " %llds",
			    (long long)((part->ended_ns - part->started_ns) /
					NS_PER_S));
	if (part->reason[0])
		strbuf_addf(out, ": %s", part->reason);
	strbuf_addch(out, '\n');
}

void expect_steps(const cJSON *workflow, const char *lines)
{
	struct part_list parts = {0};
	struct strbuf out = STRBUF_INIT;

	kind_workflow.read_parts(workflow, &parts);
	for (size_t i = 0; i < parts.count; i++)
		add_line(&out, &parts.items[i]);
	if (strcmp(out.data, lines) != 0)
		print_error("got:\n%swanted:\n%s", out.data, lines);
	assert_string_equal(out.data, lines);
	strbuf_release(&out);
	part_list_release(&parts);
}
