/* SPDX-License-Identifier: MIT */
/*
 * Rows of what people say: tags and notes of experiments and trials, and
 * which experiments are put aside.
 *
 * Each change stamps the row of what it is about and the experiment's
 * marked_version, so that screens see it, and is an event with its author.
 */
#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/tag.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool stamp_experiment(struct store *store, int64_t experiment,
			     int64_t version, struct error *err)
{
	struct sql sql;

	if (!sql_open(&sql, store,
		      "UPDATE experiment SET version = ?1,"
		      " marked_version = ?1 WHERE key = ?2",
		      err))
		return false;
	sql_bind_int(&sql, version);
	sql_bind_int(&sql, experiment);
	if (!sql_finish(&sql, err))
		return false;
	return sqlite3_changes(store->db) ||
	       error_set(err, ERROR_NOT_FOUND,
			 "the experiment is no longer in the database");
}

static bool stamp(struct store *store, int64_t experiment, int64_t trial,
		  struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !stamp_experiment(store, experiment, version, err))
		return false;
	if (!trial)
		return true;
	if (!sql_open(&sql, store,
		      "UPDATE trial SET version = ? WHERE key = ?"
		      " AND experiment = ?",
		      err))
		return false;
	sql_bind_int(&sql, version);
	sql_bind_int(&sql, trial);
	sql_bind_int(&sql, experiment);
	if (!sql_finish(&sql, err))
		return false;
	return sqlite3_changes(store->db) ||
	       error_set(err, ERROR_NOT_FOUND,
			 "the trial is no longer in the database");
}

static bool tell(struct store *store, int64_t experiment, int64_t trial,
		 const char *kind, const char *what, const char *author,
		 struct error *err)
{
	char *text = xasprintf("%s by %s", what, author ? author : "somebody");
	struct event event = {
		.experiment = experiment, .trial = trial, .text = text};
	bool ok;

	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	ok = store_event_add(store, &event, err);
	free(text);
	return ok;
}

/* ---- tags --------------------------------------------------------------- */

bool store_tag_put(struct store *store, const struct tag *tag, bool *ret_is_new,
		   struct error *err)
{
	struct sql sql;

	if (!tag_check(tag->name, err) || !store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      "INSERT OR IGNORE INTO tag (experiment, trial, name,"
		      " at_ns, author) SELECT ?1, ?2, ?3, ?4, ?5"
		      " WHERE (SELECT count(*) FROM tag WHERE experiment = ?1"
		      "  AND trial = ?2) < ?6 OR EXISTS (SELECT 1 FROM tag"
		      "  WHERE experiment = ?1 AND trial = ?2 AND name = ?3)",
		      err))
		return false;
	sql_bind_int(&sql, tag->experiment);
	sql_bind_int(&sql, tag->trial);
	sql_bind_text(&sql, tag->name);
	sql_bind_int(&sql, tag->at_ns ? tag->at_ns : clock_wall_ns());
	sql_bind_text(&sql, tag->author);
	sql_bind_int(&sql, TAGS_MAX);
	if (!sql_finish(&sql, err))
		return false;
	*ret_is_new = sqlite3_changes(store->db) > 0;
	if (*ret_is_new)
		return stamp(store, tag->experiment, tag->trial, err);
	if (!sql_open(&sql, store,
		      "SELECT 1 FROM tag WHERE experiment = ? AND trial = ?"
		      " AND name = ?",
		      err))
		return false;
	sql_bind_int(&sql, tag->experiment);
	sql_bind_int(&sql, tag->trial);
	sql_bind_text(&sql, tag->name);
	bool found;
	bool ok = sql_step(&sql, &found, err);

	sql_close(&sql);
	if (ok && !found)
		ok = error_set(err, ERROR_LIMIT,
			       "tag \"%s\": there are %d already, which is "
			       "the most: take one away first",
			       tag->name, TAGS_MAX);
	return ok;
}

static bool take_tag(struct store *store, int64_t experiment, int64_t trial,
		     const char *name, bool *ret_was_there, struct error *err)
{
	struct sql sql;

	if (!store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      "DELETE FROM tag WHERE experiment = ? AND trial = ?"
		      " AND name = ?",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	sql_bind_int(&sql, trial);
	sql_bind_text(&sql, name);
	if (!sql_finish(&sql, err))
		return false;
	*ret_was_there = sqlite3_changes(store->db) > 0;
	return !*ret_was_there || stamp(store, experiment, trial, err);
}

static bool change_tags(struct store *store, int64_t experiment, int64_t trial,
			const char *const *words, size_t count,
			const char *author, int *ret_changes, struct error *err)
{
	struct strbuf what = STRBUF_INIT;
	bool ok = true;

	*ret_changes = 0;
	for (size_t i = 0; ok && i < count; i++) {
		struct tag tag = {.experiment = experiment,
				  .trial = trial,
				  .author = (char *)(uintptr_t)author};
		bool adds, is_news = false;
		const char *name;

		ok = tag_word_parse(words[i], &name, &adds, err);
		tag.name = (char *)(uintptr_t)name;
		if (ok)
			ok = adds ? store_tag_put(store, &tag, &is_news, err)
				  : take_tag(store, experiment, trial, name,
					     &is_news, err);
		if (ok && is_news) {
			strbuf_addf(&what, " %c%s", adds ? '+' : '-', name);
			++*ret_changes;
		}
	}
	if (ok && *ret_changes)
		ok = tell(store, experiment, trial, "tag", what.data + 1,
			  author, err);
	strbuf_release(&what);
	return ok;
}

bool store_tags_change(struct store *store, int64_t experiment, int64_t trial,
		       const char *const *words, size_t count,
		       const char *author, int *ret_changes, struct error *err)
{
	bool is_own;

	return store_ride_begin(store, &is_own, err) &&
	       store_ride_end(store, is_own,
			      change_tags(store, experiment, trial, words,
					  count, author, ret_changes, err),
			      err);
}

bool store_tags_each(struct store *store, int64_t experiment, store_tag_fn *fn,
		     void *arg, struct error *err)
{
	struct tag row = {.experiment = experiment};
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT trial, name, at_ns, author FROM tag"
		      " WHERE experiment = ? ORDER BY trial, name",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		row.trial = sql_int(&sql);
		row.name = (char *)(uintptr_t)sql_text(&sql);
		row.at_ns = sql_int(&sql);
		row.author = (char *)(uintptr_t)sql_text(&sql);
		if (!fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- notes -------------------------------------------------------------- */

bool store_note_write(struct store *store, const struct note *note,
		      bool *ret_is_news, struct error *err)
{
	bool is_gone = !note->text || !*note->text;
	struct sql sql;

	if (!store_may_write(store, err))
		return false;
	if (is_gone) {
		if (!sql_open(&sql, store,
			      "DELETE FROM note WHERE experiment = ?"
			      " AND trial = ?",
			      err))
			return false;
		sql_bind_int(&sql, note->experiment);
		sql_bind_int(&sql, note->trial);
	} else {
		if (!note_check(note->text, err) ||
		    !sql_open(&sql, store,
			      "INSERT INTO note (experiment, trial, text,"
			      " at_ns, author) VALUES (?, ?, ?, ?, ?)"
			      " ON CONFLICT (experiment, trial) DO UPDATE SET"
			      " text = excluded.text, at_ns = excluded.at_ns,"
			      " author = excluded.author"
			      " WHERE text <> excluded.text",
			      err))
			return false;
		sql_bind_int(&sql, note->experiment);
		sql_bind_int(&sql, note->trial);
		sql_bind_text(&sql, note->text);
		sql_bind_int(&sql, note->at_ns ? note->at_ns : clock_wall_ns());
		sql_bind_text(&sql, note->author);
	}
	if (!sql_finish(&sql, err))
		return false;
	*ret_is_news = sqlite3_changes(store->db) > 0;
	return !*ret_is_news ||
	       stamp(store, note->experiment, note->trial, err);
}

static bool put_note(struct store *store, const struct note *note,
		     struct error *err)
{
	bool is_gone = !note->text || !*note->text;
	bool is_news;

	if (!store_note_write(store, note, &is_news, err))
		return false;
	/* the text may have lines; the journal says that there is one */
	return !is_news || tell(store, note->experiment, note->trial, "note",
				is_gone ? "note removed" : "note written",
				note->author, err);
}

bool store_note_put(struct store *store, int64_t experiment, int64_t trial,
		    const char *text, const char *author, struct error *err)
{
	const struct note note = {.experiment = experiment,
				  .trial = trial,
				  .text = (char *)(uintptr_t)text,
				  .author = (char *)(uintptr_t)author};
	bool is_own;

	return store_ride_begin(store, &is_own, err) &&
	       store_ride_end(store, is_own, put_note(store, &note, err), err);
}

bool store_notes_each(struct store *store, int64_t experiment,
		      store_note_fn *fn, void *arg, struct error *err)
{
	struct note row = {.experiment = experiment};
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT trial, text, at_ns, author FROM note"
		      " WHERE experiment = ? ORDER BY trial",
		      err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, err)) {
		row.trial = sql_int(&sql);
		row.text = (char *)(uintptr_t)sql_text(&sql);
		row.at_ns = sql_int(&sql);
		row.author = (char *)(uintptr_t)sql_text(&sql);
		if (!fn(&row, arg))
			break;
	}
	sql_close(&sql);
	return ok;
}

/* ---- texts of an experiment that runs ------------------------------------ */

bool store_experiment_reconfigure(struct store *store, int64_t key,
				  const char *config, const char *space,
				  struct error *err)
{
	int64_t version;
	struct sql sql;

	if (!store_stamp(store, &version, err) ||
	    !sql_open(&sql, store,
		      "UPDATE experiment_text SET config = ?, space = ?"
		      " WHERE experiment = ?",
		      err))
		return false;
	sql_bind_text(&sql, config);
	sql_bind_text(&sql, space);
	sql_bind_int(&sql, key);
	return sql_finish(&sql, err);
}

/* ---- archive ------------------------------------------------------------ */

static bool archive(struct store *store, int64_t experiment, bool is_archived,
		    const char *author, struct error *err)
{
	struct sql sql;

	if (!store_may_write(store, err) ||
	    !sql_open(&sql, store,
		      "UPDATE experiment SET is_archived = ?1 WHERE key = ?2"
		      " AND is_archived <> ?1",
		      err))
		return false;
	sql_bind_int(&sql, is_archived);
	sql_bind_int(&sql, experiment);
	if (!sql_finish(&sql, err))
		return false;
	return !sqlite3_changes(store->db) ||
	       (stamp(store, experiment, 0, err) &&
		tell(store, experiment, 0, "archive",
		     is_archived ? "archived" : "taken out of the archive",
		     author, err));
}

bool store_experiment_archive(struct store *store, int64_t experiment,
			      bool is_archived, const char *author,
			      struct error *err)
{
	bool is_own;

	return store_ride_begin(store, &is_own, err) &&
	       store_ride_end(
		       store, is_own,
		       archive(store, experiment, is_archived, author, err),
		       err);
}
