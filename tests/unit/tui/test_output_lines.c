/* SPDX-License-Identifier: MIT */
/* What a trial's page says of what it left behind. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "tui/output_lines.h"

#include <stdio.h>
#include <stdlib.h>

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static void assert_lines(struct store *store,
			 const struct experiment *experiment,
			 const struct trial *trial, const char *wanted)
{
	struct strbuf found = STRBUF_INIT;
	struct pager pager = {0};

	output_lines_add(&pager, store, experiment, trial, false);
	for (size_t i = 0; i < pager.count; i++)
		strbuf_addf(&found, "%s\n", pager.lines[i].text);
	assert_string_equal(found.data, wanted);
	pager_release(&pager);
	strbuf_release(&found);
}

static void all_of_it_is_told(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct output output = {
		.attempt = 1,
		.storage = text("{\"storageType\":\"nfs\"}"),
		.path = text("nni/one/abcde"),
		.url = text("nfs://nas:/export/nni/one/abcde"),
		.files = -1,
		.bytes = -1,
	};
	struct output_code code = {.storage = output.storage,
				   .path = text("nni/one/nni-code"),
				   .url = text("nfs://nas:/export/nni/one/"
					       "nni-code"),
				   .files = 1,
				   .bytes = 2048};
	struct attempt attempt = {.number = 1};
	struct trial trial;
	char wanted[400];

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	trial.attempt = 1;
	attempt.trial = output.trial = trial.key;
	assert_ok(store_attempt_add(store, &attempt, err));
	/* nothing on record: nothing is said */
	assert_lines(store, &row, &trial, "");
	memset(code.digest, 'e', 64);
	assert_ok(store_code_put(store, row.key, &code, err));
	assert_ok(store_output_put(store, &output, err));
	snprintf(wanted, sizeof(wanted),
		 "Code\teeeeeeeeeeeeeeee, 1 file, 2.0K, "
		 "nfs://nas:/export/nni/one/nni-code\n"
		 "Outputs\tunknown: nobody has looked yet\n"
		 "Lie at\tnfs://nas:/export/nni/one/abcde\n"
		 "Fetch\ttrialdeck files one %s --get --to DIR\n",
		 trial.id);
	assert_lines(store, &row, &trial, wanted);
	output.state = OUTPUT_CLEANED;
	output.files = 12;
	output.bytes = 3 << 20;
	output.at_ns = INT64_C(1790000000000000000);
	output.note = text("by the rule: \x1b[31mtoo old");
	assert_ok(store_output_put(store, &output, err));
	assert_ok(store_commit(store, err));
	assert_lines(store, &row, &trial,
		     "Code\teeeeeeeeeeeeeeee, 1 file, 2.0K, "
		     "nfs://nas:/export/nni/one/nni-code\n"
		     "Outputs\tcleaned, 12 files, 3.0M, by the rule: "
		     "\xEF\xBF\xBD[31mtoo old, 2026-09-21T14:13:20.000Z\n"
		     "Lie at\tnfs://nas:/export/nni/one/abcde\n");
	experiment_release(&row);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_of_it_is_told, place_make,
						place_remove),
	};

	return cmocka_run_group_tests_name("output_lines", tests, NULL, NULL);
}
