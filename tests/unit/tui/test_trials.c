/* SPDX-License-Identifier: MIT */
/* Filters over the index, and its order, on a database of its own. */
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include "tui/trial_index.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TRIALS 10

static const char space_text[] =
	"{\"lr\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"kernel\":{\"_type\":\"choice\",\"_value\":[\"rbf\",\"linear\"]}}";

static char folder[] = "/tmp/trialdeck-index-XXXXXX";
static char *path;
static struct store *store;
static struct experiment experiment;
static struct space *space;

static void must(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

/* Trial i: final i/10 but for 3 (none) and 4 (NaN); 7 failed. */
static void add_trial(int i)
{
	struct error err;
	struct trial trial = {.experiment = experiment.key,
			      .sequence = i,
			      .attempt = 1,
			      .exit_code = 0,
			      .source = 'a',
			      .state = i == 7 ? TRIAL_FAILED : TRIAL_SUCCEEDED,
			      .started_ns = 1000 * NS_PER_S,
			      .ended_ns = (1000 + i) * NS_PER_S};

	snprintf(trial.id, sizeof(trial.id), "t%04d", i);
	trial.final.is_set = i != 3;
	trial.final.number = i == 4 ? NAN : i / 10.0;
	trial.parameters = xasprintf("{\"lr\":0.%d,\"kernel\":\"%s\"}",
				     (i * 7) % 10, i % 2 ? "rbf" : "linear");
	trial.reason = i == 7 ? xstrdup("Out of memory (OOM)") : NULL;
	must(store_trial_add(store, &trial, &err), &err);
	trial_release(&trial);
}

static int open_database(void **state)
{
	struct error err;
	int i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/t.db", folder);
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	strcpy(experiment.id, "exp1");
	experiment.name = xstrdup("digits");
	experiment.platform = xstrdup("local");
	experiment.config = xstrdup("{}");
	experiment.source = xstrdup("");
	experiment.source_path = xstrdup("/x.yaml");
	experiment.space = xstrdup(space_text);
	experiment.directory = xstrdup("/x");
	experiment.next_sequence = TRIALS;
	must(store_experiment_add(store, &experiment, &err), &err);
	for (i = 0; i < TRIALS; i++)
		add_trial(i);
	must(store_commit(store, &err), &err);
	must(space_parse(space_text, &space, NULL, &err), &err);
	return 0;
}

static int close_database(void **state)
{
	char *command = xasprintf("rm -rf '%s'", folder);

	(void)state;
	store_close(store);
	space_free(space);
	experiment_release(&experiment);
	assert_int_equal(system(command), 0);
	free(command);
	free(path);
	return 0;
}

static void open_index(struct trial_index *index, int page)
{
	struct error err;

	trial_index_init(index);
	index->space = space;
	must(trial_index_open(index, store, &experiment, page, &err), &err);
	trial_index_arrange(index);
}

static void load_all(struct trial_index *index)
{
	while (trial_index_load(index, store, experiment.key, NS_PER_S))
		;
	trial_index_arrange(index);
}

/* The order as digits: "9876543210". */
static void assert_order(const struct trial_index *index, const char *want)
{
	char have[TRIALS + 1] = "";
	size_t i;

	for (i = 0; i < index->shown && i < TRIALS; i++)
		have[i] = (char)('0' + trial_index_sequence(index, i));
	have[i] = '\0';
	assert_string_equal(have, want);
}

static void filter_to(struct trial_index *index, const char *text)
{
	const struct field_names names = {.space = space};
	struct filter *filter = NULL;
	struct error err;

	must(filter_parse(text, &names, FILTER_TYPING, &filter, NULL, &err),
	     &err);
	trial_index_set_filter(index, filter);
	load_all(index);
}

static void set_sort(struct trial_index *index, enum trial_field_kind kind,
		     bool is_descending)
{
	const struct trial_sort sort = {{.kind = kind}, is_descending};

	trial_index_set_sorts(index, &sort, 1);
}

static void first_page_then_the_rest(void **state)
{
	struct trial_index index;

	(void)state;
	open_index(&index, 3);
	assert_order(&index, "9876543210");
	assert_non_null(trial_index_find(&index, 9));
	assert_null(trial_index_find(&index, 0));
	trial_index_want(&index, store, experiment.key, 8, 2);
	assert_non_null(trial_index_find(&index, 0)); /* what is in view */
	assert_null(trial_index_find(&index, 5));
	load_all(&index);
	assert_non_null(trial_index_find(&index, 5));
	trial_index_release(&index);
}

static void sorts_with_the_valueless_last(void **state)
{
	struct trial_index index;

	(void)state;
	open_index(&index, 100);
	load_all(&index);
	set_sort(&index, FIELD_FINAL, true);
	trial_index_arrange(&index);
	assert_order(&index, "9876521043"); /* NaN, then none */
	set_sort(&index, FIELD_FINAL, false);
	trial_index_arrange(&index);
	assert_order(&index, "0125678943");
	set_sort(&index, FIELD_NUMBER, false);
	trial_index_arrange(&index);
	assert_order(&index, "0123456789");
	set_sort(&index, FIELD_PARAMETER, false);
	load_all(&index); /* lr of trial i: 7i mod 10 tenths */
	assert_order(&index, "0369258147");
	assert_int_equal(trial_index_position(&index, 6), 2);
	trial_index_release(&index);
}

static void sorts_by_several(void **state)
{
	const struct trial_sort sorts[] = {
		{{.kind = FIELD_STATE}, false},
		{{.kind = FIELD_PARAMETER, .parameter = 1}, true},
		{{.kind = FIELD_PARAMETER, .parameter = 0}, false},
	};
	struct trial_index index;

	(void)state;
	open_index(&index, 100);
	trial_index_set_sorts(&index, sorts, 3);
	assert_true(trial_index_is_reading(&index));
	load_all(&index);
	assert_false(trial_index_is_reading(&index));
	/* failed first; then linear before rbf, since the file has rbf first;
	 * then by lr: 7i mod 10 */
	assert_order(&index, "7062843951");
	trial_index_release(&index);
}

static void report(int64_t trial, const char *name, double value,
		   int64_t sequence)
{
	struct metric metric = {.type = METRIC_INTERMEDIATE,
				.sequence = sequence,
				.at_ns = 1,
				.value = value};
	struct error err;
	bool is_new;

	snprintf(metric.name, sizeof(metric.name), "%s", name);
	must(store_metric_add(store, trial, 1, &metric, &is_new, &err), &err);
}

/* A metric's statistics are read once they are asked for, and again when a
 * trial reports more. */
static void metrics_are_columns(void **state)
{
	const int64_t key = experiment.key << 32;
	const char *const metrics[] = {"acc"};
	const struct field_names names = {space, metrics, 1};
	struct trial_index index;
	struct filter *filter = NULL;
	bool has_changed = false;
	struct trial trial;
	struct error err;

	(void)state;
	must(store_begin(store, &err), &err);
	report(key + 2, "acc", 0.9, 0);
	report(key + 2, "acc", 0.1, 1);
	report(key + 5, "acc", 0.8, 0);
	must(store_commit(store, &err), &err);
	open_index(&index, 100);
	must(filter_parse("acc.max>=0.85 or acc.last=0.7", &names, FILTER_WHOLE,
			  &filter, NULL, &err),
	     &err);
	trial_index_set_filter(&index, filter);
	assert_true(trial_index_is_loading(&index));
	load_all(&index);
	assert_order(&index, "2");
	must(store_begin(store, &err), &err);
	report(key + 5, "acc", 0.7, 1);
	must(store_trial_find(store, experiment.key, "5", &trial, &err), &err);
	trial.intermediates = 2;
	must(store_trial_update(store, &trial, &err), &err);
	must(store_commit(store, &err), &err);
	trial_release(&trial);
	must(trial_index_refresh(&index, store, &experiment, &has_changed,
				 &err),
	     &err);
	load_all(&index);
	assert_order(&index, "52");
	trial_index_release(&index);
}

static void the_best_are_pinned(void **state)
{
	struct trial_index index;

	(void)state;
	open_index(&index, 100);
	index.is_maximized = true;
	index.pins_wanted = 3;
	index.is_order_stale = true;
	load_all(&index);
	assert_int_equal(index.pin_count, 3);
	assert_int_equal(index.pins[0], 9);
	assert_int_equal(index.pins[2], 7);
	index.is_maximized = false;
	index.is_order_stale = true;
	trial_index_arrange(&index);
	assert_int_equal(index.pins[0], 0);
	assert_int_equal(index.pins[2], 2);
	trial_index_release(&index);
}

static void the_followed_one_is_shown(void **state)
{
	struct trial_index index;

	(void)state;
	open_index(&index, 100);
	index.kept_sequence = 3;
	filter_to(&index, "state:failed");
	assert_order(&index, "73");
	index.kept_sequence = -1;
	filter_to(&index, "state:failed");
	assert_order(&index, "7");
	trial_index_release(&index);
}

/* When the cache has no room for the parameters' JSON, bare words are looked
 * for on the disk. */
static void words_without_a_cache(void **state)
{
	struct trial_index index;

	(void)state;
	open_index(&index, 100);
	load_all(&index);
	free(index.cache.texts);
	free(index.cache.text_at);
	index.cache.texts = NULL;
	index.cache.text_at = NULL;
	index.cache.has_texts = false;
	filter_to(&index, "rbf state:s");
	assert_true(index.is_on_disk);
	assert_order(&index, "9531");
	filter_to(&index, "kernel:rbf state:s");
	assert_false(index.is_on_disk);
	assert_order(&index, "9531");
	trial_index_release(&index);
}

static void filters(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "9876543210"},
		{"state:failed", "7"},
		{"state:F", "7"},
		{"!state:failed", "986543210"},
		{"final>=0.8", "98"},
		{"final<0.2", "10"},
		{"number=4", "4"},
		{"lr>0.75", "74"},
		{"kernel:rbf", "97531"},
		{"kernel:RBF final>0.6", "97"},
		{"reason:oom", "7"},
		{"reason:\"out of\"", "7"},
		{"!reason:oom kernel=rbf", "9531"},
		{"t0003", "3"},
		{"time>8", "9"},
		{"lr>", "9876543210"}, /* still being typed */
		{"state:failed or lr>0.75", "74"},
		{"not (kernel:rbf or lr>0.5)", "620"},
		{"has:reason", "7"},
		{"!has:final", "3"},
		{"number:2..4 final:nan", "4"},
		{"exit=0 is:marked", ""},
	};
	struct trial_index index;
	size_t i;

	(void)state;
	open_index(&index, 2);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		filter_to(&index, cases[i].text);
		assert_order(&index, cases[i].want);
	}
	trial_index_release(&index);
}

static void marks_survive_changes(void **state)
{
	struct trial_index index;
	struct error err;
	struct trial trial;
	bool has_changed = false;

	(void)state;
	open_index(&index, 100);
	trial_index_mark(&index, trial_index_find(&index, 2), true);
	trial_index_mark(&index, trial_index_find(&index, 2), true);
	assert_int_equal(index.marked, 1);
	must(store_begin(store, &err), &err);
	must(store_trial_find(store, experiment.key, "2", &trial, &err), &err);
	trial.intermediates = 77;
	must(store_trial_update(store, &trial, &err), &err);
	must(store_commit(store, &err), &err);
	trial_release(&trial);
	must(trial_index_refresh(&index, store, &experiment, &has_changed,
				 &err),
	     &err);
	assert_true(has_changed);
	assert_int_equal(trial_index_find(&index, 2)->intermediates, 77);
	assert_true(trial_index_find(&index, 2)->flags & ROW_MARKED);
	trial_index_unmark_all(&index);
	assert_int_equal(index.marked, 0);
	trial_index_release(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_page_then_the_rest),
		cmocka_unit_test(sorts_with_the_valueless_last),
		cmocka_unit_test(sorts_by_several),
		cmocka_unit_test(filters),
		cmocka_unit_test(the_best_are_pinned),
		cmocka_unit_test(the_followed_one_is_shown),
		cmocka_unit_test(words_without_a_cache),
		cmocka_unit_test(metrics_are_columns),
		cmocka_unit_test(marks_survive_changes),
	};

	return cmocka_run_group_tests_name("trials", tests, open_database,
					   close_database);
}
