/* SPDX-License-Identifier: MIT */
/*
 * Checking a database: SQLite's own integrity, foreign keys, and the rules
 * that the schema cannot state.  Each rule is a query that finds nothing in a
 * sound database; what it finds is a sentence.
 */
#include "store/store.h"

#include "base/mem.h"
#include "store/sql.h"

#include <string.h>

#define PROBLEMS_MAX 100 /* a damaged file can have millions */

static const char *const rules[] = {
	"SELECT integrity_check FROM pragma_integrity_check"
	" WHERE integrity_check <> 'ok'",

	"SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" ||"
	" ' belongs to nothing in ' || parent FROM pragma_foreign_key_check",

	"SELECT 'experiment ' || experiment.id || ': ' || count(trial.key) ||"
	" ' trials, but the last has sequence number ' ||"
	" (max(trial.key) & 4294967295)"
	" FROM experiment JOIN trial ON trial.experiment = experiment.key"
	" GROUP BY experiment.key"
	" HAVING count(trial.key) <> (max(trial.key) & 4294967295) + 1",

	"SELECT 'experiment ' || id || ': the next sequence number is ' ||"
	" next_sequence || ', not ' || n"
	" FROM experiment JOIN (SELECT e.key AS k,"
	"  coalesce((max(t.key) & 4294967295) + 1, 0) AS n FROM experiment e"
	"  LEFT JOIN trial t ON t.experiment = e.key GROUP BY e.key)"
	" ON k = experiment.key WHERE next_sequence <> n",

	"SELECT 'experiment ' || id || ': the counts of trials by state are'"
	" || ' wrong' FROM experiment LEFT JOIN (SELECT experiment AS k,"
	"  sum(state = 0) AS w, sum(state = 1) AS r, sum(state = 2) AS s,"
	"  sum(state = 3) AS f, sum(state = 4) AS u, sum(state = 5) AS x,"
	"  sum(state = 6) AS e, sum(state = 7) AS q FROM trial"
	"  GROUP BY experiment) ON k = experiment.key"
	" WHERE waiting <> coalesce(w, 0) OR running <> coalesce(r, 0)"
	" OR succeeded <> coalesce(s, 0) OR failed <> coalesce(f, 0)"
	" OR user_canceled <> coalesce(u, 0)"
	" OR sys_canceled <> coalesce(x, 0)"
	" OR early_stopped <> coalesce(e, 0) OR unknown <> coalesce(q, 0)",

	"SELECT 'trial ' || id || ': it says attempt ' || attempt ||"
	" ', but the newest is ' || newest FROM trial"
	" JOIN (SELECT trial AS k, max(number) AS newest FROM attempt"
	"  GROUP BY trial) ON k = trial.key WHERE attempt <> newest",

	"SELECT 'trial ' || id || ': its version is newer than the counter'"
	" FROM trial WHERE version > (SELECT version FROM change)",

	"SELECT 'a ' || what || ' of a trial that does not exist: key ' ||"
	" trial FROM (SELECT 'tag' AS what, experiment, trial FROM tag UNION"
	"  SELECT 'note', experiment, trial FROM note) m WHERE trial <> 0"
	" AND NOT EXISTS (SELECT 1 FROM trial t WHERE t.key = m.trial"
	"  AND t.experiment = m.experiment)",

	"SELECT 'preference ' || name || ' of an experiment that does not' ||"
	" ' exist: key ' || experiment FROM preference WHERE experiment <> 0"
	" AND experiment NOT IN (SELECT key FROM experiment)",

	"SELECT 'metrics of a trial that does not exist: key ' || trial"
	" FROM (SELECT DISTINCT trial FROM metric_all)"
	" WHERE trial NOT IN (SELECT key FROM trial)",

	"SELECT 'metrics of trial key ' || trial || ' without a name: ' || name"
	" FROM (SELECT DISTINCT trial, name FROM metric_all)"
	" WHERE name NOT IN (SELECT key FROM metric_name)",

	"SELECT 'a metric of trial key ' || trial || ' is there twice: number '"
	" || sequence || ' of name ' || name FROM metric_stage"
	" GROUP BY trial, attempt, name, type, source, sequence"
	" HAVING count(*) > 1",

	"SELECT 'a metric of trial key ' || trial || ' is there twice: number '"
	" || sequence || ' of name ' || name FROM metric_stage CROSS JOIN"
	" metric USING (trial, attempt, name, type, source, sequence)",

	"SELECT 'the parts of attempt ' || attempt || ' of trial key ' || trial"
	" || ' are not numbered 0, 1, 2, ...' FROM trial_part"
	" GROUP BY trial, attempt HAVING count(*) <> max(ordinal) + 1",

	"SELECT 'experiment ' || id || ': the tuner''s history has gaps'"
	" FROM experiment JOIN history ON history.experiment = experiment.key"
	" GROUP BY experiment.key HAVING count(*) <> max(position) + 1",

	"SELECT 'experiment ' || id || ': its best trial is not one of its'"
	" || ' own' FROM experiment WHERE best_trial IS NOT NULL"
	" AND best_trial >> 32 <> key",
};

static bool apply(struct store *store, const char *rule,
		  struct strbuf *problems, int *count, struct error *err)
{
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store, rule, err))
		return false;
	while (sql_next(&sql, &ok, err) && *count < PROBLEMS_MAX) {
		++*count;
		strbuf_addf(problems, "%s\n", sql_text(&sql));
	}
	sql_close(&sql);
	return ok;
}

bool store_check(struct store *store, struct strbuf *problems,
		 struct error *err)
{
	bool needs_snapshot = !store->in_transaction && !store->in_snapshot;
	bool ok = true;
	int count = 0;

	if (needs_snapshot && !store_snapshot_begin(store, err))
		return false;
	for (size_t i = 0; ok && i < COUNT_OF(rules); i++)
		ok = apply(store, rules[i], problems, &count, err);
	if (needs_snapshot)
		store_snapshot_end(store);
	if (ok && count)
		error_set(err, ERROR_CORRUPT, "database %s: %d problem%s",
			  store->path, count, count == 1 ? "" : "s");
	return ok && !count;
}
