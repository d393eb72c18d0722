/* SPDX-License-Identifier: MIT */
/* The simulated clock: the worker that ends next is the only event. */
#include "engine/sandbox/simulate.h"

#include "base/mem.h"
#include "model/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define START_STREAM 0x7374617274ull
/* Trials of a run with small budgets, at most. */
#define TRIALS_MAX (100 * (size_t)SANDBOX_EVALUATIONS_MAX)

struct worker {
	bool is_busy;
	int64_t number;
	double ends_at_s;
	double budget; /* 0: none */
	double share;  /* of the largest */
	double told[SANDBOX_OBJECTIVES_MAX], truth[SANDBOX_OBJECTIVES_MAX];
};

/* What two objectives were, one row of pareto.h. */
struct pair {
	double values[2];
};

struct simulation {
	const struct sandbox_run *run;
	struct space *space;
	struct tuner *tuner;
	struct worker *workers;
	double now_s;
	double spent; /* evaluations that ended */
	double begun;
	int64_t next;
	size_t recorded;
	struct sandbox_outcome *ret;

	/* the trial that would be recommended */
	double best_told, best_truth, best_budget;
	/* of two objectives: all that was seen */
	struct pair *front;
	size_t front_count, front_capacity;
};

void sandbox_start(const struct space *space, uint64_t seed, int64_t number,
		   double *ret_point)
{
	struct random random;

	random_seed(&random, seed ^ START_STREAM, (uint64_t)number);
	space_sample(space, &random, ret_point);
}

static double regret_of_front(struct simulation *sim,
			      const struct worker *worker)
{
	const struct sandbox_function *f = sim->run->function;
	double volume;

	ARRAY_RESERVE(sim->front, sim->front_count, sim->front_capacity);
	sim->front[sim->front_count++] =
		(struct pair){{worker->truth[0], worker->truth[1]}};
	volume = pareto_hypervolume(sim->front->values, sim->front_count, 2,
				    f->reference);
	return fmax(1 - volume / f->best, 0);
}

/* Regret now that this worker has told its result. */
static double regret_after(struct simulation *sim, const struct worker *worker)
{
	if (sandbox_objectives(sim->run->function) == 2)
		return regret_of_front(sim, worker);
	if (worker->share > sim->best_budget ||
	    (worker->share == sim->best_budget &&
	     worker->told[0] < sim->best_told)) {
		sim->best_budget = worker->share;
		sim->best_told = worker->told[0];
		sim->best_truth = worker->truth[0];
	}
	return fmax(sim->best_truth - sandbox_best(sim->run->function), 0);
}

static void end_trial(struct simulation *sim, struct worker *worker)
{
	size_t count = sandbox_objectives(sim->run->function);
	struct tuner_result result = {.values = worker->told,
				      .count = count,
				      .budget = worker->budget};
	double regret;

	sim->now_s = worker->ends_at_s;
	worker->is_busy = false;
	tuner_observe(sim->tuner, worker->number, &result);
	tuner_ended(sim->tuner, worker->number, TRIAL_SUCCEEDED);
	sim->spent += worker->share;
	regret = regret_after(sim, worker);
	/* what ended before an evaluation was whole counts in it */
	while (sim->recorded < sim->run->evaluations &&
	       (double)sim->recorded + 1 <= sim->spent + 1e-9)
		sim->ret->regrets[sim->recorded++] = regret;
}

static struct worker *find_idle(struct simulation *sim)
{
	for (size_t i = 0; i < sim->run->workers; i++)
		if (!sim->workers[i].is_busy)
			return &sim->workers[i];
	return NULL;
}

static struct worker *find_next_end(struct simulation *sim)
{
	struct worker *next = NULL;

	for (size_t i = 0; i < sim->run->workers; i++) {
		struct worker *worker = &sim->workers[i];

		if (worker->is_busy &&
		    (!next || worker->ends_at_s < next->ends_at_s ||
		     (worker->ends_at_s == next->ends_at_s &&
		      worker->number < next->number)))
			next = worker;
	}
	return next;
}

/* A tuner that has no budgets gives all there is. */
static double budget_of(const struct simulation *sim, double budget)
{
	double most = sim->run->function->most_budget;

	if (!(most > 0))
		return 0;
	return budget > 0 ? fmin(fmax(budget, 1), most) : most;
}

static void begin_trial(struct simulation *sim, struct worker *worker,
			const struct tuner_suggestion *suggestion)
{
	const struct sandbox_run *run = sim->run;

	*worker = (struct worker){.is_busy = true,
				  .number = sim->next++,
				  .budget = budget_of(sim, suggestion->budget),
				  .share = 1};
	if (worker->budget > 0)
		worker->share = worker->budget / run->function->most_budget;
	tuner_adopt(sim->tuner, worker->number, suggestion->point);
	sandbox_evaluate(run->function, sim->space, suggestion->point,
			 worker->share, worker->told);
	sandbox_evaluate(run->function, sim->space, suggestion->point, 1,
			 worker->truth);
	sandbox_add_noise(run->function, run->seed, worker->number,
			  worker->told);
	worker->ends_at_s =
		sim->now_s +
		worker->share * sandbox_duration(run->seed, worker->number);
	sim->begun += worker->share;
	sim->ret->trials++;
}

static bool simulate(struct simulation *sim, double *point, struct error *err)
{
	const struct sandbox_run *run = sim->run;
	bool is_over = false;

	while (sim->recorded < run->evaluations) {
		struct tuner_suggestion suggestion = {
			.point = point, .parent = -1, .extra = STRBUF_INIT};
		enum tuner_outcome outcome = TUNER_NOTHING_NOW;
		struct worker *worker = find_idle(sim);

		if (sim->begun + 1e-9 >= (double)run->evaluations ||
		    sim->ret->trials >= TRIALS_MAX)
			is_over = true;
		if (worker && !is_over) {
			outcome = TUNER_SUGGESTED;
			if (sim->next < (int64_t)run->starts)
				sandbox_start(sim->space, run->seed, sim->next,
					      point);
			else
				outcome = tuner_suggest(sim->tuner, sim->next,
							&suggestion, err);
			strbuf_release(&suggestion.extra);
		}
		if (outcome == TUNER_FAILED)
			return false;
		if (outcome == TUNER_SUGGESTED) {
			begin_trial(sim, worker, &suggestion);
			continue;
		}
		is_over |= outcome == TUNER_EXHAUSTED;
		worker = find_next_end(sim);
		if (!worker)
			break;
		end_trial(sim, worker);
	}
	return true;
}

/* Tuners with budgets are told which, where the user did not say. */
static char *arguments_of(const struct sandbox_run *run)
{
	static const char *const names[] = {"R", "max_budget"};
	struct strbuf out = STRBUF_INIT;

	if (run->class_args)
		return xstrdup(run->class_args);
	if (!(run->function->most_budget > 0) ||
	    !(run->tuner->flags & TUNER_BUDGETS))
		return NULL;
	for (const struct tuner_argument *a = run->tuner->arguments; a->name;
	     a++)
		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (!strcmp(a->name, names[i]))
				strbuf_addf(&out, "{\"%s\":%.0f}", a->name,
					    run->function->most_budget);
	return strbuf_detach(&out);
}

bool sandbox_simulate(const struct sandbox_run *run,
		      struct sandbox_outcome *ret, struct error *err)
{
	static const struct tuner_objective objectives[] = {
		{"default", OBJECTIVE_MINIMIZE},
		{"second", OBJECTIVE_MINIMIZE}};
	char *args = arguments_of(run);
	struct simulation sim = {.run = run,
				 .best_told = INFINITY,
				 .best_truth = INFINITY,
				 .ret = ret};
	struct tuner_context context = {
		.class_args = args,
		.objective = OBJECTIVE_MINIMIZE,
		.seed = run->seed,
		.objectives = objectives,
		.objective_count = sandbox_objectives(run->function),
		.checkpoint_root = ".",
		.max_trials = (int64_t)run->evaluations};
	double *point = NULL;
	bool ok = false;

	*ret = (struct sandbox_outcome){0};
	if (!space_parse(run->function->space, &sim.space, NULL, err))
		goto out;
	context.space = sim.space;
	if (!tuner_validate(run->tuner, &context, err))
		goto out;
	sim.tuner = tuner_open(run->tuner, &context, err);
	if (!sim.tuner)
		goto out;
	sim.workers = xcalloc(run->workers, sizeof(*sim.workers));
	ret->regrets = xcalloc(run->evaluations, sizeof(*ret->regrets));
	point = xcalloc(sim.space->count, sizeof(*point));
	ok = simulate(&sim, point, err);
	while (ok && sim.recorded < run->evaluations) {
		ret->regrets[sim.recorded] =
			sim.recorded ? ret->regrets[sim.recorded - 1]
				     : INFINITY;
		sim.recorded++;
	}
	ret->ended_at_s = sim.now_s;
out:
	if (!ok) {
		free(ret->regrets);
		ret->regrets = NULL;
	}
	free(point);
	free(args);
	free(sim.workers);
	free(sim.front);
	tuner_close(sim.tuner);
	space_free(sim.space);
	return ok;
}
