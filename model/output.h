/* SPDX-License-Identifier: MIT */
/*
 * Outputs: the files an attempt leaves behind, where they lie, and for how
 * long.
 *
 * The store keeps a row per attempt, so that outputs are found again when
 * neither engine nor cluster is there any more.
 */
#ifndef MODEL_OUTPUT_H
#define MODEL_OUTPUT_H

#include "base/error.h"
#include "model/experiment.h"

enum output_state {
	OUTPUT_UNKNOWN, /* may be there: nobody has looked */
	OUTPUT_THERE,	/* seen after the attempt ended */
	OUTPUT_CLEANED, /* removed by rule or by hand: note says who */
	OUTPUT_LOST,	/* never came, or are gone: note says why */
	OUTPUT_STATE_COUNT
};

/* Where an attempt's outputs lie.  Owns its char pointers: output_release. */
struct output {
	int64_t trial; /* key */
	int attempt;
	enum output_state state;
	char *storage; /* JSON: {"storageType": "nfs", ...}, without
			* credentials; of type folder, {"path": "/..."}, for
			* what lies on the machine that ran the experiment */
	char *path;    /* of their folder in the storage; "" for its root */
	char *url;     /* for people */
	int64_t files; /* -1: not counted, here and below */
	int64_t bytes;
	int64_t at_ns;	 /* when the state was found out; 0: never */
	bool is_foreign; /* imported: whoever ran it cleans up, we only look */
	char *note;	 /* one line, or NULL */
};

void output_release(struct output *output);

/* "there"; static storage. */
const char *output_state_name(enum output_state state);
bool output_state_parse(const char *name, enum output_state *ret);

/* The code that trials of an experiment start from, in its storage.  Owns its
 * char pointers. */
struct output_code {
	char *storage; /* as in struct output */
	char *path;
	char *url;
	char digest[65]; /* of its manifest, hex SHA-256 */
	int64_t files;
	int64_t bytes;
	int64_t at_ns; /* when it was complete */
};

void output_code_release(struct output_code *code);

/* ---- which are kept --------------------------------------------------------
 */

/* "all", "none" or "best N" (N from 1 to 1,000,000). */
bool output_keep_parse(const char *text, struct output_rule *ret,
		       struct error *err);
/* The same back.  Caller frees. */
char *output_keep_format(const struct output_rule *rule);
/* Does it remove anything at all? */
bool output_rule_removes(const struct output_rule *rule);

/* What the rule is asked about: an attempt with outputs that may be there. */
struct output_candidate {
	int64_t trial;
	int attempt;
	enum trial_state state;	   /* the attempt's */
	bool is_newest;		   /* of its trial's attempts */
	struct metric_value final; /* the trial's, if is_newest */
	/* of several objectives or constraints: less stands before more,
	 * whatever final says */
	int standing;
	int64_t ended_ns;
	/* the answer */
	bool is_removed;
	char why[80]; /* "not one of the best 10", ... */
};

/*
 * Decide about all of an experiment's candidates at once.
 *
 * Attempts that are not over are never touched.  Of the others:
 * - those that succeeded with a final result are ranked by their standing, then
 *   by the objective.  One
 *   goes when N others that are over are better, which nothing that still runs
 *   can change; equal ones rank by their trial's number.
 * - failed and canceled ones, those without a final result and attempts that
 *   were followed by another go unless keeps_failed;
 * - max_age_s removes what ended longer ago, but for the best N.
 * The best trial's outputs go by "none" alone, whatever their age.
 */
void output_rule_decide(const struct output_rule *rule,
			enum objective_mode mode,
			struct output_candidate *candidates, size_t count,
			int64_t now_ns);

#endif
