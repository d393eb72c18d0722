/* SPDX-License-Identifier: MIT */
/* Rows of outputs: kept, changed, exported, imported with care, gone. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>

#define NFS "{\"storageType\":\"nfs\",\"server\":\"host\",\"path\":\"/export\"}"

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static struct output make_output(int64_t trial, int attempt)
{
	return (struct output){
		.trial = trial,
		.attempt = attempt,
		.state = OUTPUT_THERE,
		.storage = text(NFS),
		.path = text("nni/one/abcde"),
		.url = text("nfs://host:nni/one/abcde \"\xE2\x9C\x94\""),
		.files = 12,
		.bytes = INT64_C(5) << 40,
		.at_ns = INT64_C(1790000000123456789),
		.note = text("seen"),
	};
}

static void put(struct store *store, const struct output *output)
{
	assert_ok(store_output_put(store, output, err));
}

static struct trial add_tried(struct store *store, int64_t experiment)
{
	struct trial trial = add_trial(store, experiment);
	struct attempt attempt = {.trial = trial.key, .number = 1};

	assert_ok(store_attempt_add(store, &attempt, err));
	return trial;
}

static void assert_same(const struct output *a, const struct output *b)
{
	assert_int_equal(a->trial & 0xffffffff, b->trial & 0xffffffff);
	assert_int_equal(a->attempt, b->attempt);
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->storage, b->storage);
	assert_string_equal(a->path, b->path);
	assert_string_equal(a->url, b->url);
	assert_int_equal(a->files, b->files);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->at_ns, b->at_ns);
	assert_string_equal(a->note ? a->note : "", b->note ? b->note : "");
}

static bool count(const struct output *output, void *arg)
{
	(void)output;
	++*(int *)arg;
	return true;
}

static void rows_are_kept_and_screens_told(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct output output, back;
	struct trial first, second, seen;
	int walked = 0;

	assert_ok(store_begin(store, err));
	first = add_tried(store, row.key);
	second = add_tried(store, row.key);
	assert_ok(store_commit(store, err));
	assert_error(store_output_get(store, first.key, 1, &back, err),
		     ERROR_NOT_FOUND, "no record of outputs");

	assert_ok(store_begin(store, err));
	output = make_output(first.key, 1);
	put(store, &output);
	output = make_output(second.key, 1);
	put(store, &output);
	assert_ok(store_commit(store, err));
	assert_ok(store_output_get(store, second.key, 1, &back, err));
	assert_same(&back, &output);
	assert_false(back.is_foreign);
	output_release(&back);
	/* the storage stands once, and the trial counts as changed */
	assert_int_equal(query_int(place->path, "SELECT count(*) FROM storage"),
			 1);
	assert_ok(store_trial_get(store, second.key, &seen, err));
	assert_true(seen.version > second.version);
	trial_release(&seen);

	assert_ok(store_begin(store, err));
	output.state = OUTPUT_CLEANED;
	output.note = NULL;
	put(store, &output);
	assert_ok(store_commit(store, err));
	assert_ok(store_output_get(store, second.key, 1, &back, err));
	assert_same(&back, &output);
	output_release(&back);
	assert_ok(store_outputs_each(store, row.key, 0, count, &walked, err));
	assert_int_equal(walked, 2);
	walked = 0;
	assert_ok(store_outputs_each(store, row.key, first.key, count, &walked,
				     err));
	assert_int_equal(walked, 1);

	/* of no attempt */
	assert_ok(store_begin(store, err));
	output.attempt = 2;
	assert_error(store_output_put(store, &output, err), ERROR_CONFLICT, "");
	store_rollback(store);
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, row.key, err));
	assert_ok(store_commit(store, err));
	assert_int_equal(query_int(place->path,
				   "SELECT (SELECT count(*) FROM output) +"
				   " (SELECT count(*) FROM storage)"),
			 0);
	experiment_release(&row);
	store_close(store);
}

static void code_is_kept(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct output_code code = {.storage = text(NFS),
				   .path = text("nni/one/nni-code"),
				   .url = text("nfs://host:nni/one/nni-code"),
				   .files = 3,
				   .bytes = 4,
				   .at_ns = 5};
	struct output_code back;

	memset(code.digest, 'a', 64);
	assert_ok(store_begin(store, err));
	assert_ok(store_code_put(store, row.key, &code, err));
	memset(code.digest, 'b', 64);
	assert_ok(store_code_put(store, row.key, &code, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_code_get(store, row.key, &back, err));
	assert_string_equal(back.digest, code.digest);
	assert_string_equal(back.storage, code.storage);
	assert_string_equal(back.path, code.path);
	assert_string_equal(back.url, code.url);
	assert_int_equal(back.files + back.bytes + back.at_ns, 12);
	output_code_release(&back);
	experiment_release(&row);
	store_close(store);
}

static void outputs_travel(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE), *other = NULL;
	struct experiment row = add_experiment(store, "one", NULL), imported;
	struct output output, back;
	struct output_code code = {.storage = text(NFS),
				   .path = text("nni/one/nni-code"),
				   .url = text("u")};
	struct strbuf out = STRBUF_INIT;
	struct trial trial, twin;
	char path[128];

	memset(code.digest, 'c', 64);
	assert_ok(store_begin(store, err));
	add_tried(store, row.key);
	trial = add_tried(store, row.key);
	output = make_output(trial.key, 1);
	put(store, &output);
	output = make_output(trial.key - 1, 1);
	output.storage = text("{\"storageType\":\"folder\",\"path\":\"/etc\"}");
	output.path = text("../x");
	put(store, &output);
	assert_ok(store_code_put(store, row.key, &code, err));
	assert_ok(store_commit(store, err));
	assert_ok(
		store_export(store, row.key, TRANSFER_JSON, false, &out, err));
	snprintf(path, sizeof(path), "%s/other.db", place->folder);
	assert_ok(store_open(path, STORE_WRITE, &other, err));
	assert_ok(store_import(other, out.data, out.len, &imported, err));
	assert_ok(store_trial_find(other, imported.key, "1", &twin, err));
	assert_ok(store_output_get(other, twin.key, 1, &back, err));
	output = make_output(trial.key, 1);
	assert_same(&back, &output);
	assert_true(back.is_foreign);
	output_release(&back);
	trial_release(&twin);
	/* folders of that machine are not ours */
	assert_ok(store_trial_find(other, imported.key, "0", &twin, err));
	assert_ok(store_output_get(other, twin.key, 1, &back, err));
	assert_int_equal(back.state, OUTPUT_LOST);
	assert_non_null(strstr(back.note, "stayed on the machine"));
	output_release(&back);
	assert_ok(store_code_get(other, imported.key, &code, err));
	assert_int_equal(code.digest[63], 'c');
	output_code_release(&code);
	trial_release(&twin);
	strbuf_release(&out);
	experiment_release(&row);
	experiment_release(&imported);
	store_close(other);
	store_close(store);
}

#define HEAD                                                                   \
	"{\"format\":\"trialdeck-experiment\",\"version\":1,\"experiment\":{"  \
	"\"id\":\"x\",\"state\":\"DONE\",\"objective\":\"minimize\"},"         \
	"\"trials\":[{\"sequence\":0,\"id\":\"Aaaa1\",\"state\":\"FAILED\","   \
	"\"source\":\"a\",\"attempt\":1,\"attempts\":[{\"number\":1,"          \
	"\"state\":\"FAILED\"}]}],"
#define OUTPUT(members)                                                        \
	HEAD "\"outputs\":[{\"trial\":0,\"attempt\":1,\"url\":\"u\"," members  \
	     "}]}"
#define GOOD "\"state\":\"there\",\"storage\":{\"storageType\":\"nfs\"}"

static void hostile_outputs_are_refused(void **state)
{
	static const struct {
		const char *json, *words;
	} cases[] = {
		{OUTPUT(GOOD), "outputs[0].path: is missing"},
		{OUTPUT(GOOD ",\"path\":\"nni/y/a\""), "experiment's own"},
		{OUTPUT(GOOD ",\"path\":\"nni/x\""), "experiment's own"},
		{OUTPUT(GOOD ",\"path\":\"nni/x/../y\""), "experiment's own"},
		{OUTPUT(GOOD ",\"path\":\"nni/x//y\""), "experiment's own"},
		{OUTPUT(GOOD ",\"path\":\"nni/x/y/\""), "experiment's own"},
		{OUTPUT(GOOD ",\"path\":\"/nni/x/y\""), "experiment's own"},
		{OUTPUT("\"state\":\"well\",\"path\":\"nni/x/y\","
			"\"storage\":{\"storageType\":\"nfs\"}"),
		 "outputs[0].state"},
		{OUTPUT("\"state\":\"there\",\"path\":\"nni/x/y\","
			"\"storage\":[]"),
		 "outputs[0].storage"},
		{OUTPUT("\"state\":\"there\",\"path\":\"nni/x/y\","
			"\"storage\":{\"storageType\":\"nfs\",\"a\":{}}"),
		 "plain values"},
		{OUTPUT(GOOD ",\"path\":\"nni/x/y\",\"files\":-2"),
		 "outputs[0].files"},
		{HEAD "\"code\":[{\"storage\":{\"storageType\":\"nfs\"},"
		      "\"path\":\"nni/x/c\",\"url\":\"\",\"digest\":\"a\"}]}",
		 "64 hex digits"},
	};
	static const char path[] =
		OUTPUT("\"state\":\"there\",\"path\":\"nni/x/y\",\"storage\":{"
		       "\"storageType\":\"nfs\",\"localPath\":\"/home\"}");
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row;
	char *config;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_error(store_import(store, cases[i].json,
					  strlen(cases[i].json), &row, err),
			     ERROR_INVALID, cases[i].words);
	/* what it says of this machine is not taken */
	assert_ok(store_import(store, path, strlen(path), &row, err));
	config = query_text(place->path, "SELECT config FROM storage");
	assert_string_equal(config, "{\"storageType\":\"nfs\"}");
	free(config);
	experiment_release(&row);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(rows_are_kept_and_screens_told),
		TEST(code_is_kept),
		TEST(outputs_travel),
		TEST(hostile_outputs_are_refused),
	};

	return cmocka_run_group_tests_name("output_rows", tests, NULL, NULL);
}
