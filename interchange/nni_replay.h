/* SPDX-License-Identifier: MIT */
/* Trials of an NNI database, as their events make them.  Private to
 * interchange/. */
#ifndef INTERCHANGE_NNI_REPLAY_H
#define INTERCHANGE_NNI_REPLAY_H

#include "interchange/query.h"
#include "model/trial.h"

struct nni_job {
	char *id;
	char *message;
	int64_t sequence; /* ours, by NNI's */
	size_t seen;	  /* so many trials came before it */
	int64_t submitted_ns, started_ns, ended_ns;
	int64_t parameters; /* row with them; 0: none */
	enum trial_state state;
};

struct nni_jobs {
	struct nni_job *items; /* by id */
	size_t count, capacity;
	size_t *slots; /* hash table: index into items plus 1 */
	size_t slot_count;
	int64_t skipped; /* rows that could not be read */
};

/* Release in either case. */
bool nni_jobs_read(struct nni_jobs *jobs, sqlite3 *db, struct error *err);
void nni_jobs_release(struct nni_jobs *jobs);
/* A column with milliseconds, as nanoseconds; 0: none. */
int64_t nni_time(const struct query *query, int column);

#endif
