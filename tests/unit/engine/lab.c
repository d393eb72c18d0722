/* SPDX-License-Identifier: MIT */
/* A real engine with real trials over a database of its own. */
#include "tests/unit/engine/lab.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/wake.h"
#include "cli/create.h"
#include "store/store.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_NS (60 * NS_PER_S) /* sanitizers and valgrind are slow */
#define LOOK_MS 20		    /* where nothing tells us */

int lab_make(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	strcpy(lab->folder, "/tmp/trialdeck-engine-XXXXXX");
	if (!mkdtemp(lab->folder))
		return -1;
	lab->db_path = xasprintf("%s/deck/t.db", lab->folder);
	*state = lab;
	return 0;
}

static void stop_trials(struct lab *lab)
{
	if (!lab->experiment ||
	    !lab_int(lab, "SELECT count(*) FROM trial WHERE"
			  " experiment = ?1 AND state IN (0, 1, 7)"))
		return;
	if (!lab->engine)
		lab_start(lab, true);
	lab_do(lab, COMMAND_KILL, 0, NULL);
	lab_do(lab, COMMAND_STOP, 0, NULL);
	lab_wait(lab,
		 "SELECT count(*) FROM trial WHERE"
		 " experiment = ?1 AND state IN (0, 1, 7)",
		 0);
}

int lab_remove(void **state)
{
	struct lab *lab = *state;
	struct error err;
	bool ok;

	if (lab->other)
		lab_kill_other(lab);
	stop_trials(lab);
	if (lab->engine)
		lab_leave(lab);
	sqlite3_close(lab->db);
	ok = fs_remove_tree(lab->folder, &err);
	free(lab->db_path);
	free(lab);
	return ok ? 0 : -1;
}

void lab_create(struct lab *lab, const char *command, const char *members)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf problems = STRBUF_INIT;
	bool is_unreached = false;
	struct experiment experiment;
	struct error err;
	char *path = fs_join(lab->folder, "exp.yaml");

	strbuf_adds(&text, strstr(members, "\"searchSpace\"")
				   ? "{"
				   : "{\"searchSpace\": {\"x\": {\"_type\":"
				     " \"uniform\", \"_value\": [0, 1]}}, ");
	strbuf_adds(&text, "\"trialCommand\": ");
	strbuf_add_json_string(&text, command);
	strbuf_addf(&text,
		    ", \"trainingService\": {\"platform\": \"local\"}%s%s}",
		    strstr(members, "\"tuner\"")
			    ? ""
			    : ", \"tuner\": {\"name\": \"Random\"}",
		    members);
	if (!fs_write_file(path, text.data, text.len, &err) ||
	    !experiment_create(lab->db_path, path, NULL, &experiment, &problems,
			       &is_unreached, &err))
		fail_msg("%s\n%s", err.text, problems.data);
	lab->experiment = experiment.key;
	snprintf(lab->id, sizeof(lab->id), "%s", experiment.id);
	experiment_release(&experiment);
	strbuf_release(&problems);
	strbuf_release(&text);
	free(path);
}

/* ---- engines --------------------------------------------------------------
 */

void lab_start(struct lab *lab, bool keep_open)
{
	struct engine_options options = {
		.db_path = lab->db_path,
		.experiment = lab->experiment,
		.keep_open = keep_open,
	};
	struct error err;

	if (!engine_start(&options, &lab->engine, &err))
		fail_msg("engine_start: %s", err.text);
}

void lab_leave(struct lab *lab)
{
	engine_leave(lab->engine);
	lab->engine = NULL;
}

void lab_start_other(struct lab *lab)
{
	char key[24];

	snprintf(key, sizeof(key), "%lld", (long long)lab->experiment);
	lab->other = fork();
	if (!lab->other) {
		execl("/proc/self/exe", "engine", lab->db_path, key,
		      (char *)NULL);
		_exit(127);
	}
	assert_true(lab->other > 0);
}

void lab_kill_other(struct lab *lab)
{
	kill(lab->other, SIGKILL);
	waitpid(lab->other, NULL, 0);
	lab->other = 0;
}

bool lab_main(int argc, char **argv)
{
	struct engine_options options = {.keep_open = true};
	struct engine *engine;
	struct error err;

	if (argc != 3)
		return false;
	options.db_path = argv[1];
	options.experiment = atoll(argv[2]);
	if (engine_start(&options, &engine, &err))
		engine_wait(engine); /* for the signal that ends us */
	else
		fprintf(stderr, "engine: %s\n", err.text);
	return true;
}

/* ---- looking --------------------------------------------------------------
 */

static sqlite3 *database(struct lab *lab)
{
	if (!lab->db) {
		assert_int_equal(sqlite3_open(lab->db_path, &lab->db),
				 SQLITE_OK);
		sqlite3_busy_timeout(lab->db, 30000);
	}
	return lab->db;
}

static sqlite3_stmt *query(struct lab *lab, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(database(lab), sql, -1, &statement, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(lab->db));
	sqlite3_bind_int64(statement, 1, lab->experiment);
	return statement;
}

int64_t lab_int(struct lab *lab, const char *sql)
{
	sqlite3_stmt *statement = query(lab, sql);
	int64_t value = 0;

	if (sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

const char *lab_text(struct lab *lab, const char *sql)
{
	sqlite3_stmt *statement = query(lab, sql);
	const char *text = NULL;

	if (sqlite3_step(statement) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(statement, 0);
	snprintf(lab->text, sizeof(lab->text), "%s", text ? text : "");
	sqlite3_finalize(statement);
	return lab->text;
}

void lab_run(struct lab *lab, const char *sql)
{
	if (sqlite3_exec(database(lab), sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(lab->db));
}

static void break_until(struct lab *lab, double seconds, const char *table,
			const char *statement)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		 "CREATE TABLE broken AS SELECT julianday('now') + %f / 86400"
		 " AS until; CREATE TABLE dangling (key INTEGER REFERENCES"
		 " experiment (key) DEFERRABLE INITIALLY DEFERRED);"
		 "CREATE TRIGGER breaks BEFORE INSERT ON %s"
		 " WHEN julianday('now') < (SELECT until FROM broken)"
		 " BEGIN %s; END",
		 seconds, table, statement);
	lab_run(lab, sql);
}

void lab_break_events(struct lab *lab, double seconds)
{
	break_until(lab, seconds, "event", "SELECT RAISE(ABORT, 'broken')");
}

void lab_break_commits(struct lab *lab, double seconds)
{
	break_until(lab, seconds, "metric_stage",
		    "INSERT INTO dangling VALUES (-1)");
}

/* Until the engine says that something changed, or for a moment. */
static void wait_for_news(struct lab *lab)
{
	struct pollfd news = {.fd = -1, .events = POLLIN};

	if (lab->engine)
		news.fd = engine_notice_fd(lab->engine);
	if (poll(&news, 1, LOOK_MS) > 0)
		wake_drain(news.fd);
}

static void fail_late(struct lab *lab, const char *sql, int64_t is,
		      int64_t value)
{
	char fault[256] = "none";
	int64_t since_ns;

	if (lab->engine)
		engine_fault(lab->engine, fault, sizeof(fault), &since_ns);
	fail_msg("not in time: %s is %lld, not %lld (fault: %s)", sql,
		 (long long)is, (long long)value, fault);
}

void lab_wait(struct lab *lab, const char *sql, int64_t value)
{
	int64_t until = clock_mono_ns() + DEADLINE_NS;
	int64_t now;

	while ((now = lab_int(lab, sql)) != value) {
		if (clock_mono_ns() > until)
			fail_late(lab, sql, now, value);
		wait_for_news(lab);
	}
}

void lab_wait_fault(struct lab *lab, bool wanted)
{
	int64_t until = clock_mono_ns() + DEADLINE_NS;
	char fault[256];
	int64_t since_ns;

	while (engine_fault(lab->engine, fault, sizeof(fault), &since_ns) !=
	       wanted) {
		if (clock_mono_ns() > until)
			fail_msg("not in time: a fault %s",
				 wanted ? "comes" : "ends");
		wait_for_news(lab);
	}
}

int64_t lab_trial(const struct lab *lab, int sequence)
{
	return lab->experiment << 32 | sequence;
}

/* ---- commands --------------------------------------------------------------
 */

int64_t lab_ask(struct lab *lab, enum command_verb verb, int64_t trial,
		const char *argument)
{
	struct command command = {
		.experiment = lab->experiment,
		.trial = trial,
		.verb = verb,
		.argument = (char *)(uintptr_t)argument,
		.asked_by = (char *)(uintptr_t) "test",
	};
	struct store *store;
	struct error err;

	if (!store_open(lab->db_path, STORE_APPEND, &store, &err) ||
	    !store_command_append(store, &command, &err))
		fail_msg("%s", err.text);
	store_close(store);
	return command.key;
}

const char *lab_answer(struct lab *lab, int64_t command)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT state <> 0 FROM command WHERE key = %lld",
		 (long long)command);
	lab_wait(lab, sql, 1);
	snprintf(sql, sizeof(sql),
		 "SELECT iif(state = 2, 'refused: ', '') || outcome"
		 " FROM command WHERE key = %lld",
		 (long long)command);
	return lab_text(lab, sql);
}

const char *lab_do(struct lab *lab, enum command_verb verb, int64_t trial,
		   const char *argument)
{
	return lab_answer(lab, lab_ask(lab, verb, trial, argument));
}

/* ---- reports
 * ----------------------------------------------------------------- */

static size_t keep_text(char *data, size_t size, size_t count, void *arg)
{
	struct lab *lab = arg;
	size_t have = strlen(lab->text);

	snprintf(lab->text + have, sizeof(lab->text) - have, "%.*s",
		 (int)(size * count), data);
	return size * count;
}

static struct curl_slist *headers_of(struct lab *lab, int sequence)
{
	struct curl_slist *list = NULL;
	char sql[200], *header;

	snprintf(sql, sizeof(sql),
		 "SELECT 'Authorization: Bearer ' || token FROM attempt"
		 " WHERE trial = %lld ORDER BY number DESC",
		 (long long)lab_trial(lab, sequence));
	header = xstrdup(lab_text(lab, sql));
	list = curl_slist_append(list, header);
	free(header);
	return list;
}

int lab_post(struct lab *lab, int sequence, const char *path, const char *body)
{
	struct curl_slist *headers = headers_of(lab, sequence);
	CURL *curl = curl_easy_init();
	char url[256];
	long status = 0;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s",
		 (int)lab_int(lab, "SELECT side_port FROM experiment"
				   " WHERE key = ?1"),
		 path);
	lab->text[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_text);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, lab);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return (int)status;
}

char *lab_path(struct lab *lab, int sequence, const char *name)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT directory FROM attempt WHERE trial = %lld"
		 " ORDER BY number DESC",
		 (long long)lab_trial(lab, sequence));
	return fs_join(lab_text(lab, sql), name);
}

void lab_let_go(struct lab *lab, int sequence)
{
	char *path = lab_path(lab, sequence, "go");
	struct error err;

	if (!fs_write_file(path, "", 0, &err))
		fail_msg("%s", err.text);
	free(path);
}
