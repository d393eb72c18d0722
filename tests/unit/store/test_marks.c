/* SPDX-License-Identifier: MIT */
/* What people say of experiments and trials, and what screens remember: kept,
 * told, exported, imported with care, gone. */
#include "tests/unit/store/support.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "model/tag.h"

#include <stdio.h>
#include <stdlib.h>

#define ASKER "ann@host pid 1 (console)"

static int change(struct store *store, int64_t experiment, int64_t trial,
		  const char *words)
{
	char *copy = xstrdup(words);
	const char *list[TAGS_MAX + 1];
	size_t count = 0;
	int changes = -1;

	for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
		list[count++] = at;
	assert_ok(store_tags_change(store, experiment, trial, list, count,
				    ASKER, &changes, err));
	free(copy);
	return changes;
}

static bool note_tag(const struct tag *tag, void *arg)
{
	strbuf_addf(arg, "%lld %s %s\n", (long long)(tag->trial & 0xffffffff),
		    tag->name, tag->author);
	return true;
}

static bool note_event(const struct event *event, void *arg)
{
	strbuf_addf(arg, "%s: %s\n", event->kind, event->text);
	return true;
}

static bool note_note(const struct note *note, void *arg)
{
	strbuf_addf(arg, "%s %s\n", note->trial ? "trial" : "experiment",
		    note->text);
	return true;
}

/* An experiment with two trials; the keys are known. */
static struct experiment make(const struct place *place)
{
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	trial_release(&trial);
	trial = add_trial(store, row.key);
	trial_release(&trial);
	assert_ok(store_commit(store, err));
	store_close(store);
	return row;
}

/* A console's handle only appends, and another one may be writing. */
static void consoles_tag_beside_a_writer(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place), seen;
	struct store *writer = store_at(place, STORE_WRITE);
	struct store *store = store_at(place, STORE_APPEND);
	struct strbuf notes = STRBUF_INIT;
	int64_t first = row.key << 32, before, after;
	struct trial trial;

	assert_ok(store_version(store, &before, err));
	assert_int_equal(change(store, row.key, first, "good +slow"), 2);
	assert_int_equal(change(store, row.key, first, "good"), 0);
	assert_int_equal(change(store, row.key, first, "-slow -never"), 1);
	assert_int_equal(change(store, row.key, 0, "paper \xC3\xA9t\xC3\xA9"),
			 2);
	/* it is a reader again */
	assert_error(store_begin(store, err), ERROR_INVALID,
		     "for reading only");
	assert_error(store_experiment_delete(store, row.key, err),
		     ERROR_INVALID, "for reading only");

	assert_ok(store_version(store, &after, err));
	assert_true(after > before);
	assert_ok(store_trial_get(store, first, &trial, err));
	assert_string_equal(trial.tags, "good");
	assert_true(trial.version > before);
	trial_release(&trial);
	assert_ok(store_experiment_get(store, row.key, &seen, err));
	assert_string_equal(seen.tags, "paper \xC3\xA9t\xC3\xA9");
	assert_int_equal(seen.marked_version, after);
	assert_ok(store_tags_each(store, row.key, note_tag, &notes, err));
	expect(&notes, "0 paper " ASKER "\n0 \xC3\xA9t\xC3\xA9 " ASKER "\n"
		       "0 good " ASKER "\n");
	assert_ok(store_events_each(store, row.key, 0, 0, 0, note_event, &notes,
				    err));
	expect(&notes, "tag: +good +slow by " ASKER "\n"
		       "tag: -slow by " ASKER "\n"
		       "tag: +paper +\xC3\xA9t\xC3\xA9 by " ASKER "\n");
	/* what the writer keeps in mind does not take it back */
	assert_ok(store_begin(writer, err));
	assert_ok(store_experiment_update(writer, &row, err));
	assert_ok(store_commit(writer, err));
	experiment_release(&seen);
	assert_ok(store_experiment_get(store, row.key, &seen, err));
	assert_int_equal(seen.marked_version, after);
	experiment_release(&seen);
	experiment_release(&row);
	store_close(store);
	store_close(writer);
	strbuf_release(&notes);
}

static void several_changes_are_one(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place);
	struct store *store = store_at(place, STORE_APPEND);
	const char *const words[] = {"+fine", "with blank"};
	struct strbuf notes = STRBUF_INIT;
	int changes;

	assert_ok(store_amend_begin(store, err));
	assert_int_equal(change(store, row.key, row.key << 32, "a"), 1);
	assert_int_equal(change(store, row.key, (row.key << 32) + 1, "a"), 1);
	assert_ok(store_amend_end(store, true, err));
	assert_ok(store_amend_begin(store, err));
	assert_int_equal(change(store, row.key, row.key << 32, "b"), 1);
	assert_ok(!store_amend_end(store, false, err));
	/* one bad word, and none is taken */
	assert_error(store_tags_change(store, row.key, 0, words, 2, ASKER,
				       &changes, err),
		     ERROR_INVALID, "without blanks");
	/* no such trial */
	assert_error(store_tags_change(store, row.key, (row.key << 32) + 7,
				       words, 1, ASKER, &changes, err),
		     ERROR_NOT_FOUND, "no longer");
	assert_ok(store_tags_each(store, row.key, note_tag, &notes, err));
	expect(&notes, "0 a " ASKER "\n1 a " ASKER "\n");
	store_close(store);
	experiment_release(&row);
	strbuf_release(&notes);
}

static void bounds_hold(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place);
	struct store *store = store_at(place, STORE_APPEND);
	char name[TAG_MAX + 2], text[NOTE_MAX + 2];
	const char *const one[] = {name};
	int changes;

	for (int i = 0; i < TAGS_MAX; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		assert_ok(store_tags_change(store, row.key, 0, one, 1, NULL,
					    &changes, err));
	}
	/* what is there is no more */
	assert_ok(store_tags_change(store, row.key, 0, one, 1, NULL, &changes,
				    err));
	assert_int_equal(changes, 0);
	snprintf(name, sizeof(name), "more");
	assert_error(store_tags_change(store, row.key, 0, one, 1, NULL,
				       &changes, err),
		     ERROR_LIMIT, "take one away");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_error(store_tags_change(store, row.key, 1, one, 1, NULL,
				       &changes, err),
		     ERROR_LIMIT, "longer than");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_error(store_note_put(store, row.key, 0, text, NULL, err),
		     ERROR_LIMIT, "longer than");
	assert_error(store_note_put(store, row.key, 0, "\x1B[2J", NULL, err),
		     ERROR_INVALID, "control");
	assert_error(store_note_put(store, row.key, 0, "\xFF", NULL, err),
		     ERROR_INVALID, "UTF-8");
	store_close(store);
	experiment_release(&row);
}

static void tags_are_words(void **state)
{
	static const char *const bad[] = {"",
					  "a b",
					  "a,b",
					  "+x",
					  "--",
					  "a\n",
					  "\"a\"",
					  "(a",
					  "lr<1",
					  "\xFF",
					  "a\xC2\x85",
					  "a\x7F",
					  "\xC2\xA0",
					  "a\xE2\x80\xAE"
					  "b"};
	static const char *const good[] = {"a",
					   "v1.2",
					   "seed:3",
					   "a/b",
					   "#1",
					   "\xF0\x9F\x8E\x89",
					   "\xE4\xB8\xAD\xE6\x96\x87"};
	struct error why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (tag_check(bad[i], &why))
			fail_msg("\"%s\" was taken", bad[i]);
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_ok(tag_check(good[i], err));
}

static void readers_are_refused(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place);
	struct store *store = store_at(place, STORE_READ);
	const char *const words[] = {"good"};
	char *value;
	int changes;

	assert_error(store_tags_change(store, row.key, 0, words, 1, ASKER,
				       &changes, err),
		     ERROR_INVALID, "is open for reading only");
	assert_error(store_note_put(store, row.key, 0, "x", ASKER, err),
		     ERROR_INVALID, "is open for reading only");
	assert_error(store_experiment_archive(store, row.key, true, ASKER, err),
		     ERROR_INVALID, "is open for reading only");
	assert_error(store_preference_put(store, 0, "theme", "1", err),
		     ERROR_INVALID, "is open for reading only");
	assert_ok(store_preference_get(store, 0, "theme", &value, err));
	assert_null(value);
	store_close(store);
	experiment_release(&row);
}

static void notes_and_archive(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place), seen;
	struct store *store = store_at(place, STORE_APPEND);
	struct strbuf notes = STRBUF_INIT;

	assert_ok(store_note_put(store, row.key, row.key << 32, "two\nlines",
				 ASKER, err));
	assert_ok(store_note_put(store, row.key, 0, "first", ASKER, err));
	assert_ok(store_note_put(store, row.key, 0, "second", ASKER, err));
	assert_ok(store_note_put(store, row.key, 0, "second", ASKER, err));
	assert_ok(store_notes_each(store, row.key, note_note, &notes, err));
	expect(&notes, "experiment second\ntrial two\nlines\n");
	assert_ok(store_note_put(store, row.key, row.key << 32, NULL, ASKER,
				 err));
	assert_ok(store_experiment_archive(store, row.key, true, ASKER, err));
	assert_ok(store_experiment_archive(store, row.key, true, ASKER, err));
	assert_ok(store_experiment_get(store, row.key, &seen, err));
	assert_true(seen.is_archived);
	assert_string_equal(seen.note, "second");
	experiment_release(&seen);
	assert_ok(store_events_each(store, row.key, 0, 0, 0, note_event, &notes,
				    err));
	expect(&notes, "note: note written by " ASKER "\n"
		       "note: note written by " ASKER "\n"
		       "note: note written by " ASKER "\n"
		       "note: note removed by " ASKER "\n"
		       "archive: archived by " ASKER "\n");
	store_close(store);
	experiment_release(&row);
	strbuf_release(&notes);
}

static bool note_preference(const char *name, const char *value, void *arg)
{
	strbuf_addf(arg, "%s=%s\n", name, value);
	return true;
}

static void preferences_are_kept(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place);
	struct store *store = store_at(place, STORE_APPEND);
	struct strbuf notes = STRBUF_INIT;
	char *value;

	assert_ok(store_preference_put(store, 0, "theme", "\"dark\"", err));
	assert_ok(store_preference_put(store, row.key, "view", "[1]", err));
	assert_ok(store_preference_put(store, row.key, "view", "[2]", err));
	assert_ok(store_preference_put(store, row.key, "columns", "{}", err));
	assert_ok(store_preference_get(store, row.key, "view", &value, err));
	assert_string_equal(value, "[2]");
	free(value);
	assert_ok(store_preference_get(store, 0, "view", &value, err));
	assert_null(value);
	assert_ok(store_preference_put(store, row.key, "columns", NULL, err));
	assert_ok(store_preferences_each(store, row.key, note_preference,
					 &notes, err));
	expect(&notes, "view=[2]\n");
	assert_error(store_preference_put(store, 0, "theme", "{", err),
		     ERROR_INVALID, "is not JSON");
	assert_error(store_preference_put(store, row.key + 1, "x", "1", err),
		     ERROR_NOT_FOUND, "no longer");
	store_close(store);
	experiment_release(&row);
	strbuf_release(&notes);
}

static void an_experiment_takes_them_along(void **state)
{
	const struct place *place = *state;
	struct experiment row = make(place), back;
	struct store *store = store_at(place, STORE_WRITE);
	struct strbuf out = STRBUF_INIT, notes = STRBUF_INIT;
	struct strbuf problems = STRBUF_INIT;

	change(store, row.key, 0, "paper");
	change(store, row.key, (row.key << 32) + 1, "bad");
	assert_ok(store_note_put(store, row.key, (row.key << 32) + 1,
				 "nan\nafter 3", ASKER, err));
	assert_ok(store_preference_put(store, row.key, "view", "1", err));
	assert_ok(store_export(store, row.key, TRANSFER_JSON, true, &out, err));
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, row.key, err));
	assert_ok(store_commit(store, err));
	assert_int_equal(query_int(place->path, "SELECT (SELECT count(*) FROM"
						" tag) + (SELECT count(*) FROM"
						" note) + (SELECT count(*) FROM"
						" preference)"),
			 0);
	assert_ok(store_import(store, out.data, out.len, &back, err));
	assert_ok(store_tags_each(store, back.key, note_tag, &notes, err));
	assert_ok(store_notes_each(store, back.key, note_note, &notes, err));
	expect(&notes, "0 paper " ASKER "\n1 bad " ASKER "\n"
		       "trial nan\nafter 3\n");
	assert_ok(store_check(store, &problems, err));
	run_sql(place->path,
		"INSERT INTO tag VALUES (2, 8589934599, 'x', 1, NULL);"
		"INSERT INTO preference VALUES (77, 'x', '1')");
	assert_error(store_check(store, &problems, err), ERROR_CORRUPT,
		     "2 problems");
	strbuf_release(&out);
	strbuf_release(&notes);
	strbuf_release(&problems);
	experiment_release(&row);
	experiment_release(&back);
	store_close(store);
}

static void refuse_import(struct store *store, const char *lists,
			  const char *words)
{
	struct experiment row = {0};
	char *text = xasprintf("{\"format\":\"trialdeck-experiment\","
			       "\"version\":1,\"experiment\":{\"id\":\"x\","
			       "\"state\":\"DONE\",\"objective\":\"minimize\","
			       "\"seed\":\"1\"},%s}",
			       lists);

	assert_error(store_import(store, text, strlen(text), &row, err),
		     ERROR_INVALID, words);
	free(text);
}

static void hostile_exports_are_refused(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);

	refuse_import(store, "\"tags\":[{\"name\":\"a b\"}]", "tags[0]");
	refuse_import(store, "\"tags\":[{\"name\":\"a\",\"trial\":3}]",
		      "tags[0].trial");
	refuse_import(store, "\"tags\":[{\"trial\":null}]", "tags[0].name");
	refuse_import(store, "\"notes\":[{\"text\":\"\\u001b[2J\"}]",
		      "notes[0]");
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(consoles_tag_beside_a_writer),
		TEST(several_changes_are_one),
		TEST(bounds_hold),
		TEST(tags_are_words),
		TEST(readers_are_refused),
		TEST(notes_and_archive),
		TEST(preferences_are_kept),
		TEST(an_experiment_takes_them_along),
		TEST(hostile_exports_are_refused),
	};

	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
