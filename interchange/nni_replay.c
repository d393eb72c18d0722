/* SPDX-License-Identifier: MIT */
/* Replays TrialJobEvent, as NNI does when it opens a database (nni.md 11.4). */
#include "interchange/nni_replay.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ID_MAX 64	  /* bytes of a trialJobId */
#define JOBS_MAX 10000000 /* trials of one database */
#define MESSAGE_MAX 1000

static size_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 29);
}

static size_t *slot_of(const struct nni_jobs *jobs, const char *id)
{
	size_t mask = jobs->slot_count - 1;

	for (size_t i = hash_of(id) & mask;; i = (i + 1) & mask) {
		size_t *slot = &jobs->slots[i];

		if (!*slot || !strcmp(jobs->items[*slot - 1].id, id))
			return slot;
	}
}

static void grow(struct nni_jobs *jobs)
{
	if (2 * jobs->count < jobs->slot_count)
		return;
	jobs->slot_count = jobs->slot_count ? 2 * jobs->slot_count : 256;
	free(jobs->slots);
	jobs->slots = xcalloc(jobs->slot_count, sizeof(*jobs->slots));
	for (size_t i = 0; i < jobs->count; i++)
		*slot_of(jobs, jobs->items[i].id) = i + 1;
}

static struct nni_job *find_job(struct nni_jobs *jobs, const char *id)
{
	size_t *slot;

	grow(jobs);
	slot = slot_of(jobs, id);
	if (*slot)
		return &jobs->items[*slot - 1];
	if (jobs->count == JOBS_MAX)
		return NULL;
	ARRAY_RESERVE(jobs->items, jobs->count, jobs->capacity);
	jobs->items[jobs->count] = (struct nni_job){
		.id = xstrdup(id),
		.sequence = -1,
		.seen = jobs->count,
		.state = TRIAL_WAITING,
	};
	*slot = ++jobs->count;
	return &jobs->items[jobs->count - 1];
}

int64_t nni_time(const struct query *query, int column)
{
	int64_t ms = query_int(query, column);

	return ms > 0 && ms < INT64_C(7258118400000) ? ms * NS_PER_MS : 0;
}

static void apply(struct nni_job *job, const char *event, int64_t at_ns)
{
	enum trial_state state;

	if (!strcmp(event, "USER_TO_CANCEL"))
		state = TRIAL_USER_CANCELED;
	else if (!strcmp(event, "ADD_CUSTOMIZED") ||
		 !strcmp(event, "ADD_RESUMED"))
		state = TRIAL_WAITING;
	else if (!trial_state_parse(event, &state))
		return; /* ADD_HYPERPARAMETER, IMPORT_DATA, what is to come */
	job->state = state;
	if (state == TRIAL_WAITING && !job->submitted_ns)
		job->submitted_ns = at_ns;
	if (state == TRIAL_RUNNING) {
		job->started_ns = at_ns;
		if (!job->submitted_ns) /* 3.0 has no WAITING */
			job->submitted_ns = at_ns;
	}
	if (trial_state_is_terminal(state))
		job->ended_ns = at_ns;
}

static bool replay(struct nni_jobs *jobs, sqlite3 *db, struct error *err)
{
	bool has_message = query_has(db, "TrialJobEvent", "message");
	struct query rows;
	bool found = true, ok;

	ok = query_open(
		&rows, db,
		has_message ? "SELECT trialJobId, event, timestamp,"
			      " sequenceId, data IS NOT NULL AND data <> '',"
			      " rowid, message FROM TrialJobEvent"
			      " ORDER BY rowid"
			    : "SELECT trialJobId, event, timestamp,"
			      " sequenceId, data IS NOT NULL AND data <> '',"
			      " rowid, NULL FROM TrialJobEvent"
			      " ORDER BY rowid",
		err);
	while (ok && (ok = query_step(&rows, &found, err)) && found) {
		const char *id = query_text(&rows, 0);
		const char *event = query_text(&rows, 1);
		const char *message = query_text(&rows, 6);
		struct nni_job *job;

		if (id && !*id)
			continue; /* a wish or an import, of no trial yet */
		if (!id || !event || strlen(id) > ID_MAX) {
			jobs->skipped++;
			continue;
		}
		job = find_job(jobs, id);
		if (!job) {
			ok = error_set(err, ERROR_LIMIT,
				       "has more than %d trials", JOBS_MAX);
			break;
		}
		apply(job, event, nni_time(&rows, 2));
		if (job->sequence < 0 && !query_is_null(&rows, 3))
			job->sequence = query_int(&rows, 3);
		if (!job->parameters && query_int(&rows, 4))
			job->parameters = query_int(&rows, 5);
		if (message && *message) {
			free(job->message);
			job->message = xstrndup(message, MESSAGE_MAX);
		}
	}
	query_close(&rows);
	return ok;
}

static int by_sequence(const void *left, const void *right)
{
	const struct nni_job *a = left, *b = right;
	/* without a number: behind all others */
	uint64_t x = (uint64_t)a->sequence, y = (uint64_t)b->sequence;

	if (x != y)
		return x < y ? -1 : 1;
	return (a->seen > b->seen) - (a->seen < b->seen);
}

static int by_id(const void *left, const void *right)
{
	return strcmp(((const struct nni_job *)left)->id,
		      ((const struct nni_job *)right)->id);
}

bool nni_jobs_read(struct nni_jobs *jobs, sqlite3 *db, struct error *err)
{
	if (!replay(jobs, db, err))
		return false;
	if (!jobs->count)
		return true;
	qsort(jobs->items, jobs->count, sizeof(*jobs->items), by_sequence);
	for (size_t i = 0; i < jobs->count; i++)
		jobs->items[i].sequence = (int64_t)i;
	qsort(jobs->items, jobs->count, sizeof(*jobs->items), by_id);
	return true;
}

void nni_jobs_release(struct nni_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		free(jobs->items[i].id);
		free(jobs->items[i].message);
	}
	free(jobs->items);
	free(jobs->slots);
	memset(jobs, 0, sizeof(*jobs));
}
