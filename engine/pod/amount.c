/* SPDX-License-Identifier: MIT */
/* Sums over containers; they stop at the largest number instead of wrapping. */
#include "engine/pod/amount.h"

#include "base/mem.h"
#include "engine/pod/field.h"

#include <string.h>

bool amount_is_gpu(const char *resource)
{
	static const char *const signs[] = {"/gpu", "/mig-", "gpu.intel.com/"};

	if (!strncmp(resource, "requests.", 9))
		return false;
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (strstr(resource, signs[i]))
			return true;
	return false;
}

static int64_t add_to(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static void amount_add(struct cluster_amount *to,
		       const struct cluster_amount *more)
{
	to->cpu_milli = add_to(to->cpu_milli, more->cpu_milli);
	to->memory_bytes = add_to(to->memory_bytes, more->memory_bytes);
	to->gpus = add_to(to->gpus, more->gpus);
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void amount_raise(struct cluster_amount *to,
			 const struct cluster_amount *other)
{
	to->cpu_milli = larger(to->cpu_milli, other->cpu_milli);
	to->memory_bytes = larger(to->memory_bytes, other->memory_bytes);
	to->gpus = larger(to->gpus, other->gpus);
}

static int64_t milli_of(const cJSON *quantities, const char *name)
{
	int64_t milli;

	return field_quantity(quantities, name, &milli) && milli > 0 ? milli
								     : 0;
}

static int64_t whole(int64_t milli)
{
	return milli / 1000 + (milli % 1000 != 0);
}

void amount_read(const cJSON *quantities, struct cluster_amount *ret)
{
	const cJSON *item;

	*ret = (struct cluster_amount){
		.cpu_milli = milli_of(quantities, "cpu"),
		.memory_bytes = whole(milli_of(quantities, "memory"))};
	cJSON_ArrayForEach (item, quantities)
		if (item->string && amount_is_gpu(item->string))
			ret->gpus = add_to(
				ret->gpus,
				whole(milli_of(quantities, item->string)));
}

/* Requests, or the limit where there is no request. */
static void read_resources(const cJSON *resources, struct cluster_amount *ret)
{
	const cJSON *requests = field_object(resources, "requests");
	const cJSON *limits = field_object(resources, "limits");
	struct cluster_amount limit;

	amount_read(requests, ret);
	amount_read(limits, &limit);
	if (!cJSON_HasObjectItem(requests, "cpu"))
		ret->cpu_milli = limit.cpu_milli;
	if (!cJSON_HasObjectItem(requests, "memory"))
		ret->memory_bytes = limit.memory_bytes;
	ret->gpus = larger(ret->gpus, limit.gpus); /* they are the same */
}

static void read_container(const cJSON *container, struct cluster_amount *ret)
{
	read_resources(field_object(container, "resources"), ret);
}

void pod_requests_read(const cJSON *pod, struct cluster_amount *ret)
{
	const cJSON *spec = field_object(pod, "spec");
	const cJSON *of_pod = field_object(spec, "resources"), *item;
	struct cluster_amount staying = {0}, peak = {0}, one;

	*ret = (struct cluster_amount){0};
	cJSON_ArrayForEach (item, field_array(spec, "initContainers")) {
		read_container(item, &one);
		if (field_is(item, "restartPolicy", "Always")) {
			amount_add(&staying, &one);
			one = staying;
		} else {
			amount_add(&one, &staying);
		}
		amount_raise(&peak, &one);
	}
	cJSON_ArrayForEach (item, field_array(spec, "containers")) {
		read_container(item, &one);
		amount_add(ret, &one);
	}
	amount_add(ret, &staying);
	amount_raise(ret, &peak);
	/* said of the pod as a whole, that counts (1.32 and later) */
	read_resources(of_pod, &one);
	if (one.cpu_milli)
		ret->cpu_milli = one.cpu_milli;
	if (one.memory_bytes)
		ret->memory_bytes = one.memory_bytes;
	amount_read(field_object(spec, "overhead"), &one);
	amount_add(ret, &one);
}

bool node_usage_read(const cJSON *item, char *ret_name, size_t size,
		     struct cluster_amount *ret)
{
	const cJSON *usage = field_object(item, "usage");
	const char *name = field_text(field_object(item, "metadata"), "name");

	*ret = AMOUNT_UNKNOWN;
	line_copy(ret_name, size, name, strlen(name));
	if (!*ret_name || !usage)
		return false;
	amount_read(usage, ret);
	ret->gpus = -1;
	return true;
}

bool pod_usage_read(const cJSON *item, char *ret_name, size_t size,
		    struct cluster_amount *ret)
{
	const cJSON *containers = field_array(item, "containers"), *one;

	*ret = AMOUNT_UNKNOWN;
	if (!field_name(field_object(item, "metadata"), "name", ret_name,
			size) ||
	    !containers)
		return false;
	*ret = (struct cluster_amount){0};
	cJSON_ArrayForEach (one, containers) {
		struct cluster_amount used;

		amount_read(field_object(one, "usage"), &used);
		amount_add(ret, &used);
	}
	ret->gpus = -1;
	return true;
}
