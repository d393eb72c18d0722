/* SPDX-License-Identifier: MIT */
/* What is news and what is not; what alerts' keys take, write and read. */
#include "base/clock.h"
#include "base/mem.h"
#include "model/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND NS_PER_S

struct watcher {
	struct alerts_config config;
	struct alert_rules *rules;
	struct alert told[32];
	size_t count;
};

static void take(const struct alert *alert, void *arg)
{
	struct watcher *watcher = arg;

	assert_true(watcher->count < COUNT_OF(watcher->told));
	watcher->told[watcher->count++] = *alert;
}

static int open_watcher(void **state)
{
	struct watcher *watcher = xcalloc(1, sizeof(*watcher));

	alerts_init(&watcher->config);
	watcher->rules = alert_rules_new(take, watcher);
	*state = watcher;
	return 0;
}

static int close_watcher(void **state)
{
	struct watcher *watcher = *state;

	alert_rules_free(watcher->rules);
	alerts_release(&watcher->config);
	free(watcher);
	return 0;
}

/* One row of trial `key`, with so many results; failed ones end then. */
static void see(struct watcher *watcher, int64_t key, enum trial_state state,
		int64_t results, int64_t now_s)
{
	struct trial trial = {
		.key = key,
		.sequence = key,
		.attempt = 1,
		.state = state,
		.intermediates = results,
		.ended_ns = state == TRIAL_FAILED ? now_s * SECOND : 0,
		.reason = state == TRIAL_FAILED ? (char *)"OOMKilled" : NULL,
	};

	snprintf(trial.id, sizeof(trial.id), "t%04d", (int)key);
	alert_rules_trial(watcher->rules, &watcher->config, &trial,
			  now_s * SECOND);
}

static void see_best(struct watcher *watcher, double best, int64_t now_s,
		     enum experiment_state state)
{
	struct experiment experiment = {
		.objective = OBJECTIVE_MAXIMIZE,
		.state = state,
		.best = {true, best},
		.best_trial = 1,
		.next_sequence = 12,
	};

	experiment.counts[TRIAL_FAILED] = 2;
	alert_rules_experiment(watcher->rules, &watcher->config, &experiment,
			       "t0001", now_s * SECOND);
}

static void assert_told(const struct watcher *watcher, size_t count,
			enum alert_kind kind, const char *part)
{
	assert_int_equal(watcher->count, count);
	assert_int_equal(watcher->told[count - 1].kind, kind);
	if (!strstr(watcher->told[count - 1].text, part))
		fail_msg("\"%s\" is not in \"%s\"", part,
			 watcher->told[count - 1].text);
}

static void what_was_is_no_news(void **state)
{
	struct watcher *watcher = *state;

	see(watcher, 1, TRIAL_FAILED, 0, 10);
	see_best(watcher, 0.5, 10, EXPERIMENT_RUNNING);
	alert_rules_go(watcher->rules);
	/* the same rows again: somebody tagged them */
	see(watcher, 1, TRIAL_FAILED, 0, 10);
	see_best(watcher, 0.5, 12, EXPERIMENT_RUNNING);
	see_best(watcher, 0.4, 12, EXPERIMENT_RUNNING);
	/* nor is a second failure the first */
	see(watcher, 2, TRIAL_FAILED, 0, 13);
	assert_int_equal(watcher->count, 0);
}

static void the_first_failure(void **state)
{
	struct watcher *watcher = *state;

	alert_rules_go(watcher->rules);
	see(watcher, 1, TRIAL_RUNNING, 0, 1);
	see(watcher, 1, TRIAL_FAILED, 0, 2);
	assert_told(watcher, 1, ALERT_FAILURE,
		    "t0001 (#1) failed, the first: OOMKilled");
	see(watcher, 2, TRIAL_RUNNING, 0, 3);
	see(watcher, 2, TRIAL_FAILED, 0, 4);
	assert_int_equal(watcher->count, 1);
}

static void a_burst(void **state)
{
	struct watcher *watcher = *state;
	struct error err;

	assert_true(alerts_set(&watcher->config, "burst", "3 in 60s", &err));
	alert_rules_go(watcher->rules);
	see(watcher, 1, TRIAL_FAILED, 0, 1);
	see(watcher, 2, TRIAL_FAILED, 0, 40);
	see(watcher, 3, TRIAL_FAILED, 0, 70); /* 69 s: too slow */
	assert_int_equal(watcher->count, 1);
	see(watcher, 4, TRIAL_FAILED, 0, 90);
	assert_told(watcher, 2, ALERT_BURST, "3 trials failed within 60 s");
	/* once for each burst */
	see(watcher, 5, TRIAL_FAILED, 0, 91);
	assert_int_equal(watcher->count, 2);
	see(watcher, 6, TRIAL_FAILED, 0, 200);
	see(watcher, 7, TRIAL_FAILED, 0, 201);
	assert_int_equal(watcher->count, 2);
	see(watcher, 8, TRIAL_FAILED, 0, 202);
	assert_int_equal(watcher->count, 3);
}

static void tick(struct watcher *watcher, int64_t now_s)
{
	alert_rules_tick(watcher->rules, &watcher->config, now_s * SECOND);
}

static void a_stuck_one(void **state)
{
	struct watcher *watcher = *state;
	struct error err;

	assert_true(alerts_set(&watcher->config, "stuckAfter", "100s", &err));
	alert_rules_go(watcher->rules);
	for (int64_t key = 5; key > 0; key--)
		see(watcher, key, TRIAL_RUNNING, 0, 0);
	see(watcher, 4, TRIAL_SUCCEEDED, 9, 50);
	see(watcher, 2, TRIAL_RUNNING, 1, 60);
	see(watcher, 3, TRIAL_RUNNING, 0, 99); /* says nothing new */
	tick(watcher, 99);
	assert_int_equal(watcher->count, 0);
	tick(watcher, 100);
	assert_int_equal(watcher->count, 3);
	assert_string_equal(watcher->told[0].trial_id, "t0001");
	assert_string_equal(watcher->told[1].trial_id, "t0003");
	assert_string_equal(watcher->told[2].trial_id, "t0005");
	assert_told(watcher, 3, ALERT_STUCK, "nothing for 100 s");
	tick(watcher, 159);
	assert_int_equal(watcher->count, 3);
	tick(watcher, 160);
	assert_told(watcher, 4, ALERT_STUCK, "t0002");
	/* it speaks, and falls silent again */
	see(watcher, 1, TRIAL_RUNNING, 1, 200);
	tick(watcher, 299);
	assert_int_equal(watcher->count, 4);
	tick(watcher, 300);
	assert_told(watcher, 5, ALERT_STUCK, "t0001");
}

static void a_new_best(void **state)
{
	struct watcher *watcher = *state;

	see_best(watcher, 0.5, 0, EXPERIMENT_RUNNING);
	alert_rules_go(watcher->rules);
	see_best(watcher, 0.6, 1, EXPERIMENT_RUNNING);
	assert_told(watcher, 1, ALERT_BEST, "new best 0.6, trial t0001");
	/* within a minute: held back, and the newest of them told */
	see_best(watcher, 0.7, 2, EXPERIMENT_RUNNING);
	see_best(watcher, 0.8, 3, EXPERIMENT_RUNNING);
	tick(watcher, 60);
	assert_int_equal(watcher->count, 1);
	tick(watcher, 61);
	assert_told(watcher, 2, ALERT_BEST, "0.8");
	tick(watcher, 200);
	assert_int_equal(watcher->count, 2);
}

static void the_end(void **state)
{
	struct watcher *watcher = *state;

	alert_rules_go(watcher->rules);
	see_best(watcher, 0.6, 1, EXPERIMENT_RUNNING);
	see_best(watcher, 0.7, 2, EXPERIMENT_RUNNING);
	see_best(watcher, 0.7, 3, EXPERIMENT_DONE);
	/* which says the best that was held back, too */
	assert_told(
		watcher, 2, ALERT_FINISHED,
		"experiment is DONE: 12 trials, 2 failed, best 0.7 (t0001)");
	tick(watcher, 100);
	see_best(watcher, 0.7, 101, EXPERIMENT_DONE);
	assert_int_equal(watcher->count, 2);
}

static void only_what_is_on(void **state)
{
	struct watcher *watcher = *state;
	struct error err;

	assert_true(alerts_set(&watcher->config, "on", "finished", &err));
	alert_rules_go(watcher->rules);
	see(watcher, 1, TRIAL_FAILED, 0, 1);
	see_best(watcher, 0.6, 1, EXPERIMENT_RUNNING);
	assert_int_equal(watcher->count, 0);
	see_best(watcher, 0.6, 1, EXPERIMENT_STOPPED);
	assert_told(watcher, 1, ALERT_FINISHED, "STOPPED");
}

/* ---- keys --------------------------------------------------------------- */

static void writes_and_reads(void **state)
{
	static const char *const said[][2] = {
		{"on", "best finished"},
		{"webhook", "https://hooks.slack.com/services/T/B/x"},
		{"webhookFile", "~/.hook"},
		{"format", "slack"},
		{"command", "mail -s \"$TRIALDECK_ALERT_TEXT\" ann"},
		{"stuckAfter", "1.5h"},
		{"burst", "7 in 2m"},
		{"bestEvery", "10s"},
	};
	struct strbuf text = STRBUF_INIT, again = STRBUF_INIT;
	struct alerts_config config, other;
	struct error err;

	(void)state;
	alerts_init(&config);
	alerts_init(&other);
	alerts_format(&config, &text);
	assert_string_equal(text.data, "{}");
	strbuf_clear(&text);
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		assert_string_equal(alerts_key(i), said[i][0]);
		assert_true(alerts_set(&config, said[i][0], said[i][1], &err));
	}
	assert_null(alerts_key(COUNT_OF(said)));
	alerts_format(&config, &text);
	assert_true(alerts_overlay(&other, text.data, &err));
	alerts_format(&other, &again);
	assert_string_equal(again.data, text.data);
	assert_int_equal(other.stuck_after_s, 5400);
	assert_int_equal(other.burst, 7);
	assert_int_equal(other.burst_within_s, 120);
	assert_int_equal(other.on, 1u << ALERT_BEST | 1u << ALERT_FINISHED);
	/* an empty value is the default */
	for (size_t i = 0; i < COUNT_OF(said); i++)
		assert_true(alerts_set(&other, said[i][0], "", &err));
	strbuf_clear(&again);
	alerts_format(&other, &again);
	assert_string_equal(again.data, "{}");
	alerts_release(&config);
	alerts_release(&other);
	strbuf_release(&text);
	strbuf_release(&again);
}

static void refuses(void **state)
{
	static const char *const cases[][3] = {
		{"on", "best,lunch", "not 'lunch'"},
		{"webhook", "ftp://x", "https://"},
		{"webhook", "https://x y", "blanks"},
		{"format", "teams", "slack or json"},
		{"stuckAfter", "soon", "stuckAfter"},
		{"stuckAfter", "0", "at least a second"},
		{"burst", "5", "5 in 10m"},
		{"burst", "1 in 10m", "5 in 10m"},
		{"burst", "5 in", "5 in 10m"},
		{"webhok", "x", "did you mean 'webhook'"},
	};
	struct alerts_config config;
	struct error err;

	(void)state;
	alerts_init(&config);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(
			alerts_set(&config, cases[i][0], cases[i][1], &err));
		if (!strstr(err.text, cases[i][2]))
			fail_msg("%s: %s", cases[i][1], err.text);
	}
	assert_false(alerts_overlay(&config, "[]", &err));
	assert_false(alerts_overlay(&config, "{\"on\": 1}", &err));
	assert_false(alerts_overlay(&config, "{\"on\": \"all\"} x", &err));
	alerts_release(&config);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_watcher, close_watcher)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_is_no_news),
		TEST(the_first_failure),
		TEST(a_burst),
		TEST(a_stuck_one),
		TEST(a_new_best),
		TEST(the_end),
		TEST(only_what_is_on),
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
