/* SPDX-License-Identifier: MIT */
/* What tests of tuners share: a small experiment, played call by call or
 * against a function. */
#ifndef TESTS_UNIT_TUNER_MODEL_RIG_H
#define TESTS_UNIT_TUNER_MODEL_RIG_H

#include "engine/tuner/tuner.h"

#define RIG_PARAMETERS_MAX 16
#define RIG_TRIALS_MAX 512

typedef double (*rig_function)(const double *point);

struct rig {
	struct space *space;
	struct tuner *tuner;
	int64_t next;
	struct tuner_suggestion suggestion; /* the last one */
	double points[RIG_TRIALS_MAX][RIG_PARAMETERS_MAX];
};

/* Fails the test where the tuner does not open. */
void rig_open(struct rig *rig, const char *tuner, const char *space,
	      const char *args, enum objective_mode mode, uint64_t seed);
void rig_close(struct rig *rig);
/* Ask, and adopt what is suggested: then it has number rig->next - 1. */
enum tuner_outcome rig_ask(struct rig *rig);
/* The same, where nothing but a suggestion will do: its number. */
int64_t rig_suggest(struct rig *rig);
/* It succeeds with this result. */
void rig_finish(struct rig *rig, int64_t number, double value);
/* `count` trials one after the other; the least value. */
double rig_run(struct rig *rig, rig_function function, int count);

#define RIG_SIDE_BY_SIDE 16
/* So many suggestions without a result between them: their numbers.  Returns
 * how many pairs are nearer to each other than `apart`, in the first two
 * parameters; none may be the same. */
int rig_suggest_many(struct rig *rig, int64_t *ret_numbers, double apart);
/* Trials with a first parameter of `limit` or more fail, those below yield what
 * the function says: how many fail after the first half. */
int rig_run_into_failures(struct rig *rig, rig_function function, double limit,
			  int count);
/* Two tuners, of which one is told the negated values and that they are to be
 * maximised, suggest the same. */
void rig_check_modes(const char *tuner, const char *space,
		     rig_function function, int count);

/* Of two uniform parameters, [-5, 10] and [0, 15]; above its least value. */
extern const char rig_branin_space[];
double rig_branin(const double *point);

#endif
