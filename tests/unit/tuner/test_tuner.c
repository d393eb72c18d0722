/* SPDX-License-Identifier: MIT */
/* What holds for every tuner: replay, exhaustion, arguments. */
#include "engine/tuner/tuner.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARAMETERS_MAX 8

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	assert_true(space_parse(json, &space, NULL, &err));
	assert_true(space->count <= PARAMETERS_MAX);
	return space;
}

static struct tuner *open_with(const char *name, const struct space *space,
			       const char *args, enum objective_mode mode,
			       uint64_t seed)
{
	struct tuner_context context = {.space = space,
					.class_args = args,
					.objective = mode,
					.seed = seed,
					.checkpoint_root = "/checkpoints"};
	struct error err;
	struct tuner *tuner = tuner_open(tuner_find(name), &context, &err);

	if (!tuner)
		fail_msg("%s", err.text);
	return tuner;
}

static bool equal_points(const struct space *space, const double *a,
			 const double *b)
{
	for (size_t i = 0; i < space->count; i++)
		if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
			return false;
	return true;
}

static const char mixed[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.001,1]},"
	"\"layer\":{\"_type\":\"choice\",\"_value\":["
	"{\"_name\":\"Empty\"},"
	"{\"_name\":\"Conv\",\"kernel\":{\"_type\":\"choice\",\"_value\":[1,2,"
	"3]},"
	"\"rate\":{\"_type\":\"normal\",\"_value\":[0,1]}},"
	"{\"_name\":\"Pool\",\"size\":{\"_type\":\"randint\",\"_value\":[2,9]}}"
	"]},"
	"\"batch\":{\"_type\":\"quniform\",\"_value\":[16,128,16]}}";

static const char finite_space[] =
	"{\"a\":{\"_type\":\"choice\",\"_value\":[\"x\",\"y\",\"x\",1,1.0]},"
	"\"b\":{\"_type\":\"choice\",\"_value\":["
	"{\"_name\":\"p\",\"c\":{\"_type\":\"quniform\",\"_value\":[0,3,1]}},"
	"{\"_name\":\"q\"}]}}";
#define FINITE_POINTS (4 * (4 + 1))

/* What those take that hand out whole objects. */
#define OBJECT(n) "{\"lr\":" n ",\"opt\":\"Adam\"}"
#define OBJECTS(n)                                                             \
	OBJECT(n "1") "," OBJECT(n "2") "," OBJECT(n "3") "," OBJECT(n "4")
static const char list[] =
	"{\"combine_params\":{\"_type\":\"choice\",\"_value\":"
	"[" OBJECTS("1") "," OBJECTS("2") "," OBJECTS("3") "," OBJECTS(
		"4") "," OBJECTS("5") "]}}"; /* FINITE_POINTS, too */

/* --- replay -------------------------------------------------------------- */

struct call {
	enum { SUGGEST, ADOPT, OBSERVE, ENDED, IMPORT } what;
	int64_t number;
	double value;
	double point[PARAMETERS_MAX];
	/* of SUGGEST */
	enum tuner_outcome outcome;
	double budget;
	int64_t parent;
	char extra[160];
};

static void make_call(struct tuner *tuner, const struct space *space,
		      struct call *call, bool is_replay)
{
	struct call got = *call;
	struct tuner_suggestion suggestion = {.point = got.point,
					      .extra = STRBUF_INIT};
	struct error err;

	switch (call->what) {
	case SUGGEST:
		got.outcome =
			tuner_suggest(tuner, call->number, &suggestion, &err);
		assert_int_not_equal(got.outcome, TUNER_FAILED);
		got.budget = suggestion.budget;
		got.parent = suggestion.parent;
		snprintf(got.extra, sizeof(got.extra), "%s",
			 suggestion.extra.data);
		strbuf_release(&suggestion.extra);
		if (is_replay) {
			assert_int_equal(got.outcome, call->outcome);
			assert_true(
				got.outcome != TUNER_SUGGESTED ||
				equal_points(space, got.point, call->point));
			assert_true(got.budget == call->budget);
			assert_int_equal(got.parent, call->parent);
			assert_string_equal(got.extra, call->extra);
		}
		*call = got;
		break;
	case ADOPT:
		tuner_adopt(tuner, call->number, call->point);
		break;
	case OBSERVE:
		tuner_observe_value(tuner, call->number, call->value);
		break;
	case ENDED:
		tuner_ended(tuner, call->number,
			    call->value < 0 ? TRIAL_FAILED : TRIAL_SUCCEEDED);
		break;
	case IMPORT:
		tuner_import_value(tuner, call->point, call->value);
	}
}

/* Record a random life of an experiment, then live it again.  Halfway the
 * second tuner is asked for things that nobody then does. */
static void check_replay(const char *name, const char *json, uint64_t seed)
{
	enum { CALLS = 900, CALLS_SLOW = 150 };
	int most = tuner_find(name)->flags & TUNER_SLOW ? CALLS_SLOW : CALLS;
	struct call *calls = xcalloc(CALLS, sizeof(*calls));
	bool is_whole = tuner_find(name)->flags & TUNER_WHOLE;
	struct space *space = parse(is_whole ? list : json);
	struct tuner *tuner =
		open_with(name, space, NULL, OBJECTIVE_MINIMIZE, seed);
	int64_t running[64];
	int64_t next = 0;
	int count = 0, live = 0;
	double unused[PARAMETERS_MAX];
	bool is_stalled = false, is_over = false;
	struct random random;
	struct error err;

	random_seed(&random, seed, 1u << 20);
	while (count + 2 < most && !(is_over && !live)) {
		struct call *call = &calls[count++];
		uint64_t dice = random_below(&random, 100);

		if (!is_stalled && (live < 2 || (dice < 45 && live < 12))) {
			call->what = SUGGEST;
			call->number = next;
			make_call(tuner, space, call, false);
			is_stalled = call->outcome != TUNER_SUGGESTED;
			is_over |= call->outcome == TUNER_EXHAUSTED;
			assert_true(!is_over || is_whole);
			assert_true(!is_stalled || is_over || live);
			if (is_stalled)
				continue;
			calls[count] = *call;
			call = &calls[count++];
			call->what = ADOPT;
			running[live++] = next++;
		} else if (dice < 3 + 45 && !is_stalled) {
			call->what = IMPORT;
			call->value = random_unit(&random);
			space_sample(space, &random, call->point);
		} else {
			int at = (int)random_below(&random, (uint64_t)live);

			call->number = running[at];
			call->what = dice < 75 ? OBSERVE : ENDED;
			call->value = dice < 80	  ? random_unit(&random)
				      : dice < 90 ? -1
						  : NAN;
			if (call->what == ENDED) {
				running[at] = running[--live];
				is_stalled = is_over;
			}
		}
		make_call(tuner, space, call, false);
	}
	tuner_close(tuner);
	tuner = open_with(name, space, NULL, OBJECTIVE_MINIMIZE, seed);
	for (int i = 0; i < count; i++) {
		if (i % 7 == 0)
			tuner_suggest_point(tuner, next + i, unused, &err);
		make_call(tuner, space, &calls[i], true);
	}
	tuner_close(tuner);
	space_free(space);
	free(calls);
}

static void replays_alike(void **state)
{
	(void)state;
	for (size_t i = 0; tuner_registry()[i]; i++) {
		bool is_slow = tuner_registry()[i]->flags & TUNER_SLOW;

		for (uint64_t seed = 0; seed < (is_slow ? 2 : 8); seed++)
			check_replay(tuner_registry()[i]->name, mixed, seed);
	}
}

static void seeds_differ(void **state)
{
	struct space *space = parse(mixed);
	struct tuner *one =
		open_with("Random", space, NULL, OBJECTIVE_MINIMIZE, 1);
	struct tuner *two =
		open_with("Random", space, NULL, OBJECTIVE_MINIMIZE, 2);
	double a[PARAMETERS_MAX], b[PARAMETERS_MAX], c[PARAMETERS_MAX];
	struct error err;

	(void)state;
	tuner_suggest_point(one, 0, a, &err);
	tuner_suggest_point(two, 0, b, &err);
	tuner_suggest_point(one, 1, c, &err);
	assert_false(equal_points(space, a, b));
	assert_false(equal_points(space, a, c));
	tuner_close(one);
	tuner_close(two);
	space_free(space);
}

/* --- finite spaces ------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void suggests_everything_once_then_stops(void **state)
{
	struct space *finite = parse(finite_space), *objects = parse(list);

	(void)state;
	for (size_t k = 0; tuner_registry()[k]; k++) {
		const char *name = tuner_registry()[k]->name;
		bool is_whole = tuner_registry()[k]->flags & TUNER_WHOLE;
		struct space *space = is_whole ? objects : finite;
		struct tuner *tuner = open_with(
			name, space,
			!strcmp(name, "TPE")
				? "{\"tpe_args\":{\"n_startup_jobs\":5}}"
				: NULL,
			OBJECTIVE_MAXIMIZE, 5);
		char *texts[FINITE_POINTS];
		double point[PARAMETERS_MAX];
		struct error err;

		/* these try a point again with another budget, or go on */
		if (tuner_flags(tuner) & (TUNER_BUDGETS | TUNER_CHECKPOINTS)) {
			tuner_close(tuner);
			continue;
		}
		for (int i = 0; i < FINITE_POINTS; i++) {
			struct strbuf out = STRBUF_INIT;

			assert_int_equal(
				tuner_suggest_point(tuner, i, point, &err),
				TUNER_SUGGESTED);
			tuner_adopt(tuner, i, point);
			tuner_observe_value(tuner, i, i % 5);
			tuner_ended(tuner, i, TRIAL_SUCCEEDED);
			tuner_format(tuner_flags(tuner), space, point, &out);
			texts[i] = strbuf_detach(&out);
		}
		for (int i = 0; i < 3; i++)
			assert_int_equal(tuner_suggest_point(tuner,
							     FINITE_POINTS + i,
							     point, &err),
					 TUNER_EXHAUSTED);
		qsort(texts, FINITE_POINTS, sizeof(*texts), compare_texts);
		for (int i = 1; i < FINITE_POINTS; i++)
			assert_string_not_equal(texts[i - 1], texts[i]);
		for (int i = 0; i < FINITE_POINTS; i++)
			free(texts[i]);
		tuner_close(tuner);
	}
	space_free(finite);
	space_free(objects);
}

/* A continuous parameter prevents duplicates only where it is active. */
static void repeats_no_option_without_parameters(void **state)
{
	struct space *space = parse(
		"{\"o\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"a\",\"x\":{\"_type\":\"uniform\",\"_value\":"
		"[0,1]}},{\"_name\":\"b\"}]}}");
	struct tuner *tuner =
		open_with("Random", space, NULL, OBJECTIVE_MINIMIZE, 1);
	double point[PARAMETERS_MAX];
	struct error err;
	int count = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(tuner_suggest_point(tuner, i, point, &err),
				 TUNER_SUGGESTED);
		tuner_adopt(tuner, i, point);
		count += point[0] == 1;
	}
	assert_int_equal(count, 1);
	tuner_close(tuner);
	space_free(space);
}

/* --- registry and arguments ---------------------------------------------- */

static const char line[] = "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

static void finds_tuners_by_name(void **state)
{
	(void)state;
	assert_string_equal(tuner_find("tpe")->name, "TPE");
	assert_string_equal(tuner_find("GRIDSEARCH")->name, "GridSearch");
	assert_string_equal(tuner_find("random")->name, "Random");
	assert_string_equal(tuner_find("PBTTuner")->name, "PBT");
	assert_null(tuner_find("Annealing"));
	for (size_t i = 0; tuner_registry()[i]; i++) {
		const struct tuner_argument *a = tuner_registry()[i]->arguments;

		for (; a->name; a++)
			assert_true(a->type && a->default_text && a->help);
	}
}

static void checks_arguments(void **state)
{
	static const struct {
		const char *tuner, *args;
		const char *text; /* NULL: fine */
	} cases[] = {
		{"TPE", NULL, NULL},
		{"TPE", "{}", NULL},
		{"TPE", "null", NULL},
		{"TPE",
		 "{\"optimize_mode\":\"maximize\",\"seed\":12345,\"tpe_args\":{"
		 "\"constant_liar_type\":\"mean\",\"n_startup_jobs\":10,"
		 "\"n_ei_candidates\":20,\"linear_forgetting\":100,"
		 "\"prior_weight\":0,\"gamma\":0.5}}",
		 NULL},
		{"TPE", "{\"seed\":null,\"tpe_args\":null}", NULL},
		{"TPE", "{", "classArgs: not valid JSON"},
		{"TPE", "[]", "classArgs: must be an object"},
		{"TPE", "{\"tpe_args\":{\"gama\":1}}",
		 "classArgs: unknown argument \"tpe_args.gama\", did you mean "
		 "\"tpe_args.gamma\"?"},
		{"TPE", "{\"gamma\":1}",
		 "classArgs: unknown argument \"gamma\", did you mean "
		 "\"tpe_args.gamma\"?"},
		{"TPE", "{\"tpe_args\":3}",
		 "classArgs.tpe_args: must be an object"},
		{"TPE", "{\"tpe_args\":{\"gamma\":\"0.5\"}}",
		 "classArgs.tpe_args.gamma: must be a number"},
		{"TPE", "{\"tpe_args\":{\"gamma\":0}}",
		 "classArgs.tpe_args.gamma: must be from 1e-09 to 1e+09"},
		{"TPE", "{\"tpe_args\":{\"n_startup_jobs\":2.5}}",
		 "classArgs.tpe_args.n_startup_jobs: must be an integer"},
		{"TPE", "{\"tpe_args\":{\"n_ei_candidates\":0}}",
		 "classArgs.tpe_args.n_ei_candidates: must be from 1 to "
		 "10000"},
		{"TPE", "{\"tpe_args\":{\"constant_liar_type\":\"bets\"}}",
		 "classArgs.tpe_args.constant_liar_type: unknown value "
		 "\"bets\", did you mean \"best\"?"},
		{"TPE", "{\"seed\":1,\"seed\":2}",
		 "classArgs.seed: given twice"},
		{"Random", "{\"seed\":\"1\"}",
		 "classArgs.seed: must be an integer or null"},
		{"Random", "{\"optimize_mode\":\"minimize\"}", NULL},
		{"Random", "{\"optimize_mode\":\"minimum\"}",
		 "classArgs.optimize_mode: unknown value \"minimum\", did you "
		 "mean \"minimize\"?"},
		{"GridSearch", "{\"optimize_mode\":\"maximize\"}", NULL},
		{"GridSearch", "{\"speed\":9}",
		 "classArgs: unknown argument \"speed\""},
	};
	struct space *space = parse(line);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tuner_context context = {.space = space,
						.class_args = cases[i].args};
		struct error err = {0};
		bool ok = tuner_validate(tuner_find(cases[i].tuner), &context,
					 &err);

		if (ok != !cases[i].text)
			fail_msg("%s: %s", cases[i].args, err.text);
		assert_string_equal(err.text,
				    cases[i].text ? cases[i].text : "");
	}
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replays_alike),
		cmocka_unit_test(seeds_differ),
		cmocka_unit_test(suggests_everything_once_then_stops),
		cmocka_unit_test(repeats_no_option_without_parameters),
		cmocka_unit_test(finds_tuners_by_name),
		cmocka_unit_test(checks_arguments),
	};

	return cmocka_run_group_tests_name("tuner", tests, NULL, NULL);
}
