/* SPDX-License-Identifier: MIT */
/*
 * What Kubeflow's objects know beside roles: checked against tables, kept as
 * the members of the object's spec that they become.
 */
#include "engine/spec/kubeflow.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define TEXT offsetof(struct kubernetes_scratch, text)
#define TRUTH offsetof(struct kubernetes_scratch, truth)
#define COUNT offsetof(struct kubernetes_scratch, count)
#define PROCESSES "auto, cpu, gpu or a number, such as nprocPerNode: 2"

static const char *const cleanings[] = {"Running", "All", "None", NULL};
static const char *const managers[] = {"kubeflow.org/training-operator",
				       "kueue.x-k8s.io/multikueue", NULL};
static const char *const successes[] = {"AllWorkers", NULL};
static const char *const meetings[] = {"c10d", "etcd", "etcd-v2", NULL};

/* clang-format off */
static const struct key scheduling_keys[] = {
	{"minAvailable", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"queue", VALUE_TEXT, .least = 1, .target = TEXT},
	{"minResources", .type = VALUE_MAP},
	{"priorityClass", VALUE_TEXT, .least = 1, .target = TEXT},
	{"scheduleTimeoutSeconds", VALUE_COUNT, .most = INT32_MAX,
	 .target = COUNT},
	{0},
};
static const struct form scheduling_form = {scheduling_keys, NULL};

static const struct key policy_keys[] = {
	{"cleanPodPolicy", VALUE_WORD, .words = cleanings, .target = TEXT},
	{"ttlSecondsAfterFinished", VALUE_COUNT, .most = INT32_MAX,
	 .target = COUNT},
	{"activeDeadlineSeconds", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"backoffLimit", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"schedulingPolicy", VALUE_SECTION, .section = &scheduling_form},
	{"managedBy", VALUE_WORD, .words = managers, .target = TEXT},
	{"suspend", VALUE_REFUSED,
	 .help = "trials are made to run: remove it, or write queue: NAME, "
		 "which holds them back until there is room"},
	{0},
};
static const struct form policy_form = {policy_keys, NULL};

static const struct key pair_keys[] = {
	{"key", VALUE_TEXT, KEY_REQUIRED, .least = 1, .target = TEXT},
	{"value", VALUE_TEXT, KEY_REQUIRED, .target = TEXT, .most = 4096},
	{0},
};
static const struct form pair_form = {pair_keys, NULL};

static const struct key torch_keys[] = {
	{"minReplicas", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"maxReplicas", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"rdzvBackend", VALUE_WORD, .words = meetings, .target = TEXT},
	{"rdzvPort", VALUE_COUNT, .least = 1, .most = 65535, .target = COUNT},
	{"rdzvHost", VALUE_OWN, .least = RULE_HOST, .target = TEXT,
	 .read = kubernetes_read_word},
	{"rdzvId", VALUE_TEXT, .least = 1, .target = TEXT},
	{"rdzvConf", VALUE_OWN, .section = &pair_form, .target = TEXT,
	 .read = kubernetes_read_list, .help = "[{key: timeout, value: '60'}]"},
	{"standalone", VALUE_BOOL, .target = TRUTH},
	{"nProcPerNode", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"maxRestarts", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"metrics", .type = VALUE_TREE},
	{0},
};
static const struct form torch_form = {torch_keys, NULL};

static const struct key paddle_keys[] = {
	{"minReplicas", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"maxReplicas", VALUE_COUNT, .least = 1, .most = INT32_MAX,
	 .target = COUNT},
	{"maxRestarts", VALUE_COUNT, .most = INT32_MAX, .target = COUNT},
	{"metrics", .type = VALUE_TREE},
	{0},
};
static const struct form paddle_form = {paddle_keys, NULL};

#define DESCRIBE(option, ...)                                                  \
	static const struct key described_##option[] = {                       \
		{#option, __VA_ARGS__}, {0}};                                  \
	const struct form kubeflow_##option##_option = {                       \
		described_##option, NULL}

DESCRIBE(policy, VALUE_SECTION, .section = &policy_form);
DESCRIBE(cleaning, VALUE_WORD, .words = cleanings, .target = TEXT);
DESCRIBE(success, VALUE_WORD, .words = successes, .target = TEXT);
DESCRIBE(dynamic, VALUE_BOOL, .target = TRUTH);
DESCRIBE(torch, VALUE_SECTION, .section = &torch_form);
DESCRIBE(paddle, VALUE_SECTION, .section = &paddle_form);
DESCRIBE(slots, VALUE_COUNT, .least = 1, .most = INT32_MAX, .target = COUNT);
DESCRIBE(main, VALUE_OWN, .least = RULE_LABEL, .target = TEXT,
	 .read = kubernetes_read_word);
/* clang-format on */

/* --- reading ----------------------------------------------------------------
 */

/* json is a member of the object. */
static void add(struct draft *draft, const char *name, const char *json)
{
	char **options = &draft->config.kubernetes.job_options;
	struct strbuf out = STRBUF_INIT;

	if (*options) {
		strbuf_adds(&out, *options);
		strbuf_truncate(&out, out.len - 1);
	}
	strbuf_addch(&out, *options ? ',' : '{');
	strbuf_add_json_string(&out, name);
	strbuf_addf(&out, ":%s}", json);
	free(*options);
	*options = strbuf_detach(&out);
}

static bool check(struct reader *reader, const struct key *option,
		  const struct node *node)
{
	struct kubernetes_scratch scratch = {0};
	size_t before = reader->problems->count;

	if (option->type == VALUE_SECTION)
		return kubernetes_form_check(reader, option->section, node);
	value_read(reader, option, node, &scratch);
	free(scratch.text);
	return reader->problems->count == before;
}

void kubeflow_read_option(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot)
{
	char *json;

	if (!check(reader, key->section->keys, node))
		return;
	json = kubernetes_fragment(reader, node);
	if (json)
		add(slot, key->name, json);
	free(json);
}

static bool is_processes(const struct node *node)
{
	static const char *const words[] = {"auto", "cpu", "gpu"};

	if (node->kind == NODE_INTEGER)
		return !node->is_negative && !node->is_wide &&
		       node->magnitude >= 1 && node->magnitude <= INT32_MAX;
	for (size_t i = 0; node->kind == NODE_STRING && i < COUNT_OF(words);
	     i++)
		if (!strcmp(words[i], node->text))
			return true;
	return node->kind == NODE_STRING && *node->text > '0' &&
	       *node->text <= '9' && strlen(node->text) < 10 &&
	       !node->text[strspn(node->text, "0123456789")];
}

void kubeflow_read_processes(struct reader *reader, const struct key *key,
			     const struct node *node, void *slot)
{
	char *json;

	if (!is_processes(node)) {
		value_fail(reader, node, PROCESSES);
		return;
	}
	json = xasprintf("\"%s\"", node->text);
	add(slot, key->name, json);
	free(json);
}

/* --- writing ----------------------------------------------------------------
 */

/* The members as they were written, without the braces. */
void kubeflow_write_options(const char *options, struct strbuf *out)
{
	if (!options)
		return;
	strbuf_addch(out, ',');
	strbuf_add(out, options + 1, strlen(options) - 2);
}
