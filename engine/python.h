/* SPDX-License-Identifier: MIT */
/* Private to python.c and python_tell.c. */
#ifndef ENGINE_PYTHON_H
#define ENGINE_PYTHON_H

#include "engine/bridge/bridge.h"
#include "engine/state.h"

/* One process: the tuner's (or advisor's), or the assessor's.  They are apart:
 * so the assessor can be told of all trials again without the tuner hearing of
 * ones that it has not made. */
struct python_seat {
	struct python *python;
	struct bridge *bridge; /* NULL: that one does not run in Python */
	const char *noun;      /* "tuner", "assessor" */
	bool was_up, has_fault;
};

struct python {
	struct engine *engine;
	struct python_seat tuner, assessor;
	/* trials that came and have no place yet */
	char **sent;
	size_t sent_count, sent_capacity;
	int owed;   /* asked for, refused: may come by themselves later */
	bool is_last_question; /* nothing runs, and it was asked once more */
	struct loop_timer *question;
};

/* ---- python_tell.c: what they are told ---- */

/* A fresh process: everything there is to know.  Returns how many results. */
int python_tell_tuner(struct python *python, const char *version);
int python_tell_assessor(struct python *python);
/* An intermediate result as it came. */
void python_tell_intermediate(struct python *python, const struct live *live,
			      const struct metric *metrics, size_t count);
void python_tell_end(struct python *python, struct live *live);
/* The member `name` of the parameter file, as JSON; NULL: not there, or the
 * file is none.  Caller frees. */
char *python_file_member(const char *file, const char *name);
/* The live trial of an id that the process said. */
struct live *python_find(struct engine *engine, const char *id);

#endif
