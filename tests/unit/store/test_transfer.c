/* SPDX-License-Identifier: MIT */
/* What is exported comes back; what others read has their form; what is
 * hostile is refused with its place and leaves nothing behind. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* One of everything, including what JSON cannot say. */
static struct experiment fill(struct store *store)
{
	struct experiment row = add_experiment(store, "ab12cd34", "a \"b\"\n");
	struct metric metric;
	struct history past;
	struct trial trial;
	struct attempt attempt = {
		.number = 1,
		.state = TRIAL_SUCCEEDED,
		.submitted_ns = INT64_C(1790000000123456789),
		.job = (char *)(uintptr_t) "7:1",
		.directory = (char *)(uintptr_t) "/trials/1",
	};
	struct event event = {
		.experiment = row.key,
		.at_ns = INT64_C(1790000000000000001),
		.level = EVENT_WARNING,
		.kind = "fault",
		.text = (char *)(uintptr_t) "disk\tfull",
	};

	strcpy(attempt.token, "0123456789abcdef0123456789abcdef");
	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	attempt.trial = event.trial = trial.key;
	assert_ok(store_attempt_add(store, &attempt, err));
	assert_ok(store_event_add(store, &event, err));
	for (int i = 0; i < 12000; i++) {
		metric = make_metric("default", METRIC_INTERMEDIATE, i,
				     i == 1 ? NAN : i / 3.0);
		metric.at_ns += INT64_C(1790000000000000000) - i % 7;
		add_metric(store, &trial, &metric);
	}
	metric = make_metric("loss", METRIC_INTERMEDIATE, 0, -INFINITY);
	add_metric(store, &trial, &metric);
	metric = make_metric("default", METRIC_FINAL, 0, 0.1);
	add_metric(store, &trial, &metric);
	metric = make_metric("top5", METRIC_FINAL, 0, NAN);
	metric.text = (char *)(uintptr_t) "[1,\"x\"]";
	add_metric(store, &trial, &metric);
	assert_ok(
		store_trial_summarize(store, &trial, OBJECTIVE_MAXIMIZE, err));
	trial.state = TRIAL_SUCCEEDED;
	trial.ended_ns = 3;
	assert_ok(store_trial_update(store, &trial, err));
	past = (struct history){
		.kind = HISTORY_SUGGESTED,
		.trial = trial.key,
		.parameters = (char *)(uintptr_t) "{\"x\":0.5}",
	};
	assert_ok(store_history_add(store, row.key, &past, err));
	past = (struct history){
		.kind = HISTORY_OBSERVED, .trial = trial.key, .value = 0.1};
	assert_ok(store_history_add(store, row.key, &past, err));
	past = (struct history){.kind = HISTORY_IMPORTED,
				.number = -1,
				.value = NAN,
				.parameters = (char *)(uintptr_t) "{}"};
	assert_ok(store_history_add(store, row.key, &past, err));
	row.state = EXPERIMENT_DONE;
	row.best = trial.final;
	row.best_trial = trial.key;
	assert_ok(store_experiment_update(store, &row, err));
	assert_ok(store_commit(store, err));
	return row;
}

static struct store *other_store(const struct place *place)
{
	struct store *store = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/other.db", place->folder);
	assert_ok(store_open(path, STORE_WRITE, &store, err));
	return store;
}

static void drop(cJSON *object, const char *list, const char *key)
{
	cJSON *item;

	cJSON_ArrayForEach (item, cJSON_GetObjectItem(object, list)) {
		cJSON *attempt;

		cJSON_ArrayForEach (attempt,
				    cJSON_GetObjectItem(item, "attempts"))
			cJSON_DeleteItemFromObject(attempt, key);
	}
}

/* Without what stays behind on the other machine. */
static char *portable(const char *json)
{
	cJSON *object = cJSON_Parse(json);
	char *text;

	assert_non_null(object);
	cJSON_DeleteItemFromObject(cJSON_GetObjectItem(object, "experiment"),
				   "directory");
	drop(object, "trials", "job");
	drop(object, "trials", "directory");
	text = cJSON_Print(object);
	cJSON_Delete(object);
	return text;
}

static void round_trip(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct store *other = other_store(place);
	struct experiment row = fill(store);
	struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	struct strbuf problems = STRBUF_INIT;
	struct experiment back, found;
	struct attempt attempt;
	char *a, *b;

	assert_ok(store_export(store, row.key, TRANSFER_JSON, false, &first,
			       err));
	assert_null(strstr(first.data, "0123456789abcdef0123")); /* token */
	assert_ok(store_import(other, first.data, first.len, &back, err));
	assert_string_equal(back.id, row.id);
	assert_true(back.seed == row.seed);
	assert_string_not_equal(back.directory, row.directory);
	assert_int_equal(back.counts[TRIAL_SUCCEEDED], 1);
	assert_ok(store_attempt_get(other, back.best_trial, 1, &attempt, err));
	assert_null(attempt.job);
	assert_null(attempt.directory);
	assert_string_equal(attempt.token, "");
	attempt_release(&attempt);
	assert_ok(store_export(other, back.key, TRANSFER_JSON, true, &second,
			       err));
	a = portable(first.data);
	b = portable(second.data);
	assert_string_equal(a, b);
	assert_ok(store_check(other, &problems, err));
	assert_error(store_import(other, first.data, first.len, &found, err),
		     ERROR_CONFLICT, "exists already");
	assert_null(found.name);
	assert_ok(store_experiment_find(other, "latest", &found, err));
	assert_int_equal(found.key, back.key);
	free(a);
	free(b);
	strbuf_release(&first);
	strbuf_release(&second);
	strbuf_release(&problems);
	experiment_release(&row);
	experiment_release(&back);
	experiment_release(&found);
	store_close(store);
	store_close(other);
}

static void running_ones_arrive_stopped(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct store *other = other_store(*state);
	struct experiment row = add_experiment(store, "live", NULL);
	struct strbuf out = STRBUF_INIT;
	struct experiment back;
	struct trial trial;

	assert_ok(store_begin(store, err));
	add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_export(store, row.key, TRANSFER_JSON, true, &out, err));
	assert_ok(store_import(other, out.data, out.len, &back, err));
	assert_int_equal(back.state, EXPERIMENT_STOPPED);
	assert_ok(store_trial_find(other, back.key, "0", &trial, err));
	assert_int_equal(trial.state, TRIAL_SYS_CANCELED);
	assert_string_equal(trial.reason, "was WAITING when exported");
	assert_string_equal(trial.parameters, "{\"x\":0.5}");
	trial_release(&trial);
	strbuf_release(&out);
	experiment_release(&row);
	experiment_release(&back);
	store_close(store);
	store_close(other);
}

/* A small experiment whose exports can be read off. */
static struct experiment fill_small(struct store *store)
{
	struct experiment row = add_experiment(store, "small", NULL);
	static const struct {
		const char *id, *parameters;
		enum trial_state state;
		double loss;
	} trials[] = {
		{"Aaaa1", "{\"lr\":0.5,\"net\":{\"_name\":\"cnn\",\"k\":3}}",
		 TRIAL_SUCCEEDED, NAN},
		{"Aaaa2", "{\"net\":{\"_name\":\"a,b\"},\"lr\":1}",
		 TRIAL_SUCCEEDED, 2},
		{"Aaaa3", "{\"lr\":2,\"v\":[1,2]}", TRIAL_FAILED, 0},
	};

	assert_ok(store_begin(store, err));
	for (int i = 0; i < 3; i++) {
		struct trial trial = {
			.experiment = row.key,
			.sequence = i,
			.state = trials[i].state,
			.attempt = 1,
			.source = 'a',
			.submitted_ns = 1500000000 + i,
			.parameters = (char *)(uintptr_t)trials[i].parameters,
		};
		struct metric metric;

		strcpy(trial.id, trials[i].id);
		if (i < 2)
			trial.final = (struct metric_value){true, 0.25 + i};
		assert_ok(store_trial_add(store, &trial, err));
		if (i == 2)
			continue;
		for (int j = 0; j < 2; j++) {
			metric = make_metric("default", METRIC_INTERMEDIATE, j,
					     j);
			add_metric(store, &trial, &metric);
		}
		metric = make_metric("default", METRIC_FINAL, 0, 0.25 + i);
		add_metric(store, &trial, &metric);
		if (isnan(trials[i].loss))
			continue;
		metric = make_metric("acc", METRIC_FINAL, 0, trials[i].loss);
		add_metric(store, &trial, &metric);
	}
	assert_ok(store_commit(store, err));
	return row;
}

static void nni_form(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = fill_small(store);
	struct strbuf out = STRBUF_INIT;

	assert_ok(store_export(store, row.key, TRANSFER_NNI_JSON, true, &out,
			       err));
	assert_string_equal(
		out.data,
		"[\n"
		"{\"parameter\":{\"lr\":0.5,\"net\":{\"_name\":\"cnn\","
		"\"k\":3}},\"value\":\"0.25\",\"trialJobId\":\"Aaaa1\","
		"\"intermediate\":[\"0\",\"1\"]},\n"
		"{\"parameter\":{\"net\":{\"_name\":\"a,b\"},\"lr\":1},"
		"\"value\":\"{\\\"default\\\": 1.25, \\\"acc\\\": 2}\","
		"\"trialJobId\":\"Aaaa2\","
		"\"intermediate\":[\"0\",\"1\"]}\n"
		"]\n");
	strbuf_clear(&out);
	assert_ok(store_export(store, row.key, TRANSFER_NNI_JSON, false, &out,
			       err));
	assert_null(strstr(out.data, "intermediate"));
	assert_error(
		store_export(store, 99, TRANSFER_NNI_JSON, false, &out, err),
		ERROR_NOT_FOUND, "99");
	strbuf_release(&out);
	experiment_release(&row);
	store_close(store);
}

static void csv_form(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = fill_small(store);
	struct strbuf out = STRBUF_INIT;

	assert_ok(store_export(store, row.key, TRANSFER_CSV, true, &out, err));
	assert_string_equal(
		out.data,
		"id,sequence,state,attempt,submitted,started,ended,lr,"
		"net._name,net.k,v,final,final.acc,best,intermediates,reason,"
		"intermediate\r\n"
		"Aaaa1,0,SUCCEEDED,1,1970-01-01T00:00:01.500000000Z,,,0.5,cnn,"
		"3,,0.25,,,0,,\"[0,1]\"\r\n"
		"Aaaa2,1,SUCCEEDED,1,1970-01-01T00:00:01.500000001Z,,,1,"
		"\"a,b\",,,1.25,2,,0,,\"[0,1]\"\r\n"
		"Aaaa3,2,FAILED,1,1970-01-01T00:00:01.500000002Z,,,2,,,"
		"\"[1,2]\",,,,0,,[]\r\n");
	strbuf_release(&out);
	experiment_release(&row);
	store_close(store);
}

#define HEAD "{\"format\":\"trialdeck-experiment\",\"version\":1"
#define OURS                                                                   \
	",\"experiment\":{\"id\":\"x\",\"state\":\"DONE\","                    \
	"\"objective\":\"minimize\"}"
#define TRIAL                                                                  \
	"{\"sequence\":0,\"id\":\"Aaaa1\",\"state\":\"FAILED\","               \
	"\"source\":\"a\"}"

static void hostile_files_are_refused(void **state)
{
	static const struct {
		const char *json;
		const char *words;
	} cases[] = {
		{"", "not a JSON object"},
		{"[]", "not a JSON object"},
		{"{}", "not an export"},
		{"{\"format\":\"other\"}", "not an export"},
		{"{\"format\":\"trialdeck-experiment\",\"version\":2}",
		 "newer trialdeck"},
		{HEAD "}", "experiment: is missing"},
		{HEAD OURS, "cut off"},
		{HEAD ",\"experiment\":7}", "not a JSON object"},
		{HEAD ",\"experiment\":{}}", "experiment.id: is missing"},
		{HEAD ",\"experiment\":{\"id\":\"../x\"}}",
		 "experiment.id: is not"},
		{HEAD ",\"experiment\":{\"id\":\"x\",\"state\":\"FINE\"}}",
		 "experiment.state"},
		{HEAD ",\"experiment\":{\"id\":\"x\",\"state\":\"DONE\","
		      "\"objective\":\"minimize\",\"best_trial\":0}}",
		 "experiment.best_trial"},
		{HEAD ",\"experiment\":{\"id\":\"x\",\"state\":\"DONE\","
		      "\"objective\":\"minimize\",\"seed\":\"-1\"}}",
		 "experiment.seed"},
		{HEAD OURS ",\"trials\":{}}", "trials: must be a list"},
		{HEAD OURS ",\"trials\":[1]}", "trials[0]: is not a JSON"},
		{HEAD OURS ",\"trials\":[{\"a\"]}", "cut off or damaged"},
		{HEAD OURS ",\"trials\":[{\"a\"}]}", "trials[0]: is not"},
		{HEAD OURS ",\"trials\":[{}]}", "trials[0].source"},
		{HEAD OURS ",\"trials\":[{\"sequence\":1,\"id\":\"Aaaa1\","
			   "\"state\":\"FAILED\",\"source\":\"a\"}]}",
		 "trials[0].sequence"},
		{HEAD OURS ",\"trials\":[{\"sequence\":1e300,\"id\":\"Aaaa1\","
			   "\"state\":\"FAILED\",\"source\":\"a\"}]}",
		 "trials[0].sequence"},
		{HEAD OURS ",\"trials\":[{\"sequence\":0,\"id\":\"Aaaa1\","
			   "\"state\":\"FAILED\",\"source\":\"a\","
			   "\"parameters\":\"]\"}]}",
		 "trials[0].parameters"},
		{HEAD OURS ",\"trials\":[{\"sequence\":0,\"id\":\"Aaaa1\","
			   "\"state\":\"FAILED\",\"source\":\"a\","
			   "\"attempt\":2,\"attempts\":[{\"number\":1,"
			   "\"state\":\"FAILED\"}]}]}",
		 "trials[0].attempt"},
		{HEAD OURS ",\"trials\":[{\"sequence\":0,\"id\":\"Aaaa1\","
			   "\"state\":\"FAILED\",\"source\":\"a\","
			   "\"attempt\":2,\"attempts\":[{\"number\":2,"
			   "\"state\":\"FAILED\"}]}]}",
		 "trials[0].attempts: must count"},
		{HEAD OURS ",\"trials\":[" TRIAL "," TRIAL "]}",
		 "trials[1].sequence"},
		{HEAD OURS ",\"trials\":[" TRIAL "],\"metrics\":[{\"trial\":1,"
			   "\"name\":\"a\",\"type\":\"final\"}]}",
		 "metrics[0].trial"},
		{HEAD OURS ",\"metrics\":[{\"trial\":0,\"name\":\"a\","
			   "\"type\":\"final\"}]}",
		 "metrics[0].trial: there are no"},
		{HEAD OURS ",\"trials\":[" TRIAL "],\"metrics\":[{\"trial\":0,"
			   "\"name\":\"a\",\"type\":\"final\","
			   "\"sequences\":[0,1],\"after_ns\":[0],"
			   "\"values\":[1,2]}]}",
		 "metrics[0].after_ns"},
		{HEAD OURS ",\"trials\":[" TRIAL "],\"metrics\":[{\"trial\":0,"
			   "\"name\":\"a\",\"type\":\"final\","
			   "\"sequences\":[0],\"after_ns\":[0],"
			   "\"values\":[{}]}]}",
		 "metrics[0].values"},
		{HEAD OURS ",\"events\":[{\"level\":\"info\",\"kind\":"
			   "\"a very long kind of an event\"}]}",
		 "events[0].kind"},
		{HEAD OURS ",\"events\":[{\"level\":\"info\",\"kind\":\"k\","
			   "\"time\":\"yesterday\"}]}",
		 "events[0].time"},
		{HEAD OURS ",\"events\":[{\"level\":\"info\",\"kind\":\"k\","
			   "\"time\":\"2026-13-01T00:00:00Z\"}]}",
		 "events[0].time"},
		{HEAD OURS ",\"events\":[{\"level\":\"info\",\"kind\":\"k\","
			   "\"text\":\"\xff\"}]}",
		 "events[0].text: is not UTF-8"},
		{HEAD OURS ",\"history\":[{\"kind\":\"told\"}]}",
		 "history[0].kind"},
	};
	struct store *store = store_at(*state, STORE_WRITE);
	struct strbuf deep = STRBUF_INIT;
	struct experiment row;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		/* not ended by NUL, as from a mapping */
		size_t len = strlen(cases[i].json);
		char *text = xmalloc(len + 1);

		text = xrealloc(text, len ? len : 1);
		memcpy(text, cases[i].json, len);
		assert_error(store_import(store, text, len, &row, err),
			     ERROR_INVALID, cases[i].words);
		free(text);
		assert_null(row.directory);
		assert_false(store_in_transaction(store));
	}
	strbuf_adds(&deep, HEAD ",\"x\":");
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&deep, '[');
	assert_error(store_import(store, deep.data, deep.len, &row, err),
		     ERROR_INVALID, "cut off or damaged");
	assert_error(store_experiment_find(store, "latest", &row, err),
		     ERROR_NOT_FOUND, "no experiment");
	strbuf_release(&deep);
	store_close(store);
}

static void members_in_any_order(void **state)
{
	static const char json[] =
		" { \"trials\" : [ " TRIAL " ] , \"other\" : \"}\\\"]\" "
		", \"experiment\" : { \"id\" : \"x\" , \"state\" : \"ERROR\" "
		", \"objective\" : \"maximize\" , \"error\" : \"]}\" } "
		", \"version\" : 1 , \"format\" : \"trialdeck-experiment\" }\n";
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row;

	assert_ok(store_import(store, json, strlen(json), &row, err));
	assert_int_equal(row.counts[TRIAL_FAILED], 1);
	assert_string_equal(row.error, "]}");
	experiment_release(&row);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(round_trip),
		TEST(running_ones_arrive_stopped),
		TEST(nni_form),
		TEST(csv_form),
		TEST(hostile_files_are_refused),
		TEST(members_in_any_order),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
