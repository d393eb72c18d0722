/* SPDX-License-Identifier: MIT */
/*
 * Which attempts may report: found by token (native) or by trial id (NNI).
 *
 * Looked at once per request on the HTTP threads, changed when an attempt
 * starts or ends.  Tokens are compared in constant time; which bucket one
 * falls in depends on a random seed, so timing tells nothing about others.
 */
#include "base/mem.h"
#include "base/random.h"
#include "engine/sideport/private.h"

#include <stdlib.h>
#include <string.h>

struct table_entry {
	struct table_entry *next_token, *next_trial, *next_key;
	struct caller caller;
	char *token;
	char *parameters;
	bool allow_nni;
};

static size_t bucket_of(const struct table *table, const char *text, size_t len)
{
	uint64_t hash = table->seed;

	for (size_t i = 0; i < len; i++) {
		hash ^= (unsigned char)text[i];
		hash *= 0x100000001b3ULL;
		hash ^= hash >> 29;
	}
	return hash & (table->size - 1);
}

static bool is_same_secret(const char *a, size_t len, const char *b)
{
	unsigned char difference = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return !difference;
}

static void make_buckets(struct table *table, size_t size)
{
	table->size = size;
	table->by_token = xcalloc(size, sizeof(*table->by_token));
	table->by_trial = xcalloc(size, sizeof(*table->by_trial));
	table->by_key = xcalloc(size, sizeof(*table->by_key));
}

void table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
	pthread_rwlock_init(&table->lock, NULL);
	random_secret(&table->seed, sizeof(table->seed));
	make_buckets(table, 64);
}

static void entry_free(struct table_entry *entry)
{
	free(entry->token);
	free(entry->parameters);
	free(entry);
}

void table_release(struct table *table)
{
	struct table_entry *entry, *next;

	for (size_t i = 0; i < table->size; i++) {
		for (entry = table->by_token[i]; entry; entry = next) {
			next = entry->next_token;
			entry_free(entry);
		}
	}
	free(table->by_token);
	free(table->by_trial);
	free(table->by_key);
	pthread_rwlock_destroy(&table->lock);
}

/* Trials are counted up from one, so they fill the buckets evenly. */
static struct table_entry **by_key(const struct table *table, int64_t trial)
{
	return &table->by_key[(uint64_t)trial & (table->size - 1)];
}

static void link_entry(struct table *table, struct table_entry *entry)
{
	const char *id = entry->caller.trial_id;
	struct table_entry **at = by_key(table, entry->caller.trial);
	size_t i = bucket_of(table, entry->token, strlen(entry->token));

	entry->next_key = *at;
	*at = entry;
	entry->next_token = table->by_token[i];
	table->by_token[i] = entry;
	i = bucket_of(table, id, strlen(id));
	entry->next_trial = table->by_trial[i];
	table->by_trial[i] = entry;
}

static void grow(struct table *table)
{
	struct table_entry **old = table->by_token;
	struct table_entry *entry, *next;
	size_t old_size = table->size;

	free(table->by_trial);
	free(table->by_key);
	make_buckets(table, 2 * old_size);
	for (size_t i = 0; i < old_size; i++) {
		for (entry = old[i]; entry; entry = next) {
			next = entry->next_token;
			link_entry(table, entry);
		}
	}
	free(old);
}

static void unlink_entry(struct table *table, struct table_entry *entry)
{
	const char *id = entry->caller.trial_id;
	struct table_entry **link = by_key(table, entry->caller.trial);
	size_t i = bucket_of(table, entry->token, strlen(entry->token));

	while (*link != entry)
		link = &(*link)->next_key;
	*link = entry->next_key;
	for (link = &table->by_token[i]; *link != entry;)
		link = &(*link)->next_token;
	*link = entry->next_token;
	i = bucket_of(table, id, strlen(id));
	for (link = &table->by_trial[i]; *link != entry;)
		link = &(*link)->next_trial;
	*link = entry->next_trial;
	table->count--;
}

static void remove_entry(struct table *table, int64_t trial, int attempt)
{
	struct table_entry *entry = *by_key(table, trial);

	while (entry && (entry->caller.trial != trial ||
			 entry->caller.attempt != attempt))
		entry = entry->next_key;
	if (!entry)
		return;
	unlink_entry(table, entry);
	entry_free(entry);
}

void table_allow(struct table *table, const struct caller *caller,
		 const char *token, const char *parameters, bool allow_nni)
{
	struct table_entry *entry = xcalloc(1, sizeof(*entry));

	entry->caller = *caller;
	entry->token = xstrdup(token);
	entry->parameters = xstrdup(parameters ? parameters : "{}");
	entry->allow_nni = allow_nni;
	pthread_rwlock_wrlock(&table->lock);
	remove_entry(table, caller->trial, caller->attempt);
	if (table->count == table->size)
		grow(table);
	link_entry(table, entry);
	table->count++;
	pthread_rwlock_unlock(&table->lock);
}

void table_forbid(struct table *table, int64_t trial, int attempt)
{
	pthread_rwlock_wrlock(&table->lock);
	remove_entry(table, trial, attempt);
	pthread_rwlock_unlock(&table->lock);
}

bool table_find_token(struct table *table, const char *token,
		      struct caller *ret)
{
	size_t len = strlen(token);
	const struct table_entry *entry;

	if (!len)
		return false;
	pthread_rwlock_rdlock(&table->lock);
	entry = table->by_token[bucket_of(table, token, len)];
	while (entry && !is_same_secret(token, len, entry->token))
		entry = entry->next_token;
	if (entry)
		*ret = entry->caller;
	pthread_rwlock_unlock(&table->lock);
	return entry;
}

bool table_find_trial(struct table *table, const char *trial_id, size_t len,
		      struct caller *ret)
{
	const struct table_entry *entry;
	bool found = false;

	pthread_rwlock_rdlock(&table->lock);
	entry = table->by_trial[bucket_of(table, trial_id, len)];
	for (; entry; entry = entry->next_trial) {
		if (!entry->allow_nni ||
		    strlen(entry->caller.trial_id) != len ||
		    memcmp(entry->caller.trial_id, trial_id, len))
			continue;
		if (!found || entry->caller.attempt > ret->attempt)
			*ret = entry->caller;
		found = true;
	}
	pthread_rwlock_unlock(&table->lock);
	return found;
}

char *table_parameters(struct table *table, const struct caller *caller)
{
	const char *id = caller->trial_id;
	const struct table_entry *entry;
	char *text = NULL;

	pthread_rwlock_rdlock(&table->lock);
	entry = table->by_trial[bucket_of(table, id, strlen(id))];
	for (; entry && !text; entry = entry->next_trial) {
		if (entry->caller.trial == caller->trial &&
		    entry->caller.attempt == caller->attempt)
			text = xstrdup(entry->parameters);
	}
	pthread_rwlock_unlock(&table->lock);
	return text;
}
