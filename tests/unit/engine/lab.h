/* SPDX-License-Identifier: MIT */
/*
 * A real engine with real trials over a database of its own: what is asked
 * goes in as commands and reports, what happened is read from the database by
 * another connection.  Everything waits with a deadline and fails the test
 * that waits longer.
 */
#ifndef TESTS_UNIT_ENGINE_LAB_H
#define TESTS_UNIT_ENGINE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "model/event.h"

#include <sqlite3.h>
#include <sys/types.h>

struct lab {
	char folder[64];
	char *db_path;
	int64_t experiment; /* key */
	char id[40];
	struct engine *engine;
	pid_t other; /* an engine in another process, or 0 */
	sqlite3 *db;
	char text[512]; /* of the last lab_text, lab_answer or lab_post */
};

/* cmocka setup and teardown: *state is a struct lab.  Teardown stops the
 * experiment, so that no trial is left behind. */
int lab_make(void **state);
int lab_remove(void **state);

/* Create an experiment: local platform, and unless the members say otherwise
 * Random tuner and one float x, plus these members of the file (JSON, beginning
 * with a comma, or "").  A trial that is asked to sleep does so for a minute.
 */
void lab_create(struct lab *lab, const char *command, const char *members);
/* The engine, which stays for commands when keep_open. */
void lab_start(struct lab *lab, bool keep_open);
void lab_leave(struct lab *lab);
/* The same in another process, which can be killed. */
void lab_start_other(struct lab *lab);
void lab_kill_other(struct lab *lab);
/* For main: what lab_start_other runs.  False: an ordinary call. */
bool lab_main(int argc, char **argv);

/* One value by SQL; ?1 is the experiment's key. */
int64_t lab_int(struct lab *lab, const char *sql);
const char *lab_text(struct lab *lab, const char *sql);
void lab_run(struct lab *lab, const char *sql);
/* Every turn that records an event fails for so long, and then no longer,
 * without anybody having to write. */
void lab_break_events(struct lab *lab, double seconds);
/* The same, but only the commit fails, of turns that store metrics. */
void lab_break_commits(struct lab *lab, double seconds);
/* Wait until SQL gives this. */
void lab_wait(struct lab *lab, const char *sql, int64_t value);
/* Wait until the engine has a fault, or has none. */
void lab_wait_fault(struct lab *lab, bool wanted);
/* Key of the trial with this sequence number. */
int64_t lab_trial(const struct lab *lab, int sequence);

/* Append a command, as another process would: its key. */
int64_t lab_ask(struct lab *lab, enum command_verb verb, int64_t trial,
		const char *argument);
/* Wait for its outcome: the text, with "refused: " before a refusal. */
const char *lab_answer(struct lab *lab, int64_t command);
/* Both. */
const char *lab_do(struct lab *lab, enum command_verb verb, int64_t trial,
		   const char *argument);

/* Report to the side port as the newest attempt of a trial: the status, 0
 * when nobody answered.  lab->text is the answer. */
int lab_post(struct lab *lab, int sequence, const char *path, const char *body);

/* Path of a file in the newest attempt's folder; caller frees. */
char *lab_path(struct lab *lab, int sequence, const char *name);
/* For commands that wait for it: LAB_WAITS. */
void lab_let_go(struct lab *lab, int sequence);
#define LAB_WAITS                                                              \
	"while [ ! -e $TRIALDECK_ATTEMPT_DIR/go ]; do sleep 0.05; done"

#endif
