/* SPDX-License-Identifier: MIT */
/*
 * A trial: one run of the user's command with fixed parameters.
 *
 * A trial keeps its id and sequence number for ever.  Running it again (by
 * hand or by the retry policy) is a new attempt of the same trial; attempts
 * count from 1 and earlier ones stay readable.  States and their names are
 * NNI's; the moves between them stand in one table in trial.c.
 */
#ifndef MODEL_TRIAL_H
#define MODEL_TRIAL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum trial_state {
	TRIAL_WAITING,	     /* intent recorded; its job may not exist yet */
	TRIAL_RUNNING,	     /* the user's command is running */
	TRIAL_SUCCEEDED,     /* exit status 0 */
	TRIAL_FAILED,	     /* any other end of its own */
	TRIAL_USER_CANCELED, /* killed by a person, or by stopping */
	TRIAL_SYS_CANCELED,  /* killed by the platform or by clean-up */
	TRIAL_EARLY_STOPPED, /* killed by the assessor or maxTrialDuration */
	TRIAL_UNKNOWN,	     /* the platform cannot say at the moment */
	TRIAL_STATE_COUNT
};

#define TRIAL_ID_LENGTH 5
#define TRIAL_ID_SIZE (TRIAL_ID_LENGTH + 1)

/* A metric value: a number, or text where JSON held something else.
 * NaN and infinities are numbers here, with text "NaN" and so on. */
struct metric_value {
	bool is_set;
	double number; /* NaN when the value is opaque */
};

/* A row of the trial table as every layer above the store sees it.
 * Owns its char pointers: trial_release. */
struct trial {
	int64_t key;		/* store's row id */
	int64_t experiment;	/* key of its experiment */
	char id[TRIAL_ID_SIZE]; /* as NNI: letter, then letters and digits */
	int64_t sequence;	/* 0, 1, 2, ... within the experiment */
	enum trial_state state;
	int attempt;   /* number of the newest attempt, from 1 */
	int exit_code; /* of the newest attempt; -1 unknown; 128+n signal n */
	int64_t submitted_ns; /* wall time; 0 means not yet, here and below */
	int64_t started_ns;
	int64_t ended_ns;
	struct metric_value final; /* the objective's final result */
	struct metric_value last;  /* newest intermediate result */
	struct metric_value best;  /* best intermediate result so far */
	int64_t intermediates;	   /* how many, of the objective */
	int64_t version; /* store's change counter when last written */
	char source; /* 'a' tuner, 'c' customised by a person, 'i' imported */
	char *parameters; /* JSON object text given to the trial */
	char *reason;	  /* why it is in this state, one line, or NULL */
	/* what people say of it (store/tag_row.c): not written with the row */
	char *tags; /* by name, with blanks between; NULL: none */
	char *note; /* NULL: none */
};

void trial_release(struct trial *trial);

/* One run of a trial.  Owns its char pointers: attempt_release. */
struct attempt {
	int64_t trial; /* key */
	int number;    /* from 1 */
	enum trial_state state;
	int exit_code;
	int64_t submitted_ns, started_ns, ended_ns;
	char token[33];	 /* its secret for the side port, 32 hex digits */
	char *job;	 /* platform's name of it: "pid:starttime", job name */
	char *directory; /* where its files lie */
	char *reason;
};

void attempt_release(struct attempt *attempt);

/* "SUCCEEDED", as NNI spells it; static storage. */
const char *trial_state_name(enum trial_state state);
/* One letter for narrow columns: W R S F U X E ?. */
char trial_state_letter(enum trial_state state);
bool trial_state_parse(const char *name, enum trial_state *ret_state);
bool trial_state_is_terminal(enum trial_state state);
/* Where it stands in a list sorted by state: what a user looks for first comes
 * first, from 0. */
int trial_state_rank(enum trial_state state);
/* Is this move allowed within one attempt? (staying is not a move) */
bool trial_state_may_move(enum trial_state from, enum trial_state to);

/* Is `id` of the form NNI gives to trials? */
bool trial_id_is_valid(const char *id);
/* Write a fresh id from random bits (caller's).  Unlike NNI's it has no
 * capitals: names of Kubernetes objects are lower case, and two ids that
 * differ in case alone would give two trials one name. */
void trial_id_format(char ret_id[TRIAL_ID_SIZE], uint64_t bits);

#endif
