/* SPDX-License-Identifier: MIT */
/* Rows of parts: put, changed, kept by attempt, exported, imported, gone. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>

static void add_attempt(struct store *store, int64_t trial, int number)
{
	struct attempt attempt = {.trial = trial, .number = number};

	assert_ok(store_attempt_add(store, &attempt, err));
}

static struct trial_part *add_part(struct part_list *list, const char *name,
				   enum part_state state)
{
	struct trial_part *part = part_list_add(list);

	assert_non_null(part);
	snprintf(part->name, sizeof(part->name), "%s", name);
	strcpy(part->sort, "pod");
	part->state = state;
	return part;
}

/* Three pods, one with all that can be known. */
static struct part_list make_parts(void)
{
	struct part_list list = {0};
	struct trial_part *part = add_part(&list, "worker-0", PART_FAILED);

	part->depth = 1;
	part->is_leader = true;
	strcpy(part->pod, "nni-exp-one-trial-abcde-1-worker-0");
	strcpy(part->node, "gpu-1");
	part->restarts = 3;
	part->exit_code = 137;
	part->started_ns = INT64_C(1790000000123456789);
	part->ended_ns = part->started_ns + 5;
	strcpy(part->reason, "OOMKilled \"\xE2\x9C\x94\"");
	add_part(&list, "worker-1", PART_RUNNING);
	strcpy(add_part(&list, "ps-0", PART_WAITING)->reason, "Unschedulable");
	return list;
}

static bool put(struct store *store, int64_t trial, int attempt,
		const struct part_list *list)
{
	bool is_news = false;

	assert_ok(store_parts_put(store, trial, attempt, list, &is_news, err));
	return is_news;
}

static void assert_parts(struct store *store, int64_t trial, int attempt,
			 const struct part_list *wanted)
{
	struct part_list list = {0};

	assert_ok(store_parts_get(store, trial, attempt, &list, err));
	assert_int_equal(list.count, wanted->count);
	assert_int_equal(list.omitted, wanted->omitted);
	for (size_t i = 0; i < list.count; i++)
		assert_true(part_is_same(&list.items[i], &wanted->items[i]));
	part_list_release(&list);
}

static void only_differences_are_written(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct part_list list = make_parts(), none = {0};
	int64_t before, after;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	assert_parts(store, trial.key, 1, &none);
	assert_false(put(store, trial.key, 1, &none));
	assert_true(put(store, trial.key, 1, &list));
	assert_parts(store, trial.key, 1, &list);
	assert_ok(store_commit(store, err));

	/* the same again: not even a version */
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	assert_false(put(store, trial.key, 1, &list));
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before);

	/* one that changes touches its own row alone */
	run_sql(place->path, "CREATE TABLE touched (ordinal);"
			     "CREATE TRIGGER t AFTER INSERT ON trial_part BEGIN"
			     " INSERT INTO touched VALUES (NEW.ordinal); END;");
	list.items[1].state = PART_SUCCEEDED;
	assert_ok(store_begin(store, err));
	assert_true(put(store, trial.key, 1, &list));
	assert_ok(store_commit(store, err));
	assert_parts(store, trial.key, 1, &list);
	assert_int_equal(query_int(place->path, "SELECT count(*) = 1 AND"
						" max(ordinal) = 1"
						" FROM touched"),
			 1);
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);

	/* fewer */
	list.count = 1;
	assert_ok(store_begin(store, err));
	assert_true(put(store, trial.key, 1, &list));
	assert_parts(store, trial.key, 1, &list);
	assert_true(put(store, trial.key, 1, &none));
	assert_parts(store, trial.key, 1, &none);
	assert_ok(store_commit(store, err));
	assert_error(store_parts_put(store, trial.key, 1, &list, &(bool){false},
				     err),
		     ERROR_INVALID, "no transaction");
	part_list_release(&list);
	experiment_release(&row);
	store_close(store);
}

static void attempts_keep_their_own(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct part_list first = make_parts(), second = make_parts();
	struct strbuf problems = STRBUF_INIT;
	struct trial trial;

	second.items[0].exit_code = 0;
	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	add_attempt(store, trial.key, 2);
	trial.attempt = 2;
	assert_ok(store_trial_update(store, &trial, err));
	put(store, trial.key, 1, &first);
	put(store, trial.key, 2, &second);
	assert_parts(store, trial.key, 1, &first);
	assert_parts(store, trial.key, 2, &second);
	/* of no attempt */
	assert_error(store_parts_put(store, trial.key, 3, &first,
				     &(bool){false}, err),
		     ERROR_CONFLICT, "");
	store_rollback(store);
	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	put(store, trial.key, 1, &first);
	assert_ok(store_commit(store, err));
	assert_ok(store_check(store, &problems, err));
	run_sql(place->path, "DELETE FROM trial_part WHERE ordinal = 1");
	assert_false(store_check(store, &problems, &(struct error){0}));
	assert_non_null(strstr(problems.data, "are not numbered 0, 1, 2"));
	strbuf_release(&problems);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, row.key, err));
	assert_ok(store_commit(store, err));
	assert_int_equal(
		query_int(place->path, "SELECT count(*) FROM trial_part"), 0);
	part_list_release(&first);
	part_list_release(&second);
	experiment_release(&row);
	store_close(store);
}

static void what_is_beyond_the_bound_is_counted(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct part_list list = {0};
	struct trial trial;
	char name[32];

	for (int i = 0; i < PARTS_MAX; i++) {
		snprintf(name, sizeof(name), "worker-%d", i);
		add_part(&list, name, PART_RUNNING);
	}
	part_list_add(&list);
	assert_int_equal(list.omitted, 1);
	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	assert_true(put(store, trial.key, 1, &list));
	assert_false(put(store, trial.key, 1, &list));
	assert_parts(store, trial.key, 1, &list);
	part_list_add(&list);
	assert_true(put(store, trial.key, 1, &list));
	assert_parts(store, trial.key, 1, &list);
	assert_ok(store_commit(store, err));
	part_list_release(&list);
	experiment_release(&row);
	store_close(store);
}

static void damage_is_told(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct part_list list = make_parts(), back = {0};
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	put(store, trial.key, 1, &list);
	assert_ok(store_commit(store, err));
	run_sql(place->path, "UPDATE trial_part SET depth = 100000"
			     " WHERE ordinal = 1");
	assert_error(store_parts_get(store, trial.key, 1, &back, err),
		     ERROR_CORRUPT, "depth 100000");
	assert_null(back.items);
	part_list_release(&list);
	experiment_release(&row);
	store_close(store);
}

/* ---- export and import --------------------------------------------------- */

static void parts_travel(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE), *other = NULL;
	struct experiment row = add_experiment(store, "one", NULL), back;
	struct part_list list = make_parts();
	struct strbuf out = STRBUF_INIT;
	struct trial trial, twin;
	char path[128];

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	trial = add_trial(store, row.key);
	add_attempt(store, trial.key, 1);
	list.omitted = 7;
	put(store, trial.key, 1, &list);
	assert_ok(store_commit(store, err));
	assert_ok(
		store_export(store, row.key, TRANSFER_JSON, false, &out, err));
	snprintf(path, sizeof(path), "%s/other.db", place->folder);
	assert_ok(store_open(path, STORE_WRITE, &other, err));
	assert_ok(store_import(other, out.data, out.len, &back, err));
	assert_ok(store_trial_find(other, back.key, "1", &twin, err));
	/* what ran when it was exported does not run here */
	list.items[1].state = PART_FAILED;
	strcpy(list.items[1].reason, "was running when exported");
	list.items[2].state = PART_SKIPPED;
	assert_parts(other, twin.key, 1, &list);
	trial_release(&twin);
	strbuf_release(&out);
	part_list_release(&list);
	experiment_release(&row);
	experiment_release(&back);
	store_close(other);
	store_close(store);
}

#define HEAD                                                                   \
	"{\"format\":\"trialdeck-experiment\",\"version\":1,\"experiment\":{"  \
	"\"id\":\"x\",\"state\":\"DONE\",\"objective\":\"minimize\"},"         \
	"\"trials\":[{\"sequence\":0,\"id\":\"Aaaa1\",\"state\":\"FAILED\","   \
	"\"source\":\"a\",\"attempt\":1,\"attempts\":[{\"number\":1,"          \
	"\"state\":\"FAILED\"}]}],\"parts\":["
#define PART(members)                                                          \
	HEAD "{\"trial\":0,\"attempt\":1,\"parts\":[{\"name\":\"a\","          \
	     "\"sort\":\"pod\",\"pod\":\"\",\"node\":\"\",\"reason\":"         \
	     "\"\"" members "}]}]}"

static void hostile_parts_are_refused(void **state)
{
	static const struct {
		const char *json, *words;
	} cases[] = {
		{HEAD "7]}", "parts[0]: is not a JSON object"},
		{HEAD "{\"attempt\":1,\"parts\":[]}]}",
		 "parts[0].trial: is missing"},
		{HEAD "{\"trial\":1,\"attempt\":1,\"parts\":[]}]}",
		 "parts[0].trial"},
		{HEAD "{\"trial\":0,\"attempt\":0,\"parts\":[]}]}",
		 "parts[0].attempt"},
		{HEAD "{\"trial\":0,\"attempt\":1,\"parts\":{}}]}",
		 "parts[0].parts: must be a list"},
		{HEAD "{\"trial\":0,\"attempt\":1,\"parts\":[7]}]}",
		 "parts[0].name: is missing"},
		{HEAD "{\"trial\":0,\"attempt\":1,\"omitted\":-1,"
		      "\"parts\":[]}]}",
		 "parts[0].omitted"},
		{PART(""), "parts[0].state"},
		{PART(",\"state\":\"glorious\""), "parts[0].state"},
		{PART(",\"state\":\"failed\",\"depth\":500"), "parts[0].depth"},
		{PART(",\"state\":\"failed\",\"exit_code\":256"),
		 "parts[0].exit_code"},
		{PART(",\"state\":\"failed\",\"started\":\"soon\""),
		 "parts[0].started"},
	};
	struct store *store = store_at(*state, STORE_WRITE);
	struct strbuf many = STRBUF_INIT;
	struct experiment row;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_error(store_import(store, cases[i].json,
					  strlen(cases[i].json), &row, err),
			     ERROR_INVALID, cases[i].words);
	/* no such attempt */
	strbuf_adds(&many, PART(",\"state\":\"failed\""));
	strstr(many.data, "1,\"parts\"")[0] = '2';
	assert_false(store_import(store, many.data, many.len, &row,
				  &(struct error){0}));
	/* one part too many */
	strbuf_clear(&many);
	strbuf_adds(&many, HEAD "{\"trial\":0,\"attempt\":1,\"parts\":[0");
	for (int i = 0; i < PARTS_MAX; i++)
		strbuf_adds(&many, ",0");
	strbuf_adds(&many, "]}]}");
	assert_error(store_import(store, many.data, many.len, &row, err),
		     ERROR_INVALID, "at most 500");
	strbuf_release(&many);
	assert_ok(store_import(store, PART(",\"state\":\"failed\""),
			       strlen(PART(",\"state\":\"failed\"")), &row,
			       err));
	experiment_release(&row);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(only_differences_are_written),
		TEST(attempts_keep_their_own),
		TEST(what_is_beyond_the_bound_is_counted),
		TEST(damage_is_told),
		TEST(parts_travel),
		TEST(hostile_parts_are_refused),
	};

	return cmocka_run_group_tests_name("part rows", tests, NULL, NULL);
}
