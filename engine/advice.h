/* SPDX-License-Identifier: MIT */
/*
 * Between the advice_*.c files, checkpoint.c and warm.c: what the engine knows
 * of its tuner beside the tuner.  Private to them.
 */
#ifndef ENGINE_ADVICE_H
#define ENGINE_ADVICE_H

#include "engine/state.h"
#include "engine/tuner_thread.h"
#include "model/objective.h"

struct advice {
	struct tuner_thread *thread; /* NULL: the tuner is quick, and called */
	/* Of a slow tuner: its newest proposal, in the history already. */
	struct tuner_proposal ready;
	bool is_ready;
	/* it has been asked for this number with so many calls made */
	bool is_asked;
	int64_t asked_number;
	uint64_t asked_calls;
	struct loop_timer *patience; /* a place waits for the fresh one */
	bool is_out_of_patience;

	struct objectives objectives;
	char *checkpoint_root; /* as trials see it; NULL: there is none */
	/* earlier suggestions are a tuner's that is no more: what they end
	 * with is imported (HISTORY_CHANGED) */
	int64_t first_number;
	int64_t *trials; /* keys, by suggestion number; 0: nobody's */
	size_t trial_count, trial_capacity;
	struct loop_timer *telling; /* its state is written then */
	char *state;		    /* what is written; NULL: nothing yet */
	char *new_state;	    /* a slow tuner's, to be written */
	bool has_told_missing;
};

/* ---- advice.c ---- */
/* The tuner's calls, by whichever way. */
void advice_tell_adopt(struct engine *engine, int64_t number,
		       const double *point);
/* Suggestion `number` is this trial's. */
void advice_number(struct advice *advice, int64_t number, int64_t trial);

void advice_record(struct engine *engine, struct history *row);
/* From the tuner's form to the trial's and the history's. */
void advice_form(const struct engine *engine,
		 const struct tuner_suggestion *suggestion,
		 struct advised *ret);
/* Its state has perhaps changed: write it soon. */
void advice_want_telling(struct engine *engine);

/* ---- advice_slow.c ---- */
/* More may be wanted: have the next one ready.  Nothing for quick tuners. */
void advice_ask_ahead(struct engine *engine);
enum tuner_outcome advice_suggest_prepared(struct engine *engine,
					   struct advised *ret,
					   struct error *err);

/* ---- advice_replay.c ---- */
bool advice_replay(struct engine *engine, struct error *err);

/* ---- advice_result.c ---- */
/* Numbers as a JSON list, NaN as null; caller frees. */
char *numbers_format(const double *numbers, size_t count);
/* Exactly count of them, null as NaN. */
bool numbers_parse(const char *json, double *ret, size_t count);
/* A trial's parameters object to the point of the space that it is.  What
 * stands in it beside the space's (budget, steps, checkpoints) is left out;
 * *ret_plain, if not NULL, is the object without (caller frees), *ret_budget
 * the budget. */
bool advice_point(const struct space *space, const char *parameters,
		  double *ret_point, char **ret_plain, double *ret_budget,
		  struct error *err);
/* The result a trial ended with: values has room for OBJECTIVES_MAX.  False:
 * it has none. */
bool advice_result(struct engine *engine, const struct live *live,
		   double *values, struct tuner_result *ret);
/* Put a result into a history row: values is to be freed. */
void advice_result_row(const struct tuner_result *result, struct history *row);
/* And back. */
void advice_row_result(const struct history *row,
		       const struct objectives *objectives, double *values,
		       struct tuner_result *ret);

/* ---- checkpoint.c ---- */
/* The folder of all checkpoints as trials see it; NULL: nothing outlives them.
 * Caller frees. */
char *checkpoint_root(const struct engine *engine);

#endif
