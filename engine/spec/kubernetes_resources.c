/* SPDX-License-Identifier: MIT */
/*
 * What a trial may use: resources {cpu, memory, gpu, any name}, the same for
 * requests and limits, or the two apart.  Amounts are Kubernetes' quantities;
 * memory may also be spelled as NNI does, "4gb" (nni.md 2.1, powers of 1024).
 */
#include "engine/spec/kubernetes.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/pod/view.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GPU "nvidia.com/gpu"
#define RESOURCES_MAX 64
#define MEMORY_LEAST (INT64_C(1) << 20) /* less was meant with a unit */
#define QUANTITY_HINT "an amount such as 1, 0.5, 500m, 64Mi or 4gb"

static const char *const plain_names[] = {
	"cpu", "memory", "ephemeral-storage", GPU, "gpu", "requests", "limits"};

/* NNI's names for the same */
static const struct {
	const char *name, *use;
} nni_names[] = {
	{"cpuNum", "cpu"},	  {"cpuNumber", "cpu"}, {"memoryMB", "memory"},
	{"memorySize", "memory"}, {"gpuNum", "gpu"},	{"gpuNumber", "gpu"},
};

/* --- amounts ----------------------------------------------------------------
 */

/* "4gb", "4 GB", "1.5 gb": mebibytes, rounded up as NNI does; false when it is
 * not NNI's spelling. */
static bool parse_nni_size(const char *text, int64_t *ret_mebibytes)
{
	static const char *const units[] = {"b", "kb", "mb", "gb", "tb"};
	char *end;
	double number;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	if (text[strspn(text, "0123456789. ")] == '\0' || strpbrk(text, "eExX"))
		return false;
	number = strtod(text, &end);
	end += strspn(end, " ");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		double mebibytes = ceil(ldexp(number, 10 * ((int)i - 2)));

		if (strcasecmp(end, units[i]) != 0)
			continue;
		if (mebibytes > 1e12)
			return false;
		*ret_mebibytes = (int64_t)mebibytes;
		return true;
	}
	return false;
}

/* Kubernetes' suffixes are case-sensitive, people are not: "64mi", "4g". */
static bool suggest(const char *text, char *ret, size_t size)
{
	size_t digits = strspn(text, "0123456789.");
	const char *suffix = text + digits;
	char c = (char)toupper((unsigned char)*suffix);

	if (!digits || !*suffix || !strchr("KMGTPE", c))
		return false;
	suffix++;
	if (*suffix == 'i' || *suffix == 'I')
		suffix++;
	if (*suffix == 'b' || *suffix == 'B')
		suffix++;
	if (*suffix)
		return false;
	snprintf(ret, size, "%.*s%ci", (int)digits, text, c);
	return true;
}

static bool fail_quantity(struct reader *reader, const struct node *node,
			  const char *text)
{
	char near[64];

	if (node->kind == NODE_STRING && suggest(text, near, sizeof(near)))
		reader_fail(reader, node->mark,
			    "\"%.40s\" is no amount, did you mean '%s'?", text,
			    near);
	else
		value_fail(reader, node, QUANTITY_HINT);
	return false;
}

static bool check_memory(struct reader *reader, const struct node *node,
			 int64_t milli)
{
	if (milli / 1000 >= MEMORY_LEAST)
		return true;
	if (node->kind == NODE_STRING && strchr(node->text, 'm'))
		reader_fail(reader, node->mark,
			    "\"%.40s\" means thousandths of a byte: write "
			    "%.*sMi",
			    node->text, (int)strspn(node->text, "0123456789."),
			    node->text);
	else
		reader_fail(reader, node->mark,
			    "%.40s bytes are too few: write a unit, such as "
			    "64Mi or 4gb",
			    node->text);
	return false;
}

static bool check_device(struct reader *reader, const struct node *node,
			 int64_t milli)
{
	if (milli % 1000 == 0)
		return true;
	reader_fail(reader, node->mark,
		    "devices cannot be divided: must be a whole number, got "
		    "%.40s",
		    node->text);
	return false;
}

/* The amount at node as Kubernetes spells it; NULL after reporting.  Caller
 * frees. */
static char *read_amount(struct reader *reader, const char *name,
			 const struct node *node)
{
	bool is_memory =
		!strcmp(name, "memory") || !strcmp(name, "ephemeral-storage");
	int64_t milli, mebibytes;

	if (node->kind != NODE_STRING && node->kind != NODE_INTEGER &&
	    node->kind != NODE_FLOAT) {
		value_fail(reader, node, QUANTITY_HINT);
		return NULL;
	}
	if (is_memory && parse_nni_size(node->text, &mebibytes))
		return xasprintf("%lldMi", (long long)mebibytes);
	if (*node->text == '-') {
		reader_fail(reader, node->mark,
			    "must not be negative, got %.40s", node->text);
		return NULL;
	}
	if (!pod_quantity(node->text, &milli)) {
		fail_quantity(reader, node, node->text);
		return NULL;
	}
	if (is_memory && !check_memory(reader, node, milli))
		return NULL;
	if (strchr(name, '/') && !check_device(reader, node, milli))
		return NULL;
	return xstrdup(node->text);
}

/* --- names ------------------------------------------------------------------
 */

/* cpu, memory, ephemeral-storage, hugepages-2Mi, or a name with a domain */
static const char *check_name(struct reader *reader,
			      const struct node_entry *entry)
{
	const char *near;

	if (!strcmp(entry->key, "gpu"))
		return GPU;
	if (!strcmp(entry->key, "cpu") || !strcmp(entry->key, "memory") ||
	    !strcmp(entry->key, "ephemeral-storage") ||
	    (!strncmp(entry->key, "hugepages-", 10) &&
	     !kubernetes_rule_breach(RULE_KEY, entry->key)))
		return entry->key;
	if (strchr(entry->key, '/'))
		return kubernetes_key_check(reader, entry, RULE_KEY)
			       ? entry->key
			       : NULL;
	for (size_t i = 0; i < COUNT_OF(nni_names); i++) {
		if (strcmp(nni_names[i].name, entry->key) != 0)
			continue;
		reader_fail(reader, entry->mark, "is called %s here",
			    nni_names[i].use);
		return NULL;
	}
	near = nearest_word(entry->key, plain_names, COUNT_OF(plain_names));
	reader_fail(reader, entry->mark, "unknown resource%s%s%s",
		    near ? ", did you mean '" : "", near ? near : "",
		    near ? "'?"
			 : ": use cpu, memory, ephemeral-storage, gpu, or a "
			   "device's full name such as amd.com/gpu");
	return NULL;
}

/* --- the mapping ------------------------------------------------------------
 */

static bool add_resource(struct reader *reader, const struct node_entry *entry,
			 cJSON *list)
{
	const char *name = check_name(reader, entry);
	char *amount;

	if (!name)
		return false;
	if (cJSON_GetObjectItemCaseSensitive(list, name)) {
		reader_fail(reader, entry->mark,
			    "is the same as another key here: keep one of "
			    "them");
		return false;
	}
	amount = read_amount(reader, name, entry->value);
	if (!amount)
		return false;
	cJSON_AddStringToObject(list, name, amount);
	free(amount);
	return true;
}

static bool read_set(struct reader *reader, const struct node *node,
		     cJSON *list)
{
	bool ok = true;

	if (node->kind != NODE_MAPPING)
		return value_fail(reader, node,
				  "a mapping such as {cpu: 1, memory: 4Gi}");
	if (node->count > RESOURCES_MAX) {
		reader_fail(reader, node->mark, "has more than %d entries",
			    RESOURCES_MAX);
		return false;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);

		if (entry->value->kind != NODE_NULL)
			ok &= add_resource(reader, entry, list);
		reader_leave(reader, len);
	}
	return ok;
}

static int64_t amount_of(const cJSON *list, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(list, name);
	int64_t milli;

	return cJSON_IsString(item) && pod_quantity(item->valuestring, &milli)
		       ? milli
		       : -1;
}

/* What the API server would refuse. */
static bool compare(struct reader *reader, const struct node *node,
		    const cJSON *requests, const cJSON *limits)
{
	bool ok = true;
	const cJSON *item;

	cJSON_ArrayForEach (item, requests) {
		int64_t request = amount_of(requests, item->string);
		int64_t limit = amount_of(limits, item->string);
		bool is_device = strchr(item->string, '/') != NULL;

		if (is_device && limit != request)
			reader_fail(reader, node->mark,
				    "%.64s: devices must have the same amount "
				    "in requests and limits",
				    item->string);
		else if (limit >= 0 && request > limit)
			reader_fail(reader, node->mark,
				    "%.64s: requests %s, more than its limit "
				    "of %s",
				    item->string, item->valuestring,
				    cJSON_GetObjectItemCaseSensitive(
					    limits, item->string)
					    ->valuestring);
		else
			continue;
		ok = false;
	}
	return ok;
}

static bool read_apart(struct reader *reader, const struct node *node,
		       cJSON *requests, cJSON *limits)
{
	bool ok = true;

	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);
		bool is_requests = !strcmp(entry->key, "requests");

		if (!is_requests && strcmp(entry->key, "limits") != 0) {
			reader_fail(reader, entry->mark,
				    "belongs into requests or limits");
			ok = false;
		} else if (entry->value->kind != NODE_NULL) {
			ok &= read_set(reader, entry->value,
				       is_requests ? requests : limits);
		}
		reader_leave(reader, len);
	}
	return ok && compare(reader, node, requests, limits);
}

static char *print_both(const cJSON *requests, const cJSON *limits)
{
	char *left = cJSON_PrintUnformatted(requests);
	char *right = cJSON_PrintUnformatted(limits);
	char *text = xasprintf("{\"requests\":%s,\"limits\":%s}", left, right);

	cJSON_free(left);
	cJSON_free(right);
	return text;
}

void kubernetes_read_resources(struct reader *reader, const struct key *key,
			       const struct node *node, void *slot)
{
	cJSON *requests = cJSON_CreateObject();
	cJSON *limits = cJSON_CreateObject();
	char **text = slot;
	bool ok, is_apart = node_find(node, "requests") ||
			    node_find(node, "limits");

	(void)key;
	if (is_apart)
		ok = read_apart(reader, node, requests, limits);
	else
		ok = read_set(reader, node, limits);
	if (ok && (requests->child || limits->child)) {
		free(*text);
		*text = print_both(is_apart ? requests : limits, limits);
	}
	cJSON_Delete(requests);
	cJSON_Delete(limits);
}

/* --- trialGpuNumber ---------------------------------------------------------
 */

/* The amount of whatever GPUs these are; -1: none are mentioned. */
static int64_t count_gpus(const cJSON *limits)
{
	const cJSON *item;
	int64_t count = -1;

	cJSON_ArrayForEach (item, limits) {
		if (!strstr(item->string, "/gpu") &&
		    !strstr(item->string, "/mig-"))
			continue;
		count = (count < 0 ? 0 : count) +
			amount_of(limits, item->string) / 1000;
	}
	return count;
}

static void set_amount(cJSON *both, const char *set, const char *amount)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(both, set);

	if (!list)
		list = cJSON_AddObjectToObject(both, set);
	cJSON_AddStringToObject(list, GPU, amount);
}

void kubernetes_settle_gpus(struct reader *reader, const struct place *place,
			    struct experiment_config *config)
{
	char **resources = &config->kubernetes.resources;
	cJSON *both = cJSON_Parse(*resources ? *resources : "{}");
	int64_t count =
		count_gpus(cJSON_GetObjectItemCaseSensitive(both, "limits"));
	char amount[16];
	char *printed;

	if (count >= 0 && count != config->trial_gpu_number) {
		reader_fail_at(reader, place,
			       "disagrees with resources, which has %lld: "
			       "remove one of them",
			       (long long)count);
	} else if (count < 0 && config->trial_gpu_number > 0) {
		snprintf(amount, sizeof(amount), "%d",
			 config->trial_gpu_number);
		set_amount(both, "requests", amount);
		set_amount(both, "limits", amount);
		printed = cJSON_PrintUnformatted(both);
		free(*resources);
		*resources = xstrdup(printed);
		cJSON_free(printed);
	}
	cJSON_Delete(both);
}
