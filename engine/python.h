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
	int owed; /* asked for, refused: may come by themselves later */
	bool is_last_question; /* nothing runs, and it was asked once more */
	struct loop_timer *question;
};

/* ---- python_fresh.c ---- */
/* A fresh process: everything there is to know.  Returns how many results. */
int python_tell_tuner(struct python *python, const char *version);
int python_tell_assessor(struct python *python);

/* ---- python_tell.c: what they are told ---- */
/* An intermediate result as it came. */
void python_tell_intermediate(struct python *python, const struct live *live,
			      const struct metric *metrics, size_t count);
void python_tell_end(struct python *python, struct live *live);
/* The member `name` of the parameter file, as JSON; NULL: not there, or the
 * file is none.  Caller frees. */
char *python_file_member(const char *file, const char *name);
/* The live trial of an id that the process said. */
struct live *python_find(struct engine *engine, const char *id);
/* "Xa12b", or "Xa12b-2" of a later attempt. */
#define PYTHON_ID_SIZE (TRIAL_ID_SIZE + 16)
void python_format_id(const struct live *live, char *ret, size_t size);

/* Parts of messages. */
void python_add_value(struct strbuf *out, const struct metric *metric);
void python_add_metric(struct strbuf *out, const char *parameter_id,
		       const char *trial, const char *type, int64_t sequence,
		       const char *value);
void python_add_end(struct strbuf *out, const char *trial,
		    enum trial_state state, const char *file);
void python_add_import(struct strbuf *out, const char *parameters,
		       const char *value);
/* Send and clear. */
void python_send(struct bridge *bridge, const char *code, struct strbuf *text);
/* The parameter file that an assessor hears of; caller frees. */
char *python_assessor_file(int64_t sequence);
/* The final result's text; false: there is none. */
bool python_read_final(struct engine *engine, int64_t trial, int attempt,
		       struct strbuf *out);
/* What a tuner can learn from: nni's die of anything else. */
bool python_is_learnable(const char *value);
bool python_takes_imports(const struct engine *engine);

#endif
