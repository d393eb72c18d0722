/* SPDX-License-Identifier: MIT */
/* Rounds of successive halving, in brackets. */
#include "engine/tuner/brackets.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-6 /* NNI's, against what division leaves */

struct member {
	int64_t number; /* of the suggestion; -1: waits to be handed out */
	int64_t parent; /* -1: a new configuration */
	double loss;
	bool has_loss, is_over;
};

struct round {
	size_t size; /* members that it is going to have */
	double budget;
	struct member *members;
	double *points;
	size_t count; /* members handed out or waiting */
	size_t over;
};

struct bracket {
	struct round rounds[BRACKETS_ROUNDS_MAX];
	size_t round_count, current;
	int s;
	bool is_over;
};

struct job {
	int64_t number;
	size_t bracket, round, member;
};

struct brackets {
	struct brackets_options options;
	int next_s; /* of the bracket to be opened next */
	struct bracket **brackets;
	size_t count, capacity;
	size_t first;	  /* all before are over */
	struct job *jobs; /* by number */
	size_t job_count, job_capacity;
};

/* ---- the schedule ---------------------------------------------------------
 */

int brackets_most(const struct brackets_options *options)
{
	double ratio = options->most / options->least;
	int most = (int)floor(log(ratio) / log(options->eta) + EPSILON);

	if (most > BRACKETS_ROUNDS_MAX - 1)
		return BRACKETS_ROUNDS_MAX - 1;
	return most > 0 ? most : 0;
}

/* Whole budgets stay whole, as NNI has them. */
static double budget_of(const struct brackets_options *options, int s, int i)
{
	double budget = options->most * pow(options->eta, i - s);

	if (options->most == floor(options->most) && budget + EPSILON >= 1)
		return floor(budget + EPSILON);
	return budget;
}

size_t brackets_schedule(const struct brackets_options *options, int s,
			 size_t *ret_sizes, double *ret_budgets)
{
	int most = brackets_most(options);
	double n = ceil((most + 1) * pow(options->eta, s) / (s + 1) - EPSILON);

	for (int i = 0; i <= s; i++) {
		double size = floor(n / pow(options->eta, i) + EPSILON);

		ret_sizes[i] = size < 1 ? 1 : (size_t)size;
		ret_budgets[i] = budget_of(options, s, i);
	}
	return (size_t)s + 1;
}

/* ---- life ------------------------------------------------------------------
 */

struct brackets *brackets_new(const struct brackets_options *options)
{
	struct brackets *brackets = xcalloc(1, sizeof(*brackets));

	brackets->options = *options;
	brackets->next_s = brackets_most(options);
	return brackets;
}

static void release_rounds(struct bracket *bracket)
{
	for (size_t i = 0; i < bracket->round_count; i++) {
		free(bracket->rounds[i].members);
		free(bracket->rounds[i].points);
		bracket->rounds[i].members = NULL;
		bracket->rounds[i].points = NULL;
	}
}

void brackets_free(struct brackets *brackets)
{
	for (size_t i = 0; i < brackets->count; i++) {
		release_rounds(brackets->brackets[i]);
		free(brackets->brackets[i]);
	}
	free(brackets->brackets);
	free(brackets->jobs);
	free(brackets);
}

static struct round *current_round(struct bracket *bracket)
{
	return &bracket->rounds[bracket->current];
}

static void make_room(struct round *round, size_t width)
{
	round->members = xcalloc(round->size, sizeof(*round->members));
	round->points = xcalloc(round->size * width + 1, sizeof(double));
}

static void open_bracket(struct brackets *brackets)
{
	struct bracket *bracket = xcalloc(1, sizeof(*bracket));
	double budgets[BRACKETS_ROUNDS_MAX];
	size_t sizes[BRACKETS_ROUNDS_MAX];

	bracket->s = brackets->next_s;
	bracket->round_count = brackets_schedule(&brackets->options, bracket->s,
						 sizes, budgets);
	for (size_t i = 0; i < bracket->round_count; i++) {
		bracket->rounds[i].size = sizes[i];
		bracket->rounds[i].budget = budgets[i];
	}
	make_room(&bracket->rounds[0], brackets->options.width);
	brackets->next_s =
		bracket->s ? bracket->s - 1 : brackets_most(&brackets->options);
	ARRAY_RESERVE(brackets->brackets, brackets->count, brackets->capacity);
	brackets->brackets[brackets->count++] = bracket;
}

/* ---- what is next ----------------------------------------------------------
 */

/* A place that nobody has: one that waits to go on, or a new one. */
static bool free_place(struct bracket *bracket, size_t *ret_member)
{
	struct round *round = current_round(bracket);

	if (bracket->is_over)
		return false;
	for (size_t i = 0; bracket->current && i < round->count; i++)
		if (round->members[i].number < 0) {
			*ret_member = i;
			return true;
		}
	*ret_member = round->count;
	return !bracket->current && round->count < round->size;
}

/* The bracket with a free place.  One is opened where there is none and that
 * is allowed: which bracket is the next one does not depend on when. */
static struct bracket *find_place(struct brackets *brackets,
				  size_t *ret_bracket, size_t *ret_member)
{
	bool has_open = false;

	for (size_t i = brackets->first; i < brackets->count; i++) {
		has_open = has_open || !brackets->brackets[i]->is_over;
		*ret_bracket = i;
		if (free_place(brackets->brackets[i], ret_member))
			return brackets->brackets[i];
	}
	if (has_open && brackets->options.is_serial)
		return NULL;
	open_bracket(brackets);
	*ret_bracket = brackets->count - 1;
	*ret_member = 0;
	return brackets->brackets[*ret_bracket];
}

bool brackets_next(struct brackets *brackets, struct bracket_job *ret)
{
	struct bracket *bracket;
	struct round *round;
	size_t at, member;

	bracket = find_place(brackets, &at, &member);
	if (!bracket)
		return false;
	round = current_round(bracket);
	*ret = (struct bracket_job){.budget = round->budget, .parent = -1};
	if (member < round->count) {
		ret->parent = round->members[member].parent;
		ret->point = round->points + member * brackets->options.width;
	}
	return true;
}

/* Where the number stands or belongs. */
static size_t place_of(const struct brackets *brackets, int64_t number)
{
	size_t from = 0;
	size_t to = brackets->job_count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (brackets->jobs[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static const struct job *find(const struct brackets *brackets, int64_t number)
{
	size_t place = place_of(brackets, number);

	if (place == brackets->job_count ||
	    brackets->jobs[place].number != number)
		return NULL;
	return &brackets->jobs[place];
}

void brackets_begin(struct brackets *brackets, int64_t number,
		    const double *point)
{
	size_t place = place_of(brackets, number);
	size_t width = brackets->options.width;
	struct bracket *bracket;
	struct round *round;
	size_t at, member;

	bracket = find_place(brackets, &at, &member);
	if (!bracket)
		return; /* not one of ours: a bracket is not over yet */
	round = current_round(bracket);
	if (member == round->count)
		round->members[round->count++].parent = -1;
	round->members[member].number = number;
	memcpy(round->points + member * width, point, width * sizeof(*point));
	ARRAY_RESERVE(brackets->jobs, brackets->job_count,
		      brackets->job_capacity);
	memmove(brackets->jobs + place + 1, brackets->jobs + place,
		(brackets->job_count - place) * sizeof(*brackets->jobs));
	brackets->jobs[place] =
		(struct job){number, at, bracket->current, member};
	brackets->job_count++;
}

/* ---- results ---------------------------------------------------------------
 */

bool brackets_has(const struct brackets *brackets, int64_t number)
{
	return find(brackets, number);
}

double brackets_budget(const struct brackets *brackets, int64_t number)
{
	const struct job *job = find(brackets, number);

	return job ? brackets->brackets[job->bracket]->rounds[job->round].budget
		   : 0;
}

/* The member behind a number, while its round can still be changed. */
static struct member *open_member(struct brackets *brackets, int64_t number,
				  struct bracket **ret)
{
	const struct job *job = find(brackets, number);
	struct bracket *bracket;

	if (!job)
		return NULL;
	bracket = brackets->brackets[job->bracket];
	if (bracket->is_over || bracket->current != job->round)
		return NULL;
	*ret = bracket;
	return &bracket->rounds[job->round].members[job->member];
}

void brackets_observe(struct brackets *brackets, int64_t number, double loss)
{
	struct bracket *bracket;
	struct member *member = open_member(brackets, number, &bracket);

	if (!member)
		return;
	member->loss = loss;
	member->has_loss = true;
}

void brackets_again(struct brackets *brackets, int64_t number)
{
	struct bracket *bracket;
	struct member *member = open_member(brackets, number, &bracket);

	if (member && member->is_over) {
		member->is_over = false;
		current_round(bracket)->over--;
	}
}

static int compare_members(const void *left, const void *right)
{
	const struct member *a = *(const struct member *const *)left;
	const struct member *b = *(const struct member *const *)right;

	if (a->loss != b->loss)
		return a->loss < b->loss ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void end_bracket(struct brackets *brackets, struct bracket *bracket)
{
	bracket->is_over = true;
	release_rounds(bracket);
	while (brackets->first < brackets->count &&
	       brackets->brackets[brackets->first]->is_over)
		brackets->first++;
}

/* All of a round have ended: the best go on. */
static void promote(struct brackets *brackets, struct bracket *bracket)
{
	struct round *round = current_round(bracket), *next = round + 1;
	size_t width = brackets->options.width;
	const struct member **best;
	size_t count = 0;

	if (bracket->current + 1 == bracket->round_count) {
		end_bracket(brackets, bracket);
		return;
	}
	best = xcalloc(round->count + 1, sizeof(const struct member *));
	for (size_t i = 0; i < round->count; i++)
		if (round->members[i].has_loss)
			best[count++] = &round->members[i];
	qsort((void *)best, count, sizeof(const struct member *),
	      compare_members);
	make_room(next, width);
	next->count = count < next->size ? count : next->size;
	for (size_t i = 0; i < next->count; i++) {
		size_t from = (size_t)(best[i] - round->members);

		next->members[i].number = -1;
		next->members[i].parent = best[i]->number;
		memcpy(next->points + i * width, round->points + from * width,
		       width * sizeof(double));
	}
	free((void *)best);
	bracket->current++;
	if (!next->count) /* all failed */
		end_bracket(brackets, bracket);
}

void brackets_ended(struct brackets *brackets, int64_t number)
{
	struct bracket *bracket;
	struct member *member = open_member(brackets, number, &bracket);
	struct round *round;
	size_t wanted;

	if (!member || member->is_over)
		return;
	member->is_over = true;
	round = current_round(bracket);
	round->over++;
	/* later rounds have as many members as could go on */
	wanted = bracket->current ? round->count : round->size;
	if (round->over == wanted)
		promote(brackets, bracket);
}

void brackets_describe(const struct brackets *brackets, struct strbuf *json)
{
	const char *comma = "";

	strbuf_addch(json, '[');
	for (size_t i = brackets->first; i < brackets->count; i++) {
		const struct bracket *bracket = brackets->brackets[i];
		const struct round *round = &bracket->rounds[bracket->current];
		size_t running = 0;

		if (bracket->is_over)
			continue;
		for (size_t k = 0; k < round->count; k++)
			running += round->members[k].number >= 0 &&
				   !round->members[k].is_over;
		strbuf_addf(json,
			    "%s{\"bracket\":%d,\"round\":%zu,\"rounds\":%zu,"
			    "\"budget\":%.12g,\"size\":%zu,\"running\":%zu,"
			    "\"over\":%zu}",
			    comma, bracket->s, bracket->current,
			    bracket->round_count, round->budget,
			    bracket->current ? round->count : round->size,
			    running, round->over);
		comma = ",";
	}
	strbuf_addch(json, ']');
}
