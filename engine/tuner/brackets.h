/* SPDX-License-Identifier: MIT */
/*
 * The brackets of Hyperband (Li et al., 2018), which BOHB has too.
 *
 * Bracket s, from s_max down to 0 and then again, begins with
 *
 *     n = ceil((s_max + 1) eta^s / (s + 1))
 *
 * configurations of budget r = R / eta^s; when all of a round have ended, the
 * best n / eta^i go on with r eta^i.  nni.md 7.13 has the roundings.
 *
 * Nothing is drawn here: a job of the first round comes without a point.
 * `brackets_next` says what would be next and changes nothing; `brackets_begin`
 * hands it out.
 */
#ifndef ENGINE_TUNER_BRACKETS_H
#define ENGINE_TUNER_BRACKETS_H

#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

/* Rounds of one bracket: eta is 2 or more, budgets are at most 1e12. */
#define BRACKETS_ROUNDS_MAX 48

struct brackets_options {
	double least, most; /* budgets; 0 < least <= most */
	double eta;	    /* more than 1 */
	bool is_serial;	    /* one bracket after another, not side by side */
	size_t width;	    /* numbers of a point */
};

struct bracket_job {
	double budget;
	int64_t parent;	     /* suggestion it goes on from; -1: a new one */
	const double *point; /* the parent's, borrowed; NULL: to be drawn */
};

struct brackets;

struct brackets *brackets_new(const struct brackets_options *options);
void brackets_free(struct brackets *brackets);

/* False: nothing before some trial ends. */
bool brackets_next(struct brackets *brackets, struct bracket_job *ret);
/* Suggestion `number`, of which nobody heard before, is the next job. */
void brackets_begin(struct brackets *brackets, int64_t number,
		    const double *point);
bool brackets_has(const struct brackets *brackets, int64_t number);
/* Its budget; 0 for a number that brackets_has denies. */
double brackets_budget(const struct brackets *brackets, int64_t number);
/* Less is better.  The newest counts, while its round is not over. */
void brackets_observe(struct brackets *brackets, int64_t number, double loss);
/* It runs again. */
void brackets_again(struct brackets *brackets, int64_t number);
/* With or without a result: the latter do not go on. */
void brackets_ended(struct brackets *brackets, int64_t number);

/* Sizes and budgets of bracket s; returns its rounds, s + 1 of them. */
size_t brackets_schedule(const struct brackets_options *options, int s,
			 size_t *ret_sizes, double *ret_budgets);
/* The largest s. */
int brackets_most(const struct brackets_options *options);

/* Append a JSON list: {"bracket": s, "round": i, "rounds": k, "budget": r,
 * "size": n, "running": a, "over": b}, those that are not over. */
void brackets_describe(const struct brackets *brackets, struct strbuf *json);

#endif
