/* SPDX-License-Identifier: MIT */
/* Rows of events, commands and history; and that deletion leaves none. */
#include "tests/unit/store/support.h"

#include "base/strbuf.h"

#include <math.h>

static bool note_event(const struct event *event, void *arg)
{
	strbuf_addf(arg, "%s:%s ", event->kind, event->text);
	return true;
}

static bool note_command(const struct command *command, void *arg)
{
	strbuf_addf(arg, "%s ", command_verb_name(command->verb));
	return true;
}

static bool note_history(const struct history *history, void *arg)
{
	strbuf_addf(arg, "%d:%d:%g:%s ", (int)history->position, history->kind,
		    history->value,
		    history->parameters ? history->parameters : "-");
	return true;
}

static void events(void **state)
{
	static const char *const texts[] = {"a", "b", "c", "d"};
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct event event = {.experiment = row.key, .kind = "fault"};
	int64_t before, after, second = 0;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	for (int i = 0; i < 4; i++) {
		event.text = (char *)(uintptr_t)texts[i];
		event.trial = i % 2 ? trial.key : 0;
		event.level = EVENT_WARNING;
		event.at_ns = 0;
		assert_ok(store_event_add(store, &event, err));
		assert_true(event.key > 0 && event.at_ns > 0);
		if (i == 1)
			second = event.key;
	}
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);
	assert_ok(store_events_each(store, row.key, 0, 0, 0, note_event, &notes,
				    err));
	expect(&notes, "fault:a fault:b fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, 0, second, 0, note_event,
				    &notes, err));
	expect(&notes, "fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, 0, 0, 3, note_event, &notes,
				    err));
	expect(&notes, "fault:b fault:c fault:d ");
	assert_ok(store_events_each(store, row.key, trial.key, 0, 0, note_event,
				    &notes, err));
	expect(&notes, "fault:b fault:d ");
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void commands_have_one_outcome(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct store *asker = store_at(*state, STORE_APPEND);
	struct store *reader = store_at(*state, STORE_READ);
	struct strbuf notes = STRBUF_INIT;
	struct command command = {
		.experiment = row.key,
		.verb = COMMAND_SET,
		.argument = (char *)(uintptr_t) "concurrency=4",
		.asked_by = (char *)(uintptr_t) "ada@head1 pid 7",
	};
	struct command back;
	struct experiment other;

	assert_ok(store_command_append(asker, &command, err));
	assert_true(command.key > 0 && command.asked_ns > 0);
	assert_error(store_command_append(reader, &command, err), ERROR_INVALID,
		     "reading only");
	/* an asker is a reader in everything else */
	assert_error(store_begin(asker, err), ERROR_INVALID, "reading only");
	assert_error(store_experiment_add(asker, &row, err), ERROR_INVALID,
		     "reading only");

	assert_ok(store_commands_pending(store, row.key, note_command, &notes,
					 err));
	expect(&notes, "set ");
	assert_error(store_command_answer(store, command.key, COMMAND_DONE,
					  "done", err),
		     ERROR_INVALID, "no transaction");
	assert_ok(store_begin(store, err));
	assert_ok(store_command_answer(store, command.key, COMMAND_DONE,
				       "concurrency is 4", err));
	assert_error(store_command_answer(store, command.key, COMMAND_REFUSED,
					  "no", err),
		     ERROR_CONFLICT, "concurrency is 4");
	assert_error(store_command_answer(store, 99, COMMAND_DONE, "", err),
		     ERROR_NOT_FOUND, "99");
	assert_ok(store_commit(store, err));
	assert_ok(store_commands_pending(store, row.key, note_command, &notes,
					 err));
	expect(&notes, "");
	assert_ok(store_command_get(asker, command.key, &back, err));
	assert_int_equal(back.state, COMMAND_DONE);
	assert_int_equal(back.verb, COMMAND_SET);
	assert_string_equal(back.outcome, "concurrency is 4");
	assert_string_equal(back.argument, "concurrency=4");
	assert_string_equal(back.asked_by, "ada@head1 pid 7");
	assert_true(back.answered_ns > 0);
	command_release(&back);

	command.experiment = 99;
	assert_error(store_command_append(asker, &command, err),
		     ERROR_NOT_FOUND, "no longer");
	command.experiment = row.key;
	assert_ok(store_command_append(asker, &command, err));
	assert_ok(store_experiment_find(asker, "one", &other, err));
	experiment_release(&other);
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(reader);
	store_close(asker);
	store_close(store);
}

static void history(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct history row = {
		.kind = HISTORY_SUGGESTED,
		.parameters = (char *)(uintptr_t) "{}",
	};

	assert_ok(store_begin(store, err));
	assert_ok(store_history_add(store, one.key, &row, err));
	assert_int_equal(row.position, 0);
	assert_ok(store_history_add(store, two.key, &row, err));
	assert_int_equal(row.position, 0);
	row = (struct history){.kind = HISTORY_OBSERVED, .value = NAN};
	assert_ok(store_history_add(store, one.key, &row, err));
	assert_int_equal(row.position, 1);
	assert_ok(store_commit(store, err));
	assert_ok(
		store_history_each(store, one.key, note_history, &notes, err));
	expect(&notes, "0:0:0:{} 1:1:nan:- ");
	strbuf_release(&notes);
	experiment_release(&one);
	experiment_release(&two);
	store_close(store);
}

static void deletion_leaves_nothing(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct metric metric = make_metric("a", METRIC_INTERMEDIATE, 0, 1);
	struct strbuf problems = STRBUF_INIT;
	struct command command = {.verb = COMMAND_KILL};
	struct event event = {.kind = "x"};
	struct history past = {.kind = HISTORY_ENDED};
	int64_t before, after;

	for (int i = 0; i < 2; i++) {
		int64_t key = i ? two.key : one.key;
		struct trial trial;
		struct attempt attempt = {.number = 1};

		assert_ok(store_begin(store, err));
		trial = add_trial(store, key);
		attempt.trial = past.trial = event.trial = trial.key;
		event.experiment = command.experiment = key;
		command.trial = trial.key;
		assert_ok(store_attempt_add(store, &attempt, err));
		assert_ok(store_event_add(store, &event, err));
		assert_ok(store_history_add(store, key, &past, err));
		add_metric(store, &trial, &metric);
		assert_ok(store_commit(store, err));
		assert_ok(store_command_append(store, &command, err));
	}
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, one.key, err));
	assert_error(store_experiment_delete(store, one.key, err),
		     ERROR_NOT_FOUND, "");
	assert_ok(store_commit(store, err));
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);
	store_close(store);
#define LEFT(table)                                                            \
	assert_int_equal(                                                      \
		query_int(place->path, "SELECT count(*) FROM " table), 1)
	LEFT("experiment");
	LEFT("experiment_text");
	LEFT("trial");
	LEFT("trial_parameters");
	LEFT("attempt");
	LEFT("metric");
	LEFT("metric_name");
	LEFT("event");
	LEFT("command");
	LEFT("history");
	strbuf_release(&problems);
	experiment_release(&one);
	experiment_release(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(events),
		TEST(commands_have_one_outcome),
		TEST(history),
		TEST(deletion_leaves_nothing),
	};

	return cmocka_run_group_tests_name("journal rows", tests, NULL, NULL);
}
