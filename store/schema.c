/* SPDX-License-Identifier: MIT */
/*
 * The schema, as numbered migrations.
 *
 * How the tables follow from the questions asked of them:
 *
 * A trial's key is (experiment key << 32) + sequence.  So the trial table is
 * itself in the order in which the screen wants it, walking an experiment is
 * one scan without an index, a page is a range, the metrics of an experiment
 * lie together, and "sequence numbers once each" is the primary key.
 *
 * Trial rows are small: what changes with every metric and what a list shows.
 * Parameters, which never change and are read for the visible rows only, stand
 * in a table of their own, so that walking 100,000 trials reads a few MB and
 * updating one rewrites a page full of other live trials.  The same split keeps
 * an experiment's counters away from its texts.
 *
 * Metrics are clustered by (trial, attempt, name, type, source, sequence): one
 * curve is one range, a second delivery of a report meets its own row.  The
 * newest wait in metric_stage to be put there; metric_all is both together, and
 * what to read from (metric_stage.c says why and how).  Names
 * are interned per experiment, which also answers "which metrics are there"
 * without looking at any.  metric has no foreign key to trial: it would cost a
 * look-up for each row of the hottest statement; `store_check` checks it.
 *
 * `change` holds the counter behind every version (see store.h).  Counts of
 * trials by state and the next sequence number are kept by triggers, so they
 * are right whoever writes.
 *
 * Enums are stored as their numbers; times are nanoseconds, 0 for none; sets
 * of NULL mean "not set"; NaN is the text 'NaN' (see sql.c).
 */
#include "store/schema.h"

#include "base/mem.h"

static const char version_1[] =
	"CREATE TABLE change ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" version INTEGER NOT NULL);"
	"INSERT INTO change VALUES (1, 0);"

	"CREATE TABLE experiment ("
	" key INTEGER PRIMARY KEY AUTOINCREMENT CHECK (key < 2147483648),"
	" id TEXT NOT NULL UNIQUE,"
	" name TEXT,"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),"
	" is_paused INTEGER NOT NULL,"
	" is_archived INTEGER NOT NULL,"
	" platform TEXT,"
	" directory TEXT,"
	" error TEXT,"
	" objective INTEGER NOT NULL CHECK (objective BETWEEN 0 AND 1),"
	" seed INTEGER NOT NULL," /* the 64 bits, as signed */
	" concurrency INTEGER NOT NULL,"
	" max_trials INTEGER NOT NULL,"
	" max_duration_s INTEGER NOT NULL,"
	" max_trial_duration_s INTEGER NOT NULL,"
	" max_retries INTEGER NOT NULL,"
	" created_ns INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL,"
	" ended_ns INTEGER NOT NULL,"
	" run_ns INTEGER NOT NULL,"
	" best REAL,"
	" best_trial INTEGER,"
	" owner_pid INTEGER NOT NULL,"
	" owner_host TEXT,"
	" side_port INTEGER NOT NULL,"
	" version INTEGER NOT NULL,"
	" next_sequence INTEGER NOT NULL DEFAULT 0,"
	" waiting INTEGER NOT NULL DEFAULT 0,"
	" running INTEGER NOT NULL DEFAULT 0,"
	" succeeded INTEGER NOT NULL DEFAULT 0,"
	" failed INTEGER NOT NULL DEFAULT 0,"
	" user_canceled INTEGER NOT NULL DEFAULT 0,"
	" sys_canceled INTEGER NOT NULL DEFAULT 0,"
	" early_stopped INTEGER NOT NULL DEFAULT 0,"
	" unknown INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX experiment_name ON experiment (name);"

	"CREATE TABLE experiment_text ("
	" experiment INTEGER PRIMARY KEY"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" config TEXT,"
	" source TEXT,"
	" source_path TEXT,"
	" space TEXT);"

	"CREATE TABLE trial ("
	" key INTEGER PRIMARY KEY,"
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" id TEXT NOT NULL,"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),"
	" attempt INTEGER NOT NULL,"
	" exit_code INTEGER NOT NULL,"
	" submitted_ns INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL,"
	" ended_ns INTEGER NOT NULL,"
	" final REAL,"
	" last REAL,"
	" best REAL,"
	" intermediates INTEGER NOT NULL,"
	" version INTEGER NOT NULL,"
	" source INTEGER NOT NULL,"
	" reason TEXT,"
	" CHECK (key >> 32 = experiment));"
	"CREATE UNIQUE INDEX trial_id ON trial (experiment, id);"
	"CREATE INDEX trial_version ON trial (experiment, version);"

	"CREATE TABLE trial_parameters ("
	" trial INTEGER PRIMARY KEY"
	"  REFERENCES trial (key) ON DELETE CASCADE,"
	" parameters TEXT);"

	"CREATE TRIGGER trial_added AFTER INSERT ON trial BEGIN"
	" UPDATE experiment SET version = NEW.version,"
	"  next_sequence = max(next_sequence, (NEW.key & 4294967295) + 1),"
	"  waiting = waiting + (NEW.state = 0),"
	"  running = running + (NEW.state = 1),"
	"  succeeded = succeeded + (NEW.state = 2),"
	"  failed = failed + (NEW.state = 3),"
	"  user_canceled = user_canceled + (NEW.state = 4),"
	"  sys_canceled = sys_canceled + (NEW.state = 5),"
	"  early_stopped = early_stopped + (NEW.state = 6),"
	"  unknown = unknown + (NEW.state = 7)"
	" WHERE key = NEW.experiment; END;"
	"CREATE TRIGGER trial_moved AFTER UPDATE OF state ON trial"
	" WHEN OLD.state <> NEW.state BEGIN"
	" UPDATE experiment SET version = NEW.version,"
	"  waiting = waiting + (NEW.state = 0) - (OLD.state = 0),"
	"  running = running + (NEW.state = 1) - (OLD.state = 1),"
	"  succeeded = succeeded + (NEW.state = 2) - (OLD.state = 2),"
	"  failed = failed + (NEW.state = 3) - (OLD.state = 3),"
	"  user_canceled = user_canceled"
	"   + (NEW.state = 4) - (OLD.state = 4),"
	"  sys_canceled = sys_canceled + (NEW.state = 5) - (OLD.state = 5),"
	"  early_stopped = early_stopped"
	"   + (NEW.state = 6) - (OLD.state = 6),"
	"  unknown = unknown + (NEW.state = 7) - (OLD.state = 7)"
	" WHERE key = NEW.experiment; END;"

	"CREATE TABLE attempt ("
	" trial INTEGER NOT NULL REFERENCES trial (key) ON DELETE CASCADE,"
	" number INTEGER NOT NULL CHECK (number > 0),"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 7),"
	" exit_code INTEGER NOT NULL,"
	" submitted_ns INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL,"
	" ended_ns INTEGER NOT NULL,"
	" token TEXT NOT NULL,"
	" job TEXT,"
	" directory TEXT,"
	" reason TEXT,"
	" PRIMARY KEY (trial, number)) WITHOUT ROWID;"

	"CREATE TABLE metric_name ("
	" key INTEGER PRIMARY KEY,"
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" name TEXT NOT NULL);"
	"CREATE UNIQUE INDEX metric_name_text ON metric_name (experiment, "
	"name);"

	"CREATE TABLE metric ("
	" trial INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" name INTEGER NOT NULL,"
	" type INTEGER NOT NULL,"
	" source INTEGER NOT NULL,"
	" sequence INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" value REAL,"
	" text TEXT,"
	" PRIMARY KEY (trial, attempt, name, type, source, sequence))"
	" WITHOUT ROWID;"

	"CREATE TABLE metric_stage ("
	" trial INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" name INTEGER NOT NULL,"
	" type INTEGER NOT NULL,"
	" source INTEGER NOT NULL,"
	" sequence INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" value REAL,"
	" text TEXT);"
	"CREATE VIEW metric_all AS SELECT trial, attempt, name, type, source,"
	" sequence, at_ns, value, text FROM metric UNION ALL SELECT trial,"
	" attempt, name, type, source, sequence, at_ns, value, text"
	" FROM metric_stage;"

	"CREATE TABLE event ("
	" key INTEGER PRIMARY KEY AUTOINCREMENT,"
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" trial INTEGER REFERENCES trial (key) ON DELETE CASCADE,"
	" attempt INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" level INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" text TEXT);"
	"CREATE INDEX event_experiment ON event (experiment);"
	"CREATE INDEX event_trial ON event (trial) WHERE trial IS NOT NULL;"

	"CREATE TABLE command ("
	" key INTEGER PRIMARY KEY AUTOINCREMENT,"
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" trial INTEGER REFERENCES trial (key) ON DELETE CASCADE,"
	" verb INTEGER NOT NULL,"
	" argument TEXT,"
	" asked_by TEXT,"
	" asked_ns INTEGER NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),"
	" outcome TEXT,"
	" answered_ns INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX command_experiment ON command (experiment);"
	"CREATE INDEX command_trial ON command (trial)"
	" WHERE trial IS NOT NULL;"
	"CREATE INDEX command_pending ON command (experiment)"
	" WHERE state = 0;"

	"CREATE TABLE history ("
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" position INTEGER NOT NULL,"
	" kind INTEGER NOT NULL,"
	" trial INTEGER," /* no key: would cost every deletion a scan */
	" number INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" value REAL,"
	" parameters TEXT,"
	" PRIMARY KEY (experiment, position)) WITHOUT ROWID;";

/* Clusters, faults that others can see, and a stop that lets trials finish.
 * What is known of the cluster is replaced as a whole, every few seconds while
 * somebody looks; nothing of it is history. */
static const char version_2[] =
	"ALTER TABLE experiment ADD COLUMN lets_finish INTEGER NOT NULL"
	" DEFAULT 0;"
	"ALTER TABLE experiment ADD COLUMN fault TEXT;"
	"ALTER TABLE experiment ADD COLUMN fault_since_ns INTEGER NOT NULL"
	" DEFAULT 0;"

	"CREATE TABLE cluster_look ("
	" experiment INTEGER PRIMARY KEY"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" at_ns INTEGER NOT NULL,"
	" failed_ns INTEGER NOT NULL,"
	" problem TEXT);"

	"CREATE TABLE cluster_node ("
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" name TEXT NOT NULL,"
	" is_ready INTEGER NOT NULL,"
	" is_cordoned INTEGER NOT NULL,"
	" gpu_model TEXT,"
	" taints TEXT,"
	" allocatable_cpu INTEGER NOT NULL," /* thousandths; -1: unknown */
	" allocatable_memory INTEGER NOT NULL,"
	" allocatable_gpus INTEGER NOT NULL,"
	" requested_cpu INTEGER NOT NULL,"
	" requested_memory INTEGER NOT NULL,"
	" requested_gpus INTEGER NOT NULL,"
	" used_cpu INTEGER NOT NULL,"
	" used_memory INTEGER NOT NULL,"
	" used_gpus INTEGER NOT NULL,"
	" pods INTEGER NOT NULL,"
	" pods_max INTEGER NOT NULL,"
	" trials INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" PRIMARY KEY (experiment, name)) WITHOUT ROWID;"

	"CREATE TABLE trial_place ("
	" trial INTEGER PRIMARY KEY"
	"  REFERENCES trial (key) ON DELETE CASCADE,"
	" attempt INTEGER NOT NULL,"
	" pod TEXT NOT NULL,"
	" node TEXT NOT NULL,"
	" restarts INTEGER NOT NULL,"
	" requested_cpu INTEGER NOT NULL,"
	" requested_memory INTEGER NOT NULL,"
	" requested_gpus INTEGER NOT NULL,"
	" used_cpu INTEGER NOT NULL,"
	" used_memory INTEGER NOT NULL,"
	" used_gpus INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL);";

/* What an attempt consists of: pods of roles, steps of a workflow.  Unlike a
 * place it is history: attempts keep theirs. */
static const char version_3[] =
	"ALTER TABLE attempt ADD COLUMN parts_omitted INTEGER NOT NULL"
	" DEFAULT 0;"

	"CREATE TABLE trial_part ("
	" trial INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL CHECK (ordinal >= 0)," /* from the top */
	" depth INTEGER NOT NULL CHECK (depth >= 0),"
	" name TEXT NOT NULL,"
	" sort TEXT NOT NULL,"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),"
	" is_leader INTEGER NOT NULL,"
	" pod TEXT NOT NULL,"
	" node TEXT NOT NULL,"
	" restarts INTEGER NOT NULL,"
	" exit_code INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL,"
	" ended_ns INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" PRIMARY KEY (trial, attempt, ordinal),"
	" FOREIGN KEY (trial, attempt) REFERENCES attempt (trial, number)"
	"  ON DELETE CASCADE) WITHOUT ROWID;";

/* What tuners with budgets, checkpoints and several objectives were told, and
 * what slow ones have ready.  Their state for people is replaced as a whole. */
static const char version_4[] =
	"ALTER TABLE history ADD COLUMN point TEXT;"
	"ALTER TABLE history ADD COLUMN extra TEXT;"
	"ALTER TABLE history ADD COLUMN result TEXT;"
	"ALTER TABLE history ADD COLUMN violation REAL NOT NULL DEFAULT 0;"
	"ALTER TABLE history ADD COLUMN budget REAL NOT NULL DEFAULT 0;"
	"ALTER TABLE history ADD COLUMN parent INTEGER NOT NULL DEFAULT -1;"

	"CREATE TABLE tuner_state ("
	" experiment INTEGER PRIMARY KEY"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" state TEXT NOT NULL,"
	" at_ns INTEGER NOT NULL);";

/* Where outputs lie, one row an attempt, and the code they came from.  The
 * description of a storage, without credentials, is the same for thousands of
 * rows, and stands once. */
static const char version_5[] =
	"ALTER TABLE experiment ADD COLUMN progress TEXT;"

	"CREATE TABLE storage ("
	" key INTEGER PRIMARY KEY,"
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" config TEXT NOT NULL);"
	"CREATE UNIQUE INDEX storage_config ON storage (experiment, config);"

	"CREATE TABLE output ("
	" trial INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" storage INTEGER NOT NULL,"
	" path TEXT NOT NULL,"
	" url TEXT NOT NULL,"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),"
	" files INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" is_foreign INTEGER NOT NULL,"
	" note TEXT,"
	" PRIMARY KEY (trial, attempt),"
	" FOREIGN KEY (trial, attempt) REFERENCES attempt (trial, number)"
	"  ON DELETE CASCADE) WITHOUT ROWID;"

	"CREATE TABLE experiment_code ("
	" experiment INTEGER PRIMARY KEY"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" storage INTEGER NOT NULL,"
	" path TEXT NOT NULL,"
	" url TEXT NOT NULL,"
	" digest TEXT NOT NULL,"
	" files INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" at_ns INTEGER NOT NULL);";

/* What people say of experiments and trials, and what screens remember.  trial
 * 0: the experiment itself; experiment 0: all of them.  These are no foreign
 * keys but through experiment_delete and `store_check`, since 0 is in them. */
static const char version_6[] =
	"ALTER TABLE experiment ADD COLUMN marked_version INTEGER NOT NULL"
	" DEFAULT 0;"

	"CREATE TABLE tag ("
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" trial INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" author TEXT,"
	" PRIMARY KEY (experiment, trial, name)) WITHOUT ROWID;"

	"CREATE TABLE note ("
	" experiment INTEGER NOT NULL"
	"  REFERENCES experiment (key) ON DELETE CASCADE,"
	" trial INTEGER NOT NULL,"
	" text TEXT NOT NULL,"
	" at_ns INTEGER NOT NULL,"
	" author TEXT,"
	" PRIMARY KEY (experiment, trial)) WITHOUT ROWID;"

	"CREATE TABLE preference ("
	" experiment INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" value TEXT NOT NULL,"
	" PRIMARY KEY (experiment, name)) WITHOUT ROWID;";

const struct migration schema_migrations[] = {
	{version_1}, {version_2}, {version_3},
	{version_4}, {version_5}, {version_6},
};

const int schema_version = (int)COUNT_OF(schema_migrations);
