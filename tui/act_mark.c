/* SPDX-License-Identifier: MIT */
/*
 * Tags and notes.  They change at once, whoever runs the experiment or nobody:
 * small transactions of the console's own (store/amend.c).
 */
#include "base/mem.h"
#include "model/tag.h"
#include "tui/acts.h"
#include "tui/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a form is about: trials by key, or the experiment itself. */
struct marking {
	int64_t experiment;
	int64_t *trials; /* one 0: the experiment */
	size_t count;
	char what[160];
};

static void release(void *arg)
{
	struct marking *marking = arg;

	free(marking->trials);
	free(marking);
}

static void add_trial(struct marking *marking, int64_t key)
{
	marking->trials = xrealloc(marking->trials,
				   (marking->count + 1) * sizeof(int64_t));
	marking->trials[marking->count++] = key;
}

/* The marked trials, the one under the cursor, or the experiment. */
static struct marking *find_marked(struct console *console, bool may_be_many)
{
	const struct trial_index *index = &console->data.trials;
	const struct view_ops *view = console_view(console);
	const struct trial_row *row = console_trial(console);
	const char *name = console_experiment_name(console);
	struct marking *marking;
	size_t i;

	if (request_is_refused(console))
		return NULL;
	marking = xcalloc(1, sizeof(*marking));
	marking->experiment = console->data.selected;
	if (view == &view_experiments) {
		add_trial(marking, 0);
		snprintf(marking->what, sizeof(marking->what), "%.100s", name);
		return marking;
	}
	for (i = 0; may_be_many && view == &view_trials && index->marked &&
		    i < index->count;
	     i++)
		if (index->rows[i].flags & ROW_MARKED)
			add_trial(marking, index->rows[i].key);
	if (!marking->count && row)
		add_trial(marking, row->key);
	if (!marking->count) {
		console_say(console, ROLE_WARNING, "there is no trial here");
		release(marking);
		return NULL;
	}
	if (marking->count == 1)
		snprintf(marking->what, sizeof(marking->what),
			 "trial #%lld of %.100s",
			 (long long)(marking->trials[0] & 0xffffffff), name);
	else
		snprintf(marking->what, sizeof(marking->what),
			 "%zu trials of %.100s", marking->count, name);
	return marking;
}

/* What is there now; caller frees both. */
static bool read_marks(struct console *console, const struct marking *marking,
		       char **ret_tags, char **ret_note)
{
	struct store *store = console->data.store;
	struct experiment experiment;
	struct trial trial;
	struct error err;
	bool ok;

	*ret_tags = *ret_note = NULL;
	if (marking->trials[0]) {
		ok = store_trial_get(store, marking->trials[0], &trial, &err);
		if (ok) {
			*ret_tags = xstrdup_or_null(trial.tags);
			*ret_note = xstrdup_or_null(trial.note);
			trial_release(&trial);
		}
	} else {
		ok = store_experiment_get(store, marking->experiment,
					  &experiment, &err);
		if (ok) {
			*ret_tags = xstrdup_or_null(experiment.tags);
			*ret_note = xstrdup_or_null(experiment.note);
			experiment_release(&experiment);
		}
	}
	if (!ok)
		console_say(console, ROLE_ERROR, "%s", err.text);
	return ok;
}

/* ---- tags ------------------------------------------------------------------
 */

struct tag_words {
	char *text; /* with ends in place of blanks */
	const char *items[2 * TAGS_MAX + 1];
	size_t count;
};

static void split(struct tag_words *words, const char *text)
{
	char *rest = NULL, *word;

	words->count = 0;
	words->text = xstrdup(text);
	for (word = strtok_r(words->text, " ,", &rest);
	     word && words->count < COUNT_OF(words->items);
	     word = strtok_r(NULL, " ,", &rest))
		words->items[words->count++] = word;
}

static bool has_word(const struct tag_words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->items[i], word) == 0)
			return true;
	return false;
}

enum { FORM_TAGS, FORM_AWAY };

static void check_tags(struct form *form, size_t i, void *arg)
{
	struct tag_words words;
	struct error err;

	(void)arg;
	split(&words, form_text(form, i));
	if (words.count > TAGS_MAX)
		form_problem(form, i, false, "at most %d tags", TAGS_MAX);
	for (size_t k = 0; k < words.count; k++)
		if (!tag_check(words.items[k], &err)) {
			form_problem(form, i, false, "%.180s", err.text);
			break;
		}
	free(words.text);
}

/* "+new -old" as words: what differs between two lists. */
static size_t differences(const struct tag_words *now,
			  const struct tag_words *then, char **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < now->count; i++)
		if (!has_word(then, now->items[i]))
			ret[count++] = xasprintf("-%s", now->items[i]);
	for (size_t i = 0; i < then->count; i++)
		if (!has_word(now, then->items[i]))
			ret[count++] = xasprintf("+%s", then->items[i]);
	return count;
}

static bool change_all(struct console *console, const struct marking *marking,
		       char **words, size_t count)
{
	struct store *store = console->data.store;
	char asker[400];
	struct error err;
	int changes, all = 0;
	bool ok;

	request_asker(asker, sizeof(asker));
	ok = store_amend_begin(store, &err);
	for (size_t i = 0; ok && i <= marking->count; i++) {
		if (i == marking->count) {
			ok = store_amend_end(store, true, &err);
			break;
		}
		ok = store_tags_change(store, marking->experiment,
				       marking->trials[i],
				       (const char *const *)words, count, asker,
				       &changes, &err);
		all += ok ? changes : 0;
		if (!ok) {
			struct error ignored;

			store_amend_end(store, false, &ignored);
		}
	}
	console->data.is_stale = true;
	if (ok)
		console_say(console, ROLE_MESSAGE, "%s: %d tag%s changed",
			    marking->what, all, all == 1 ? "" : "s");
	else
		console_say(console, ROLE_ERROR, "%s", err.text);
	return ok;
}

static bool accept_tags(struct console *console, struct form *form, void *arg)
{
	const struct marking *marking = arg;
	char *changes[4 * TAGS_MAX + 2];
	struct tag_words now = {0}, then, away = {0};
	size_t count;
	bool ok = true;

	split(&then, form_text(form, FORM_TAGS));
	if (marking->count == 1) {
		split(&now, form_field(form, FORM_TAGS)->old);
	} else {
		/* of several: these on all of them, and those off */
		split(&away, form_text(form, FORM_AWAY));
		split(&now, form_text(form, FORM_AWAY));
	}
	count = differences(&now, &then, changes);
	if (count)
		ok = change_all(console, marking, changes, count);
	else
		console_say(console, ROLE_NORMAL, "nothing was changed");
	while (count)
		free(changes[--count]);
	free(now.text);
	free(then.text);
	free(away.text);
	return ok;
}

void act_tags(struct console *console)
{
	static const struct dialog_ops ops = {.accept = accept_tags,
					      .release = release};
	struct marking *marking = find_marked(console, true);
	char *tags, *note, title[200];
	struct form *form;

	if (!marking)
		return;
	if (!read_marks(console, marking, &tags, &note)) {
		release(marking);
		return;
	}
	snprintf(title, sizeof(title), "Tags of %s", marking->what);
	form = form_new(title, check_tags, marking);
	if (marking->count == 1) {
		form_add(form, "tags", tags ? tags : "", tags ? tags : "",
			 "words, with blanks between; find them with the "
			 "filter tag:WORD");
	} else {
		form_add(form, "add", NULL, "", "words that all of them get");
		form_add(form, "take away", NULL, "",
			 "words that none of them keeps");
	}
	free(tags);
	free(note);
	dialog_open(console, form, &ops, marking);
}

/* ---- notes ------------------------------------------------------------------
 */

static void check_note(struct form *form, size_t i, void *arg)
{
	struct error err;

	(void)arg;
	if (!note_check(form_text(form, i), &err))
		form_problem(form, i, false, "%.180s", err.text);
}

static bool accept_note(struct console *console, struct form *form, void *arg)
{
	const struct marking *marking = arg;
	char asker[400];
	struct error err;

	request_asker(asker, sizeof(asker));
	if (!store_note_put(console->data.store, marking->experiment,
			    marking->trials[0], form_text(form, 0), asker,
			    &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return false;
	}
	console->data.is_stale = true;
	console_say(console, ROLE_MESSAGE,
		    *form_text(form, 0) ? "%s: note written"
					: "%s: no note any more",
		    marking->what);
	return true;
}

static void edit_note(struct console *console, struct form *form, void *arg)
{
	struct strbuf back = STRBUF_INIT;

	(void)arg;
	if (dialog_edit(console, form_text(form, 0), ".txt", &back)) {
		while (back.len && back.data[back.len - 1] == '\n')
			strbuf_truncate(&back, back.len - 1);
		form_set_text(form, 0, back.data);
		form_check_all(form);
	}
	strbuf_release(&back);
}

void act_note(struct console *console)
{
	static const struct dialog_ops ops = {
		.accept = accept_note, .edit = edit_note, .release = release};
	struct marking *marking = find_marked(console, false);
	char *tags, *note, title[200];
	struct form *form;

	if (!marking)
		return;
	if (!read_marks(console, marking, &tags, &note)) {
		release(marking);
		return;
	}
	snprintf(title, sizeof(title), "Note on %s", marking->what);
	form = form_new(title, check_note, marking);
	form_add(form, "note", NULL, note ? note : "",
		 "one line here, several with ^E in an editor; empty removes "
		 "it");
	free(tags);
	free(note);
	dialog_open(console, form, &ops, marking);
}
