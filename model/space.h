/* SPDX-License-Identifier: MIT */
/*
 * The search space: NNI's ten parameter kinds and nested choice, flattened.
 *
 * The tree of the file becomes one list in NNI's order: a parameter, then the
 * parameters of each of its options in turn.  A point of the space is an array
 * of `count` doubles, one per parameter, in internal form (nni.md 3.3):
 * choice -> option index, randint -> value - low, log kinds -> natural
 * logarithm, others -> the value, not yet quantised.  NaN means inactive: its
 * parent chose another option.
 *
 *     struct space *space;
 *     if (!space_parse(json, &space, NULL, err)) ...
 *     double *point = xcalloc(space->count, sizeof(*point));
 *     space_sample(space, &random, point);
 *     space_format(space, point, &text);     {"lr":0.01,"layer":{...}}
 */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include "base/error.h"
#include "base/random.h"
#include "base/strbuf.h"

#include <stddef.h>

#define SPACE_PARAMETERS_MAX 1000
#define SPACE_OPTIONS_MAX 100000
#define SPACE_DEPTH_MAX 16

enum parameter_kind {
	PARAMETER_CHOICE,
	PARAMETER_RANDINT,
	PARAMETER_UNIFORM,
	PARAMETER_QUNIFORM,
	PARAMETER_LOGUNIFORM,
	PARAMETER_QLOGUNIFORM,
	PARAMETER_NORMAL,
	PARAMETER_QNORMAL,
	PARAMETER_LOGNORMAL,
	PARAMETER_QLOGNORMAL,
	PARAMETER_KIND_COUNT
};

struct option {
	char *json; /* compact JSON of a plain option; NULL when nested */
	char *name; /* nested: its _name as text; plain: display text */
};

struct parameter {
	char *name; /* its key: "kernel" */
	char *path; /* for columns: "layer.kernel"; unique in the space
		     * ("layer.Conv.kernel" where two options clash) */
	enum parameter_kind kind;
	bool is_nested;	   /* choice whose options carry parameters */
	int parent;	   /* index of the nested choice it belongs to, or -1 */
	int parent_option; /* active when the parent chose this option */
	double low, high;  /* uniform kinds: as in the file (not logarithms);
			    * randint: low included, high excluded */
	double mu, sigma;  /* normal kinds */
	double q;	   /* q kinds, else 0 */
	struct option *options;
	size_t option_count; /* choice: options; randint: high - low; else 0 */
};

struct space {
	struct parameter *parameters;
	size_t count;
	char *json; /* canonical text, key order kept */
	/* It is one choice among objects: tuners may hand them out whole, as
	 * NNI's BatchTuner does. */
	bool is_list;
};

/* Without parameters: of Python tuners that need none. */
struct space *space_empty(void);
/* Parse and validate (nni.md 3.4, but fatal).  On failure ret_path, if not
 * NULL, holds where: "lr/_value/1", for the reader that knows positions. */
bool space_parse(const char *json, struct space **ret_space,
		 struct strbuf *ret_path, struct error *err);
void space_free(struct space *space);

const char *parameter_kind_name(enum parameter_kind kind); /* "loguniform" */
bool parameter_kind_parse(const char *name, enum parameter_kind *ret_kind);
bool parameter_is_categorical(const struct parameter *p); /* choice, randint */
bool parameter_is_log(const struct parameter *p);
bool parameter_is_normal(const struct parameter *p);
/* Bounds of a uniform kind in internal form: logarithms for log kinds. */
void parameter_bounds(const struct parameter *p, double *ret_low,
		      double *ret_high);

/* Is parameter i active, given the values of the parameters before it? */
bool space_is_active(const struct space *space, const double *point, size_t i);
/* Draw one internal value from parameter i's own distribution (nni.md 7.2). */
double parameter_sample(const struct parameter *p, struct random *random);
/* Draw a whole point; inactive parameters become NaN. */
void space_sample(const struct space *space, struct random *random,
		  double *ret_point);
/* Internal to final number: exp, quantise, clip, in that order (nni.md 3.3).
 * Not for choice. */
double parameter_final(const struct parameter *p, double internal);
/* Append the JSON object a trial receives.  randint without decimals, q kinds
 * and other floats always as floats ("2.0"), as Python writes them. */
void space_format(const struct space *space, const double *point,
		  struct strbuf *out);
/* Of a list: the chosen object itself, without the choice's name. */
void space_format_whole(const struct space *space, const double *point,
			struct strbuf *out);
/* The way back, for imports and resume: JSON object to internal point; log
 * of the value for log kinds, option index for choice.  Of a list both forms
 * are read. */
bool space_parse_point(const struct space *space, const char *json,
		       double *ret_point, struct error *err);
/* Append the text of parameter i of a stored parameters object, for a table
 * cell: strings without quotes, numbers as stored, a nested choice's _name.
 * Nothing when inactive, absent, or json is broken.  Of a list that was handed
 * out whole: all of json.  json is the text a trial
 * received; it is scanned, not parsed: well under a microsecond a cell. */
void space_format_cell(const struct space *space, const char *json, size_t i,
		       struct strbuf *out);

#endif
