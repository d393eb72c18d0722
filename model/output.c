/* SPDX-License-Identifier: MIT */
/* Outputs: names of states, and the rule by which they are kept. */
#include "model/output.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {"unknown", "there", "cleaned",
					  "lost"};

void output_release(struct output *output)
{
	free(output->storage);
	free(output->path);
	free(output->url);
	free(output->note);
	*output = (struct output){0};
}

void output_code_release(struct output_code *code)
{
	free(code->storage);
	free(code->path);
	free(code->url);
	*code = (struct output_code){0};
}

const char *output_state_name(enum output_state state)
{
	return state < OUTPUT_STATE_COUNT ? state_names[state] : "unknown";
}

bool output_state_parse(const char *name, enum output_state *ret)
{
	for (int i = 0; i < OUTPUT_STATE_COUNT; i++)
		if (!strcmp(state_names[i], name)) {
			*ret = (enum output_state)i;
			return true;
		}
	return false;
}

/* ---- the rule ----------------------------------------------------------- */

bool output_keep_parse(const char *text, struct output_rule *ret,
		       struct error *err)
{
	int best = 0, used = 0;

	if (!strcmp(text, "all")) {
		ret->keep = OUTPUT_KEEP_ALL;
	} else if (!strcmp(text, "none")) {
		ret->keep = OUTPUT_KEEP_NONE;
	} else if (sscanf(text, "best %7d%n", &best, &used) == 1 &&
		   !text[used] && best >= 1 && best <= OUTPUT_BEST_MAX) {
		ret->keep = OUTPUT_KEEP_BEST;
	} else {
		return error_set(err, ERROR_INVALID,
				 "must be all, none or best N, such as best "
				 "10, got \"%.40s\"",
				 text);
	}
	ret->best = best;
	return true;
}

char *output_keep_format(const struct output_rule *rule)
{
	if (rule->keep == OUTPUT_KEEP_BEST)
		return xasprintf("best %d", rule->best);
	return xstrdup(rule->keep == OUTPUT_KEEP_NONE ? "none" : "all");
}

bool output_rule_removes(const struct output_rule *rule)
{
	return rule->keep != OUTPUT_KEEP_ALL || !rule->keeps_failed ||
	       rule->max_age_s;
}

static bool has_result(const struct output_candidate *candidate)
{
	return candidate->is_newest && candidate->state == TRIAL_SUCCEEDED &&
	       candidate->final.is_set;
}

struct ranking {
	enum objective_mode mode;
	const struct output_candidate *candidates;
};

static int by_rank(const void *a, const void *b, void *arg)
{
	const struct ranking *ranking = arg;
	const struct output_candidate *x =
		&ranking->candidates[*(const size_t *)a];
	const struct output_candidate *y =
		&ranking->candidates[*(const size_t *)b];

	if (x->standing != y->standing)
		return x->standing < y->standing ? -1 : 1;
	if (objective_is_better(ranking->mode, x->final, y->final))
		return -1;
	if (objective_is_better(ranking->mode, y->final, x->final))
		return 1;
	return (x->trial > y->trial) - (x->trial < y->trial);
}

static void drop(struct output_candidate *candidate, const char *why)
{
	candidate->is_removed = true;
	snprintf(candidate->why, sizeof(candidate->why), "%s", why);
}

static bool is_too_old(const struct output_rule *rule,
		       const struct output_candidate *candidate, int64_t now_ns)
{
	return rule->max_age_s && candidate->ended_ns &&
	       (now_ns - candidate->ended_ns) / NS_PER_S >= rule->max_age_s;
}

static void decide_ranked(const struct output_rule *rule,
			  struct output_candidate *candidate, size_t rank,
			  int64_t now_ns)
{
	size_t best = rule->keep == OUTPUT_KEEP_BEST ? (size_t)rule->best : 1;

	if (rule->keep == OUTPUT_KEEP_NONE) {
		drop(candidate, "none are kept");
	} else if (rule->keep == OUTPUT_KEEP_BEST && rank >= best) {
		drop(candidate, "");
		snprintf(candidate->why, sizeof(candidate->why),
			 "not one of the best %d", rule->best);
	} else if (rank >= best && is_too_old(rule, candidate, now_ns)) {
		drop(candidate, "too old");
	}
}

static void decide_other(const struct output_rule *rule,
			 struct output_candidate *candidate, int64_t now_ns)
{
	if (!trial_state_is_terminal(candidate->state))
		return;
	if (rule->keep == OUTPUT_KEEP_NONE)
		drop(candidate, "none are kept");
	else if (!rule->keeps_failed)
		drop(candidate, !candidate->is_newest ? "an earlier attempt"
				: candidate->state == TRIAL_SUCCEEDED
					? "without a final result"
					: trial_state_name(candidate->state));
	else if (is_too_old(rule, candidate, now_ns))
		drop(candidate, "too old");
}

void output_rule_decide(const struct output_rule *rule,
			enum objective_mode mode,
			struct output_candidate *candidates, size_t count,
			int64_t now_ns)
{
	struct ranking ranking = {mode, candidates};
	size_t *ranked = xcalloc(count ? count : 1, sizeof(*ranked));
	size_t ranked_count = 0;

	for (size_t i = 0; i < count; i++) {
		candidates[i].is_removed = false;
		candidates[i].why[0] = '\0';
		if (has_result(&candidates[i]))
			ranked[ranked_count++] = i;
		else
			decide_other(rule, &candidates[i], now_ns);
	}
	qsort_r(ranked, ranked_count, sizeof(*ranked), by_rank, &ranking);
	for (size_t rank = 0; rank < ranked_count; rank++)
		decide_ranked(rule, &candidates[ranked[rank]], rank, now_ns);
	free(ranked);
}
