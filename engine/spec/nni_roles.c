/* SPDX-License-Identifier: MIT */
/* Roles as NNI writes them, to those that kinds of job know. */
#include "engine/spec/nni.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/roles.h"
#include "engine/spec/write.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GPU "nvidia.com/gpu"
#define MEMORY_MOST INT32_MAX /* MiB: 2 PiB */
#define MEMORY_HINT "an amount such as 8gb or 512mb, or a number of MB"

#define ROLE(member) offsetof(struct nni_role, role.member)
#define DRAFT(member) offsetof(struct nni_role, member)
#define PLACE(member) KEY_PLACE(struct nni_role, member)
#define OTHER(key, use)                                                        \
	{                                                                      \
		key, VALUE_REFUSED, .help = "is called " use " in this form"   \
	}

const char *const nni_nas_modes[] = {"classic_mode", "enas_mode",
				     "oneshot_mode", "darts_mode", NULL};

/* --- memory -----------------------------------------------------------------
 */

/* "8gb", "1.5 GB"; as its documentation shows: "4g", "4Gi".  All are powers of
 * 1024, rounded up to whole mebibytes (nni.md 2.1). */
static bool parse_size(const char *text, double *ret_mebibytes)
{
	static const char letters[] = "bkmgt";
	size_t digits = strspn(text, "0123456789.");
	const char *unit = text + digits + strspn(text + digits, " ");
	const char *letter;
	char *end;
	double number;

	if (!digits || !*unit)
		return false;
	letter = strchr(letters, tolower((unsigned char)*unit));
	if (!letter)
		return false;
	unit++;
	if (letter != letters) {
		unit += *unit == 'i' || *unit == 'I';
		unit += *unit == 'b' || *unit == 'B';
	}
	number = strtod(text, &end);
	if (*unit || end != text + digits)
		return false;
	*ret_mebibytes =
		ceil(ldexp(number, 10 * ((int)(letter - letters) - 2)));
	return true;
}

static void read_memory(struct reader *reader, const struct key *key,
			const struct node *node, void *slot)
{
	int64_t *mebibytes = slot;
	double number = 0;

	(void)key;
	if (node->kind == NODE_INTEGER)
		number = node->number;
	else if (node->kind == NODE_STRING &&
		 !node->text[strspn(node->text, "0123456789. ")]) {
		reader_fail(reader, node->mark,
			    "\"%.40s\" has no unit: write \"%.40smb\", or the "
			    "number of MB without quotes",
			    node->text, node->text);
		return;
	} else if (node->kind != NODE_STRING ||
		   !parse_size(node->text, &number)) {
		value_fail(reader, node, MEMORY_HINT);
		return;
	}
	if (number < 1 || number > MEMORY_MOST)
		reader_fail(reader, node->mark,
			    "must be between 1mb and %dtb, got %.40s",
			    MEMORY_MOST >> 20, node->text);
	else
		*mebibytes = (int64_t)number;
}

/* --- tables -----------------------------------------------------------------
 */

/* clang-format off */
#define IMAGE(key, is_required)                                                \
	{                                                                      \
		key, VALUE_OWN, is_required, .least = RULE_IMAGE,              \
			.target = ROLE(image), .read = kubernetes_read_word,   \
			.help = "what its pods run in, such as " key           \
				": " NNI_IMAGE                                 \
	}
#define CPU(key)                                                               \
	{                                                                      \
		key, VALUE_INT, KEY_REQUIRED, .least = 1, .most = 99999,       \
			.target = DRAFT(cpu),                                  \
			.help = "how many processors a pod has, such as " key  \
				": 1"                                          \
	}

static const struct key first_keys[] = {
	{"command", VALUE_TEXT, KEY_REQUIRED, .least = 1,
	 .target = ROLE(command),
	 .help = "what its pods run, such as command: python3 train.py"},
	{"gpuNum", VALUE_INT, KEY_REQUIRED, .most = 99999,
	 .target = ROLE(gpu_number),
	 .help = "how many GPUs a pod has, such as gpuNum: 0"},
	CPU("cpuNum"),
	{"memoryMB", VALUE_COUNT, KEY_REQUIRED, .least = 100,
	 .most = MEMORY_MOST, .target = DRAFT(memory_mebibytes),
	 .help = "how much memory a pod has, such as memoryMB: 8192"},
	IMAGE("image", KEY_REQUIRED),
	{"privateRegistryAuthPath", VALUE_FILE, .target = ROLE(registry_auth)},
	OTHER("gpuNumber", "gpuNum"),
	OTHER("cpuNumber", "cpuNum"),
	OTHER("memorySize", "memoryMB"),
	OTHER("dockerImage", "image"),
	OTHER("taskNumber", "taskNum"),
	{0},
};
const struct form nni_role_first_form = {first_keys, NULL};

static const struct key second_keys[] = {
	{"command", VALUE_TEXT, .least = 1, .target = ROLE(command)},
	{"gpuNumber", VALUE_INT, .most = 99999, .target = ROLE(gpu_number)},
	CPU("cpuNumber"),
	{"memorySize", VALUE_OWN, KEY_REQUIRED,
	 .target = DRAFT(memory_mebibytes), .read = read_memory,
	 .help = "how much memory a pod has, such as memorySize: 8gb"},
	IMAGE("dockerImage", 0),
	{"privateRegistryAuthPath", VALUE_FILE, .target = ROLE(registry_auth)},
	{"podTemplate", VALUE_OWN, .target = ROLE(pod_template),
	 .section = &kubernetes_template_form, .read = kubernetes_read_object},
	OTHER("gpuNum", "gpuNumber"),
	OTHER("cpuNum", "cpuNumber"),
	OTHER("memoryMB", "memorySize"),
	OTHER("image", "dockerImage"),
	OTHER("taskNum", "taskNumber"),
	{0},
};
const struct form nni_role_form = {second_keys, NULL};
/* clang-format on */

/* --- one role ---------------------------------------------------------------
 */

static char *make_resources(const struct nni_role *half)
{
	char *memory = xasprintf("%lldMi", (long long)half->memory_mebibytes);
	char *gpus = half->role.gpu_number > 0
			     ? xasprintf(",\"" GPU "\":\"%d\"",
					 half->role.gpu_number)
			     : xstrdup("");
	char *set = xasprintf("{\"memory\":\"%s\",\"cpu\":\"%d\"%s}", memory,
			      half->cpu, gpus);
	char *both = xasprintf("{\"requests\":%s,\"limits\":%s}", set, set);

	free(memory);
	free(gpus);
	free(set);
	return both;
}

/* One folder goes to all pods, so what a role says of it is said of all. */
static void settle_code_directory(struct reader *reader, struct draft *draft,
				  struct nni_role *half)
{
	char **whole = &draft->config.trial_code_directory;

	if (!half->role.code_directory)
		return;
	if (!*whole)
		*whole = xstrdup(half->role.code_directory);
	else if (strcmp(*whole, half->role.code_directory) != 0)
		reader_fail_at(reader, &half->code_directory,
			       "differs from trialCodeDirectory or from "
			       "another role, %.256s: one folder goes to all "
			       "pods",
			       *whole);
}

static void settle_command(struct reader *reader, struct draft *draft,
			   const struct place *place, struct nni_role *half)
{
	size_t len;

	if (half->role.command)
		return;
	if (draft->config.trial_command) {
		half->role.command = xstrdup(draft->config.trial_command);
		return;
	}
	len = reader_enter(reader, "command");
	reader_fail(reader, place->key_mark,
		    "required, but missing: what its pods run, such as "
		    "command: python3 train.py");
	reader_leave(reader, len);
}

static bool check_name(struct reader *reader, const struct draft *draft,
		       const struct place *place, const struct nni_role *half)
{
	if (roles_find(&draft->config.kubernetes, half->role.name)) {
		reader_fail(reader, place->mark,
			    "a second role named '%.64s': names must be "
			    "different",
			    half->role.name);
		return false;
	}
	return true;
}

bool nni_role_read(struct reader *reader, struct draft *draft,
		   const struct place *place, const struct form *form,
		   const char *name)
{
	struct nni_role half = {0};
	size_t before = reader->problems->count;
	size_t len = reader_enter(reader, place->path);

	role_init(&half.role);
	half.role.name = xstrdup_or_null(name);
	form_read(reader, form, place->node, place->key_mark, &half);
	if (half.role.gpu_number < 0)
		half.role.gpu_number = 0;
	if (!half.role.image)
		half.role.image = xstrdup(NNI_IMAGE);
	half.role.has_completion = half.policy.node;
	if (before == reader->problems->count) {
		half.role.resources = make_resources(&half);
		settle_command(reader, draft, place, &half);
		settle_code_directory(reader, draft, &half);
		check_name(reader, draft, place, &half);
	}
	reader_leave(reader, len);
	if (before == reader->problems->count)
		roles_add(&draft->config.kubernetes, &half.role);
	else
		role_config_release(&half.role);
	return before == reader->problems->count;
}

bool nni_has_own_commands(const struct draft *draft)
{
	(void)draft;
	return true;
}

void nni_settle(struct reader *reader, struct draft *draft)
{
	struct experiment_config *config = &draft->config;
	struct kubernetes_config *kubernetes = &config->kubernetes;

	if (!config->trial_command && kubernetes->role_count)
		config->trial_command = xstrdup(kubernetes->roles[0].command);
	if (!config->trial_code_directory)
		config->trial_code_directory = reader_resolve(reader, ".");
	for (size_t i = 0; i < kubernetes->role_count; i++) {
		char **folder = &kubernetes->roles[i].code_directory;

		free(*folder);
		*folder = xstrdup(config->trial_code_directory);
	}
}

/* --- writing ----------------------------------------------------------------
 */

/* What make_resources has made of them. */
static void write_resources(const struct role_config *role, struct strbuf *out)
{
	cJSON *both = cJSON_Parse(role->resources);
	const cJSON *set = cJSON_GetObjectItemCaseSensitive(both, "requests");
	const char *memory = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(set, "memory"));
	const char *cpu = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(set, "cpu"));
	long long mebibytes = memory ? strtoll(memory, NULL, 10) : 0;

	write_number(out, "gpuNumber", role->gpu_number);
	write_number(out, "cpuNumber", cpu ? strtoll(cpu, NULL, 10) : 1);
	if (mebibytes % 1024)
		strbuf_addf(out, ",\"memorySize\":\"%lldmb\"", mebibytes);
	else
		strbuf_addf(out, ",\"memorySize\":\"%lldgb\"",
			    mebibytes / 1024);
	cJSON_Delete(both);
}

void nni_role_write(const struct role_config *role, struct strbuf *out)
{
	write_text(out, "command", role->command);
	write_resources(role, out);
	write_text(out, "dockerImage", role->image);
	write_text(out, "privateRegistryAuthPath", role->registry_auth);
	write_json(out, "podTemplate", role->pod_template);
}
