/* SPDX-License-Identifier: MIT */
/*
 * Starts the real program on an experiment of waiting trials, and looks into
 * its database for what a trial would find in its environment: port and token.
 */
#include "tests/bench/whole_engine.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 60000

static const char experiment[] = "experimentName: ingest\n"
				 "searchSpace:\n"
				 "  x: {_type: uniform, _value: [0, 1]}\n"
				 "trialCommand: sleep 3600\n"
				 "trialCodeDirectory: .\n"
				 "trialConcurrency: %d\n"
				 "maxTrialNumber: %d\n"
				 "tuner:\n"
				 "  name: Random\n"
				 "trainingService:\n"
				 "  platform: local\n";

static void fail(const char *what)
{
	fprintf(stderr, "ingest: trialdeck: %s\n", what);
	exit(1);
}

static pid_t run(struct whole_engine *engine, const char *const *arguments)
{
	const char *argv[8] = {engine->program, "--db", engine->database};
	pid_t pid;

	for (int i = 0; arguments[i]; i++)
		argv[3 + i] = arguments[i];
	pid = fork();
	if (pid)
		return pid;
	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execv(engine->program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Read what there is; the count of trials that run. */
static int read_trials(struct whole_engine *engine, int trials)
{
	sqlite3_stmt *query = NULL;
	sqlite3 *db = NULL;
	int count = 0;

	if (sqlite3_open_v2(engine->database, &db, SQLITE_OPEN_READONLY,
			    NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db,
			       "SELECT token, side_port FROM attempt, trial,"
			       " experiment WHERE attempt.trial = trial.key"
			       " AND experiment.key = trial.experiment"
			       " AND attempt.state = 1 ORDER BY trial.key",
			       -1, &query, NULL) == SQLITE_OK) {
		while (count < trials && sqlite3_step(query) == SQLITE_ROW) {
			free((char *)(uintptr_t)engine->tokens[count]);
			engine->tokens[count++] = xstrdup(
				(const char *)sqlite3_column_text(query, 0));
			engine->port = (uint16_t)sqlite3_column_int(query, 1);
		}
	}
	sqlite3_finalize(query);
	sqlite3_close(db);
	return count;
}

void whole_engine_start(struct whole_engine *engine, const char *program,
			const char *folder, int trials)
{
	int64_t end_ns = clock_mono_ns() + START_MS * NS_PER_MS;
	char *path = fs_join(folder, "experiment.yaml");
	char *text = xasprintf(experiment, trials, trials);
	const char *arguments[] = {"run", "--headless", path, NULL};
	struct error err;

	memset(engine, 0, sizeof(*engine));
	engine->program = xstrdup(program);
	engine->database = fs_join(folder, "engine.db");
	engine->tokens = xcalloc((size_t)trials, sizeof(*engine->tokens));
	if (!fs_write_file(path, text, strlen(text), &err))
		fail(err.text);
	engine->pid = run(engine, arguments);
	while (read_trials(engine, trials) < trials) {
		if (clock_mono_ns() > end_ns)
			fail("its trials do not start");
		if (waitpid(engine->pid, NULL, WNOHANG) == engine->pid)
			fail("has ended");
		poll(NULL, 0, 100);
	}
	free(text);
	free(path);
}

void whole_engine_stop(struct whole_engine *engine)
{
	static const char *const arguments[] = {"stop", "latest", NULL};

	waitpid(run(engine, arguments), NULL, 0);
	waitpid(engine->pid, NULL, 0);
	free(engine->tokens);
	free(engine->program);
	free(engine->database);
}
