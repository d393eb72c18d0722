/* SPDX-License-Identifier: MIT */
/* What the tests of the store share: a folder, a database, sample rows. */
#ifndef TESTS_UNIT_STORE_SUPPORT_H
#define TESTS_UNIT_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/store.h"

/* A fresh folder with nothing in it yet but names. */
struct place {
	char folder[64];
	char path[96]; /* of the database */
};

/* cmocka setup and teardown: *state is a struct place. */
int place_make(void **state);
int place_remove(void **state);

/* Fail the test with the error's text. */
#define assert_ok(call)                                                        \
	do {                                                                   \
		struct error err_ = {ERROR_NONE, ""};                          \
		struct error *err = &err_;                                     \
		if (!(call))                                                   \
			fail_msg("%s: %s", #call, err_.text);                  \
		assert_int_equal(err_.code, ERROR_NONE);                       \
	} while (0)
/* The call must fail with this code, and say something with these words. */
#define assert_error(call, expected, words)                                    \
	do {                                                                   \
		struct error err_ = {ERROR_NONE, ""};                          \
		struct error *err = &err_;                                     \
		if (call)                                                      \
			fail_msg("%s: did not fail", #call);                   \
		if (err_.code != (expected) || !strstr(err_.text, words))      \
			fail_msg("%s: %s: %s", #call,                          \
				 error_code_name(err_.code), err_.text);       \
	} while (0)

struct store *store_at(const struct place *place, enum store_mode mode);
/* An experiment, committed; the caller releases. */
struct experiment add_experiment(struct store *store, const char *id,
				 const char *name);
/* A waiting trial, in the open transaction. */
struct trial add_trial(struct store *store, int64_t experiment);
struct metric make_metric(const char *name, enum metric_type type,
			  int64_t sequence, double value);
/* Add one, in the open transaction; was it new? */
bool add_metric(struct store *store, const struct trial *trial,
		const struct metric *metric);
int64_t query_int(const char *path, const char *text);
char *query_text(const char *path, const char *text); /* caller frees */
void run_sql(const char *path, const char *text);
/* What a walk noted, as text, is exactly this; forgets the notes. */
struct strbuf;
void expect(struct strbuf *notes, const char *wanted);

#endif
