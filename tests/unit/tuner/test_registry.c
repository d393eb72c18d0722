/* SPDX-License-Identifier: MIT */
/* What tuner.h promises of every tuner there is, whatever it computes. */
#include "engine/tuner/tuner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/space.h"

#define STEPS 14
#define AT_ONCE 3

static const char mixed[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"n\":{\"_type\":\"randint\",\"_value\":[0,5]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\",\"c\"]}}";
static const char single[] =
	"{\"c\":{\"_type\":\"choice\",\"_value\":[{\"p\":1},{\"p\":2},{\"p\":3}"
	","
	"{\"p\":4},{\"p\":5},{\"p\":6},{\"p\":7},{\"p\":8},{\"p\":9},{\"p\":10}"
	","
	"{\"p\":11},{\"p\":12},{\"p\":13},{\"p\":14},{\"p\":15},{\"p\":16}]}}";

struct script {
	struct space *space;
	double points[STEPS + 1][3];
	double budgets[STEPS + 1];
	int64_t parents[STEPS + 1];
	bool is_there[STEPS + 1];
	size_t width;
	int64_t trace[2 * STEPS]; /* adopted ones; -1 - those that ended */
	size_t traced;
};

static struct tuner *open_tuner(const struct tuner_ops *ops,
				struct script *script)
{
	static const char *const texts[] = {mixed, single};
	struct tuner_context context = {
		.objective = OBJECTIVE_MINIMIZE,
		.class_args = "{\"optimize_mode\": \"minimize\"}",
		.seed = 7,
		.checkpoint_root = "/c",
	};
	struct tuner *tuner = NULL;
	struct error err;

	for (size_t i = 0; !tuner && i < COUNT_OF(texts); i++) {
		space_free(script->space);
		script->space = NULL;
		if (!space_parse(texts[i], &script->space, NULL, &err))
			continue; /* options that are objects */
		context.space = script->space;
		script->width = script->space->count;
		tuner = tuner_open(ops, &context, &err);
	}
	return tuner;
}

static bool suggest(struct tuner *tuner, struct script *script, int64_t number)
{
	struct tuner_suggestion suggestion = {.extra = STRBUF_INIT};
	struct error err = {0};
	enum tuner_outcome outcome;

	suggestion.point = script->points[number];
	outcome = tuner_suggest(tuner, number, &suggestion, &err);
	if (outcome == TUNER_FAILED)
		fail_msg("%s", err.text);
	script->budgets[number] = suggestion.budget;
	script->parents[number] = suggestion.parent;
	script->is_there[number] = outcome == TUNER_SUGGESTED;
	strbuf_release(&suggestion.extra);
	return outcome == TUNER_SUGGESTED;
}

/* Trial `number` ends: each in another way. */
static void end(struct tuner *tuner, const struct script *script,
		int64_t number)
{
	double value = fabs(script->points[number][0] - 0.3);
	struct tuner_result result = {.values = &value,
				      .count = 1,
				      .budget = script->budgets[number]};

	if (number == 4)
		value = NAN;
	if (number == 5)
		value = INFINITY;
	if (number != 2)
		tuner_observe(tuner, number, &result);
	tuner_ended(tuner, number,
		    number == 2 ? TRIAL_FAILED : TRIAL_SUCCEEDED);
}

/* As the engine runs it, asking so often for each; what was told is traced. */
static int64_t play(struct tuner *tuner, struct script *script, int asks)
{
	int64_t next = 0, ended = 0;

	while (next < STEPS) {
		bool is_there = suggest(tuner, script, next);

		for (int i = 1; i < asks; i++)
			suggest(tuner, script, next);
		if (is_there) {
			tuner_adopt(tuner, next, script->points[next]);
			script->trace[script->traced++] = next++;
		} else if (ended == next) {
			break;
		}
		if (is_there && next - ended < AT_ONCE)
			continue;
		end(tuner, script, ended);
		script->trace[script->traced++] = -1 - ended++;
	}
	return next;
}

/* The same calls, and nothing is asked. */
static void replay(struct tuner *tuner, const struct script *script)
{
	for (size_t i = 0; i < script->traced; i++) {
		int64_t number = script->trace[i];

		if (number >= 0)
			tuner_adopt(tuner, number, script->points[number]);
		else
			end(tuner, script, -1 - number);
	}
}

static void assert_same(const struct tuner_ops *ops, const struct script *a,
			const struct script *b, int64_t number)
{
	bool same = a->is_there[number] == b->is_there[number] &&
		    (!a->is_there[number] ||
		     (!memcmp(a->points[number], b->points[number],
			      a->width * sizeof(double)) &&
		      a->budgets[number] == b->budgets[number] &&
		      a->parents[number] == b->parents[number]));

	if (!same)
		fail_msg("%s: suggestion %lld differs", ops->name,
			 (long long)number);
}

/* The same calls, the same suggestions; asked twice, or not at all but for the
 * last one, the same, too: slow tuners are replayed so, and a proposal that
 * nobody took is lost. */
static void suggestions_change_nothing(void **state)
{
	const struct tuner_ops *const *ops = tuner_registry();
	int played = 0;

	(void)state;
	for (; *ops; ops++) {
		struct script once = {0}, twice = {0}, never;
		struct tuner *tuner = open_tuner(*ops, &once);
		int64_t count;

		if (!tuner) {
			print_message("# %s: none of the spaces\n",
				      (*ops)->name);
			space_free(once.space);
			continue;
		}
		count = play(tuner, &once, 1);
		suggest(tuner, &once, count);
		tuner_close(tuner);
		assert_true(count > 3);
		tuner = open_tuner(*ops, &twice);
		assert_int_equal(play(tuner, &twice, 2), count);
		suggest(tuner, &twice, count);
		tuner_close(tuner);
		for (int64_t i = 0; i <= count; i++)
			assert_same(*ops, &once, &twice, i);
		never = once;
		never.space = NULL;
		tuner = open_tuner(*ops, &never);
		memset(never.points[count], 0, sizeof(never.points[count]));
		replay(tuner, &never);
		suggest(tuner, &never, count);
		tuner_close(tuner);
		assert_same(*ops, &once, &never, count);
		space_free(once.space);
		space_free(twice.space);
		space_free(never.space);
		played++;
	}
	assert_true(played >= 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggestions_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
